//! What would happen, one line an effect or a skip.

use serde::Serialize;

use crate::{
    model::{
        decision::{Decision, LedgerEntry},
        instant::Instant,
        message::{ChannelKind, Planned},
    },
    rulebook::types::Rulebook,
    simulate::account::Account,
};

/// One line of `simulate --json`. Empty where a field has no meaning for the kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Line {
    /// When, RFC 3339 in the account's zone.
    pub at: String,
    /// The same moment.
    #[serde(skip)]
    pub moment: Instant,
    /// `message`, `skip`, `task`, `webhook`, `set`, `event` or `ghost`.
    pub kind: String,
    /// The playbook.
    pub playbook: String,
    /// The step.
    pub step: String,
    /// The account's key.
    pub account: String,
    /// The contact's key.
    pub contact: Option<String>,
    /// The channel's word.
    pub channel: Option<String>,
    /// Where it goes.
    pub address: Option<String>,
    /// The template.
    pub template: Option<String>,
    /// Why: a short machine word.
    pub reason: String,
}

/// What a decision does, in its own order.
pub fn told(account: &Account, decision: &Decision, rulebook: &Rulebook, tell: &mut dyn FnMut(Line)) {
    let mut messages: Vec<&Planned> = decision.messages.iter().collect();
    for entry in &decision.ledger {
        let shown = matches!(entry.kind.as_str(), "message" | "skip" | "task" | "webhook" | "set" | "event" | "ghost");
        if !shown || entry.step.is_empty() {
            continue;
        }
        let same = |p: &&Planned| p.playbook == entry.playbook && p.step == entry.step && p.contact == entry.contact;
        let planned = messages.iter().position(same).filter(|_| matches!(entry.kind.as_str(), "message" | "webhook"));
        let planned = planned.map(|place| messages.remove(place));
        tell(line(account, entry, planned, rulebook));
    }
}

fn line(account: &Account, entry: &LedgerEntry, planned: Option<&Planned>, rulebook: &Rulebook) -> Line {
    let text = |s: &String| Some(s.clone()).filter(|s| !s.is_empty());
    let zone = account.zone(rulebook);
    Line {
        at: entry.at.rfc3339(&zone),
        moment: entry.at,
        kind: kind(entry, planned).to_owned(),
        playbook: entry.playbook.clone(),
        step: entry.step.clone(),
        account: account.key.clone(),
        contact: entry.contact.and_then(|id| account.contacts.get(&id)).map(|c| c.key.clone()),
        channel: planned.map(|p| p.channel.word().to_owned()).or_else(|| text(&entry.channel)),
        address: planned.and_then(|p| text(&p.address)),
        template: planned.and_then(|p| text(&p.template)),
        reason: entry.reason.clone(),
    }
}

fn kind<'a>(entry: &'a LedgerEntry, planned: Option<&Planned>) -> &'a str {
    match planned {
        Some(planned) if planned.channel == ChannelKind::Webhook => "webhook",
        _ => &entry.kind,
    }
}
