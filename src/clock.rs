//! The only file that asks the operating system for the time.

use std::sync::Mutex;

use crate::model::instant::Instant;

/// Where `now` comes from.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;

    /// Microseconds since the machine started, suspension included; none where it cannot be told.
    /// Unlike `now` nobody can set it.
    fn since_boot(&self) -> Option<i64> {
        None
    }
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this file is where time enters")]
    fn now(&self) -> Instant {
        Instant::from(jiff::Timestamp::now())
    }

    fn since_boot(&self) -> Option<i64> {
        let text = std::fs::read_to_string("/proc/uptime").ok()?;
        let (seconds, rest) = text.split_whitespace().next()?.split_once('.')?;
        let hundredths: i64 = rest.get(..2)?.parse().ok()?;
        Some(seconds.parse::<i64>().ok()? * 1_000_000 + hundredths * 10_000)
    }
}

/// A clock that moves only when told to: tests, demo, simulation.
#[derive(Debug, Default)]
pub struct VirtualClock(Mutex<Instant>);

impl VirtualClock {
    /// A clock standing at `at`.
    pub fn at(at: Instant) -> VirtualClock {
        VirtualClock(Mutex::new(at))
    }

    /// Moves the clock to `at`.
    pub fn set(&self, at: Instant) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = at;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
