//! Tables that are taken in again and again: sheets behind an address, files, and folders that are watched; and systems
//! that are asked page by page.
//!
//! Whatever fails changes nothing: the last good data stay, it is tried again later and later, and the team is told
//! once. What is taken in goes the way of `import`, so the same data twice are no news.

mod database;
mod folder;
mod standing;
mod system;
mod take;
mod tell;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::tz::TimeZone;
use tokio::time::Instant as Tick;

use self::folder::Looks;
pub use self::standing::{Seen, Standing, read as standing};
use super::{
    import::{Report, temporary},
    shell::Shell,
};
use crate::{
    model::{
        ids::stable_hash,
        instant::{Instant, MINUTE},
    },
    rulebook::schedule::cron::CronSchedule,
    source::{
        pull::{Address, Came, Mark, Puller, Query, Trouble, rows},
        system::{Caller, System},
        table::{Assume, Kind},
    },
    store::api::{Result, Store, StoreError},
    words::pulls::Fault,
};

/// A table that is taken in again and again.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Its name below `sources:`, and as a feed.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// What its rows are.
    pub kind: Kind,
    /// The names that lead to the list within an object of JSON; empty = the whole of it is the list.
    pub rows: Vec<String>,
    /// The mapping file.
    pub map: Option<PathBuf>,
    /// What new customers without a date are.
    pub assume: Option<Assume>,
    /// When it is looked at.
    pub schedule: Schedule,
    /// Most bytes of an answer.
    pub most: u64,
    /// The folder for rows that are not taken.
    pub rejects: PathBuf,
}

/// Where a table is.
#[derive(Clone, Debug)]
pub enum Place {
    /// Behind an address.
    Url(Address),
    /// A file.
    File(PathBuf),
    /// The files of a folder.
    Folder(PathBuf),
    /// Rows of a database.
    Query(Query),
}

/// When a table is looked at.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// So long after the last time (microseconds).
    Every(i64),
    /// By cron, in the workspace's zone.
    Cron(CronSchedule),
}

impl Schedule {
    fn next(&self, now: Instant, zone: &TimeZone) -> Instant {
        match self {
            Schedule::Every(micros) => now.plus(*micros),
            Schedule::Cron(cron) => cron.next_after(now, zone).unwrap_or(Instant::MAX),
        }
    }
}

/// What became of one table.
#[derive(Clone, Debug)]
pub struct Done {
    /// The feed.
    pub feed: String,
    /// The file of a folder.
    pub file: Option<String>,
    /// What became of it.
    pub end: End,
}

/// What became of a table.
#[derive(Clone, Debug)]
pub enum End {
    /// The same as before.
    Unchanged,
    /// Taken in (or only looked at, in a dry run); rows that were not taken are in the file.
    Taken(Box<Report>, Option<PathBuf>),
    /// So many things of a system were taken in; so many of all wait until their customer is known.
    Told(u64, u64),
    /// Nothing of it was taken.
    Failed(Trouble),
}

/// Why a table was not taken in.
enum Stop {
    /// By its own fault.
    Trouble(Trouble),
    /// By ours: it is tried again at once.
    Store(StoreError),
}

impl<T: Into<Trouble>> From<T> for Stop {
    fn from(trouble: T) -> Stop {
        Stop::Trouble(trouble.into())
    }
}

/// Takes tables in.
pub struct Pulls {
    /// Those of the configuration.
    pub feeds: Vec<Feed>,
    /// Systems that are asked.
    pub systems: Vec<System>,
    puller: Puller,
    caller: Caller,
    looks: Mutex<Looks>,
    /// When files were looked at last. That is a matter of this process: nothing waits for it elsewhere.
    looked: Mutex<BTreeMap<String, Tick>>,
}

impl Pulls {
    /// Of these feeds.
    pub fn new(feeds: Vec<Feed>, systems: Vec<System>) -> Pulls {
        Pulls {
            feeds,
            systems,
            puller: Puller::default(),
            caller: Caller::default(),
            looks: Mutex::default(),
            looked: Mutex::default(),
        }
    }

