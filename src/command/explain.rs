//! `/cs explain` and `/cs why-not`: the conditions with their values, and the ledger.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{
    outcome,
    reply::{Part, Reply},
    told::{alert, event_title},
};
use crate::{
    app::shell::Shell,
    engine::{
        AT_START,
        explain::{self as judge, Explanation},
    },
    model::{
        contact::Contact,
        decision::LedgerEntry,
        ids::ContactId,
        instant::Instant,
        locale::Locale,
        message::OutboxState,
        run::Run,
        snapshot::{ContactQuery, Snapshot},
        value::Value,
        world::World,
    },
    rulebook::{
        expr::Reason,
        playbook::{Start, Subject},
        schedule::length::Length,
        titles::Titled,
        types::Rulebook,
    },
    store::api::{AccountRow, Result},
    words::{
        Word, bracketed, desk,
        reasons::reason,
        say, sentence,
        terms::{Term, term},
    },
};

/// Ledger lines shown.
const LINES: usize = 8;
/// Contacts a playbook about people is explained for.
const PEOPLE: u32 = 20;
/// Newest runs looked through for those about people.
const NEWEST: usize = 1_000;
/// Waiting messages of the account looked through for caps.
const WAITING: usize = 200;
/// Ledger lines looked through for the past.
const LONG: usize = 10_000;

/// The answer; as data it is what `data::why` makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The account's key.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Each playbook with its verdict and reasons.
    pub first: Option<Explanation>,
    /// The other playbooks, where none was named.
    pub others: Vec<Explanation>,
    /// What was decided, newest first.
    pub ledger: Vec<LedgerEntry>,
    /// Dates from which playbooks count, as of now.
    pub dates: BTreeMap<String, Value>,
    /// The names of the contacts that are spoken of, by key.
    pub people: BTreeMap<String, String>,
    /// The keys of the contacts that were decided about.
    pub keys: BTreeMap<ContactId, String>,
    /// The moment it was asked for.
    pub now: Instant,
}

/// Collects the answer.
pub async fn why(shell: &Shell, row: &AccountRow, playbook: Option<&str>, now: Instant) -> Result<Why> {
    let (rulebook, world) = (shell.rulebook(), shell.world());
    let personal = |name: &str| rulebook.playbook(name).is_some_and(|p| p.subject == Subject::Contact);
    let running: Vec<Run> = match playbook {
        Some(_) => Vec::new(),
        None => shell.store.runs(Some(row.id), None, NEWEST).await?.into_iter().filter(in_person).collect(),
    };
    let contacts = match playbook.filter(|name| personal(name)) {
        Some(_) => shell.store.contacts(row.id, &ContactQuery::first(Vec::new(), PEOPLE)).await?,
        None => whose(shell, row, &running).await?,
    };
    let ids: Vec<ContactId> = contacts.iter().map(|c| c.id).collect();
    let snapshot = shell.store.snapshot_with(row.id, &ids).await?.unwrap_or_default();
    let dates = dates(&snapshot, &world, &rulebook, now);
    let mut all = judge::explain(&snapshot, &world, &rulebook, now, playbook);
    if playbook.is_none() && !contacts.is_empty() {
        let together = shell.store.snapshot(row.id).await?.unwrap_or_default();
        all = in_sight(all, judge::explain(&together, &world, &rulebook, now, None));
    }
    let person = |e: &Explanation| contacts.iter().find(|c| Some(&c.key) == e.contact.as_ref()).map(|c| c.id);
    outcome::told(shell, row, &mut all, person).await?;
    capped(shell, row, &contacts, &mut all).await?;
    let mut all = all.into_iter();
    let ledger = shell.store.ledger(row.id, playbook, 50).await?;
    let people = contacts.iter().map(|c| (c.key.clone(), c.text("name").unwrap_or(&c.key).to_owned())).collect();
    let keys = keys(shell, row, ledger.iter().filter_map(|entry| entry.contact)).await?;
    let (account, name) = (row.key.clone(), row.name.clone());
    Ok(Why { account, name, first: all.next(), others: all.collect(), ledger, dates, people, keys, now })
}

