//! Who sent a mail, and how to stop them: the end of the HTML and of the text part.

use super::{RenderContext, html::escape, plain};
use crate::{
    model::safe::{clean, safe_url},
    words::{Word, say},
};

/// For the layout's `{{ footer }}`.
pub(super) fn html(ctx: &RenderContext) -> String {
    let mut parts = parts_of(ctx).into_iter().map(|p| escape(&p)).collect::<Vec<_>>().join("<br>\n");
    if let Some(url) = ctx.unsubscribe_url.as_deref().and_then(safe_url) {
        let label = say(ctx.locale, Word::Unsubscribe);
        parts += &format!("<br>\n<a href=\"{}\">{}</a>", escape(&url), escape(label));
    }
    parts
}

/// Below the signature mark of the text part.
pub(super) fn text(ctx: &RenderContext) -> String {
    let mut lines = vec!["-- ".to_owned()];
    lines.extend(parts_of(ctx).iter().flat_map(|p| plain::fill(p, plain::COLUMNS)));
    if let Some(url) = &ctx.unsubscribe_url {
        lines.push(format!("{}: {}", say(ctx.locale, Word::Unsubscribe), clean(url)));
    }
    lines.join("\n")
}

fn parts_of(ctx: &RenderContext) -> Vec<String> {
    let mut parts = vec![clean(&ctx.company.name), clean(&ctx.company.address)];
    if ctx.unsubscribe_url.is_some() {
        parts.push(say(ctx.locale, Word::MailReason).to_owned());
    }
    parts.retain(|p| !p.is_empty());
    parts
}