    /// Whether there is anything to be taken in.
    pub fn any(&self) -> bool {
        !self.feeds.is_empty() || self.systems.iter().any(|system| system.token.is_some())
    }

    /// Takes in what is due; answers what became of it. Errors: the last of what could not be recorded, after all.
    pub async fn due(&self, shell: &Shell) -> Result<Vec<Done>> {
        let (mut all, mut trouble) = (Vec::new(), None);
        for feed in &self.feeds {
            match self.one_due(shell, feed).await {
                Ok(done) => all.extend(done),
                // One that cannot be written down keeps no other from its turn.
                Err(error) => trouble = Some(error),
            }
        }
        for system in &self.systems {
            match self.system_due(shell, system).await {
                Ok(done) => all.extend(done),
                Err(error) => trouble = Some(error),
            }
        }
        trouble.map_or(Ok(all), Err)
    }

    async fn one_due(&self, shell: &Shell, feed: &Feed) -> Result<Vec<Done>> {
        if !self.is_due(shell, feed).await? {
            return Ok(Vec::new());
        }
        // A file is each machine's own.
        if matches!(feed.place, Place::File(_) | Place::Folder(_)) {
            return self.one(shell, feed, false).await;
        }
        if !alone(shell, &feed.name).await? {
            return Ok(Vec::new());
        }
        // Whoever had it until now may have just looked.
        let done = match self.is_due(shell, feed).await {
            Ok(true) => self.one(shell, feed, false).await,
            Ok(false) => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        shell.store.release(&lease_of(&feed.name)).await?;
        done
    }

    async fn is_due(&self, shell: &Shell, feed: &Feed) -> Result<bool> {
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner).get(&feed.name).copied();
        if let (Some(looked), Some(every)) = (looked, feed.looked_at_every())
            && looked.elapsed() < every
        {
            return Ok(false);
        }
        let now = shell.clock.now();
        let standing = standing(shell.store.as_ref(), &feed.name).await?;
        // One that was moved elsewhere does not wait for what the old place asked for.
        Ok(standing.next <= now || standing.place != feed.place())
    }

    /// Takes one in, due or not. A dry run records nothing.
    pub async fn one(&self, shell: &Shell, feed: &Feed, dry_run: bool) -> Result<Vec<Done>> {
        let now = shell.clock.now();
        let mut standing = standing(shell.store.as_ref(), &feed.name).await?;
        standing.moved_to(feed.place());
        let done = match &feed.place {
            Place::Url(at) => match self.address(shell, feed, at, &mut standing, dry_run).await {
                Ok(end) => vec![Done { feed: feed.name.clone(), file: None, end }],
                Err(Stop::Store(error)) => return Err(error),
                Err(Stop::Trouble(trouble)) => vec![failed(feed, trouble)],
            },
            Place::Query(query) => match self.database(shell, feed, query, &mut standing, dry_run).await {
                Ok(end) => vec![Done { feed: feed.name.clone(), file: None, end }],
                Err(Stop::Store(error)) => return Err(error),
                Err(Stop::Trouble(trouble)) => vec![failed(feed, trouble)],
            },
            Place::File(_) | Place::Folder(_) => match self.files(shell, feed, &mut standing, dry_run).await {
                Ok(done) => done,
                Err(Stop::Store(error)) => return Err(error),
                Err(Stop::Trouble(trouble)) => vec![failed(feed, trouble)],
            },
        };
        if !dry_run {
            let next = match feed.looked_at_every() {
                Some(_) => now,
                None => feed.schedule.next(now, &shell.rulebook().model.workspace.zone),
            };
            self.looked.lock().unwrap_or_else(PoisonError::into_inner).insert(feed.name.clone(), Tick::now());
            tell::outcome(shell, feed, standing, &done, next).await?;
        }
        Ok(done)
    }

