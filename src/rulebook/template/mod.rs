//! Messages: Markdown with Jinja, front matter, MJML layouts.

use std::collections::{BTreeMap, BTreeSet};

use super::expr::Program;
use crate::model::{diagnostic::Place, locale::Locale};

/// Every template of a rulebook, by name and language.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// `(TOPIC/NAME, locale)` → template.
    pub all: BTreeMap<(String, Locale), Template>,
    /// Layout name → MJML source, checked.
    pub layouts: BTreeMap<String, String>,
}

/// One message in one language, checked but not rendered.
#[derive(Clone, Debug)]
pub struct Template {
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
    /// Every name the texts read that `decide` must evaluate, e.g. `account.name`, `metric.logins_7d`,
    /// with the program that yields it (vars are in `vars`).
    pub reads: Vec<(String, Program)>,
    /// Names among `reads` and `vars` for which the text says what else where they are missing
    /// (`default()`, `is defined`): a missing one does not refuse the message.
    pub optional: BTreeSet<String>,
    /// Content hash of the file.
    pub hash: String,
    /// Where it begins.
    pub place: Place,
}
