//! Any bytes as each kind of file: the loader answers with findings, never with a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../src/one.rs"]
mod one;

fuzz_target!(|data: &[u8]| one::load_as_everything(&String::from_utf8_lossy(data)));
