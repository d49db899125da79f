//! Layer 5: Slack and Discord front ends: verify, parse, ask the desk, render the answer.
