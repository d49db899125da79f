//! Questions on the command line: the same code as in chat.

use std::sync::Arc;

use clap::ValueEnum;

use super::{Cli, Exit, Failure, assemble::Running, desk};
use crate::{
    channel,
    command::{
        self, desk::Asker, explain as why, find, find::Found, health as card, kpi as numbers, kpi_by as sides, lists,
        office::Office, roles::Role, today,
    },
    model::{
        instant::{Instant, day_number},
        locale::Locale,
        reply::Reply,
    },
    store::api::AccountRow,
    words::{bracketed, refusal, reports, sentence},
};

/// `cs TEXT…`.
#[derive(clap::Args, Debug)]
pub struct CsArgs {
    /// What would follow `/cs`, e.g. `health acme`.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    text: Vec<String>,
    /// Print the exact payload a platform would get.
    #[arg(long = "as", value_enum)]
    form: Option<Form>,
    /// Answer as this colleague of `people` is answered: what their role allows, and whom they see.
    #[arg(long, value_name = "PERSON")]
    who: Option<String>,
}

/// Which form to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// As the terminal shows it.
    Text,
    /// Slack's JSON.
    Slack,
    /// Discord's JSON.
    Discord,
}

/// `health ACCOUNT`.
#[derive(clap::Args, Debug)]
pub struct HealthArgs {
    /// Key, name or domain.
    account: String,
}

/// `timeline ACCOUNT`.
#[derive(clap::Args, Debug)]
pub struct AccountArgs {
    /// Key, name or domain.
    account: String,
}

/// `note ACCOUNT TEXT`.
#[derive(clap::Args, Debug)]
pub struct NoteArgs {
    /// Key, name or domain.
    account: String,
    /// What to write; words that begin with # are tags.
    #[arg(required = true)]
    text: Vec<String>,
    /// A good voice of the customer.
    #[arg(long)]
    positive: bool,
}

/// `explain ACCOUNT [--playbook P]`.
#[derive(clap::Args, Debug)]
pub struct ExplainArgs {
    /// Key, name or domain.
    account: String,
    /// Only this playbook.
    #[arg(long)]
    playbook: Option<String>,
    /// What was known and decided then (RFC 3339, or a date = its end).
    #[arg(long, value_name = "T")]
    at: Option<String>,
}

/// `kpi [--month YYYY-MM | --quarter YYYY-Qn] [--by WHAT] [--all]`.
#[derive(clap::Args, Debug)]
pub struct KpiArgs {
    /// The month (default: the last full one).
    #[arg(long)]
    month: Option<String>,
    /// A calendar quarter instead, e.g. 2026-Q3.
    #[arg(long, conflicts_with = "month")]
    quarter: Option<String>,
    /// Side by side: month, quarter, segment or an attribute of accounts (plan, touch, owner …); cohort: who stays, by the
    /// month customers started in.
    #[arg(long)]
    by: Option<String>,
    /// Every figure: other ways to count churn, MRR churn, first use and continued use of features too.
    #[arg(long)]
    all: bool,
}

/// Answers the text after `/cs`.
pub async fn cs(cli: &Cli, args: &CsArgs) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let office = Office(Arc::clone(&running.shell));
    let who = match &args.who {
        Some(person) => colleague(cli, &running, person)?,
        None => desk::asker(cli),
    };
    let reply = command::desk::ask(&office, &who, &args.text.join(" ")).await;
    if decides(&args.text.join(" ")) {
        desk::settle(&running).await?;
    }
    match args.form {
        Some(Form::Slack) => desk::json(&channel::slack::body::answer(&reply)),
        Some(Form::Discord) => desk::json(&channel::discord::body::answer(&reply)),
        Some(Form::Text) | None => return Ok(desk::answer(cli, &reply)),
    }
    Ok(desk::exit(&reply))
}

/// Somebody of `people`, asking at the terminal with the role that `permissions` gives them.
fn colleague(cli: &Cli, running: &Running, person: &str) -> Result<Asker, Failure> {
    let config = &running.project.config;
    if !config.people.contains_key(person) {
        let names: Vec<&str> = config.people.keys().map(String::as_str).collect();
        return Err(Failure::usage(sentence::no_person(cli.locale(), person, &names.join(", "))));
    }
    let level = config.permissions.get(person);
    let role = level.map_or(Role::Nobody, |level| Role::parse(level.word()));
    Ok(Asker { who: format!("terminal:{person}"), role, ..desk::asker(cli) })
}

/// Whether a text is an order about a customer, which the next decision takes up.
fn decides(text: &str) -> bool {
    use command::parse::Command::{Done, Enroll, HandOver, Note, Override, Unenroll};
    let order = |c| {
        matches!(c, HandOver { .. } | Enroll { .. } | Unenroll { .. } | Override { .. } | Note { .. } | Done { .. })
    };
    command::parse::parse(text).is_ok_and(|asked| order(asked.command))
}

/// The account that `name` means, to tell about it. Errors: none, with the nearest.
pub async fn account(running: &Running, who: &Asker, name: &str) -> Result<AccountRow, Failure> {
    one(find::find(&running.shell, name).await?, who, name)
}

/// The account that `name` means, to change something: a name that merely begins so is offered, not taken.
pub async fn account_to_change(running: &Running, who: &Asker, name: &str) -> Result<AccountRow, Failure> {
    one(find::exact(&running.shell, name).await?, who, name)
}

fn one(found: Found, who: &Asker, name: &str) -> Result<AccountRow, Failure> {
    match found {
        Found::One(row) => Ok(row),
        Found::Nearest(near) => {
            let reply = find::unknown(who.locale, name, &near, "health");
            let names: Vec<String> =
                near.iter().map(|r| format!("{}{}", r.key, bracketed(who.locale, &r.name))).collect();
            Err(Failure::refused(format!("{} {}", reply.title, names.join(", ")).trim_end().to_owned()))
        }
    }
}

