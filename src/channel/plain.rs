//! An answer as plain lines: summaries beside blocks and embeds.

use std::collections::BTreeMap;

use crate::model::{
    reply::{Button, Part, Reply, Table},
    safe::{clean, clean_lines, shorten},
};

/// `@kei` as `@` and kei's id on the platform; anything else as it is.
pub fn person(ids: &BTreeMap<String, String>, address: &str) -> String {
    let id = address.strip_prefix('@').and_then(|key| ids.get(key));
    id.map_or_else(|| address.to_owned(), |id| format!("@{id}"))
}

/// The whole answer in at most `max` characters, a line a thing, without buttons.
pub fn summary(reply: &Reply, max: usize) -> String {
    let mut lines = vec![clean(&reply.title)];
    lines.extend(reply.parts.iter().flat_map(part));
    if !reply.footer.is_empty() {
        lines.push(clean(&reply.footer));
    }
    shorten(&lines.join("\n"), max)
}

fn part(part: &Part) -> Vec<String> {
    match part {
        Part::Heading(text) => vec![clean(text)],
        Part::Text(text) => vec![clean_lines(text)],
        Part::Fields(fields) => fields.iter().map(|f| clean(&f.to_string())).collect(),
        Part::Bullets(items) => items.iter().map(|item| format!("• {}", clean(item))).collect(),
        Part::Table(table) => rows(table).iter().map(|row| row.join(" | ")).collect(),
        Part::Buttons(_) | Part::Finder(_) | Part::Chart(_) => Vec::new(),
    }
}

/// What a button says where it does not stand under its row: whose it is first, in at most `max` characters.
pub fn labelled(button: &Button, max: usize) -> String {
    let (label, about) = (clean(&button.label), clean(&button.about));
    match about.as_str() {
        "" => shorten(&label, max),
        name => {
            let room = max.saturating_sub(label.chars().count() + 2);
            shorten(&format!("{}: {label}", shorten(name, room.max(8))), max)
        }
    }
}

/// Header and rows, cleaned, every one as long as the header; an empty cell is a dash.
pub fn rows(table: &Table) -> Vec<Vec<String>> {
    let cell = |text: Option<&String>| match text.map(|t| clean(t)) {
        Some(text) if !text.is_empty() => text,
        _ => "–".to_owned(),
    };
    let fit = |row: &Vec<String>| (0..table.header.len()).map(|i| cell(row.get(i))).collect();
    std::iter::once(&table.header).chain(&table.rows).map(fit).collect()
}
