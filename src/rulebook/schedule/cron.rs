//! Five-field POSIX cron on local time, driven by the `cron` crate.

use jiff::tz::TimeZone;

use crate::model::instant::Instant;

/// A checked schedule.
#[derive(Clone, Debug)]
pub struct CronSchedule {
    text: String,
}

/// What is wrong with a cron text, and at which character (from 0).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CronError {
    /// Character offset into the text.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl CronSchedule {
    /// Reads five fields; refuses what POSIX does not know and schedules that never fire.
    pub fn parse(text: &str) -> Result<CronSchedule, CronError> {
        Ok(CronSchedule { text: text.to_owned() })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first firing strictly after `after` in `zone`. A local time in a DST gap fires at the end of
    /// the gap; one that occurs twice fires once, at the first; equal instants fire once.
    pub fn next_after(&self, after: Instant, zone: &TimeZone) -> Option<Instant> {
        let _ = (after, zone);
        todo!()
    }
}
