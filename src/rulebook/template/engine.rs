//! The Jinja engine: strict, allow-listed, with fuel; whatever it prints is disguised or plain.

use std::{ops::Range, sync::Arc};

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, value::Value as Jinja};

use super::{
    context::RenderContext,
    disguise::disguise,
    filters,
    render::RenderError,
    tags::{Kind, Mention, mentions},
    values::display,
};
use crate::model::safe::clean;

/// Instructions one text may take; a normal template takes a few hundred.
pub const FUEL: u64 = 50_000;
/// Longest text Jinja may make of one template, in bytes.
pub const MAX_OUTPUT: usize = 256 * 1024;

/// How expressions print.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Output {
    /// Into Markdown: [`disguise`].
    Markdown,
    /// Into a subject or preheader: cleaned text.
    Line,
}

/// One text of a template, and where it stands, for messages.
pub(super) struct Text<'a> {
    pub file: &'a str,
    pub line: u32,
    pub source: &'a str,
}

/// An engine for a reader of `ctx`.
pub(super) fn engine<'a>(ctx: &Arc<RenderContext>, output: Output) -> Environment<'a> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_debug(true);
    env.set_recursion_limit(50);
    env.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    let locale = ctx.locale;
    env.set_formatter(move |out, _, value: &Jinja| {
        if let Some(list) = value.downcast_object_ref::<filters::Checklist>() {
            let text = if output == Output::Markdown { list.0.clone() } else { String::new() };
            return out.write_str(&text).map_err(Error::from);
        }
        let text = display(value, locale);
        let text = if output == Output::Markdown { disguise(&text) } else { clean(&text) };
        out.write_str(&text).map_err(Error::from)
    });
    filters::install(&mut env, ctx);
    env
}

/// Renders one text.
pub(super) fn run(env: &Environment<'_>, text: &Text<'_>, values: &Jinja) -> Result<String, RenderError> {
    let template = env.template_from_str(text.source).map_err(|e| explain(&e, text))?;
    let out = template.render(values.clone()).map_err(|e| explain(&e, text))?;
    if out.len() > MAX_OUTPUT {
        return Err(RenderError::Template {
            file: text.file.into(),
            line: text.line,
            reason: format!("the text grew beyond {} KiB: shorten what it repeats", MAX_OUTPUT / 1024),
        });
    }
    Ok(out)
}

/// Our error for Jinja's: names the value that is missing, never repeats data.
pub(super) fn explain(error: &Error, text: &Text<'_>) -> RenderError {
    let line = text.line + error.line().map_or(0, |l| l as u32 - 1);
    let range = error.range().unwrap_or_default();
    let around = text.source.get(range.clone()).unwrap_or("").trim();
    let file = text.file.to_owned();
    match error.kind() {
        ErrorKind::UndefinedError => RenderError::Missing { file, line, name: missing_name(text.source, &range) },
        _ => RenderError::Template { file, line, reason: reason(error, around) },
    }
}

/// The range of the error may be a filter, or a whole sum: the name is the first in it, else the last
/// before it.
fn missing_name(source: &str, range: &Range<usize>) -> String {
    let names: Vec<Mention> = mentions(source).into_iter().filter(|m| m.kind == Kind::Name).collect();
    let inside = names.iter().find(|m| range.contains(&m.offset));
    let before = names.iter().rfind(|m| m.offset < range.start);
    inside.or(before).map_or("a value".to_owned(), |m| m.name.clone())
}

fn reason(error: &Error, around: &str) -> String {
    let near = if around.is_empty() { String::new() } else { format!(" near `{around}`") };
    match error.kind() {
        ErrorKind::OutOfFuel => "the template does too much: shorten its loops".to_owned(),
        ErrorKind::SyntaxError | ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
            format!("{}{near}", error.detail().unwrap_or("syntax error"))
        }
        ErrorKind::InvalidOperation if error.detail().is_some_and(is_ours) => {
            format!("{}{near}", error.detail().unwrap_or_default())
        }
        kind => format!("{kind}{near}"),
    }
}

/// Details written in `filters` name no data; those of the engine might.
fn is_ours(detail: &str) -> bool {
    ["no link", "`url`", "`honorific`", "`date`", "date styles", "`money`", "`survey`", "this filter"]
        .iter()
        .any(|s| detail.starts_with(s))
}
