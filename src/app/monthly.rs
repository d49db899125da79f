//! The month's report: read from every account, with the month before beside it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan as _, civil::Date};

use super::{kpis::contract, sent::Sent, shell::Shell};
use crate::{
    insight::{
        book::{Book, Contract, Own},
        churn, cohort,
        effect::verdict::Verdict,
        kpi::{KpiReport, customer::recorded},
        ledger::Account,
        monthly::{
            self, Monthly,
            bands::{self, Known},
            credit,
            groups::{self, Groups},
            reasons::{self, Said},
        },
        rate::Rate,
        results::{self, PlaybookRow},
        view::AccountView,
    },
    model::{
        fact::{Fact, FactBody},
        ids::AccountId,
        instant::{Instant, date_of, day_number},
        run::Run,
        value::Value,
    },
    rulebook::{
        playbook::{Playbook, Subject},
        types::Rulebook,
    },
    store::api::Result,
};

/// More events of a kind, or runs of a playbook, than this are not read.
const MOST: usize = 2_000_000;
/// Months of the cohort table and of the health chart.
const MONTHS: usize = 12;
/// What people of ours do with a customer.
const TOUCHES: [&str; 2] = ["meeting.held", "task.done"];

/// What is kept of the accounts while they are read.
#[derive(Default)]
struct Seen {
    own: Vec<Own>,
    bands: BTreeMap<AccountId, Known>,
    said: BTreeMap<AccountId, Said>,
    segments: BTreeMap<AccountId, Vec<String>>,
}

impl Shell {
    /// The report of the month of `month`.
    pub async fn monthly_report(&self, month: Date, now: Instant) -> Result<Monthly> {
        let before = month.first_of_month().yesterday().unwrap_or(month);
        let (month, before) = (days(month), days(before));
        Ok(self.review(month, before, now).await?.0)
    }

    /// The report of `[from, to)` against the period before it, and the reasons to leave that were given in that one.
    pub(super) async fn review(
        &self,
        (from, to): (i32, i32),
        before: (i32, i32),
        now: Instant,
    ) -> Result<(Monthly, Vec<String>)> {
        let rulebook = self.rulebook();
        let (mut this, mut last) = (self.kpis(from, to, now).await?, self.kpis(before.0, before.1, now).await?);
        let seen = self.seen(&rulebook, now).await?;
        let contracts: Vec<Contract> = self.store.subscriptions().await?.iter().map(contract).collect();
        let book = Book::of(seen.own.into_iter(), &contracts);
        let ours: BTreeSet<AccountId> = book.accounts.iter().map(|(id, _)| *id).collect();
        let runs = self.runs_by_playbook(&rulebook, &ours).await?;
        let verdicts: BTreeMap<String, Verdict> = self
            .effects(now)
            .await?
            .playbooks
            .into_iter()
            .map(|found| (found.playbook, found.effect.verdict))
            .collect();
        let ledger = book.ledger();
        for (report, span) in [(&mut this, (from, to)), (&mut last, before)] {
            a_month(report, &ledger, span);
        }
        let months = months(date_of(to - 1), MONTHS);
        let recorded = recorded(&book, seen.bands.values().map(|known| known.seen));
        let touched = self.touched(&runs, from - credit::CREDIT_DAYS, to).await?;
        let (reasons, no_reason) = reasons::ranked(&book, &seen.said, from, to);
        let earlier = reasons::ranked(&book, &seen.said, before.0, before.1).0;
        let span = (self.start_of(from), self.start_of(to));
        let sent = self.sent(span.0, span.1).await?;
        let done = Done { rulebook: &rulebook, runs: &runs, sent: &sent, ours: &ours, span };
        let found = Monthly {
            figures: monthly::figures(&this, &last),
            balanced: this.mrr_movements.as_ref().map(monthly::balanced),
            cohorts: cohort::table(&ledger, &months, recorded),
            health: bands::over(&book, &seen.bands, &months.iter().map(|(_, end)| end - 1).collect::<Vec<_>>()),
            by_tag: done.by_tag(&verdicts),
            by_segment: done.by_segment(&seen.segments),
            credit: book.currency.map(|_| credit::credit(&book, &touched, from, to)),
            reasons,
            no_reason,
            this,
        };
        Ok((found, earlier.into_iter().map(|reason| reason.reason).collect()))
    }

