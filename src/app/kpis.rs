//! KPIs over all accounts: asked for by people, and once a day for the playbooks that watch them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{contracts::line, shell::Shell};
use crate::{
    insight::{
        answers,
        book::{Book, Contract, Own},
        kpi::{
            self, Input, KpiReport,
            customer::{Asked, Customer, Feature},
            pairs::pairs,
            support,
            target::{self, Attained},
        },
        rate::Rate,
        view::AccountView,
    },
    model::{
        fact::{Fact, FactBody, Incoming},
        feature::metric_of,
        ids::{AccountId, ContactId},
        instant::{Instant, date_of},
        money::Currency,
        value::{Props, Value},
    },
    rulebook::{
        load::programs,
        playbook::Playbook,
        types::{Rulebook, Window},
    },
    store::api::{Result, Said, Store, StoreError, Subscription},
};

/// Days up to yesterday that `kpi.*` in a playbook speaks of.
const WATCHED_DAYS: i32 = 30;
/// More openings or closings of tickets in one period than this are not read.
const TICKETS: usize = 1_000_000;
/// What is read of the period before, and how much of it at most.
const ANSWERED: [&str; 2] = ["survey.responded", "survey.asked"];
const ANSWERS: usize = 10_000_000;
/// The day the KPIs were last counted for.
const CURSOR: &str = "kpis";

/// KPIs of one group of customers, or of one span.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Group {
    /// The value or segment; empty = none is on record. Of a span its first day.
    pub name: String,
    /// How many are in it, former ones too; 0 for spans.
    #[serde(skip_serializing_if = "is_none")]
    pub customers: u64,
    /// Figures by name.
    pub kpis: BTreeMap<String, Rate>,
    /// Targets reached, by weight; none where nothing has a target and a figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets_reached: Option<Attained>,
    /// The day from which on losses are on record, where the span begins before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_from: Option<String>,
}

fn is_none(customers: &u64) -> bool {
    *customers == 0
}

/// What KPIs keep of all accounts.
#[derive(Default)]
struct People {
    asked: Asked,
    customers: Vec<Customer>,
    own: Vec<Own>,
    contracts: Vec<Contract>,
    groups: BTreeMap<String, BTreeSet<AccountId>>,
    /// Contacts that turned out to be another one.
    merged: BTreeMap<(AccountId, ContactId), ContactId>,
}

impl People {
    /// What was said, by whoever they are now.
    fn join(&self, said: &mut [Said; 2]) {
        said.iter_mut().for_each(|said| answers::by_person(&mut said.facts, &self.merged));
    }
}

/// What is read of every account.
fn kpi_names(asked: &Asked, by: Option<&str>) -> Vec<String> {
    let account = ["internal", "contract_start", "created_at", "mrr", "status", "seats"].into_iter().chain(by);
    let metrics = ["logins_7d", "active_users_30d", "active_days_28d"].into_iter();
    let metrics = metrics.chain(asked.features.iter().map(|feature| feature.metric.as_str()));
    account.map(|name| format!("account.{name}")).chain(metrics.map(|name| format!("metric.{name}"))).collect()
}

/// The groups an account is in: its segments, or the one its attribute names.
fn groups(rulebook: &Rulebook, view: &AccountView, by: &str) -> Vec<String> {
    if by == "segment" {
        return super::monthly::segments(rulebook, view);
    }
    vec![match view.value(&format!("account.{by}")) {
        Value::Text(text) => text.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Num(number) => number.to_string(),
        _ => String::new(),
    }]
}

impl Shell {
    /// The KPIs of `[from, to)` (local day numbers of the workspace).
    pub async fn kpis(&self, from: i32, to: i32, now: Instant) -> Result<KpiReport> {
        let (people, mut said) = tokio::try_join!(self.people(None, now), self.said_in(from, to))?;
        people.join(&mut said);
        let targets = &self.rulebook().model.targets;
        Ok(self.counted(&people, &said, (None, targets), (from, to), now))
    }

