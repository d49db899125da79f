//! E-mail: `compose` makes the bytes, `smtp` and `file` carry them.

pub mod compose;
pub mod dkim;
pub mod file;
#[cfg(test)]
pub mod fixture;
pub mod names;
pub mod sender;
pub mod smtp;
pub mod standing;
pub mod text;
