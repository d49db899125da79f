//! What was expected, what came, and why.

use super::{
    Stage,
    diff::{self, Row},
};
use crate::{
    engine::{
        AT_START,
        explain::{self, Explanation},
    },
    model::{
        decision::LedgerEntry,
        fact::{Fact, FactBody},
        instant::{Instant, SECOND},
        message::Planned,
        run::{RunResult, Task},
        value::Value,
    },
    rulebook::testfile::{ExpectEvent, ExpectGoal, ExpectSent, ExpectTask},
};

/// Lines of the ledger shown at most.
const LEDGER: usize = 40;

impl Stage<'_> {
    /// What differs from `then`, with the reasons; empty when nothing does.
    pub(super) fn judge(&self) -> String {
        let parts = [self.judge_sent(), self.judge_not_sent(), self.judge_tasks(), self.judge_state()];
        let rest = [self.judge_goal(), self.judge_account(), self.judge_events()];
        let found = [parts.concat(), rest.concat()].concat();
        if found.is_empty() { found } else { found + &self.why() }
    }

    fn judge_sent(&self) -> String {
        let Some(expected) = &self.test.then.sent else { return String::new() };
        let got: Vec<&Planned> = self.mine().collect();
        let rows = diff::align(expected, &got, |e, g| self.is_message(e, g));
        let say = |row: &Row<&ExpectSent, &&Planned>| match row {
            Row::Same(_, g) => format!("    {}", self.message(g)),
            Row::Missing(e) => format!("-   {}", self.expected_message(e)),
            Row::Extra(g) => format!("+   {}", self.message(g)),
        };
        diff::block("sent", &rows, say)
    }

    fn judge_not_sent(&self) -> String {
        let unwanted = self.mine().filter(|m| self.test.then.not_sent.contains(&m.step));
        unwanted.map(|m| format!("  not_sent:\n+   {}\n", self.message(m))).collect()
    }

    fn judge_tasks(&self) -> String {
        let Some(expected) = &self.test.then.tasks else { return String::new() };
        let mut got: Vec<&Task> = self.account.tasks.values().filter(|t| t.playbook == self.test.playbook).collect();
        got.sort_by(|a, b| (a.opened, &a.step).cmp(&(b.opened, &b.step)));
        let rows = diff::align(expected, &got, |e, g| is_task(e, g));
        let say = |row: &Row<&ExpectTask, &&Task>| match row {
            Row::Same(_, g) => format!("    {}", self.task(g)),
            Row::Missing(e) => format!("-   {}", self.expected_task(e)),
            Row::Extra(g) => format!("+   {}", self.task(g)),
        };
        diff::block("tasks", &rows, say)
    }

    fn judge_state(&self) -> String {
        let got = self.state();
        match &self.test.then.state {
            Some(expected) if *expected != got => format!("  state:\n-   {expected}\n+   {got}\n"),
            _ => String::new(),
        }
    }

    fn judge_goal(&self) -> String {
        let Some(expected) = self.test.then.goal else { return String::new() };
        let mine = self.account.runs.iter().chain(&self.account.ended).filter(|r| r.playbook == self.test.playbook);
        // What is reached after leaving early is for comparisons alone.
        let left = [Some(RunResult::Exited), Some(RunResult::Failed)];
        let got = mine.filter(|r| !left.contains(&r.result)).filter_map(|r| r.goal_at).max();
        let same = match (expected, got) {
            (ExpectGoal::Missed, got) => got.is_none(),
            (ExpectGoal::Reached, got) => got.is_some(),
            (ExpectGoal::At(at), got) => got.is_some_and(|got| near(at, got)),
        };
        let got = got.map_or_else(|| "missed".to_owned(), |at| self.show(at));
        let expected = match expected {
            ExpectGoal::Missed => "missed".to_owned(),
            ExpectGoal::Reached => "reached".to_owned(),
            ExpectGoal::At(at) => self.show(at),
        };
        if same { String::new() } else { format!("  goal:\n-   {expected}\n+   {got}\n") }
    }

    fn judge_account(&self) -> String {
        let state = &self.account.state;
        let wrong = self.test.then.account.iter().filter(|(name, value)| state.attr(name) != **value);
        let lines: String =
            wrong.map(|(name, value)| format!("-   {name}: {value}\n+   {name}: {}\n", state.attr(name))).collect();
        if lines.is_empty() { lines } else { format!("  account:\n{lines}") }
    }

    /// Each expected event is looked for after the one before it.
    fn judge_events(&self) -> String {
        let own = self.account.history.iter().filter(|f| f.source == "shirube");
        let mut left = own.filter(|f| matches!(f.body, FactBody::Event { .. }));
        let lost = self.test.then.events.iter().find(|e| !left.any(|f| is_event(e, f)));
        lost.map_or_else(String::new, |e| {
            let at = e.at.map(|at| format!("  {}", self.show(at))).unwrap_or_default();
            format!("  events:\n-   {}{at}  ({}:{})\n", e.event, e.place.file, e.place.line)
        })
    }

    /// How the newest run of the playbook stands.
    fn state(&self) -> String {
        let name = &self.test.playbook;
        if self.account.runs.iter().any(|r| r.playbook == *name) {
            return "running".to_owned();
        }
        let last = self.account.ended.iter().rev().find(|r| r.playbook == *name);
        last.and_then(|r| r.result).map_or("never", |result| result.word()).to_owned()
    }

    fn mine(&self) -> impl Iterator<Item = &Planned> {
        self.account.sent.iter().filter(|m| m.playbook == self.test.playbook)
    }

    fn is_message(&self, expected: &ExpectSent, got: &Planned) -> bool {
        expected.step == got.step
            && expected.at.is_none_or(|at| near(at, got.ready_at))
            && expected.to.as_deref().is_none_or(|to| self.reaches(to, &got.address))
    }

    /// A person of ours is named by key, or by any of their addresses.
    fn reaches(&self, to: &str, address: &str) -> bool {
        let person = address.strip_prefix('@');
        let given = person.and_then(|key| self.test.given.people.get(key));
        let known = |of: &crate::model::value::Props| of.values().filter_map(Value::as_text).any(|a| a == to);
        to.eq_ignore_ascii_case(address) || person == Some(to) || given.is_some_and(known)
    }

    fn message(&self, m: &Planned) -> String {
        format!("{}  {}  {}", m.step, self.show(m.ready_at), m.address)
    }

    fn expected_message(&self, e: &ExpectSent) -> String {
        let at = e.at.map(|at| format!("  {}", self.show(at))).unwrap_or_default();
        let to = e.to.as_ref().map(|to| format!("  {to}")).unwrap_or_default();
        format!("{}{at}{to}  ({}:{})", e.step, e.place.file, e.place.line)
    }

    fn task(&self, t: &Task) -> String {
        let due = t.due.map(|at| format!("  due {}", self.show(at))).unwrap_or_default();
        format!("{}  {}{due}", t.step, t.owner)
    }

    fn expected_task(&self, e: &ExpectTask) -> String {
        let owner = e.owner.as_ref().map(|o| format!("  {o}")).unwrap_or_default();
        let due = e.due.map(|at| format!("  due {}", self.show(at))).unwrap_or_default();
        format!("{}{owner}{due}  ({}:{})", e.step, e.place.file, e.place.line)
    }

    /// The ledger of the playbook, and what `explain` says at the end.
    fn why(&self) -> String {
        let name = &self.test.playbook;
        let lines: Vec<&LedgerEntry> = self.account.ledger.iter().filter(|l| l.playbook == *name).collect();
        let skipped = lines.len().saturating_sub(LEDGER);
        let ledger: String = lines[skipped..].iter().map(|l| self.ledger_line(l)).collect();
        let snapshot = self.account.snapshot(self.clock);
        let told = explain::explain(&snapshot, &self.world, &self.rulebook, self.clock, Some(name));
        let told: String = told.iter().map(|e| self.told(e)).collect();
        format!("  why (what was decided, then explain at {}):\n{ledger}{told}", self.show(self.clock))
    }

    fn ledger_line(&self, line: &LedgerEntry) -> String {
        let shown = line.values.iter().filter(|(n, _)| !n.starts_with(AT_START));
        let values: String = shown.map(|(n, v)| format!("  {n} = {}", self.value(v))).collect();
        let step = if line.step.is_empty() { String::new() } else { format!(" {}", line.step) };
        format!("    {}  {}{step}: {}{values}\n", self.show(line.at), line.kind, line.reason)
    }

    fn told(&self, e: &Explanation) -> String {
        let step = e.step.as_ref().map(|s| format!(" at `{s}`")).unwrap_or_default();
        let until = e.until.map(|at| format!(" until {}", self.show(at))).unwrap_or_default();
        let because = if e.because.is_empty() { String::new() } else { format!(" ({})", e.because) };
        let reasons: String = e.reasons.iter().map(|r| self.reason(r)).collect();
        format!("    explain: {}{step}{until}{because}\n{reasons}", e.verdict)
    }

    fn reason(&self, reason: &crate::rulebook::expr::Reason) -> String {
        let inputs: String = reason.inputs.iter().map(|(n, v)| format!("  {n} = {}", self.value(v))).collect();
        format!("      {} is {}{inputs}\n", reason.expr, self.value(&reason.value))
    }

    fn value(&self, value: &Value) -> String {
        match value {
            Value::Instant(at) => self.show(*at),
            other => other.to_string(),
        }
    }

    /// A moment as tests write it, in the account's zone.
    pub(super) fn show(&self, at: Instant) -> String {
        diff::moment(at, &self.zone)
    }
}

fn is_event(expected: &ExpectEvent, got: &Fact) -> bool {
    let FactBody::Event { name, props } = &got.body else { return false };
    *name == expected.event
        && expected.at.is_none_or(|at| near(at, got.occurred_at))
        && expected.props.iter().all(|(name, value)| props.get(name) == Some(value))
}

fn is_task(expected: &ExpectTask, got: &Task) -> bool {
    expected.step == got.step
        && expected.owner.as_ref().is_none_or(|o| *o == got.owner)
        && expected.due.is_none_or(|due| got.due.is_some_and(|got| near(due, got)))
}

/// Receipts come in a microsecond late; nobody writes those into a test.
fn near(a: Instant, b: Instant) -> bool {
    a.since(b).abs() < SECOND
}
