//! What people decide by chat or CLI: each is just another fact.

use super::{desk::Asker, find, find::Found, reply::Reply};
use crate::{
    app::shell::Shell,
    model::{
        fact::{Act, FactBody, Incoming},
        ids::stable_hash,
        instant::{DAY, Instant},
        locale::Locale,
    },
    rulebook::schedule::length::Length,
    store::api::{AuditEntry, Result},
    words::{Word, desk, say, sentence},
};

/// A snooze without a length.
const USUAL_SNOOZE: i64 = 7 * DAY;

/// Records a decision about one account, under the name of who made it.
pub async fn act(shell: &Shell, who: &Asker, account: &str, act: Act) -> Result<()> {
    act_on(shell, who, account, None, act).await
}

/// The same about one contact of the account.
pub async fn act_on(shell: &Shell, who: &Asker, account: &str, contact: Option<&str>, act: Act) -> Result<()> {
    record(shell, who, Some(account), contact, act).await
}

/// The same about an account, or about none: then it is the workspace's own.
pub async fn record(shell: &Shell, who: &Asker, account: Option<&str>, contact: Option<&str>, act: Act) -> Result<()> {
    record_all(shell, who, account, contact, vec![act]).await
}

/// One decision of a person that is several facts: all or none, and one line in the audit log.
async fn record_all(
    shell: &Shell,
    who: &Asker,
    account: Option<&str>,
    contact: Option<&str>,
    acts: Vec<Act>,
) -> Result<()> {
    let (now, object) = (shell.clock.now(), account.unwrap_or("*"));
    let text = |act: &Act| serde_json::to_string(act).unwrap_or_default();
    let Some(first) = acts.first().map(text) else { return Ok(()) };
    let fact = |act: Act| Incoming {
        account: account.map(str::to_owned),
        contact: contact.map(str::to_owned),
        occurred_at: now,
        received_at: now,
        source: who.who.clone(),
        event_id: stable_hash(&[&who.who, object, contact.unwrap_or_default(), &text(&act), &now.0.to_string()]),
        body: FactBody::Command(act),
    };
    shell.store.append(acts.into_iter().map(fact).collect()).await?;
    audit(shell, who, &first, object).await
}

/// The same decision for many accounts (none = the workspace), all or none; the caller writes the audit log.
pub async fn record_for(shell: &Shell, who: &Asker, accounts: Vec<Option<String>>, act: &Act) -> Result<()> {
    let (now, text) = (shell.clock.now(), serde_json::to_string(act).unwrap_or_default());
    let fact = |account: Option<String>| Incoming {
        event_id: stable_hash(&[&who.who, account.as_deref().unwrap_or("*"), "", &text, &now.0.to_string()]),
        account,
        contact: None,
        occurred_at: now,
        received_at: now,
        source: who.who.clone(),
        body: FactBody::Command(act.clone()),
    };
    shell.store.append(accounts.into_iter().map(fact).collect()).await.map(drop)
}

/// Writes the audit log: who did what to which account.
pub async fn audit(shell: &Shell, who: &Asker, what: &str, object: &str) -> Result<()> {
    // Free text can hold names: the log keeps the kind of decision only.
    let what = what.split(',').next().unwrap_or(what).trim_matches(['{', '}']).replace('"', "");
    let entry = AuditEntry {
        at: shell.clock.now(),
        who: who.who.clone(),
        what,
        object: object.to_owned(),
        result: "done".to_owned(),
    };
    shell.store.audit(entry).await
}

/// `until` from a typed length, in the workspace's zone.
pub fn until(
    shell: &Shell,
    length: Option<&str>,
    now: Instant,
    locale: Locale,
) -> std::result::Result<Option<Instant>, String> {
    let Some(text) = length else { return Ok(None) };
    let rulebook = shell.rulebook();
    let length = span(text).ok_or_else(|| desk::no_length(locale, text))?;
    Ok(Some(length.after(now, &rulebook.model.workspace.zone, rulebook.calendar(None))))
}

/// A LENGTH, or weeks, which only people say: `2w`.
fn span(text: &str) -> Option<Length> {
    let weeks = text.strip_suffix('w').and_then(|n| n.parse::<u32>().ok());
    let text = weeks.map_or_else(|| text.to_owned(), |n| format!("{}d", u64::from(n) * 7));
    Length::parse(&text).ok()
}

