//! Layer 5: a virtual world in memory, over the same `engine::decide` as everything else.

pub mod account;
pub mod backtest;
pub mod habits;
pub mod heard;
pub mod plan;
pub mod playbook_test;
pub mod portfolio;
pub mod score;
