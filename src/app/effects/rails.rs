//! Guardrails are looked at once a day: a playbook that readers complain about, or whose readers opt out, is paused
//! until a person resumes it. Returned mails stop it at once, where they come in.

use std::collections::BTreeMap;

use super::{MOST_RUNS, heard::Heard};
use crate::{
    app::{dispatch::hold, shell::Shell},
    insight::effect::guard::Guardrail,
    model::{
        ids::AccountId,
        instant::{DAY, Instant},
        message::ChannelKind,
        run::Run,
    },
    rulebook::{
        playbook::{Body, Playbook, Subject},
        titles::Titled,
    },
    store::api::Result,
    words,
};

/// The day guardrails were last looked at.
const CURSOR: &str = "guardrails";
/// The newest runs that are looked at.
const NEWEST: usize = 20_000;
/// Runs that began so long ago at most, in days.
const RECENT: i32 = 30;

impl Shell {
    /// Once a local day: pauses playbooks that crossed a guardrail within the last 30 days, and tells the team. Answers
    /// whether it paused any.
    pub async fn watch_guardrails(&self, now: Instant) -> Result<bool> {
        let rulebook = self.rulebook();
        let today = now.day(&rulebook.model.workspace.zone).to_string();
        let done = self.store.cursor(CURSOR).await?;
        if done.as_deref() == Some(today.as_str()) {
            return Ok(false);
        }
        let mut paused = false;
        let heard = self.heard(now.plus(-i64::from(RECENT) * DAY), now).await?;
        for playbook in rulebook.playbooks.iter().filter(|playbook| writes(playbook) && !heard.is_quiet()) {
            if let Some(rail) = self.crossed(playbook, &heard, now).await? {
                paused |= self.halt(playbook, &rail, now).await?;
            }
        }
        self.store.move_cursor(CURSOR, done.as_deref(), &today).await?;
        Ok(paused)
    }

    async fn crossed(&self, playbook: &Playbook, heard: &Heard, now: Instant) -> Result<Option<Guardrail>> {
        let zone = self.rulebook().model.workspace.zone.clone();
        let mut runs: BTreeMap<AccountId, Vec<Run>> = BTreeMap::new();
        let since = now.plus(-i64::from(RECENT) * DAY);
        for (id, run) in self.store.runs_of(&playbook.name, NEWEST.min(MOST_RUNS)).await? {
            if run.started >= since {
                runs.entry(id).or_default().insert(0, run);
            }
        }
        let rails = heard.rails(runs.iter(), RECENT, &zone);
        Ok(rails.into_iter().find(|rail| rail.crossed && rail.name != "bounces"))
    }

    async fn halt(&self, playbook: &Playbook, rail: &Guardrail, now: Instant) -> Result<bool> {
        let why = words::effect::crossed(rail.name, rail.numerator, rail.denominator, rail.limit);
        let rulebook = self.rulebook();
        let title = rulebook.title(Titled::Playbook, &playbook.name, rulebook.model.workspace.locale);
        let paused = hold::one(self.store.as_ref(), &playbook.name, title, &why, now).await?;
        self.refresh_world().await?;
        Ok(paused)
    }
}

/// Whether it writes to customers by mail.
fn writes(playbook: &Playbook) -> bool {
    let mail = |body: &Body| matches!(body, Body::Message(message) if message.channel == ChannelKind::Email);
    playbook.subject != Subject::Workspace && playbook.steps.iter().any(|step| mail(&step.body))
}