/// The keys of an account's contacts.
pub async fn keys(
    shell: &Shell,
    row: &AccountRow,
    ids: impl Iterator<Item = ContactId>,
) -> Result<BTreeMap<ContactId, String>> {
    let mut keys = BTreeMap::new();
    for id in ids {
        if !keys.contains_key(&id)
            && let Some(contact) = shell.store.contact(row.id, id).await?
        {
            keys.insert(id, contact.key);
        }
    }
    Ok(keys)
}

fn in_person(run: &Run) -> bool {
    run.personal && run.ended.is_none()
}

/// The contacts of open runs, each once, newest run first.
async fn whose(shell: &Shell, row: &AccountRow, runs: &[Run]) -> Result<Vec<Contact>> {
    let mut ids: Vec<ContactId> = Vec::new();
    for id in runs.iter().filter_map(|run| run.contact) {
        if !ids.contains(&id) && ids.len() < PEOPLE as usize {
            ids.push(id);
        }
    }
    let mut found = Vec::new();
    for id in ids {
        found.extend(shell.store.contact(row.id, id).await?);
    }
    Ok(found)
}

/// Where no playbook was named: of those about people, who is in the middle of one; else what is known of all together.
fn in_sight(each: Vec<Explanation>, together: Vec<Explanation>) -> Vec<Explanation> {
    let open: Vec<Explanation> = each.into_iter().filter(|e| e.contact.is_some() && e.step.is_some()).collect();
    let mut all = Vec::new();
    for one in together {
        let mine: Vec<Explanation> = open.iter().filter(|e| e.playbook == one.playbook).cloned().collect();
        all.extend(if mine.is_empty() { vec![one] } else { mine });
    }
    all
}

/// A message that was handed over and found its address capped, over all accounts, waits in the outbox.
async fn capped(shell: &Shell, row: &AccountRow, people: &[Contact], all: &mut [Explanation]) -> Result<()> {
    for waiting in shell.store.outbox(Some(OutboxState::Queued), Some(row.id), WAITING).await? {
        if !waiting.detail.starts_with("cap:") {
            continue;
        }
        let planned = &waiting.planned;
        let key = planned.contact.and_then(|id| people.iter().find(|c| c.id == id)).map(|c| &c.key);
        let about =
            |e: &&mut Explanation| e.playbook == planned.playbook && (e.contact.is_none() || e.contact.as_ref() == key);
        if let Some(e) = all.iter_mut().find(about) {
            "capped".clone_into(&mut e.verdict);
            (e.step, e.until) = (Some(planned.step.clone()), Some(waiting.not_before));
            e.because = waiting.detail;
        }
    }
    Ok(())
}

/// What was decided by `at`, from the ledger: for each playbook its last word, with the values of that moment.
pub async fn why_at(shell: &Shell, row: &AccountRow, playbook: Option<&str>, at: Instant) -> Result<Why> {
    let mut ledger = shell.store.ledger(row.id, playbook, LONG).await?;
    ledger.retain(|entry| entry.at <= at);
    let rulebook = shell.rulebook();
    let mut all = Vec::new();
    for name in rulebook.playbooks.iter().map(|p| &p.name).filter(|name| playbook.is_none_or(|p| p == *name)) {
        all.push(told_by(name, ledger.iter().find(|entry| entry.playbook == *name)));
    }
    // Playbooks about which nothing was decided say nothing beside those that did something.
    if playbook.is_none() {
        all.retain(|e| e.verdict != "not_matched");
    }
    ledger.truncate(50);
    let mut all = all.into_iter();
    let (account, name) = (row.key.clone(), row.name.clone());
    let keys = keys(shell, row, ledger.iter().filter_map(|entry| entry.contact)).await?;
    let (dates, people) = (BTreeMap::new(), BTreeMap::new());
    Ok(Why { account, name, first: all.next(), others: all.collect(), ledger, dates, people, keys, now: at })
}

