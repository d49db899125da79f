//! The check of what a template's texts mention: every name, filter, test, function and tag.

use std::collections::BTreeSet;

use minijinja::Environment;

use super::{
    engine::{Text, explain},
    filters::{FILTERS, FUNCTIONS, TESTS},
    front::Entry,
    render::RenderError,
    tags::{Kind, Mention, mentions},
    values::AMBIENT,
};
use crate::{
    model::{
        diagnostic::{Diagnostic, Place, nearest},
        survey::Kind as Survey,
    },
    rulebook::expr::{Program, Want, schema::Schema},
};

/// Tags a template may use. Captures and includes are left out: what they print is printed twice.
const TAGS: [&str; 11] = ["if", "elif", "else", "endif", "for", "endfor", "set", "raw", "endraw", "break", "continue"];

/// What one file reads.
#[derive(Default)]
pub(super) struct Findings {
    pub reads: Vec<(String, Program)>,
    pub links: Vec<(String, Place)>,
    pub optional: BTreeSet<String>,
    pub checklist: bool,
    pub surveys: BTreeSet<Survey>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks `texts` (subject, preheader, body) against `schema` and the template's own `vars`.
pub(super) fn check(texts: &[Entry], vars: &[String], schema: &Schema) -> Findings {
    let mut out = Findings::default();
    let mut seen = BTreeSet::new();
    let (mut guarded, mut bare) = (BTreeSet::new(), BTreeSet::new());
    for text in texts {
        let all = mentions(&text.value);
        sort_by_need(&all, &mut guarded, &mut bare);
        for mention in &all {
            check_mention(mention, text, &mut out);
        }
        for name in undeclared(text, &mut out) {
            let offset = offset_of(&name, &all);
            if is_known(&name, vars, &all) || !seen.insert(name.clone()) {
                continue;
            }
            match read(&name, &place_at(&text.value, offset, &text.place), vars, schema) {
                Ok(program) => out.reads.push((name, program)),
                Err(found) => out.diagnostics.extend(found),
            }
        }
    }
    out.reads.sort_by(|a, b| a.0.cmp(&b.0));
    out.optional = guarded.difference(&bare).cloned().collect();
    out
}

/// Names the text can do without (directly followed by `default` or `is defined`), and names it needs
/// where it has not asked before.
fn sort_by_need(all: &[Mention], guarded: &mut BTreeSet<String>, bare: &mut BTreeSet<String>) {
    let mut asked = BTreeSet::new();
    for (i, mention) in all.iter().enumerate().filter(|(_, m)| m.kind == Kind::Name) {
        let name = &mention.name;
        match all.get(i + 1).map(|next| (&next.kind, next.name.as_str())) {
            Some((Kind::Filter, "default" | "d")) => drop(guarded.insert(name.clone())),
            Some((Kind::Test, "defined" | "undefined")) => {
                guarded.insert(name.clone());
                asked.insert(name);
            }
            _ if asked.contains(name) => {}
            _ => drop(bare.insert(name.clone())),
        }
    }
}

/// Where the character at byte `offset` of a text that begins at `start` stands.
pub(super) fn place_at(source: &str, offset: usize, start: &Place) -> Place {
    let before = source.get(..offset).unwrap_or(source);
    let column = |text: &str| text.chars().count() as u32;
    match before.rsplit_once('\n') {
        None => start.right(column(before)),
        Some((lines, last)) => Place {
            file: start.file.clone(),
            line: start.line + lines.matches('\n').count() as u32 + 1,
            column: column(last) + 1,
        },
    }
}

fn undeclared(text: &Entry, out: &mut Findings) -> Vec<String> {
    let mut env = Environment::empty();
    env.set_debug(true);
    match env.template_from_str(&text.value) {
        Ok(template) => {
            let mut names: Vec<String> = template.undeclared_variables(true).into_iter().collect();
            names.sort();
            names
        }
        Err(error) => {
            let place = syntax_place(&error, text);
            let at = Text { file: &place.file, line: text.place.line, source: &text.value };
            let why = match explain(&error, &at) {
                RenderError::Template { reason, .. } => reason,
                other => other.to_string(),
            };
            let why = format!("this cannot be read: {why}");
            out.diagnostics.push(Diagnostic::error("template-syntax", &place, why, "mend the {{ }} or {% %} here"));
            Vec::new()
        }
    }
}

fn syntax_place(error: &minijinja::Error, text: &Entry) -> Place {
    match error.range() {
        Some(range) => place_at(&text.value, range.start, &text.place),
        None => Place { line: text.place.line + error.line().map_or(0, |l| l as u32 - 1), ..text.place.clone() },
    }
}

fn offset_of(name: &str, all: &[Mention]) -> usize {
    let fits = |m: &&Mention| m.kind == Kind::Name && (m.name == name || m.name.starts_with(&format!("{name}.")));
    all.iter().find(fits).map_or(0, |m| m.offset)
}

/// Known without the schema: own vars, ambient names, and functions (reported as calls).
fn is_known(name: &str, vars: &[String], all: &[Mention]) -> bool {
    let called = |m: &Mention| matches!(m.kind, Kind::Call(_)) && m.name == name;
    vars.iter().any(|v| v == name) || AMBIENT.contains(&name) || all.iter().any(called)
}

fn read(name: &str, place: &Place, vars: &[String], schema: &Schema) -> Result<Program, Vec<Diagnostic>> {
    let loose = |prefix: &str, on: bool| on && name.starts_with(prefix);
    let known = schema.names.contains_key(name)
        || loose("start.", schema.start)
        || loose("event.", schema.event)
        || loose("step.", !schema.steps.is_empty());
    if known {
        Program::compile(name, place, schema, Want::Any)
    } else {
        Err(vec![unknown_name(name, place, vars, schema)])
    }
}

fn unknown_name(name: &str, place: &Place, vars: &[String], schema: &Schema) -> Diagnostic {
    let prefix = format!("{name}.");
    let candidates = || schema.names.keys().map(String::as_str).chain(vars.iter().map(String::as_str)).chain(AMBIENT);
    let help = match (candidates().find(|c| c.starts_with(&prefix)), nearest(name, candidates())) {
        (Some(example), _) => format!("`{name}` is a group: write one of its names, e.g. `{example}`"),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => "declare it in model.yaml, or compute it under `vars:` in the front matter".to_owned(),
    };
    Diagnostic::error("unknown-name", place, format!("unknown name `{name}`"), help).mended_if_typo(name, candidates())
}

fn check_mention(mention: &Mention, text: &Entry, out: &mut Findings) {
    let place = place_at(&text.value, mention.offset, &text.place);
    let name = mention.name.as_str();
    let found = match &mention.kind {
        Kind::Name => None,
        Kind::Filter => unknown("filter", name, &FILTERS),
        Kind::Test => unknown("test", name, &TESTS),
        Kind::Tag => unknown("tag", name, &TAGS),
        Kind::Call(Some(link)) if name == "link" => {
            out.links.push((link.clone(), place.clone()));
            None
        }
        Kind::Call(_) if name == "plan_checklist" => {
            out.checklist = true;
            None
        }
        Kind::Call(kind) if name == "survey" => match kind.as_deref().and_then(Survey::parse) {
            Some(kind) => {
                out.surveys.insert(kind);
                None
            }
            None => Some(no_survey(kind.as_deref())),
        },
        Kind::Call(_) => call(name),
    };
    if let Some((rule, message, help)) = found {
        let known: &[&str] = match mention.kind {
            Kind::Filter => &FILTERS,
            Kind::Test => &TESTS,
            _ => &[],
        };
        out.diagnostics
            .push(Diagnostic::error(rule, &place, message, help).mended_if_typo(name, known.iter().copied()));
    }
}

type Finding = (&'static str, String, String);

fn unknown(kind: &str, name: &str, known: &[&str]) -> Option<Finding> {
    if known.contains(&name) {
        return None;
    }
    let rule = match kind {
        "filter" => "unknown-filter",
        "test" => "unknown-test",
        _ => "unknown-tag",
    };
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.join(", ")),
    };
    Some((rule, format!("unknown {kind} `{name}`"), help))
}

fn no_survey(kind: Option<&str>) -> Finding {
    let known = "write survey(\"nps\") for 0 to 10, survey(\"csat\") for 1 to 5, survey(\"ces\") for 1 to 7".to_owned();
    let message = match kind {
        Some(kind) => format!("there is no survey `{kind}`"),
        None => "`survey` needs the kind of survey in quotes".to_owned(),
    };
    ("unknown-survey", message, known)
}

fn call(name: &str) -> Option<Finding> {
    match name {
        "link" => None,
        _ if name.contains('.') => Some((
            "unknown-function",
            format!("`{name}` cannot be called"),
            "use a filter: `value | filter`".to_owned(),
        )),
        _ => Some((
            "unknown-function",
            format!("unknown function `{name}`"),
            match nearest(name, FUNCTIONS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("compute it in the front matter (`vars: {{x: {name}(…)}}`) and write {{{{ x }}}}"),
            },
        )),
    }
}
