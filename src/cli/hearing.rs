//! `hearing ACCOUNT`: what is asked of a new customer and what is known; a sheet to fill in, and back.

use std::{fs, io::Cursor, path::PathBuf};

use serde_json::json;

use super::{Cli, Exit, Failure, ask, assemble::Running, desk, export};
use crate::{
    app::import::{self, Settings},
    chat::markdown,
    engine::handover::is_answer,
    model::{
        diagnostic::nearest,
        reply::{Part, Reply, Table},
        safe::CsvCell,
        snapshot::Snapshot,
    },
    rulebook::types::Asked,
    source::table::{Kind, Mapping, whole_text},
    store::api::AccountRow,
    words::hearing as say,
};

/// Options of `hearing`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Key, name or domain.
    account: String,
    /// Write the sheet: a name ending in .csv (to fill in) or .md (to print).
    #[arg(long, value_name = "FILE", conflicts_with = "read")]
    out: Option<PathBuf>,
    /// Take a filled sheet (CSV) back in. Empty answers change nothing.
    #[arg(long, value_name = "FILE")]
    read: Option<PathBuf>,
}

/// Shows, writes or reads the sheet of one account.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let (running, locale) = (desk::open(cli).await?, cli.locale());
    let questions = running.shell.rulebook().model.handover.clone();
    if questions.is_empty() {
        return Err(Failure::refused(say::nothing_asked(locale)));
    }
    let row = ask::account(&running, &desk::asker(cli), &args.account).await?;
    match (&args.read, &args.out) {
        (Some(file), _) => read(cli, &running, &row, &questions, file).await,
        (None, Some(file)) => write(cli, &running, &row, &questions, file).await,
        (None, None) => show(cli, &running, &row, &questions).await,
    }
}

async fn snapshot(running: &Running, row: &AccountRow) -> Result<Snapshot, Failure> {
    let found = running.shell.store.snapshot(row.id).await?;
    found.ok_or_else(|| Failure::refused(format!("the account {} is gone", row.key)))
}

/// The answer as one would write it in a sheet; empty = none.
fn answer(running: &Running, snapshot: &Snapshot, asked: &Asked) -> CsvCell {
    export::cell(running, &snapshot.state.attr(&asked.field))
}

fn question(cli: &Cli, asked: &Asked) -> String {
    let asks = asked.asks.get(cli.locale());
    if asked.required { say::required(cli.locale(), asks) } else { asks.to_owned() }
}

async fn sheet(cli: &Cli, running: &Running, row: &AccountRow, questions: &[Asked]) -> Result<Reply, Failure> {
    let (snapshot, locale) = (snapshot(running, row).await?, cli.locale());
    let line = |asked: &Asked| vec![question(cli, asked), answer(running, &snapshot, asked).as_str().to_owned()];
    let [_, asks, answers] = say::header(locale);
    let table = Table { header: vec![asks.to_owned(), answers.to_owned()], rows: questions.iter().map(line).collect() };
    Ok(Reply::new(locale, say::title(locale, &row.name)).with(Part::Table(table)))
}

async fn show(cli: &Cli, running: &Running, row: &AccountRow, questions: &[Asked]) -> Result<Exit, Failure> {
    if cli.json {
        let snapshot = snapshot(running, row).await?;
        let zone = running.shell.rulebook().model.workspace.zone.clone();
        let one = |asked: &Asked| {
            let value = snapshot.state.attr(&asked.field);
            json!({"field": asked.field, "question": asked.asks.get(cli.locale()), "required": asked.required,
                "answer": is_answer(&value).then(|| value.plain(&zone))})
        };
        desk::json(&json!({"account": row.key, "answers": questions.iter().map(one).collect::<Vec<_>>()}));
        return Ok(Exit::Done);
    }
    let mut reply = sheet(cli, running, row, questions).await?;
    reply.footer = say::next(cli.locale(), &crate::command::office::quoted(&row.key));
    desk::print(cli, &reply);
    Ok(Exit::Done)
}

