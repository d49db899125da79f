//! A person answered: the run waits for a colleague, ends, or goes on (`on_reply`).

use std::collections::BTreeSet;

use super::work::{Judged, Work};
use crate::{
    model::{
        decision::Late,
        ids::{ContactId, RunId},
        locale::{Bilingual, Locale},
        run::{Arm, Run, RunResult, StepRecord, Task},
        shared::Shared,
        value::{Props, Value},
    },
    rulebook::{
        playbook::{Body, OnReply, Playbook},
        schedule::length::Length,
    },
    words::sentence,
};

/// The event by which a reply is known.
const REPLIED: &str = "message.replied";
/// What sources report of messages beside replies.
const REPORTED: [&str; 4] = ["bounced", "complained", "opened", "clicked"];
/// The reason of the task that asks a person; no step can have it.
pub(super) const ASK: &str = "reply:hold";

/// The reason of the question about a run: one an account, in playbooks for contacts one a contact.
fn ask(run: &Run) -> String {
    run.person().map_or_else(|| ASK.to_owned(), |id| format!("{ASK}@{}", id.0))
}

/// Whether an event is a person's reply: automatic answers are none.
fn is_reply(event: &Judged) -> bool {
    event.name == REPLIED && event.props.get("auto") != Some(&Value::Bool(true))
}

