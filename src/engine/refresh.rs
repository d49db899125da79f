//! Derived values are computed again only where something they read has changed: cost follows change.

use std::collections::BTreeSet;

use super::work::Work;
use crate::{
    model::{
        fact::FactBody,
        instant::Instant,
        score::{Reading, ScoreKind},
        value::Value,
        warm::{Inputs, Kept, Warm},
    },
    rulebook::{
        slots::SlotSource,
        types::{Metric, MetricKind},
    },
};

/// What the values stand on has changed in this way since they were computed.
struct Since {
    before: Inputs,
    metrics: bool,
    /// Playbooks whose runs started, moved or ended.
    moved: BTreeSet<String>,
    day: bool,
    /// By kind: whether the score may have moved; known once its first slot is reached.
    scores: [Option<bool>; 2],
}

impl Work<'_> {
    /// Fills every slot that is about the account, in order. Latches milestones, moves phase and band,
    /// and announces what changed (unless silent).
    pub fn refresh(&mut self) {
        match self.seen.take().filter(|before| before.hold(&self.state)) {
            Some(before) => {
                self.refresh_changed(before);
                self.unsettle_changed();
                debug_assert_eq!(self.unlike_computed_anew(), Vec::<String>::new());
            }
            None => {
                self.ways.borrow_mut().clear();
                self.refresh_all();
                self.unsettle();
            }
        }
        // Values that a playbook test fixes hold whatever they would be computed from.
        if self.snapshot.fixed.is_empty() {
            self.seen = Some(Inputs::of(&self.state, &self.runs, self.now.day(&self.zone)));
        }
    }

    /// Takes over what the last decision computed, if it is kept and was computed by the same rulebook.
    pub fn warm_up(&mut self) {
        let slots = self.rulebook.slots.sources.len();
        // What was computed last may know the account by another key.
        let renamed = self.snapshot.inbox.iter().any(|fact| matches!(fact.body, FactBody::Renamed { .. }));
        let fits = |kept: &Kept| !renamed && kept.rulebook == self.rulebook.hash && kept.values.len() == slots;
        match self.snapshot.state.warm.take().filter(|kept| fits(kept) && self.snapshot.fixed.is_empty()) {
            Some(kept) => {
                let Kept { values, next, score_next, zone, from, starts, .. } = *kept;
                self.settle(starts);
                (self.values, self.next, self.score_next) = (values, next, score_next);
                if from.hold_attrs(&self.state) {
                    self.zone = zone;
                    self.settle_money();
                } else {
                    self.settle_zone();
                }
                self.seen = Some(from);
            }
            None => {
                (self.values, self.next) = (vec![Value::Missing; slots], vec![None; slots]);
                self.settle_zone();
            }
        }
    }

    /// Keeps what was computed for the next decision.
    pub fn keep_warm(&mut self) {
        self.forget_contact();
        let Some(from) = self.seen.take() else { return };
        let rulebook = self.rulebook.hash.clone();
        let (values, next) = (std::mem::take(&mut self.values), std::mem::take(&mut self.next));
        let (score_next, zone) = (self.score_next, self.zone.clone());
        let starts = std::mem::take(&mut self.rests);
        self.state.warm = Warm::of(Kept { rulebook, values, next, score_next, starts, zone, from });
    }

    fn refresh_changed(&mut self, before: Inputs) {
        let mut since = Since {
            metrics: !before.hold_metrics(&self.state),
            moved: self.moved(&before),
            day: before.day != self.now.day(&self.zone),
            scores: [None; 2],
            before,
        };
        if since.day {
            self.ways.borrow_mut().clear();
        }
        self.forget_contact();
        self.changed.clear();
        self.changed.resize(self.values.len(), false);
        self.started = Some(self.account_start());
        let rulebook = self.rulebook;
        for slot in &rulebook.slots.derived {
            let index = *slot as usize;
            let Some(source) = rulebook.slots.sources.get(index) else { continue };
            if self.may_differ(index, source, &mut since) {
                self.ways.borrow_mut().remove(slot);
                let (value, next) = self.read_slot(source);
                // Between passes a playbook's status may have been read for one contact or other; and a metric may go another
                // way from now on although it stands where it stood and moves next when it would have.
                let always =
                    matches!(source, SlotSource::Playbook(_) | SlotSource::PlaybookAt(_) | SlotSource::Metric(_));
                self.changed[index] = always || value != self.values[index] || next != self.next[index];
                (self.values[index], self.next[index]) = (value, next);
            }
        }
        self.started = None;
    }

    /// Whether a slot has to be computed again. What the workspace knows (tiers, falls, KPIs) always is.
    fn may_differ(&mut self, index: usize, source: &SlotSource, since: &mut Since) -> bool {
        let due = self.next[index].is_some_and(|at| at <= self.now);
        match source {
            SlotSource::Account(name) => due || matches!(name.as_str(), "touch" | "onboarding" | "handover_missing"),
            SlotSource::Metric(i) => {
                self.rulebook.model.metrics.get(*i).is_some_and(|m| self.metric_differs(index, m, due, since))
            }
            SlotSource::Scored(kind, reading) => {
                self.score_differs(*kind, since) || since.day && *reading == Reading::Change7d
            }
            SlotSource::DaysInPhase => since.day || self.reads_changed(index),
            SlotSource::Phase
            | SlotSource::Stuck
            | SlotSource::Milestone(_)
            | SlotSource::MilestoneAt(_)
            | SlotSource::Segment(_) => due || self.reads_changed(index),
            SlotSource::Playbook(name) | SlotSource::PlaybookAt(name) => since.moved.contains(name),
            SlotSource::Kpi(_) => true,
            SlotSource::Alert(_) => {
                self.score_differs(ScoreKind::Health, since);
                true
            }
            SlotSource::Contact(_)
            | SlotSource::Subscribed(_)
            | SlotSource::ContactMetric(_)
            | SlotSource::Target(_) => false,
        }
    }

    fn metric_differs(&self, index: usize, metric: &Metric, due: bool, since: &Since) -> bool {
        due || match &metric.kind {
            MetricKind::Expr(_) => self.reads_changed(index),
            MetricKind::Rank { .. } => false,
            // Whether a sheet's column stands in depends on what was ever counted of the others.
            _ => since.metrics && (metric.or.is_some() || !since.before.hold_metric(&self.state, &metric.name)),
        }
    }

    fn moved(&self, before: &Inputs) -> BTreeSet<String> {
        if before.hold_runs(&self.state, &self.runs) {
            return BTreeSet::new();
        }
        before.moved_playbooks(&self.state, &self.runs).into_iter().map(str::to_owned).collect()
    }

    fn reads_changed(&self, index: usize) -> bool {
        let reads = self.rulebook.slots.reads.get(index);
        reads.is_some_and(|reads| reads.iter().any(|slot| self.changed[*slot as usize]))
    }

    /// A score is looked at once a pass, when the first slot about it is reached: what it reads comes before.
    fn score_differs(&mut self, kind: ScoreKind, since: &mut Since) -> bool {
        let index = kind.index();
        if let Some(known) = since.scores[index] {
            return known;
        }
        let due = self.score_next[index].is_some_and(|at| at <= self.now);
        let reads = self.rulebook.slots.score_reads[index].iter().any(|slot| self.changed[*slot as usize]);
        let differs = due || reads || since.metrics;
        self.score_fresh[index] = !differs;
        since.scores[index] = Some(differs);
        differs
    }

    /// Slots about a contact are filled for one question at a time.
    fn forget_contact(&mut self) {
        self.slots_of = None;
        if !std::mem::take(&mut self.contact_filled) {
            return;
        }
        let rulebook = self.rulebook;
        for slot in &rulebook.slots.own {
            let Some(source) = rulebook.slots.sources.get(*slot as usize) else { continue };
            let index = *slot as usize;
            (self.values[index], self.next[index]) = self.read_own(source, None);
        }
    }

    /// In tests every shortcut is compared with the long way: the slots that differ, or that would be looked at too late.
    fn unlike_computed_anew(&mut self) -> Vec<String> {
        let silent = std::mem::replace(&mut self.silent, true);
        let (values, next, score_next) = (self.values.clone(), self.next.clone(), self.score_next);
        self.refresh_all();
        self.silent = silent;
        let (anew, anew_next) = (std::mem::replace(&mut self.values, values), std::mem::replace(&mut self.next, next));
        self.score_next = score_next;
        let late =
            |kept: Option<Instant>, anew: Option<Instant>| anew.is_some_and(|at| kept.is_none_or(|kept| kept > at));
        let differs = |i: &usize| self.values[*i] != anew[*i] || late(self.next[*i], anew_next[*i]);
        let told = |i: usize| {
            let name = self.rulebook.slots.sources[i].name(&self.rulebook.model);
            format!("{name}: {:?} {:?}, anew {:?} {:?}", self.values[i], self.next[i], anew[i], anew_next[i])
        };
        (0..anew.len()).filter(differs).map(told).collect()
    }
}