async fn write(
    cli: &Cli,
    running: &Running,
    row: &AccountRow,
    questions: &[Asked],
    file: &PathBuf,
) -> Result<Exit, Failure> {
    let text = match file.extension().and_then(|e| e.to_str()) {
        Some("md") => markdown::render(&sheet(cli, running, row, questions).await?).into_bytes(),
        Some("csv") => {
            let snapshot = snapshot(running, row).await?;
            let line = |asked: &Asked| {
                vec![
                    CsvCell::text(&asked.field),
                    CsvCell::text(&question(cli, asked)),
                    answer(running, &snapshot, asked),
                ]
            };
            let rows: Vec<_> = questions.iter().map(line).collect();
            export::csv(&say::header(cli.locale()).map(str::to_owned), &rows)?
        }
        _ => return Err(Failure::usage(say::no_format(cli.locale(), &file.display().to_string()))),
    };
    fs::write(file, text).map_err(|e| Failure::refused(format!("{}: {e}", file.display())))?;
    anstream::println!("{}", crate::words::report::written(cli.locale(), &file.display().to_string()));
    Ok(Exit::Done)
}

/// The filled sheet becomes one row of a customer table, and goes the way of every other: same types, same errors.
async fn read(
    cli: &Cli,
    running: &Running,
    row: &AccountRow,
    questions: &[Asked],
    file: &PathBuf,
) -> Result<Exit, Failure> {
    let (shell, locale) = (&running.shell, cli.locale());
    let bytes = fs::read(file).map_err(|e| Failure::refused(format!("{}: {e}", file.display())))?;
    let given = answers(&whole_text(&bytes)?, questions).map_err(|wrong| Failure::refused(wrong(locale)))?;
    if given.is_empty() {
        return Err(Failure::refused(say::no_answers(locale, &file.display().to_string())));
    }
    let names = std::iter::once("key").chain(given.iter().map(|(field, _)| field.as_str()));
    let values = std::iter::once(row.key.as_str()).chain(given.iter().map(|(_, answer)| answer.as_str()));
    let table = one_row(names.collect(), values.collect())?;
    let now = shell.clock.now();
    let options = shell.table_options(Kind::Accounts, Mapping::default(), None, now);
    let settings = Settings { name: "hearing", dry_run: false, strict: true, locale, progress: None };
    let mut rejects = Vec::new();
    let report = import::import(shell.store.as_ref(), &mut Cursor::new(table), &options, settings, &mut rejects).await;
    let report = report.map_err(|e| Failure::refused(say::refused(locale, &e.to_string())))?;
    if report.summary.rejected > 0 || !report.summary.applied {
        let why = whole_text(&rejects)?.lines().last().unwrap_or_default().to_owned();
        return Err(Failure::refused(say::refused(locale, &why)));
    }
    desk::settle(running).await?;
    if cli.json {
        desk::json(&json!({"account": row.key, "answers": given.len()}));
    } else {
        anstream::println!("{}", say::taken(locale, given.len(), &row.name));
    }
    Ok(Exit::Done)
}

fn one_row(names: Vec<&str>, values: Vec<&str>) -> Result<Vec<u8>, Failure> {
    let failed = |e: csv::Error| Failure::refused(e.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names).map_err(failed)?;
    writer.write_record(values).map_err(failed)?;
    writer.into_inner().map_err(|e| Failure::refused(e.to_string()))
}

type Wrong = Box<dyn Fn(crate::model::locale::Locale) -> String>;

/// Fields with their answers: first and third column of every line below the header.
fn answers(text: &str, questions: &[Asked]) -> Result<Vec<(String, String)>, Wrong> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let mut given: Vec<(String, String)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| -> Wrong { Box::new(move |_| e.to_string()) })?;
        let line = record.position().map_or(0, |at| at.line() as usize);
        let cell = |i: usize| record.get(i).unwrap_or_default().trim().to_owned();
        let (field, answer) = (cell(0), cell(2));
        if field.is_empty() || answer.is_empty() {
            continue;
        }
        if !questions.iter().any(|asked| asked.field == field) {
            let near = nearest(&field, questions.iter().map(|asked| asked.field.as_str())).map(str::to_owned);
            return Err(Box::new(move |locale| say::unknown_field(locale, line, &field, near.as_deref())));
        }
        given.retain(|(name, _)| *name != field);
        given.push((field, answer));
    }
    Ok(given)
}
