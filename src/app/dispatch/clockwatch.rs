//! A clock that jumps must not send a month's mails at once: hold, and ask.

use super::{Parts, hold};
use crate::{
    model::instant::{DAY, Instant, MINUTE},
    store::api::Result,
};

/// A clock may be behind the highest time seen by this much (NTP steps, several hosts).
const SLACK: i64 = MINUTE;

/// At start: an earlier time than was seen before, or a long gap. Answers why everything is now held.
pub async fn at_start(parts: &Parts, now: Instant) -> Result<Option<String>> {
    let Some(seen) = parts.store.wall_high(now).await? else { return Ok(None) };
    let gap = now.since(seen);
    if gap < -SLACK {
        return held(parts, format!("the clock says {now}, but {seen} was seen before; check the time"), now).await;
    }
    if gap > parts.settings.max_downtime && something_waits(parts, now).await? {
        let why = format!("nothing ran for {} days; see what would go, then resume --all", gap / DAY);
        return held(parts, why, now).await;
    }
    Ok(None)
}

/// A message that may go, or an account whose schedules would now plan one.
async fn something_waits(parts: &Parts, now: Instant) -> Result<bool> {
    let earliest = [parts.store.earliest_ready().await?, parts.store.earliest_due().await?];
    Ok(earliest.into_iter().flatten().any(|at| at <= now))
}

/// While running: wall clock against the time since boot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch(Option<(Instant, i64)>);

impl Watch {
    /// Compares with the last look. Answers why everything is now held.
    pub async fn look(&mut self, parts: &Parts, now: Instant, boot: Option<i64>) -> Result<Option<String>> {
        let Some(boot) = boot else { return Ok(None) };
        let last = self.0.replace((now, boot));
        parts.store.wall_high(now).await?;
        let drift = last.map_or(0, |(wall, since)| now.since(wall) - (boot - since));
        if drift.abs() <= parts.settings.max_jump {
            return Ok(None);
        }
        held(parts, format!("the clock jumped by {} minutes; check the time", drift / MINUTE), now).await
    }
}

async fn held(parts: &Parts, why: String, now: Instant) -> Result<Option<String>> {
    let why = format!("{why} (resume --all goes on)");
    let messages = hold::everything(parts.store.as_ref(), &why, now).await?;
    tracing::error!(messages, %why, "everything is held");
    Ok(Some(why))
}
