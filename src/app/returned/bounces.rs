//! Too many dead mailboxes: a playbook stops before the large mailbox providers stop all of our mail.

use crate::{
    app::{
        dispatch::{alarm, hold},
        swap,
    },
    model::{
        instant::{DAY, Instant},
        message::{Audience, Class, Planned},
    },
    store::api::{Result, Store},
    words,
};

/// Dead mailboxes for a hundred mails above which a playbook stops: lists that were bought or are old have more.
const PER_HUNDRED: u64 = 5;
/// Fewer say nothing about the list.
const LEAST: u64 = 5;
/// Both are counted over this time.
const RECENT: i64 = 30 * DAY;
/// More than this need not be remembered.
const MOST: usize = 1_000;

/// Notes that a message found its mailbox dead. When it is one too many, the mails of its playbook wait until
/// somebody resumes it, and the team is told once. Notices have to go, whatever the list is like.
pub async fn note(store: &dyn Store, planned: &Planned, now: Instant) -> Result<()> {
    let name = &planned.playbook;
    if planned.class == Class::Notice || planned.audience == Audience::Team || name.starts_with("digest:") {
        return Ok(());
    }
    let dead = count(store, name, now).await?;
    if dead < LEAST {
        return Ok(());
    }
    let sent = store.mails_sent(name, now.plus(-RECENT)).await?;
    if !is_too_many(dead, sent) {
        return Ok(());
    }
    let why = words::mail::dead_mailboxes(dead, sent.max(dead));
    let held = hold::of_playbook(name);
    if !hold::one(store, &held, &why).await? {
        return Ok(());
    }
    let what = format!("email/{held}");
    store.append(vec![alarm::fact(&what, &why, &format!("{held}:{}", now.0), now)]).await.map(|_| ())
}

/// What was refused at the door was never sent: at most all of them are dead.
fn is_too_many(dead: u64, sent: u64) -> bool {
    dead >= LEAST && dead.saturating_mul(100) > sent.max(dead).saturating_mul(PER_HUNDRED)
}

/// Adds one, and answers how many there are.
async fn count(store: &dyn Store, playbook: &str, now: Instant) -> Result<u64> {
    swap::cursor(store, &cursor(playbook), |text| {
        let mut all: Vec<Instant> = text.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        all.retain(|at| now.since(*at) < RECENT);
        all.push(now);
        let kept = &all[all.len().saturating_sub(MOST)..];
        (serde_json::to_string(kept).unwrap_or_default(), all.len() as u64)
    })
    .await
}

/// Counts anew: somebody has looked into it and resumed the playbook.
pub async fn forget(store: &dyn Store, playbook: &str) -> Result<()> {
    swap::forget(store, &cursor(playbook)).await
}

fn cursor(playbook: &str) -> String {
    format!("bounces:{playbook}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_of_a_hundred_are_borne_and_four_of_any_number() {
        let table = [(4, 4, false), (5, 0, true), (5, 99, true), (5, 100, false), (6, 100, true), (50, 1_000, false)];
        for (dead, sent, stops) in table {
            assert_eq!(is_too_many(dead, sent), stops, "{dead} of {sent}");
        }
    }
}
