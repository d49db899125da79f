//! Text → checked rulebook. Pure: the shell reads the files.

use std::collections::BTreeMap;

use super::types::Rulebook;
use crate::model::diagnostic::Diagnostic;

/// Reads a whole project: `model.yaml`, `playbooks/*.yaml`, `templates/**`, `content.yaml`, by path relative to the
/// project folder (`/` between folders); other files are ignored. Returns every finding at once, sorted by place;
/// the rulebook is there exactly when no finding is an error.
pub fn load(files: &BTreeMap<String, String>) -> (Option<Rulebook>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    for (path, text) in files {
        super::yaml::parse(path, text, &mut out);
    }
    (None, out)
}
