//! Folders that mail is delivered into (maildir: `tmp`, `new`, `cur`).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Did, Intake};
use crate::{
    model::{ids::stable_hash, instant::Instant},
    source::mail,
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
    /// Takes what has arrived in the folders; answers how many mails. What fails stays where it is.
    pub async fn collect(&self, folders: &[Watched], now: Instant) -> Result<usize> {
        let mut taken = 0;
        for watched in folders {
            for path in waiting(&watched.folder) {
                let Ok(bytes) = read(&path).inspect_err(|error| tracing::warn!(%error, "a mail cannot be read")) else {
                    continue;
                };
                let done = self.take(&mail::read(&bytes), now).await?;
                tracing::info!(done = %words(&done), "a mail came in");
                if let Err(error) = settle(&path, watched.own, &done) {
                    tracing::warn!(%error, "a mail was read but cannot be moved; it is read again");
                }
                taken += 1;
            }
        }
        Ok(taken)
    }
}

fn words(done: &[Did]) -> String {
    done.iter().map(|d| d.word()).collect::<Vec<_>>().join(" ")
}

/// What has arrived, in the order of names; nothing where there is no such folder.
fn waiting(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.join("new")) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.is_file()).collect();
    found.sort();
    found.truncate(AT_ONCE);
    found
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(mail::MOST as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn settle(path: &Path, own: bool, done: &[Did]) -> io::Result<()> {
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

/// Delivers a mail into a maildir, made where there is none: durable when this returns.
pub fn deliver(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    for part in ["tmp", "new", "cur"] {
        fs::create_dir_all(folder.join(part))?;
    }
    // The same mail delivered twice is one.
    let name = stable_hash(&[&String::from_utf8_lossy(bytes)]);
    let (tmp, new) = (folder.join("tmp").join(&name), folder.join("new").join(&name));
    fs::write(&tmp, bytes)?;
    fs::File::open(&tmp)?.sync_all()?;
    fs::rename(&tmp, &new)?;
    fs::File::open(folder.join("new"))?.sync_all()
}
