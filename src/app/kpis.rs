//! KPIs over all accounts: asked for by people, and once a day for the playbooks that watch them.

use std::collections::{BTreeMap, BTreeSet};

use super::{contracts::line, shell::Shell};
use crate::{
    insight::{
        book::{Book, Contract, Own},
        kpi::{self, Input, KpiReport, customer::Asked, pairs::pairs, support},
    },
    model::{
        fact::{FactBody, Incoming},
        instant::Instant,
        money::Currency,
        value::{Props, Value},
    },
    rulebook::{load::programs, playbook::Playbook, types::Rulebook},
    store::api::{Result, Subscription},
};

/// Days up to yesterday that `kpi.*` in a playbook speaks of.
const WATCHED_DAYS: i32 = 30;
/// More openings or closings of tickets in one period than this are not read.
const TICKETS: usize = 1_000_000;
/// The day the KPIs were last counted for.
const CURSOR: &str = "kpis";
/// How a KPI about one feature is named.
const ADOPTION: &str = "feature_adoption.";

impl Shell {
    /// The KPIs of `[from, to)` (local day numbers of the workspace).
    pub async fn kpis(&self, from: i32, to: i32, now: Instant) -> Result<KpiReport> {
        let rulebook = self.rulebook();
        let zone = &rulebook.model.workspace.zone;
        let asked = self.asked();
        let (mut customers, mut own) = (Vec::new(), Vec::new());
        self.scan(None, now, |view, _| {
            customers.push(asked.of(&view, zone));
            own.extend(Own::of(&view, zone));
        })
        .await?;
        let contracts: Vec<Contract> = self.store.subscriptions().await?.iter().map(contract).collect();
        let day = |day: i32| Instant::start_of_day(day, zone);
        let mut said = self.store.said(day(from), day(to)).await?;
        said.facts.extend(self.store.happened(&support::EVENTS, day(from), day(to), TICKETS).await?);
        let before = self.store.said(day(from - (to - from)), day(from)).await?;
        let input = Input {
            customers: &customers,
            asked: &asked,
            book: &Book::of(own.into_iter(), &contracts),
            targets: &rulebook.model.targets,
            references: &rulebook.model.references,
            said: &said.facts,
            before: &before.facts,
            end: day(to).min(now),
            counts: &said.counts,
        };
        let mut report = kpi::report(&input, from, to);
        report.pairs = pairs(&report, &rulebook.model.kais, to - from);
        Ok(report)
    }

    /// What KPIs ask of every customer.
    pub(super) fn asked(&self) -> Asked {
        let rulebook = self.rulebook();
        let first_value = rulebook.model.milestones.iter().find(|m| m.success.is_some()).map(|m| m.name.clone());
        Asked { required: required(&rulebook), first_value, features: features(&rulebook) }
    }

    /// Once a local day, where a playbook reads `kpi.*`: writes the last 30 days' KPIs down for conditions and has
    /// the workspace look at them. Answers whether it did.
    pub async fn note_kpis(&self, now: Instant) -> Result<bool> {
        let rulebook = self.rulebook();
        if !rulebook.playbooks.iter().any(reads_kpis) {
            return Ok(false);
        }
        let today = now.day(&rulebook.model.workspace.zone);
        let done = self.store.cursor(CURSOR).await?;
        if done.as_deref() == Some(today.to_string().as_str()) {
            return Ok(false);
        }
        let report = self.kpis(today - WATCHED_DAYS, today, now).await?;
        let known = report.kpis.into_iter().filter_map(|(name, rate)| Some((name, Value::Num(rate.value?))));
        let kpis: BTreeMap<String, Value> = known.collect();
        self.change_world(|world| world.kpis.clone_from(&kpis)).await?;
        self.store.append(vec![counted(today, now)]).await?;
        self.store.move_cursor(CURSOR, done.as_deref(), &today.to_string()).await?;
        Ok(true)
    }
}

fn reads_kpis(playbook: &Playbook) -> bool {
    programs(playbook).iter().any(|program| program.names().iter().any(|name| name.starts_with("kpi.")))
}

/// What makes the workspace look again; one a day, whoever counts.
fn counted(today: i32, now: Instant) -> Incoming {
    Incoming::own(format!("kpis:{today}"), FactBody::event("kpi.counted", Props::new()), now)
}

/// A subscription as the numbers need it.
pub(super) fn contract(row: &Subscription) -> Contract {
    Contract {
        account: row.account,
        line: line(row),
        currency: Currency::parse(&row.currency).unwrap_or(Currency::JPY),
    }
}

/// The milestones that the first phase's `until` names.
fn required(rulebook: &Rulebook) -> Vec<String> {
    let until = rulebook.model.journey.iter().find_map(|phase| phase.until.as_ref());
    let names = until.map(|until| until.names()).unwrap_or_default();
    names.iter().filter_map(|name| name.strip_prefix("milestone.")).map(str::to_owned).collect()
}

/// Metrics whose adoption somebody set a target for, or named in a phase or a condition.
fn features(rulebook: &Rulebook) -> Vec<String> {
    let phases = rulebook.model.journey.iter().flat_map(|phase| phase.kpi.iter().cloned());
    let read = rulebook.playbooks.iter().flat_map(|p| programs(p).into_iter().flat_map(|program| program.names()));
    let named = rulebook.model.targets.keys().cloned().chain(phases).chain(read);
    let feature = |name: String| {
        let name = name.strip_prefix("kpi.").unwrap_or(&name).to_owned();
        name.strip_prefix(ADOPTION).map(str::to_owned)
    };
    named.filter_map(feature).collect::<BTreeSet<_>>().into_iter().collect()
}
