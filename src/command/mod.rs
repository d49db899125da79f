//! Layer 4: what people ask. The same code answers Slack, Discord, the command line and HTTP.

pub mod desk;
pub mod parse;
pub mod reply;
pub mod roles;
pub mod spec;
