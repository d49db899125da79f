//! Layer 3: bytes in, facts out, with diagnostics.

pub mod hook;
pub mod mail;
pub mod mailbox;
pub mod provider;
pub mod pull;
pub mod system;
pub mod table;
pub mod track;
