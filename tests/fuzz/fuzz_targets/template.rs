//! Any bytes as what `template` reads: it never fails. `src/one.rs` says what is tried.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../src/one.rs"]
mod one;

fuzz_target!(|data: &[u8]| one::target("template")(data));
