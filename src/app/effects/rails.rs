//! Complaints are looked at once a day: a playbook that readers complain about is paused until a person resumes it.
//! Returned mails stop it at once, where they come in. An opt-out or a ticket names no playbook, so it stops none, unless the
//! playbook says that it is to (`pause_on`): then its own comparison must show it.

use std::collections::BTreeMap;

use super::{Ask, MOST_RUNS, heard::KEY, joined::Joined, outcome::measured, since};
use crate::{
    app::{dispatch::hold, shell::Shell, swap},
    insight::effect::guard::{self, Guardrail},
    model::{
        fact::{Fact, FactBody},
        instant::{DAY, Instant},
        message::{ChannelKind, Class},
        value::Value,
    },
    rulebook::{
        playbook::{Body, Playbook, Subject},
        titles::Titled,
    },
    store::api::{Result, Store},
    words,
};

/// The day guardrails were last looked at.
const CURSOR: &str = "guardrails";
/// More complaints than this are not read.
const MOST: usize = 100_000;
/// How far back, in days.
const RECENT: i64 = 30;

/// Counts anew from `now` on: somebody has looked into it and resumed the playbook.
pub async fn forget(store: &dyn Store, playbook: &str, now: Instant) -> Result<()> {
    swap::cursor(store, &resumed(playbook), |_| (now.0.to_string(), ())).await
}

fn resumed(playbook: &str) -> String {
    format!("resumed:{playbook}")
}

impl Shell {
    /// Once a local day: pauses playbooks whose mails of the last 30 days were complained about too often, and tells
    /// the team. Answers whether it paused any.
    pub async fn watch_guardrails(&self, now: Instant) -> Result<bool> {
        let rulebook = self.rulebook();
        let today = now.day(&rulebook.model.workspace.zone).to_string();
        let done = self.store.cursor(CURSOR).await?;
        if done.as_deref() == Some(today.as_str()) {
            return Ok(false);
        }
        let since = now.plus(-RECENT * DAY);
        let complaints = self.store.happened(&["message.complained"], since, now.plus(1), MOST).await?;
        let mut paused = false;
        for playbook in rulebook.playbooks.iter().filter(|playbook| writes(playbook) && !complaints.is_empty()) {
            if let Some(rail) = self.crossed(playbook, &complaints, since).await? {
                paused |= self.halt(playbook, &rail, now).await?;
            }
        }
        for playbook in rulebook.playbooks.iter().filter(|playbook| !playbook.pause_on.is_empty()) {
            if let Some(rail) = self.declared(playbook, now).await? {
                paused |= self.halt(playbook, &rail, now).await?;
            }
        }
        self.store.move_cursor(CURSOR, done.as_deref(), &today).await?;
        Ok(paused)
    }

    /// A crossed guardrail that its playbook declares, over the customers who began since it was resumed.
    async fn declared(&self, playbook: &Playbook, now: Instant) -> Result<Option<Guardrail>> {
        let rulebook = self.rulebook();
        let Some(measured) = measured(&rulebook, playbook, Ask::default(), now) else { return Ok(None) };
        let resumed = self.resumed(playbook).await?;
        let mut runs = self.store.runs_of(&playbook.name, MOST_RUNS).await?;
        runs.retain(|(_, run)| resumed.is_none_or(|at| run.first_started() >= at));
        if runs.is_empty() {
            return Ok(None);
        }
        let ground = self.ground(since(&runs, now), now).await?;
        let rails = Joined::of(&ground, &rulebook, playbook, runs, false).guardrails(&measured);
        Ok(rails.into_iter().find(|rail| rail.crossed && playbook.pause_on.contains(&rail.name)))
    }

    /// When a person resumed it last, after guardrails had paused it.
    async fn resumed(&self, playbook: &Playbook) -> Result<Option<Instant>> {
        let resumed = self.store.cursor(&resumed(&playbook.name)).await?;
        Ok(resumed.and_then(|text| text.parse().ok()).map(Instant))
    }

    /// Complaints about what it has written since `since`, and since it was resumed.
    async fn crossed(&self, playbook: &Playbook, complaints: &[Fact], since: Instant) -> Result<Option<Guardrail>> {
        let from = self.resumed(playbook).await?.map_or(since, |at| at.max(since));
        let mut written: BTreeMap<String, Instant> = BTreeMap::new();
        for (_, run) in self.store.runs_of(&playbook.name, MOST_RUNS).await? {
            let marks = run.steps.values().flat_map(|step| &step.marks);
            written.extend(marks.filter_map(|(mark, at)| Some((mark.strip_prefix(KEY)?.to_owned(), *at))));
        }
        let about = |fact: &&Fact| match (fact.occurred_at >= from, said(fact, "key").and_then(|key| written.get(key)))
        {
            (inside, Some(at)) => inside && *at >= from,
            (inside, None) => inside && said(fact, "playbook") == Some(playbook.name.as_str()),
        };
        let complained = complaints.iter().filter(about).count() as u64;
        if complained == 0 {
            return Ok(None);
        }
        let sent = self.store.mails_sent(&playbook.name, from, u64::MAX).await?;
        Ok(guard::of_messages(sent, complained, 0).into_iter().find(|rail| rail.crossed))
    }

    async fn halt(&self, playbook: &Playbook, rail: &Guardrail, now: Instant) -> Result<bool> {
        let why = words::effect::crossed(rail.name, rail.numerator, rail.denominator, rail.limit.unwrap_or_default());
        let rulebook = self.rulebook();
        let title = rulebook.title(Titled::Playbook, &playbook.name, rulebook.model.workspace.locale);
        let paused = hold::one(self.store.as_ref(), &playbook.name, title, &why, now).await?;
        self.refresh_world().await?;
        Ok(paused)
    }
}

/// What an event says.
fn said<'f>(fact: &'f Fact, name: &str) -> Option<&'f str> {
    match &fact.body {
        FactBody::Event { props, .. } => props.get(name).and_then(Value::as_text),
        _ => None,
    }
}

/// Whether it writes to customers by mail what need not go out whatever happens.
fn writes(playbook: &Playbook) -> bool {
    let mail = |body: &Body| matches!(body, Body::Message(message) if message.channel == ChannelKind::Email);
    playbook.subject != Subject::Workspace
        && playbook.class != Class::Notice
        && playbook.steps.iter().any(|step| mail(&step.body))
}
