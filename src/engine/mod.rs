//! Layer 2: `decide`, `recheck` and `explain`. Pure and total: no I/O, no clock, no randomness.
//!
//! One turn, in this order: facts → derived values → goal → exits → waits → steps → starts.

mod acks;
mod alerts;
mod arms;
mod attrs;
mod caps;
pub mod coerce;
mod contacts;
mod contents;
mod dated;
mod decide;
mod derive;
mod digests;
mod due;
pub mod eligible;
mod enroll;
pub mod explain;
mod fold;
mod goals;
pub mod handover;
mod health;
pub mod holdout;
mod journey;
mod known;
mod merge;
mod messages;
mod metrics;
pub mod months;
pub mod outcomes;
mod people;
mod plan;
mod recheck;
mod recipients;
mod refresh;
mod replies;
mod rests;
mod runs;
mod standing;
mod starts;
mod steps;
mod surveys;
mod sweep;
mod tasks;
mod triggers;
mod turn;
mod unless;
mod versions;
mod waits;
mod work;

pub use decide::decide;
pub use digests::DIGEST_DUE;
pub use eligible::AT_START;
pub use fold::ANNOUNCEMENT;
pub use plan::{PLAN_TASK, PLAN_VALUE};
pub use recheck::{Recheck, recheck};
