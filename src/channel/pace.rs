//! Not sooner than the platform asked: quiet times by route, kept in this process.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use tokio::time::Instant;

/// Routes remembered at most; expired ones go first.
const ROUTES: usize = 10_000;

/// Until when each route is to be left alone. The empty route stands for all of them.
#[derive(Debug, Default)]
pub struct Pace(Mutex<HashMap<String, Instant>>);

impl Pace {
    /// How long `route` is to be left alone still; none = go.
    pub fn wait(&self, route: &str) -> Option<Duration> {
        self.wait_at(route, Instant::now())
    }

    /// Takes `route` for one call, and leaves it alone for `gap` afterwards; or says how long to wait.
    pub fn take(&self, route: &str, gap: Duration) -> Result<(), Duration> {
        let now = Instant::now();
        match self.wait_at(route, now) {
            Some(left) => Err(left),
            None => {
                self.quiet_at(route, gap, now);
                Ok(())
            }
        }
    }

    /// Leaves `route` (empty = every route) alone for `time`.
    pub fn quiet(&self, route: &str, time: Duration) {
        self.quiet_at(route, time, Instant::now());
    }

    fn wait_at(&self, route: &str, now: Instant) -> Option<Duration> {
        let quiet = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let until = [quiet.get(route), quiet.get("")].into_iter().flatten().max()?;
        until.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    fn quiet_at(&self, route: &str, time: Duration, now: Instant) {
        let until = now.checked_add(time.min(Duration::from_secs(3_600))).unwrap_or(now);
        let mut quiet = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if quiet.len() >= ROUTES {
            quiet.retain(|_, until| *until > now);
        }
        let entry = quiet.entry(route.to_owned()).or_insert(until);
        *entry = (*entry).max(until);
    }
}

/// A length of time in microseconds.
pub fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_left_alone_for_as_long_as_was_asked() {
        let (pace, now, second) = (Pace::default(), Instant::now(), Duration::from_secs(1));
        pace.quiet_at("c1", second, now);
        assert_eq!(pace.wait_at("c1", now), Some(second));
        assert_eq!(pace.wait_at("c2", now), None);
        pace.quiet_at("", 30 * second, now);
        assert_eq!(pace.wait_at("c2", now), Some(30 * second));
        pace.quiet_at("", second, now);
        assert_eq!(pace.wait_at("c2", now), Some(30 * second));
        assert_eq!(pace.wait_at("c2", now + 30 * second), None);
    }
}
