//! Findings as people, editors and pipelines read them.

use std::collections::BTreeMap;

use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::{Format, sarif};
use crate::{
    model::{
        diagnostic::{Diagnostic, Severity},
        locale::Locale,
    },
    words::findings as say,
};

/// Characters of a line of a file that are shown around the place.
const SHOWN: usize = 70;

/// Prints every finding.
pub fn all(
    locale: Locale,
    findings: &[Diagnostic],
    format: Format,
    files: &BTreeMap<String, String>,
    playbooks: usize,
) {
    match format {
        Format::Plain => {
            for f in findings {
                anstream::println!("{}\n", shown(locale, f, files.get(&*f.place.file)));
            }
            let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
            anstream::println!("{}", say::summary(locale, playbooks, errors, findings.len() - errors));
        }
        Format::Json => anstream::println!("{}", json(locale, findings)),
        Format::Sarif => anstream::println!("{}", sarif::report(locale, findings)),
        Format::Github => findings.iter().for_each(|f| anstream::println!("{}", github(&say::localized(locale, f)))),
    }
}

/// One finding for people, in English, where no file is at hand.
pub fn plain(f: &Diagnostic) -> String {
    told(Locale::En, f)
}

/// One finding for people.
pub fn told(locale: Locale, f: &Diagnostic) -> String {
    shown(locale, f, None)
}

/// One finding for people, with the line it is about.
fn shown(locale: Locale, f: &Diagnostic, text: Option<&String>) -> String {
    let f = say::localized(locale, f);
    let mut out = format!("{}[{}]: {}", say::severity(locale, f.severity), f.rule, f.message);
    if !f.place.file.is_empty() {
        out += &format!("\n  --> {}:{}:{}", f.place.file, f.place.line, f.place.column);
        let line = text.and_then(|t| t.lines().nth(f.place.line.saturating_sub(1) as usize));
        out += &line.map(|l| marked(l, f.place.line, f.place.column)).unwrap_or_default();
    }
    if !f.help.is_empty() {
        out += &format!("\n  {}: {}", say::help(locale), f.help);
    }
    out + &format!("\n  {}: {}#{}", say::see(locale), say::PAGE, f.rule)
}

/// The line with a mark below its character; a long line is cut around it.
fn marked(line: &str, number: u32, column: u32) -> String {
    let chars: Vec<char> = line.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    let at = (column.saturating_sub(1) as usize).min(chars.len());
    let from = if chars.len() > SHOWN && at > SHOWN / 2 { at - SHOWN / 2 } else { 0 };
    let cut: String = chars.iter().skip(from).take(SHOWN).collect();
    let before: String = chars[from..at].iter().collect();
    let number = number.to_string();
    let (more, space) = (if from > 0 { "…" } else { "" }, " ".repeat(number.len()));
    let rest = if from + SHOWN < chars.len() { "…" } else { "" };
    let indent = " ".repeat(before.width() + more.width());
    format!("\n {space} |\n {number} | {more}{}{rest}\n {space} | {indent}^", cut.trim_end())
}

fn json(locale: Locale, findings: &[Diagnostic]) -> String {
    let one = |f: &Diagnostic| {
        let mut value = json!(say::localized(locale, f));
        value["docs"] = json!(format!("{}#{}", say::PAGE, f.rule));
        value
    };
    serde_json::to_string_pretty(&findings.iter().map(one).collect::<Vec<_>>()).unwrap_or_default()
}

/// A workflow command: `%`, line ends, and in properties `:` and `,` are escaped as GitHub asks.
fn github(f: &Diagnostic) -> String {
    let kind = match f.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let (file, rule, text) = (property(&f.place.file), property(f.rule), data(&format!("{} ({})", f.message, f.help)));
    format!("::{kind} file={file},line={},col={},title={rule}::{text}", f.place.line, f.place.column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::diagnostic::Place;

    #[test]
    fn the_mark_stands_below_its_character_also_after_wide_ones() {
        assert_eq!(marked("名前: emial", 7, 5), "\n   |\n 7 | 名前: emial\n   |       ^");
        let long = marked(&format!("{}emial: x", "- ".repeat(60)), 1, 121);
        let lines: Vec<&str> = long.lines().collect();
        assert!(lines.iter().all(|l| l.width() <= 80), "{long}");
        let column = lines[3].find('^').unwrap();
        assert!(lines[2].chars().skip(column).collect::<String>().starts_with("emial"), "{long}");
    }

    #[test]
    fn github_commands_escape_what_would_end_them() {
        let place = Place { file: "a,b:c.yaml".into(), line: 2, column: 3 };
        let f = Diagnostic::error("unquoted", &place, "100%\nof", "it");
        assert_eq!(github(&f), "::error file=a%2Cb%3Ac.yaml,line=2,col=3,title=unquoted::100%25%0Aof (it)");
    }

    #[test]
    fn people_read_their_own_language_with_the_section() {
        let place = Place { file: "p.yaml".into(), line: 1, column: 3 };
        let f = Diagnostic::error("unknown-key", &place, "a step has no key `emial`", "did you mean `email`?");
        let expected = "エラー[unknown-key]: ステップに `emial` というキーはありません\n  --> p.yaml:1:3\n   |\n 1 | - emial: x\n   |   ^\n  直し方: `email` のことですか？\n  説明: docs/checks.md#unknown-key";
        assert_eq!(shown(Locale::Ja, &f, Some(&"- emial: x\n".to_owned())), expected);
        assert!(told(Locale::En, &f).starts_with("error[unknown-key]: a step has no key"));
    }
}
