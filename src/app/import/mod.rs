//! `import`: drives a table through the store in chunks and says what became of every row.
//!
//! read = inserted + updated + unchanged + rejected, always; rows that a mapping filters out are a
//! warning of their own. Importing the same file again changes nothing.

mod file;
mod present;

pub use file::{import_file, spool};

use std::{
    collections::BTreeSet,
    io::{self, Read, Seek, Write},
};

use serde::Serialize;

use self::present::Present;
use crate::{
    model::{
        fact::{Accepted, FactBody, Incoming},
        ids::AccountId,
        locale::Locale,
        value::Props,
    },
    source::table::{
        Draft, Inspection, Kind, Options, Preview, Reject, RejectsWriter, Rows, Settled, SubscriptionRow, TableError,
        Warning, Warnings, inspect, preview, rows, settle,
    },
    store::api::{Store, StoreError, Subscription},
};

/// Rows a transaction: about 20 ms of work.
const CHUNK: usize = 500;
/// Rows and rejects shown in a preview.
const SHOWN: usize = 3;

/// How to import, beside how to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Read and compare, but record nothing.
    pub dry_run: bool,
    /// One bad row refuses the whole file.
    pub strict: bool,
    /// Language of reasons.
    pub locale: Locale,
}

/// What became of a file: the contract of `import --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Rows of the file.
    pub read: u64,
    /// Rows about something new.
    pub inserted: u64,
    /// Rows that changed something known.
    pub updated: u64,
    /// Rows that said nothing new.
    pub unchanged: u64,
    /// Rows not taken: they are in the rejects file.
    pub rejected: u64,
    /// Faults of the data.
    pub warnings: Vec<Warning>,
    /// `false` when nothing was recorded: a dry run, or `--strict` with a bad row.
    pub applied: bool,
}

/// A summary and, for a dry run, how the file is understood.
#[derive(Clone, Debug)]
pub struct Report {
    /// The counts.
    pub summary: Summary,
    /// How the file is understood.
    pub preview: Preview,
}

/// Why an import stopped. What was recorded before stays; importing again continues.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rejects file.
    #[error("the rejects file cannot be written: {0}")]
    Rejects(io::Error),
}

/// Imports `reader`; rejects go to `rejects`.
pub async fn import<R: Read + Seek + Send, W: Write + Send>(
    store: &dyn Store,
    reader: &mut R,
    options: &Options,
    settings: Settings,
    rejects: W,
) -> Result<Report, ImportError> {
    let found = inspect(reader, options)?;
    let headers: Vec<String> = found.plan.columns.iter().map(|c| c.header.clone()).collect();
    let mut writer = RejectsWriter::new(rejects, &headers, settings.locale);
    if settings.strict && !settings.dry_run {
        let mut trial = Run::new(store, &found, options, true).await?;
        trial.all(&mut *reader, &mut writer).await?;
        if trial.summary.rejected > 0 {
            writer.finish().map_err(ImportError::Rejects)?;
            let (bad, read) = (trial.summary.rejected, trial.summary.read);
            trial.summary = Summary { read, rejected: bad, ..Summary::default() };
            return Ok(trial.report(settings));
        }
    }
    let mut run = Run::new(store, &found, options, settings.dry_run).await?;
    run.all(reader, &mut writer).await?;
    writer.finish().map_err(ImportError::Rejects)?;
    run.summary.applied = !settings.dry_run;
    Ok(run.report(settings))
}

struct Run<'a> {
    store: &'a dyn Store,
    found: &'a Inspection,
    options: &'a Options,
    dry: bool,
    present: Present,
    summary: Summary,
    warnings: Warnings,
    first: Vec<Draft>,
    first_rejects: Vec<Reject>,
}

