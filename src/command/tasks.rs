//! `tasks`: what people are asked to do, the most pressing first, each with a button that completes it.

use std::collections::BTreeMap;

use super::{
    act,
    desk::Asker,
    office::quoted,
    reply::{Part, Press, Reply},
    runs::TEAM,
};
use crate::{
    app::shell::Shell,
    model::{ids::AccountId, instant::Instant, locale::Locale, run::Task},
    store::api::{AccountRow, Result},
    words::{desk, faq, sentence},
};

/// Tasks shown.
const ROWS: usize = 20;
/// Tasks with a button.
const BUTTONS: usize = 5;

/// A task with the account it is about.
#[derive(Clone, Debug)]
pub struct Open {
    /// The account's key; `-` = our own.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The task.
    pub task: Task,
}

impl Open {
    /// Whether it should have been done before the local day of `now`.
    pub fn overdue(&self, today: Instant) -> bool {
        self.task.due.is_some_and(|due| due < today)
    }
}

/// `tasks [mine|PERSON]`.
pub async fn tasks(shell: &Shell, who: &Asker, whose: Option<&str>, now: Instant) -> Result<Reply> {
    let (locale, world) = (who.locale, shell.world());
    let person = match whose {
        Some("mine" | "自分") => Some(act::key_of(shell, who)),
        Some(name) => match person(&world.people, name) {
            Some(key) => Some(key),
            None => {
                let names: Vec<&str> = world.people.keys().map(String::as_str).collect();
                return Ok(Reply::new(locale, sentence::no_person(locale, name, &names.join(", "))));
            }
        },
        None => None,
    };
    let all = open(shell, person.as_deref(), locale).await?;
    let title = match &person {
        Some(key) => desk::tasks_of(locale, world.people.get(key).unwrap_or(key), all.len()),
        None => sentence::tasks_title(locale, all.len()),
    };
    let mut reply = listed(Reply::new(locale, title), &all, ROWS, shell, now);
    if all.len() > ROWS {
        reply.footer = desk::more_accounts(locale, all.len() - ROWS).replace('社', "件");
    }
    Ok(reply)
}

/// A key of `people:`, or the one person whose name begins so.
fn person(people: &BTreeMap<String, String>, typed: &str) -> Option<String> {
    let typed = typed.trim_start_matches('@');
    if people.contains_key(typed) {
        return Some(typed.to_owned());
    }
    let mut named = people.iter().filter(|(_, name)| name.to_lowercase().starts_with(&typed.to_lowercase()));
    match (named.next(), named.next()) {
        (Some((key, _)), None) => Some(key.clone()),
        _ => None,
    }
}

/// Open tasks of everybody or of one owner, the earliest due first; those without a date last.
pub async fn open(shell: &Shell, owner: Option<&str>, locale: Locale) -> Result<Vec<Open>> {
    let found = shell.store.open_tasks(owner).await?;
    let wanted = found.iter().map(|(id, _)| *id).max();
    let mut rows: BTreeMap<AccountId, AccountRow> = BTreeMap::new();
    let mut after = AccountId::WORKSPACE;
    while wanted.is_some_and(|last| after < last) {
        let page = shell.store.accounts(after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        rows.extend(page.into_iter().map(|row| (row.id, row)));
    }
    let one = |(id, task): (AccountId, Task)| match rows.get(&id) {
        Some(row) => Open { key: row.key.clone(), name: row.name.clone(), task },
        None => Open { key: TEAM.to_owned(), name: faq::team(locale).to_owned(), task },
    };
    let mut all: Vec<Open> = found.into_iter().map(one).collect();
    all.sort_by_key(|open| (open.task.due.is_none(), open.task.due, open.name.clone()));
    Ok(all)
}

/// The first `most` of them under `reply`, with buttons.
pub fn listed(reply: Reply, all: &[Open], most: usize, shell: &Shell, now: Instant) -> Reply {
    let locale = reply.locale;
    let zone = shell.rulebook().model.workspace.zone.clone();
    let today = Instant::start_of_day(now.day(&zone), &zone);
    let line = |open: &Open| {
        let due = open.task.due.map(|at| at.date(&zone).to_string());
        let text = open.task.text.get(locale);
        desk::task(locale, text, &open.name, &open.task.owner, due.as_deref(), open.overdue(today))
    };
    let lines: Vec<String> = all.iter().take(most).map(line).collect();
    if lines.is_empty() {
        return reply;
    }
    let button = |reply: Reply, open: &Open| {
        let ask = format!("done {} {}", quoted(&open.key), open.task.identity());
        reply.button(desk::done(locale, open.task.text.get(locale)), Press::Ask(ask))
    };
    all.iter().take(BUTTONS.min(most)).fold(reply.with(Part::Bullets(lines)), button)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_key_or_by_the_beginning_of_the_name() {
        let people: BTreeMap<String, String> = [("kei", "Yamada Kei"), ("mio", "Sasaki Mio"), ("mia", "Sasaki Mia")]
            .map(|(k, n)| (k.into(), n.into()))
            .into();
        assert_eq!(person(&people, "@kei").as_deref(), Some("kei"));
        assert_eq!(person(&people, "yamada").as_deref(), Some("kei"));
        assert_eq!(person(&people, "Sasaki"), None, "two of them");
    }
}