    async fn address(
        &self,
        shell: &Shell,
        feed: &Feed,
        at: &Address,
        standing: &mut Standing,
        dry_run: bool,
    ) -> std::result::Result<End, Stop> {
        let (mapping, asked) = feed.mapping()?;
        // Rows that were refused may be welcome by now: their customer has come, an attribute was declared.
        let same = !dry_run && standing.asked == asked && standing.rejected == 0;
        let known = if same { standing.mark.clone() } else { Mark::default() };
        let mut spooled = temporary().map_err(|e| Trouble::new(Fault::Unreadable, e.to_string()))?;
        match self.puller.fetch(at, &known, feed.most, &mut spooled.file).await? {
            Came::Unchanged => Ok(End::Unchanged),
            Came::Body(mark, hash) => {
                let end = if same && standing.hash == hash {
                    End::Unchanged
                } else {
                    take::take(shell, feed, &mut spooled.file, mapping, &feed.name, dry_run).await?
                };
                standing.note(asked, mark, hash, &end);
                Ok(end)
            }
        }
    }

    /// Whether what is there can be had, without taking it.
    pub async fn reach(&self, feed: &Feed) -> std::result::Result<(), Trouble> {
        feed.mapping()?;
        match &feed.place {
            Place::Url(at) => {
                self.puller.fetch(at, &Mark::default(), feed.most, &mut std::io::sink()).await.map(|_| ())
            }
            Place::Query(query) => {
                let first =
                    format!("SELECT * FROM (\n{}\n) AS all_of_it LIMIT 1", query.text.trim().trim_end_matches(';'));
                rows(&Query { text: first, ..query.clone() }, None, feed.most, &mut std::io::sink()).await.map(|_| ())
            }
            Place::File(_) | Place::Folder(_) => feed.entries().map(|_| ()),
        }
    }
}

/// So long one of several daemons has a source to itself: it is asked by that one alone.
const OWN: i64 = 5 * MINUTE;

/// Whether no other daemon asks this source just now.
async fn alone(shell: &Shell, source: &str) -> Result<bool> {
    let now = shell.clock.now();
    shell.store.lease(&lease_of(source), now.plus(OWN), now).await
}

fn lease_of(source: &str) -> String {
    format!("pull:{source}")
}

fn failed(feed: &Feed, trouble: Trouble) -> Done {
    Done { feed: feed.name.clone(), file: None, end: End::Failed(trouble) }
}

impl Feed {
    /// The place, as something that may be kept: an address is a secret.
    fn place(&self) -> String {
        match &self.place {
            Place::Url(at) => stable_hash(&["url", at.url.as_str()]),
            Place::File(path) => stable_hash(&["file", &path.to_string_lossy()]),
            Place::Folder(path) => stable_hash(&["folder", &path.to_string_lossy()]),
            Place::Query(query) => stable_hash(&["database", &query.place()]),
        }
    }

    /// How often files are looked at; none where an address is, or a cron says when.
    fn looked_at_every(&self) -> Option<Duration> {
        match (&self.place, &self.schedule) {
            (Place::File(_) | Place::Folder(_), Schedule::Every(micros)) => {
                Some(Duration::from_micros(micros.unsigned_abs()))
            }
            _ => None,
        }
    }

    /// What a file of it is called where names have to differ.
    pub fn table_of(&self, file: &str) -> String {
        match &self.place {
            Place::Folder(_) => format!("{}.{file}", self.name),
            _ => self.name.clone(),
        }
    }

    /// Where rows that were not taken are written.
    pub fn rejects_of(&self, table: &str) -> PathBuf {
        self.rejects.join(format!("{table}.rejects.csv"))
    }
}

/// Whether the team knows that this feed fails.
pub async fn is_told(store: &dyn Store, feed: &str) -> Result<bool> {
    Ok(standing(store, feed).await?.told)
}
