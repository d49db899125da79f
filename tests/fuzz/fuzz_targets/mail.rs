//! Any bytes as a mail that came in: it always says something, and never fails.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../src/one.rs"]
mod one;

fuzz_target!(|data: &[u8]| one::read_mail(data));
