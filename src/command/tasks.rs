//! `tasks`: what people are asked to do, the most pressing first, each with a button that completes it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    act,
    desk::Asker,
    office::quoted,
    reply::{Part, Press, Reply},
    runs::TEAM,
};
use crate::{
    app::shell::Shell,
    model::{ids::AccountId, instant::Instant, locale::Locale, run::Task, world::World},
    rulebook::{titles::Titled, types::Rulebook},
    store::api::Result,
    words::{desk, faq, sentence},
};

/// Tasks shown.
const ROWS: usize = 20;
/// Tasks with a button.
const BUTTONS: usize = 5;

/// Whether a task should have been done before the local day that begins with `today`.
pub fn is_overdue(task: &Task, today: Instant) -> bool {
    task.due.is_some_and(|due| due < today)
}

/// `tasks [mine|PERSON] [TYPE]`.
pub async fn tasks(shell: &Shell, who: &Asker, whose: Option<&str>, now: Instant) -> Result<Reply> {
    let (locale, world) = (who.locale, shell.world());
    let (whose, kind) = whose.map_or((None, None), |words| typed(words, &shell.rulebook(), locale));
    let person = match whose {
        Some("mine" | "自分") => Some(act::key_of(shell, who)),
        Some(name) => match person(&world, name) {
            Some(key) => Some(key),
            None => {
                let names: Vec<&str> = world.people.keys().map(String::as_str).collect();
                return Ok(Reply::refusal(locale, sentence::no_person(locale, name, &names.join(", "))));
            }
        },
        None => None,
    };
    let mut all = open(shell, person.as_deref()).await?;
    all.retain(|(_, task)| kind.is_none() || task.kind == kind);
    let title = match &person {
        Some(key) => desk::tasks_of(locale, world.called(key, locale), all.len()),
        None => sentence::tasks_title(locale, all.len()),
    };
    let mut reply = listed(Reply::new(locale, title), &all, ROWS, shell, now).await?;
    if all.len() > ROWS {
        reply.footer = desk::more_tasks(locale, all.len() - ROWS);
    }
    Ok(reply)
}

/// Whose tasks, and of which type: the last word may be a type's name or its title.
fn typed<'a>(words: &'a str, rulebook: &Rulebook, locale: Locale) -> (Option<&'a str>, Option<String>) {
    let (before, last) = words.rsplit_once(' ').unwrap_or(("", words));
    let is = |kind: &&str| {
        *kind == last || rulebook.title(Titled::TaskType, kind, locale).to_lowercase() == last.to_lowercase()
    };
    match rulebook.model.titles.names(Titled::TaskType).find(is) {
        Some(kind) => (Some(before.trim()).filter(|whose| !whose.is_empty()), Some(kind.to_owned())),
        None => (Some(words), None),
    }
}

/// A key of `people:`, or the one person whose name begins so in either language.
pub(super) fn person(world: &World, typed: &str) -> Option<String> {
    let typed = typed.trim_start_matches('@');
    if world.people.contains_key(typed) {
        return Some(typed.to_owned());
    }
    let begins = |name: &str| name.to_lowercase().starts_with(&typed.to_lowercase());
    let mut named =
        world.people.keys().filter(|key| Locale::ALL.iter().any(|locale| begins(world.called(key, *locale))));
    match (named.next(), named.next()) {
        (Some(key), None) => Some(key.clone()),
        _ => None,
    }
}

/// Open tasks of everybody or of one owner, the earliest due first; those without a date last.
pub async fn open(shell: &Shell, owner: Option<&str>) -> Result<Vec<(AccountId, Task)>> {
    shell.store.open_tasks(owner).await.map(in_order)
}

/// Open tasks of a colleague and of those for whom they act today.
pub async fn open_of(shell: &Shell, key: &str, now: Instant) -> Result<Vec<(AccountId, Task)>> {
    let world = shell.world();
    let mut all = shell.store.open_tasks(Some(key)).await?;
    for absent in world.acts_for(key, now.day(&shell.rulebook().model.workspace.zone)) {
        all.extend(shell.store.open_tasks(Some(absent)).await?);
    }
    Ok(in_order(all))
}

