//! What a dispatcher has done so far.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::{model::message::OutboxState, store::api::Dispatch};

/// Counts of outcomes; they add up to the messages that were taken up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Accepted by the relay or platform.
    pub sent: u64,
    /// Skipped with a reason.
    pub skipped: u64,
    /// Refused for good, or given up.
    pub failed: u64,
    /// Nobody can know.
    pub maybe_sent: u64,
    /// Put back: window, cap, pause, breaker.
    pub held: u64,
    /// Put back after an attempt that counted.
    pub retried: u64,
    /// Stopped at the gate because something changed after the claim.
    pub refused: u64,
    /// Frozen: a person must look.
    pub frozen: u64,
}

/// The running count.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Stats>);

impl Tally {
    /// The counts so far.
    pub fn stats(&self) -> Stats {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an outcome.
    pub fn count(&self, step: &Dispatch) {
        let mut stats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match step {
            Dispatch::HandOver { .. } => return,
            Dispatch::Sent { .. } => &mut stats.sent,
            Dispatch::Requeue { counted: true, .. } => &mut stats.retried,
            Dispatch::Requeue { counted: false, .. } => &mut stats.held,
            Dispatch::End { state: OutboxState::Skipped, .. } => &mut stats.skipped,
            Dispatch::End { state: OutboxState::MaybeSent, .. } => &mut stats.maybe_sent,
            Dispatch::End { state: OutboxState::Frozen, .. } => &mut stats.frozen,
            Dispatch::End { .. } => &mut stats.failed,
        };
        *place += 1;
    }

    /// Counts a refusal at the gate.
    pub fn refused(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).refused += 1;
    }

    /// Grows with everything but refusals: a turn without progress ends.
    pub fn progress(&self) -> u64 {
        let s = self.stats();
        s.sent + s.skipped + s.failed + s.maybe_sent + s.held + s.retried + s.frozen
    }
}

impl std::ops::Sub for Stats {
    type Output = Stats;
    fn sub(self, earlier: Stats) -> Stats {
        Stats {
            sent: self.sent - earlier.sent,
            skipped: self.skipped - earlier.skipped,
            failed: self.failed - earlier.failed,
            maybe_sent: self.maybe_sent - earlier.maybe_sent,
            held: self.held - earlier.held,
            retried: self.retried - earlier.retried,
            refused: self.refused - earlier.refused,
            frozen: self.frozen - earlier.frozen,
        }
    }
}