    /// The same of every group of customers: by `segment`, or by an attribute; the largest group first. A customer is in
    /// every segment it belongs to today. By a role that has targets of its own (`role_targets:`) those alone are judged.
    pub async fn kpis_by(&self, by: &str, (from, to): (i32, i32), now: Instant) -> Result<Vec<Group>> {
        let (rulebook, people) = (self.rulebook(), self.people(Some(by), now).await?);
        let targets = rulebook.model.role_targets.get(by).unwrap_or(&rulebook.model.targets);
        let mut said = self.said_in(from, to).await?;
        people.join(&mut said);
        let group = |(name, ids): (&String, &BTreeSet<AccountId>)| {
            let report = self.counted(&people, &said, (Some(ids), targets), (from, to), now);
            let customers = ids.len() as u64;
            let (targets_reached, recorded_from) = (report.targets_reached, report.recorded_from);
            Group { name: name.clone(), customers, kpis: report.kpis, targets_reached, recorded_from }
        };
        let mut all: Vec<Group> = people.groups.iter().map(group).collect();
        all.sort_by(|a, b| (b.customers, &a.name).cmp(&(a.customers, &b.name)));
        Ok(all)
    }

    /// The same of every span, in their order. What speaks of the present stands in the last one alone.
    pub async fn kpis_over(&self, spans: &[(i32, i32)], now: Instant) -> Result<Vec<Group>> {
        let people = self.people(None, now).await?;
        let (rulebook, mut all) = (self.rulebook(), Vec::new());
        let targets = &rulebook.model.targets;
        for (n, (from, to)) in spans.iter().copied().enumerate() {
            let mut said = self.said_in(from, to).await?;
            people.join(&mut said);
            let mut report = self.counted(&people, &said, (None, targets), (from, to), now);
            report.kpis.retain(|_, rate| n + 1 == spans.len() || !rate.is_momentary());
            let (name, recorded_from) = (date_of(from).to_string(), report.recorded_from);
            let targets_reached = target::attained(&report.kpis);
            all.push(Group { name, customers: 0, kpis: report.kpis, targets_reached, recorded_from });
        }
        Ok(all)
    }

    /// What is kept of every account, and the groups they are in.
    async fn people(&self, by: Option<&str>, now: Instant) -> Result<People> {
        let rulebook = self.rulebook();
        let asked = self.asked(now);
        let names = kpi_names(&asked, by);
        let (zone, wanted, group) = (rulebook.model.workspace.zone.clone(), asked.clone(), by.map(str::to_owned));
        let keep = move |view: &AccountView| {
            let own = Own::of(view, &zone);
            let names = group.as_ref().filter(|_| own.is_some()).map(|by| groups(&rulebook, view, by));
            let merged: Vec<_> = view.state.merged.iter().map(|(was, is)| ((view.id, *was), *is)).collect();
            (wanted.of(view, &zone), own, names.unwrap_or_default(), merged)
        };
        let read = async {
            match by {
                // A segment may ask for anything.
                Some("segment") => {
                    let mut all = Vec::new();
                    self.scan(None, now, |view, _| all.push(keep(&view))).await.map(|()| all)
                }
                _ => self.skim(names.iter().map(String::as_str), now, keep).await,
            }
        };
        let (read, contracts) = tokio::try_join!(read, self.aside(|store| async move { store.subscriptions().await }))?;
        let mut people = People { asked, ..People::default() };
        for (customer, own, names, merged) in read {
            people.merged.extend(merged);
            for name in names {
                people.groups.entry(name).or_default().insert(customer.id);
            }
            people.customers.push(customer);
            people.own.extend(own);
        }
        people.customers.sort_by_key(|customer| customer.id);
        people.own.sort_by_key(|own| own.id);
        people.contracts = contracts.iter().map(contract).collect();
        Ok(people)
    }

