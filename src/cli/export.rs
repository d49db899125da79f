//! `export`: back to a sheet that stays theirs; what comes out goes in again and is no news.

use std::{collections::BTreeSet, io::Write, path::PathBuf};

use clap::ValueEnum;

use super::{Cli, Exit, Failure, assemble::Running, desk, stories};
use crate::{
    model::{
        contact::Contact,
        ids::AccountId,
        instant::date_of,
        money::{Currency, Money},
        safe::CsvCell,
        snapshot::{ContactQuery, Snapshot},
        value::Value,
    },
    store::api::Subscription,
};

/// Contacts of one account written at most.
const CONTACTS: u32 = 100_000;
/// Columns that come first, in this order.
const FIRST: [&str; 4] = ["name", "email", "role", "status"];
/// What is known about people beside their attributes.
const FLAGS: [&str; 3] = ["consent", "opted_out", "do_not_contact"];

/// Options of `export`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What the rows are.
    #[arg(value_enum)]
    kind: What,
    /// Where to write; nothing = standard output.
    file: Option<PathBuf>,
    /// The same as FILE.
    #[arg(long, conflicts_with = "file")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Accounts,
    Contacts,
    Subscriptions,
    /// Candidates for customer stories and what may be quoted (F.csv or F.md).
    Stories,
}

/// Writes CSV (UTF-8 with byte order mark, CRLF) that no spreadsheet computes.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let path = args.file.as_ref().or(args.out.as_ref());
    if let What::Stories = args.kind {
        let (bytes, told) = stories::written(&running, path.map(PathBuf::as_path), cli.locale()).await?;
        write(path, &bytes)?;
        anstream::eprintln!("{told}");
        return Ok(Exit::Done);
    }
    let (header, rows) = match args.kind {
        What::Accounts => accounts(&running).await?,
        What::Contacts => contacts(&running).await?,
        What::Subscriptions | What::Stories => subscriptions(&running).await?,
    };
    write(path, &csv(&header, &rows)?)?;
    Ok(Exit::Done)
}

fn write(path: Option<&PathBuf>, bytes: &[u8]) -> Result<(), Failure> {
    match path {
        Some(path) => std::fs::write(path, bytes)?,
        None => std::io::stdout().write_all(bytes)?,
    }
    Ok(())
}

pub(super) type Sheet = (Vec<String>, Vec<Vec<CsvCell>>);

pub(super) fn csv(header: &[String], rows: &[Vec<CsvCell>]) -> Result<Vec<u8>, Failure> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    let failed = |e: csv::Error| Failure::refused(e.to_string());
    writer.write_record(header.iter().map(|name| CsvCell::text(name))).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    writer.into_inner().map_err(|e| Failure::refused(e.to_string()))
}

/// Names in the order people expect: the usual ones, then the rest by name.
fn ordered(names: BTreeSet<String>) -> Vec<String> {
    let (mut list, rest): (Vec<String>, Vec<String>) = names.into_iter().partition(|n| FIRST.contains(&n.as_str()));
    list.sort_by_key(|n| FIRST.iter().position(|f| f == n));
    list.extend(rest);
    list
}

async fn snapshots(running: &Running) -> Result<Vec<Snapshot>, Failure> {
    Ok(running.shell.each(Some).await?)
}

async fn accounts(running: &Running) -> Result<Sheet, Failure> {
    let all = snapshots(running).await?;
    // `import_as` is said at the first sight only.
    let names = all.iter().flat_map(|s| s.state.attrs.keys()).filter(|n| *n != "import_as").cloned();
    let names = ordered(names.collect());
    let row = |s: &Snapshot| {
        let values = names.iter().map(|n| cell(running, &s.state.attr(n)));
        std::iter::once(CsvCell::text(&s.key)).chain(values).collect()
    };
    let rows = all.iter().map(row).collect();
    Ok((std::iter::once("key".to_owned()).chain(names.clone()).collect(), rows))
}

async fn contacts(running: &Running) -> Result<Sheet, Failure> {
    let everyone = ContactQuery::first(Vec::new(), CONTACTS);
    let mut all: Vec<(String, Contact)> = Vec::new();
    for snapshot in snapshots(running).await? {
        let found = running.shell.store.contacts(snapshot.account, &everyone).await?;
        all.extend(found.into_iter().map(|contact| (snapshot.key.clone(), contact)));
    }
    let names = all.iter().flat_map(|(_, c)| c.attrs.keys()).filter(|n| !FLAGS.contains(&n.as_str())).cloned();
    let names = ordered(names.collect());
    let row = |(account, contact): &(String, Contact)| {
        let mut row = vec![CsvCell::text(account), CsvCell::text(&contact.key)];
        row.extend(names.iter().map(|n| cell(running, contact.attrs.get(n).unwrap_or(&Value::Missing))));
        let consent = contact.consent.as_ref().map_or("", |c| if c.given { "given" } else { "refused" });
        let flag = |yes: bool| CsvCell::text(if yes { "true" } else { "false" });
        row.extend([CsvCell::text(consent), flag(contact.opted_out.contains("*")), flag(contact.do_not_contact)]);
        row
    };
    let rows = all.iter().map(row).collect();
    let header = ["account_id", "key"].into_iter().map(str::to_owned).chain(names.clone());
    Ok((header.chain(FLAGS.map(str::to_owned)).collect(), rows))
}

async fn subscriptions(running: &Running) -> Result<Sheet, Failure> {
    let mut rows = Vec::new();
    let keys: std::collections::BTreeMap<AccountId, String> =
        snapshots(running).await?.into_iter().map(|s| (s.account, s.key)).collect();
    for row in running.shell.store.subscriptions().await? {
        rows.push(subscription(&row, keys.get(&row.account).map_or("", String::as_str)));
    }
    let header = ["subscription_id", "account_id", "plan", "start_date", "end_date", "mrr", "currency", "seats"];
    Ok((header.map(str::to_owned).to_vec(), rows))
}

fn subscription(row: &Subscription, account: &str) -> Vec<CsvCell> {
    let day = |day: Option<i32>| day.map_or_else(CsvCell::empty, |d| CsvCell::text(&date_of(d).to_string()));
    let money = Currency::parse(&row.currency).map(|currency| Money { amount_minor: row.mrr_minor, currency });
    vec![
        CsvCell::text(&row.key),
        CsvCell::text(account),
        CsvCell::text(&row.plan),
        day(Some(row.start)),
        day(row.end),
        money.map_or_else(CsvCell::empty, |m| CsvCell::number(m.major())),
        CsvCell::text(&row.currency),
        row.seats.map_or_else(CsvCell::empty, CsvCell::int),
    ]
}

pub(super) fn cell(running: &Running, value: &Value) -> CsvCell {
    let workspace = &running.shell.rulebook().model.workspace;
    match value {
        Value::Missing => CsvCell::empty(),
        Value::Num(n) => CsvCell::number(*n),
        Value::Bool(yes) => CsvCell::text(if *yes { "true" } else { "false" }),
        Value::Date(day) => CsvCell::text(&date_of(*day).to_string()),
        Value::Instant(at) => CsvCell::text(&at.rfc3339(&workspace.zone)),
        Value::Money(m) if m.currency == workspace.currency => CsvCell::number(m.major()),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            CsvCell::text(&items.join("、"))
        }
        other => CsvCell::text(&other.to_string()),
    }
}
