//! What arrived at the relay against what the store says.

use std::collections::{BTreeMap, BTreeSet};

use shirube::{
    model::message::OutboxState,
    store::{
        self,
        api::{Mode, OutboxRow},
    },
};

use crate::{Error, sink::Sink};

/// The comparison, in messages.
#[derive(Debug, Default)]
pub struct Truth {
    /// Planned ones.
    pub planned: usize,
    /// The store says sent.
    pub sent: usize,
    /// The store says nobody knows.
    pub maybe: usize,
    /// Of these, how many the relay had.
    pub maybe_arrived: usize,
    /// Still to go.
    pub open: usize,
    /// The store says sent, and the relay never had it; or it is missing from the store.
    pub lost: usize,
    /// Arrived more than once.
    pub doubled: usize,
    /// Of these, without a word in the store that it went again, or with another Message-ID.
    pub unpredicted: usize,
    /// The relay had it, and the store neither says sent nor that nobody knows.
    pub unlisted: usize,
}

impl Truth {
    /// Nothing lost in silence, nothing twice, everything that arrived known.
    pub fn clean(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.unlisted == 0
    }

    /// In one line.
    pub fn told(&self) -> String {
        format!(
            "lost {}, twice {}, unlisted {} of {} messages; maybe_sent {} ({} had arrived)",
            self.lost, self.doubled, self.unlisted, self.planned, self.maybe, self.maybe_arrived
        )
    }
}

/// Every message of a store.
pub async fn rows(url: &str) -> Result<Vec<OutboxRow>, Error> {
    let store = store::open(url, Mode::Tool).await?;
    let rows = store.outbox(None, None, 1_000_000).await?;
    store.close().await;
    Ok(rows)
}

/// Compares, while nobody sends. `expected` messages must be there.
pub async fn truth(url: &str, sink: &Sink, expected: usize) -> Result<Truth, Error> {
    let rows = rows(url).await?;
    let mut mails: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in sink.accepted() {
        let text = String::from_utf8_lossy(&mail.bytes).into_owned();
        mails.entry(header(&text, "X-Shirube-Key")).or_default().push(header(&text, "Message-ID"));
    }
    let mut truth = Truth { planned: rows.len(), lost: expected.saturating_sub(rows.len()), ..Truth::default() };
    let mut known = BTreeSet::new();
    for row in &rows {
        known.insert(row.planned.key.0.clone());
        let arrived = mails.get(&row.planned.key.0);
        truth.judge(row, arrived.map_or(&[][..], Vec::as_slice));
    }
    truth.unlisted += mails.keys().filter(|key| !known.contains(*key)).count();
    Ok(truth)
}

impl Truth {
    fn judge(&mut self, row: &OutboxRow, arrived: &[String]) {
        match row.state {
            OutboxState::Sent => {
                self.sent += 1;
                self.lost += usize::from(arrived.is_empty());
            }
            OutboxState::MaybeSent => {
                self.maybe += 1;
                self.maybe_arrived += usize::from(!arrived.is_empty());
            }
            OutboxState::Queued | OutboxState::Claimed | OutboxState::HandingOver | OutboxState::Held => {
                self.open += 1;
                self.unlisted += usize::from(!arrived.is_empty() && row.resend_of.is_none());
            }
            _ => self.unlisted += usize::from(!arrived.is_empty()),
        }
        if arrived.len() > 1 {
            self.doubled += 1;
            let same = arrived.iter().collect::<BTreeSet<_>>().len() == 1;
            self.unpredicted += usize::from(row.resend_of.is_none() || !same);
        }
    }
}

fn header(text: &str, name: &str) -> String {
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_default().trim().to_owned()
}
