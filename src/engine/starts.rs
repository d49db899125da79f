//! All kinds of start.

use super::{
    dated::Dated,
    runs::StartCause,
    work::{Judged, Work},
};
use crate::{
    model::{
        instant::{Instant, MINUTE},
        run::{Run, RunResult},
        shared::Shared,
        state::PendingStart,
        value::Value,
    },
    rulebook::{
        expr::Program,
        playbook::{Missed, Open, Playbook, Start},
        schedule::{cron::CronSchedule, window::ZoneOf},
    },
};
use jiff::tz::TimeZone;

/// A schedule later than this counts as missed.
const LATE: i64 = 60 * MINUTE;

impl Work<'_> {
    /// Takes a playbook's start into account when its rulebook goes live here.
    pub fn adopt_start(&mut self, playbook: &Playbook, first: bool) {
        match &playbook.start {
            Start::When { cond, .. } => self.adopt_when(playbook, cond, first),
            Start::Cron { .. } => {
                let now = self.now;
                self.crons_mut().entry(playbook.name.clone()).or_insert(now);
            }
            Start::Dated { .. } | Start::On { .. } | Start::Manual => {}
        }
    }

    /// Judges a playbook's start.
    pub fn judge_start(&mut self, playbook: &Playbook, events: &[Judged]) {
        self.retry_pending(playbook, events);
        self.judge_by_hand(playbook, events);
        if self.about.is_some() {
            self.fill_contact(self.about);
        }
        match &playbook.start {
            Start::When { cond, stable_for } => self.judge_when(playbook, cond, *stable_for, events),
            Start::On { event, where_ } => self.judge_event(playbook, event, where_.as_ref(), events),
            Start::Cron { schedule, zone, where_, missed } => {
                self.judge_cron(playbook, schedule, *zone, where_.as_ref(), *missed, events);
            }
            Start::Dated { date, before, by, if_past } => {
                let dated = Dated { date, before: *before, by: *by, if_past: *if_past };
                self.judge_dated(playbook, &dated, events);
            }
            Start::Manual => {}
        }
    }

    fn judge_by_hand(&mut self, playbook: &Playbook, events: &[Judged]) {
        let names = |e: &&Judged| e.name.strip_prefix("enroll:") == Some(&playbook.name);
        for event in events.iter().filter(names) {
            let cause =
                StartCause { cause: format!("manual:{}", event.id), contact: event.contact, ..StartCause::default() };
            self.start_if_allowed(playbook, cause, events);
        }
    }

    fn judge_event(&mut self, playbook: &Playbook, name: &str, where_: Option<&Program>, events: &[Judged]) {
        for event in events.iter().filter(|e| e.name == name && !e.late) {
            self.fill_contact(self.about.or(event.contact));
            let matches = where_.is_none_or(|w| w.holds(&self.frame(Some(&event.props), None)));
            // A playbook never starts from its own events.
            if !matches || event.origin.as_deref() == Some(&playbook.name) {
                continue;
            }
            let key = playbook.enroll.key.as_ref().map(|k| match k.eval(&self.frame(Some(&event.props), None)) {
                Value::Missing => String::new(),
                value => value.to_string(),
            });
            let cause = StartCause {
                cause: format!("event:{}", event.id),
                contact: event.contact,
                props: event.props.clone(),
                key: key.unwrap_or_default(),
                date: None,
                depth: event.depth,
            };
            self.start_if_allowed(playbook, cause, events);
        }
    }

    fn start_if_allowed(&mut self, playbook: &Playbook, cause: StartCause, events: &[Judged]) {
        if let Some(refusal) = self.refusal(playbook, &cause.key) {
            self.note("not_started", &playbook.name, "", &*refusal.reason);
            if refusal.keeps() {
                self.keep_start(playbook, cause);
            }
            return;
        }
        if playbook.enroll.open == Open::Restart {
            let same = |r: &&Shared<Run>| r.playbook == playbook.name && r.key == cause.key;
            let open: Vec<_> = self.runs.iter().filter(same).filter(|r| self.mine(r)).map(|r| r.id.clone()).collect();
            open.iter().for_each(|id| self.end_run(id, RunResult::Exited, "restarted", cause.depth));
        }
        self.start_run(playbook, cause, events);
    }

    /// Keeps a start until it is allowed; of a schedule only the newest, unless each one counts.
    pub fn keep_start(&mut self, playbook: &Playbook, cause: StartCause) {
        let newest = matches!(playbook.start, Start::Cron { missed: Missed::Once | Missed::Skip, .. });
        let same = |p: &PendingStart| p.playbook == playbook.name && (newest || p.cause == cause.cause);
        let (most, _) = self.kept();
        let kept = self.pending_mut();
        kept.retain(|p| !same(p));
        let extra = (kept.len() + 1).saturating_sub(most);
        kept.drain(..extra);
        let StartCause { cause, contact, props, key, date, .. } = cause;
        kept.push(PendingStart { playbook: playbook.name.clone(), cause, contact, props, key, date });
    }

    /// Starts what was kept back, once nothing keeps it back any more.
    fn retry_pending(&mut self, playbook: &Playbook, events: &[Judged]) {
        let mine: Vec<PendingStart> = self.pending().iter().filter(|p| p.playbook == playbook.name).cloned().collect();
        for start in mine {
            if self.refusal(playbook, &start.key).is_some_and(|r| r.keeps()) {
                return;
            }
            self.pending_mut().retain(|p| *p != start);
            let PendingStart { cause, contact, props, key, date, .. } = start;
            self.start_if_allowed(playbook, StartCause { cause, contact, props, key, date, depth: 0 }, events);
        }
    }

    /// When what keeps a start back is over, if that is known.
    pub fn pending_due(&self, playbook: &Playbook, soonest: &mut super::due::Soonest) {
        let mine = self.pending().iter().filter(|p| p.playbook == playbook.name);
        mine.for_each(|p| soonest.or(self.refusal(playbook, &p.key).and_then(|r| r.until)));
    }

    /// Each firing has its own turn, so `missed` is judged against how far the caller lets time go.
    fn judge_cron(
        &mut self,
        playbook: &Playbook,
        schedule: &CronSchedule,
        zone: ZoneOf,
        where_: Option<&Program>,
        missed: Missed,
        events: &[Judged],
    ) {
        let Some(at) = self.firing(playbook, schedule, zone) else { return };
        if where_.is_some_and(|w| !self.holds(w)) {
            return;
        }
        self.crons_mut().insert(playbook.name.clone(), at);
        let zone = self.clock_of(zone);
        let zone = &zone;
        let run_it = match missed {
            Missed::All => true,
            Missed::Once => schedule.next_after(at, zone).is_none_or(|next| next > self.horizon),
            Missed::Skip => self.horizon.since(at) <= LATE,
        };
        if !run_it {
            return self.note("not_started", &playbook.name, "", "missed");
        }
        let cause = StartCause { cause: format!("cron:{}", at.0), ..StartCause::default() };
        self.start_if_allowed(playbook, cause, events);
    }

    /// Whether a schedule fires now. Firings that nobody looked at were left out because the condition could not hold, or
    /// because the account had cancelled: every other one has a turn of its own.
    fn firing(&self, playbook: &Playbook, schedule: &CronSchedule, zone: ZoneOf) -> Option<Instant> {
        let judged = self.crons().get(&playbook.name).is_none_or(|last| *last >= self.now);
        let just_before = self.now.plus(-1);
        schedule.next_after(just_before, &self.clock_of(zone)).filter(|at| *at == self.now && !judged)
    }

    /// When a schedule must be looked at: a condition that cannot hold before some moment leaves out what fires until then.
    pub fn cron_due(
        &self,
        playbook: &Playbook,
        schedule: &CronSchedule,
        zone: ZoneOf,
        where_: Option<&Program>,
    ) -> Option<Instant> {
        let next = self.cron_next(playbook, schedule, zone)?;
        let frame = self.frame(None, None);
        let Some(where_) = where_.filter(|w| self.about.is_none() && !w.holds(&frame)) else { return Some(next) };
        let change = where_.next_change(&frame)?;
        if change <= next { Some(next) } else { schedule.next_after(change.plus(-1), &self.clock_of(zone)) }
    }

    /// The next firing.
    pub fn cron_next(&self, playbook: &Playbook, schedule: &CronSchedule, zone: ZoneOf) -> Option<Instant> {
        let last = self.crons().get(&playbook.name).copied().unwrap_or(self.now);
        schedule.next_after(last.max(self.now), &self.clock_of(zone))
    }

    fn clock_of(&self, zone: ZoneOf) -> TimeZone {
        self.zone_for(zone, self.about)
    }
}
