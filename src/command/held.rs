//! What is held and would go: shown before `resume all` lets it.

use std::collections::BTreeMap;

use super::reply::{Part, Press, Reply, Table};
use crate::{
    app::shell::Shell,
    model::{instant::Instant, locale::Locale, message::OutboxState},
    store::api::{OutboxRow, Result},
    words::{Word, say, sentence},
};

/// Messages looked at; an outbox that holds more says "at least".
const MOST: usize = 10_000;
/// Lines of the table.
const LINES: usize = 30;

/// What would go, with a button that lets it; none = nothing is held.
pub async fn waiting(shell: &Shell, now: Instant, locale: Locale) -> Result<Option<Reply>> {
    let rows = shell.store.outbox(Some(OutboxState::Held), None, MOST).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let late = rows.iter().filter(|row| is_late(row, now)).count();
    let zone = shell.rulebook().model.workspace.zone.clone();
    let mut groups: BTreeMap<(String, &str), (usize, Instant)> = BTreeMap::new();
    for row in rows.iter().filter(|row| !is_late(row, now)) {
        let name = (format!("{}/{}", row.planned.playbook, row.planned.step), row.planned.channel.word());
        let entry = groups.entry(name).or_insert((0, row.planned.ready_at));
        *entry = (entry.0 + 1, entry.1.min(row.planned.ready_at));
    }
    let lines = groups.iter().take(LINES).map(|((name, channel), (count, since))| {
        vec![name.clone(), (*channel).to_owned(), count.to_string(), since.date(&zone).to_string()]
    });
    let header = [Word::Step, Word::Channel, Word::Messages, Word::Since].map(|word| say(locale, word).to_owned());
    let table = Table { header: header.into(), rows: lines.collect() };
    let mut reply = Reply::new(locale, sentence::would_go(locale, rows.len() - late, late));
    if !table.rows.is_empty() {
        reply = reply.with(Part::Table(table));
    }
    reply = reply.button(sentence::let_go(locale, rows.len() - late), Press::Ask("resume all --yes".to_owned()));
    reply.footer = say(locale, Word::CheckedAgain).to_owned();
    Ok(Some(reply))
}

/// Held for longer than it may be: the re-check skips it.
fn is_late(row: &OutboxRow, now: Instant) -> bool {
    row.planned.hold_until.is_some_and(|end| now >= end)
}
