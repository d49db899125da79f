//! `simulate`: what would go out, to whom, when, over all playbooks together.

use std::collections::BTreeMap;

use super::{Cli, Exit, Failure, desk, portfolio};
use crate::{
    command::reply::{Part, Reply, Table},
    model::{
        instant::{DAY, Instant},
        locale::Locale,
    },
    rulebook::{titles::Titled, types::Rulebook},
    simulate::{habits, portfolio::Line},
    words::{outlook as say, reasons::reason, refusal, sentence},
};

/// Options of `simulate`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// From when lines are told: a date, a moment or days from now (default: now).
    #[arg(long)]
    from: Option<String>,
    /// Until when: a date, a moment, or days after `--from` such as 30d.
    #[arg(long, default_value = "30d")]
    to: String,
    /// Only this playbook's lines; all of them run.
    #[arg(long)]
    playbook: Option<String>,
    /// Assume that everybody goes on doing what they did in the last so many days; 0 = nothing new happens.
    #[arg(long, value_name = "DAYS", default_value_t = 28)]
    habits: u16,
}

/// Moves the live store's customers forward on virtual time; writes and sends nothing.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let (now, zone) = (running.shell.clock.now(), running.shell.rulebook().model.workspace.zone.clone());
    let from = args.from.as_deref().map_or(Ok(now), |text| portfolio::moment(text, now, &zone, cli.locale()))?;
    let to = portfolio::moment(&args.to, from, &zone, cli.locale())?;
    if from < now || to <= from {
        return Err(Failure::usage(refusal::only_ahead(cli.locale())));
    }
    if let Some(name) = &args.playbook
        && running.shell.rulebook().playbook(name).is_none()
    {
        return Err(Failure::refused(sentence::no_playbook(cli.locale(), name, &running.shell.rulebook().names())));
    }
    let mut all = portfolio::load(&running, now, args.habits > 0).await?;
    if args.habits > 0 {
        all.accounts.iter_mut().for_each(|account| habits::go_on(account, now, to, i64::from(args.habits.min(366))));
    }
    all.sweep(now);
    let customers = all.accounts.len().saturating_sub(1);
    let names = portfolio::names(&all.accounts);
    let lines = forward(cli, &mut all, args, (now, from, to))?;
    if !cli.json {
        let rulebook = running.shell.rulebook();
        let title = say::simulated(cli.locale(), customers, from.date(&zone), to.date(&zone), args.habits);
        let summary = summary(&lines, title, &names, &rulebook, cli.locale());
        desk::print(cli, &summary);
    }
    Ok(Exit::Done)
}

/// Day by day, printing as it goes where NDJSON was asked for.
fn forward(
    cli: &Cli,
    all: &mut crate::simulate::portfolio::Portfolio,
    args: &Args,
    (now, from, to): (Instant, Instant, Instant),
) -> Result<Vec<Line>, Failure> {
    let (progress, days) = (portfolio::Progress::new(cli.json), (to.since(now) / DAY) as usize + 1);
    let (mut lines, mut at) = (Vec::new(), now);
    for day in 0..days {
        at = at.plus(DAY).min(to);
        let mut told = Vec::new();
        all.advance(at, &mut |line| told.push(line)).map_err(|stuck| Failure::refused(stuck.to_string()))?;
        told.retain(|l| l.moment >= from && l.moment < to && args.playbook.as_ref().is_none_or(|p| *p == l.playbook));
        if cli.json {
            told.iter().for_each(|l| anstream::println!("{}", serde_json::to_string(l).unwrap_or_default()));
        } else {
            lines.extend(told);
        }
        progress.show(day + 1, days);
    }
    progress.done();
    Ok(lines)
}

fn summary(
    lines: &[Line],
    title: String,
    names: &BTreeMap<String, String>,
    rulebook: &Rulebook,
    locale: Locale,
) -> Reply {
    let sent = lines.iter().filter(|l| l.kind == "message");
    let mut per_account: BTreeMap<&str, usize> = BTreeMap::new();
    sent.filter(|l| !l.account.is_empty()).for_each(|l| *per_account.entry(&l.account).or_default() += 1);
    let busiest = per_account.iter().max_by_key(|(key, n)| (**n, std::cmp::Reverse(**key)));
    let mut reply = Reply::new(locale, title).with(Part::Table(by_playbook(lines, rulebook, locale)));
    if let Some((account, most)) = busiest {
        reply =
            reply.with(Part::Text(say::busiest(locale, names.get(*account).map_or(account, String::as_str), *most)));
    }
    let skips = reasons(lines, rulebook, locale);
    if !skips.rows.is_empty() {
        reply = reply.with(Part::Heading(say::why_skipped(locale))).with(Part::Table(skips));
    }
    reply.with(Part::Text(say::simulate_more(locale)))
}

fn by_playbook(lines: &[Line], rulebook: &Rulebook, locale: Locale) -> Table {
    let mut counts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for line in lines {
        let column = match line.kind.as_str() {
            "message" | "webhook" => 0,
            "task" => 1,
            "skip" => 2,
            "ghost" => 3,
            _ => continue,
        };
        counts.entry(&line.playbook).or_default()[column] += 1;
    }
    let row = |(name, n): (&&str, &[usize; 4])| {
        std::iter::once(title(rulebook, name, locale)).chain(n.iter().map(usize::to_string)).collect()
    };
    Table { header: say::simulate_header(locale), rows: counts.iter().map(row).collect() }
}

/// The commonest reasons for which a step was left out.
fn reasons(lines: &[Line], rulebook: &Rulebook, locale: Locale) -> Table {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in lines.iter().filter(|l| l.kind == "skip") {
        *counts.entry((&line.playbook, &line.reason)).or_default() += 1;
    }
    let mut list: Vec<_> = counts.into_iter().collect();
    list.sort_by_key(|(what, n)| (std::cmp::Reverse(*n), *what));
    let row = |((playbook, why), n): &((&str, &str), usize)| {
        let why = reason(locale, why, &|name| title(rulebook, name, locale));
        vec![title(rulebook, playbook, locale), why, n.to_string()]
    };
    Table { header: say::skip_header(locale), rows: list.iter().take(10).map(row).collect() }
}

fn title(rulebook: &Rulebook, playbook: &str, locale: Locale) -> String {
    rulebook.title(Titled::Playbook, playbook, locale).to_owned()
}
