//! Playbooks for contacts: whom to judge, and when everybody.
//!
//! A contact is judged when a fact names it, when its own time has come, and when something changed that all contacts
//! share (the phase, a pause, an event of the account, the rulebook). The last is a sweep over everybody, page by page
//! at one logical moment; facts wait until it is over. So an account of fifty thousand contacts costs what moved.

use super::{
    due::Soonest,
    standing::is_personal,
    work::{Judged, Work},
};
use crate::{
    model::{
        contact::Contact,
        ids::{ContactId, stable_hash},
        instant::Instant,
        run::RunResult,
        shared::Shared,
        snapshot::{ContactQuery, Need, PEOPLE},
        state::{Heard, Sweep},
        value::Value,
    },
    rulebook::playbook::{Playbook, Start},
};

/// Events that lead to events: deeper ones are not told to contacts any more.
const MAX_DEPTH: u8 = 8;

/// The name under which contacts hear what a person said about a playbook.
pub(super) fn said(what: &str, playbook: &str) -> String {
    format!("{what}:{playbook}")
}

impl<'a> Work<'a> {
    /// Whether any playbook (or open run) is about contacts.
    pub fn has_people(&self) -> bool {
        !self.state.running.is_empty() || self.rulebook.playbooks.iter().any(is_personal)
    }

    /// The contacts whose own time has come.
    pub fn stir_due(&mut self) {
        let now = self.now;
        let due = |c: &&Shared<Contact>| c.standing.due.is_some_and(|at| at <= now);
        self.stirred.extend(self.contacts.values().filter(due).map(|c| c.id));
    }

    /// What concerns every contact of the events of a round is kept for the sweep.
    pub fn hear(&mut self, events: &[Judged]) {
        let heard: Vec<Heard> = events.iter().filter(|e| self.hears(e)).map(heard).collect();
        self.heard.extend(heard);
    }

    fn hears(&self, event: &Judged) -> bool {
        if event.contact.is_some() || event.depth > MAX_DEPTH {
            return false;
        }
        let mut personal = self.rulebook.playbooks.iter().chain(&self.rulebook.versions).filter(|p| is_personal(p));
        personal.any(|p| {
            let starts = matches!(&p.start, Start::On { event: name, .. } if *name == event.name) && event.announced;
            let told =
                event.name.split_once(':').is_some_and(|(_, name)| name == p.name || (name == "*" && event.announced));
            let task =
                event.name == "task.done" && event.props.get("playbook").and_then(Value::as_text) == Some(&p.name);
            starts || told || task || p.listens(&event.name)
        })
    }

    /// At the end of a turn: begins a sweep where one is needed, and sets when each judged contact is due.
    pub fn settle_people(&mut self) {
        self.shared_next = None;
        if !self.has_people() && self.state.sweep.is_none() {
            return self.heard.clear();
        }
        let heard = std::mem::take(&mut self.heard);
        match &mut self.state.sweep {
            Some(sweep) => sweep.next.extend(heard),
            None => {
                let (shared, next) = self.shared();
                self.shared_next = Some((self.now, next));
                if !heard.is_empty() || shared != self.state.shared {
                    (self.state.shared, self.state.sweep) = (shared, Some(Sweep { heard, ..Sweep::default() }));
                }
            }
        }
        for id in std::mem::take(&mut self.stirred) {
            let due = self.due_of(id);
            if let Some(contact) = self.contacts.get_mut(&id).filter(|c| c.standing.due != due) {
                contact.standing.due = due;
            }
        }
        self.newcomers.clear();
    }

    /// When what contacts share next changes by time alone.
    pub fn shared_due(&self) -> Option<Instant> {
        match self.shared_next {
            Some((at, next)) if at == self.now => next,
            _ => self.shared().1,
        }
    }

    /// When the first loaded contact's time comes.
    pub fn people_due(&self) -> Option<Instant> {
        self.contacts.values().filter_map(|c| c.standing.due).min().map(|at| at.max(self.state.now))
    }

    /// What the conditions of playbooks for contacts see of the account, and when that next changes by time alone.
    pub fn shared(&self) -> (String, Option<Instant>) {
        let frame = self.frame(None, None);
        let zone = self.zone.iana_name().unwrap_or_default();
        let mut seen = vec![self.rulebook.number.to_string(), zone.to_owned()];
        seen.extend(self.state.attr_text("calendar").map(str::to_owned));
        let mut next: Vec<Option<Instant>> = Vec::new();
        for playbook in self.rulebook.playbooks.iter().chain(&self.rulebook.versions).filter(|p| is_personal(p)) {
            let refusal = self.general_refusal(playbook);
            seen.push(format!("{}:{}", playbook.name, refusal.as_ref().map_or("", |r| &*r.reason)));
            next.push(refusal.and_then(|r| r.until));
            for program in playbook.awaited() {
                let (values, at) = program.shared(&self.rulebook.slots.own, &frame);
                seen.extend(values.iter().map(|v| format!("{v:?}")));
                next.push(at);
            }
        }
        let parts: Vec<&str> = seen.iter().map(String::as_str).collect();
        (stable_hash(&parts), next.into_iter().flatten().filter(|at| *at > self.now).min())
    }

    fn due_of(&mut self, id: ContactId) -> Option<Instant> {
        self.about = Some(id).filter(|id| self.contacts.contains_key(id));
        self.about?;
        let mut soonest = Soonest::after(self.now);
        for playbook in self.by_priority(true).iter().filter(|p| is_personal(p)) {
            self.fill_contact(Some(id));
            self.start_due(playbook, &mut soonest);
            self.pending_due(playbook, &mut soonest);
        }
        let runs: Vec<_> = self.runs.iter().filter(|r| r.person() == Some(id)).cloned().collect();
        runs.iter().for_each(|run| self.run_due(run, &mut soonest));
        self.after_due(&mut soonest);
        self.about = None;
        soonest.at
    }