impl Work<'_> {
    /// Holds, ends or leaves alone the runs that somebody replied to.
    pub fn judge_replies(&mut self, playbook: &Playbook, events: &[Judged]) {
        let replies: Vec<&Judged> = events.iter().filter(|e| is_reply(e)).collect();
        if replies.is_empty() {
            return;
        }
        for id in self.runs_of(&playbook.name) {
            let Some(run) = self.run(&id).cloned().filter(|r| r.arm == Arm::Treated) else { continue };
            let Some(reply) = replies.iter().find(|e| self.answers(e, &run)) else { continue };
            let Some(version) = self.playbook_of(&run).filter(|p| !self.awaits_reply(p, &run, events)) else {
                continue;
            };
            self.about = run.person();
            match version.on_reply {
                OnReply::Continue => {}
                OnReply::Exit => self.end_run(&id, RunResult::Exited, "reply", reply.depth),
                OnReply::Hold => self.hold_for_reply(version, &run),
            }
        }
        self.about = None;
    }

    /// Whether a reply belongs to a run: by the message it names, else by the playbook it names, else by the
    /// person (any person, where none is named) the run has written to.
    fn answers(&self, event: &Judged, run: &Run) -> bool {
        if event.run.is_some() {
            return event.run.as_ref() == Some(&run.id);
        }
        if run.personal && event.contact != run.contact {
            return false;
        }
        let named = event.props.get("playbook").and_then(Value::as_text);
        named.is_none_or(|name| name == run.playbook) && self.wrote_to(run, event.contact)
    }

    fn wrote_to(&self, run: &Run, contact: Option<ContactId>) -> bool {
        let person = contact.and_then(|id| self.contacts.get(&id));
        let own: BTreeSet<String> = person
            .map(|c| {
                let chats = ["slack_id", "discord_id"].iter().filter_map(|k| c.text(k)).map(|id| format!("@{id}"));
                c.email().map(str::to_lowercase).into_iter().chain(chats).collect()
            })
            .unwrap_or_default();
        let mut written = run.steps.values().flat_map(|s| s.marks.keys()).filter_map(|m| m.strip_prefix("to:"));
        written.any(|address| match contact {
            Some(_) => own.contains(&address.to_lowercase()) || own.contains(address),
            // A mail, or a linked channel: never a colleague (`@kei`) or a channel of ours.
            None => !address.starts_with(['@', '#']),
        })
    }

    /// The run waits for just this: then the playbook itself says what a reply means.
    fn awaits_reply(&mut self, version: &Playbook, run: &Run, events: &[Judged]) -> bool {
        let step = run.at.as_deref().and_then(|at| version.step(at)).filter(|_| !run.waiting.is_empty());
        let Some(Body::WaitFor(wait)) = step.map(|s| &s.body) else { return false };
        wait.branches.iter().any(|(trigger, _)| self.fires(trigger, run, events).is_some())
    }

    fn hold_for_reply(&mut self, version: &Playbook, run: &Run) {
        let now = self.now;
        self.note("hold", &run.playbook, run.at.as_deref().unwrap_or(""), "reply");
        self.update(&run.id, |r| r.reply_at = Some(r.reply_at.unwrap_or(now)));
        let text = |locale: Locale| {
            let title = version.title.get(locale);
            sentence::reply_task(locale, if title.is_empty() { &version.name } else { title })
        };
        let task = Task {
            playbook: run.playbook.clone(),
            reason: ask(run),
            step: "reply".to_owned(),
            text: Bilingual { ja: Some(text(Locale::Ja)), en: Some(text(Locale::En)) },
            owner: self.person("csm").unwrap_or_else(|| "csm".to_owned()),
            due: Some(Length::BusinessDays(1).after(now, &self.zone, self.rulebook.calendar(None))),
            opened: now,
            done: None,
            snoozed_until: None,
            escalate: None,
            kind: None,
            contacts: self.names_of(run),
            more: 0,
        };
        self.put_task(task);
    }

    /// Somebody decided to go on: the task was completed, or the playbook resumed (none = every one; for one contact).
    pub fn go_on_after_reply(&mut self, playbook: Option<&str>, contact: Option<ContactId>) {
        let held = |r: &&Shared<Run>| {
            r.reply_at.is_some()
                && playbook.is_none_or(|p| p == r.playbook)
                && contact.is_none_or(|id| r.person() == Some(id))
        };
        let ids: Vec<RunId> = self.runs.iter().filter(held).map(|r| r.id.clone()).collect();
        for id in ids {
            let Some(run) = self.run(&id).cloned() else { continue };
            self.note("resume", &run.playbook, run.at.as_deref().unwrap_or(""), "reply");
            self.update(&id, |r| r.reply_at = None);
            self.stirred.extend(run.person());
            self.close_ask(&run);
        }
    }

    /// Closes the question about a reply once no run waits for its answer.
    pub fn close_ask(&mut self, run: &Run) {
        let (reason, now) = (ask(run), self.now);
        if self.runs.iter().any(|r| r.playbook == run.playbook && r.reply_at.is_some() && ask(r) == reason) {
            return;
        }
        let open = |t: &&mut Task| t.playbook == run.playbook && t.reason == reason && t.done.is_none();
        if let Some(task) = self.tasks.iter_mut().find(open) {
            task.done = Some(now);
            let identity = task.identity();
            self.touched_tasks.insert(identity);
        }
    }

    /// A reply that a source reported marks the step it answers: the one it names, else the last one that wrote.
    pub fn mark_replies(&mut self, event: &Judged) {
        if !is_reply(event) {
            return;
        }
        let ids: Vec<RunId> = self.runs.iter().filter(|r| self.answers(event, r)).map(|r| r.id.clone()).collect();
        let (now, named) = (self.now, event.props.get("step").and_then(Value::as_text).map(str::to_owned));
        for id in ids {
            self.update(&id, |run| {
                let wrote = |s: &StepRecord| s.marks.iter().filter(|m| m.0.starts_with("to:")).map(|m| *m.1).max();
                let last = run.steps.iter().filter_map(|(id, s)| Some((wrote(s)?, id.clone()))).max().map(|l| l.1);
                let step = named.clone().filter(|n| run.steps.contains_key(n)).or(last);
                if let Some(record) = step.and_then(|s| run.steps.get_mut(&s)) {
                    record.marks.insert("replied".to_owned(), now);
                }
            });
        }
    }

    /// What a source reports of a message marks the step that sent it.
    pub fn mark_outcome(&mut self, event: &Judged) {
        let outcome = event.name.strip_prefix("message.").filter(|o| REPORTED.contains(o));
        let key = event.props.get("key").and_then(Value::as_text);
        let (Some(outcome), Some(key)) = (outcome, key) else { return };
        let now = self.now;
        match &event.run {
            Some(run) => self.update(run, |run| run.mark(key, outcome, now)),
            None => self.mark_late(key, outcome, event.contact),
        }
    }

    /// What became of a message whose run is over: its record is marked where it lies, and the copy that is kept while
    /// its goal is measured, which replaces the record once the goal is reached.
    pub fn mark_late(&mut self, key: &str, mark: &str, contact: Option<ContactId>) {
        let (sent, now) = (format!("key:{key}"), self.now);
        let person = contact.and_then(|id| self.contacts.get_mut(&id)).map(|c| &mut c.standing.after);
        let kept = self.state.after.iter_mut().chain(person.into_iter().flatten());
        let mut mine = kept.filter(|run| run.steps.values().any(|step| step.marks.contains_key(&sent)));
        if let Some(run) = mine.next() {
            run.mark(key, mark, now);
        }
        self.late.push(Late { key: key.to_owned(), mark: mark.to_owned(), at: now });
    }

    /// The open run that a message event of a source (not a receipt of ours) is about: by the message's key.
    pub fn run_of_message(&self, name: &str, props: &Props) -> Option<RunId> {
        let key = props.get("key").and_then(Value::as_text).filter(|_| name.starts_with("message."))?;
        let mark = format!("key:{key}");
        let mine = |r: &&Shared<Run>| r.steps.values().any(|s| s.marks.contains_key(&mark));
        self.runs.iter().find(mine).map(|r| r.id.clone())
    }
}
