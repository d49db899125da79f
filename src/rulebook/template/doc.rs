//! Markdown as a small tree that HTML, plain text, Slack and Discord are written from.
//!
//! A line break is a line break (as in chats and Japanese mail), raw HTML is shown as text, and a
//! link alone on its line is an action: a button in mail.

use comrak::{
    Arena, Options,
    nodes::{AstNode, ListType, NodeValue},
    parse_document,
};

use super::disguise::reveal;
use crate::model::safe::safe_url;

/// Deepest nesting kept; deeper levels are flattened.
const MAX_DEPTH: usize = 16;

/// A piece of a message that stands on its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Lines of text.
    Paragraph(Vec<Inline>),
    /// A link alone on its line: what the reader should do next.
    Action {
        /// Where it leads; already a safe URL.
        url: String,
        /// What it says.
        label: String,
    },
    /// A heading of level 1..=6.
    Heading(u8, Vec<Inline>),
    /// Items; numbered from `start`, or bulleted without.
    List {
        /// First number of a numbered list.
        start: Option<usize>,
        /// The items.
        items: Vec<Item>,
    },
    /// Quoted blocks.
    Quote(Vec<Block>),
    /// Code, several lines.
    Code(String),
    /// Rows of cells; the first row is the head.
    Table(Vec<Vec<Vec<Inline>>>),
    /// A line across.
    Rule,
    /// A survey's scale.
    Scale(Scale),
}

/// The numbers a reader chooses from; each leads to the page on which it is chosen already.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// The page without a choice; a safe URL.
    pub url: String,
    /// What the one link to it says where numbers would be too many.
    pub open: String,
    /// The numbers, lowest first, each with its page and what it is called aloud.
    pub points: Vec<(u8, String, String)>,
    /// What the lowest number means, with the number.
    pub low: String,
    /// What the highest number means, with the number.
    pub high: String,
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Of a task list: whether it is ticked.
    pub done: Option<bool>,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// A piece of a line. All texts are revealed: plain data.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    /// Text.
    Text(String),
    /// Bold.
    Bold(Vec<Inline>),
    /// Italic.
    Italic(Vec<Inline>),
    /// Struck through.
    Strike(Vec<Inline>),
    /// Code.
    Code(String),
    /// A link; `url` is already a safe URL.
    Link {
        /// Where it leads.
        url: String,
        /// What it says.
        label: Vec<Inline>,
    },
    /// A line break.
    Break,
}

/// Parses disguised Markdown.
pub fn parse(markdown: &str) -> Vec<Block> {
    let mut options = Options::default();
    options.extension.cjk_friendly_emphasis = true;
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    let arena = Arena::new();
    blocks(parse_document(&arena, markdown, &options), 0)
}

/// The text of `inlines` without formatting.
pub fn text_of(inlines: &[Inline]) -> String {
    inlines.iter().fold(String::new(), |mut out, inline| {
        match inline {
            Inline::Text(t) | Inline::Code(t) => out.push_str(t),
            Inline::Bold(i) | Inline::Italic(i) | Inline::Strike(i) | Inline::Link { label: i, .. } => {
                out += &text_of(i)
            }
            Inline::Break => out.push(' '),
        }
        out
    })
}

fn blocks<'a>(parent: &'a AstNode<'a>, depth: usize) -> Vec<Block> {
    parent.children().flat_map(|node| block(node, depth)).collect()
}

fn block<'a>(node: &'a AstNode<'a>, depth: usize) -> Vec<Block> {
    if depth > MAX_DEPTH {
        return vec![Block::Paragraph(vec![Inline::Text(flat(node))])];
    }
    let one = match &node.data().value {
        NodeValue::Paragraph => return split_actions(inlines(node, depth)),
        NodeValue::Heading(h) => Block::Heading(h.level, inlines(node, depth)),
        NodeValue::BlockQuote => Block::Quote(blocks(node, depth + 1)),
        NodeValue::CodeBlock(code) => Block::Code(reveal(code.literal.trim_end()).into_owned()),
        NodeValue::HtmlBlock(html) => {
            Block::Paragraph(vec![Inline::Text(reveal(html.literal.trim_end()).into_owned())])
        }
        NodeValue::ThematicBreak => Block::Rule,
        NodeValue::List(list) => {
            let start = (list.list_type == ListType::Ordered).then_some(list.start);
            Block::List { start, items: node.children().map(|item| list_item(item, depth + 1)).collect() }
        }
        NodeValue::Table(_) => Block::Table(node.children().map(|row| table_row(row, depth)).collect()),
        _ => return blocks(node, depth + 1),
    };
    vec![one]
}

