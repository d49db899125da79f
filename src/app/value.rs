//! The value report: one customer's month, for the customer's own eyes.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};

use super::shell::Shell;
use crate::{
    engine::{
        explain,
        months::{self, months},
    },
    insight::value::{Next, Reached, Success, Used, ValueReport, shown},
    model::{
        fact::{Fact, FactBody},
        ids::AccountId,
        instant::{Instant, date_of, day_number},
        locale::Locale,
        snapshot::Snapshot,
        state::AccountState,
        value::Value,
    },
    rulebook::{
        titles::Titled,
        types::{Rulebook, Window},
    },
    store::api::Result,
};

/// More facts of one customer than this are not read; the oldest go first.
const MOST: usize = 500_000;

impl Shell {
    /// The zone in which the customer's months begin; none: there is no such customer.
    pub async fn zone_of(&self, account: AccountId) -> Result<Option<TimeZone>> {
        let snapshot = self.store.snapshot(account).await?;
        Ok(snapshot.map(|snapshot| months::zone(&snapshot.state, &self.rulebook())))
    }

    /// The report of the month that begins on `month`, by what is known at `now`; none: there is no such customer.
    pub async fn value_report(&self, account: AccountId, month: Date, now: Instant) -> Result<Option<ValueReport>> {
        let Some(snapshot) = self.store.snapshot(account).await? else { return Ok(None) };
        let mut history = self.store.timeline(account, MOST).await?;
        history.reverse();
        let (rulebook, world) = (self.rulebook(), self.world());
        let zone = months::zone(&snapshot.state, &rulebook);
        let read = explain::read(&snapshot, &world, &rulebook, now, None);
        let asked = day_number(month);
        let firsts = shown(asked, first_known(&history, &zone));
        let counted = months(&snapshot, &world, &rulebook, &history, &firsts);
        // What mails say today: for figures that were never counted from events but came in a sheet.
        let latest = day_number(date_of(day_number(now.date(&zone).first_of_month()) - 1).first_of_month());
        let told = |name: &str| read.values.get(format!("metric.{name}").as_str()).and_then(Value::as_num);
        let told = |name: &str| told(name).filter(|_| asked == latest);
        let success = rulebook.model.success.iter().map(|one| Success {
            name: one.name.clone(),
            reached: explain::evaluate(&snapshot, &world, &rulebook, now, &one.when) == Value::Bool(true),
        });
        Ok(Some(ValueReport {
            account: snapshot.key.clone(),
            name: read.state.attr_text("name").unwrap_or(&snapshot.key).to_owned(),
            locale: locale(&snapshot, &rulebook),
            months: firsts.iter().map(|first| date_of(*first).to_string()).collect(),
            as_of: now.date(&zone).to_string(),
            used: used(&rulebook, &counted, told),
            reached: reached(&read.state, &rulebook, asked, &zone),
            goals: goals(&read.state),
            success: success.collect(),
            next: next(&read.state, &rulebook),
        }))
    }
}

fn locale(snapshot: &Snapshot, rulebook: &Rulebook) -> Locale {
    snapshot.state.attr_text("locale").and_then(Locale::parse).unwrap_or(rulebook.model.workspace.locale)
}

/// The day of the oldest event on record.
fn first_known(history: &[Fact], zone: &TimeZone) -> Option<i32> {
    let event = |fact: &&Fact| matches!(fact.body, FactBody::Event { .. });
    history.iter().filter(event).map(|fact| fact.occurred_at.day(zone)).min()
}

/// Metrics `over: last_month` that have a title: those their author means for the customer. What they never used is not
/// held up to them.
fn used(rulebook: &Rulebook, counted: &[BTreeMap<String, f64>], told: impl Fn(&str) -> Option<f64>) -> Vec<Used> {
    let monthly = rulebook.model.metrics.iter().filter(|m| m.over == Window::LastMonth && !m.per_contact);
    let mine = monthly.filter(|m| is_titled(rulebook, Titled::Metric, &m.name));
    let one = |name: &str| {
        let mut values: Vec<Option<f64>> = counted.iter().map(|month| month.get(name).copied()).collect();
        if let Some(last) = values.last_mut() {
            *last = last.or_else(|| told(name));
        }
        Used { metric: name.to_owned(), values }
    };
    mine.map(|m| one(&m.name)).filter(|used| used.values.iter().flatten().any(|value| *value != 0.0)).collect()
}

fn is_titled(rulebook: &Rulebook, what: Titled, name: &str) -> bool {
    [Locale::Ja, Locale::En].into_iter().any(|locale| rulebook.title(what, name, locale) != name)
}

/// Titled milestones, by the end of the month that begins on `first`.
fn reached(state: &AccountState, rulebook: &Rulebook, first: i32, zone: &TimeZone) -> Vec<Reached> {
    let last = day_number(date_of(first).last_of_month());
    let known = rulebook.model.milestones.iter().filter(|m| is_titled(rulebook, Titled::Milestone, &m.name));
    let mut all: Vec<(i32, Reached)> = known
        .filter_map(|m| Some((m, state.milestones.get(&m.name)?.day(zone))))
        .filter(|(_, day)| *day <= last)
        .map(|(m, day)| (day, Reached { milestone: m.name.clone(), on: date_of(day).to_string(), new: day >= first }))
        .collect();
    all.sort_by_key(|(day, _)| *day);
    all.into_iter().map(|(_, reached)| reached).collect()
}

fn goals(state: &AccountState) -> Vec<String> {
    match state.attr("goals") {
        Value::List(items) => items.iter().filter_map(Value::as_text).map(str::to_owned).collect(),
        other => other.as_text().map(str::to_owned).into_iter().collect(),
    }
}

/// Open tasks of theirs in the phase they are in; beside a phase out of order (renewal) those of the phase below it.
fn next(state: &AccountState, rulebook: &Rulebook) -> Vec<Next> {
    let present = state.phase.as_ref().map(|(name, _)| name);
    let phases = [present, state.base_phase.as_ref()].into_iter().flatten();
    let found = phases.filter_map(|name| rulebook.model.journey.iter().find(|phase| phase.name == *name));
    let Some(phase) = found.into_iter().find(|phase| phase.has_tasks()) else { return Vec::new() };
    let open = phase.tasks_theirs.iter().filter(|task| !state.plan.contains_key(*task));
    open.map(|task| Next { phase: phase.name.clone(), task: task.clone() }).collect()
}
