//! Lists: accounts at risk, what runs, what happened.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    data, explain,
    health::number,
    office::quoted,
    readiness,
    reply::{Part, Press, Reply, Table},
    told,
};
use crate::{
    app::{roll::Which, shell::Shell},
    engine::explain::verdict,
    insight::{ranking::Ranking, view::AccountView},
    model::{
        diagnostic::nearest,
        fact::Fact,
        instant::{Instant, date_of},
        locale::Locale,
        run::Run,
        snapshot::Snapshot,
    },
    rulebook::{
        playbook::Playbook,
        titles::Titled,
        types::{Order, Rulebook},
    },
    store::api::{AccountRow, Result},
    words::{
        Word, band, bracketed, desk, say, sentence,
        terms::{Term, term},
    },
};

/// Ended runs shown.
const LATELY: usize = 6;

/// Facts a timeline looks back over.
const FACTS: usize = 200;

/// Rows of a list.
const ROWS: usize = 20;

/// `risk [SEGMENT]`: red accounts (or those of a segment), by risk × MRR. A band of readiness to grow lists those in it.
pub async fn risk(shell: &Shell, segment: Option<&str>, now: Instant, locale: Locale) -> Result<Reply> {
    if let Some(band) = segment.filter(|word| readiness::is_band(word, &shell.rulebook())) {
        return readiness::list(shell, band, now, locale).await;
    }
    if let Some(unknown) = segment.filter(|name| shell.rulebook().model.segments.iter().all(|s| s.name != *name)) {
        let rulebook = shell.rulebook();
        let known: Vec<&str> = rulebook.model.segments.iter().map(|s| s.name.as_str()).collect();
        let reply = Reply::refusal(locale, sentence::no_segment(locale, unknown, &known.join(", ")));
        let near = nearest(unknown, known.iter().copied());
        return Ok(near.iter().fold(reply, |reply, name| reply.button(*name, Press::Ask(format!("risk {name}")))));
    }
    let which = segment.map_or(Which::Band("red"), Which::Segment);
    let mut ranking = Ranking::new("risk", ROWS, Order::Risk, None, now);
    let customers = shell.pick(which, now, |view| ranking.add(&view)).await?;
    let data = ranking.finish(customers).0;
    let rulebook = shell.rulebook();
    let title = segment.map_or(say(locale, Word::RiskTitle), |name| rulebook.title(Titled::Segment, name, locale));
    Ok(super::digest::titled(&data, title, &rulebook, locale))
}

/// `playbooks`: every one, and for how many accounts it runs.
pub async fn playbooks(shell: &Shell, locale: Locale) -> Result<Reply> {
    let rulebook = shell.rulebook();
    let mut running: BTreeMap<String, usize> = BTreeMap::new();
    let count = |snapshot: Snapshot| -> Option<()> {
        for run in snapshot.runs.iter().filter(|r| r.is_real()) {
            *running.entry(run.playbook.clone()).or_default() += 1;
        }
        None
    };
    shell.each(count).await?;
    let row = |p: &Playbook| {
        let open = running.get(&p.name).copied().unwrap_or_default();
        vec![p.name.clone(), p.title.get(locale).to_owned(), open.to_string()]
    };
    let rows = rulebook.playbooks.iter().map(row).collect();
    let header = [Word::Playbook, Word::Title, Word::Running].map(|w| say(locale, w).to_owned()).into();
    Ok(Reply::new(locale, say(locale, Word::Playbooks)).with(Part::Table(Table { header, rows })))
}