/// `snooze ACCOUNT [7d]`: mutes what the target says (default: everything about the account's nudges).
pub async fn snooze(shell: &Shell, who: &Asker, account: &str, what: &str, length: Option<&str>) -> Result<Reply> {
    let now = shell.clock.now();
    let until = match until(shell, length, now, who.locale) {
        Ok(until) => until.unwrap_or(now.plus(USUAL_SNOOZE)),
        Err(why) => return Ok(Reply::refusal(who.locale, why)),
    };
    let row = match find::exact(shell, account).await? {
        Found::One(row) => row,
        Found::Nearest(near) => return Ok(find::unknown(who.locale, account, &near, "snooze")),
    };
    let snooze = |what| Act::Snooze { what, until, reason: name_of(shell, who) };
    record_all(shell, who, Some(&row.key), None, muted_by(shell, what).into_iter().map(snooze).collect()).await?;
    let zone = &shell.rulebook().model.workspace.zone;
    Ok(Reply::new(who.locale, sentence::snoozed(who.locale, &row.name, &until.date(zone).to_string())).in_place())
}

/// What a snooze mutes: a digest row, the playbook of a message, or (for an account) every digest.
fn muted_by(shell: &Shell, what: &str) -> Vec<String> {
    match what {
        "" | "account" => shell.rulebook().model.digests.iter().map(|d| format!("digest:{}", d.name)).collect(),
        digest if digest.starts_with("digest:") => vec![digest.to_owned()],
        message => vec![message.split('/').next().unwrap_or(message).to_owned(), message.to_owned()],
    }
}

/// Somebody is on it.
pub async fn ack(shell: &Shell, who: &Asker, account: &str, what: &str) -> Result<Reply> {
    let row = match find::exact(shell, account).await? {
        Found::One(row) => row,
        Found::Nearest(near) => return Ok(find::unknown(who.locale, account, &near, "health")),
    };
    let name = name_of(shell, who);
    act(shell, who, &row.key, Act::Ack { what: what.to_owned(), by: name.clone() }).await?;
    let (world, key) = (shell.world(), key_of(shell, who));
    let shown = if world.people.contains_key(&key) { world.called(&key, who.locale) } else { &name };
    Ok(Reply::new(who.locale, sentence::acked(who.locale, &row.name, shown)).in_place())
}

/// The asker's key among the people (owners of tasks are named so), else their platform id.
pub fn key_of(shell: &Shell, who: &Asker) -> String {
    let id = || who.who.split(':').next_back().unwrap_or(&who.who).to_owned();
    shell.world().handles.get(&who.who).cloned().unwrap_or_else(id)
}

/// The asker's name as people know it.
fn name_of(shell: &Shell, who: &Asker) -> String {
    let key = key_of(shell, who);
    shell.world().people.get(&key).cloned().unwrap_or(key)
}

/// `assign ACCOUNT PERSON`.
pub async fn assign(shell: &Shell, who: &Asker, account: &str, what: &str, person: &str) -> Result<Reply> {
    let world = shell.world();
    let Some(person) = super::tasks::person(&world, person) else {
        let names: Vec<&str> = world.people.keys().map(String::as_str).collect();
        return Ok(Reply::refusal(who.locale, sentence::no_person(who.locale, person, &names.join(", "))));
    };
    let row = match find::exact(shell, account).await? {
        Found::One(row) => row,
        Found::Nearest(near) => return Ok(find::unknown(who.locale, account, &near, "health")),
    };
    act(shell, who, &row.key, Act::Assign { what: what.to_owned(), to: person.clone() }).await?;
    let name = world.called(&person, who.locale);
    Ok(Reply::new(who.locale, sentence::assigned(who.locale, &row.name, name)).in_place())
}

/// `note ACCOUNT TEXT`.
pub async fn note(
    shell: &Shell,
    who: &Asker,
    account: &str,
    text: String,
    tags: Vec<String>,
    positive: bool,
) -> Result<Reply> {
    match find::exact(shell, account).await? {
        Found::One(row) => {
            act(shell, who, &row.key, Act::Note { text, tags, positive }).await?;
            Ok(Reply::new(who.locale, sentence::noted(who.locale, &row.name)))
        }
        Found::Nearest(near) => Ok(find::unknown(who.locale, account, &near, "health")),
    }
}

/// The answer when the store failed: never the reason's details.
pub fn trouble(locale: Locale) -> Reply {
    Reply::new(locale, say(locale, Word::Trouble))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_understood_where_people_type_them() {
        assert_eq!(span("2w"), Some(Length::Exact(14 * DAY)));
        assert_eq!((span("7d"), span("2 business days")), (Length::parse("7d").ok(), Some(Length::BusinessDays(2))));
        assert_eq!([span("w"), span("-1w"), span("4294967295w"), span("soon")], [None; 4]);
    }
}
