//! Files: new or changed ones are taken in once they have stopped growing, each content once.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::PoisonError,
    time::{Duration, UNIX_EPOCH},
};

use tokio::time::{Instant as Tick, sleep};

use super::{Done, End, Feed, Place, Pulls, Seen, Standing, Stop, take::take};
use crate::{
    app::shell::Shell,
    model::instant::{HOUR, Instant},
    source::{
        pull::{Trouble, hash},
        table::Mapping,
    },
    words::pulls::Fault,
};

/// A file that has not changed for so long has stopped growing.
const SETTLED: Duration = Duration::from_secs(2);
/// Files of a folder that are looked at.
const MOST: usize = 1_000;
/// What is a table by its name.
const ENDINGS: [&str; 6] = ["csv", "tsv", "txt", "json", "ndjson", "jsonl"];

/// How files looked the last time, and since when they look like that.
pub(super) type Looks = BTreeMap<PathBuf, (u64, i64, Tick)>;

/// A file as it lies there.
pub(super) struct Entry {
    name: String,
    path: PathBuf,
    length: u64,
    changed: i64,
}

/// How files are read.
struct Reading<'a> {
    mapping: &'a Mapping,
    asked: &'a str,
    dry_run: bool,
}

impl Pulls {
    /// Takes in what is new. What is still being written is left for the next look; by hand it is waited for once.
    pub(super) async fn files(
        &self,
        shell: &Shell,
        feed: &Feed,
        standing: &mut Standing,
        dry_run: bool,
    ) -> Result<Vec<Done>, Stop> {
        let (mapping, asked) = feed.mapping()?;
        let reading = Reading { mapping: &mapping, asked: &asked, dry_run };
        let mut entries = feed.entries()?;
        let now = shell.clock.now();
        let known = |entry: &Entry| standing.files.get(&entry.name).is_some_and(|seen| seen.is(entry, &asked, now));
        // Each is looked at, whatever the others look like.
        let growing = entries.iter().filter(|entry| !known(entry) && !self.has_settled(entry)).count();
        if !dry_run && growing > 0 {
            sleep(SETTLED + Duration::from_millis(100)).await;
            entries = feed.entries()?;
        }
        let mut done = Vec::new();
        for entry in &entries {
            let known = standing.files.get(&entry.name).is_some_and(|seen| seen.is(entry, &asked, now));
            if dry_run || !known && self.has_settled(entry) {
                let end = file(shell, feed, entry, standing, &reading).await?;
                done.push(Done { feed: feed.name.clone(), file: Some(entry.name.clone()), end });
            }
        }
        standing.files.retain(|name, _| entries.iter().any(|entry| entry.name == *name));
        Ok(done)
    }

    /// Whether a file looks as it did a while ago.
    fn has_settled(&self, entry: &Entry) -> bool {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, looks_like) = (Tick::now(), (entry.length, entry.changed));
        match looks.get(&entry.path) {
            Some((length, changed, since)) if (*length, *changed) == looks_like => {
                now.duration_since(*since) >= SETTLED
            }
            _ => {
                if looks.len() > 10 * MOST {
                    looks.clear();
                }
                looks.insert(entry.path.clone(), (entry.length, entry.changed, now));
                false
            }
        }
    }
}

/// One file: taken in unless its content was.
async fn file(
    shell: &Shell,
    feed: &Feed,
    entry: &Entry,
    standing: &mut Standing,
    reading: &Reading<'_>,
) -> Result<End, Stop> {
    let unreadable = |e: io::Error| Trouble::new(Fault::Unreadable, e.to_string());
    let content = File::open(&entry.path).and_then(hash).map_err(unreadable)?;
    let (now, before) = (shell.clock.now(), standing.files.get(&entry.name));
    let mut seen = Seen {
        length: entry.length,
        changed: entry.changed,
        hash: content,
        asked: reading.asked.to_owned(),
        at: now,
        ..Seen::default()
    };
    if let Some(before) =
        before.filter(|b| !reading.dry_run && b.holds(now) && b.hash == seen.hash && b.asked == seen.asked)
    {
        (seen.rejected, seen.at, seen.trouble) = (before.rejected, before.at, before.trouble.clone());
        standing.files.insert(entry.name.clone(), seen);
        return Ok(End::Unchanged);
    }
    let name = feed.table_of(&entry.name);
    let mut open = File::open(&entry.path).map_err(unreadable)?;
    let end = match take(shell, feed, &mut open, reading.mapping.clone(), &name, reading.dry_run).await {
        Ok(end) => end,
        Err(Stop::Trouble(trouble)) => End::Failed(trouble),
        Err(stop) => return Err(stop),
    };
    match &end {
        End::Taken(report, _) => seen.rejected = report.summary.rejected,
        End::Failed(trouble) => seen.trouble = Some(trouble.clone()),
        End::Unchanged | End::Told(..) => {}
    }
    if !reading.dry_run {
        standing.files.insert(entry.name.clone(), seen);
    }
    Ok(end)
}

impl Seen {
    fn is(&self, entry: &Entry, asked: &str, now: Instant) -> bool {
        self.holds(now) && (self.length, self.changed, self.asked.as_str()) == (entry.length, entry.changed, asked)
    }

    /// Rows that were refused are looked at again after an hour: their customer may have come.
    fn holds(&self, now: Instant) -> bool {
        self.rejected == 0 || now.since(self.at) < HOUR
    }
}

impl Feed {
    /// The files, by name. Errors: the folder, or the file, cannot be read.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, Trouble> {
        let (path, found) = match &self.place {
            Place::File(path) => (path, entry(path).map(|entry| vec![entry])),
            Place::Folder(path) => (path, listed(path)),
            Place::Url(_) | Place::Query(_) => return Ok(Vec::new()),
        };
        found.map_err(|e| Trouble::new(Fault::Unreadable, format!("{}: {e}", path.display())))
    }
}

fn listed(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut paths = Vec::new();
    for one in std::fs::read_dir(folder)? {
        let path = one?.path();
        if is_table(&path) && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    paths.truncate(MOST);
    // One that has gone meanwhile is none.
    Ok(paths.iter().filter_map(|path| entry(path).ok()).collect())
}

/// Not what is hidden, half copied, open in Excel, or our own.
fn is_table(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let ours = name.ends_with(".rejects.csv");
    ENDINGS.contains(&ending.as_str()) && !ours && !name.starts_with(['.', '~'])
}

fn entry(path: &Path) -> io::Result<Entry> {
    let found = std::fs::metadata(path)?;
    let changed = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Entry {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        path: path.to_owned(),
        length: found.len(),
        changed: i64::try_from(changed.as_micros()).unwrap_or(i64::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_tables_of_others_are_looked_at() {
        for table in ["a.csv", "顧客.TSV", "x.ndjson", "b.json"] {
            assert!(is_table(Path::new(table)), "{table}");
        }
        for other in [".a.csv", "~$a.csv", "a.csv.part", "a.xlsx", "a.csv.rejects.csv", "a", "a.crdownload"] {
            assert!(!is_table(Path::new(other)), "{other}");
        }
    }
}
