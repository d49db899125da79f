//! Systems are asked page by page; what a page says and how far it was read are one transaction.

use std::sync::Arc;

use super::{Done, End, Pulls, alone, lease_of, standing, standing::Standing, tell};
use crate::{
    app::{shell::Shell, track::Answer},
    model::{
        instant::{Instant, SECOND},
        system::Told,
        track::Verdict,
    },
    source::{
        pull::Trouble,
        system::{Cursor, Refused, System, settle},
        track::Json,
    },
    store::api::{Delivery, Moved, Once, Result},
    words::pulls::Fault,
};

/// How long after a webhook its news is pulled: by then the system's own search knows it.
const SOON: i64 = 15 * SECOND;
/// Our raw events end there; older ones could not be told from repeats.
const HORIZON: i64 = i64::MAX;

/// What a look came to.
enum Look {
    /// So many things; whether there are more.
    Told(u64, bool),
    /// Nothing more could be had.
    Failed(Trouble),
}

async fn is_due(shell: &Shell, system: &System) -> Result<bool> {
    let standing = standing(shell.store.as_ref(), &system.name).await?;
    Ok(system.token.is_some() && (standing.next <= shell.clock.now() || standing.place != system.place()))
}

impl Pulls {
    /// Asks a system if it is due.
    pub(super) async fn system_due(&self, shell: &Shell, system: &System) -> Result<Vec<Done>> {
        if !is_due(shell, system).await? || !alone(shell, &system.name).await? {
            return Ok(Vec::new());
        }
        // Whoever had it until now may have just asked.
        let done = match is_due(shell, system).await {
            Ok(true) => self.system_once(shell, system, system.pace().0).await.map(|(done, _)| vec![done]),
            Ok(false) => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        shell.store.release(&lease_of(&system.name)).await?;
        done
    }

    /// Asks a system now, to the end of what it has to say.
    pub async fn system(&self, shell: &Shell, system: &System) -> Result<Done> {
        let mut sum = 0;
        loop {
            let (done, more) = self.system_once(shell, system, system.pace().0).await?;
            match done.end {
                End::Told(things, _) if more => sum += things,
                End::Told(things, waits) => return Ok(Done { end: End::Told(sum + things, waits), ..done }),
                _ => return Ok(done),
            }
            // The pace that its limit allows.
            tokio::time::sleep(std::time::Duration::from_secs(system.pace().1)).await;
        }
    }

    async fn system_once(&self, shell: &Shell, system: &System, pages: usize) -> Result<(Done, bool)> {
        let mut standing = standing(shell.store.as_ref(), &system.name).await?;
        standing.moved_to(system.place());
        let look = self.pages(shell, system, pages).await?;
        let now = shell.clock.now();
        let (end, more) = match look {
            Look::Failed(trouble) => {
                tell::failed(shell, &system.name, standing, &trouble).await?;
                (End::Failed(trouble), false)
            }
            Look::Told(things, more) => {
                let rest = i64::try_from(system.pace().1).unwrap_or(1) * SECOND;
                let next = now.plus(if more { rest } else { system.every });
                tell::good(shell, &system.name, &mut standing, &[&system.name], next).await?;
                standing::write(shell.store.as_ref(), &system.name, &standing).await?;
                let (waits, _) = shell.store.system_waits(&system.name).await?;
                (End::Told(things, waits), more)
            }
        };
        Ok((Done { feed: system.name.clone(), file: None, end }, more))
    }

    async fn pages(&self, shell: &Shell, system: &System, pages: usize) -> Result<Look> {
        let (store, name) = (shell.store.as_ref(), cursor_of(system));
        let mut things = 0;
        for _ in 0..pages {
            let from = store.cursor(&name).await?;
            let cursor = read(system, from.as_deref());
            let now = shell.clock.now();
            let options = shell.tracking(now, HORIZON);
            let answer = match self.caller.call(system, &system.ask(&cursor, &options)).await {
                Ok(answer) => answer,
                Err(Refused { status: Some(status), .. }) if system.lost(&cursor, status) => {
                    tracing::warn!(source = system.name, "its increments have a gap; all of it is read again");
                    let to = write(&Cursor { place: system.place(), ..Cursor::default() });
                    store.move_cursor(&name, from.as_deref(), &to).await?;
                    continue;
                }
                Err(refused) => match refused.status.and_then(|status| system.without(&cursor, status)) {
                    Some(next) => {
                        tracing::warn!(source = system.name, "mergers may not be read; the rest is");
                        let to = write(&Cursor { place: system.place(), ..next });
                        store.move_cursor(&name, from.as_deref(), &to).await?;
                        continue;
                    }
                    None => return Ok(Look::Failed(refused.trouble)),
                },
            };
            let Some(page) = system.read(&cursor, &answer, &options) else {
                return Ok(Look::Failed(Fault::Shape.into()));
            };
            let next = Cursor { place: system.place(), ..page.next };
            let moved = Moved { name: name.clone(), from, to: write(&next) };
            let count = page.told.len() as u64;
            // Another daemon that was quicker has read the same.
            if shell.take_told(system, page.told, Some(moved), None, now).await?.is_some() {
                things += count;
            }
            if !page.more {
                return Ok(Look::Told(things, false));
            }
        }
        Ok(Look::Told(things, true))
    }

    /// Whether a system answers, and what its token may not read: the names of the permissions.
    pub async fn allowed(&self, system: &System) -> std::result::Result<(), Vec<(String, Trouble)>> {
        let mut missing = Vec::new();
        for (permission, ask) in system.permissions() {
            if let Err(refused) = self.caller.call(system, &ask).await {
                let stop = !matches!(refused.trouble.fault, Fault::Scope);
                missing.push((permission.to_owned(), refused.trouble));
                if stop {
                    break;
                }
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }
}

impl Shell {
    /// Takes in what a system told, with the cursor of its pull or the proof of its webhook. None: its proof was used
    /// before, or somebody else has moved the cursor.
    pub async fn take_told(
        &self,
        system: &System,
        told: Vec<Told>,
        cursor: Option<Moved>,
        once: Option<Once>,
        now: Instant,
    ) -> Result<Option<Vec<Verdict>>> {
        let zone = self.rulebook().model.workspace.zone.clone();
        let settle = Arc::new(move |known, told| settle(known, told, &zone));
        let source = system.name.clone();
        let wake = cursor.is_some();
        self.store.system(Delivery { source, told, wake, once, cursor, now, settle }).await
    }

    /// What a payload of a system's webhook says is taken in; where it only says that there is news, that is pulled
    /// soon. None: its proof was used before.
    pub async fn hear_system(
        &self,
        system: &System,
        payload: &Json,
        horizon: i64,
        once: Option<Once>,
        now: Instant,
    ) -> Result<Option<Answer>> {
        let options = self.tracking(now, horizon);
        let heard = system.hook(payload, &options);
        let Some(verdicts) = self.take_told(system, heard.told, None, once, now).await? else { return Ok(None) };
        if heard.look {
            self.look_soon(&system.name, now.plus(SOON)).await?;
        }
        let answer = Answer::of(&verdicts, heard.look);
        if answer.ignored == 0 {
            self.arrived(&system.name, now).await;
        }
        Ok(Some(answer))
    }

    async fn look_soon(&self, source: &str, at: Instant) -> Result<()> {
        let standing = standing(self.store.as_ref(), source).await?;
        // A system that asked us to wait is not asked earlier.
        if standing.fails > 0 || standing.next <= at {
            return Ok(());
        }
        standing::write(self.store.as_ref(), source, &Standing { next: at, ..standing }).await
    }
}

fn cursor_of(system: &System) -> String {
    format!("system:{}", system.name)
}

/// Where a pull is; of another place nothing was read yet.
fn read(system: &System, text: Option<&str>) -> Cursor {
    let cursor: Cursor = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    if cursor.place == system.place() { cursor } else { Cursor { place: system.place(), ..Cursor::default() } }
}

fn write(cursor: &Cursor) -> String {
    serde_json::to_string(cursor).unwrap_or_default()
}
