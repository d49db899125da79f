//! A plan as people read it: names and titles instead of keys.

use std::collections::BTreeMap;

use crate::{
    cli::portfolio,
    command::reply::{Part, Reply, Table},
    model::locale::Locale,
    rulebook::types::Rulebook,
    simulate::{
        account::Account,
        plan::{Entry, Moved, Plan},
        portfolio::Line,
    },
    words::outlook as say,
};

/// Rows of a list that people see; `--json` has all.
const SHOWN: usize = 12;

/// What keys are called.
pub struct Names {
    locale: Locale,
    accounts: BTreeMap<String, String>,
    playbooks: BTreeMap<String, String>,
}

impl Names {
    /// The accounts' names (with their key where two have the same), and the playbooks' titles in both rulebooks.
    pub fn of(accounts: &[Account], before: &Rulebook, edited: &Rulebook, locale: Locale) -> Names {
        let titled = before.playbooks.iter().chain(&edited.playbooks).map(|p| (p.name.clone(), p.title.get(locale)));
        Names {
            locale,
            accounts: portfolio::names(accounts),
            playbooks: titled.filter(|(_, t)| !t.is_empty()).map(|(name, title)| (name, title.to_owned())).collect(),
        }
    }

    fn account(&self, key: &str) -> String {
        self.accounts.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    fn playbook(&self, name: &str) -> String {
        self.playbooks.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }
}

/// The plan with its heading, part by part, and how many customers it touches.
pub fn shown(found: &Plan, names: &Names, title: String) -> Reply {
    let locale = names.locale;
    let reply = Reply::new(locale, title);
    if found.is_empty() {
        return reply.with(Part::Text(say::no_difference(locale)));
    }
    let reply = reply.with(Part::Text(say::touched(
        locale,
        touched(found),
        found.messages_added.len(),
        found.messages_removed.len(),
    )));
    let (runs, messages) = (say::run_header(locale), say::message_header(locale));
    let reply = part(reply, say::enter, &runs, &found.enter, |e| names.entry(e), locale);
    let reply = part(reply, say::leave, &runs, &found.leave, |e| names.entry(e), locale);
    let reply = part(reply, say::added, &messages, &found.messages_added, |l| names.message(l), locale);
    let reply = part(reply, say::removed, &messages, &found.messages_removed, |l| names.message(l), locale);
    let later: Vec<Line> = found.messages_moved.iter().map(|(_, after)| after.clone()).collect();
    let reply = part(reply, say::moved, &messages, &later, |l| names.message(l), locale);
    part(reply, say::running, &say::moved_header(locale), &found.running, |m| names.moved(m), locale)
}

/// How many customers the edit affects in any way.
fn touched(found: &Plan) -> usize {
    let entries = found.enter.iter().chain(&found.leave).map(|e| e.account.as_str());
    let messages = found.messages_added.iter().chain(&found.messages_removed).map(|l| l.account.as_str());
    let moved = found.messages_moved.iter().map(|(_, l)| l.account.as_str());
    let running = found.running.iter().map(|m| m.account.as_str());
    entries
        .chain(messages)
        .chain(moved)
        .chain(running)
        .filter(|a| !a.is_empty())
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}

fn part<T>(
    reply: Reply,
    title: fn(Locale, usize) -> String,
    header: &[String],
    list: &[T],
    row: impl Fn(&T) -> Vec<String>,
    locale: Locale,
) -> Reply {
    if list.is_empty() {
        return reply;
    }
    let table = Table { header: header.to_vec(), rows: list.iter().take(SHOWN).map(row).collect() };
    let reply = reply.with(Part::Heading(title(locale, list.len()))).with(Part::Table(table));
    match list.len().saturating_sub(SHOWN) {
        0 => reply,
        rest => reply.with(Part::Text(say::more(locale, rest))),
    }
}

impl Names {
    fn entry(&self, entry: &Entry) -> Vec<String> {
        let who = entry.contact.as_ref().map_or_else(String::new, |c| format!(" · {c}"));
        vec![format!("{}{who}", self.account(&entry.account)), self.playbook(&entry.playbook), minute(&entry.at)]
    }

    fn message(&self, line: &Line) -> Vec<String> {
        // The address stands in `--json`: beside three names it would leave room for none of them.
        let what = format!("{} · {}", self.playbook(&line.playbook), line.step);
        vec![minute(&line.at), self.account(&line.account), what]
    }

    fn moved(&self, moved: &Moved) -> Vec<String> {
        let step = |s: &Option<String>| s.clone().unwrap_or_else(|| say::over(self.locale));
        vec![self.account(&moved.account), self.playbook(&moved.playbook), step(&moved.from), step(&moved.to)]
    }
}

/// `2026-12-01 10:00`: seconds and offset are for machines.
fn minute(at: &str) -> String {
    at.get(..16).unwrap_or(at).replace('T', " ")
}