fn told_by(playbook: &str, last: Option<&LedgerEntry>) -> Explanation {
    let verdict = match last.map_or("", |entry| entry.kind.as_str()) {
        "" | "not_started" => "not_matched",
        "start" | "task" => "running",
        "message" | "receipt" | "goal" => "sent",
        "wait" => "waiting",
        "hold" => "held",
        "skip" => "skipped",
        "ghost" => "held_out",
        _ => "exited",
    };
    let completed = last
        .is_some_and(|e| e.kind == "end" && (e.reason.starts_with("completed") || e.reason.starts_with("succeeded")));
    let value =
        |(name, value): (&String, &Value)| Reason { expr: name.clone(), value: value.clone(), inputs: Vec::new() };
    Explanation {
        playbook: playbook.to_owned(),
        contact: None,
        verdict: if completed { "sent" } else { verdict }.to_owned(),
        step: last.map(|entry| entry.step.clone()).filter(|step| !step.is_empty()),
        until: None,
        because: last.map(|entry| entry.reason.clone()).unwrap_or_default(),
        goal_at: None,
        reasons: last
            .map(|entry| entry.values.iter().filter(|(name, _)| !name.starts_with(AT_START)).map(value).collect())
            .unwrap_or_default(),
    }
}

/// The answer for people.
pub fn reply(why: &Why, shell: &Shell, locale: Locale) -> Reply {
    let rulebook = shell.rulebook();
    let mut reply = Reply::new(locale, sentence::explain_title(locale, &why.name));
    let zone = &rulebook.model.workspace.zone;
    let title_of = |name: &str| rulebook.title(Titled::Playbook, name, locale).to_owned();
    for e in why.first.iter().chain(&why.others) {
        let until = e.until.map(|at| format!(" → {}", at.short(zone))).unwrap_or_default();
        let because = match e.because.as_str() {
            "" => String::new(),
            word => bracketed(locale, &reason(locale, word, &title_of)),
        };
        let step =
            e.step.as_ref().map(|s| format!(" · {}", rulebook.step_title(&e.playbook, s, locale))).unwrap_or_default();
        let title = rulebook.title(Titled::Playbook, &e.playbook, locale);
        let who = e.contact.as_ref().and_then(|key| why.people.get(key)).map(|name| format!(" · {name}"));
        let who = who.unwrap_or_default();
        let verdict = match e.because.as_str() {
            // Its conditions do hold; it just does not begin.
            "matched_before_it_went_live" | "ran_for_this" => term(locale, Term::Ledger, "not_started"),
            _ => term(locale, Term::Verdict, &e.verdict),
        };
        reply = reply.with(Part::Heading(format!("{title}{who}: {verdict}{step}{because}{until}")));
        if let Some(at) = e.goal_at {
            reply = reply.line(sentence::goal_reached(locale, &at.short(zone)));
        }
        let reasons: Vec<String> = e.reasons.iter().map(|reason| line(reason, locale, zone)).collect();
        if !reasons.is_empty() {
            reply = reply.with(Part::Bullets(reasons));
        } else if e.verdict == "not_matched"
            && let Some(text) = begins(why, &e.playbook, &rulebook, locale)
        {
            reply = reply.line(text);
        }
    }
    let lines: Vec<String> = why.ledger.iter().take(LINES).map(|l| ledger(l, &rulebook, locale)).collect();
    if !lines.is_empty() {
        reply = reply.with(Part::Heading(say(locale, Word::Ledger).to_owned())).with(Part::Bullets(lines));
    }
    reply
}

