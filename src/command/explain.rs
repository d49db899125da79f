//! `/cs explain` and `/cs why-not`: the conditions with their values, and the ledger.

use serde::Serialize;

use super::reply::{Part, Reply};
use crate::{
    app::shell::Shell,
    engine::explain::{self as judge, Explanation},
    model::{decision::LedgerEntry, instant::Instant, locale::Locale},
    store::api::{AccountRow, Result},
    words::{Word, say, sentence},
};

/// Ledger lines shown.
const LINES: usize = 8;

/// The answer as data: the contract of `explain --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Why {
    /// The account's key.
    pub account: String,
    /// Each playbook with its verdict and reasons.
    #[serde(flatten)]
    pub first: Option<Explanation>,
    /// The other playbooks, where none was named.
    pub others: Vec<Explanation>,
    /// What was decided, newest first.
    pub ledger: Vec<LedgerEntry>,
}

/// Collects the answer.
pub async fn why(shell: &Shell, row: &AccountRow, playbook: Option<&str>, now: Instant) -> Result<Why> {
    let (rulebook, world) = (shell.rulebook(), shell.world());
    let snapshot = shell.store.snapshot(row.id).await?.unwrap_or_default();
    let mut all = judge::explain(&snapshot, &world, &rulebook, now, playbook).into_iter();
    let ledger = shell.store.ledger(row.id, playbook, 50).await?;
    Ok(Why { account: row.key.clone(), first: all.next(), others: all.collect(), ledger })
}

/// The answer for people.
pub fn reply(why: &Why, shell: &Shell, locale: Locale) -> Reply {
    let mut reply = Reply::new(locale, sentence::explain_title(locale, &why.account));
    let zone = shell.rulebook().model.workspace.zone.clone();
    for e in why.first.iter().chain(&why.others) {
        let until = e.until.map(|at| format!(" → {}", at.rfc3339(&zone))).unwrap_or_default();
        let because = if e.because.is_empty() { String::new() } else { format!(" ({})", e.because) };
        let step = e.step.as_ref().map(|s| format!(" · {s}")).unwrap_or_default();
        reply = reply.with(Part::Heading(format!("{}: {}{step}{because}{until}", e.playbook, e.verdict)));
        if let Some(at) = e.goal_at {
            reply = reply.line(sentence::goal_reached(locale, &at.rfc3339(&zone)));
        }
        let reasons: Vec<String> = e.reasons.iter().map(line).collect();
        if !reasons.is_empty() {
            reply = reply.with(Part::Bullets(reasons));
        }
    }
    let lines: Vec<String> = why.ledger.iter().take(LINES).map(|l| ledger(l, &zone)).collect();
    if !lines.is_empty() {
        reply = reply.with(Part::Heading(say(locale, Word::Ledger).to_owned())).with(Part::Bullets(lines));
    }
    reply
}

fn line(reason: &crate::rulebook::expr::Reason) -> String {
    let inputs: Vec<String> = reason.inputs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let inputs = if inputs.is_empty() { String::new() } else { format!(" [{}]", inputs.join(", ")) };
    format!("{} → {}{inputs}", reason.expr, reason.value)
}

/// One line of the ledger for people.
pub fn ledger(entry: &LedgerEntry, zone: &jiff::tz::TimeZone) -> String {
    let step = if entry.step.is_empty() { String::new() } else { format!("/{}", entry.step) };
    format!("{} {} {}{step} {}", entry.at.rfc3339(zone), entry.kind, entry.playbook, entry.reason)
}
