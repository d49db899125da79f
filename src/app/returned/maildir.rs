//! Folders that mail is delivered into (maildir: `tmp`, `new`, `cur`).

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{MutexGuard, PoisonError},
};

use super::{Did, Intake, reading};
use crate::{
    model::{ids::stable_hash, instant::Instant},
    source::mail::{self, Mail},
    store::api::Result,
};

/// Mails taken from a folder in one go.
const AT_ONCE: usize = 100;

/// A folder that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The maildir.
    pub folder: PathBuf,
    /// Our own spool: what was taken is removed. In a mailbox of yours it goes to `cur`, seen if it was ours.
    pub own: bool,
}

impl Intake {
    /// Takes what has arrived in the folders; answers how many mails. What the store does not take stays where it is.
    pub async fn collect(&self, folders: &[Watched], now: Instant) -> Result<usize> {
        let mut taken = 0;
        for watched in folders {
            if watched.own {
                self.releases(&watched.folder, now).await?;
            }
            for path in self.waiting(&watched.folder) {
                match understood(path.clone(), watched.folder.join("tmp")).await {
                    Ok(Some(mail)) => {
                        let done = self.take(&mail, now).await?;
                        tracing::info!(done = %words(&done), "a mail came in");
                        self.settle(&path, watched.own, &done);
                        taken += 1;
                    }
                    Ok(None) => self.settle(&path, false, &[]),
                    Err(error) => {
                        tracing::warn!(%error, "a mail cannot be read; it is left where it is");
                        self.left().insert(path);
                    }
                }
            }
        }
        Ok(taken)
    }

    /// What has arrived, in the order of names; nothing where there is no such folder.
    fn waiting(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(folder.join("new")) else { return Vec::new() };
        let left = self.left();
        let new = |path: &PathBuf| !left.contains(path) && path.is_file();
        let mut found: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(new).collect();
        found.sort();
        found.truncate(AT_ONCE);
        found
    }

    /// Puts away what was read. What cannot be put away is not read again before the next start.
    fn settle(&self, path: &Path, own: bool, done: &[Did]) {
        if let Err(error) = put_away(path, own, done) {
            tracing::warn!(%error, "a mail was read but cannot be moved; make the folder `cur` beside it writable");
            self.left().insert(path.to_owned());
        }
    }

    fn left(&self) -> MutexGuard<'_, std::collections::BTreeSet<PathBuf>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a file and understands it, away from the tasks; none where that has ended this program before.
async fn understood(path: PathBuf, marks: PathBuf) -> io::Result<Option<Mail>> {
    let read = move || {
        if !reading::begin(&marks, &path) {
            tracing::error!("a mail has ended this program twice while it was read; it lies unread in `cur`");
            return Ok(None);
        }
        let mail = read(&path).map(|bytes| mail::read(&bytes));
        reading::end(&marks);
        mail.map(Some)
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
}

fn words(done: &[Did]) -> String {
    done.iter().map(|d| d.word()).collect::<Vec<_>>().join(" ")
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(mail::MOST as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn put_away(path: &Path, own: bool, done: &[Did]) -> io::Result<()> {
    if own {
        return fs::remove_file(path);
    }
    let (Some(folder), Some(name)) = (path.parent().and_then(Path::parent), path.file_name()) else { return Ok(()) };
    let cur = folder.join("cur");
    fs::create_dir_all(&cur)?;
    // People see what was not for us as unread.
    let seen = if done.iter().all(|d| *d == Did::NotOurs) { "" } else { "S" };
    fs::rename(path, cur.join(format!("{}:2,{seen}", name.to_string_lossy())))
}

/// Delivers a mail into a maildir, made where there is none: durable when this returns, and for its owner's eyes only.
pub fn deliver(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    for part in ["tmp", "new", "cur"] {
        fs::create_dir_all(folder.join(part))?;
    }
    // The same mail delivered twice is one.
    let name = stable_hash(&[&String::from_utf8_lossy(bytes)]);
    let (tmp, new) = (folder.join("tmp").join(&name), folder.join("new").join(&name));
    write_private(&tmp, bytes)?;
    fs::rename(&tmp, &new)?;
    fs::File::open(folder.join("new"))?.sync_all()
}

/// Writes a file that only its owner can read, durably.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
