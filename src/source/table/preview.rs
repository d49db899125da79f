//! `--dry-run`: how the file is understood, before anything is taken.

use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{ColumnPlan, Draft, Inspection, Reject, Shape, Warning, words};
use crate::{
    model::{columns::wrap, locale::Locale, safe::clean, value::Props},
    rulebook::types::AttrType,
};

/// Width of a terminal nobody has changed.
const WIDTH: usize = 80;

/// One column as understood.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PreviewColumn {
    /// The header.
    pub header: String,
    /// What it means, e.g. `account.mrr`; none = not imported.
    pub meaning: Option<String>,
    /// The type of its cells.
    #[serde(rename = "type")]
    pub ty: String,
    /// The format, e.g. `YYYY-MM-DD`, `1.234,5`.
    pub format: String,
    /// The first few different cells.
    pub samples: Vec<String>,
    /// Cells that say something.
    pub filled: u64,
}

/// How a file is understood.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preview {
    /// The encoding, and whether it was guessed.
    pub encoding: &'static str,
    /// Whether the encoding was guessed.
    pub guessed: bool,
    /// `,`, tab …, or `NDJSON`.
    pub delimiter: String,
    /// Rows after the header.
    pub rows: u64,
    /// Every column.
    pub columns: Vec<PreviewColumn>,
    /// The first rows, as name = value.
    pub first: Vec<(u64, Vec<(String, String)>)>,
    /// The first rejects, as (line, reason).
    pub rejects: Vec<(u64, String)>,
    /// Faults found.
    pub warnings: Vec<Warning>,
}

/// Collects a preview. `drafts` and `rejects` are the first few of each, `warnings` those of all passes.
pub fn preview(
    found: &Inspection,
    drafts: &[Draft],
    rejects: &[Reject],
    warnings: Vec<Warning>,
    locale: Locale,
) -> Preview {
    Preview {
        encoding: found.encoding.name(),
        guessed: found.guessed,
        delimiter: match found.shape {
            Shape::Delimited('\t') => "TAB".into(),
            Shape::Delimited(c) => c.to_string(),
            Shape::Ndjson => "NDJSON".into(),
        },
        rows: found.rows,
        columns: found.plan.columns.iter().map(column).collect(),
        first: drafts.iter().map(|d| (d.line, understood(d))).collect(),
        rejects: rejects.iter().map(|r| (r.line, r.reason(locale))).collect(),
        warnings,
    }
}

fn column(plan: &ColumnPlan) -> PreviewColumn {
    let (ty, format) = match &plan.ty {
        AttrType::Text => ("text", String::new()),
        AttrType::Number => ("number", decimal(plan)),
        AttrType::Bool => ("bool", String::new()),
        AttrType::Date => ("date", plan.order.pattern().to_owned()),
        AttrType::Instant => ("instant", plan.order.pattern().to_owned()),
        AttrType::Money => ("money", decimal(plan)),
        AttrType::Words(list) => ("word", list.join("/")),
        AttrType::List => ("list", String::new()),
    };
    PreviewColumn {
        header: plan.header.clone(),
        meaning: plan.field.as_ref().map(super::Field::path),
        ty: ty.into(),
        format: if plan.ambiguous { format!("{format} ?") } else { format },
        samples: plan.samples.clone(),
        filled: plan.filled,
    }
}

fn decimal(plan: &ColumnPlan) -> String {
    if plan.decimal_comma { "1.234,5".into() } else { String::new() }
}

fn understood(draft: &Draft) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut put = |name: &str, value: String| out.push((name.to_owned(), value));
    if let Some(key) = draft.account.as_ref().or(draft.via.as_ref()) {
        put("account", key.clone());
    }
    if let Some(key) = &draft.contact {
        put("contact", key.clone());
    }
    if let Some(s) = &draft.subscription {
        put("subscription", s.key.clone());
        put("plan", s.plan.clone());
        put("start", crate::model::instant::date_of(s.start).to_string());
        put("mrr", format!("{} {}", s.mrr_minor, s.currency));
    }
    let mut props = |prefix: &str, list: &Props| {
        for (name, value) in list.iter().filter(|(_, v)| !v.is_missing()) {
            out.push((format!("{prefix}{name}"), value.to_string()));
        }
    };
    props("", &draft.account_attrs);
    props("contact.", &draft.contact_attrs);
    for event in &draft.events {
        props("", &Props::from([(format!("@{}", event.name), crate::model::value::Value::Instant(event.at))]));
        props("  ", &event.props);
    }
    out
}

impl Preview {
    /// What stands between cells, by its name: a bare `,` between commas is easily overlooked.
    fn shape(&self, locale: Locale) -> String {
        let (ja, en) = match self.delimiter.as_str() {
            "," => ("コンマ区切り", "separated by commas"),
            "TAB" => ("タブ区切り", "separated by tabs"),
            ";" => ("セミコロン区切り", "separated by semicolons"),
            "|" => ("縦棒区切り", "separated by vertical bars"),
            other => return other.to_owned(),
        };
        words::pick(locale, ja, en).to_owned()
    }

