//! What came of a playbook that ran to its end: whether anything went out at all.

use crate::{
    app::shell::Shell,
    engine::explain::Explanation,
    model::{decision::LedgerEntry, ids::ContactId, message::OutboxState},
    store::api::{AccountRow, OutboxRow, Result},
};

/// Ledger lines and messages looked through for one run.
const LINES: usize = 200;

/// Of those that ran to their end (`sent`): where all the last run had to say was left out, it is `skipped`, with the
/// last reason. `person` is whom a playbook about contacts was explained for.
pub async fn told(
    shell: &Shell,
    row: &AccountRow,
    all: &mut [Explanation],
    person: impl Fn(&Explanation) -> Option<ContactId>,
) -> Result<()> {
    if all.iter().all(|e| e.verdict != "sent") {
        return Ok(());
    }
    let messages = shell.store.outbox(None, Some(row.id), LINES).await?;
    for e in all.iter_mut().filter(|e| e.verdict == "sent") {
        let person = person(e);
        let entries = shell.store.ledger(row.id, Some(&e.playbook), LINES).await?;
        if let Some((step, reason)) = left_out(&entries, &messages, person) {
            "skipped".clone_into(&mut e.verdict);
            (e.step, e.because) = (Some(step), reason);
        }
    }
    Ok(())
}

/// Step and reason of what was left out last, where nothing was done; newest lines first.
fn left_out(entries: &[LedgerEntry], messages: &[OutboxRow], person: Option<ContactId>) -> Option<(String, String)> {
    let mine = entries.iter().filter(|entry| person.is_none() || entry.contact == person);
    let mut last = None;
    for entry in mine {
        match entry.kind.as_str() {
            "start" => return last,
            "task" | "set" | "event" => return None,
            "message" => {
                let rows: Vec<&OutboxRow> = messages.iter().filter(|row| is_of(row, entry)).collect();
                let refused = |row: &&&OutboxRow| matches!(row.state, OutboxState::Skipped | OutboxState::Failed);
                if rows.is_empty() || rows.iter().filter(refused).count() < rows.len() {
                    return None;
                }
                last = last.or_else(|| Some((entry.step.clone(), rows[0].detail.clone())));
            }
            "skip" => last = last.or_else(|| Some((entry.step.clone(), entry.reason.clone()))),
            _ => {}
        }
    }
    // The beginning lies further back than was looked at.
    None
}

/// Whether a message is the one that a line of the ledger speaks of.
fn is_of(row: &OutboxRow, entry: &LedgerEntry) -> bool {
    let same_step = row.planned.playbook == entry.playbook && row.planned.step == entry.step;
    same_step && row.at >= entry.at && (entry.contact.is_none() || row.planned.contact == entry.contact)
}