fn in_order(mut all: Vec<(AccountId, Task)>) -> Vec<(AccountId, Task)> {
    all.sort_by_key(|(account, task)| (task.due.is_none(), task.due, *account, task.identity()));
    all
}

/// The first `most` of them under `reply`, with buttons.
pub async fn listed(
    reply: Reply,
    all: &[(AccountId, Task)],
    most: usize,
    shell: &Shell,
    now: Instant,
) -> Result<Reply> {
    let shown = &all[..most.min(all.len())];
    if shown.is_empty() {
        return Ok(reply);
    }
    let locale = reply.locale;
    let (names, rulebook) = (names(shell, shown, locale).await?, shell.rulebook());
    let zone = rulebook.model.workspace.zone.clone();
    let name = |id: &AccountId| names.get(id).map_or((TEAM, ""), |(key, name)| (key.as_str(), name.as_str()));
    let today = Instant::start_of_day(now.day(&zone), &zone);
    let line = |(id, task): &(AccountId, Task)| {
        let due = task.due.map(|at| at.date(&zone).to_string());
        let text = match &task.kind {
            Some(kind) => desk::of_type(locale, rulebook.title(Titled::TaskType, kind, locale), task.text.get(locale)),
            None => task.text.get(locale).to_owned(),
        };
        desk::task(locale, &text, name(id).1, &task.owner, due.as_deref(), is_overdue(task, today))
    };
    let lines: Vec<String> = shown.iter().map(line).collect();
    let button = |reply: Reply, (id, task): &(AccountId, Task)| {
        let ask = format!("done {} {}", quoted(name(id).0), quoted(&task.identity()));
        let (key, customer) = name(id);
        let customer = if key == TEAM { "" } else { customer };
        reply.button(desk::done(locale, customer, task.text.get(locale)), Press::Ask(ask))
    };
    Ok(shown.iter().take(BUTTONS).fold(reply.with(Part::Bullets(lines)), button))
}

/// Key and name of the accounts these tasks are about.
async fn names(
    shell: &Shell,
    shown: &[(AccountId, Task)],
    locale: Locale,
) -> Result<BTreeMap<AccountId, (String, String)>> {
    let ids: BTreeSet<AccountId> = shown.iter().map(|(id, _)| *id).filter(|id| *id != AccountId::WORKSPACE).collect();
    let rows = shell.store.accounts_of(&ids.into_iter().collect::<Vec<_>>()).await?;
    let mut names: BTreeMap<_, _> = rows.into_iter().map(|row| (row.id, (row.key, row.name))).collect();
    names.insert(AccountId::WORKSPACE, (TEAM.to_owned(), faq::team(locale).to_owned()));
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::locale::Bilingual;

    #[test]
    fn a_person_is_found_by_key_or_by_the_beginning_of_the_name() {
        let people = [("kei", "Yamada Kei"), ("mio", "Sasaki Mio"), ("mia", "Sasaki Mia")];
        let mut people = World { people: people.map(|(k, n)| (k.into(), n.into())).into(), ..World::default() };
        let both = Bilingual { ja: Some("佐々木 澪".to_owned()), en: Some("Sasaki Mio".to_owned()) };
        people.names.insert("mio".to_owned(), both);
        assert_eq!(person(&people, "佐々木").as_deref(), Some("mio"));
        assert_eq!((people.called("mio", Locale::Ja), people.called("kei", Locale::Ja)), ("佐々木 澪", "Yamada Kei"));
        assert_eq!(person(&people, "@kei").as_deref(), Some("kei"));
        assert_eq!(person(&people, "yamada").as_deref(), Some("kei"));
        assert_eq!(person(&people, "Sasaki"), None, "two of them");
    }
}
