//! What comparisons are made from: contracts, milestones and visits of every account, and the runs of a playbook.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{
    Runs,
    heard::Heard,
    outcome::{CHURN_DAYS, MDE},
};
use crate::{
    app::{kpis::contract, shell::Shell},
    engine::holdout,
    insight::{
        book::{Book, Contract, Own},
        effect::{
            compare::effect,
            report::{Case, Effect, Terms},
            verdict::Question,
        },
        ledger::Account,
        view::AccountView,
    },
    model::{fact::Fact, ids::AccountId, instant::Instant, message::Class, state},
    rulebook::types::Rulebook,
    store::api::Result,
};

/// More notes and meetings than this are not read.
const MOST_TOUCHES: usize = 1_000_000;
/// What people do for a customer by hand.
const BY_HAND: [&str; 2] = ["note.added", "meeting.held"];

/// Every account as comparisons need it.
pub(super) struct Ground {
    pub now: Instant,
    pub zone: TimeZone,
    pub today: i32,
    pub views: BTreeMap<AccountId, AccountView>,
    /// Our own test accounts are not among them.
    pub accounts: BTreeMap<AccountId, Account>,
    pub by_hand: BTreeMap<AccountId, Vec<i32>>,
    pub heard: Heard,
}

impl Shell {
    /// Reads what comparisons of runs since `first` need.
    pub(super) async fn ground(&self, first: Instant, now: Instant) -> Result<Ground> {
        let zone = self.rulebook().model.workspace.zone.clone();
        let contracts: Vec<Contract> = self.store.subscriptions().await?.iter().map(contract).collect();
        let views = self.each(|snapshot| Some(AccountView::plain(snapshot))).await?;
        let book = Book::of(views.iter().filter_map(|view| Own::of(view, &zone)), &contracts);
        let by_hand = self.store.happened(&BY_HAND, first, now.plus(1), MOST_TOUCHES).await?;
        Ok(Ground {
            now,
            today: now.day(&zone),
            views: views.into_iter().map(|view| (view.id, view)).collect(),
            accounts: book.accounts.into_iter().collect(),
            by_hand: days(&by_hand, &zone),
            heard: self.heard(first, now).await?,
            zone,
        })
    }
}

impl Ground {
    /// The key that draws are made with.
    pub fn drawn(&self, id: AccountId) -> &str {
        self.views.get(&id).map_or("", |view| view.state.drawn(&view.key))
    }

    /// The first day after `began` on which no contract ran any more.
    fn churned(&self, id: AccountId, began: i32) -> Option<i32> {
        let account = self.accounts.get(&id)?;
        let status = || {
            let status = self.views.get(&id)?.state.attrs.get("status")?;
            let day = status.as_of.day(&self.zone);
            (status.value.as_text() == Some("churned") && day >= began).then_some(day)
        };
        if account.lines.is_empty() { status() } else { account.lost(began.saturating_add(1), i32::MAX) }
    }

    pub fn milestone(&self, id: AccountId, name: &str) -> Option<Instant> {
        self.views.get(&id)?.state.milestones.get(name).copied()
    }

    pub fn measured(&self, id: AccountId, playbook: &str) -> Option<&state::Measured> {
        self.views.get(&id)?.state.outcomes.get(playbook)
    }

    /// It had left when it became eligible: it cannot leave any more.
    pub fn gone_before(&self, id: AccountId, began: i32) -> bool {
        let Some(account) = self.accounts.get(&id) else { return false };
        let status = || {
            let status = self.views.get(&id).and_then(|view| view.state.attrs.get("status"));
            status.is_some_and(|s| s.value.as_text() == Some("churned") && s.as_of.day(&self.zone) < began)
        };
        // Who has no contract yet, a trial, may still get one and lose it.
        let over = || account.joined().is_some_and(|first| first <= began) && !account.active(began);
        if account.lines.is_empty() { status() } else { over() }
    }

    /// The day an account left within the comparison; none where it had left before.
    pub fn churn_case(&self, id: AccountId, at: Instant, treated: bool) -> Option<Case> {
        let began = at.day(&self.zone);
        let there = self.accounts.contains_key(&id) && !self.gone_before(id, began);
        there.then(|| Case { treated, began, happened: self.churned(id, began), ..Case::default() })
    }

    /// Whom the global holdout leaves out against everybody else, from the first start of any playbook it covers. Only
    /// since the last account that today's draw would have put elsewhere.
    pub fn pooled(&self, rulebook: &Rulebook, runs: &BTreeMap<&str, Runs>) -> Option<Effect> {
        let global = &rulebook.model.holdout;
        let share = (global.percent > 0.0).then_some(global.percent / 100.0)?;
        let drawn = |id: &AccountId| holdout::share(&global.salt, self.drawn(*id)) < share;
        let mut first: BTreeMap<AccountId, Instant> = BTreeMap::new();
        let mut changed: Option<Instant> = None;
        for (name, runs) in runs {
            if rulebook.playbook(name).is_none_or(|p| p.no_holdout || p.class == Class::Notice) {
                continue;
            }
            for (id, run) in runs {
                let began = run.first_started();
                let at = first.entry(*id).or_insert(began);
                *at = (*at).min(began);
                // Whom the draw spares may have been left out by the playbook's own holdout.
                let strange = drawn(id) && run.is_real();
                changed = changed.max(Some(began).filter(|_| strange && self.views.contains_key(id)));
            }
        }
        let since = |at: &Instant| changed.is_none_or(|changed| *at > changed);
        let case = |(id, at): (&AccountId, &Instant)| self.churn_case(*id, *at, !drawn(id));
        let cases: Vec<Case> = first.iter().filter(|(_, at)| since(at)).filter_map(case).collect();
        let question = Question { lower_is_better: true, mde: MDE.0 };
        let terms = Terms { horizon: CHURN_DAYS, question, held_out: share, today: self.today, until: None };
        Some(effect(&cases, &terms))
    }
}

/// Days on which these happened, by account.
pub(super) fn days(facts: &[Fact], zone: &TimeZone) -> BTreeMap<AccountId, Vec<i32>> {
    let mut days: BTreeMap<AccountId, Vec<i32>> = BTreeMap::new();
    facts.iter().for_each(|fact| days.entry(fact.account).or_default().push(fact.occurred_at.day(zone)));
    days
}
