//! Layer 2: numbers over many accounts and over history. Pure and synchronous.

pub mod book;
pub mod churn;
pub mod digest;
pub mod kpi;
pub mod ledger;
pub mod quiet;
pub mod rate;
pub mod revenue;
pub mod survey;
pub mod survival;
pub mod view;
