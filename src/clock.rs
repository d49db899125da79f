//! The only file that asks the operating system for the time.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

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
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time written in a file (RFC 3339), for rehearsals: whoever writes the file moves the clock.
#[derive(Debug)]
pub struct FileClock {
    path: PathBuf,
    last: Mutex<Instant>,
}

impl FileClock {
    /// The clock in `path`. The error says what the file should hold.
    pub fn open(path: &Path) -> Result<FileClock, String> {
        let moment = read(path).ok_or_else(|| {
            format!("{} holds no moment; write one such as 2026-04-06T09:00:00+09:00 into it", path.display())
        })?;
        Ok(FileClock { path: path.to_owned(), last: Mutex::new(moment) })
    }
}

impl Clock for FileClock {
    /// While the file cannot be read (it is being replaced) the clock stands still.
    fn now(&self) -> Instant {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = read(&self.path).unwrap_or(*last);
        *last
    }
}

fn read(path: &Path) -> Option<Instant> {
    Instant::parse(std::fs::read_to_string(path).ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_moves_the_clock_and_an_unreadable_one_stops_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("now");
        assert!(FileClock::open(&path).unwrap_err().contains("holds no moment"));
        std::fs::write(&path, "2026-04-06T09:00:00+09:00\n").unwrap();
        let clock = FileClock::open(&path).unwrap();
        assert_eq!(clock.now(), Instant::parse("2026-04-06T00:00:00Z").unwrap());
        std::fs::write(&path, "").unwrap();
        assert_eq!(clock.now(), Instant::parse("2026-04-06T00:00:00Z").unwrap());
        assert_eq!(clock.since_boot(), None, "it cannot be said to jump");
    }
}
