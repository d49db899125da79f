//! Conditions that YAML silently turns into something else, recognised and printed as they should be written.

use super::values::shorten;
use crate::model::diagnostic::{Diagnostic, Place};

/// The value quoted so that YAML leaves it alone.
pub fn quoted(value: &str) -> String {
    if value.contains('"') || value.contains('\\') {
        format!("'{}'", value.replace('\'', "''"))
    } else {
        format!("\"{value}\"")
    }
}

/// A condition that begins with `!` was read as a tag.
pub fn bang(place: &Place, line: &str) -> Diagnostic {
    let start = char_offset(line, place.column);
    let value = value_at(line, start);
    let message = format!("`{}` begins with `!`, which YAML takes for a tag", shorten(value));
    mended(Diagnostic::error("unquoted", place, message, instead(line, start, value)), value)
}

/// A condition cut short by ` #`: what YAML kept, and the comment it made of the rest.
pub fn hash_comment(place: &Place, key: &str, kept: &str, comment: &str) -> Diagnostic {
    let whole = if kept.is_empty() { format!("#{comment}") } else { format!("{kept} #{comment}") };
    let message = format!("YAML reads `#{}` as a comment", shorten(comment));
    let help = instead(&format!("{key}: {whole}"), key.len() + 2, &whole);
    mended(Diagnostic::error("unquoted", place, message, help), &whole)
}

/// A comma split an unquoted value inside `{…}`: `rest` became a key of its own.
pub fn split_by_comma(place: &Place, rest: &str) -> Diagnostic {
    let rest = shorten(rest);
    let message = format!("the comma before `{rest}` ends the value inside `{{…}}`");
    let help = "quote the whole value, or write the step over several lines";
    Diagnostic::error("unquoted", place, message, help)
}

/// A file that is not YAML: first the mistakes people make in conditions, else what the parser says.
pub fn scan_error(place: &Place, lines: &[&str], info: &str) -> Diagnostic {
    let here = place.line.saturating_sub(1) as usize;
    let tabbed = |line: &&&str| line[..line.len() - line.trim_start().len()].contains('\t');
    if let Some(line) = lines.get(here).filter(tabbed) {
        let column = line.find('\t').unwrap_or(0) as u32 + 1;
        let message = "this line is indented with a tab, which YAML does not take";
        let place = Place { column, ..place.clone() };
        return Diagnostic::error("yaml", &place, message, "write spaces instead, two a level");
    }
    let nearby = [Some(here), here.checked_sub(1)].into_iter().flatten();
    for index in nearby {
        let Some(line) = lines.get(index) else { continue };
        if let Some((start, value, why)) = suspicious(line) {
            let column = line[..start].chars().count() as u32 + 1;
            let place = Place { line: index as u32 + 1, column, ..place.clone() };
            let found = Diagnostic::error("unquoted", &place, why, instead(line, start, value));
            return mended(found, value);
        }
    }
    let help = "check the indentation (spaces, no tabs), the quotes and the brackets around this place";
    Diagnostic::error("yaml", place, format!("not valid YAML: {info}"), help)
}

/// The first value of the line that looks like a condition YAML cannot read: (byte offset, value, why).
fn suspicious(line: &str) -> Option<(usize, &str, String)> {
    key_ends(line).into_iter().find_map(|start| {
        let value = value_at(line, start);
        why(value, in_flow(line, start)).map(|why| (start, value, why))
    })
}

fn why(value: &str, flow: bool) -> Option<String> {
    let first = value.chars().next()?;
    let closed = matches!(first, '"' | '\'').then(|| value[1..].find(first)).flatten();
    if first == '!' {
        return Some(format!("`{}` begins with `!`, which YAML takes for a tag", shorten(value)));
    }
    if let Some(end) = closed {
        let rest = value[end + 2..].trim();
        return (!rest.is_empty() && !rest.starts_with([',', '}', ']', '#']))
            .then(|| format!("a value that begins with `{first}` ends at the next `{first}` for YAML"));
    }
    if first == '#' {
        return Some(format!("YAML reads `{}` as a comment", shorten(value)));
    }
    if first == '{' {
        return None;
    }
    if first == '[' {
        return (!value.ends_with(']')).then(|| "a value that begins with `[` is a list for YAML".to_owned());
    }
    if value.contains(": ") {
        return Some("an unquoted value cannot contain `: `".to_owned());
    }
    let broken = flow && value.contains(['[', '{']);
    broken.then(|| "an unquoted value inside `{…}` cannot contain `[`, `]`, `{`, `}` or `,`".to_owned())
}

