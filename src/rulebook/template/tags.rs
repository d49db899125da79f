//! What Jinja tags mention and where: names, filters, tests, calls. Jinja's own analysis knows
//! scopes but no places, and finds unknown filters only when they run.

/// One mention inside `{{ }}` or `{% %}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// What kind.
    pub kind: Kind,
    /// The name as written, dots included.
    pub name: String,
    /// Byte offset in the text.
    pub offset: usize,
}

/// Kinds of mention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that is read.
    Name,
    /// After `|`.
    Filter,
    /// After `is`.
    Test,
    /// Before `(`; with the first argument if that is a text.
    Call(Option<String>),
    /// The first word of `{% %}`.
    Tag,
}

/// All mentions in `source`, in order. Never fails: what it does not understand, Jinja reports.
pub fn mentions(source: &str) -> Vec<Mention> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(found) = next_tag(source, at) {
        at = match found {
            Found::Comment(start) => after(source, start, "#}"),
            Found::Tag { start, end_mark } => {
                let end = scan(source, start, end_mark, &mut out);
                if out.last().is_some_and(|m| m.kind == Kind::Tag && m.name == "raw") {
                    after_raw(source, end)
                } else {
                    end
                }
            }
        };
    }
    out
}

enum Found {
    Comment(usize),
    Tag { start: usize, end_mark: &'static str },
}

fn next_tag(source: &str, from: usize) -> Option<Found> {
    let rest = source.get(from..)?;
    let at = rest.as_bytes().windows(2).position(|w| w[0] == b'{' && matches!(w[1], b'{' | b'%' | b'#'))?;
    let start = from + at + 2;
    Some(match rest.as_bytes()[at + 1] {
        b'#' => Found::Comment(start),
        b'%' => Found::Tag { start, end_mark: "%}" },
        _ => Found::Tag { start, end_mark: "}}" },
    })
}

fn after(source: &str, from: usize, mark: &str) -> usize {
    source.get(from..).and_then(|s| s.find(mark)).map_or(source.len(), |i| from + i + mark.len())
}

fn after_raw(source: &str, from: usize) -> usize {
    source.get(from..).and_then(|s| s.find("endraw")).map_or(source.len(), |i| after(source, from + i, "%}"))
}

/// One tag's inside, from `start` to `end_mark`; returns the offset behind it.
fn scan(source: &str, start: usize, end_mark: &str, out: &mut Vec<Mention>) -> usize {
    let bytes = source.as_bytes();
    let mut at = start;
    let mut before = Before::Start(end_mark == "%}");
    while at < bytes.len() {
        if source[at..].starts_with(end_mark) {
            return at + end_mark.len();
        }
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                at = skip_text(bytes, at, quote);
                before = Before::Value;
            }
            b'|' => {
                at += 1;
                before = Before::Pipe;
            }
            b if b.is_ascii_alphabetic() || b == b'_' => {
                let end = path_end(bytes, at);
                before = word(source, at, end, before, out);
                at = end;
            }
            b if b.is_ascii_digit() => {
                at = bytes[at..]
                    .iter()
                    .position(|b| !b.is_ascii_alphanumeric() && *b != b'.')
                    .map_or(bytes.len(), |n| at + n);
                before = Before::Value;
            }
            b if b.is_ascii_whitespace() || b == b'-' && matches!(before, Before::Start(_)) => at += 1,
            b if b.is_ascii() => {
                at += 1;
                before = if b == b'.' { Before::Dot } else { Before::Other };
            }
            _ => at += source[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    at
}

#[derive(Clone, Copy, PartialEq)]
enum Before {
    Start(bool),
    Pipe,
    Is,
    Dot,
    Value,
    Other,
}

fn word(source: &str, start: usize, end: usize, before: Before, out: &mut Vec<Mention>) -> Before {
    let name = &source[start..end];
    let push = |out: &mut Vec<Mention>, kind| out.push(Mention { kind, name: name.to_owned(), offset: start });
    match before {
        Before::Start(true) => push(out, Kind::Tag),
        Before::Pipe => push(out, Kind::Filter),
        Before::Is if name == "not" => return Before::Is,
        Before::Is => push(out, Kind::Test),
        Before::Dot => {}
        _ if name == "is" => return Before::Is,
        _ if KEYWORDS.contains(&name) => return Before::Other,
        _ => match source[end..].trim_start().as_bytes() {
            [b'(', ..] => push(out, Kind::Call(first_text(source, end))),
            [b'=', next, ..] if *next != b'=' => {}
            _ => push(out, Kind::Name),
        },
    }
    if before == Before::Start(true) { Before::Other } else { Before::Value }
}

const KEYWORDS: [&str; 16] = [
    "and",
    "or",
    "not",
    "in",
    "if",
    "else",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "recursive",
    "loop",
    "as",
    "with",
];

fn path_end(bytes: &[u8], start: usize) -> usize {
    let ident = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut at = start;
    while at < bytes.len() && (ident(bytes[at]) || bytes[at] == b'.' && bytes.get(at + 1).is_some_and(|b| ident(*b))) {
        at += 1;
    }
    at
}

fn skip_text(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn first_text(source: &str, call_end: usize) -> Option<String> {
    let inside = source[call_end..].trim_start().strip_prefix('(')?.trim_start();
    let quote = inside.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    Some(inside[1..].split(quote).next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(source: &str) -> Vec<String> {
        mentions(source).into_iter().map(|m| format!("{:?} {}", m.kind, m.name)).collect()
    }

    #[test]
    fn every_kind_is_found_where_it_stands() {
        let source = "{{ contact.name | honorific }} {# no.pe #}{% if a.b is not defined and c == 'x|y' %}{{ link(\"go\") }}{% endif %}";
        let want = [
            "Name contact.name",
            "Filter honorific",
            "Tag if",
            "Name a.b",
            "Test defined",
            "Name c",
            "Call(Some(\"go\")) link",
            "Tag endif",
        ];
        assert_eq!(all(source), want);
        let at = mentions(source)[1].offset;
        assert_eq!(&source[at..at + 9], "honorific");
    }

    #[test]
    fn raw_blocks_and_named_arguments_are_not_names() {
        assert_eq!(
            all("{% raw %}{{ x }}{% endraw %}{{ y | default(value=z) }}"),
            ["Tag raw", "Name y", "Filter default", "Name z"]
        );
        assert_eq!(
            all("{%- for g in account.goals -%}{{- g -}}{% endfor %}"),
            ["Tag for", "Name g", "Name account.goals", "Name g", "Tag endfor"]
        );
    }

    proptest! {
        #[test]
        fn no_text_stops_the_scan(s in "[{}%#|.\"'a-z日 \\\\(=-]{0,60}") {
            mentions(&s);
        }
    }
}
