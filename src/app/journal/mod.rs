//! `sent.journal`: what left, written outside the database and its backups.
//!
//! A database restored from an hour-old backup would send that hour again. So every hand-over is in
//! here, synced, before its first body byte leaves: database commit → journal sync → body.
//! The file is preallocated with zeros, so that a sync need not write metadata too; reading ends at the
//! first zero byte.

mod record;
pub mod refusal;
pub mod restore;
mod rotate;

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

pub use record::Record;
use rotate::Lasting;

use crate::model::{ids::MessageKey, instant::Instant};

/// The file grows by this much at a time, filled with zeros.
const GROW: u64 = 1 << 20;
/// A journal longer than this is set aside at the next start.
const FULL: u64 = 8 << 20;
const HEADER: &str = "shirube-journal 1\n";

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("the journal {path} cannot be used: {error}; nothing is sent without it")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// A record in the middle does not fit its checksum, or the file is something else.
    #[error(
        "{path}:{line}: the journal is damaged; keep the file, put back a good copy, or move it away (sending is then held until you say `resume --all`)"
    )]
    Damaged {
        /// The file.
        path: String,
        /// The line.
        line: usize,
    },
}

/// The open journal. Appending is done by one committer; the lock is never contended.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// End of the records.
    end: u64,
    /// End of the zeros.
    allocated: u64,
    /// A write failed once: what is on disk is unknown, so nothing is written any more.
    broken: bool,
}

/// What was found when the journal was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The file did not exist.
    pub fresh: bool,
    /// The last epoch written.
    pub epoch: Option<i64>,
    /// The last hand-over written.
    pub last: Option<(MessageKey, Instant)>,
    /// The last message whose acceptance was written.
    pub sent: Option<MessageKey>,
    /// The last suppression written: address (HMAC), topic, whether it holds.
    pub suppressed: Option<(String, String, bool)>,
    /// Records read.
    pub records: usize,
}

impl Journal {
    /// Opens or creates the journal and reads it through once. A torn last line is cut off: it was
    /// never acknowledged.
    pub fn open(path: &Path) -> Result<(Journal, Found), JournalError> {
        Journal::open_with(path, FULL)
    }

    /// The same with another length at which it is set aside.
    pub fn open_with(path: &Path, full: u64) -> Result<(Journal, Found), JournalError> {
        let (journal, found, lasting) = Journal::open_one(path)?;
        if journal.len() <= full.saturating_add(lasting.size()) {
            return Ok((journal, found));
        }
        drop(journal);
        let fail = |error| JournalError::Io { path: path.display().to_string(), error };
        rotate::rotate(path, &lasting).map_err(fail)?;
        let (journal, ..) = Journal::open_one(path)?;
        Ok((journal, found))
    }

    fn len(&self) -> u64 {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).end
    }

    fn open_one(path: &Path) -> Result<(Journal, Found, Lasting), JournalError> {
        let fail = |error| JournalError::Io { path: path.display().to_string(), error };
        let fresh = !path.exists();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(fail)?;
        if file.metadata().map_err(fail)?.len() == 0 {
            file.write_all(HEADER.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)?;
            sync_folder(path).map_err(fail)?;
        }
        let mut found = Found { fresh, ..Found::default() };
        let mut lasting = Lasting::default();
        let end = scan(path, &mut file, &mut |record| {
            lasting.take(&record);
            found.take(record);
        })?;
        found.complete_from_previous(path)?;
        let lines = found.records + 2;
        let damaged = || JournalError::Damaged { path: path.display().to_string(), line: lines };
        let allocated = wipe_tail(&mut file, end).map_err(fail)?.ok_or_else(damaged)?;
        let open = Open { file, end, allocated, broken: false };
        Ok((Journal { path: path.to_owned(), open: Mutex::new(open) }, found, lasting))
    }

    /// Appends records and, when `sync`, returns only once they are durable. After one error every
    /// further call fails: a failed sync is never repeated, the program has to start again.
    pub fn append(&self, records: &[Record], sync: bool) -> Result<(), JournalError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let text: String = records.iter().map(Record::line).collect();
        let written = open.write(text.as_bytes(), sync);
        open.broken |= written.is_err();
        written.map_err(|error| JournalError::Io { path: self.path.display().to_string(), error })
    }

    /// Reads every record from the beginning, also of the journals that were set aside.
    pub fn read(&self, take: &mut dyn FnMut(Record)) -> Result<(), JournalError> {
        rotate::all(&self.path).iter().try_for_each(|path| read_one(path, take))
    }
}

