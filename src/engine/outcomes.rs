//! What is measured of everybody who became eligible, treated or held out, whatever becomes of the run (`outcome: {when}`).

use super::{due::Soonest, work::Work};
use crate::{
    model::{ids::stable_hash, instant::Instant, state::Measured},
    rulebook::{expr::Program, playbook::Playbook},
};

/// Which condition is measured: another one is measured anew, whatever else an edit changes.
pub fn version(playbook: &Playbook) -> String {
    let when = playbook.outcome.as_ref().and_then(|outcome| outcome.when.as_ref());
    stable_hash(&[when.map_or("", Program::source)])
}

impl Work<'_> {
    /// From the first start on; anew at the first one under another version, once the time of the one before is over.
    pub(super) fn begin_outcome(&mut self, playbook: &Playbook) {
        let Some(outcome) = playbook.outcome.as_ref().filter(|outcome| outcome.when.is_some()) else { return };
        let (version, now) = (version(playbook), self.now);
        let goes_on = |m: &Measured| m.version == version && (m.playbook == playbook.hash || now <= m.until);
        if self.state.outcomes.get(&playbook.name).is_some_and(goes_on) {
            return;
        }
        let until = outcome.within.after(now, &self.zone, self.calendar);
        let begun = Measured { version, playbook: playbook.hash.clone(), since: now, until, met: None };
        self.state.outcomes.insert(playbook.name.clone(), begun);
    }

    /// Writes down the first moment at which a condition holds.
    pub(super) fn measure_outcomes(&mut self) {
        let met: Vec<String> =
            self.open_outcomes().filter(|(_, when, _)| when.holds(&self.frame(None, None))).map(|o| o.0).collect();
        for name in met {
            let now = self.now;
            if let Some(measured) = self.state.outcomes.get_mut(&name) {
                measured.met = Some(now);
            }
        }
    }

    /// When one may come to hold by time alone.
    pub(super) fn outcomes_due(&self, soonest: &mut Soonest) {
        for (_, when, until) in self.open_outcomes() {
            soonest.or(when.next_change(&self.frame(None, None)).filter(|at| *at <= until));
        }
    }

    /// Playbook, condition and last moment of what may still be met.
    fn open_outcomes(&self) -> impl Iterator<Item = (String, &Program, Instant)> {
        let open = |(name, measured): (&String, &Measured)| {
            let playbook = self.rulebook.playbook(name)?;
            let when = playbook.outcome.as_ref()?.when.as_ref()?;
            let counts = measured.met.is_none() && self.now <= measured.until && measured.version == version(playbook);
            counts.then(|| (name.clone(), when, measured.until))
        };
        self.state.outcomes.iter().filter_map(open)
    }
}
