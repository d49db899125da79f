//! The starter kit, as it stands at the repository root: compiled in, written out by `init` and `demo`.

include!(concat!(env!("OUT_DIR"), "/kit.rs"));