fn read_one(path: &Path, take: &mut dyn FnMut(Record)) -> Result<(), JournalError> {
    let fail = |error| JournalError::Io { path: path.display().to_string(), error };
    let mut file = File::open(path).map_err(fail)?;
    scan(path, &mut file, take).map(|_| ())
}

impl Found {
    /// A new journal does not know the last messages yet; those set aside do.
    fn complete_from_previous(&mut self, path: &Path) -> Result<(), JournalError> {
        for previous in rotate::all(path).iter().rev().skip(1) {
            if self.last.is_some() {
                break;
            }
            let mut before = Found::default();
            read_one(previous, &mut |record| before.take(record))?;
            self.last = before.last;
            self.sent = self.sent.take().or(before.sent);
            self.suppressed = self.suppressed.take().or(before.suppressed);
        }
        Ok(())
    }

    fn take(&mut self, record: Record) {
        self.records += 1;
        match record {
            Record::Epoch(n, _) => self.epoch = Some(n),
            Record::Handing(key, _, at) => self.last = Some((key, at)),
            Record::Sent(key, ..) => self.sent = Some(key),
            Record::Suppressed(hash, topic, on, _) => self.suppressed = Some((hash, topic, on)),
            Record::NotAccepted(..) | Record::Erased(..) => {}
        }
    }
}

impl Open {
    fn write(&mut self, bytes: &[u8], sync: bool) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed; restart"));
        }
        if self.end + bytes.len() as u64 > self.allocated {
            self.grow(bytes.len() as u64)?;
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(bytes)?;
        self.end += bytes.len() as u64;
        if sync { self.file.sync_data() } else { Ok(()) }
    }

    fn grow(&mut self, need: u64) -> io::Result<()> {
        let size = need.max(GROW);
        self.file.seek(SeekFrom::Start(self.allocated))?;
        io::copy(&mut io::repeat(0).take(size), &mut self.file)?;
        self.file.sync_all()?;
        self.allocated += size;
        Ok(())
    }
}

/// Reads records up to the first zero byte or torn line; answers where they end.
fn scan(path: &Path, file: &mut File, take: &mut dyn FnMut(Record)) -> Result<u64, JournalError> {
    let fail = |error| JournalError::Io { path: path.display().to_string(), error };
    file.seek(SeekFrom::Start(0)).map_err(fail)?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut end, mut number, mut line) = (0_u64, 0, Vec::new());
    loop {
        line.clear();
        let read = reader.by_ref().take(4096).read_until(b'\n', &mut line).map_err(fail)?;
        number += 1;
        let whole = line.last() == Some(&b'\n') && !line.contains(&0);
        if read == 0 || !whole {
            return Ok(end);
        }
        let text = std::str::from_utf8(&line).unwrap_or_default();
        let known = if number == 1 { text == HEADER } else { parsed(text, take) };
        if !known {
            return Err(JournalError::Damaged { path: path.display().to_string(), line: number });
        }
        end += read as u64;
    }
}

fn parsed(text: &str, take: &mut dyn FnMut(Record)) -> bool {
    Record::parse(text.trim_end_matches('\n')).map(take).is_some()
}

/// Overwrites a torn tail with zeros; answers where the zeros end, or `None` when the tail is no torn
/// write but damage.
fn wipe_tail(file: &mut File, end: u64) -> io::Result<Option<u64>> {
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(end))?;
    let mut tail = Vec::new();
    Read::by_ref(file).take(GROW).read_to_end(&mut tail)?;
    if tail.iter().all(|b| *b == 0) {
        return Ok(Some(size));
    }
    if !is_torn(&tail, end) {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(end))?;
    io::copy(&mut io::repeat(0).take(size - end), file)?;
    file.sync_all()?;
    Ok(Some(size))
}

