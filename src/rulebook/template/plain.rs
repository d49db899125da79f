//! The document tree as plain text: at most [`COLUMNS`] columns (a CJK character takes two), every
//! link written out, nothing lost.

use unicode_width::UnicodeWidthChar;

use super::doc::{Block, Inline, Item};

/// Widest line, in columns. Only an address that is longer by itself goes beyond.
pub const COLUMNS: usize = 76;

/// `blocks` as text, blocks parted by an empty line, without one at the end.
pub fn plain(blocks: &[Block]) -> String {
    lines(blocks, COLUMNS).join("\n")
}

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn columns(c: char) -> usize {
    c.width_cjk().unwrap_or(0)
}

/// The same with every paragraph on one line: chat programs break lines themselves.
pub fn unwrapped(blocks: &[Block]) -> String {
    lines(blocks, usize::MAX / 2).join("\n")
}

fn lines(blocks: &[Block], room: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for b in blocks {
        if !out.is_empty() {
            out.push(String::new());
        }
        out.extend(block(b, room));
    }
    out
}

fn block(block: &Block, room: usize) -> Vec<String> {
    match block {
        Block::Paragraph(text) => paragraph(text, room),
        Block::Heading(_, text) => {
            let mut out = paragraph(text, room);
            let longest = out.iter().map(|l| width(l)).max().unwrap_or(0);
            out.push("-".repeat(longest.clamp(3, room.max(3))));
            out
        }
        Block::Action { url, label } => {
            let mut out = fill(&format!("→ {label}"), room);
            out.push(format!("  {url}"));
            out
        }
        Block::List { start, items } => {
            items.iter().enumerate().flat_map(|(i, item)| list_item(&mark(*start, i, item), item, room)).collect()
        }
        Block::Quote(inner) => {
            let inner = lines(inner, room.saturating_sub(2).max(20));
            inner.into_iter().map(|l| format!("> {l}").trim_end().to_owned()).collect()
        }
        Block::Code(code) => code.lines().map(|l| format!("    {l}")).collect(),
        Block::Table(rows) => table(rows, room),
        Block::Rule => vec!["-".repeat(room.min(40))],
        Block::Scale(scale) => {
            let mut out = fill(&format!("{} / {}", scale.low, scale.high), room);
            out.extend(fill(&format!("→ {}", scale.open), room));
            out.push(format!("  {}", scale.url));
            out
        }
    }
}

fn mark(start: Option<usize>, index: usize, item: &Item) -> String {
    let bullet = start.map_or("-".to_owned(), |n| format!("{}.", n.saturating_add(index)));
    match item.done {
        None => format!("{bullet} "),
        Some(true) => format!("{bullet} [x] "),
        Some(false) => format!("{bullet} [ ] "),
    }
}

fn list_item(mark: &str, item: &Item, room: usize) -> Vec<String> {
    let inner = lines(&item.blocks, room.saturating_sub(width(mark)).max(20));
    let hang = " ".repeat(width(mark));
    if inner.is_empty() {
        return vec![mark.trim_end().to_owned()];
    }
    let lead = |i: usize| if i == 0 { mark } else { hang.as_str() };
    inner.iter().enumerate().map(|(i, line)| format!("{}{line}", lead(i)).trim_end().to_owned()).collect()
}

/// `Head: value` per cell, rows parted by an empty line: survives any width.
fn table(rows: &[Vec<Vec<Inline>>], room: usize) -> Vec<String> {
    let Some((head, body)) = rows.split_first() else { return Vec::new() };
    let head: Vec<String> = head.iter().map(|cell| inline_text(cell)).collect();
    if body.is_empty() {
        return fill(&head.join(" / "), room);
    }
    let mut out = Vec::new();
    for (i, row) in body.iter().enumerate() {
        if i > 0 {
            out.push(String::new());
        }
        for (j, cell) in row.iter().enumerate() {
            let name = head.get(j).map(|h| h.trim()).filter(|h| !h.is_empty());
            let cell = inline_text(cell);
            out.extend(fill(&name.map_or(cell.clone(), |n| format!("{n}: {cell}")), room));
        }
    }
    out
}

