//! `renewals` and `stuck`: which customers need a plan soon, as a table.

use super::{
    act,
    health::onboarding,
    reply::{Part, Press, Reply, Table},
};
use crate::{
    app::{roll::Which, shell::Shell},
    insight::view::AccountView,
    model::{instant::Instant, instant::date_of, locale::Locale, money::Money},
    rulebook::{titles::Titled, types::Rulebook},
    store::api::Result,
    words::{band, desk},
};

/// Rows of a table.
const ROWS: usize = 20;
/// Accounts with a button.
const BUTTONS: usize = 5;
/// `renewals` without a length.
const USUAL: &str = "90d";

/// `renewals [90d]`: customers by the day of their renewal; those past it are counted apart.
pub async fn renewals(shell: &Shell, length: Option<&str>, now: Instant, locale: Locale) -> Result<Reply> {
    let until = match act::until(shell, Some(length.unwrap_or(USUAL)), now, locale) {
        Ok(until) => until.unwrap_or(now),
        Err(why) => return Ok(Reply::refusal(locale, why)),
    };
    let rulebook = shell.rulebook();
    let zone = &rulebook.model.workspace.zone;
    let (today, last) = (now.day(zone), until.day(zone));
    let (mut past, mut views) = (0, Vec::new());
    let see = |view: AccountView| match view.day("account.renewal_date").is_some_and(|day| day < today) {
        true => past += 1,
        false => views.push(view),
    };
    shell.pick(Which::RenewalUpTo(last), now, see).await?;
    let mut due: Vec<(i32, &AccountView)> =
        views.iter().filter_map(|v| Some((v.day("account.renewal_date")?, v))).collect();
    due.sort_by(|a, b| (a.0, &a.1.key).cmp(&(b.0, &b.1.key)));
    let row = |(day, view): &(i32, &AccountView)| {
        vec![
            date_of(*day).to_string(),
            desk::days(locale, i64::from(*day) - i64::from(today)),
            view.name(),
            band(locale, view.band()).to_owned(),
            view.mrr().map(|m| m.to_string()).unwrap_or_default(),
            owner(view),
        ]
    };
    let title = desk::renewals(locale, due.len(), &date_of(today).to_string(), &date_of(last).to_string());
    let rows = due.iter().take(ROWS).map(row).collect();
    let shown: Vec<&AccountView> = due.iter().map(|(_, view)| *view).collect();
    let mut reply = listed(locale, title, &desk::renewal_header(locale), rows, due.len());
    if past > 0 {
        reply = reply.line(desk::overdue_renewals(locale, past));
    }
    let red: Vec<&AccountView> = shown.iter().copied().filter(|v| v.band() == "red").collect();
    if !shown.is_empty() {
        reply.footer = desk::at_stake(locale, &together(&shown), red.len());
    }
    Ok(buttons(reply, &red))
}

/// `stuck`: customers longer in their phase than the model allows, longest first.
pub async fn stuck(shell: &Shell, now: Instant, locale: Locale) -> Result<Reply> {
    let rulebook = shell.rulebook();
    let (views, _) = shell.picked(Which::Stuck, now).await?;
    let mut found: Vec<&AccountView> = views.iter().collect();
    let days = |v: &AccountView| v.number("days_in_phase").unwrap_or(0.0);
    found.sort_by(|a, b| days(b).total_cmp(&days(a)).then_with(|| a.key.cmp(&b.key)));
    let row = |v: &&AccountView| {
        vec![
            v.name(),
            rulebook.title(Titled::Phase, v.text("phase").unwrap_or_default(), locale).to_owned(),
            format!("{:.0}", days(v)),
            next_step(v, &rulebook, locale),
            v.mrr().map(|m| m.to_string()).unwrap_or_default(),
            owner(v),
        ]
    };
    let rows = found.iter().take(ROWS).map(row).collect();
    let reply = listed(locale, desk::stuck(locale, found.len()), &desk::stuck_header(locale), rows, found.len());
    Ok(buttons(reply, &found))
}

/// The open milestone of the first phase; elsewhere the goal of the phase stands on the card.
fn next_step(view: &AccountView, rulebook: &Rulebook, locale: Locale) -> String {
    let first = rulebook.model.journey.iter().find(|p| p.until.is_some()).map(|p| p.name.as_str());
    let open = if view.text("phase") == first { onboarding(view, rulebook).open_step } else { None };
    open.map(|name| rulebook.title(Titled::Milestone, &name, locale).to_owned()).unwrap_or_default()
}

/// As digests and `tasks` name people.
fn owner(view: &AccountView) -> String {
    view.text("account.csm").map(|key| format!("@{key}")).unwrap_or_default()
}

fn listed(locale: Locale, title: String, header: &[&str], rows: Vec<Vec<String>>, all: usize) -> Reply {
    let reply = Reply::new(locale, title);
    if rows.is_empty() {
        return reply.line(desk::nobody(locale));
    }
    let more = all.saturating_sub(rows.len());
    let header = header.iter().map(|word| (*word).to_owned()).collect();
    let reply = reply.with(Part::Table(Table { header, rows }));
    if more > 0 { reply.line(desk::more_accounts(locale, more)) } else { reply }
}

fn buttons(reply: Reply, views: &[&AccountView]) -> Reply {
    let ask = |key: &str| Press::Ask(format!("health {}", super::office::quoted(key)));
    views.iter().take(BUTTONS).fold(reply, |reply, view| reply.button(view.name(), ask(&view.key)))
}

/// Monthly revenue, each currency for itself.
fn together(views: &[&AccountView]) -> String {
    let sums = Money::sums(views.iter().filter_map(|v| v.mrr()));
    let all: Vec<String> = sums.iter().map(ToString::to_string).collect();
    if all.is_empty() { "–".to_owned() } else { all.join(" + ") }
}
