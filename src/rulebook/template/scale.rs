//! `survey("nps")`: the scale of a survey in a message. What the template prints is a mark that no data can hold; it
//! becomes the scale once the text is parsed.

use super::{
    context::RenderContext,
    doc::{Block, Inline, Scale},
};
use crate::{
    model::{locale::Locale, safe::safe_url, survey::Kind},
    words::survey,
};

/// U+F0000 is what NUL would be in disguise, and cleaned data has no NUL: only this file writes it.
const MARK: char = '\u{F0000}';
const REVEALED: char = '\0';

/// Stands for the scale in Markdown, as a paragraph of its own.
pub(super) fn mark(kind: Kind) -> String {
    format!("\n\n{MARK}{}{MARK}\n\n", kind.word())
}

/// `blocks` with each mark replaced by its scale; by nothing where nobody may answer.
pub(super) fn placed(blocks: Vec<Block>, ctx: &RenderContext) -> Vec<Block> {
    blocks.into_iter().filter_map(|block| marked(&block).map_or(Some(block), |kind| of(kind, ctx))).collect()
}

fn marked(block: &Block) -> Option<Kind> {
    let Block::Paragraph(inlines) = block else { return None };
    let [Inline::Text(text)] = inlines.as_slice() else { return None };
    Kind::parse(text.trim().strip_prefix(REVEALED)?.strip_suffix(REVEALED)?)
}

fn of(kind: Kind, ctx: &RenderContext) -> Option<Block> {
    let url = safe_url(ctx.surveys.get(&kind)?)?;
    Some(Block::Scale(scale(kind, &url, ctx.locale)))
}

/// The scale of `kind` whose page is `url`.
pub fn scale(kind: Kind, url: &str, locale: Locale) -> Scale {
    let point = |score| (score, format!("{url}?score={score}"), survey::aloud(locale, kind, score));
    let (low, high) = survey::ends(locale, kind);
    let named = |score: u8, meaning: &str| survey::named(locale, score, meaning);
    Scale {
        url: url.to_owned(),
        open: survey::open(locale, kind),
        points: kind.answers().map(point).collect(),
        low: named(kind.ends().0, low),
        high: named(kind.ends().1, high),
    }
}