fn paragraph(text: &[Inline], room: usize) -> Vec<String> {
    inline_text(text).split('\n').flat_map(|line| fill(line.trim(), room)).collect()
}

fn inline_text(parts: &[Inline]) -> String {
    parts.iter().fold(String::new(), |mut out, part| {
        match part {
            Inline::Text(t) | Inline::Code(t) => {
                if out.ends_with('>') && t.starts_with(char::is_alphanumeric) {
                    out.push(' ');
                }
                out.push_str(t);
            }
            Inline::Break => out.push('\n'),
            Inline::Bold(inner) | Inline::Italic(inner) | Inline::Strike(inner) => out += &inline_text(inner),
            Inline::Link { url, label } => {
                let label = inline_text(label);
                let bare = url.strip_prefix("mailto:").unwrap_or(url);
                out += &if label.trim() == bare { format!("<{bare}>") } else { format!("{label} <{bare}>") };
            }
        }
        out
    })
}

/// Breaks one line into lines of at most `room` columns: Latin text at blanks, Japanese anywhere but
/// before a closing or after an opening mark.
pub fn fill(line: &str, room: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut current = String::new();
    for piece in pieces(line) {
        if width(current.as_str()) + width(piece.trim_end()) > room && !current.is_empty() {
            out.push(current.trim_end().to_owned());
            current.clear();
        }
        current += if current.is_empty() { piece.trim_start_matches(' ') } else { piece };
        while width(current.trim_end()) > room && !is_address(&current) {
            let cut = cut_at(&current, room);
            out.push(current[..cut].to_owned());
            current = current[cut..].to_owned();
        }
    }
    out.push(current.trim_end().to_owned());
    out
}

fn is_address(text: &str) -> bool {
    text.contains("://") || text.contains('@')
}

fn cut_at(text: &str, room: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += columns(c);
        if used > room && at > 0 {
            return at;
        }
    }
    text.len()
}

/// `line` cut at every place where it may break.
fn pieces(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = line.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        if let Some((next_at, next)) = chars.peek().copied()
            && may_break(c, next)
        {
            out.push(&line[start..next_at]);
            start = next_at;
        }
    }
    out.push(&line[start..]);
    out
}

fn may_break(before: char, after: char) -> bool {
    if after == ' ' {
        return false;
    }
    before == ' '
        || ((is_cjk(before) || is_cjk(after))
            && !NOT_FIRST.contains(after)
            && !NOT_LAST.contains(before)
            && columns(after) > 0)
}

fn is_cjk(c: char) -> bool {
    c.width() == Some(2)
}

/// Marks that may not begin a line (行頭禁則).
const NOT_FIRST: &str =
    "、。，．・：；？！ー）］｝」』】〉》〕ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝ〜…‥,.!?:;)]}>%様";
/// Marks that may not end a line (行末禁則).
const NOT_LAST: &str = "（［｛「『【〈《〔([{<¥$#";

#[cfg(test)]
mod tests {
    use super::{super::doc::parse, *};
    use proptest::prelude::*;

    #[test]
    fn links_are_written_out_and_lists_hang() {
        let text = plain(&parse(
            "こんにちは **結衣** 様\n\n1. [手順](https://a.test/x)を読む\n2. 招待する\n\n[続ける](https://a.test/)",
        ));
        let want =
            "こんにちは 結衣 様\n\n1. 手順 <https://a.test/x> を読む\n2. 招待する\n\n→ 続ける\n  https://a.test/";
        assert_eq!(text, want);
    }

    #[test]
    fn japanese_breaks_anywhere_but_not_before_a_full_stop() {
        let line = "あ".repeat(38) + "。";
        let got = fill(&line, 76);
        assert_eq!(got, ["あ".repeat(37), "あ。".to_owned()]);
    }

    proptest! {
        #[test]
        fn every_line_fits_and_nothing_is_lost(s in "[ a-zあ-ん漢字、。「」（）0-9]{0,300}") {
            let got = fill(&s, COLUMNS);
            prop_assert!(got.iter().all(|l| width(l) <= COLUMNS), "{:?}", got);
            let squeeze = |t: &str| t.replace(' ', "");
            prop_assert_eq!(squeeze(&got.concat()), squeeze(&s));
        }
    }
}