/// One account's card.
pub async fn health(cli: &Cli, args: &HealthArgs) -> Result<Exit, Failure> {
    let (running, who) = (desk::open(cli).await?, desk::asker(cli));
    let row = account(&running, &who, &args.account).await?;
    let now = running.shell.clock.now();
    let view =
        running.shell.view(row.id, now).await?.ok_or_else(|| Failure::refused(refusal::account_gone(cli.locale())))?;
    let data = card::health(&view, &running.shell, now, who.locale);
    if cli.json {
        desk::json(&data);
    } else {
        desk::print(cli, &card::reply(&data, &running.shell.rulebook(), who.locale));
    }
    Ok(Exit::Done)
}

/// Why, and why not.
pub async fn explain(cli: &Cli, args: &ExplainArgs) -> Result<Exit, Failure> {
    let (running, who) = (desk::open(cli).await?, desk::asker(cli));
    let row = account(&running, &who, &args.account).await?;
    if let Some(name) = args.playbook.as_ref().filter(|p| running.shell.rulebook().playbook(p).is_none()) {
        return Err(Failure::refused(sentence::no_playbook(who.locale, name, &running.shell.rulebook().names())));
    }
    let data = match &args.at {
        None => why::why(&running.shell, &row, args.playbook.as_deref(), running.shell.clock.now()).await?,
        Some(text) => {
            let at = moment(&running, text, cli.locale())?;
            why::why_at(&running.shell, &row, args.playbook.as_deref(), at).await?
        }
    };
    if cli.json {
        desk::json(&command::data::why(&data, &running.shell.rulebook().model.workspace.zone));
    } else {
        desk::print(cli, &why::reply(&data, &running.shell, who.locale));
    }
    Ok(Exit::Done)
}

/// A moment as typed: RFC 3339, or a local date, which means its end.
fn moment(running: &Running, text: &str, locale: Locale) -> Result<Instant, Failure> {
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let end_of = |date: jiff::civil::Date| Instant::start_of_day(day_number(date) + 1, &zone).plus(-1);
    Instant::parse(text)
        .or_else(|| text.parse().ok().map(end_of))
        .ok_or_else(|| Failure::usage(refusal::no_moment(locale, text)))
}

/// Writes a note.
pub async fn note(cli: &Cli, args: &NoteArgs) -> Result<Exit, Failure> {
    let (running, who) = (desk::open(cli).await?, desk::asker(cli));
    let row = account_to_change(&running, &who, &args.account).await?;
    let Some((text, tags)) = command::parse::tagged(&args.text.join(" ")) else {
        return Err(Failure::usage(refusal::empty_note(cli.locale())));
    };
    let reply = command::act::note(&running.shell, &who, &row.key, text, tags, args.positive).await?;
    desk::print(cli, &reply);
    Ok(Exit::Done)
}

/// KPIs of a month or a quarter.
pub async fn kpi(cli: &Cli, args: &KpiArgs) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let (shell, locale) = (&running.shell, cli.locale());
    let now = shell.clock.now();
    let period = args.month.as_deref().or(args.quarter.as_deref());
    match args.by.as_deref() {
        Some("cohort") => return cohorts(cli, &running, period).await,
        Some(by) => {
            let found = sides::sides(shell, by, period, now, locale).await?.map_err(Failure::usage)?;
            if cli.json {
                desk::json(&serde_json::json!({"by": found.by, "period": found.period, "groups": found.groups}));
            } else {
                desk::print(cli, &sides::reply(&found, &shell.rulebook(), locale));
            }
            return Ok(Exit::Done);
        }
        None => {}
    }
    let report = numbers::month(shell, period, now, locale).await?.map_err(Failure::usage)?;
    if cli.json {
        desk::json(&report);
    } else {
        let show = if args.all { numbers::Show::All } else { numbers::Show::Most };
        desk::print(cli, &numbers::reply(&report, &shell.rulebook(), show, locale));
    }
    Ok(Exit::Done)
}

/// Who stays, by the month customers started in: the twelve months up to the one asked for.
async fn cohorts(cli: &Cli, running: &Running, month: Option<&str>) -> Result<Exit, Failure> {
    let (locale, now) = (cli.locale(), running.shell.clock.now());
    let today = now.date(&running.shell.rulebook().model.workspace.zone);
    let last = super::report::last_month(month, today, locale)?;
    let (table, currency) = running.shell.cohorts(last, now).await?;
    if cli.json {
        desk::json(
            &serde_json::json!({"until": last.last_of_month().to_string(), "currency": currency, "cohorts": table}),
        );
    } else {
        let reply = Reply::new(locale, reports::monthly::headings(locale)[2]);
        desk::print(cli, &command::report::monthly::cohorts(reply, &table, locale));
    }
    Ok(Exit::Done)
}

/// What the day holds.
pub async fn today(cli: &Cli) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let now = running.shell.clock.now();
    desk::print(cli, &today::today(&running.shell, &desk::asker(cli), now).await?);
    Ok(Exit::Done)
}

/// Everything that happened with an account.
pub async fn timeline(cli: &Cli, args: &AccountArgs) -> Result<Exit, Failure> {
    let (running, who) = (desk::open(cli).await?, desk::asker(cli));
    let row = account(&running, &who, &args.account).await?;
    if cli.json {
        desk::json(&lists::history(&running.shell, &row, who.locale).await?);
    } else {
        desk::print(cli, &lists::timeline(&running.shell, &row, who.locale).await?);
    }
    Ok(Exit::Done)
}
