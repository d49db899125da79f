//! A mailbox that is read over IMAP, from where it was left. A mail that is read twice does nothing more.

use std::path::{Path, PathBuf};

use super::{Did, Intake, reading};
use crate::{
    app::swap,
    channel::email::text,
    clock::Clock,
    model::ids::stable_hash,
    source::{
        mail,
        mailbox::{Mailbox, Settings},
    },
};

/// Mails read in one go.
const AT_ONCE: usize = 200;

impl Intake {
    /// Reads what is new in the mailbox; answers how many mails. `marks` is a folder for notes of our own. Errors: why
    /// it cannot be read to its end, without addresses; what was read stays read, the rest comes next time.
    pub async fn mailbox(&self, settings: &Settings, marks: &Path, clock: &dyn Clock) -> Result<usize, String> {
        let said = |error: crate::source::mailbox::Trouble| text::reply(&error.to_string());
        let mut open = settings.open().await.map_err(said)?;
        let read = self.read(&mut open, settings, marks, clock).await;
        open.close().await;
        read
    }

    async fn read(
        &self,
        open: &mut Mailbox,
        settings: &Settings,
        marks: &Path,
        clock: &dyn Clock,
    ) -> Result<usize, String> {
        let said = |error: crate::source::mailbox::Trouble| text::reply(&error.to_string());
        let stored = |error: crate::store::api::StoreError| error.to_string();
        let name = cursor(settings);
        let place = self.store.cursor(&name).await.map_err(stored)?;
        let new = open.after(left_at(place.as_deref(), open.validity)).await.map_err(said)?;
        let mut count = 0;
        for uid in new.into_iter().take(AT_ONCE) {
            if let Some(bytes) = open.mail(uid).await.map_err(said)? {
                let mark = PathBuf::from(format!("imap-{}-{uid}", open.validity));
                let done = self.one_of_mailbox(bytes, marks, mark, clock).await.map_err(stored)?;
                self.aside(open, uid, settings, &done).await;
                count += 1;
            }
            // Only after what it says is recorded.
            let at = format!("{} {uid}", open.validity);
            swap::cursor(self.store.as_ref(), &name, |_| (at.clone(), ())).await.map_err(stored)?;
        }
        Ok(count)
    }

    async fn one_of_mailbox(
        &self,
        bytes: Vec<u8>,
        marks: &Path,
        mark: PathBuf,
        clock: &dyn Clock,
    ) -> crate::store::api::Result<Vec<Did>> {
        let marks = marks.to_owned();
        let read = move || {
            let may = reading::begin(&marks, &mark);
            let mail = may.then(|| mail::read(&bytes));
            reading::end(&marks);
            mail
        };
        // A mail that cannot be read must not keep those behind it waiting.
        let Ok(Some(mail)) = tokio::task::spawn_blocking(read).await else {
            tracing::error!("a mail of the mailbox cannot be read; it is left where it is");
            return Ok(Vec::new());
        };
        let done = self.take(&mail, clock.now()).await?;
        let words: Vec<&str> = done.iter().map(|did| did.word()).collect();
        tracing::info!(done = words.join(" "), "a mail came in");
        Ok(done)
    }

    /// What was ours goes to its folder, if one is named.
    async fn aside(&self, open: &mut Mailbox, uid: u32, settings: &Settings, done: &[Did]) {
        let Some(folder) = settings.move_to.as_ref().filter(|_| done.iter().any(|did| *did != Did::NotOurs)) else {
            return;
        };
        match open.put(uid, folder).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("the mailbox's server cannot move mails; remove `move_to`"),
            Err(error) => {
                let why = text::reply(&error.to_string());
                tracing::warn!(why, "a mail was read but cannot be moved; is there such a folder?");
            }
        }
    }
}

/// The number of the last mail that was read; numbers of another validity mean nothing.
fn left_at(place: Option<&str>, validity: u32) -> Option<u32> {
    let (known, uid) = place?.split_once(' ')?;
    uid.parse().ok().filter(|_| known == validity.to_string())
}

fn cursor(settings: &Settings) -> String {
    let port = settings.port.to_string();
    format!("imap:{}", stable_hash(&[&settings.host, &port, &settings.user, &settings.folder]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_made_anew_is_read_anew() {
        assert_eq!(left_at(Some("7 42"), 7), Some(42));
        for other in [Some("8 42"), Some("7"), Some("7 x"), None] {
            assert_eq!(left_at(other, 7), None);
        }
    }
}
