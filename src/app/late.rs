//! Rows of a digest that nobody took in time: whoever is named for that hears of each once.
//!
//! What was asked for, since when, is kept with the digest's other memory (a cursor in the store), so that a restart neither
//! forgets nor repeats anything; the message is a fact on the workspace like the digest itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{digest, shell::Shell};
use crate::{
    engine::DIGEST_LATE,
    insight::{
        digest::{DigestData, DigestRow, Seen, Unanswered, exposure, row, taken},
        view::AccountView,
    },
    model::{fact::Incoming, instant::Instant, world::World},
    rulebook::types::{Digest, Late},
    store::api::Result,
};

/// What a digest asked its readers for, by account key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Asked(BTreeMap<String, Ask>);

/// One row that somebody is to take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ask {
    /// When it was posted first.
    since: Instant,
    /// By when somebody takes it.
    until: Instant,
    /// It was judged at that time: whatever came of it, nobody hears of it again.
    #[serde(default)]
    settled: bool,
}

impl Asked {
    /// Asks for the rows `data` shows; forgets those that are gone.
    fn post(&mut self, data: &DigestData, seen: Option<&Seen>, until: Instant) {
        let shown = if data.unchanged { &data.open } else { &data.rows };
        match seen {
            Some(seen) => self.0.retain(|key, _| seen.rows.contains_key(key)),
            // Too many to remember: only what is shown now.
            None => self.0.retain(|key, _| shown.iter().any(|row| row.account == *key)),
        }
        for row in shown {
            self.0.entry(row.account.clone()).or_insert(Ask { since: data.as_of, until, settled: false });
        }
    }

    fn open(&self) -> impl Iterator<Item = (&String, &Ask)> {
        self.0.iter().filter(|(_, ask)| !ask.settled)
    }

    /// When the next row is overdue.
    fn next(&self) -> Option<Instant> {
        self.open().map(|(_, ask)| ask.until).min()
    }
}

impl Shell {
    /// A digest was posted: from now on its rows have so long to be taken.
    pub(super) async fn ask_for(&self, digest: &Digest, data: &DigestData, seen: Option<&Seen>) -> Result<()> {
        let Some(late) = &digest.late else { return Ok(()) };
        let rulebook = self.rulebook();
        let until = late.within.after(data.as_of, &rulebook.model.workspace.zone, rulebook.calendar(None));
        let (last, mut asked) = self.asked_for(digest).await?;
        asked.post(data, seen, until);
        self.keep(digest, last.as_deref(), &asked).await
    }

    /// Tells whoever is named of every row that nobody took in time.
    pub(super) async fn tell_late(&self, now: Instant) -> Result<bool> {
        let (rulebook, mut told) = (self.rulebook(), false);
        for digest in &rulebook.model.digests {
            let Some(late) = &digest.late else { continue };
            let (last, mut asked) = self.asked_for(digest).await?;
            if asked.next().is_none_or(|at| at > now) {
                continue;
            }
            let messages = self.untaken(digest, late, &asked, now).await?;
            told |= !messages.is_empty();
            // Each is known by its post and its reader: a crash before the rows are settled tells nobody twice.
            self.store.append(messages).await?;
            asked.0.values_mut().filter(|ask| ask.until <= now).for_each(|ask| ask.settled = true);
            self.keep(digest, last.as_deref(), &asked).await?;
        }
        Ok(told)
    }

    /// When the next row of this digest is overdue.
    pub(super) async fn next_late(&self, digest: &Digest) -> Result<Option<Instant>> {
        match digest.late {
            Some(_) => Ok(self.asked_for(digest).await?.1.next()),
            None => Ok(None),
        }
    }

    /// One message for each reader and post, with the overdue rows that still match and that nobody took.
    async fn untaken(&self, digest: &Digest, late: &Late, asked: &Asked, now: Instant) -> Result<Vec<Incoming>> {
        let (world, what) = (self.world(), format!("digest:{}", digest.name));
        let today = now.day(&self.rulebook().model.workspace.zone);
        let mut found: BTreeMap<(Instant, Instant, String), Vec<(f64, DigestRow)>> = BTreeMap::new();
        let customers = self
            .customers(digest, now, |view, holds| {
                let Some(ask) = asked.0.get(&view.key).filter(|ask| !ask.settled && ask.until <= now) else { return };
                if !holds || view.state.muted(&what, now) || taken(view, &what, ask.since) {
                    return;
                }
                match reader(late, view, &world, today) {
                    Some(address) => {
                        found
                            .entry((ask.since, ask.until, address))
                            .or_default()
                            .push((-exposure(view), row(view, &what, ask.since)));
                    }
                    None => tracing::warn!(digest = digest.name, role = late.to, "nobody has this role: not told"),
                }
            })
            .await?;
        let asked: Vec<String> = digest.addresses().map(|(_, address)| address.to_owned()).collect();
        let mut messages = Vec::new();
        for ((since, until, address), mut rows) in found {
            // Who was asked in person needs not to be told that nobody answered.
            if asked.contains(&address) {
                continue;
            }
            rows.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.account.cmp(&b.1.account)));
            let more = rows.len().saturating_sub(digest.limit);
            let rows = rows.into_iter().take(digest.limit).map(|(_, row)| row).collect();
            let late = Some(Unanswered { asked: asked.clone(), since, until });
            let (name, order) = (digest.name.clone(), digest.order);
            let data = DigestData { name, order, as_of: now, rows, more, customers, late, ..DigestData::default() };
            let mut one = Digest { slack: None, discord: None, email: None, ..digest.clone() };
            let Some((channel, _)) = digest.addresses().next() else { continue };
            *digest::address_of(&mut one, channel) = Some(address.clone());
            let mut fact = digest::fact(&one, &data, since, now, DIGEST_LATE);
            fact.event_id = format!("digest-late:{}:{}:{}:{address}", digest.name, since.0, until.0);
            messages.push(fact);
        }
        Ok(messages)
    }

    async fn asked_for(&self, digest: &Digest) -> Result<(Option<String>, Asked)> {
        let last = self.store.cursor(&cursor(digest)).await?;
        let asked = last.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Ok((last, asked))
    }

    async fn keep(&self, digest: &Digest, last: Option<&str>, asked: &Asked) -> Result<()> {
        let text = serde_json::to_string(asked).unwrap_or_default();
        self.store.move_cursor(&cursor(digest), last, &text).await.map(drop)
    }
}

fn cursor(digest: &Digest) -> String {
    format!("digest-asked:{}", digest.name)
}

/// Who hears of it: the channel or person that is named, else who has that role for the account, else its stand-in.
fn reader(late: &Late, view: &AccountView, world: &World, today: i32) -> Option<String> {
    if late.to.starts_with(['#', '@']) {
        return Some(late.to.clone());
    }
    let assigned = view.state.attr_text(&late.to).map(str::to_owned);
    let named = || world.people.contains_key(&late.to).then(|| late.to.clone());
    let person = assigned.or_else(|| world.fallbacks.get(&late.to).cloned()).or_else(named)?;
    Some(format!("@{}", world.on_duty(&person, today)))
}