    /// What was said and done in a period, and in the one before it.
    async fn said_in(&self, from: i32, to: i32) -> Result<[Said; 2]> {
        let rulebook = self.rulebook();
        let day = |day: i32| Instant::start_of_day(day, &rulebook.model.workspace.zone);
        let (first, last, earlier) = (day(from), day(to), day(from - (to - from)));
        let tickets = self.store.happened(&support::EVENTS, first, last, TICKETS);
        let said = self.aside(move |store| async move { store.said(first, last, None).await });
        // Of the period before only what customers answered is compared.
        let before = self.aside(move |store| async move { store.happened(&ANSWERED, earlier, first, ANSWERS).await });
        let (mut said, before, tickets) = tokio::try_join!(said, before, tickets)?;
        said.facts.extend(tickets);
        Ok([said, Said { facts: before, ..Said::default() }])
    }

    /// Asks the store while something else is asked.
    async fn aside<T, F>(&self, ask: impl FnOnce(Arc<dyn Store>) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let asked = tokio::spawn(ask(Arc::clone(&self.store))).await;
        asked.unwrap_or_else(|error| Err(StoreError::Corrupt(format!("a question to the store broke off: {error}"))))
    }

    /// The figures of these customers, all without a group, beside their targets.
    fn counted(
        &self,
        people: &People,
        [said, before]: &[Said; 2],
        (of, targets): (Option<&BTreeSet<AccountId>>, &BTreeMap<String, f64>),
        (from, to): (i32, i32),
        now: Instant,
    ) -> KpiReport {
        let rulebook = self.rulebook();
        let inside = |id: AccountId| of.is_none_or(|ids| ids.contains(&id));
        let facts = |all: &[Fact]| -> Vec<Fact> { all.iter().filter(|f| inside(f.account)).cloned().collect() };
        let met: BTreeSet<AccountId> = said.met.iter().copied().filter(|id| inside(*id)).collect();
        let (customers, some): (Vec<Customer>, [Vec<Fact>; 2]) = match of {
            None => Default::default(),
            Some(_) => (
                people.customers.iter().filter(|customer| inside(customer.id)).cloned().collect(),
                [facts(&said.facts), facts(&before.facts)],
            ),
        };
        let all = of.is_none();
        let own = people.own.iter().filter(|own| inside(own.id)).copied();
        let input = Input {
            customers: if all { &people.customers } else { &customers },
            asked: &people.asked,
            book: &Book::of(own, &people.contracts),
            targets,
            references: &rulebook.model.references,
            said: if all { &said.facts } else { &some[0] },
            met: &met,
            before: if all { &before.facts } else { &some[1] },
            end: Instant::start_of_day(to, &rulebook.model.workspace.zone).min(now),
            costs: self.costs(),
            currency: rulebook.model.workspace.currency,
            counts: &said.counts,
        };
        let mut report = kpi::report(&input, from, to);
        report.pairs = pairs(&report, &rulebook.model.kais, to - from);
        report
    }

    /// What KPIs ask of every customer.
    pub(super) fn asked(&self, now: Instant) -> Asked {
        let rulebook = self.rulebook();
        let first_value = rulebook.model.milestones.iter().find(|m| m.success.is_some()).map(|m| m.name.clone());
        let today = now.day(&rulebook.model.workspace.zone);
        Asked { required: required(&rulebook), first_value, features: features(&rulebook), today }
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

/// Metrics whose use somebody set a target for, or named in a phase or a condition.
fn features(rulebook: &Rulebook) -> Vec<Feature> {
    let phases = rulebook.model.journey.iter().flat_map(|phase| phase.kpi.iter().cloned());
    let read = rulebook.playbooks.iter().flat_map(|p| programs(p).into_iter().flat_map(|program| program.names()));
    let of_roles = rulebook.model.role_targets.values().flat_map(|targets| targets.keys().cloned());
    let named = rulebook.model.targets.keys().cloned().chain(of_roles).chain(phases).chain(read);
    let metric = |name: String| metric_of(name.strip_prefix("kpi.").unwrap_or(&name)).map(str::to_owned);
    let metrics = named.filter_map(metric).collect::<BTreeSet<_>>();
    let looks_back = |name: &str| {
        let metric = rulebook.model.metrics.iter().find(|metric| metric.name == name)?;
        match metric.over {
            Window::Days(days) => Some(days),
            _ => None,
        }
    };
    metrics.into_iter().map(|metric| Feature { days: looks_back(&metric), metric }).collect()
}
