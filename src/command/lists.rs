//! Lists: accounts at risk, what runs, open tasks, what happened, today.

use super::{
    health::number,
    reply::{Part, Press, Reply, Table},
    told,
};
use crate::{
    app::dispatch::alarm,
    app::shell::Shell,
    insight::{digest, view::AccountView},
    model::{
        fact::Fact,
        instant::{DAY, Instant, date_of},
        locale::Locale,
        message::OutboxState,
    },
    rulebook::{titles::Titled, types::Rulebook},
    store::api::{AccountRow, Result},
    words::{Word, band, say, sentence},
};

/// Rows of a list.
const ROWS: usize = 20;

/// `risk [SEGMENT]`: red accounts (or those of a segment), by risk × MRR.
pub async fn risk(shell: &Shell, segment: Option<&str>, now: Instant, locale: Locale) -> Result<Reply> {
    let views = shell.views(None, now).await?;
    let inside = |v: &&AccountView| match segment {
        Some(name) => v.value(&format!("segment.{name}")).as_bool() == Some(true),
        None => v.band() == "red",
    };
    let customers = views.iter().filter(|v| v.is_customer()).count();
    let matched = views.iter().filter(|v| v.is_customer()).filter(inside).collect();
    let data = digest::build("risk", matched, customers, ROWS, now);
    let rulebook = shell.rulebook();
    let title = segment.map_or(say(locale, Word::RiskTitle), |name| rulebook.title(Titled::Segment, name, locale));
    Ok(super::digest::titled(&data, title, &rulebook, locale))
}

/// `playbooks [ACCOUNT]`.
pub async fn playbooks(shell: &Shell, account: Option<&AccountRow>, now: Instant, locale: Locale) -> Result<Reply> {
    let rulebook = shell.rulebook();
    let views = match account {
        Some(row) => shell.view(row.id, now).await?.into_iter().collect(),
        None => shell.views(None, now).await?,
    };
    let rows = rulebook.playbooks.iter().map(|p| {
        let running = views.iter().flat_map(|v| &v.runs).filter(|r| r.playbook == p.name);
        let at: Vec<String> =
            if account.is_some() { running.clone().filter_map(|r| r.at.clone()).collect() } else { Vec::new() };
        vec![p.name.clone(), p.title.get(locale).to_owned(), running.count().to_string(), at.join(", ")]
    });
    let header = [Word::Playbook, Word::Title, Word::Running, Word::Step];
    let table = Table { header: header.iter().map(|w| say(locale, *w).to_owned()).collect(), rows: rows.collect() };
    let title = account.map_or_else(|| say(locale, Word::Playbooks).to_owned(), |row| row.name.clone());
    Ok(Reply::new(locale, title).with(Part::Table(table)))
}

/// `tasks [mine]`.
pub async fn tasks(shell: &Shell, owner: Option<&str>, now: Instant, locale: Locale) -> Result<Reply> {
    let zone = shell.rulebook().model.workspace.zone.clone();
    let mut lines = Vec::new();
    let open = shell.store.open_tasks(owner).await?;
    let total = open.len();
    for (account, task) in open.into_iter().take(ROWS) {
        let name = shell.view(account, now).await?.map(|v| v.name()).unwrap_or_default();
        let due = task.due.map(|at| at.date(&zone).to_string()).unwrap_or_default();
        lines.push(format!("{name}: {} (@{}) {due}", task.text.get(locale), task.owner));
    }
    let reply = Reply::new(locale, sentence::tasks_title(locale, total));
    Ok(if lines.is_empty() { reply } else { reply.with(Part::Bullets(lines)) })
}

/// `timeline ACCOUNT`.
pub async fn timeline(shell: &Shell, row: &AccountRow, locale: Locale) -> Result<(Vec<Fact>, Reply)> {
    let rulebook = shell.rulebook();
    let zone = &rulebook.model.workspace.zone;
    let facts = shell.store.timeline(row.id, 200).await?;
    let line = |f: &Fact| format!("{} {}", f.occurred_at.short(zone), told::told(f, &rulebook, locale));
    let lines: Vec<String> = facts.iter().take(ROWS).map(line).collect();
    Ok((facts, Reply::new(locale, row.name.clone()).with(Part::Bullets(lines))))
}

/// `today`: sent in the last 24 hours, waiting to go, open tasks, new reds.
pub async fn today(shell: &Shell, now: Instant, locale: Locale) -> Result<Reply> {
    let rows = shell.store.outbox(None, None, 5_000).await?;
    let recent = rows.iter().filter(|r| r.state == OutboxState::Sent && r.at > now.plus(-DAY)).count();
    let waiting = rows.iter().filter(|r| matches!(r.state, OutboxState::Queued | OutboxState::Held)).count();
    let unsure = rows.iter().filter(|r| r.state == OutboxState::MaybeSent).count();
    let tasks = shell.store.open_tasks(None).await?.len();
    let views = shell.views(None, now).await?;
    let fresh =
        |v: &&AccountView| v.band() == "red" && v.state.health.as_ref().is_some_and(|h| h.band_since > now.plus(-DAY));
    let reds: Vec<&AccountView> = views.iter().filter(|v| v.is_customer()).filter(fresh).collect();
    let mut reply = Reply::new(
        locale,
        sentence::today_title(locale, &now.date(&shell.rulebook().model.workspace.zone).to_string()),
    )
    .field(say(locale, Word::SentYesterday), recent.to_string())
    .field(say(locale, Word::Waiting), waiting.to_string())
    .field(say(locale, Word::MaybeSent), unsure.to_string())
    .field(say(locale, Word::OpenTasks), tasks.to_string())
    .field(say(locale, Word::NewReds), reds.len().to_string());
    for alarm in alarm::read(shell.store.as_ref()).await? {
        reply = reply.line(sentence::stopped(locale, &alarm.name, &alarm.reason));
    }
    let (rulebook, world) = (shell.rulebook(), shell.world());
    for playbook in rulebook.playbooks.iter().filter(|p| p.approve.is_some() && !world.approved.contains(&p.name)) {
        let label = sentence::awaiting_approval(locale, &playbook.name);
        reply = reply.button(label, Press::Ask(format!("approve {}", playbook.name)));
    }
    for view in reds.into_iter().take(5) {
        reply = reply.button(view.name(), Press::Ask(format!("health {}", view.key)));
    }
    Ok(reply)
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
