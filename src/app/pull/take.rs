//! One table goes the way of `import`.

use std::{
    fs::File,
    io::{ErrorKind, Read, Seek, SeekFrom},
};

use super::{End, Feed, Stop};
use crate::{
    app::{
        import::{ImportError, Settings, prepare_open, temporary},
        shell::Shell,
    },
    model::ids::stable_hash,
    source::{
        pull::{Trouble, is_list, lines, list_within},
        table::{Mapping, TableError},
    },
    store::api::StoreError,
    words::pulls::Fault,
};

/// Longest mapping file.
const MAPPING: u64 = 256 << 10;

/// Takes in what is in `file`, from its start; `name` is what its rejects are called.
pub(super) async fn take(
    shell: &Shell,
    feed: &Feed,
    file: &mut File,
    mapping: Mapping,
    name: &str,
    dry_run: bool,
) -> Result<End, Stop> {
    let now = shell.clock.now();
    let mut listed = listed(file, &feed.rows)?;
    let file = listed.as_mut().map_or(file, |spooled| &mut spooled.file);
    let options = shell.table_options(feed.kind, mapping, feed.assume, now);
    let called = format!("{}:source {name}", feed.kind.word());
    let settings = Settings { name: &called, dry_run, locale: options.locale, ..Settings::default() };
    let (rejects, store) = (feed.rejects_of(name), shell.store.as_ref());
    let (waiting, some) = prepare_open(store, file, &rejects, &options, settings).await?;
    if !dry_run && let Some(cuts) = shell.first_cuts(waiting.import, now).await.map_err(Stop::Store)? {
        shell.set_first_cuts(&cuts).await.map_err(Stop::Store)?;
    }
    let report = waiting.finish(store, &options, settings).await?;
    Ok(End::Taken(Box::new(report), some.then_some(rejects)))
}

/// A list in JSON, or the one at `rows` within an object, as lines; none where it is anything else.
fn listed(file: &mut File, rows: &[String]) -> Result<Option<crate::app::import::Spooled>, Stop> {
    let unreadable = |e: std::io::Error| Trouble::new(Fault::Unreadable, e.to_string());
    let mut start = [0; 256];
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let n = file.read(&mut start).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let list = is_list(&start[..n]);
    if !list && rows.is_empty() {
        return Ok(None);
    }
    let mut spooled = temporary().map_err(unreadable)?;
    let written =
        if list { lines(&mut *file, &mut spooled.file) } else { list_within(&mut *file, rows, &mut spooled.file) };
    written.map_err(|e| match e.kind() {
        ErrorKind::UnexpectedEof => Trouble::from(Fault::Broken),
        ErrorKind::NotFound => Trouble::new(Fault::NoRows, rows.join(".")),
        _ => unreadable(e),
    })?;
    spooled.file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(Some(spooled))
}

impl From<ImportError> for Stop {
    fn from(error: ImportError) -> Stop {
        match error {
            ImportError::Store(error) => Stop::Store(error),
            ImportError::Table(TableError::Io(error)) | ImportError::Rejects(error) => {
                Trouble::new(Fault::Unreadable, error.to_string()).into()
            }
            ImportError::Table(error) => Trouble::new(Fault::Table, error.to_string()).into(),
            taken @ ImportError::TakenOver => Stop::Store(StoreError::Engine(taken.to_string())),
        }
    }
}

impl Feed {
    /// The mapping, and a hash of how the table is read: another mapping reads the same bytes anew.
    pub(super) fn mapping(&self) -> Result<(Mapping, String), Trouble> {
        let assume = self.assume.map_or("", |a| a.word());
        let Some(path) = &self.map else {
            return Ok((Mapping::default(), self.read_as(assume, None)));
        };
        let shown = path.display().to_string();
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MAPPING + 1).read_to_string(&mut text));
        read.map_err(|e| Trouble::new(Fault::Unreadable, format!("{shown}: {e}")))?;
        let mapping = Mapping::parse(&text, &shown).map_err(|e| Trouble::new(Fault::Mapping, e.to_string()))?;
        Ok((mapping, self.read_as(assume, Some(&text))))
    }

    fn read_as(&self, assume: &str, mapping: Option<&str>) -> String {
        let within = self.rows.join(".");
        let within = Some(within.as_str()).filter(|within| !within.is_empty());
        let parts: Vec<&str> = [self.kind.word(), assume].into_iter().chain(mapping).chain(within).collect();
        stable_hash(&parts)
    }
}
