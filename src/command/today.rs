//! `today`: what went out yesterday, what goes out today, the asker's tasks, who became red.

use std::collections::BTreeMap;

use super::{
    act,
    desk::Asker,
    digest as rows,
    office::quoted,
    reply::{Part, Press, Reply, Table},
    tasks,
};
use crate::{
    app::{
        dispatch::{alarm, hold},
        shell::Shell,
    },
    insight::{digest, view::AccountView},
    model::{instant::Instant, locale::Locale, message::OutboxState},
    rulebook::{titles::Titled, types::Rulebook},
    store::api::{OutboxRow, Result},
    words::{Word, desk, say, sentence},
};

/// Messages looked through: a day of a large workspace.
const MOST: usize = 20_000;
/// Rows of each list.
const ROWS: usize = 8;

/// (title, channel) → how many.
type Counts = BTreeMap<(String, &'static str), usize>;

/// The day of the asker.
pub async fn today(shell: &Shell, who: &Asker, now: Instant) -> Result<Reply> {
    let (locale, rulebook) = (who.locale, shell.rulebook());
    let zone = rulebook.model.workspace.zone.clone();
    let midnight = |days: i32| Instant::start_of_day(now.day(&zone) + days, &zone);
    let outbox = shell.store.outbox(None, None, MOST).await?;
    let views = shell.views(None, now).await?;
    let sent = outbox.iter().filter(|r| r.state == OutboxState::Sent && (midnight(-1)..midnight(0)).contains(&r.at));
    let sent = counted(sent, &rulebook, locale);
    let ready = outbox.iter().filter(|r| waits(r) && r.not_before < midnight(1));
    let mut going = counted(ready, &rulebook, locale);
    for playbook in views.iter().flat_map(|view| ends_today(view, now, midnight(1))) {
        let title = rulebook.title(Titled::Playbook, playbook, locale).to_owned();
        *going.entry((title, "planned")).or_default() += 1;
    }
    let held = outbox.iter().filter(|r| r.state == OutboxState::Held).count();
    let unsure = outbox.iter().filter(|r| r.state == OutboxState::MaybeSent).count();
    let me = Some(act::key_of(shell, who)).filter(|key| shell.world().people.contains_key(key));
    let open = tasks::open(shell, me.as_deref(), locale).await?;
    let overdue = open.iter().filter(|task| task.overdue(midnight(0))).count();
    let mine = if me.is_some() { desk::my_tasks(locale) } else { desk::all_tasks(locale) };
    let fresh =
        |v: &&AccountView| v.band() == "red" && v.state.health.as_ref().is_some_and(|h| h.band_since >= midnight(-1));
    let reds: Vec<&AccountView> = views.iter().filter(|v| v.is_customer()).filter(fresh).collect();

    let mut reply = Reply::new(locale, sentence::today_title(locale, &now.date(&zone).to_string()))
        .field(desk::sent_yesterday(locale), sent.values().sum::<usize>().to_string())
        .field(desk::going_today(locale), going.values().sum::<usize>().to_string());
    for (label, count) in [(desk::held(locale), held), (say(locale, Word::MaybeSent), unsure)] {
        if count > 0 {
            reply = reply.field(label, count.to_string());
        }
    }
    reply = reply
        .field(mine, desk::tasks(locale, open.len(), overdue))
        .field(say(locale, Word::NewReds), reds.len().to_string());
    for alarm in alarm::read(shell.store.as_ref()).await? {
        reply = reply.line(sentence::stopped(locale, &alarm.name, &alarm.reason));
    }
    for (name, why) in hold::senders(&shell.world(), now) {
        reply = reply.line(sentence::stopped(locale, name, why));
    }
    reply = approvals(reply, shell, &rulebook);
    reply = table(reply, desk::sent_yesterday(locale), &sent);
    reply = table(reply, desk::going_today(locale), &going);
    if !open.is_empty() {
        reply = tasks::listed(reply.with(Part::Heading(mine.to_owned())), &open, ROWS, shell, now);
    }
    if !reds.is_empty() {
        reply = new_reds(reply.with(Part::Heading(say(locale, Word::NewReds).to_owned())), reds, &rulebook, now);
    }
    reply.footer = say(locale, Word::CheckedAgain).to_owned();
    Ok(reply)
}

/// Not held by a person, and not yet with the channel.
fn waits(row: &OutboxRow) -> bool {
    matches!(row.state, OutboxState::Queued | OutboxState::Claimed)
}

/// Playbooks of the account's runs whose wait ends before `end`.
fn ends_today(view: &AccountView, now: Instant, end: Instant) -> impl Iterator<Item = &str> {
    let due = move |until: Option<Instant>| until.is_some_and(|at| now <= at && at < end);
    let waiting = |word: &str| matches!(word, "wait" | "window") || word.starts_with("cap");
    view.runs.iter().filter(move |run| due(run.until) && waiting(&run.waiting)).map(|run| run.playbook.as_str())
}

fn counted<'a>(rows: impl Iterator<Item = &'a OutboxRow>, rulebook: &Rulebook, locale: Locale) -> Counts {
    let mut counts = Counts::new();
    for planned in rows.map(|row| &row.planned) {
        let title = match planned.playbook.strip_prefix("digest:") {
            Some(name) => rulebook.title(Titled::Digest, name, locale),
            None => rulebook.title(Titled::Playbook, &planned.playbook, locale),
        };
        *counts.entry((title.to_owned(), planned.channel.word())).or_default() += 1;
    }
    counts
}

/// The largest first.
fn table(reply: Reply, title: &str, counts: &Counts) -> Reply {
    if counts.is_empty() {
        return reply;
    }
    let locale = reply.locale;
    let mut all: Vec<(&(String, &str), &usize)> = counts.iter().collect();
    all.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let row = |((title, channel), n): &(&(String, &str), &usize)| {
        vec![title.clone(), desk::channel(locale, channel).to_owned(), n.to_string()]
    };
    let header = desk::sends_header(locale).map(str::to_owned).into();
    let rows = all.iter().take(ROWS).map(row).collect();
    reply.with(Part::Heading(title.to_owned())).with(Part::Table(Table { header, rows }))
}

fn approvals(reply: Reply, shell: &Shell, rulebook: &Rulebook) -> Reply {
    let (locale, world) = (reply.locale, shell.world());
    let waiting = rulebook.playbooks.iter().filter(|p| p.approve.is_some() && !world.approved.contains(&p.name));
    waiting.fold(reply, |reply, playbook| {
        let label = sentence::awaiting_approval(locale, rulebook.title(Titled::Playbook, &playbook.name, locale));
        reply.button(label, Press::Ask(format!("approve {}", playbook.name)))
    })
}

fn new_reds(reply: Reply, reds: Vec<&AccountView>, rulebook: &Rulebook, now: Instant) -> Reply {
    let locale = reply.locale;
    let data = digest::build("today", reds, 0, ROWS, now);
    let line = |(i, row): (usize, &digest::DigestRow)| rows::line(i + 1, row, data.order, rulebook, locale);
    let reply = data.rows.iter().enumerate().map(line).fold(reply, Reply::line);
    data.rows.iter().take(5).fold(reply, |reply, row| {
        reply.button(row.name.clone(), Press::Ask(format!("health {}", quoted(&row.account))))
    })
}
