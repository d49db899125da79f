//! Files in, checked templates out.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Template, Templates,
    front::{self, Entry, Parts},
    layout, names,
};
use crate::{
    model::{
        diagnostic::{Diagnostic, Place, nearest},
        ids::stable_hash,
        locale::Locale,
    },
    rulebook::expr::{Program, Want, schema::Schema},
};

impl Templates {
    /// Reads `templates/TOPIC/NAME.ja.md`, `NAME.en.md` and `templates/layouts/NAME.mjml` out of `files`
    /// (path relative to the project folder → text). `schema` holds the names that messages may read.
    /// Nothing is rendered here: see [`Templates::sample_jobs`].
    pub fn load(files: &BTreeMap<String, String>, schema: &Schema) -> (Templates, Vec<Diagnostic>) {
        let mut out = Templates::default();
        let mut found = Vec::new();
        let mut seen: BTreeMap<String, BTreeSet<Locale>> = BTreeMap::new();
        for (path, text) in files {
            let file: Arc<str> = path.as_str().into();
            let place = Place { file, line: 1, column: 1 };
            match kind_of(path) {
                File::Layout(name) => match layout::compile(text, &place) {
                    Ok(layout) => drop(out.layouts.insert(name, layout)),
                    Err(wrong) => found.extend(wrong),
                },
                File::Template(name, locale) => {
                    seen.entry(name.clone()).or_default().insert(locale);
                    if let Some(template) = template(&name, locale, text, &place, schema, &mut found) {
                        out.all.insert((name, locale), template);
                    }
                }
                File::Unnamed => found.push(unnamed(&place)),
                File::Other => {}
            }
        }
        missing_translations(&seen, &mut found);
        for template in out.all.values() {
            check_pair(template, &out, files, &mut found);
        }
        found.sort_by(|a, b| a.place.cmp(&b.place));
        (out, found)
    }

    /// Findings for every `link("name")` that is not among `known` (the names of `content.yaml`).
    pub fn check_links(&self, known: &BTreeSet<String>) -> Vec<Diagnostic> {
        let links = self.all.values().flat_map(|t| &t.links).filter(|(name, _)| !known.contains(name));
        links
            .map(|(name, place)| {
                let help = match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean link(\"{near}\")?"),
                    None => format!("add `{name}` to content.yaml"),
                };
                Diagnostic::error("unknown-link", place, format!("no link `{name}` in content.yaml"), help)
            })
            .collect()
    }
}

enum File {
    Layout(String),
    Template(String, Locale),
    Unnamed,
    Other,
}

fn kind_of(path: &str) -> File {
    let Some(rest) = path.strip_prefix("templates/") else { return File::Other };
    if let Some(name) = rest.strip_prefix("layouts/").and_then(|n| n.strip_suffix(".mjml")) {
        return File::Layout(name.to_owned());
    }
    let Some((stem, true)) = rest.strip_suffix(".md").map(|stem| (stem, stem.contains('/'))) else {
        return File::Other;
    };
    match stem.rsplit_once('.') {
        Some((name, "ja")) => File::Template(name.to_owned(), Locale::Ja),
        Some((name, "en")) => File::Template(name.to_owned(), Locale::En),
        _ => File::Unnamed,
    }
}

fn unnamed(place: &Place) -> Diagnostic {
    let message = "a template's file name ends in .ja.md or .en.md";
    Diagnostic::error("template-name", place, message, "rename the file, one for each language")
}

fn template(
    name: &str,
    locale: Locale,
    text: &str,
    place: &Place,
    schema: &Schema,
    found: &mut Vec<Diagnostic>,
) -> Option<Template> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let parts = front::parse(&text, &place.file).map_err(|wrong| found.push(wrong)).ok()?;
    let vars = compile_vars(&parts, schema, found);
    let own: Vec<String> = parts.vars.iter().map(|(name, _)| name.clone()).collect();
    let checked = names::check(&texts(&parts, place), &own, schema);
    found.extend(checked.diagnostics);
    let folder = name.split('/').next().unwrap_or(name);
    let value = |entry: Option<Entry>, default: &str| entry.map_or(default.to_owned(), |e| e.value.trim().to_owned());
    Some(Template {
        name: name.to_owned(),
        locale,
        subject: value(parts.subject, ""),
        preheader: value(parts.preheader, ""),
        topic: value(parts.topic, folder),
        layout: value(parts.layout, "standard"),
        from: value(parts.from, ""),
        vars,
        body: parts.body,
        body_line: parts.body_line,
        reads: checked.reads,
        links: checked.links,
        optional: checked.optional,
        checklist: checked.checklist,
        surveys: checked.surveys,
        hash: stable_hash(&[&text]),
        place: place.clone(),
    })
}

fn texts(parts: &Parts, place: &Place) -> Vec<Entry> {
    let body = Entry { value: parts.body.clone(), place: Place { line: parts.body_line, ..place.clone() } };
    parts.subject.iter().chain(&parts.preheader).cloned().chain([body]).collect()
}

fn compile_vars(parts: &Parts, schema: &Schema, found: &mut Vec<Diagnostic>) -> Vec<(String, Program)> {
    let mut out = Vec::new();
    for (name, entry) in &parts.vars {
        if !is_name(name) {
            let help = "begin with a small letter; then small letters, digits and _";
            found.push(Diagnostic::error("var-name", &entry.place, format!("`{name}` is not a name"), help));
        } else if schema.names.contains_key(name) {
            let message = format!("`{name}` already means something else");
            found.push(Diagnostic::error("var-name", &entry.place, message, "give the value another name"));
        } else {
            match Program::compile(&entry.value, &entry.place, schema, Want::Any) {
                Ok(program) => {
                    found.extend(program.hints().iter().cloned());
                    out.push((name.clone(), program));
                }
                Err(wrong) => found.extend(wrong),
            }
        }
    }
    out
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn missing_translations(seen: &BTreeMap<String, BTreeSet<Locale>>, found: &mut Vec<Diagnostic>) {
    for (name, locales) in seen {
        for missing in Locale::ALL.iter().filter(|l| !locales.contains(l)) {
            let there = locales.first().copied().unwrap_or_default();
            let place = Place { file: format!("templates/{name}.{}.md", there.code()).into(), line: 1, column: 1 };
            let message = format!("the template `{name}` has no translation `{}`", missing.code());
            let help = format!("write templates/{name}.{}.md", missing.code());
            found.push(Diagnostic::error("missing-translation", &place, message, help));
        }
    }
}

fn check_pair(template: &Template, all: &Templates, files: &BTreeMap<String, String>, found: &mut Vec<Diagnostic>) {
    if template.subject.is_empty() {
        let twin = all.get(&template.name, if template.locale == Locale::Ja { Locale::En } else { Locale::Ja });
        if twin.is_some_and(|t| !t.subject.is_empty()) {
            let message = "this template has no subject, its translation has one";
            found.push(Diagnostic::error(
                "missing-subject",
                &template.place,
                message,
                "add `subject:` to the front matter",
            ));
        }
        return;
    }
    let broken = files.contains_key(&format!("templates/layouts/{}.mjml", template.layout));
    if !all.layouts.contains_key(&template.layout) && !broken {
        let help = match nearest(&template.layout, all.layouts.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write templates/layouts/{}.mjml", template.layout),
        };
        let message = format!("there is no layout `{}`", template.layout);
        found.push(Diagnostic::error("unknown-layout", &template.place, message, help));
    }
}
