//! `backtest`: how a playbook would have done over history.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{Cli, Exit, Failure, assemble::Running, desk, portfolio};
use crate::{
    command::reply::{Field, Part, Reply, Table},
    model::{
        ids::AccountId,
        instant::{DAY, Instant},
        locale::Locale,
    },
    rulebook::titles::Titled,
    simulate::{
        backtest::{self, Backtest, History},
        heard::Heard,
    },
    store::api::Subscription,
    words::{outlook as say, refusal, sentence},
};

/// Options of `backtest`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The playbook.
    playbook: String,
    /// First day looked at (default: a year before `--to`).
    #[arg(long)]
    from: Option<String>,
    /// The day after the last one (default: today).
    #[arg(long)]
    to: Option<String>,
}

/// A share by chance that nothing can beat.
const CERTAIN: f64 = 0.999;
/// Rows that people see.
const SHOWN: usize = 12;
/// Accounts read at once: with all they did, one may be large.
const PAGE: usize = 20;

/// Replays history under one playbook; writes and sends nothing.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let rulebook = running.shell.rulebook();
    let (now, zone) = (running.shell.clock.now(), &rulebook.model.workspace.zone);
    let Some(playbook) = rulebook.playbook(&args.playbook) else {
        return Err(Failure::refused(sentence::no_playbook(cli.locale(), &args.playbook, &rulebook.names())));
    };
    let to = args.to.as_deref().map_or(Ok(now), |text| portfolio::moment(text, now, zone, cli.locale()))?;
    let from = args
        .from
        .as_deref()
        .map_or(Ok(to.plus(-365 * DAY)), |text| portfolio::moment(text, now, zone, cli.locale()))?;
    if to > now || from >= to {
        return Err(Failure::usage(refusal::only_behind(cli.locale())));
    }
    let (history, names) = history(&running, &Heard::of(&rulebook, playbook), now, zone).await?;
    let found =
        backtest::run(history, &rulebook, playbook, from, to).map_err(|stuck| Failure::refused(stuck.to_string()))?;
    if cli.json {
        desk::json(&found);
    } else {
        let title = say::tested_back(
            cli.locale(),
            rulebook.title(Titled::Playbook, &args.playbook, cli.locale()),
            from.date(zone),
            to.date(zone),
            found.accounts,
        );
        desk::print(cli, &shown(&found, title, &names, cli.locale()));
    }
    Ok(Exit::Done)
}

/// What is recorded, page by page, with what accounts are called: only what is heard stays in memory.
async fn history(
    running: &Running,
    heard: &Heard,
    now: Instant,
    zone: &TimeZone,
) -> Result<(History, BTreeMap<String, String>), Failure> {
    let mut contracts: BTreeMap<AccountId, Vec<Subscription>> = BTreeMap::new();
    for one in running.shell.store.subscriptions().await? {
        contracts.entry(one.account).or_default().push(one);
    }
    let mut names: Vec<(String, Option<String>)> = Vec::new();
    let mut history = History::default();
    let mut after = AccountId(-1);
    loop {
        let page = running.shell.store.whole(after, PAGE, true).await?;
        let Some(last) = page.last() else {
            return Ok((history, portfolio::called(names.iter().map(|(key, name)| (key.as_str(), name.as_deref())))));
        };
        after = last.snapshot.account;
        for whole in page {
            let (id, mut facts) = (whole.snapshot.account, whole.history);
            facts.extend(whole.snapshot.inbox);
            let own = contracts.get(&id).map_or(&[][..], Vec::as_slice);
            let lost = backtest::churn_by_status(&facts).or_else(|| ended(own, now, zone));
            history.churned.extend(lost.map(|at| (id, at)));
            if id != AccountId::WORKSPACE {
                let name = whole.snapshot.state.attr_text("name").map(str::to_owned);
                let key = whole.snapshot.key.clone();
                history.drawn.extend(whole.snapshot.state.drawn_as.clone().map(|drawn| (id, drawn)));
                names.push((key.clone(), name));
                history.accounts.push((id, key, heard.only(facts)));
            }
        }
    }
}

/// The end of the last contract, where none is open and it lies in the past.
fn ended(own: &[Subscription], now: Instant, zone: &TimeZone) -> Option<Instant> {
    let last = own.iter().map(|s| s.end).collect::<Option<Vec<i32>>>()?.into_iter().max()?;
    Some(Instant::start_of_day(last, zone)).filter(|at| *at <= now)
}

fn shown(found: &Backtest, title: String, names: &BTreeMap<String, String>, locale: Locale) -> Reply {
    let hits = found.fired.iter().filter(|f| f.is_hit(found.horizon_days)).count();
    let percent = |share: Option<f64>, detail: String| match share {
        Some(share) => format!("{:.1} %  {detail}", share * 100.0),
        None => "-".to_owned(),
    };
    let values = [
        found.fired.len().to_string(),
        percent(found.precision, say::of_fired(locale, hits, found.known, found.horizon_days)),
        percent(found.by_chance, say::by_chance(locale, found.horizon_days)),
        percent(found.recall, say::of_lost(locale, hits, found.churned)),
        found.lead_days_median.map_or_else(|| "-".to_owned(), |d| say::days(locale, d)),
        percent(found.base_rate, say::of_all(locale, found.churned, found.accounts)),
    ];
    let labels = say::backtest_labels(locale);
    let fields = labels.into_iter().zip(values).map(|(label, value)| Field { label, value }).collect();
    let mut reply = Reply::new(locale, title).with(Part::Fields(fields));
    if found.by_chance.is_some_and(|share| share > CERTAIN) {
        reply = reply.with(Part::Text(say::too_short(locale, found.horizon_days)));
    }
    if found.undetermined.n > 0 {
        let names = found.undetermined.attributes.join(", ");
        reply = reply.with(Part::Text(say::undetermined(locale, found.undetermined.n, &names)));
    }
    if found.fired.is_empty() {
        return reply.with(Part::Text(say::nothing_fired(locale)));
    }
    let row = |f: &backtest::Fired| {
        let name = names.get(&f.account).unwrap_or(&f.account);
        vec![name.clone(), f.at.get(..10).unwrap_or_default().to_owned(), f.churned_at.clone().unwrap_or_default()]
    };
    let rows = found.fired.iter().take(SHOWN).map(row).collect();
    reply = reply.with(Part::Table(Table { header: say::fired_header(locale), rows }));
    match found.fired.len().saturating_sub(SHOWN) {
        0 => reply,
        rest => reply.with(Part::Text(say::more(locale, rest))),
    }
}
