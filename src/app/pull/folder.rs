//! Files: new or changed ones are taken in once they have stopped growing, each content once.

use std::{
    collections::{BTreeMap, BTreeSet},
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
/// Files that are new or have changed and are looked at in one look; further ones are in the next.
const MOST: usize = 1_000;
/// Files of a folder; with more nobody could say which were taken.
const LARGEST: usize = 10_000;
/// How a file looked so long ago says nothing any more.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
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
        let growing = portion(&entries, known).filter(|entry| !known(entry) && !self.has_settled(entry)).count();
        if !dry_run && growing > 0 {
            sleep(SETTLED + Duration::from_millis(100)).await;
            entries = feed.entries()?;
        }
        let mut done = Vec::new();
        let looked: Vec<&Entry> = portion(&entries, known).collect();
        for entry in looked {
            let known = standing.files.get(&entry.name).is_some_and(|seen| seen.is(entry, &asked, now));
            if dry_run || !known && self.has_settled(entry) {
                let end = file(shell, feed, entry, standing, &reading).await?;
                done.push(Done { feed: feed.name.clone(), file: Some(entry.name.clone()), end });
            }
        }
        keep(&mut standing.files, &entries.iter().map(|entry| entry.name.as_str()).collect());
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
                if looks.len() > LARGEST {
                    looks.retain(|_, (.., since)| now.duration_since(*since) < FORGOTTEN);
                }
                looks.insert(entry.path.clone(), (entry.length, entry.changed, now));
                false
            }
        }
    }
}

/// Those that are known, and of the others as many as one look takes, in their order.
fn portion(entries: &[Entry], known: impl Fn(&Entry) -> bool) -> impl Iterator<Item = &Entry> {
    let mut left = MOST;
    entries.iter().filter(move |entry| {
        let is_in = known(entry) || left > 0;
        left -= usize::from(is_in && left > 0 && !known(entry));
        is_in
    })
}

/// A file that is gone may come back: a share that is not mounted for a while, a file that is replaced in two steps. What was
/// taken whole stays known, the newest ones first; what was not is tried again when it is back.
fn keep(files: &mut BTreeMap<String, Seen>, there: &BTreeSet<&str>) {
    files.retain(|name, seen| there.contains(name.as_str()) || seen.trouble.is_none() && seen.rejected == 0);
    let mut gone: Vec<(Instant, String)> = files
        .iter()
        .filter(|(name, _)| !there.contains(name.as_str()))
        .map(|(name, seen)| (seen.at, name.clone()))
        .collect();
    gone.sort();
    for (_, name) in gone.iter().take(files.len().saturating_sub(LARGEST)) {
        files.remove(name);
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
    if paths.len() > LARGEST {
        return Err(io::Error::other(format!("more than {LARGEST} tables: move those that were taken elsewhere")));
    }
    paths.sort();
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

    fn lies(name: &str) -> Entry {
        Entry { name: name.to_owned(), path: PathBuf::from(name), length: 1, changed: 1 }
    }

    #[test]
    fn files_after_the_thousandth_by_name_were_never_seen() {
        let entries: Vec<Entry> = (0..2 * MOST + 5).map(|n| lies(&format!("{n:05}.csv"))).collect();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for expected in [MOST, MOST, 5, 0] {
            let known = |entry: &Entry| taken.contains(&entry.name);
            let new: Vec<String> =
                portion(&entries, known).filter(|e| !known(e)).map(|entry| entry.name.clone()).collect();
            assert_eq!(new.len(), expected);
            assert!(taken.last().is_none_or(|last| new.first().is_none_or(|next| last < next)), "by name");
            taken.extend(new);
            let known = |entry: &Entry| taken.contains(&entry.name);
            assert_eq!(portion(&entries, known).filter(|e| known(e)).count(), taken.len(), "known ones are no news");
        }
    }

    #[test]
    fn a_file_that_was_gone_for_one_look_was_taken_again() {
        let seen = |at: i64, rejected| Seen { at: Instant(at), rejected, ..Seen::default() };
        let trouble = Some(Trouble::new(Fault::Unreadable, String::new()));
        let mut files = BTreeMap::from([
            ("gone.csv".to_owned(), seen(1, 0)),
            ("half.csv".to_owned(), seen(1, 2)),
            ("bad.csv".to_owned(), Seen { trouble, ..seen(1, 0) }),
            ("there.csv".to_owned(), seen(1, 2)),
        ]);
        keep(&mut files, &["there.csv"].into());
        assert_eq!(files.keys().collect::<Vec<_>>(), ["gone.csv", "there.csv"]);
        // Not without end: of those that are gone the oldest are forgotten.
        files.extend((0..LARGEST).map(|n| (format!("{n}.csv"), seen(10 + n as i64, 0))));
        keep(&mut files, &["there.csv"].into());
        assert_eq!(files.len(), LARGEST);
        assert!(files.contains_key("there.csv") && !files.contains_key("gone.csv") && !files.contains_key("0.csv"));
    }
}