fn list_item<'a>(node: &'a AstNode<'a>, depth: usize) -> Item {
    let done = match &node.data().value {
        NodeValue::TaskItem(task) => Some(task.symbol.is_some()),
        _ => None,
    };
    let mut blocks = blocks(node, depth);
    for block in &mut blocks {
        if let Block::Action { url, label } = block {
            let label = vec![Inline::Text(std::mem::take(label))];
            *block = Block::Paragraph(vec![Inline::Link { url: std::mem::take(url), label }]);
        }
    }
    Item { done, blocks }
}

fn table_row<'a>(row: &'a AstNode<'a>, depth: usize) -> Vec<Vec<Inline>> {
    row.children().map(|cell| inlines(cell, depth + 1)).collect()
}

/// A paragraph's lines; a line that is one link becomes an action of its own.
fn split_actions(inlines: Vec<Inline>) -> Vec<Block> {
    let mut out = Vec::new();
    let mut open: Vec<Inline> = Vec::new();
    for line in inlines.split(|i| *i == Inline::Break) {
        let visible: Vec<&Inline> =
            line.iter().filter(|i| !matches!(i, Inline::Text(t) if t.trim().is_empty())).collect();
        match visible.as_slice() {
            [Inline::Link { url, label }] => {
                if !open.is_empty() {
                    out.push(Block::Paragraph(std::mem::take(&mut open)));
                }
                out.push(Block::Action { url: url.clone(), label: text_of(label) });
            }
            _ => {
                if !open.is_empty() {
                    open.push(Inline::Break);
                }
                open.extend_from_slice(line);
            }
        }
    }
    if !open.is_empty() {
        out.push(Block::Paragraph(open));
    }
    out
}

fn inlines<'a>(parent: &'a AstNode<'a>, depth: usize) -> Vec<Inline> {
    let mut out = Vec::new();
    for node in parent.children() {
        if depth > MAX_DEPTH {
            out.push(Inline::Text(flat(node)));
        } else {
            inline(node, depth + 1, &mut out);
        }
    }
    out
}

fn inline<'a>(node: &'a AstNode<'a>, depth: usize, out: &mut Vec<Inline>) {
    let one = match &node.data().value {
        NodeValue::Text(text) => Inline::Text(reveal(text).into_owned()),
        NodeValue::HtmlInline(html) => Inline::Text(reveal(html).into_owned()),
        NodeValue::Code(code) => Inline::Code(reveal(&code.literal).into_owned()),
        NodeValue::SoftBreak | NodeValue::LineBreak => Inline::Break,
        NodeValue::Strong => Inline::Bold(inlines(node, depth)),
        NodeValue::Emph => Inline::Italic(inlines(node, depth)),
        NodeValue::Strikethrough => Inline::Strike(inlines(node, depth)),
        NodeValue::Link(link) | NodeValue::Image(link) => {
            let label = inlines(node, depth);
            match safe_url(&reveal(&link.url)) {
                Some(url) if !text_of(&label).trim().is_empty() => Inline::Link { url, label },
                _ => return out.extend(label),
            }
        }
        _ => return out.extend(inlines(node, depth)),
    };
    out.push(one);
}

/// Everything below `node` as text, without recursion.
fn flat<'a>(node: &'a AstNode<'a>) -> String {
    node.descendants()
        .filter_map(|n| match &n.data().value {
            NodeValue::Text(text) => Some(reveal(text).into_owned()),
            NodeValue::Code(code) => Some(reveal(&code.literal).into_owned()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::disguise::disguise, *};
    use proptest::prelude::*;

    #[test]
    fn bold_works_beside_japanese_brackets() {
        let got = parse("これは**「重要」**です");
        let bold = Inline::Bold(vec![Inline::Text("「重要」".into())]);
        assert_eq!(got, [Block::Paragraph(vec![Inline::Text("これは".into()), bold, Inline::Text("です".into())])]);
    }

    #[test]
    fn a_link_alone_on_its_line_is_an_action() {
        let got = parse("前置き\n[続ける](https://a.test/)\n");
        let action = Block::Action { url: "https://a.test/".into(), label: "続ける".into() };
        assert_eq!(got, [Block::Paragraph(vec![Inline::Text("前置き".into())]), action]);
    }

    #[test]
    fn dangerous_links_are_only_their_label() {
        assert_eq!(
            parse("a [x](javascript:alert(1))"),
            [Block::Paragraph(vec![Inline::Text("a ".into()), Inline::Text("x".into())])]
        );
    }

    proptest! {
        #[test]
        fn data_in_disguise_is_one_text_wherever_it_stands(s in "\\PC{1,40}") {
            let hidden = disguise(&s);
            prop_assume!(!hidden.trim().is_empty());
            let got = parse(&format!("x {hidden} y"));
            let want = reveal(&hidden).into_owned();
            prop_assert_eq!(got, vec![Block::Paragraph(vec![Inline::Text(format!("x {want} y"))])]);
        }

        #[test]
        fn no_markdown_stops_the_parser(s in "[-*_>`\\[\\]()#|<a1 \n~]{0,200}") {
            parse(&s);
        }
    }
}
