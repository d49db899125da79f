//! The default transport: a folder of `.eml` files, with the HTML part beside each for reading.
//!
//! A file appears complete or not at all (written aside, synced, renamed). Its name holds the key, so
//! handing the same message over again replaces the same file: exactly once, whatever crashed.

mod part;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;

use crate::{
    channel::{Body, Channel, Gate},
    model::message::{Planned, Receipt, SendError},
};

/// A folder that takes mails.
#[derive(Clone, Debug)]
pub struct FileChannel {
    folder: PathBuf,
}

impl FileChannel {
    /// Mails go into `folder`, which is made when the first one comes.
    pub fn new(folder: impl Into<PathBuf>) -> FileChannel {
        FileChannel { folder: folder.into() }
    }

    /// Where the mail of `planned` is: `FOLDER/20260401T000000Z-KEY.eml`.
    pub fn path(&self, planned: &Planned) -> PathBuf {
        let stamp = planned.ready_at.timestamp().strftime("%Y%m%dT%H%M%SZ");
        let key: String = planned.key.0.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        self.folder.join(format!("{stamp}-{key}.eml"))
    }
}

#[async_trait]
impl Channel for FileChannel {
    async fn send(&self, planned: &Planned, body: &Body, gate: &dyn Gate) -> Result<Option<Receipt>, SendError> {
        let path = self.path(planned);
        fs::create_dir_all(&self.folder).map_err(|e| unusable(&self.folder, &e))?;
        if !gate.hand_over().await {
            return Ok(None);
        }
        let bytes = body.clone();
        let target = path.clone();
        let written = tokio::task::spawn_blocking(move || write(&target, &bytes)).await;
        match written {
            Ok(Ok(())) => Ok(Some(Receipt { detail: format!("file {}", name_of(&path)) })),
            // Nothing can have been accepted: the rename is the only thing a reader sees.
            Ok(Err(e)) => Err(unusable(&self.folder, &e)),
            Err(e) => Err(SendError::Unknown { reason: format!("writing the mail stopped: {e}") }),
        }
    }

    fn sessions(&self) -> usize {
        4
    }

    fn replay_window(&self) -> Option<i64> {
        Some(i64::MAX)
    }

    async fn doctor(&self) -> Result<String, String> {
        let folder = self.folder.display();
        fs::create_dir_all(&self.folder)
            .map(|()| format!("mails are written to {folder}; nothing leaves this machine"))
            .map_err(|e| format!("{folder} cannot be written: {e}; choose another `email.transport: file:FOLDER`"))
    }
}

fn unusable(folder: &Path, error: &io::Error) -> SendError {
    SendError::Misconfigured { reason: format!("{} cannot be written: {error}", folder.display()) }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes)?;
    if let Some(html) = part::html(bytes) {
        put(&path.with_extension("html"), &html)?;
    }
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_extension(format!("{}.tmp", path.extension().unwrap_or_default().to_string_lossy()));
    let mut file = fs::File::create(&aside)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)
}
