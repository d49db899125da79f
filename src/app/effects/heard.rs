//! What readers thought of it: complaints, returned mails, opt-outs; and tickets.

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
        run::{Run, StepRecord},
        value::Value,
    },
    store::api::Result,
};

/// More of each than this are not read.
const MOST: usize = 1_000_000;
/// The mark of a step that handed over a message of that key.
pub(super) const KEY: &str = "key:";

/// By message key with the first local day, and by account.
pub(super) struct Heard {
    complained: BTreeMap<String, i32>,
    bounced: BTreeMap<String, i32>,
    opted_out: BTreeMap<AccountId, Vec<i32>>,
    tickets: BTreeMap<AccountId, Vec<i32>>,
}

impl Shell {
    /// What was heard since `first`.
    pub(super) async fn heard(&self, first: Instant, now: Instant) -> Result<Heard> {
        let zone = self.rulebook().model.workspace.zone.clone();
        let of = |name: &'static str| async move { self.store.happened(&[name], first, now.plus(1), MOST).await };
        Ok(Heard {
            complained: keys(&of("message.complained").await?, &zone),
            bounced: keys(&of("message.bounced").await?, &zone),
            opted_out: days(&of("contact.unsubscribed").await?, &zone),
            tickets: days(&of("ticket.opened").await?, &zone),
        })
    }
}

impl Heard {
    /// Complaints and returned mails of what these runs sent, in whom a reader wanted no more within the horizon, and
    /// who opened a ticket in it.
    /// What became known on the declared end or later counts for nothing, as in the comparison.
    pub fn rails<'r>(
        &self,
        runs: impl Iterator<Item = (&'r AccountId, &'r Vec<Run>)>,
        (horizon, until): (i32, Option<i32>),
        zone: &TimeZone,
    ) -> Vec<Guardrail> {
        let in_time = |day: i32| until.is_none_or(|until| day < until);
        let mut sent: BTreeSet<&str> = BTreeSet::new();
        let (mut gone, mut asked) = ([Counts::default(); 2], [Counts::default(); 2]);
        for (id, runs) in runs {
            let Some(first) = runs.first() else { continue };
            let began = first.first_started().day(zone);
            if !in_time(began) {
                continue;
            }
            let keys = runs.iter().filter(|run| run.is_real()).flat_map(marked);
            sent.extend(keys.filter(|(_, at)| in_time(at.day(zone))).map(|(key, _)| key));
            let within = |day: &i32| *day >= began && *day <= began.saturating_add(horizon) && in_time(*day);
            let any = |of: &BTreeMap<AccountId, Vec<i32>>| of.get(id).is_some_and(|days| days.iter().any(within));
            let arm = usize::from(first.is_real());
            gone[arm].add(any(&self.opted_out));
            asked[arm].add(any(&self.tickets));
        }
        let among = |heard: &BTreeMap<String, i32>| {
            heard.iter().filter(|(key, day)| in_time(**day) && sent.contains(key.as_str())).count() as u64
        };
        let mut rails = guard::of_messages(sent.len() as u64, among(&self.complained), among(&self.bounced));
        rails.extend([guard::of_opt_outs(gone[1], gone[0]), guard::of_tickets(asked[1], asked[0])]);
        rails
    }
}

/// Keys of the messages a run handed over, with when.
fn marked(run: &Run) -> impl Iterator<Item = (&str, Instant)> {
    run.steps.values().flat_map(handed_over)
}

/// Those of a step; none where its message is known to have been kept back.
fn handed_over(step: &StepRecord) -> impl Iterator<Item = (&str, Instant)> {
    let is = |mark: &str| step.marks.contains_key(mark);
    let kept_back = !is("sent") && (is("skipped") || is("failed"));
    let keys = step.marks.iter().filter_map(|(mark, at)| Some((mark.strip_prefix(KEY)?, *at)));
    keys.filter(move |_| !kept_back)
}

/// The first day of each key.
fn keys(facts: &[Fact], zone: &TimeZone) -> BTreeMap<String, i32> {
    let mut days = BTreeMap::new();
    for fact in facts {
        let FactBody::Event { props, .. } = &fact.body else { continue };
        if let Some(key) = props.get("key").and_then(Value::as_text) {
            let (day, first) = (fact.occurred_at.day(zone), days.entry(key.to_owned()));
            first.and_modify(|first: &mut i32| *first = day.min(*first)).or_insert(day);
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_was_kept_back_is_none_a_guardrail_counts() {
        let record = |marks: &[&str]| StepRecord {
            marks: marks.iter().map(|mark| ((*mark).to_owned(), Instant(1))).collect(),
            ..StepRecord::default()
        };
        let keys =
            |marks: &[&str]| -> Vec<String> { handed_over(&record(marks)).map(|(key, _)| key.to_owned()).collect() };
        assert_eq!((keys(&["key:a"]), keys(&["key:b", "sent"])), (vec!["a".to_owned()], vec!["b".to_owned()]));
        assert!(keys(&["key:c", "skipped"]).is_empty() && keys(&["key:d", "failed"]).is_empty());
        assert_eq!(keys(&["key:e", "sent", "bounced"]), ["e"], "what came back was sent");
        assert_eq!(keys(&["key:f", "key:g", "sent", "skipped"]), ["f", "g"], "which of two is not known");
    }
}
