//! Too many complaints: the marketing of a sender stops before the large mailbox providers stop all of our mail.

use super::tally::{self, RECENT};
use crate::{
    app::{dispatch::hold, swap},
    model::{
        instant::Instant,
        message::{Class, Planned},
    },
    store::api::{Result, Store},
    words,
};

/// Complaints for a thousand mails above which the marketing of a sender stops: Google and Yahoo ask for less than 3.
const PER_THOUSAND: u64 = 3;
/// Fewer say nothing about the other readers.
const LEAST: u64 = 3;

/// Notes a complaint about a message. When it is one too many, the marketing of its sender is paused until somebody
/// resumes it, and the team is told once.
pub async fn note(store: &dyn Store, planned: &Planned, now: Instant) -> Result<()> {
    if planned.class != Class::Marketing {
        return Ok(());
    }
    let sender = &planned.sender;
    let name = hold::of_sender(sender);
    // Whoever resumes it counts anew.
    if hold::waits(&store.world().await?, &name, now).is_some() {
        return Ok(());
    }
    let complaints = tally::one_more(store, &cursor(sender), now).await?;
    if complaints < LEAST {
        return Ok(());
    }
    let sent = store.marketing_sent(sender, now.plus(-RECENT), enough(complaints)).await?;
    if !is_too_many(complaints, sent) {
        return Ok(());
    }
    let why = words::mail::complaints(complaints, sent);
    hold::one(store, &name, &format!("email/marketing {name}"), &why, now).await.map(|_| ())
}

/// So many mails settle that these complaints are not too many; no more need be counted.
fn enough(complaints: u64) -> u64 {
    complaints.saturating_mul(1_000).div_ceil(PER_THOUSAND)
}

fn is_too_many(complaints: u64, sent: u64) -> bool {
    complaints >= LEAST && complaints.saturating_mul(1_000) > sent.saturating_mul(PER_THOUSAND)
}

/// Counts anew: somebody has looked into it and resumed the sender (empty: the default one).
pub async fn forget(store: &dyn Store, sender: &str) -> Result<()> {
    swap::forget(store, &cursor(sender)).await
}

fn cursor(sender: &str) -> String {
    format!("complaints:{sender}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_of_a_thousand_are_borne_and_two_of_any_number() {
        let table =
            [(2, 2, false), (3, 3, true), (3, 999, true), (3, 1_000, false), (4, 1_000, true), (30, 20_000, false)];
        for (complaints, sent, stops) in table {
            assert_eq!(is_too_many(complaints, sent), stops, "{complaints} of {sent}");
            assert_eq!(is_too_many(complaints, sent.min(enough(complaints))), stops, "counted as far as needed");
        }
    }
}
