//! The daily pass at workspace midnight: what needs all accounts at once (touch tiers, ranks, falls of the whole portfolio).

mod pass;
mod peers;
mod tiers;

pub use peers::{Standing, alert_facts, dips, rank_facts, standing, watches};
pub use tiers::{Ranked, cuts, numbers, ranked, recorded_numbers, takes_part, tier_fact};
