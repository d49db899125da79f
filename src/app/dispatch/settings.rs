//! How dispatch behaves; `delivery:` of the configuration. All times in microseconds.

use crate::model::instant::{DAY, HOUR, MINUTE, SECOND};

/// Waits before the second, third … attempt: passes greylisting in two extra tries.
pub const RETRIES: [i64; 7] = [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];

/// Settings of a dispatcher. The defaults are the ones the README promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A claim that is not renewed is void after this; it is renewed three times as often (`tenure`).
    pub lease: i64,
    /// Messages claimed at once, per channel.
    pub batch: usize,
    /// Open sessions get this long to finish after SIGTERM.
    pub drain: i64,
    /// Outcomes alone wait this long for a hand-over to share the commit with.
    pub linger: i64,
    /// Without news the outbox is looked at this often.
    pub poll: i64,
    /// Repeats, reaping and the clock are looked at this often.
    pub housekeeping: i64,
    /// Rendered bytes of settled messages are kept this long.
    pub keep_bodies: i64,
    /// Keys that tell a repeated event from a new one are kept this long.
    pub keep_seen: i64,
    /// A gap longer than this since the last sign of life holds everything.
    pub max_downtime: i64,
    /// Wall clock and time since boot may drift apart by this much.
    pub max_jump: i64,
    /// Every mail goes to one address of ours (`email.redirect_all_to`): a refusal says nothing about a customer.
    pub trying_out: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            lease: MINUTE,
            batch: 128,
            drain: 30 * SECOND,
            linger: 5_000,
            poll: SECOND,
            housekeeping: MINUTE,
            keep_bodies: DAY,
            keep_seen: 400 * DAY,
            max_downtime: 7 * DAY,
            max_jump: 30 * MINUTE,
            trying_out: false,
        }
    }
}
