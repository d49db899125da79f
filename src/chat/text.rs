//! An answer for a terminal: at most 80 columns, wide characters counted as two.

use unicode_width::UnicodeWidthStr;

use crate::{
    channel::plain,
    command::reply::{Button, Field, Part, Press, Reply, Table},
    model::{
        columns::{width_of, wrap},
        safe::{clean, clean_lines},
    },
};

/// Columns of a line.
pub const COLUMNS: usize = 80;

/// The answer as lines, each ending in a newline.
pub fn render(reply: &Reply) -> String {
    lines(reply, false)
}

/// The same for a pipe or a file, where programs read keys: no cell of a table and nothing to type is cut.
pub fn whole(reply: &Reply) -> String {
    lines(reply, true)
}

fn lines(reply: &Reply, whole: bool) -> String {
    let mut lines = wrap(&clean(&reply.title), COLUMNS, "");
    for part in &reply.parts {
        lines.extend(self::part(part, whole));
    }
    if !reply.footer.is_empty() {
        lines.push(String::new());
        lines.extend(wrap(&clean(&reply.footer), COLUMNS, ""));
    }
    lines.into_iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn part(part: &Part, whole: bool) -> Vec<String> {
    match part {
        Part::Heading(text) => std::iter::once(String::new()).chain(wrap(&clean(text), COLUMNS, "")).collect(),
        Part::Text(text) => clean_lines(text).lines().flat_map(|line| wrap(line, COLUMNS, indent_of(line))).collect(),
        Part::Fields(fields) => self::fields(fields),
        Part::Bullets(items) => {
            items.iter().flat_map(|item| wrap(&format!("• {}", clean(item)), COLUMNS, "  ")).collect()
        }
        Part::Table(table) => self::table(table, room(whole)),
        Part::Buttons(buttons) => buttons.iter().filter_map(|button| hint(button, room(whole))).collect(),
        Part::Finder(_) | Part::Chart(_) => Vec::new(),
    }
}

/// The blanks a line begins with, where they are an indent and not most of it.
fn indent_of(line: &str) -> &str {
    let blanks = line.len() - line.trim_start_matches(' ').len();
    &line[..blanks.min(COLUMNS / 4)]
}

/// Labels in one column, values in the next.
fn fields(fields: &[Field]) -> Vec<String> {
    let widest = fields.iter().map(|f| clean(&f.label).width()).max().unwrap_or(0).min(COLUMNS / 2);
    let indent = " ".repeat(widest + 2);
    let line = |field: &Field| {
        let label = pad(&fit(&clean(&field.label), widest), widest);
        wrap(&format!("{label}  {}", clean(&field.value)), COLUMNS, &indent)
    };
    fields.iter().flat_map(line).collect()
}

/// What a button would ask can be typed.
fn hint(button: &Button, room: usize) -> Option<String> {
    match &button.press {
        Press::Ask(text) => Some(fit(&format!("  → {}", clean(text)), room)),
        Press::Act(..) | Press::Form(..) => None,
    }
}

/// Columns that what cannot be broken may take.
fn room(whole: bool) -> usize {
    if whole { usize::MAX } else { COLUMNS }
}

/// Columns as wide as their widest cell; the widest ones give way until the line fits into `room`.
fn table(table: &Table, room: usize) -> Vec<String> {
    let rows = plain::rows(table);
    let mut widths: Vec<usize> = (0..table.header.len())
        .map(|i| rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    let room = room.saturating_sub(2 * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 1 => *widest -= 1,
            _ => break,
        }
    }
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| pad(&fit(cell, *width), *width)).collect();
        cells.join("  ")
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    lines.insert(1.min(lines.len()), rule.join("  "));
    lines
}

/// `text` in at most `columns` columns, with `…` where something was cut.
pub fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += width_of(c);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{columns::CLOSING, locale::Locale};
    use proptest::prelude::*;

    #[test]
    fn columns_line_up_with_wide_characters() {
        let table = Table {
            header: vec!["顧客".into(), "点".into()],
            rows: vec![vec!["アクメ".into(), "62".into()], vec!["Globex".into(), "7".into()]],
        };
        let text = render(&Reply::new(Locale::Ja, "一覧").with(Part::Table(table)));
        assert_eq!(text, "一覧\n顧客    点\n------  --\nアクメ  62\nGlobex  7\n");
    }

    #[test]
    fn a_pipe_prints_whole_keys_where_a_terminal_cuts_them() {
        let long = "matsukaze-estate-14".repeat(5);
        let table = Table { header: vec!["key".into(), "n".into()], rows: vec![vec![long.clone(), "1".into()]] };
        let ask = Press::Ask(format!("health {long}"));
        let reply = Reply::new(Locale::En, "t").with(Part::Table(table)).button("x", ask);
        assert!(!render(&reply).contains(&long) && render(&reply).contains('…'));
        let piped = whole(&reply);
        assert!(piped.matches(&long).count() == 2 && !piped.contains('…'), "{piped}");
    }

    #[test]
    fn labels_stand_in_one_column() {
        let text = render(&Reply::new(Locale::Ja, "t").field("スコア", "62").field("MRR", "¥1"));
        assert_eq!(text, "t\nスコア  62\nMRR     ¥1\n");
    }

    #[test]
    fn a_long_line_goes_on_below_its_own_indent_and_no_line_begins_with_a_closing_mark() {
        let text = render(&Reply::new(Locale::Ja, "t").line(format!("1. a\n    {}", "語".repeat(40))));
        assert_eq!(text, format!("t\n1. a\n    {}\n    語語\n", "語".repeat(38)));
        let text = render(&Reply::new(Locale::Ja, format!("{}）", "語".repeat(40))));
        assert_eq!(text, format!("{}\n語）\n", "語".repeat(39)));
    }

    #[test]
    fn no_line_begins_with_a_closing_mark() {
        for mark in CLOSING.chars() {
            let text = render(&Reply::new(Locale::Ja, format!("{}{mark}", "あ".repeat(40))));
            assert_eq!(text, format!("{}\nあ{mark}\n", "あ".repeat(39)));
        }
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(title in ".{0,200}", label in ".{0,90}", value in ".{0,200}", cells in prop::collection::vec(".{0,60}", 1..6)) {
            let table = Table { header: cells.clone(), rows: vec![cells] };
            let reply = Reply::new(Locale::En, title).field(label, value.clone()).line(value.clone()).with(Part::Bullets(vec![value])).with(Part::Table(table));
            for line in render(&reply).lines() {
                prop_assert!(line.width() <= COLUMNS, "{} {line:?}", line.width());
            }
        }
    }
}