/// A write that power loss cut short leaves whole sectors unwritten; a zero byte in the middle of
/// one is a flipped bit, and what follows it must not be wiped.
fn is_torn(tail: &[u8], end: u64) -> bool {
    const SECTOR: u64 = 512;
    let Some(zero) = tail.iter().position(|b| *b == 0) else { return true };
    let rest = SECTOR - (end + zero as u64) % SECTOR;
    tail[zero..].iter().take(usize::try_from(rest).unwrap_or(0)).all(|b| *b == 0)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::AccountId;

    fn handing(n: i64) -> Record {
        Record::Handing(MessageKey(format!("key{n}")), AccountId(n), Instant(n))
    }

    fn all(journal: &Journal) -> Vec<Record> {
        let mut out = Vec::new();
        journal.read(&mut |r| out.push(r)).unwrap();
        out
    }

    #[test]
    fn records_survive_and_the_next_start_goes_on_after_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sent.journal");
        let (journal, found) = Journal::open(&path).unwrap();
        assert!(found.fresh);
        journal.append(&[Record::Epoch(3, Instant(0)), handing(1)], true).unwrap();
        drop(journal);
        let (journal, found) = Journal::open(&path).unwrap();
        assert_eq!(
            found,
            Found {
                epoch: Some(3),
                last: Some((MessageKey("key1".into()), Instant(1))),
                records: 2,
                ..Found::default()
            }
        );
        journal.append(&[handing(2)], true).unwrap();
        assert_eq!(all(&journal), [Record::Epoch(3, Instant(0)), handing(1), handing(2)]);
    }

    #[test]
    fn a_torn_end_is_cut_off_and_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sent.journal");
        let (journal, _) = Journal::open(&path).unwrap();
        journal.append(&[handing(1), handing(2)], true).unwrap();
        let end = journal.open.lock().unwrap().end;
        drop(journal);
        let mut file = OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(end - 5)).unwrap();
        file.write_all(&[0; 5]).unwrap();
        let (journal, found) = Journal::open(&path).unwrap();
        assert_eq!(found.records, 1);
        journal.append(&[handing(3)], true).unwrap();
        assert_eq!(all(&journal), [handing(1), handing(3)]);
    }

    #[test]
    fn a_flipped_bit_in_the_middle_is_named_by_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sent.journal");
        let (journal, _) = Journal::open(&path).unwrap();
        journal.append(&[handing(1), handing(2)], true).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[HEADER.len() + 4] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.contains("sent.journal:2"), "{error}");
    }

    #[test]
    fn a_bit_flipped_to_a_zero_byte_does_not_wipe_what_follows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sent.journal");
        let (journal, _) = Journal::open(&path).unwrap();
        journal.append(&[handing(1), handing(2)], true).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[HEADER.len() + 4] = 0;
        std::fs::write(&path, &bytes).unwrap();
        assert!(Journal::open(&path).unwrap_err().to_string().contains("sent.journal:2"));
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_full_journal_is_set_aside_and_still_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("j");
        let (journal, _) = Journal::open(&path).unwrap();
        let refused = Record::Suppressed("h".into(), "*".into(), true, Instant(1));
        journal.append(&[Record::Epoch(7, Instant(0)), handing(1), refused.clone(), handing(2)], true).unwrap();
        drop(journal);
        let (journal, found) = Journal::open_with(&path, 50).unwrap();
        assert_eq!((found.epoch, found.last.unwrap().0.0.as_str()), (Some(7), "key2"));
        assert!(!std::fs::read_to_string(&path).unwrap().contains("key1"));
        journal.append(&[handing(3)], true).unwrap();
        let kept = |record: &Record| all(&journal).iter().filter(|r| *r == record).count();
        assert!([1, 2, 3].iter().all(|n| kept(&handing(*n)) == 1) && kept(&refused) == 2);
        drop(journal);
        // The next start knows everything the old one did, from the short file.
        for _ in 0..3 {
            let (journal, found) = Journal::open_with(&path, 50).unwrap();
            assert_eq!((found.epoch, found.last.unwrap().0.0.as_str()), (Some(7), "key3"));
            assert_eq!(found.suppressed, Some(("h".into(), "*".into(), true)));
            drop(journal);
        }
    }

    #[test]
    fn many_records_outgrow_the_first_allocation() {
        let dir = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open(&dir.path().join("j")).unwrap();
        let many: Vec<Record> = (0..40_000).map(handing).collect();
        journal.append(&many, true).unwrap();
        journal.append(&[handing(-1)], true).unwrap();
        assert_eq!(all(&journal).len(), 40_001);
    }
}
