//! What was computed last for an account, and from what: a shortcut, never a part of its state.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, PoisonError},
};

use jiff::tz::TimeZone;

use super::{
    instant::Instant,
    run::Run,
    shared::Shared,
    state::{AccountState, Attr, BandOverride, MetricState, PastRuns},
    value::Value,
};

/// The derived values of an account as they were computed last, while somebody keeps the state in memory. They are
/// not stored and not copied, and two states are equal whatever each remembers: without them everything is computed
/// anew, with the same result.
#[derive(Default)]
pub struct Warm(Mutex<Option<Box<Kept>>>);

impl Warm {
    /// Remembers.
    pub fn of(kept: Kept) -> Warm {
        Warm(Mutex::new(Some(Box::new(kept))))
    }

    /// What is remembered, for whoever asks first.
    pub fn take(&self) -> Option<Box<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The same for a copy of the state that is decided in its place.
    pub fn hand_over(&self) -> Warm {
        Warm(Mutex::new(self.take()))
    }
}

impl Clone for Warm {
    fn clone(&self) -> Warm {
        Warm::default()
    }
}

/// A state is printed without what was only computed from it.
impl fmt::Debug for Warm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Warm")
    }
}

impl PartialEq for Warm {
    fn eq(&self, _: &Warm) -> bool {
        true
    }
}

/// Values with what they were computed from.
#[derive(Debug)]
pub struct Kept {
    /// Hash of the rulebook that computed them.
    pub rulebook: String,
    /// Values by slot.
    pub values: Vec<Value>,
    /// When each can next change by time alone.
    pub next: Vec<Option<Instant>>,
    /// By kind of score: when it can next change by time alone.
    pub score_next: [Option<Instant>; 2],
    /// What is known of the starts of its playbooks, highest priority first.
    pub starts: Vec<Option<Rest>>,
    /// The account's zone.
    pub zone: TimeZone,
    /// What they were computed from.
    pub from: Inputs,
}

/// What is known of a start as long as nothing it reads moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// Until when this holds: when its condition may change, or its moment comes; none = for ever.
    pub until: Option<Instant>,
    /// Judging it until then does nothing.
    pub still: bool,
}

/// The parts of a state that derived values read. Shared parts are compared by whether they are the very same one,
/// so looking costs next to nothing.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The local day.
    pub day: i32,
    attrs: Shared<BTreeMap<String, Attr>>,
    daily: Shared<BTreeMap<String, Value>>,
    milestones: Shared<BTreeMap<String, Instant>>,
    past: Shared<BTreeMap<String, PastRuns>>,
    metrics: Shared<BTreeMap<String, Shared<MetricState>>>,
    override_band: Option<BandOverride>,
    runs: Vec<Shared<Run>>,
}

impl Inputs {
    /// The inputs as they are on a local day.
    pub fn of(state: &AccountState, runs: &[Shared<Run>], day: i32) -> Inputs {
        Inputs {
            day,
            attrs: state.attrs.clone(),
            daily: state.daily.clone(),
            milestones: state.milestones.clone(),
            past: state.past.clone(),
            metrics: state.metrics.clone(),
            override_band: state.override_band.clone(),
            runs: runs.to_vec(),
        }
    }

    /// Whether every attribute is as it was.
    pub fn hold_attrs(&self, state: &AccountState) -> bool {
        self.attrs.same(&state.attrs)
    }

    /// Whether nothing changed but time, runs and metrics.
    pub fn hold(&self, state: &AccountState) -> bool {
        self.hold_attrs(state)
            && self.daily.same(&state.daily)
            && self.milestones.same(&state.milestones)
            && self.override_band == state.override_band
    }

    /// Whether no metric changed.
    pub fn hold_metrics(&self, state: &AccountState) -> bool {
        self.metrics.same(&state.metrics)
    }

    /// Whether one metric is as it was.
    pub fn hold_metric(&self, state: &AccountState, name: &str) -> bool {
        match (self.metrics.get(name), state.metrics.get(name)) {
            (Some(a), Some(b)) => a.same(b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }

    /// The playbooks whose runs started, moved or ended; more than those where that is cheaper to say.
    pub fn moved_playbooks<'s>(&'s self, state: &'s AccountState, runs: &'s [Shared<Run>]) -> BTreeSet<&'s str> {
        let mut moved = BTreeSet::new();
        let (mut old, mut new) = (self.runs.iter(), runs.iter());
        loop {
            match (old.next(), new.next()) {
                (None, None) => break,
                (Some(a), Some(b)) if a.same(b) => {}
                (a, b) => moved.extend([a, b].into_iter().flatten().map(|run| run.playbook.as_str())),
            }
        }
        if !self.past.same(&state.past) {
            let differs = |(name, past): &(&String, &PastRuns)| self.past.get(*name) != Some(*past);
            let names = state.past.iter().filter(differs).map(|(name, _)| name.as_str());
            moved.extend(
                names.chain(self.past.keys().filter(|name| !state.past.contains_key(*name)).map(String::as_str)),
            );
        }
        moved
    }

    /// Whether no run started, moved or ended.
    pub fn hold_runs(&self, state: &AccountState, runs: &[Shared<Run>]) -> bool {
        let same = self.runs.len() == runs.len() && self.runs.iter().zip(runs).all(|(a, b)| a.same(b));
        same && self.past.same(&state.past)
    }
}
