//! The document tree for chats: Slack's rich text block (data is data by construction), and the
//! markup of Slack and Discord.

use serde_json::{Value, json};

use super::{
    doc::{Block, Inline, Item, text_of},
    plain,
};
use crate::model::safe::Markup;

/// `blocks` as chat markup; blocks are parted by an empty line.
pub fn markup<M: Markup>(blocks: &[Block]) -> M {
    M::join(blocks.iter().map(block), "\n\n")
}

fn block<M: Markup>(block_: &Block) -> M {
    match block_ {
        Block::Paragraph(text) => inlines(text),
        Block::Heading(_, text) => inlines::<M>(text).bold(),
        Block::Action { url, label } => M::link(url, M::text(label)),
        Block::List { start, items } => {
            M::join(items.iter().enumerate().map(|(i, item)| list_item(*start, i, item)), "\n")
        }
        Block::Quote(inner) => markup::<M>(inner).quote(),
        Block::Code(code) => M::code_block(code),
        Block::Table(_) => M::code_block(&plain::plain(std::slice::from_ref(block_))),
        Block::Rule => M::text("───"),
        Block::Scale(scale) => M::link(&scale.url, M::text(&scale.open)),
    }
}

fn list_item<M: Markup>(start: Option<usize>, index: usize, item: &Item) -> M {
    M::text(&mark(start, index, item)).then(M::join(item.blocks.iter().map(block), "\n"))
}

fn mark(start: Option<usize>, index: usize, item: &Item) -> String {
    match (item.done, start) {
        (Some(true), _) => "✓ ".into(),
        (Some(false), _) => "□ ".into(),
        (None, Some(n)) => format!("{}) ", n.saturating_add(index)),
        (None, None) => "• ".into(),
    }
}

fn inlines<M: Markup>(parts: &[Inline]) -> M {
    parts.iter().fold(M::empty(), |out, part| {
        out.then(match part {
            Inline::Text(text) => M::text(text),
            Inline::Break => M::text("\n"),
            Inline::Bold(inner) => inlines::<M>(inner).bold(),
            Inline::Italic(inner) => inlines::<M>(inner).italic(),
            Inline::Strike(inner) => inlines::<M>(inner).strike(),
            Inline::Code(code) => M::code(code),
            Inline::Link { url, label } => M::link(url, inlines(label)),
        })
    })
}

/// `blocks` as Slack blocks: one `rich_text` block (none when there is nothing to say).
pub fn slack_blocks(blocks: &[Block]) -> Vec<Value> {
    let mut elements = Vec::new();
    for (i, b) in blocks.iter().enumerate() {
        rich_block(b, i + 1 < blocks.len(), &mut elements);
    }
    if elements.is_empty() { Vec::new() } else { vec![json!({"type": "rich_text", "elements": elements})] }
}

fn rich_block(block: &Block, more: bool, out: &mut Vec<Value>) {
    let section = |mut parts: Vec<Value>| {
        if more {
            parts.push(json!({"type": "text", "text": "\n"}));
        }
        json!({"type": "rich_text_section", "elements": parts})
    };
    match block {
        Block::Paragraph(text) => out.push(section(rich_inlines(text))),
        Block::Heading(_, text) => out.push(section(styled(text, Style { bold: true, ..Style::default() }))),
        Block::Action { url, label } => out.push(section(vec![json!({"type": "link", "url": url, "text": label})])),
        Block::List { start, items } => rich_list(*start, items, 0, out),
        Block::Quote(inner) => {
            let text: Vec<Value> = inner.iter().flat_map(rich_flat).collect();
            out.push(json!({"type": "rich_text_quote", "elements": text}));
        }
        Block::Code(code) => out.push(preformatted(code)),
        Block::Table(_) => out.push(preformatted(&plain::plain(std::slice::from_ref(block)))),
        Block::Rule => out.push(section(vec![json!({"type": "text", "text": "───"})])),
        Block::Scale(scale) => out.push(section(vec![json!({"type": "link", "url": scale.url, "text": scale.open})])),
    }
}

fn preformatted(text: &str) -> Value {
    let text = if text.is_empty() { " " } else { text };
    json!({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]})
}

