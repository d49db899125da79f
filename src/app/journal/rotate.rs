//! A full journal is set aside and a new one begun: what is set aside is still read after a restore.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{HEADER, Record, sync_folder};
use crate::model::instant::Instant;

/// Files set aside; with 8 MiB each they hold about two million messages.
const KEPT: u32 = 40;

/// What every journal must remember for ever: who refused mail, and who was erased.
#[derive(Clone, Debug, Default)]
pub struct Lasting {
    suppressed: BTreeMap<(String, String), (bool, Instant)>,
    erased: BTreeMap<String, Instant>,
    epoch: Option<i64>,
}

impl Lasting {
    /// Looks at a record.
    pub fn take(&mut self, record: &Record) {
        match record {
            Record::Suppressed(hash, topic, on, at) => {
                self.suppressed.insert((hash.clone(), topic.clone()), (*on, *at));
            }
            Record::Erased(who, at) => drop(self.erased.insert(who.clone(), *at)),
            Record::Epoch(n, _) => self.epoch = Some(*n),
            Record::Handing(..) | Record::Sent(..) | Record::NotAccepted(..) => {}
        }
    }

    /// Bytes that stay in every journal.
    pub fn size(&self) -> u64 {
        self.records().iter().map(|record| record.line().len() as u64).sum()
    }

    fn records(&self) -> Vec<Record> {
        let epoch = self.epoch.map(|n| Record::Epoch(n, Instant(0)));
        let suppressed = self
            .suppressed
            .iter()
            .map(|((hash, topic), (on, at))| Record::Suppressed(hash.clone(), topic.clone(), *on, *at));
        let erased = self.erased.iter().map(|(who, at)| Record::Erased(who.clone(), *at));
        epoch.into_iter().chain(suppressed).chain(erased).collect()
    }
}

/// Sets the journal in `path` aside and begins a new one. Whenever this is cut short, `path` is either the
/// old journal or the new one, and nothing is lost.
pub fn rotate(path: &Path, lasting: &Lasting) -> io::Result<()> {
    let new = with_end(path, "new");
    let mut file = File::create(&new)?;
    let text: String = lasting.records().iter().map(Record::line).collect();
    file.write_all(HEADER.as_bytes())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    for n in (1..KEPT).rev().filter(|n| numbered(path, *n).exists()) {
        fs::rename(numbered(path, n), numbered(path, n + 1))?;
    }
    fs::hard_link(path, numbered(path, 1))?;
    fs::rename(&new, path)?;
    sync_folder(path)
}

/// Every journal beside `path`, oldest first, `path` itself last. A file found twice (a rotation was cut
/// short) is read twice, which changes nothing.
pub fn all(path: &Path) -> Vec<PathBuf> {
    let numbers: BTreeSet<u32> = (1..=KEPT).filter(|n| numbered(path, *n).exists()).collect();
    numbers.into_iter().rev().map(|n| numbered(path, n)).chain([path.to_owned()]).collect()
}

fn numbered(path: &Path, n: u32) -> PathBuf {
    with_end(path, &n.to_string())
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{end}"));
    PathBuf::from(name)
}
