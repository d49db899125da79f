//! The only file that asks the operating system for the time.

use std::sync::Mutex;

use crate::model::instant::Instant;

/// Where `now` comes from.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this file is where time enters")]
    fn now(&self) -> Instant {
        Instant::from(jiff::Timestamp::now())
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