    /// Judges the next page of everybody. False: it must be loaded first, or belongs to the next decision.
    pub fn sweep_page(&mut self) -> bool {
        let Some(sweep) = self.state.sweep.clone() else { return false };
        let query = ContactQuery { roles: Vec::new(), limit: PEOPLE as u32, after: Some(ContactId(sweep.after)) };
        let Some((_, found)) = self.snapshot.answers.iter().find(|(asked, _)| *asked == query) else {
            // One page a decision where there are many.
            if !self.snapshot.answers.iter().any(|(asked, found)| asked.after.is_some() && found.len() == PEOPLE) {
                self.needs.push(Need::Contacts(query));
            }
            return false;
        };
        let last = found.last().filter(|_| found.len() == PEOPLE).map(|id| id.0);
        let inside = |id: &&ContactId| id.0 > sweep.after && last.is_none_or(|last| id.0 <= last);
        self.stirred = self.contacts.keys().filter(inside).copied().collect();
        self.now = self.state.now;
        self.turns += 1;
        self.in_order();
        self.judge_everybody(&sweep);
        if let (Some(last), Some(open)) = (last, &mut self.state.sweep) {
            open.after = last;
        } else if let Some(over) = self.state.sweep.take() {
            let later = std::mem::take(&mut self.heard);
            self.heard = over.next.into_iter().chain(later).collect();
        }
        self.settle_people();
        true
    }

    fn judge_everybody(&mut self, sweep: &Sweep) {
        self.refresh();
        self.adopt_runs();
        if sweep.baseline {
            self.complete_people();
        }
        let events: Vec<Judged> = sweep.heard.iter().map(judged).collect();
        events.iter().for_each(|event| self.obey(event));
        self.sweeping = true;
        self.round(&events, true);
        self.sweeping = false;
        if !self.queue.is_empty() {
            self.follow_up();
        }
    }

    /// What a person said about a playbook, for the runs of this page.
    fn obey(&mut self, event: &Judged) {
        let text = |name: &str| event.props.get(name).and_then(Value::as_text).unwrap_or_default().to_owned();
        match event.name.split_once(':') {
            Some(("unenroll", name)) => {
                let open = self.runs.iter().filter(|r| r.playbook == name && r.personal).map(|r| r.id.clone());
                open.collect::<Vec<_>>().iter().for_each(|id| self.end_run(id, RunResult::Exited, "unenrolled", 0));
            }
            Some(("resume", "*")) => self.go_on_after_reply(None, None),
            Some(("resume", name)) => self.go_on_after_reply(Some(name), None),
            _ if event.name == "task.done" => drop(self.mark_done(&text("playbook"), &text("step"))),
            _ => {}
        }
    }

    /// The judged contacts of a round that playbooks may start for, adopted to the rulebook.
    pub fn people(&mut self) -> Vec<ContactId> {
        let here = |id: &&ContactId| self.contacts.get(id).is_some_and(|c| !c.attrs.is_empty());
        let ids: Vec<ContactId> = self.stirred.iter().filter(here).copied().collect();
        for id in &ids {
            self.adopt_person(*id);
        }
        ids
    }

    /// Takes a new rulebook (or a new contact) into account: those who match at the baseline are armed or not.
    fn adopt_person(&mut self, id: ContactId) {
        let number = self.rulebook.number;
        if self.contacts.get(&id).is_none_or(|c| c.standing.rulebook == number) {
            return;
        }
        self.about = Some(id);
        let playbooks: Vec<&'a Playbook> = self.by_priority(true).iter().copied().filter(|p| is_personal(p)).collect();
        let newcomer = self.newcomers.contains(&id) && !self.is_known_contact(id);
        for playbook in &playbooks {
            self.fill_contact(Some(id));
            self.adopt_start(playbook, newcomer);
        }
        self.about = None;
        let Some(standing) = self.contacts.get_mut(&id).map(|c| &mut c.standing) else { return };
        let live = |name: &String| playbooks.iter().any(|p| p.name == *name);
        standing.arms.retain(|name, _| live(name));
        standing.cron.retain(|name, _| live(name));
        standing.dates.retain(|name, _| live(name));
        standing.pending.retain(|p| live(&p.playbook));
        standing.rulebook = number;
    }

    /// A contact that was there before shirube heard of it: created long ago, or part of a known account's baseline.
    fn is_known_contact(&self, id: ContactId) -> bool {
        match self.contacts.get(&id).and_then(|c| self.contact_instant(c, "created_at")) {
            Some(created) => self.older_than_late_data(created),
            None => self.state.known && self.now == self.state.first_seen,
        }
    }

    /// Judges a playbook's start for every contact of this round.
    pub fn judge_people(&mut self, playbook: &Playbook, events: &[Judged]) {
        for id in self.people() {
            let own: Vec<Judged> = events
                .iter()
                .filter(|e| e.contact == Some(id) || (self.sweeping && e.announced && e.contact.is_none()))
                .cloned()
                .collect();
            self.about = Some(id);
            self.fill_contact(Some(id));
            self.judge_start(playbook, &own);
            self.about = None;
        }
    }
}

fn heard(event: &Judged) -> Heard {
    let Judged { name, props, id, origin, depth, late, announced, .. } = event.clone();
    Heard { name, props, id, origin, depth, late, announced }
}

fn judged(heard: &Heard) -> Judged {
    let Heard { name, props, id, origin, depth, late, announced } = heard.clone();
    Judged { name, props, contact: None, id, run: None, origin, depth, late, announced, counted: true }
}
