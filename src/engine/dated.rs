//! Dated starts: a run belongs to one value of its date; each new value starts once.

use super::{
    runs::StartCause,
    work::{Judged, Work},
};
use crate::{
    model::{
        ids::RunId,
        instant::Instant,
        run::{Run, RunResult},
        shared::Shared,
        value::{Props, Value},
    },
    rulebook::{
        playbook::{DateExpr, IfPast, Playbook},
        schedule::length::Length,
    },
    words::sentence,
};

/// Date values remembered per playbook.
pub(super) const DATES_KEPT: usize = 8;
/// The reason of the task that tells of a date known too late (`if_past: alert`).
const DATE_PAST: &str = "date_past";

/// A dated start as written.
#[derive(Clone, Copy)]
pub(super) struct Dated<'p> {
    pub date: &'p DateExpr,
    pub before: bool,
    pub by: Length,
    pub if_past: IfPast,
}

impl Work<'_> {
    /// (the date's value, the moment it starts), none while the date is missing.
    pub fn dated_moment(&self, dated: &Dated<'_>) -> Option<(Instant, Instant)> {
        let value = self.moment(dated.date, None)?;
        let at = if dated.before {
            dated.by.before(value, &self.zone, self.calendar)
        } else {
            dated.by.after(value, &self.zone, self.calendar)
        };
        Some((value, at))
    }

    /// Starts, moves or leaves out the run of the present date.
    pub fn judge_dated(&mut self, playbook: &Playbook, dated: &Dated<'_>, events: &[Judged]) {
        let Some((value, at)) = self.dated_moment(dated) else { return };
        self.follow_date(playbook, value, at);
        let seen = self.dates().get(&playbook.name).is_some_and(|d| d.contains(&value));
        if seen
            || at > self.now
            || self.runs.iter().any(|r| r.playbook == playbook.name && r.date == Some(value) && self.mine(r))
        {
            return;
        }
        // A day's moment is over only when that day is over.
        let past = at < self.now && at.day(&self.zone) < self.now.day(&self.zone);
        if past && dated.if_past != IfPast::Run {
            self.remember_date(&playbook.name, value);
            let values = Props::from([("date".to_owned(), Value::Instant(value))]);
            if dated.if_past == IfPast::Alert {
                self.ask_about_date(playbook, value);
            }
            return self.note_with("not_started", &playbook.name, "", "date_past", values);
        }
        let cause = StartCause { cause: format!("date:{}", value.0), date: Some(value), ..StartCause::default() };
        if let Some(refusal) = self.refusal(playbook, "").filter(|r| r.reason != "never_again") {
            self.note_refusal(playbook, &refusal.reason);
            if refusal.keeps() {
                self.remember_date(&playbook.name, value);
                self.keep_start(playbook, cause);
            }
            return;
        }
        self.remember_date(&playbook.name, value);
        self.start_run(playbook, cause, events);
    }

    /// The moment became known too late: a person decides what to do.
    fn ask_about_date(&mut self, playbook: &Playbook, date: Instant) {
        let day = date.date(&self.zone);
        self.ask_csm(playbook, DATE_PAST, |locale, title| sentence::date_past_task(locale, title, day));
    }

    /// An open run follows its date; if the start now lies in the future, it ends as `moved`.
    fn follow_date(&mut self, playbook: &Playbook, value: Instant, at: Instant) {
        self.pending_mut().retain(|p| p.playbook != playbook.name || p.date.is_none_or(|d| d == value));
        let stale = |r: &&Shared<Run>| r.playbook == playbook.name && r.date.is_some_and(|d| d != value);
        let ids: Vec<RunId> = self.runs.iter().filter(stale).filter(|r| self.mine(r)).map(|r| r.id.clone()).collect();
        for id in ids {
            if at > self.now {
                self.end_run(&id, RunResult::Moved, "date moved", 0);
                self.refresh();
            } else {
                self.update(&id, |r| r.date = Some(value));
                self.remember_date(&playbook.name, value);
            }
        }
    }

    /// This date value had its run (or its turn to be left out).
    pub fn remember_date(&mut self, playbook: &str, value: Instant) {
        let dates = self.dates_mut().entry(playbook.to_owned()).or_default();
        if !dates.contains(&value) {
            dates.push(value);
        }
        let extra = dates.len().saturating_sub(DATES_KEPT);
        dates.drain(..extra);
    }
}
