//! From parser events to the tree, within fixed bounds.

use std::{collections::BTreeMap, sync::Arc};

use serde_saphyr::granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StructureStyle};

use super::{Entry, Kind, MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, Scalar, mistakes};
use crate::model::diagnostic::{Diagnostic, Place};

/// Reads every document of `text`. A file that is not YAML, or beyond the bounds, yields what was complete before
/// the fault and one finding that says what to write instead.
pub fn parse(file: &str, text: &str, out: &mut Vec<Diagnostic>) -> Vec<Node> {
    let file: Arc<str> = Arc::from(file);
    if let Some(found) = super::fault(&file, text) {
        out.push(found);
        return Vec::new();
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder =
        Builder { file, text, out, open: Vec::new(), documents: Vec::new(), comments: BTreeMap::new(), nodes: 0 };
    for step in Parser::new_from_str(text) {
        match step {
            Ok((event, span)) => {
                if !builder.event(event, span) {
                    break;
                }
            }
            Err(error) => {
                builder.scan_error(&error);
                break;
            }
        }
    }
    let Builder { mut documents, comments, .. } = builder;
    documents.iter_mut().for_each(|d| attach_comments(d, &comments));
    documents
}

fn too_big(place: &Place, what: String) -> Diagnostic {
    let help = format!(
        "split it: one playbook a file; at most {} KiB, {MAX_NODES} keys and values, {MAX_DEPTH} levels",
        MAX_BYTES / 1024
    );
    Diagnostic::error("too-big", place, what, help)
}

enum Open {
    List { place: Place, flow: bool, items: Vec<Node> },
    Map { place: Place, flow: bool, entries: Vec<Entry>, key: Option<(String, Place)> },
}

struct Builder<'a> {
    file: Arc<str>,
    text: &'a str,
    out: &'a mut Vec<Diagnostic>,
    open: Vec<Open>,
    documents: Vec<Node>,
    /// (line → column, text) of comments.
    comments: BTreeMap<u32, String>,
    nodes: usize,
}

impl Builder<'_> {
    /// Takes one event; false ends the reading.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        let place = self.place(&span.start);
        match event {
            Event::Comment(text, _) => {
                self.comments.insert(place.line, text.into_owned());
                true
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => self.refuse_anchor(&place),
            Event::Scalar(_, _, anchor, _) | Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _)
                if anchor != 0 =>
            {
                self.refuse_anchor(&place)
            }
            Event::Scalar(text, style, _, tag) => {
                let tagged = tag.is_some().then(|| self.tagged(&span));
                let node = tagged.unwrap_or_else(|| scalar(text.into_owned(), style, place, self.in_flow()));
                self.counted(node)
            }
            Event::SequenceStart(style, _, tag) => {
                if tag.is_some() {
                    self.tagged(&span);
                }
                self.descend(Open::List { place, flow: style == StructureStyle::Flow, items: Vec::new() })
            }
            Event::MappingStart(style, _, tag) => {
                if tag.is_some() {
                    self.tagged(&span);
                }
                self.descend(Open::Map { place, flow: style == StructureStyle::Flow, entries: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.ascend(),
            _ => true,
        }
    }

    fn place(&self, at: &Marker) -> Place {
        Place { file: self.file.clone(), line: at.line().max(1) as u32, column: at.col() as u32 + 1 }
    }

    fn in_flow(&self) -> bool {
        self.open.last().is_some_and(|o| matches!(o, Open::List { flow: true, .. } | Open::Map { flow: true, .. }))
    }

    fn refuse_anchor(&mut self, place: &Place) -> bool {
        self.out.push(Diagnostic::error(
            "yaml-anchor",
            place,
            "`&` and `*` at the start of a value are YAML anchors, which these files do not use",
            "write the value out, or quote a text that begins with `&` or `*`",
        ));
        false
    }

    /// A tag is nearly always a condition that begins with `!`.
    fn tagged(&mut self, span: &Span) -> Node {
        let place = self.place(&span.tag_start().unwrap_or(span.start));
        let line = self.line(place.line);
        self.out.push(mistakes::bang(&place, line));
        Node { place, kind: Kind::Null, flow: self.in_flow() }
    }

    fn line(&self, number: u32) -> &str {
        self.text.lines().nth(number.saturating_sub(1) as usize).unwrap_or("")
    }

    fn descend(&mut self, open: Open) -> bool {
        self.nodes += 1;
        self.open.push(open);
        if self.open.len() <= MAX_DEPTH {
            return true;
        }
        let place = match self.open.last() {
            Some(Open::List { place, .. } | Open::Map { place, .. }) => place.clone(),
            None => Place::default(),
        };
        self.out.push(too_big(&place, format!("nested deeper than {MAX_DEPTH} levels")));
        false
    }

    fn ascend(&mut self) -> bool {
        let node = match self.open.pop() {
            Some(Open::List { place, flow, items }) => Node { place, kind: Kind::List(items), flow },
            Some(Open::Map { place, flow, entries, .. }) => Node { place, kind: Kind::Map(entries), flow },
            None => return true,
        };
        self.add(node);
        true
    }

    fn counted(&mut self, node: Node) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.out.push(too_big(&node.place, format!("more than {MAX_NODES} keys and values")));
            return false;
        }
        self.add(node);
        true
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                None => *key = Some(key_text(node, self.out)),
                Some((name, place)) => add_entry(entries, name, place, node, self.out),
            },
        }
    }

    fn scan_error(&mut self, error: &ScanError) {
        let place = self.place(error.marker());
        let lines: Vec<&str> = self.text.lines().collect();
        self.out.push(mistakes::scan_error(&place, &lines, &error.info()));
    }
}