    /// The cohort table of the twelve months that end with the one of `last`.
    pub async fn cohorts(&self, last: Date, now: Instant) -> Result<(cohort::Cohorts, Option<String>)> {
        let rulebook = self.rulebook();
        let zone = &rulebook.model.workspace.zone;
        let (mut own, mut heard) = (Vec::new(), Vec::new());
        self.scan(None, now, |view, _| {
            let found = Own::of(&view, zone);
            heard.extend(found.as_ref().map(|_| view.state.first_seen.day(zone)));
            own.extend(found);
        })
        .await?;
        let contracts: Vec<Contract> = self.store.subscriptions().await?.iter().map(contract).collect();
        let book = Book::of(own.into_iter(), &contracts);
        let currency = book.currency.map(|currency| currency.code().to_owned());
        let recorded = recorded(&book, heard.into_iter());
        Ok((cohort::table(&book.ledger(), &months(last, MONTHS), recorded), currency))
    }

    fn start_of(&self, day: i32) -> Instant {
        Instant::start_of_day(day, &self.rulebook().model.workspace.zone)
    }

    async fn seen(&self, rulebook: &Rulebook, now: Instant) -> Result<Seen> {
        let zone = &rulebook.model.workspace.zone;
        let mut seen = Seen::default();
        self.scan(None, now, |view, _| {
            let Some(own) = Own::of(&view, zone) else { return };
            seen.own.push(own);
            let known =
                Known { seen: view.state.first_seen.day(zone), now: view.band().to_owned(), changes: Vec::new() };
            seen.bands.insert(view.id, known);
            seen.said.extend(said(&view).map(|said| (view.id, said)));
            seen.segments.insert(view.id, segments(rulebook, &view));
        })
        .await?;
        for fact in self.store.happened(&["health.band_changed"], Instant::MIN, now.plus(1), MOST).await? {
            let FactBody::Event { props, .. } = &fact.body else { continue };
            let text = |key: &str| props.get(key).and_then(Value::as_text).unwrap_or("unknown").to_owned();
            if let Some(known) = seen.bands.get_mut(&fact.account) {
                known.changes.push((fact.occurred_at.day(zone), text("from"), text("to")));
            }
        }
        Ok(seen)
    }

    /// Runs of every playbook for customers of ours.
    async fn runs_by_playbook(
        &self,
        rulebook: &Rulebook,
        ours: &BTreeSet<AccountId>,
    ) -> Result<BTreeMap<String, Vec<(AccountId, Run)>>> {
        let mut all = BTreeMap::new();
        for playbook in rulebook.playbooks.iter().filter(|p| p.subject != Subject::Workspace) {
            let mut runs = self.store.runs_of(&playbook.name, MOST).await?;
            runs.retain(|(id, _)| ours.contains(id));
            all.insert(playbook.name.clone(), runs);
        }
        Ok(all)
    }

    /// Days on which customer success was with a customer: a meeting, a task done, a playbook's goal.
    async fn touched(
        &self,
        runs: &BTreeMap<String, Vec<(AccountId, Run)>>,
        from: i32,
        to: i32,
    ) -> Result<BTreeMap<AccountId, Vec<i32>>> {
        let zone = self.rulebook().model.workspace.zone.clone();
        let mut days: BTreeMap<AccountId, Vec<i32>> = BTreeMap::new();
        let facts: Vec<Fact> = self.store.happened(&TOUCHES, self.start_of(from), self.start_of(to), MOST).await?;
        facts.iter().for_each(|f| days.entry(f.account).or_default().push(f.occurred_at.day(&zone)));
        let goals = runs.values().flatten().filter(|(_, run)| run.is_real());
        for (id, at) in goals.filter_map(|(id, run)| Some((id, run.goal_at?))) {
            days.entry(*id).or_default().push(at.day(&zone));
        }
        Ok(days)
    }
}

