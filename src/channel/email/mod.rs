//! E-mail: `compose` makes the bytes, `smtp` and `file` carry them.

pub mod compose;
pub mod file;
pub mod sender;
pub mod smtp;
pub mod text;
