//! Layer 4, above `app`: what people ask. The same code answers Slack, Discord, the command line and HTTP.

pub mod act;
pub mod ask;
pub mod desk;
pub mod digest;
pub mod effect;
pub mod enroll;
pub mod explain;
pub mod find;
pub mod form;
pub mod health;
pub mod held;
pub mod home;
pub mod kpi;
pub mod lists;
pub mod office;
pub mod parse;
pub mod pausing;
pub mod person;
pub mod portfolio;
pub mod reply;
pub mod report;
pub mod roles;
pub mod runs;
pub mod spec;
pub mod tasks;
pub mod today;
mod told;
