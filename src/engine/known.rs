//! Known accounts: first seen when they already existed for a while.

use super::{fold::ANNOUNCEMENT, recorded, standing::is_personal, work::Work};
use crate::model::{
    contact::Contact,
    fact::{Fact, FactBody, OWN},
    ids::ContactId,
    instant::Instant,
    state::Sweep,
    value::{Props, Value},
};

impl Work<'_> {
    /// Since when the account exists: `created_at`, else `contract_start`, else its first event, else when
    /// it was first heard of.
    pub fn account_start(&self) -> Instant {
        self.start_date().unwrap_or(self.state.first_seen)
    }

    /// What somebody said of when the account began.
    pub fn start_date(&self) -> Option<Instant> {
        recorded::start_date(&self.state, &self.zone)
    }

    /// An account was taken for known, since nothing but an event was heard of it, and its date comes only now: it is
    /// new. Who was heard of long ago stays known, whatever date is filled in.
    pub fn turns_out_new(&self, date_before: Option<Instant>) -> bool {
        let young = |at: Instant| !self.older_than_late_data(at);
        self.state.known
            && date_before.is_none()
            && young(self.state.first_seen)
            && self.start_date().is_some_and(young)
    }

    /// A date or instant of a contact as a moment in the account's zone.
    pub fn contact_instant(&self, contact: &Contact, name: &str) -> Option<Instant> {
        match contact.attrs.get(name)? {
            Value::Instant(at) => Some(*at),
            Value::Date(day) => Some(Instant::start_of_day(*day, &self.zone)),
            _ => None,
        }
    }

    /// Decides, with the first facts folded, whether the account is known. `import --as` says it outright
    /// (`import_as`); a date older than `late_data` says it; else the first event's time.
    pub fn is_known(&self, facts: &[&Fact]) -> bool {
        let said = facts.iter().find_map(|f| match &f.body {
            FactBody::AccountAttrs { attrs } => attrs.get("import_as").and_then(Value::as_text),
            _ => None,
        });
        let dated = self.start_date();
        let first_event = || facts.iter().filter(|f| is_event(f)).map(|f| f.occurred_at).min();
        match (dated, said) {
            (_, Some("new")) => false,
            (Some(start), _) => self.older_than_late_data(start),
            (None, Some(_)) => true,
            (None, None) => first_event().is_some_and(|at| self.older_than_late_data(at)),
        }
    }

    /// Whether a contact heard of for the first time was there before: `import contacts --as` says so outright, else
    /// its `created_at`. Nothing starts because it was added.
    pub fn is_known_person(&self, id: ContactId, attrs: &Props) -> bool {
        let said = attrs.get("import_as").and_then(Value::as_text);
        let created = self.contacts.get(&id).and_then(|c| self.contact_instant(c, "created_at"));
        match created {
            _ if said == Some("new") => false,
            Some(created) => self.older_than_late_data(created),
            None => said == Some("known"),
        }
    }

    /// How many of a known account's facts, from the first on, tell of the time before it was first heard of: a year of
    /// events that is imported the day after the customers is no news. Facts are folded in their order, so none is taken
    /// forward from behind a newer one.
    pub fn history(&self, first: bool, facts: &[&Fact]) -> usize {
        let from = self.state.first_seen;
        // When the past is played again (a backtest), nobody had heard of anybody yet.
        let known = !first && self.state.known && from <= self.now;
        facts.iter().take_while(|fact| known && fact.occurred_at < from && is_from_outside(fact)).count()
    }

    /// History completes the baseline: it counts and announces nothing, and whoever matches because of it matched before.
    pub fn learn(&mut self, history: &[&Fact]) {
        if history.is_empty() {
            return;
        }
        self.silent = true;
        history.iter().for_each(|fact| self.fold(fact));
        self.refresh();
        if self.state.rulebook == self.rulebook.number {
            self.complete_baseline();
            self.complete_people();
            self.sweep_baseline();
        }
        self.silent = false;
    }

    /// The first tier (or rank) of a known account belongs to its baseline too.
    pub fn complete_baseline(&mut self) {
        self.unsettle();
        for playbook in self.by_priority(true).iter().filter(|p| !is_personal(p)) {
            self.adopt_start(playbook, false);
        }
    }

    /// The same for the playbooks about the contacts that are looked at.
    pub fn complete_people(&mut self) {
        let here = |id: &&ContactId| self.contacts.get(id).is_some_and(|c| !c.attrs.is_empty());
        for id in self.stirred.iter().filter(here).copied().collect::<Vec<_>>() {
            self.about = Some(id);
            for playbook in self.by_priority(true).iter().filter(|p| is_personal(p)) {
                self.fill_contact(Some(id));
                self.adopt_start(playbook, false);
            }
        }
        self.about = None;
    }

    /// What contacts share of the account's history is in their baseline too.
    fn sweep_baseline(&mut self) {
        if !self.has_people() || self.state.sweep.is_some() {
            return;
        }
        let (shared, _) = self.shared();
        if shared != self.state.shared {
            (self.state.shared, self.state.sweep) = (shared, Some(Sweep { baseline: true, ..Sweep::default() }));
        }
    }

    pub fn older_than_late_data(&self, at: Instant) -> bool {
        let late_data = self.rulebook.model.workspace.late_data;
        let limit = late_data.after(at, &self.zone, self.calendar);
        // A day's date means that whole day: a contract that starts today is new until tomorrow.
        limit < self.now && at.day(&self.zone) < self.now.day(&self.zone)
    }
}

fn is_event(fact: &Fact) -> bool {
    matches!(fact.body, FactBody::Event { .. })
}

/// Not what shirube itself recorded, and nothing a person ordered.
fn is_from_outside(fact: &Fact) -> bool {
    let of_them =
        matches!(fact.body, FactBody::Event { .. } | FactBody::AccountAttrs { .. } | FactBody::ContactAttrs { .. });
    of_them && fact.source != OWN && fact.source != ANNOUNCEMENT
}
