//! Layer 2: numbers over many accounts and over history. Pure and synchronous.

pub mod digest;
pub mod kpi;
pub mod quiet;
pub mod rate;
pub mod view;
