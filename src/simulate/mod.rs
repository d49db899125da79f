//! Layer 5: a virtual world in memory, over the same `engine::decide` as everything else.

pub mod account;
pub mod playbook_test;