/// The date from which each dated playbook counts.
fn dates(snapshot: &Snapshot, world: &World, rulebook: &Rulebook, now: Instant) -> BTreeMap<String, Value> {
    let dated = rulebook.playbooks.iter().filter_map(|p| match &p.start {
        Start::Dated { date, .. } => {
            Some((p.name.clone(), judge::evaluate(snapshot, world, rulebook, now, &date.base)))
        }
        _ => None,
    });
    dated.collect()
}

/// What a playbook that has not begun, and has no condition to read aloud, waits for.
fn begins(why: &Why, playbook: &str, rulebook: &Rulebook, locale: Locale) -> Option<String> {
    let zone = &rulebook.model.workspace.zone;
    Some(match &rulebook.playbook(playbook)?.start {
        Start::Dated { date, before, by, .. } => {
            let base = match why.dates.get(playbook)? {
                Value::Date(day) => Instant::start_of_day(*day, zone),
                Value::Instant(at) => *at,
                _ => return Some(desk::no_date(locale).to_owned()),
            };
            let calendar = rulebook.calendar(None);
            let shift = |later: bool, by: &Length, at: Instant| {
                if later { by.after(at, zone, calendar) } else { by.before(at, zone, calendar) }
            };
            let moved = date.offset.as_ref().map_or(base, |(later, by)| shift(*later, by, base));
            let (day, base) = (shift(!before, by, moved).date(zone), base.date(zone).to_string());
            let over = day < why.now.date(zone);
            let tell = if over { desk::day_is_over } else { desk::begins_on };
            tell(locale, &day.to_string(), &base)
        }
        Start::On { event, .. } => desk::begins_by_event(locale, event_title(rulebook, event, locale)),
        Start::Manual => desk::begins_by_hand(locale).to_owned(),
        Start::Cron { schedule, .. } => desk::begins_by_schedule(locale, schedule.text()),
        Start::When { .. } => return None,
    })
}

/// `condition → yes [value]`; moments on the workspace's clock.
fn line(reason: &Reason, locale: Locale, zone: &TimeZone) -> String {
    let shown = |value: &Value| match value {
        Value::Missing => say(locale, Word::Missing).to_owned(),
        Value::Bool(yes) => say(locale, if *yes { Word::Yes } else { Word::No }).to_owned(),
        Value::Instant(at) => at.short(zone),
        other => other.to_string(),
    };
    let inputs: Vec<String> = reason.inputs.iter().map(|(name, value)| format!("{name} = {}", shown(value))).collect();
    let inputs = if inputs.is_empty() { String::new() } else { format!(" [{}]", inputs.join(", ")) };
    format!("{} → {}{inputs}", reason.expr, shown(&reason.value))
}

/// One line of the ledger for people.
pub fn ledger(entry: &LedgerEntry, rulebook: &Rulebook, locale: Locale) -> String {
    let step = match entry.step.as_str() {
        "" => String::new(),
        step => format!(" / {}", rulebook.step_title(&entry.playbook, step, locale)),
    };
    let title = |name: &str| rulebook.title(Titled::Playbook, name, locale).to_owned();
    let why = match entry.reason.split_once(": ") {
        Some((result, why)) if entry.kind == "end" => {
            format!("{}: {}", term(locale, Term::Result, result), reason(locale, why, &title))
        }
        _ => reason(locale, &entry.reason, &title),
    };
    let at = entry.at.short(&rulebook.model.workspace.zone);
    let kind = term(locale, Term::Ledger, &entry.kind);
    if entry.kind == "alert" {
        return format!("{at} {kind}: {}", alert(rulebook, &entry.reason, locale));
    }
    // What holds for the whole customer is written down without a playbook.
    let whose = match entry.playbook.as_str() {
        "*" => desk::every_playbook(locale),
        name => rulebook.title(Titled::Playbook, name, locale),
    };
    format!("{at} {kind}: {whose}{step} — {why}").trim_end_matches([' ', '—']).to_owned()
}
