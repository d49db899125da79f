//! `content.yaml`: named links.

use std::collections::BTreeMap;

use super::journey::entries;
use crate::{
    model::{diagnostic::Diagnostic, locale::Bilingual},
    rulebook::yaml::{Node, values},
};

/// Links by name; one address for both languages, or one each. Only https (and http for local use) is accepted.
pub fn links(node: &Node, out: &mut Vec<Diagnostic>) -> BTreeMap<String, Bilingual> {
    let mut links = BTreeMap::new();
    for entry in entries(node, "links", out) {
        let Some(link) = values::bilingual(&entry.value, out) else { continue };
        for url in link.ja.iter().chain(&link.en) {
            if !(url.starts_with("https://") || url.starts_with("http://localhost")) {
                let message = format!("`{}` is no link", values::shorten(url));
                out.push(Diagnostic::error(
                    "bad-link",
                    &entry.value.place,
                    message,
                    "write the whole address, https://…",
                ));
                break;
            }
        }
        links.insert(entry.key.clone(), link);
    }
    links
}