fn scalar(text: String, style: ScalarStyle, place: Place, flow: bool) -> Node {
    let plain = style == ScalarStyle::Plain;
    if plain && matches!(text.as_str(), "" | "~" | "null") {
        return Node { place, kind: Kind::Null, flow };
    }
    let content = match style {
        ScalarStyle::Plain => place.clone(),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => place.right(1),
        ScalarStyle::Literal | ScalarStyle::Folded => Place { line: place.line + 1, ..place.clone() },
    };
    Node { place, kind: Kind::Scalar(Scalar { text, plain, content, comment: None }), flow }
}

fn key_text(node: Node, out: &mut Vec<Diagnostic>) -> (String, Place) {
    if let Kind::Scalar(scalar) = node.kind {
        return (scalar.text, node.place);
    }
    let help = "a key is a word; quote a value that begins with `{` or `[`";
    out.push(Diagnostic::error("bad-key", &node.place, format!("{} where a key is expected", node.what()), help));
    (String::new(), node.place)
}

fn add_entry(entries: &mut Vec<Entry>, key: String, place: Place, value: Node, out: &mut Vec<Diagnostic>) {
    if let Some(first) = entries.iter().find(|e| e.key == key && !key.is_empty()) {
        let message = format!("`{key}` is here twice; the first is in line {}", first.place.line);
        out.push(Diagnostic::error("duplicate-key", &place, message, "keep one of them"));
        return;
    }
    entries.push(Entry { key, place, value });
}

fn attach_comments(node: &mut Node, comments: &BTreeMap<u32, String>) {
    match &mut node.kind {
        Kind::Scalar(s) => {
            let last_line = s.content.line + s.text.matches('\n').count() as u32;
            s.comment = comments.get(&last_line).cloned();
        }
        Kind::List(items) => items.iter_mut().for_each(|i| attach_comments(i, comments)),
        Kind::Map(entries) => entries.iter_mut().for_each(|e| attach_comments(&mut e.value, comments)),
        Kind::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
        let mut out = Vec::new();
        let nodes = parse("f.yaml", text, &mut out);
        (nodes, out)
    }

    #[test]
    fn places_count_characters_from_one() {
        let (nodes, out) = read("名前: {ja: \"アクメ\", en: Acme}\n");
        assert_eq!(out, vec![]);
        let en = nodes[0].get("名前").unwrap().get("en").unwrap();
        assert_eq!((en.place.line, en.place.column), (1, 21));
        let ja = nodes[0].get("名前").unwrap().get("ja").unwrap().scalar().unwrap();
        assert_eq!((ja.content.column, ja.plain, ja.text.as_str()), (11, false, "アクメ"));
    }

    #[test]
    fn words_are_not_converted() {
        let (nodes, _) = read("a: no\nb: 2026-01-01\nc: 1.10\nd: ~\n");
        assert_eq!(nodes[0].get("a").unwrap().scalar().unwrap().text, "no");
        assert_eq!(nodes[0].get("c").unwrap().scalar().unwrap().text, "1.10");
        assert_eq!(nodes[0].get("d").unwrap().kind, Kind::Null);
    }

    #[test]
    fn hostile_files_end_in_one_finding() {
        let bomb = "a: &a [x]\nb: &b [*a, *a]\n";
        let deep = "[".repeat(100_000);
        let wide = "- a\n".repeat(6_000);
        let long = "a".repeat(10 * 1024 * 1024);
        let open = "a: \"never closed\n".to_owned();
        for text in [bomb, &deep, &wide, &long, &open, "\u{0}", "? [a]\n: b\n", "a: b\na: c\n", "%YAML 9.9\n---\n"] {
            let (_, out) = read(text);
            assert!(!out.is_empty(), "{}", text.chars().take(20).collect::<String>());
        }
    }

    #[test]
    fn comments_on_the_same_line_are_kept_beside_the_scalar() {
        let (nodes, _) = read("to: x #cs\nslack: #cs\n");
        assert_eq!(nodes[0].get("to").unwrap().scalar().unwrap().comment.as_deref(), Some("cs"));
        assert_eq!(nodes[0].get("slack").unwrap().kind, Kind::Null);
    }

    #[test]
    fn several_documents_are_several_trees() {
        let (nodes, out) = read("test: a\n---\ntest: b\n");
        assert_eq!((nodes.len(), out.len()), (2, 0));
    }
}
