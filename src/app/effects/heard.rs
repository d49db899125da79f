//! What readers thought of it: complaints, returned mails, opt-outs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::ground::days;
use crate::{
    app::shell::Shell,
    insight::effect::{
        guard::{self, Guardrail},
        proportions::Counts,
    },
    model::{
        fact::{Fact, FactBody},
        ids::AccountId,
        instant::Instant,
        run::Run,
        value::Value,
    },
    store::api::Result,
};

/// More of each than this are not read.
const MOST: usize = 1_000_000;
/// The mark of a step that handed over a message of that key.
pub(super) const KEY: &str = "key:";

/// By message key, and by account.
pub(super) struct Heard {
    complained: BTreeSet<String>,
    bounced: BTreeSet<String>,
    opted_out: BTreeMap<AccountId, Vec<i32>>,
}

impl Shell {
    /// What was heard since `first`.
    pub(super) async fn heard(&self, first: Instant, now: Instant) -> Result<Heard> {
        let zone = self.rulebook().model.workspace.zone.clone();
        let of = |name: &'static str| async move { self.store.happened(&[name], first, now.plus(1), MOST).await };
        Ok(Heard {
            complained: keys(&of("message.complained").await?),
            bounced: keys(&of("message.bounced").await?),
            opted_out: days(&of("contact.unsubscribed").await?, &zone),
        })
    }
}

impl Heard {
    /// Complaints and returned mails of what these runs sent, and in whom a reader wanted no more within the horizon.
    pub fn rails<'r>(
        &self,
        runs: impl Iterator<Item = (&'r AccountId, &'r Vec<Run>)>,
        horizon: i32,
        zone: &TimeZone,
    ) -> Vec<Guardrail> {
        let mut sent: BTreeSet<&str> = BTreeSet::new();
        let mut arms = [Counts::default(); 2];
        for (id, runs) in runs {
            let Some(first) = runs.first() else { continue };
            sent.extend(runs.iter().filter(|run| run.is_real()).flat_map(sent_by));
            let began = first.first_started().day(zone);
            let within = |day: &i32| *day >= began && *day <= began.saturating_add(horizon);
            let gone = self.opted_out.get(id).is_some_and(|days| days.iter().any(within));
            arms[usize::from(first.is_real())].add(gone);
        }
        let among = |keys: &BTreeSet<String>| keys.iter().filter(|key| sent.contains(key.as_str())).count() as u64;
        let mut rails = guard::of_messages(sent.len() as u64, among(&self.complained), among(&self.bounced));
        rails.push(guard::of_opt_outs(arms[1], arms[0]));
        rails
    }
}

/// Keys of the messages a run handed over.
pub(super) fn sent_by(run: &Run) -> impl Iterator<Item = &str> {
    run.steps.values().flat_map(|step| step.marks.keys()).filter_map(|mark| mark.strip_prefix(KEY))
}

fn keys(facts: &[Fact]) -> BTreeSet<String> {
    let key = |fact: &Fact| match &fact.body {
        FactBody::Event { props, .. } => props.get("key").and_then(Value::as_text).map(str::to_owned),
        _ => None,
    };
    facts.iter().filter_map(key).collect()
}
