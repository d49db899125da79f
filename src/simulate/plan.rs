//! `plan`: whom an edit affects. The customers as they are go forward twice, under the rulebook that is
//! live and under the edited one, without new facts; what differs is the answer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    account::{Account, Stuck},
    portfolio::{Line, Portfolio},
};
use crate::model::{
    instant::{DAY, Instant},
    run::Run,
    shared::Shared,
};

/// What an edit changes, over the days looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Runs that start only with the edit.
    pub enter: Vec<Entry>,
    /// Runs that start or go on only without it.
    pub leave: Vec<Entry>,
    /// Messages that go out only with the edit.
    pub messages_added: Vec<Line>,
    /// Messages that go out only without it.
    pub messages_removed: Vec<Line>,
    /// Messages that go out in both, at another time: (before, after).
    pub messages_moved: Vec<(Line, Line)>,
    /// Open runs that stand at another step once the edit is live.
    pub running: Vec<Moved>,
}

/// A run by what people know of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Entry {
    /// The account's key.
    pub account: String,
    /// The playbook.
    pub playbook: String,
    /// The contact's key, in `for: contact`.
    pub contact: Option<String>,
    /// When it starts (enter), or when it started or would have (leave).
    pub at: String,
}

/// An open run that moves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moved {
    /// The account's key.
    pub account: String,
    /// The playbook.
    pub playbook: String,
    /// The step it stands at now; none = after its last one.
    pub from: Option<String>,
    /// The step it stands at once the edit is live; none = it has ended.
    pub to: Option<String>,
}

impl Plan {
    /// Whether nobody is affected.
    pub fn is_empty(&self) -> bool {
        *self == Plan::default()
    }
}

/// Moves both forward to `until` and compares.
pub fn compare(live: Portfolio, edited: Portfolio, until: Instant) -> Result<Plan, Stuck> {
    compare_telling(live, edited, until, &|_, _| {})
}

/// The same, telling after each day how many of how many are done.
pub fn compare_telling(
    mut live: Portfolio,
    mut edited: Portfolio,
    until: Instant,
    progress: &dyn Fn(usize, usize),
) -> Result<Plan, Stuck> {
    let before: Vec<Vec<Shared<Run>>> = live.accounts.iter().map(|a| a.runs.clone()).collect();
    let start = edited.now;
    edited.sweep(start);
    // What going live does at once, before any time passes.
    let (mut old_lines, mut new_lines) = (Vec::new(), Vec::new());
    live.advance(start, &mut |line| old_lines.push(line))?;
    edited.advance(start, &mut |line| new_lines.push(line))?;
    let running = moved(&live, &edited, &before);
    let days = usize::try_from(until.since(start) / DAY).unwrap_or_default() + 1;
    for day in 1..=days {
        let at = start.plus(day as i64 * DAY).min(until);
        live.advance(at, &mut |line| old_lines.push(line))?;
        edited.advance(at, &mut |line| new_lines.push(line))?;
        progress(day, days);
    }
    let (old_runs, new_runs) = (runs(&live, start), runs(&edited, start));
    let (added, removed, messages_moved) = messages(old_lines, new_lines);
    Ok(Plan {
        enter: only_in(&new_runs, &old_runs),
        leave: only_in(&old_runs, &new_runs),
        messages_added: added,
        messages_removed: removed,
        messages_moved,
        running,
    })
}

type Named = BTreeMap<(String, String, String), Entry>;

/// Runs that are open or begin within the time looked at and are not cut short by going live.
fn runs(portfolio: &Portfolio, start: Instant) -> Named {
    let mut list = Named::new();
    for account in &portfolio.accounts {
        let zone = account.zone(&portfolio.rulebook);
        let ended = account.ended.iter().filter(|r| r.ended.is_some_and(|at| at > start));
        for run in account.runs.iter().chain(ended) {
            let contact = run.contact.and_then(|id| account.contacts.get(&id)).map(|c| c.key.clone());
            let who = (account.key.clone(), run.playbook.clone(), contact.clone().unwrap_or_default());
            let at = run.started.rfc3339(&zone);
            let entry = Entry { account: account.key.clone(), playbook: run.playbook.clone(), contact, at };
            list.entry(who).or_insert(entry);
        }
    }
    list
}

fn only_in(these: &Named, those: &Named) -> Vec<Entry> {
    these.iter().filter(|(who, _)| !those.contains_key(*who)).map(|(_, entry)| entry.clone()).collect()
}

fn moved(live: &Portfolio, edited: &Portfolio, before: &[Vec<Shared<Run>>]) -> Vec<Moved> {
    let mut list = Vec::new();
    for ((old, new), open) in live.accounts.iter().zip(&edited.accounts).zip(before) {
        for run in open {
            let (from, to) = (place(old, run), place(new, run));
            if from != to {
                let (account, playbook) = (new.key.clone(), run.playbook.clone());
                list.push(Moved { account, playbook, from: from.flatten(), to: to.flatten() });
            }
        }
    }
    list
}

/// Where a run stands: none = it has ended.
fn place(account: &Account, run: &Run) -> Option<Option<String>> {
    account.runs.iter().find(|r| r.id == run.id).map(|r| r.at.clone())
}

type Compared = (Vec<Line>, Vec<Line>, Vec<(Line, Line)>);

/// (added, removed, moved in time): the same recipient of the same step, one by one in order of time.
fn messages(old: Vec<Line>, new: Vec<Line>) -> Compared {
    let mut before: BTreeMap<_, std::collections::VecDeque<Line>> = BTreeMap::new();
    for line in old.into_iter().filter(is_message) {
        before.entry(identity(&line)).or_default().push_back(line);
    }
    let (mut added, mut moved) = (Vec::new(), Vec::new());
    for line in new.into_iter().filter(is_message) {
        match before.get_mut(&identity(&line)).and_then(|list| list.pop_front()) {
            None => added.push(line),
            Some(same) if same.moment == line.moment => {}
            Some(other) => moved.push((other, line)),
        }
    }
    let mut removed: Vec<Line> = before.into_values().flatten().collect();
    removed.sort_by(|a, b| (a.moment, &a.account).cmp(&(b.moment, &b.account)));
    (added, removed, moved)
}

fn is_message(line: &Line) -> bool {
    matches!(line.kind.as_str(), "message" | "webhook")
}

fn identity(line: &Line) -> (String, String, String, Option<String>, Option<String>) {
    let Line { account, playbook, step, contact, channel, .. } = line.clone();
    (account, playbook, step, contact, channel)
}