fn said(view: &AccountView) -> Option<Said> {
    let text = |name: &str| view.text(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let reason = text("account.churn_reason")?;
    Some(Said { reason, quote: text("account.churn_quote").unwrap_or_default() })
}

/// The segments an account is in today.
pub(super) fn segments(rulebook: &Rulebook, view: &AccountView) -> Vec<String> {
    let inside = |name: &&String| *view.value(&format!("segment.{name}")) == Value::Bool(true);
    rulebook.model.segments.iter().map(|segment| &segment.name).filter(inside).cloned().collect()
}

/// Churn of several months as churn a month, so that it is compared with the target of a month.
fn a_month(report: &mut KpiReport, ledger: &[Account], (from, to): (i32, i32)) {
    let all = months(date_of(to - 1), MONTHS);
    let inside: Vec<(i32, i32)> = all.into_iter().filter(|month| month.0 >= from).collect();
    if let (Some(rate), true) = (report.kpis.get_mut("logo_churn"), inside.len() > 1) {
        let pooled = Rate::share(churn::pooled(ledger, &inside), "months_pooled");
        *rate = Rate { target: rate.target, reference: rate.reference, ..pooled };
    }
}

/// What playbooks did for customers of ours in a time.
struct Done<'a> {
    rulebook: &'a Rulebook,
    runs: &'a BTreeMap<String, Vec<(AccountId, Run)>>,
    sent: &'a Sent,
    ours: &'a BTreeSet<AccountId>,
    span: (Instant, Instant),
}

impl Done<'_> {
    fn row(&self, playbook: &Playbook, meant: impl Fn(&AccountId) -> bool) -> PlaybookRow {
        let runs = self.runs.get(&playbook.name).into_iter().flatten().filter(|(id, _)| meant(id)).map(|(_, run)| run);
        let sent = self.sent.of(&playbook.name, |id| self.ours.contains(id) && meant(id));
        results::of(&playbook.name, runs, sent, self.span)
    }

    fn by_tag(&self, verdicts: &BTreeMap<String, Verdict>) -> Vec<Groups> {
        let row = |playbook: &'_ Playbook| self.row(playbook, |_| true);
        let rows: Vec<(&Playbook, PlaybookRow)> =
            self.rulebook.playbooks.iter().map(|playbook| (playbook, row(playbook))).collect();
        let verdict = |playbook: &Playbook| verdicts.get(&playbook.name).copied();
        groups::gather(rows.iter().map(|(playbook, row)| (row, playbook.tags.as_slice(), verdict(playbook))))
    }

    /// A run belongs to the segments its customer is in today.
    fn by_segment(&self, segments: &BTreeMap<AccountId, Vec<String>>) -> Vec<Groups> {
        let mut rows: Vec<(PlaybookRow, Vec<String>)> = Vec::new();
        for segment in self.rulebook.model.segments.iter().map(|segment| &segment.name) {
            let inside = |id: &AccountId| segments.get(id).is_some_and(|names| names.contains(segment));
            for playbook in &self.rulebook.playbooks {
                rows.push((self.row(playbook, inside), vec![segment.clone()]));
            }
        }
        groups::gather(rows.iter().map(|(row, names)| (row, names.as_slice(), None)))
    }
}

/// The days of the month of `date`, `[from, to)`.
fn days(date: Date) -> (i32, i32) {
    (day_number(date.first_of_month()), day_number(date.last_of_month()) + 1)
}

/// The `count` months up to the one of `last`, as day numbers `[from, to)`, the oldest first.
pub(super) fn months(last: Date, count: usize) -> Vec<(i32, i32)> {
    let back = |n: usize| last.first_of_month().checked_sub((n as i64).months()).ok();
    (0..count).rev().filter_map(back).map(days).collect()
}
