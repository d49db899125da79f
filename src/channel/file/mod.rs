//! Chat messages as files, while no chat is connected: trying out sends nothing to anybody.

use std::path::PathBuf;

use async_trait::async_trait;

use super::{Body, Channel, Gate};
use crate::model::message::{Planned, Receipt, SendError};

/// Writes each message's request body into `FOLDER/CHANNEL/`, one file a message, named by time and key.
pub struct ChatFolder {
    folder: PathBuf,
}

impl ChatFolder {
    /// A folder for one chat's messages; created at the first message.
    pub fn new(folder: PathBuf, channel: &str) -> ChatFolder {
        ChatFolder { folder: folder.join(channel) }
    }

    fn write(&self, planned: &Planned, body: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let path = self.path(planned);
        let part = path.with_extension("part");
        std::fs::write(&part, body)?;
        std::fs::rename(part, path)
    }

    fn path(&self, planned: &Planned) -> PathBuf {
        let day = planned.ready_at.timestamp().strftime("%Y%m%dT%H%M%SZ");
        let step: String = planned.step.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
        self.folder.join(format!("{day}-{step}-{}.json", planned.key.0))
    }
}

#[async_trait]
impl Channel for ChatFolder {
    async fn send(&self, planned: &Planned, body: &Body, gate: &dyn Gate) -> Result<Option<Receipt>, SendError> {
        if !gate.hand_over().await {
            return Ok(None);
        }
        self.write(planned, body).map_err(|e| SendError::RetryAfter {
            reason: format!("the message could not be written to the outbox folder: {e}"),
            after_micros: None,
        })?;
        Ok(Some(Receipt { detail: "written to the outbox folder".to_owned() }))
    }

    fn sessions(&self) -> usize {
        1
    }

    /// The file is named by the key: writing it again changes nothing.
    fn replay_window(&self) -> Option<i64> {
        Some(i64::MAX)
    }

    async fn doctor(&self) -> Result<String, String> {
        Ok(format!("messages are written to {}; nothing leaves", self.folder.display()))
    }
}
