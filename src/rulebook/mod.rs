//! Layer 1: the language. Text in, `(Rulebook, Vec<Diagnostic>)` out. Pure: no I/O, no async, no clock.

pub mod attributes;
pub mod check;
pub mod expr;
pub mod json_schema;
pub mod load;
pub mod playbook;
pub mod schedule;
pub mod slots;
pub mod template;
pub mod testfile;
pub mod titles;
pub mod types;
pub mod yaml;
