//! Front matter: the YAML between the first two `---` lines of a template.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::model::diagnostic::{Diagnostic, Place};

/// A text of the front matter and where its first character stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    pub value: String,
    pub place: Place,
}

/// A template file taken apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    pub subject: Option<Entry>,
    pub preheader: Option<Entry>,
    pub topic: Option<Entry>,
    pub layout: Option<Entry>,
    pub from: Option<Entry>,
    pub vars: Vec<(String, Entry)>,
    pub body: String,
    pub body_line: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    subject: Option<Spanned<String>>,
    preheader: Option<Spanned<String>>,
    topic: Option<Spanned<String>>,
    layout: Option<Spanned<String>>,
    from: Option<Spanned<String>>,
    #[serde(default)]
    vars: BTreeMap<String, Spanned<String>>,
}

/// Splits and reads `text`, whose lines end in `\n`. Without a first `---` all of it is body.
pub(super) fn parse(text: &str, file: &Arc<str>) -> Result<Parts, Diagnostic> {
    let Some(rest) = text.strip_prefix("---\n") else {
        return Ok(Parts { body: text.to_owned(), body_line: 1, ..Parts::default() });
    };
    let start = Place { file: Arc::clone(file), line: 1, column: 1 };
    let (yaml, body) = split(rest).ok_or_else(|| {
        let help = "end the front matter with a line that is exactly ---";
        Diagnostic::error("front-matter", &start, "the front matter has no end", help)
    })?;
    let front = read(yaml, &start)?;
    let entry = |s: Spanned<String>| locate(s, file, text);
    Ok(Parts {
        subject: front.subject.map(entry),
        preheader: front.preheader.map(entry),
        topic: front.topic.map(entry),
        layout: front.layout.map(entry),
        from: front.from.map(entry),
        vars: front.vars.into_iter().map(|(name, s)| (name, locate(s, file, text))).collect(),
        body: body.to_owned(),
        body_line: if yaml.is_empty() { 3 } else { yaml.matches('\n').count() as u32 + 4 },
    })
}

fn split(rest: &str) -> Option<(&str, &str)> {
    if let Some(body) = rest.strip_prefix("---\n") {
        return Some(("", body));
    }
    match rest.split_once("\n---\n") {
        Some(pair) => Some(pair),
        None => rest.strip_suffix("\n---").map(|yaml| (yaml, "")),
    }
}

fn read(yaml: &str, start: &Place) -> Result<Front, Diagnostic> {
    if yaml.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#')) {
        return Ok(Front {
            subject: None,
            preheader: None,
            topic: None,
            layout: None,
            from: None,
            vars: BTreeMap::new(),
        });
    }
    // An empty first line stands for `---`, so that lines count as in the file.
    let text = format!("\n{yaml}\n");
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options::<Front>(&text, options).map_err(|e| {
        let at = e.location();
        let place = Place {
            file: Arc::clone(&start.file),
            line: at.map_or(1, |l| (l.line() as u32).max(1)),
            column: at.map_or(1, |l| (l.column() as u32).max(1)),
        };
        let why = e.without_snippet().to_string();
        let help = "front matter takes: subject, preheader, topic, layout, from, vars; quote a text that contains `: `";
        Diagnostic::error("front-matter", &place, format!("the front matter cannot be read: {why}"), help)
    })
}

/// A quoted value begins one character after its quote.
fn locate(value: Spanned<String>, file: &Arc<str>, text: &str) -> Entry {
    let (line, column) = (value.referenced.line() as u32, value.referenced.column() as u32);
    let first = text
        .lines()
        .nth(line.saturating_sub(1) as usize)
        .and_then(|l| l.chars().nth(column.saturating_sub(1) as usize));
    let quoted = matches!(first, Some('"' | '\''));
    Entry { value: value.value, place: Place { file: Arc::clone(file), line, column: column + u32::from(quoted) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<Parts, Diagnostic> {
        parse(text, &"templates/a/b.ja.md".into())
    }

    #[test]
    fn the_body_knows_its_line_and_values_know_their_place() {
        let got = parts("---\nsubject: \"{{ a }} です\"\nvars: {remaining: 4 - metric.setup_steps, n: 4}\n---\n本文\n")
            .unwrap();
        assert_eq!((got.body.as_str(), got.body_line), ("本文\n", 5));
        let subject = got.subject.unwrap();
        assert_eq!((subject.value.as_str(), subject.place.line, subject.place.column), ("{{ a }} です", 2, 11));
        let vars: Vec<(&str, &str)> = got.vars.iter().map(|(n, e)| (n.as_str(), e.value.as_str())).collect();
        assert_eq!(vars, [("n", "4"), ("remaining", "4 - metric.setup_steps")]);
    }

    #[test]
    fn a_file_without_front_matter_is_all_body_and_an_open_one_is_an_error() {
        assert_eq!(parts("hello").unwrap().body, "hello");
        assert_eq!(parts("---\n---\nx").unwrap().body, "x");
        assert_eq!(parts("---\nsubject: x\n").unwrap_err().rule, "front-matter");
    }

    #[test]
    fn a_wrong_key_is_named_where_it_stands() {
        let got = parts("---\nsubject: x\nsubjekt: y\n---\n").unwrap_err();
        assert!(got.message.contains("subjekt"), "{}", got.message);
        assert_eq!((got.place.line, got.place.column), (3, 1));
    }
}
