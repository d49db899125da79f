//! Announcements: an event without an account starts playbooks for every account.

use std::collections::BTreeSet;

use super::shell::Shell;
use crate::{
    engine::ANNOUNCEMENT,
    model::{
        fact::{Fact, Incoming, OWN},
        ids::AccountId,
        instant::Instant,
    },
    rulebook::{
        playbook::{Start, Subject},
        schedule::length::Length,
        types::Rulebook,
    },
    store::api::Result,
};

/// Accounts told in one turn; the rest follows in the next ones.
const CHUNK: usize = 5_000;
/// Accounts read at once.
const PAGE: usize = 500;
/// Announcements looked through at once.
const LOOKED_THROUGH: usize = 200;
/// The last announcement everybody was told.
const DONE: &str = "announce";
/// How far the present one has come: `SEQ:ACCOUNT`.
const AT: &str = "announce:at";

impl Shell {
    /// Tells the next accounts of the oldest announcement that not all have heard; answers whether any was told.
    pub async fn announce(&self, now: Instant) -> Result<bool> {
        let names = awaited(&self.rulebook());
        if names.is_empty() {
            return Ok(false);
        }
        let done = self.store.cursor(DONE).await?;
        let last = done.as_deref().and_then(|t| t.parse().ok()).unwrap_or(0);
        let (next, newest) = self.next_announcement(last, &names, now).await?;
        let Some(next) = next else {
            // What nobody awaits is not looked through again.
            if newest > last {
                self.store.move_cursor(DONE, done.as_deref(), &newest.to_string()).await?;
            }
            return Ok(false);
        };
        let at = self.store.cursor(AT).await?;
        let begun = at.as_deref().and_then(|t| t.split_once(':')).filter(|(seq, _)| *seq == next.seq.to_string());
        let mut after = AccountId(begun.and_then(|(_, id)| id.parse().ok()).unwrap_or(0));
        for _ in 0..CHUNK / PAGE {
            let page = self.store.accounts(after, PAGE).await?;
            let Some(end) = page.last() else {
                self.store.move_cursor(DONE, done.as_deref(), &next.seq.to_string()).await?;
                return Ok(true);
            };
            after = end.id;
            // The copy's identity is the announcement and the account: told again after a crash, nothing happens twice.
            self.store.append(page.iter().map(|row| copy(&next, &row.key, now)).collect()).await?;
        }
        self.store.move_cursor(AT, at.as_deref(), &format!("{}:{}", next.seq, after.0)).await?;
        Ok(true)
    }

    /// The oldest announcement after `last` that some playbook about accounts awaits, and the number up to which
    /// there is nothing else.
    async fn next_announcement(
        &self,
        last: i64,
        names: &BTreeSet<String>,
        now: Instant,
    ) -> Result<(Option<Fact>, i64)> {
        let rulebook = self.rulebook();
        let wanted = |f: &Fact| f.source != OWN && !is_over(f, &rulebook, now);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (facts, newest) = self.store.announced(&names, last, LOOKED_THROUGH).await?;
        Ok((facts.into_iter().find(wanted), newest))
    }
}

/// Whether an announcement came too late to start anything, or lies longer back than shirube may be down.
fn is_over(announcement: &Fact, rulebook: &Rulebook, now: Instant) -> bool {
    let (workspace, calendar) = (&rulebook.model.workspace, rulebook.calendar(None));
    let after = |length: Length, at: Instant| length.after(at, &workspace.zone, calendar);
    after(workspace.late_data, announcement.occurred_at) < announcement.received_at
        || after(workspace.max_downtime, announcement.received_at) < now
}

/// Events by which playbooks about accounts start.
fn awaited(rulebook: &Rulebook) -> BTreeSet<String> {
    let event = |start: &Start| match start {
        Start::On { event, .. } => Some(event.clone()),
        _ => None,
    };
    let playbooks = rulebook.playbooks.iter().filter(|p| p.subject != Subject::Workspace);
    playbooks.filter_map(|p| event(&p.start)).collect()
}

fn copy(announcement: &Fact, account: &str, now: Instant) -> Incoming {
    Incoming {
        account: Some(account.to_owned()),
        contact: None,
        occurred_at: announcement.occurred_at,
        received_at: now,
        source: ANNOUNCEMENT.to_owned(),
        event_id: format!("{}:{}:{account}", announcement.source, announcement.event_id),
        body: announcement.body.clone(),
    }
}