/// Byte offsets just after each `key: ` outside quotes.
fn key_ends(line: &str) -> Vec<usize> {
    let bytes = line.as_bytes();
    let is_key =
        |at: usize| at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_' || bytes[at - 1] == b'.');
    (0..bytes.len().saturating_sub(1))
        .filter(|&at| bytes[at] == b':' && bytes[at + 1] == b' ' && is_key(at))
        .map(|at| at + 2 + line[at + 2..].len() - line[at + 2..].trim_start().len())
        .collect()
}

fn in_flow(line: &str, at: usize) -> bool {
    let before = &line[..at];
    before.matches('{').count() > before.matches('}').count()
}

/// The value from byte `start` as its author meant it: to the end of the line, or to the next `, key:` or the
/// closing brace inside `{…}`.
fn value_at(line: &str, start: usize) -> &str {
    let rest = line.get(start..).unwrap_or("");
    if !in_flow(line, start.min(line.len())) {
        return rest.split(" #").next().unwrap_or(rest).trim_end();
    }
    let (mut depth, mut quote) = (0i32, None);
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth > 0 => depth -= 1,
            (None, '}' | ']') => return rest[..at].trim_end(),
            (None, ',') if depth == 0 && begins_with_key(&rest[at + 1..]) => return rest[..at].trim_end(),
            _ => {}
        }
    }
    rest.trim_end()
}

fn begins_with_key(rest: &str) -> bool {
    let rest = rest.trim_start();
    let word = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    word.len() < rest.len() && word.starts_with(": ")
}

fn instead(line: &str, start: usize, value: &str) -> String {
    let after = line.get(start + value.len()..).unwrap_or("");
    let before = line.get(..start).unwrap_or("").trim_start();
    let whole = format!("{before}{}{}", quoted(value), after.trim_end());
    if whole.chars().count() <= LONGEST {
        return format!("quote it:  {whole}");
    }
    // Of a line far too long to copy, what stands around the value shows where the quotes belong.
    let skipped = before.chars().count().saturating_sub(QUOTED / 2);
    let near: String = before.chars().skip(skipped).collect();
    let begins: String = quoted(value).chars().take(QUOTED - near.chars().count()).collect();
    let more = if skipped > 0 { "…" } else { "" };
    format!("quote it:  {more}{near}{begins}…")
}

/// Lines up to this length are printed as they should be written; of a longer one, `QUOTED` characters around the place.
const LONGEST: usize = 300;
const QUOTED: usize = 80;

/// The value in quotes as a change `check --fix` writes, unless it is nothing that anybody wrote by hand.
fn mended(found: Diagnostic, value: &str) -> Diagnostic {
    if value.len() > 4_000 { found } else { found.mended(value, quoted(value)) }
}

fn char_offset(line: &str, column: u32) -> usize {
    line.char_indices().nth(column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn help(text: &str) -> String {
        let mut out = Vec::new();
        parse("p.yaml", text, &mut out);
        out.iter()
            .map(|d| format!("{}:{} {} {}", d.place.line, d.place.column, d.rule, d.help))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn a_line_of_100_kb_is_not_repeated_whole() {
        let long = |c: &str| c.repeat(100_000);
        for text in [
            format!("when: {}", long("[")),
            format!("when: !{}", long("x")),
            format!("s: {{{}when: !y, x: {}}}", long(" "), long("z")),
            format!("when: a ? {}: 2", long("b")),
            format!("when: \"a\" == {}", long("é")),
        ] {
            let mut out = Vec::new();
            parse("p.yaml", &text, &mut out);
            assert!(!out.is_empty());
            for found in out {
                let told = [&found.message, &found.help].map(|t| t.chars().count());
                assert!(told.iter().all(|n| *n < 200), "{} {}", found.rule, told[1]);
                assert!(found.fix.is_none_or(|fix| fix.new.len() < 10_000));
            }
        }
    }

    #[test]
    fn each_mistake_prints_the_quoted_line() {
        let cases = [
            ("when: !milestone.done\n", "1:7 unquoted quote it:  when: \"!milestone.done\""),
            (
                "- {id: g, if: !milestone.done, email: a/b}\n",
                "1:15 unquoted quote it:  - {id: g, if: \"!milestone.done\", email: a/b}",
            ),
            ("when: !has(x) || y > 1\n", "1:7 unquoted quote it:  when: \"!has(x) || y > 1\""),
            ("when: \"vip\" in account.goals\n", "1:7 unquoted quote it:  when: '\"vip\" in account.goals'"),
            ("when: a ? 1 : 2\n", "1:7 unquoted quote it:  when: \"a ? 1 : 2\""),
            (
                "s: {when: account.plan in [\"a\", \"b\"], x: 1}\n",
                "1:11 unquoted quote it:  s: {when: 'account.plan in [\"a\", \"b\"]', x: 1}",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(help(text), expected, "{text}");
        }
    }
}
