//! `hearing ACCOUNT`: what is asked of a new customer and what is known; a sheet to fill in, and back.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

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
    words::{hearing as say, refusal},
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
    let sheet = Sheet { cli, running, row, questions };
    match (&args.read, &args.out) {
        (Some(file), _) => sheet.read(file).await,
        (None, Some(file)) => sheet.write(file).await,
        (None, None) => sheet.show().await,
    }
}

/// What is asked about one account.
struct Sheet<'a> {
    cli: &'a Cli,
    running: Running,
    row: AccountRow,
    questions: Vec<Asked>,
}

impl Sheet<'_> {
    async fn snapshot(&self) -> Result<Snapshot, Failure> {
        let found = self.running.shell.store.snapshot(self.row.id).await?;
        found.ok_or_else(|| Failure::refused(refusal::account_gone(self.cli.locale())))
    }

    /// The answer as one would write it in a sheet; empty = none.
    fn answer(&self, snapshot: &Snapshot, asked: &Asked) -> CsvCell {
        export::cell(&self.running, &snapshot.state.attr(&asked.field))
    }

    fn question(&self, asked: &Asked) -> String {
        let asks = asked.asks.get(self.cli.locale());
        if asked.required { say::required(self.cli.locale(), asks) } else { asks.to_owned() }
    }

    async fn reply(&self) -> Result<Reply, Failure> {
        let (snapshot, locale) = (self.snapshot().await?, self.cli.locale());
        let line = |asked: &Asked| vec![self.question(asked), self.answer(&snapshot, asked).as_str().to_owned()];
        let [_, asks, answers] = say::header(locale);
        let header = vec![asks.to_owned(), answers.to_owned()];
        let table = Table { header, rows: self.questions.iter().map(line).collect() };
        Ok(Reply::new(locale, say::title(locale, &self.row.name)).with(Part::Table(table)))
    }

    async fn show(&self) -> Result<Exit, Failure> {
        if self.cli.json {
            return self.json().await;
        }
        let mut reply = self.reply().await?;
        reply.footer = say::next(self.cli.locale(), &crate::command::office::quoted(&self.row.key));
        desk::print(self.cli, &reply);
        Ok(Exit::Done)
    }

    async fn json(&self) -> Result<Exit, Failure> {
        let snapshot = self.snapshot().await?;
        let zone = self.running.shell.rulebook().model.workspace.zone.clone();
        let one = |asked: &Asked| {
            let value = snapshot.state.attr(&asked.field);
            let answer = is_answer(&value).then(|| value.plain(&zone));
            let question = asked.asks.get(self.cli.locale());
            json!({"field": asked.field, "question": question, "required": asked.required, "answer": answer})
        };
        let answers: Vec<_> = self.questions.iter().map(one).collect();
        desk::json(&json!({"account": self.row.key, "answers": answers}));
        Ok(Exit::Done)
    }

    async fn write(&self, file: &Path) -> Result<Exit, Failure> {
        let locale = self.cli.locale();
        let text = match file.extension().and_then(|e| e.to_str()) {
            Some("md") => markdown::render(&self.reply().await?).into_bytes(),
            Some("csv") => self.csv().await?,
            _ => return Err(Failure::usage(say::no_format(locale, &file.display().to_string()))),
        };
        fs::write(file, text).map_err(|e| Failure::refused(format!("{}: {e}", file.display())))?;
        anstream::println!("{}", crate::words::report::written(locale, &file.display().to_string()));
        Ok(Exit::Done)
    }

    async fn csv(&self) -> Result<Vec<u8>, Failure> {
        let snapshot = self.snapshot().await?;
        let line = |asked: &Asked| {
            vec![CsvCell::text(&asked.field), CsvCell::text(&self.question(asked)), self.answer(&snapshot, asked)]
        };
        let rows: Vec<_> = self.questions.iter().map(line).collect();
        export::csv(&say::header(self.cli.locale()).map(str::to_owned), &rows)
    }

    /// The filled sheet becomes one row of a customer table, and goes the way of every other: same types, same errors.
    async fn read(&self, file: &Path) -> Result<Exit, Failure> {
        let locale = self.cli.locale();
        let bytes = fs::read(file).map_err(|e| Failure::refused(format!("{}: {e}", file.display())))?;
        let given = answers(&whole_text(&bytes)?, &self.questions).map_err(|wrong| Failure::refused(wrong(locale)))?;
        if given.is_empty() {
            return Err(Failure::refused(say::no_answers(locale, &file.display().to_string())));
        }
        self.take(&given).await?;
        desk::settle(&self.running).await?;
        if self.cli.json {
            desk::json(&json!({"account": self.row.key, "answers": given.len()}));
        } else {
            anstream::println!("{}", say::taken(locale, given.len(), &self.row.name));
        }
        Ok(Exit::Done)
    }

    async fn take(&self, given: &[(String, String)]) -> Result<(), Failure> {
        let (shell, locale) = (&self.running.shell, self.cli.locale());
        let names = std::iter::once("key").chain(given.iter().map(|(field, _)| field.as_str()));
        let values = std::iter::once(self.row.key.as_str()).chain(given.iter().map(|(_, answer)| answer.as_str()));
        let table = one_row(names.collect(), values.collect())?;
        let options = shell.table_options(Kind::Accounts, Mapping::default(), None, shell.clock.now());
        let settings = Settings { name: "hearing", dry_run: false, strict: true, locale, progress: None };
        let (store, rejects) = (shell.store.as_ref(), std::io::sink());
        let report = import::import(store, &mut Cursor::new(table), &options, settings, rejects).await;
        let report = report.map_err(|e| Failure::refused(say::refused(locale, &e.to_string())))?;
        let why: Vec<String> = report.preview.rejects.into_iter().map(|(_, reason)| reason).collect();
        match report.summary.applied && why.is_empty() {
            true => Ok(()),
            false => Err(Failure::refused(say::refused(locale, &why.join("; ")))),
        }
    }
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
        let record = record.map_err(|e| -> Wrong { Box::new(move |locale| say::not_csv(locale, &e.to_string())) })?;
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
