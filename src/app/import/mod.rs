//! `import`: a table becomes facts and subscriptions, and says what became of every row.
//!
//! The rows are compared with what is known chunk by chunk, staged where nobody sees them, and made
//! visible by one flip: a killed import has changed nothing, or it is finished by whoever turns the ring
//! next. read = inserted + updated + unchanged + rejected, always; rows that a mapping filters out are a
//! warning of their own. Importing the same file again changes nothing.

mod contract;
mod earlier;
mod file;
mod pass;
mod present;
mod touch;

pub use file::{Spooled, prepare_file, prepare_open, spool, temporary};

use std::io::{self, Read, Seek, Write};

use serde::Serialize;

use self::pass::Pass;
use super::shell::Shell;
use crate::{
    model::{instant::Instant, locale::Locale},
    source::table::{Assume, Kind, Mapping, Options, Preview, RejectsWriter, TableError, Warning, inspect},
    store::api::{Store, StoreError},
};

/// How to import, beside how to read.
#[derive(Clone, Copy, Default)]
pub struct Settings<'a> {
    /// What the import is called: a second one of the same name takes over from an unfinished one.
    pub name: &'a str,
    /// Read and compare, but record nothing.
    pub dry_run: bool,
    /// One bad row refuses the whole file.
    pub strict: bool,
    /// Language of reasons.
    pub locale: Locale,
    /// Is told how far it is, a few times a second at most.
    pub progress: Option<&'a (dyn Fn(Progress) + Send + Sync)>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The file is read for the first time.
    Inspecting,
    /// So many of so many rows are compared and staged.
    Reading(u64, u64),
    /// So many of so many facts are visible.
    Applying(u64, u64),
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

/// A summary and how the file is understood.
#[derive(Clone, Debug)]
pub struct Report {
    /// The counts.
    pub summary: Summary,
    /// How the file is understood.
    pub preview: Preview,
}

/// Why an import stopped. Before the flip nothing of it is visible; importing again begins anew.
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
    /// The same file is being imported twice.
    #[error("another import of the same file took over; nothing of this one was recorded")]
    TakenOver,
}

/// An import that waits for its flip.
pub struct Waiting {
    /// Its number in the store.
    pub import: i64,
    /// What it comes to, not applied yet.
    pub report: Report,
    items: u64,
    refused: bool,
}

/// Reads, compares and stages `reader`; rejects go to `rejects`. Nothing is visible yet: `finish` or
/// `forget` it. Without either, the next import of the same name ends it.
pub async fn prepare<R: Read + Seek + Send, W: Write + Send>(
    store: &dyn Store,
    reader: &mut R,
    options: &Options,
    settings: Settings<'_>,
    rejects: W,
) -> Result<Waiting, ImportError> {
    tell(settings, Progress::Inspecting);
    let found = inspect(reader, options)?;
    let headers: Vec<String> = found.plan.columns.iter().map(|c| c.header.clone()).collect();
    let mut writer = RejectsWriter::new(rejects, &headers, settings.locale);
    let import = store.begin_import(settings.name, options.now).await?;
    let mut pass = Pass::new(store, import, &found, options, settings);
    pass.all(reader, &mut writer).await?;
    writer.finish().map_err(ImportError::Rejects)?;
    let (items, refused) = (pass.items, settings.strict && pass.summary.rejected > 0);
    let mut report = pass.report();
    if refused {
        let Summary { read, rejected, warnings, .. } = report.summary;
        report.summary = Summary { read, rejected, warnings, ..Summary::default() };
    }
    Ok(Waiting { import, report, items, refused })
}

impl Waiting {
    /// Makes it visible and folds it in, unless it is a dry run or was refused.
    pub async fn finish(
        mut self,
        store: &dyn Store,
        options: &Options,
        settings: Settings<'_>,
    ) -> Result<Report, ImportError> {
        if settings.dry_run || self.refused {
            return self.forget(store).await;
        }
        if !store.flip_import(self.import, options.now).await? {
            return Err(ImportError::TakenOver);
        }
        let mut done = 0;
        while let Some(items) = store.apply_import().await? {
            done += items as u64;
            tell(settings, Progress::Applying(done.min(self.items), self.items));
        }
        self.report.summary.applied = true;
        Ok(self.report)
    }

    /// Ends it without a trace.
    pub async fn forget(self, store: &dyn Store) -> Result<Report, ImportError> {
        store.end_import(self.import).await?;
        Ok(self.report)
    }
}

/// Imports `reader` from begin to end; rejects go to `rejects`.
pub async fn import<R: Read + Seek + Send, W: Write + Send>(
    store: &dyn Store,
    reader: &mut R,
    options: &Options,
    settings: Settings<'_>,
    rejects: W,
) -> Result<Report, ImportError> {
    prepare(store, reader, options, settings, rejects).await?.finish(store, options, settings).await
}

fn tell(settings: Settings<'_>, progress: Progress) {
    if let Some(tell) = settings.progress {
        tell(progress);
    }
}

impl Shell {
    /// How a table is read in this workspace.
    pub fn table_options(&self, kind: Kind, mapping: Mapping, assume: Option<Assume>, now: Instant) -> Options {
        let rulebook = self.rulebook();
        let model = &rulebook.model;
        Options {
            zone: model.workspace.zone.clone(),
            locale: model.workspace.locale,
            currency: model.workspace.currency,
            account_attributes: model.account_attributes.clone(),
            contact_attributes: model.contact_attributes.clone(),
            mapping,
            assume,
            ..Options::new(kind, now)
        }
    }

    /// Finishes imports that were flipped but whose process died before their end.
    pub async fn finish_imports(&self) -> Result<(), StoreError> {
        while self.store.apply_import().await?.is_some() {}
        Ok(())
    }
}
