//! Messages: Markdown with Jinja, front matter, MJML layouts.
//!
//! Text in, checked [`Templates`] out ([`Templates::load`]); a template and its values in, a mail or
//! a chat message out ([`render::render`]). Pure: the same job gives the same bytes.
//!
//! The pipeline: Jinja (strict, allow-listed filters, fuel) → Markdown → a small document tree →
//! HTML in the compiled layout, plain text, Slack or Discord markup. Whatever an expression
//! prints passes Markdown in disguise ([`disguise`]), so data is never parsed as syntax.

pub mod context;
pub mod disguise;
pub mod doc;
mod engine;
mod filters;
mod footer;
mod front;
pub mod html;
pub mod layout;
mod links;
mod load;
mod names;
pub mod plain;
pub mod render;
pub mod rich;
pub mod sample;
pub mod scale;
mod tags;
#[cfg(test)]
mod tests;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use super::expr::Program;
use crate::model::{diagnostic::Place, locale::Locale, survey};
pub use context::{Company, PlanLine, RenderContext, Sender};
pub use layout::Layout;
pub use render::{
    ChatBody, Job, Kind, RenderError, Rendered, RenderedChat, RenderedMail, Target, render_chat, render_mail,
};
pub use values::number;

/// Every template of a rulebook, by name and language.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// `(TOPIC/NAME, locale)` → template.
    pub all: BTreeMap<(String, Locale), Template>,
    /// Layout name → the frame of a mail, compiled.
    pub layouts: BTreeMap<String, Layout>,
}

/// One message in one language, checked but not rendered.
#[derive(Clone, Debug)]
pub struct Template {
    /// `TOPIC/NAME`.
    pub name: String,
    /// The language of the file.
    pub locale: Locale,
    /// Subject line as a Jinja text (empty for chat messages).
    pub subject: String,
    /// Preheader as a Jinja text.
    pub preheader: String,
    /// What a contact can unsubscribe from; default the folder's name.
    pub topic: String,
    /// Layout name; default `standard`.
    pub layout: String,
    /// `csm`, a named sender, or empty.
    pub from: String,
    /// Computed values by name.
    pub vars: Vec<(String, Program)>,
    /// Markdown with Jinja.
    pub body: String,
    /// Line of the file on which the body begins.
    pub body_line: u32,
    /// Every name the texts read that `decide` must evaluate, e.g. `account.name`, `metric.logins_7d`,
    /// with the program that yields it (vars are in `vars`).
    pub reads: Vec<(String, Program)>,
    /// Names among `reads` and `vars` for which the text says what else where they are missing
    /// (`default()`, `is defined`): a missing one does not refuse the message.
    pub optional: BTreeSet<String>,
    /// Names given to `link("…")`, each with its place: they must exist in `content.yaml`.
    pub links: Vec<(String, Place)>,
    /// It prints the shared plan: `plan_checklist()`.
    pub checklist: bool,
    /// The surveys it asks: `survey("nps")`.
    pub surveys: BTreeSet<survey::Kind>,
    /// Content hash of the file.
    pub hash: String,
    /// Where it begins.
    pub place: Place,
}

impl Templates {
    /// The template in `locale`, else in the other language.
    pub fn get(&self, name: &str, locale: Locale) -> Option<&Template> {
        let other = if locale == Locale::Ja { Locale::En } else { Locale::Ja };
        [locale, other].iter().find_map(|l| self.all.get(&(name.to_owned(), *l)))
    }
}
