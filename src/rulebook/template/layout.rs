//! The frame of a mail: MJML compiled once at load, plain slots filled at render time.

use crate::model::diagnostic::{Diagnostic, Place, nearest};

/// The slots a layout may have. `body` and `footer` take HTML, the others text.
pub const SLOTS: [&str; 7] = ["lang", "subject", "preheader", "body", "footer", "sender", "company"];

/// A compiled layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// MJML as written.
    pub source: String,
    /// HTML with `{{ slot }}`s.
    pub html: String,
}

/// Compiles MJML. Findings: not MJML, an unknown slot, no `{{ body }}`.
pub fn compile(source: &str, place: &Place) -> Result<Layout, Vec<Diagnostic>> {
    let html = to_html(source).map_err(|why| {
        let help = "mend the MJML; slots are plain {{ name }}, without conditions or filters";
        vec![Diagnostic::error("layout-broken", place, format!("the layout is not valid MJML: {why}"), help)]
    })?;
    let found = slots(&html);
    let mut out: Vec<Diagnostic> =
        found.iter().filter(|s| !SLOTS.contains(s)).map(|s| unknown(s, source, place)).collect();
    if !found.contains(&"body") {
        out.push(Diagnostic::error(
            "layout-without-body",
            place,
            "the layout has no {{ body }}",
            "add {{ body }} in an mj-text",
        ));
    }
    if out.is_empty() { Ok(Layout { source: source.to_owned(), html }) } else { Err(out) }
}

fn to_html(source: &str) -> Result<String, String> {
    let root = mrml::parse(source).map_err(|e| e.to_string())?;
    let options = mrml::prelude::render::RenderOptions::default();
    root.element.render(&options).map_err(|e| e.to_string())
}

fn unknown(slot: &str, source: &str, place: &Place) -> Diagnostic {
    let offset = source.find(slot).unwrap_or(0);
    let help = match nearest(slot, SLOTS) {
        Some(name) => format!("did you mean {{{{ {name} }}}}?"),
        None => format!("slots are: {}", SLOTS.join(", ")),
    };
    Diagnostic::error(
        "unknown-slot",
        &super::names::place_at(source, offset, place),
        format!("unknown slot `{slot}`"),
        help,
    )
}

/// The names of the slots in `html`, in order.
fn slots(html: &str) -> Vec<&str> {
    html.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim()).collect()
}

/// `html` with every slot replaced in one pass: what a value contains is never looked at again.
pub fn fill(html: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(html.len() * 2);
    let mut rest = html;
    while let Some((before, tail)) = rest.split_once("{{") {
        out.push_str(before);
        match tail.split_once("}}") {
            Some((name, after)) => {
                out += &value(name.trim());
                rest = after;
            }
            None => {
                out.push_str("{{");
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str =
        "<mjml><mj-body><mj-section><mj-column><mj-text>{{ body }}</mj-text></mj-column></mj-section></mj-body></mjml>";

    #[test]
    fn values_are_never_looked_at_again() {
        assert_eq!(
            fill("a {{ x }} b {{y}} {{", |name| format!("<{name} {{{{ x }}}}>")),
            "a <x {{ x }}> b <y {{ x }}> {{"
        );
    }

    #[test]
    fn slots_survive_the_compiler_and_wrong_ones_are_named() {
        assert!(compile(SMALL, &Place::default()).unwrap().html.contains("{{ body }}"));
        let got = compile(&SMALL.replace("body }}", "boddy }}"), &Place::default()).unwrap_err();
        assert_eq!(got[0].message, "unknown slot `boddy`");
        assert_eq!(got[0].help, "did you mean {{ body }}?");
        assert_eq!(got[1].rule, "layout-without-body");
        assert_eq!(compile("<mjml><mj-bod", &Place::default()).unwrap_err()[0].rule, "layout-broken");
    }
}