/// Nested lists are lists of their own with a deeper indent, as Slack wants them.
fn rich_list(start: Option<usize>, items: &[Item], indent: usize, out: &mut Vec<Value>) {
    let style = if start.is_some() { "ordered" } else { "bullet" };
    let list = |sections: Vec<Value>, offset: usize| json!({"type": "rich_text_list", "style": style, "indent": indent.min(6), "offset": offset, "elements": sections});
    let first = start.unwrap_or(1).saturating_sub(1);
    let (mut open, mut offset) = (Vec::new(), first);
    for (i, item) in items.iter().enumerate() {
        let mut parts = Vec::new();
        if let Some(done) = item.done {
            parts.push(json!({"type": "text", "text": if done { "✓ " } else { "□ " }}));
        }
        parts.extend(item.blocks.iter().filter(|b| !matches!(b, Block::List { .. })).flat_map(rich_flat));
        open.push(json!({"type": "rich_text_section", "elements": parts}));
        for block in &item.blocks {
            if let Block::List { start, items } = block {
                out.push(list(std::mem::take(&mut open), offset));
                offset = first + i + 1;
                rich_list(*start, items, indent + 1, out);
            }
        }
    }
    if !open.is_empty() {
        out.push(list(open, offset));
    }
}

/// A block inside a quote or an item: its text only.
fn rich_flat(block: &Block) -> Vec<Value> {
    match block {
        Block::Paragraph(text) | Block::Heading(_, text) => rich_inlines(text),
        Block::Action { url, label } => vec![json!({"type": "link", "url": url, "text": label})],
        other => plain_text(&plain::plain(std::slice::from_ref(other))),
    }
}

fn plain_text(text: &str) -> Vec<Value> {
    if text.is_empty() { Vec::new() } else { vec![json!({"type": "text", "text": text})] }
}

#[derive(Clone, Copy, Default)]
struct Style {
    bold: bool,
    italic: bool,
    strike: bool,
    code: bool,
}

fn rich_inlines(parts: &[Inline]) -> Vec<Value> {
    styled(parts, Style::default())
}

fn styled(parts: &[Inline], style: Style) -> Vec<Value> {
    parts.iter().flat_map(|part| rich_inline(part, style)).collect()
}

fn rich_inline(part: &Inline, style: Style) -> Vec<Value> {
    match part {
        Inline::Text(text) => leaf(json!({"type": "text", "text": text}), text, style),
        Inline::Break => leaf(json!({"type": "text", "text": "\n"}), "\n", Style::default()),
        Inline::Code(text) => leaf(json!({"type": "text", "text": text}), text, Style { code: true, ..style }),
        Inline::Bold(inner) => styled(inner, Style { bold: true, ..style }),
        Inline::Italic(inner) => styled(inner, Style { italic: true, ..style }),
        Inline::Strike(inner) => styled(inner, Style { strike: true, ..style }),
        Inline::Link { url, label } => {
            let text = text_of(label);
            leaf(json!({"type": "link", "url": url, "text": text}), &text, style)
        }
    }
}

/// Slack refuses empty text elements, and empty styles are noise.
fn leaf(mut element: Value, text: &str, style: Style) -> Vec<Value> {
    if text.is_empty() {
        return Vec::new();
    }
    let marks = [("bold", style.bold), ("italic", style.italic), ("strike", style.strike), ("code", style.code)];
    let on: serde_json::Map<String, Value> =
        marks.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name.to_owned(), Value::Bool(true))).collect();
    if let (false, Some(object)) = (on.is_empty(), element.as_object_mut()) {
        object.insert("style".into(), Value::Object(on));
    }
    vec![element]
}

#[cfg(test)]
mod tests {
    use super::{
        super::{disguise::disguise, doc::parse},
        *,
    };
    use crate::model::safe::{DiscordSafe, MrkdwnSafe};

    const TEXT: &str = "**太字**と[リンク](https://a.test/)\n\n- 一\n  - 二\n- [x] 済\n\n> 引用";

    #[test]
    fn slack_and_discord_say_the_same() {
        let blocks = parse(TEXT);
        assert_eq!(
            markup::<MrkdwnSafe>(&blocks).as_str(),
            "*太字*と<https://a.test/|リンク>\n\n• 一\n• 二\n✓ 済\n\n> 引用"
        );
        assert_eq!(
            markup::<DiscordSafe>(&blocks).as_str(),
            "**太字**と[リンク](<https://a.test/>)\n\n• 一\n• 二\n✓ 済\n\n> 引用"
        );
    }

    #[test]
    fn rich_text_holds_data_as_data() {
        let hostile = disguise("<!channel> *x* <https://evil.test|y>");
        let got = slack_blocks(&parse(&format!("**{hostile}** です")));
        let want = json!([{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
            {"type": "text", "text": "<!channel> *x* <https://evil.test|y>", "style": {"bold": true}},
            {"type": "text", "text": " です"},
        ]}]}]);
        assert_eq!(Value::Array(got), want);
        assert!(slack_blocks(&[]).is_empty());
    }
}