/// `playbooks ACCOUNT`: what runs for it and until when it waits, and what ended lately.
pub async fn playbooks_of(shell: &Shell, account: &AccountRow, locale: Locale) -> Result<Reply> {
    let rulebook = shell.rulebook();
    let zone = &rulebook.model.workspace.zone;
    let mut runs = shell.store.runs(Some(account.id), None, 100).await?;
    // Held out for comparison: nothing is done for it.
    runs.retain(Run::is_real);
    let title = |run: &Run| rulebook.title(Titled::Playbook, &run.playbook, locale).to_owned();
    let row = |run: &Run| {
        let until = run.until.map(|at| at.short(zone)).unwrap_or_default();
        vec![
            title(run),
            run.at.as_ref().map(|at| rulebook.step_title(&run.playbook, at, locale).to_owned()).unwrap_or_default(),
            term(locale, Term::Verdict, verdict(run)).to_owned(),
            until,
        ]
    };
    let rows: Vec<Vec<String>> = runs.iter().filter(|r| r.ended.is_none()).map(row).collect();
    let reply = Reply::new(locale, account.name.clone());
    let mut reply = match rows.is_empty() {
        true => reply.line(desk::nothing_runs(locale)),
        false => reply.with(Part::Table(Table { header: desk::runs_header(locale).map(str::to_owned).into(), rows })),
    };
    let mut ended: Vec<(Instant, &Run)> = runs.iter().filter_map(|r| Some((r.ended?, r))).collect();
    ended.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let line = |(at, run): &(Instant, &Run)| {
        let result = run.result.map_or("", |r| r.word());
        format!("{} {}{}", at.date(zone), title(run), bracketed(locale, term(locale, Term::Result, result)))
    };
    let lines: Vec<String> = ended.iter().take(LATELY).map(line).collect();
    if !lines.is_empty() {
        reply = reply.with(Part::Heading(desk::ended(locale).to_owned())).with(Part::Bullets(lines));
    }
    Ok(reply.button(
        sentence::explain_title(locale, &account.name),
        Press::Ask(format!("explain {}", quoted(&account.key))),
    ))
}

/// `timeline ACCOUNT`.
pub async fn timeline(shell: &Shell, row: &AccountRow, locale: Locale) -> Result<Reply> {
    let rulebook = shell.rulebook();
    let zone = &rulebook.model.workspace.zone;
    let facts = shell.store.timeline(row.id, FACTS).await?;
    let line = |f: &Fact| format!("{} {}", f.occurred_at.short(zone), told::told(f, &rulebook, locale));
    let told: Vec<&Fact> = facts.iter().filter(|fact| !told::is_echo(fact)).collect();
    // A snooze of everything about an account is one fact for each digest.
    let mut lines: Vec<String> = told.iter().map(|fact| line(fact)).collect();
    lines.dedup();
    let more = lines.len().saturating_sub(ROWS);
    lines.truncate(ROWS);
    let mut reply = Reply::new(locale, row.name.clone()).with(Part::Bullets(lines));
    if more > 0 {
        reply.footer = desk::earlier(locale, more);
    }
    Ok(reply)
}

/// `timeline ACCOUNT --json`: the same facts as data, newest first.
pub async fn history(shell: &Shell, row: &AccountRow, locale: Locale) -> Result<Vec<Json>> {
    let rulebook = shell.rulebook();
    let zone = &rulebook.model.workspace.zone;
    let facts = shell.store.timeline(row.id, FACTS).await?;
    let keys = explain::keys(shell, row, facts.iter().filter_map(|fact| fact.contact)).await?;
    let one = |f: &Fact| Json::Object(data::fact(f, &row.key, &keys, zone, &told::told(f, &rulebook, locale)));
    Ok(facts.iter().map(one).collect())
}

/// One line per account for `accounts`.
pub fn account_line(view: &AccountView, rulebook: &Rulebook, locale: Locale) -> Vec<String> {
    let score = view.score().filter(|_| view.band() != "unknown");
    vec![
        view.key.clone(),
        view.name(),
        band(locale, view.band()).to_owned(),
        score.map(number).unwrap_or_default(),
        rulebook.title(Titled::Phase, view.text("phase").unwrap_or_default(), locale).to_owned(),
        view.mrr().map(|m| m.to_string()).unwrap_or_default(),
        view.day("account.renewal_date").map(|d| date_of(d).to_string()).unwrap_or_default(),
    ]
}