    /// Plain text of at most 80 columns; `whole` (for a pipe, where programs read) cuts no cell.
    pub fn text(&self, locale: Locale, whole: bool) -> String {
        let say = |ja, en| words::pick(locale, ja, en);
        let mut out = Vec::new();
        let guess = if self.guessed { say("(推定)", " (guessed)") } else { "" };
        out.push(format!("{}{guess}, {}, {} {}", self.encoding, self.shape(locale), self.rows, say("行", "rows")));
        out.push(String::new());
        let titles =
            [say("列", "column"), say("意味", "meaning"), say("型・形式", "type, format"), say("例", "samples")];
        let mut rows = vec![titles.map(str::to_owned)];
        for c in &self.columns {
            let meaning = c.meaning.as_deref().unwrap_or_else(|| say("— 取り込まない", "— left out"));
            let ty = if c.meaning.is_some() { format!("{} {}", c.ty, c.format) } else { String::new() };
            rows.push([c.header.clone(), meaning.to_owned(), ty, c.samples.join(" | ")]);
        }
        let widths = if whole { widest(&rows) } else { [18, 24, 18, 17] };
        out.extend(rows.iter().map(|cells| row(cells, widths)));
        let most = if whole { usize::MAX } else { 46 };
        for (line, fields) in &self.first {
            out.push(String::new());
            out.push(format!("{} {line}", say("行", "line")));
            out.extend(
                fields.iter().map(|(n, v)| {
                    format!("  {} {}", cut(n, if whole { n.width().max(28) } else { 28 }), shown(v, most))
                }),
            );
        }
        if !self.rejects.is_empty() {
            out.push(String::new());
            out.push(say("取り込めない行", "rows that cannot be taken").to_owned());
            out.extend(self.rejects.iter().flat_map(|(n, why)| wrap(&format!("  {n}: {}", clean(why)), WIDTH, "    ")));
        }
        if !self.warnings.is_empty() {
            out.push(String::new());
            out.push(say("注意", "warnings").to_owned());
            out.extend(self.warnings.iter().flat_map(|w| warning_lines(w, locale)));
        }
        out.iter().map(|l| format!("{}\n", l.trim_end())).collect()
    }
}

/// A warning as lines of at most 80 columns.
pub(super) fn warning_lines(warning: &Warning, locale: Locale) -> Vec<String> {
    let example = words::pick(locale, "例: 行", "e.g. line");
    let said = words::warning(warning.kind, locale);
    let mut lines = vec![format!("  {} × {said} ({example} {})", warning.count, warning.example_line)];
    if !warning.detail.is_empty() {
        lines.push(format!("      {}", clean(&warning.detail)));
    }
    // The advice stands at the end: it goes on in the next line instead of being cut.
    lines.iter().flat_map(|line| wrap(line, WIDTH, "      ")).map(|line| line.trim_end().to_owned()).collect()
}

fn row(cells: &[String; 4], widths: [usize; 4]) -> String {
    let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| cut(cell, width)).collect();
    cells.join(" ")
}

/// As wide as the widest cell of each column.
fn widest(rows: &[[String; 4]]) -> [usize; 4] {
    let mut widths = [0; 4];
    for row in rows {
        row.iter().zip(&mut widths).for_each(|(cell, width)| *width = (*width).max(cell.width()));
    }
    widths
}

fn shown(text: &str, most: usize) -> String {
    cut(text, text.width().min(most)).trim_end().to_owned()
}

/// Exactly `width` columns: cut with `…` or filled with spaces. Control characters are left out.
fn cut(text: &str, width: usize) -> String {
    let text: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control()).collect();
    if text.width() <= width {
        return format!("{text}{}", " ".repeat(width - text.width()));
    }
    let (mut out, mut used) = (String::new(), 0);
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        out.push(c);
        used += w;
    }
    format!("{out}…{}", " ".repeat(width.saturating_sub(used + 1)))
}

impl Warning {
    /// The warning for people, as lines of at most 80 columns.
    pub fn lines(&self, locale: Locale) -> Vec<String> {
        warning_lines(self, locale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_of_a_warning_is_wrapped_not_cut() {
        for locale in Locale::ALL {
            let detail =
                "mrr: 1,234 · 5.678 · write the columns into a mapping and import again with --map columns.yaml END";
            let warning = Warning { kind: "ambiguous_date", count: 3, example_line: 7, detail: detail.to_owned() };
            let lines = warning.lines(locale);
            assert!(lines.iter().all(|line| line.width() <= WIDTH), "{lines:?}");
            assert!(lines.last().unwrap().ends_with("END") && !lines.concat().contains('…'), "{lines:?}");
        }
    }

    #[test]
    fn the_separator_is_called_by_its_name() {
        let mut preview = Preview {
            encoding: "CP932",
            guessed: true,
            delimiter: ",".into(),
            rows: 31,
            columns: Vec::new(),
            first: Vec::new(),
            rejects: Vec::new(),
            warnings: Vec::new(),
        };
        assert!(preview.text(Locale::Ja, false).starts_with("CP932(推定), コンマ区切り, 31 行\n"));
        preview.delimiter = "TAB".into();
        assert!(preview.text(Locale::En, false).starts_with("CP932 (guessed), separated by tabs, 31 rows\n"));
    }
}
