//! `today`: what went out yesterday, what goes out today, the asker's tasks, who became red.

use std::collections::BTreeMap;

use super::{
    act,
    desk::Asker,
    digest as rows,
    office::quoted,
    reply::{Part, Press, Reply, Table},
    roles::{Place, Role},
    tasks,
};
use crate::{
    app::{
        dispatch::{alarm, hold},
        shell::Shell,
    },
    insight::{digest, view::AccountView},
    model::{
        instant::{Instant, date_of},
        locale::Locale,
        state::HealthState,
    },
    rulebook::{playbook::Playbook, titles::Titled, types::Rulebook},
    store::api::{Count, Result},
    words::{Word, absence, desk, say, sentence},
};

/// Rows of each list.
const ROWS: usize = 8;

/// (title, channel) → how many.
type Counts = BTreeMap<(String, String), usize>;

/// The day of the asker.
pub async fn today(shell: &Shell, who: &Asker, now: Instant) -> Result<Reply> {
    let (locale, rulebook) = (who.locale, shell.rulebook());
    let zone = rulebook.model.workspace.zone.clone();
    let midnight = |days: i32| Instant::start_of_day(now.day(&zone) + days, &zone);
    let day = shell.store.day([midnight(-1), midnight(0), midnight(1)], now, None).await?;
    let sent = counted(&day.sent, &rulebook, locale);
    let planned: Vec<Count> = day.planned.iter().map(|c| Count { channel: "planned".into(), ..c.clone() }).collect();
    let going = counted(day.going.iter().chain(&planned), &rulebook, locale);
    let me = Some(act::key_of(shell, who)).filter(|key| shell.world().people.contains_key(key));
    let open = match &me {
        Some(key) => tasks::open_of(shell, key, now).await?,
        None => tasks::open(shell, None).await?,
    };
    let overdue = open.iter().filter(|(_, task)| tasks::is_overdue(task, midnight(0))).count();
    let mine = if me.is_some() { desk::my_tasks(locale) } else { desk::all_tasks(locale) };
    let views = shell.views_in_band("red", now).await?;
    let reds: Vec<&AccountView> = views.iter().filter(|v| v.is_customer() && is_red_since(v, midnight(-1))).collect();

    let mut reply = Reply::new(locale, sentence::today_title(locale, &now.date(&zone).to_string()))
        .field(desk::sent_yesterday(locale), sent.values().sum::<usize>().to_string())
        .field(desk::going_today(locale), going.values().sum::<usize>().to_string());
    for (label, count) in [(desk::held(locale), day.held), (say(locale, Word::MaybeSent), day.unsure)] {
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
    for (name, why) in hold::paused(&shell.world(), now) {
        reply = reply.line(sentence::stopped(locale, name, why));
    }
    reply = me.iter().fold(reply, |reply, key| standing_in(reply, shell, key, now.day(&zone)));
    reply = approvals(reply, shell, &rulebook);
    reply = table(reply, desk::sent_yesterday(locale), &sent);
    reply = table(reply, desk::going_today(locale), &going);
    if !open.is_empty() {
        let heading = reply.with(Part::Heading(mine.to_owned()));
        reply = tasks::listed(heading, &open, ROWS, shell, now).await?;
    }
    if !reds.is_empty() {
        reply = new_reds(reply.with(Part::Heading(say(locale, Word::NewReds).to_owned())), reds, &rulebook, now);
    }
    reply.footer = say(locale, Word::CheckedAgain).to_owned();
    Ok(reply)
}

/// The day of a colleague (`@KEY`; any other word: everybody's), as a digest of the morning.
pub async fn of_person(shell: &Shell, whom: &str, locale: Locale, now: Instant) -> Result<Reply> {
    let key = whom.strip_prefix('@').unwrap_or("everybody");
    let who = Asker { who: format!("digest:{key}"), role: Role::Viewer, place: Place::Direct, locale, account: None };
    let own = shell.seen_by(key, now).await?;
    today(own.as_ref().unwrap_or(shell), &who, now).await
}

/// For whom the asker acts, and until when; or who acts for the asker.
pub fn standing_in(reply: Reply, shell: &Shell, me: &str, today: i32) -> Reply {
    let (world, locale) = (shell.world(), reply.locale);
    let name = |key: &str| world.called(key, locale).to_owned();
    let until = |key: &str| world.away.get(key).map(|away| date_of(away.until).to_string()).unwrap_or_default();
    let deputy = world.on_duty(me, today);
    let reply =
        if deputy == me { reply } else { reply.line(absence::they_act_for_you(locale, &name(deputy), &until(me))) };
    let absent = world.acts_for(me, today);
    absent.into_iter().fold(reply, |reply, key| reply.line(absence::you_act_for(locale, &name(key), &until(key))))
}

fn is_red_since(view: &AccountView, since: Instant) -> bool {
    view.band() == "red" && view.state.health.as_ref().is_some_and(|h| fell(h, since))
}

/// Judged better before: a customer whose first known band is red is no news, only new here.
fn fell(health: &HealthState, since: Instant) -> bool {
    health.band_since >= since && matches!(health.previous_band.as_deref(), Some("green" | "yellow"))
}

fn counted<'a>(counts: impl IntoIterator<Item = &'a Count>, rulebook: &Rulebook, locale: Locale) -> Counts {
    let mut all = Counts::new();
    for count in counts {
        let title = match count.playbook.strip_prefix("digest:") {
            Some(name) => rulebook.title(Titled::Digest, name, locale),
            None => rulebook.title(Titled::Playbook, &count.playbook, locale),
        };
        *all.entry((title.to_owned(), count.channel.clone())).or_default() += count.number;
    }
    all
}

/// The largest first.
fn table(reply: Reply, title: &str, counts: &Counts) -> Reply {
    if counts.is_empty() {
        return reply;
    }
    let locale = reply.locale;
    let mut all: Vec<(&(String, String), &usize)> = counts.iter().collect();
    all.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let row = |((title, channel), n): &(&(String, String), &usize)| {
        vec![title.clone(), desk::channel(locale, channel).to_owned(), n.to_string()]
    };
    let header = desk::sends_header(locale).map(str::to_owned).into();
    let rows = all.iter().take(ROWS).map(row).collect();
    reply.with(Part::Heading(title.to_owned())).with(Part::Table(Table { header, rows }))
}

fn approvals(reply: Reply, shell: &Shell, rulebook: &Rulebook) -> Reply {
    let (locale, world) = (reply.locale, shell.world());
    let waits = |p: &&Playbook| p.approve.is_some() && !world.approved.contains(&p.name) && !shell.is_partial();
    let waiting = rulebook.playbooks.iter().filter(waits);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_red_when_first_judged_is_not_newly_at_risk() {
        let red = |before: Option<&str>, since: i64| HealthState {
            band: "red".to_owned(),
            previous_band: before.map(str::to_owned),
            band_since: Instant(since),
            ..HealthState::default()
        };
        assert!(fell(&red(Some("green"), 10), Instant(10)) && fell(&red(Some("yellow"), 11), Instant(10)));
        assert!(!fell(&red(Some("green"), 9), Instant(10)), "longer ago");
        assert!(!fell(&red(None, 10), Instant(10)) && !fell(&red(Some("unknown"), 10), Instant(10)));
    }
}
