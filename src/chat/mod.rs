//! Layer 5: Slack and Discord front ends: verify, parse, ask the desk, render the answer.

pub mod access;
#[cfg(feature = "discord")]
pub mod discord;
pub mod manifest;
pub mod markdown;
pub mod replay;
pub mod slack;
pub mod text;