impl<'a> Run<'a> {
    async fn new(
        store: &'a dyn Store,
        found: &'a Inspection,
        options: &'a Options,
        dry: bool,
    ) -> Result<Run<'a>, ImportError> {
        let mut present = Present::default();
        let linked = options.mapping.account.as_ref().is_some_and(|a| a.via.is_some());
        if linked || (dry && options.kind == Kind::Subscriptions) {
            present.load_subscriptions(store).await?;
        }
        Ok(Run {
            store,
            found,
            options,
            dry,
            present,
            summary: Summary::default(),
            warnings: found.warnings.clone(),
            first: Vec::new(),
            first_rejects: Vec::new(),
        })
    }

    async fn all<R: Read + Seek + Send, W: Write + Send>(
        &mut self,
        reader: &mut R,
        writer: &mut RejectsWriter<W>,
    ) -> Result<(), ImportError> {
        let mut source = rows(reader, self.found, self.options)?;
        loop {
            let (drafts, more) = self.chunk(&mut source, writer)?;
            self.take(drafts, writer).await?;
            if !more {
                break;
            }
        }
        self.summary.read = source.read;
        self.warnings.merge(&source.warnings);
        Ok(())
    }

    fn chunk<R: Read + Seek, W: Write>(
        &mut self,
        source: &mut Rows<'_, R>,
        writer: &mut RejectsWriter<W>,
    ) -> Result<(Vec<Draft>, bool), ImportError> {
        let mut drafts = Vec::with_capacity(CHUNK);
        while drafts.len() < CHUNK {
            match source.next()? {
                None => return Ok((drafts, false)),
                Some(Ok(draft)) => drafts.push(draft),
                Some(Err(reject)) => self.reject(reject, writer)?,
            }
        }
        Ok((drafts, true))
    }

    fn reject<W: Write>(&mut self, reject: Reject, writer: &mut RejectsWriter<W>) -> Result<(), ImportError> {
        writer.write(&reject).map_err(ImportError::Rejects)?;
        self.summary.rejected += 1;
        if self.first_rejects.len() < SHOWN {
            self.first_rejects.push(reject);
        }
        Ok(())
    }

    async fn take<W: Write>(&mut self, drafts: Vec<Draft>, writer: &mut RejectsWriter<W>) -> Result<(), ImportError> {
        let room = SHOWN.saturating_sub(self.first.len());
        self.first.extend(drafts.iter().take(room).cloned());
        self.present.load(self.store, &drafts, self.options.kind).await?;
        let mut settled = Vec::with_capacity(drafts.len());
        let mut cells = Vec::with_capacity(drafts.len());
        for draft in drafts {
            match settle(&draft, &self.present, self.options, &mut self.warnings) {
                Ok(row) => {
                    self.present.apply(&row);
                    settled.push(row);
                    cells.push(draft.cells);
                }
                Err(reject) => self.reject(reject, writer)?,
            }
        }
        if self.options.kind == Kind::Subscriptions {
            return self.subscriptions(settled).await;
        }
        let outcomes = self.record(&mut settled).await?;
        for ((row, cells), outcome) in settled.into_iter().zip(cells).zip(outcomes) {
            match outcome {
                Outcome::Inserted => self.summary.inserted += 1,
                Outcome::Updated => self.summary.updated += 1,
                Outcome::Unchanged => self.summary.unchanged += 1,
                Outcome::Refused => self.reject(Reject::new(row.line, "unknown_account", "", cells), writer)?,
            }
        }
        Ok(())
    }

    /// Appends the facts of all rows at once; answers row by row.
    async fn record(&self, settled: &mut [Settled]) -> Result<Vec<Outcome>, ImportError> {
        let counts: Vec<usize> = settled.iter().map(|row| row.facts.len()).collect();
        let facts: Vec<Incoming> = settled.iter_mut().flat_map(|row| std::mem::take(&mut row.facts)).collect();
        let total = facts.len();
        let answers = if self.dry || facts.is_empty() { Vec::new() } else { self.store.append(facts).await? };
        let mut at = 0;
        let mut outcomes = Vec::with_capacity(settled.len());
        for (row, count) in settled.iter().zip(counts) {
            let mine = answers.get(at..(at + count).min(answers.len())).unwrap_or_default();
            at += count;
            let recorded = self.dry || mine.iter().any(|a| matches!(a, Accepted::New(_)));
            outcomes.push(match (count, recorded, row.new) {
                (0, _, _) => Outcome::Unchanged,
                (_, true, true) => Outcome::Inserted,
                (_, true, false) => Outcome::Updated,
                _ if mine.contains(&Accepted::Unknown) => Outcome::Refused,
                _ => Outcome::Unchanged,
            });
        }
        debug_assert_eq!(at, total, "every fact belongs to a row");
        Ok(outcomes)
    }

    async fn subscriptions(&mut self, settled: Vec<Settled>) -> Result<(), ImportError> {
        let rows: Vec<SubscriptionRow> = settled.into_iter().filter_map(|row| row.subscription).collect();
        if self.dry {
            for row in &rows {
                match self.present.compare(row) {
                    None => self.summary.inserted += 1,
                    Some(false) => self.summary.updated += 1,
                    Some(true) => self.summary.unchanged += 1,
                }
            }
            return Ok(());
        }
        self.missing_accounts(&rows).await?;
        let (mut batch, mut keys) = (Vec::new(), BTreeSet::new());
        for row in rows {
            // A key twice in one statement would be refused by the engine.
            if !keys.insert(row.key.clone()) {
                self.put(std::mem::take(&mut batch)).await?;
                keys = BTreeSet::from([row.key.clone()]);
            }
            let account = self.present.id(&row.account).unwrap_or_default();
            batch.push(stored(row, account));
        }
        self.put(batch).await
    }

    async fn put(&mut self, batch: Vec<Subscription>) -> Result<(), ImportError> {
        if batch.is_empty() {
            return Ok(());
        }
        let (inserted, updated, unchanged) = self.store.put_subscriptions(batch).await?;
        self.summary.inserted += inserted as u64;
        self.summary.updated += updated as u64;
        self.summary.unchanged += unchanged as u64;
        Ok(())
    }

    /// Subscriptions may come before their accounts: those begin with nothing but their key.
    async fn missing_accounts(&mut self, rows: &[SubscriptionRow]) -> Result<(), ImportError> {
        let wanted: BTreeSet<&str> =
            rows.iter().map(|r| r.account.as_str()).filter(|k| self.present.id(k).is_none()).collect();
        let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let facts = wanted.iter().map(|key| self.bare(key)).collect();
        let answers = self.store.append(facts).await?;
        for (key, answer) in wanted.iter().zip(answers) {
            match answer {
                Accepted::New(id) => self.present.remember_id(key, id),
                _ => self.present.look_up(self.store, key).await?,
            }
        }
        Ok(())
    }

    fn bare(&self, key: &str) -> Incoming {
        Incoming {
            account: Some(key.to_owned()),
            contact: None,
            occurred_at: self.options.now,
            received_at: self.options.now,
            source: "csv:subscriptions".into(),
            event_id: format!("account:{key}"),
            body: FactBody::AccountAttrs { attrs: Props::new() },
        }
    }

    fn report(self, settings: Settings) -> Report {
        let mut summary = self.summary;
        summary.warnings = self.warnings.list();
        let preview = preview(self.found, &self.first, &self.first_rejects, summary.warnings.clone(), settings.locale);
        Report { summary, preview }
    }
}

/// What became of one row.
enum Outcome {
    Inserted,
    Updated,
    Unchanged,
    Refused,
}

fn stored(row: SubscriptionRow, account: AccountId) -> Subscription {
    Subscription {
        key: row.key,
        account,
        plan: row.plan,
        start: row.start,
        end: row.end,
        mrr_minor: row.mrr_minor,
        currency: row.currency,
        seats: row.seats,
    }
}
