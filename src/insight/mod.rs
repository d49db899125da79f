//! Layer 2: numbers over many accounts and over history. Pure and synchronous.

pub mod answers;
pub mod book;
pub mod churn;
pub mod cohort;
pub mod digest;
pub mod effect;
pub mod executive;
pub mod kpi;
pub mod ledger;
pub mod monthly;
pub mod onboarding;
pub mod quarterly;
pub mod quiet;
pub mod ranking;
pub mod rate;
pub mod results;
pub mod revenue;
pub mod score;
pub mod survey;
pub mod survival;
pub mod terms;
pub mod topics;
pub mod value;
pub mod view;
pub mod wins;
