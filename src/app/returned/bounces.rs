//! Too many dead mailboxes: a playbook stops before the large mailbox providers stop all of our mail.

use super::tally::{self, RECENT};
use crate::{
    app::{dispatch::hold, swap},
    model::{
        instant::Instant,
        message::{Audience, Class, Planned},
    },
    store::api::{Result, Store},
    words,
};

/// Dead mailboxes for a hundred mails above which a playbook stops: lists that were bought or are old have more.
const PER_HUNDRED: u64 = 5;
/// Fewer say nothing about the list.
const LEAST: u64 = 5;

/// Notes that a message found its mailbox dead. When it is one too many, the mails of its playbook wait until
/// somebody resumes it, and the team is told once. Notices have to go, whatever the list is like.
pub async fn note(store: &dyn Store, planned: &Planned, now: Instant) -> Result<()> {
    let name = &planned.playbook;
    if planned.class == Class::Notice || planned.audience == Audience::Team || name.starts_with("digest:") {
        return Ok(());
    }
    let held = hold::of_playbook(name);
    // Whoever resumes it counts anew.
    if hold::waits(&store.world().await?, &held, now).is_some() {
        return Ok(());
    }
    let dead = tally::one_more(store, &cursor(name), now).await?;
    if dead < LEAST {
        return Ok(());
    }
    let sent = store.mails_sent(name, now.plus(-RECENT), enough(dead)).await?;
    if !is_too_many(dead, sent) {
        return Ok(());
    }
    let why = words::mail::dead_mailboxes(dead, sent.max(dead));
    hold::one(store, &held, &format!("email/{held}"), &why, now).await.map(|_| ())
}

/// So many mails settle that these dead mailboxes are not too many; no more need be counted.
fn enough(dead: u64) -> u64 {
    dead.saturating_mul(100).div_ceil(PER_HUNDRED)
}

/// What was refused at the door was never sent: at most all of them are dead.
fn is_too_many(dead: u64, sent: u64) -> bool {
    dead >= LEAST && dead.saturating_mul(100) > sent.max(dead).saturating_mul(PER_HUNDRED)
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
            assert_eq!(is_too_many(dead, sent.min(enough(dead))), stops, "{dead} of {sent}, counted as far as needed");
        }
    }
}
