//! Presets: parts of the starter kit's model that can be exchanged for another school of thought.
//!
//! A preset is a head (its name, what it is, what the kit's phases are called in it) and, after `---`, sections of
//! `model.yaml` as they will stand there. A folder of its name beside it holds whole files that take the place of the kit's.

use std::{collections::BTreeMap, path::Path};

use super::{Failure, kit};
use crate::{
    model::{
        diagnostic::nearest,
        locale::{Bilingual, Locale},
    },
    rulebook::yaml::{self, Kind, Node, values},
    words,
};

/// One preset.
#[derive(Clone, Debug, Default)]
pub struct Preset {
    /// Its name on the command line.
    pub name: String,
    /// What it is called.
    pub title: Bilingual,
    /// What it changes, in a sentence.
    pub about: Bilingual,
    /// What a phase of the kit is called here.
    pub phases: BTreeMap<String, String>,
    /// Top-level keys of `model.yaml` with their text.
    pub sections: Vec<(String, String)>,
    /// Files of the kit that are other ones here: (path in the project folder, content).
    pub files: Vec<(&'static str, &'static str)>,
}

/// Every preset, by name.
pub fn all() -> Vec<Preset> {
    let inside =
        |(path, _): &&(&'static str, &'static str)| path.strip_prefix(FOLDER).is_some_and(|p| !p.contains('/'));
    kit::PRESETS.iter().filter(inside).map(|(path, text)| read(path, text)).collect()
}

/// Where presets live in the repository.
const FOLDER: &str = "src/cli/presets/";

/// The files in the folder of the preset `name`.
fn own(name: &str) -> Vec<(&'static str, &'static str)> {
    let inside = |path: &'static str| path.strip_prefix(FOLDER)?.strip_prefix(name)?.strip_prefix('/');
    kit::PRESETS.iter().filter_map(|(path, text)| Some((inside(path)?, *text))).collect()
}

/// The presets of these names; each part of the model may be exchanged once.
pub fn chosen(names: &[String], locale: Locale) -> Result<Vec<Preset>, Failure> {
    let mut found: Vec<Preset> = Vec::new();
    for name in names {
        let preset = all().into_iter().find(|p| p.name == *name).ok_or_else(|| unknown(name, locale))?;
        let part = |p: &Preset| preset.sections.iter().find(|(k, _)| p.sections.iter().any(|(o, _)| o == k)).cloned();
        if let Some((other, (key, _))) = found.iter().find_map(|p| Some((p, part(p)?))) {
            let says = words::kit::same_part(locale, &other.name, name, &key);
            return Err(Failure::usage(says));
        }
        found.push(preset);
    }
    Ok(found)
}

/// The starter kit with these presets: (path in the project folder, content), by path.
pub fn files(presets: &[Preset]) -> Vec<(String, String)> {
    let instead = |path: &str| presets.iter().flat_map(|p| &p.files).find(|(p, _)| *p == path).map(|(_, text)| *text);
    let kit = kit::FILES.iter().map(|(path, text)| ((*path).to_owned(), instead(path).unwrap_or(text).to_owned()));
    kit.map(|(path, text)| {
        let text = match path.split('/').next() {
            Some("model.yaml") => model(&text, presets),
            Some("playbooks") => presets.iter().fold(text, |t, p| rename(&t, &p.phases)),
            _ => text,
        };
        (path, text)
    })
    .collect()
}

/// What these presets change in the kit: of `model.yaml` the keys, of everything else the file.
pub fn changed(presets: &[Preset]) -> Vec<String> {
    let plain = files(&[]);
    let other = files(presets).into_iter().zip(plain).filter(|(new, old)| new != old).map(|((path, _), _)| path);
    let keys: Vec<String> =
        presets.iter().flat_map(|p| &p.sections).map(|(key, _)| format!("model.yaml `{key}:`")).collect();
    keys.into_iter().chain(other.filter(|path| path != "model.yaml")).collect()
}

/// Whether a folder already holds a file that these presets would write otherwise: `init` never overwrites, so they
/// could not be applied there.
pub fn cannot_apply(folder: &Path, presets: &[Preset]) -> bool {
    let plain = files(&[]);
    let differs = |(path, text): &(String, String)| {
        std::fs::read_to_string(folder.join(path)).is_ok_and(|there| undated(&there) != undated(text))
    };
    files(presets).iter().zip(&plain).any(|(new, old)| new != old && differs(new))
}

/// A text without the day on which it was looked over.
fn undated(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("reviewed: ")).collect()
}

fn unknown(name: &str, locale: Locale) -> Failure {
    let all = all();
    let names: Vec<&str> = all.iter().map(|p| p.name.as_str()).collect();
    let near = nearest(name, names.iter().copied());
    Failure::usage(words::kit::no_preset(locale, name, near, &names.join(", ")))
}

fn read(path: &str, text: &str) -> Preset {
    let (head, body) = text.split_once("\n---\n").unwrap_or((text, ""));
    let mut findings = Vec::new();
    let trees = yaml::parse(path, head, &mut findings);
    let says = |key: &str, out: &mut Vec<_>| trees.first()?.get(key).and_then(|n| values::bilingual(n, out));
    let name = trees.first().and_then(|t| plain(t.get("preset")?)).unwrap_or_default();
    Preset {
        files: own(&name),
        name,
        title: says("title", &mut findings).unwrap_or_default(),
        about: says("about", &mut findings).unwrap_or_default(),
        phases: trees.first().and_then(|t| t.get("phases")).map(pairs).unwrap_or_default(),
        sections: sections(body).into_iter().filter(|(key, _)| !key.is_empty()).collect(),
    }
}

fn plain(node: &Node) -> Option<String> {
    node.scalar().map(|s| s.text.clone())
}

fn pairs(node: &Node) -> BTreeMap<String, String> {
    let Kind::Map(entries) = &node.kind else { return BTreeMap::new() };
    entries.iter().filter_map(|e| Some((e.key.clone(), plain(&e.value)?))).collect()
}

/// A YAML text cut at its top-level keys; what stands before the first one has no key.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let key =
            line.split_once(':').map(|(key, _)| key).filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()));
        if let Some(key) = key {
            found.push((key.to_owned(), String::new()));
        } else if found.is_empty() {
            found.push(Default::default());
        }
        if let Some((_, section)) = found.last_mut() {
            section.push_str(line);
            section.push('\n');
        }
    }
    found
}

/// The kit's model with the presets' sections in the place of its own.
fn model(text: &str, presets: &[Preset]) -> String {
    let renamed = presets.iter().fold(text.to_owned(), |t, p| rename(&t, &p.phases));
    let new = |key: &str| presets.iter().flat_map(|p| &p.sections).find(|(k, _)| k == key);
    let kept = |(key, old): (String, String)| match new(&key) {
        Some((_, section)) => format!("{}\n\n", section.trim_end()),
        None => old,
    };
    sections(&renamed).into_iter().map(kept).collect::<String>().trim_end().to_owned() + "\n"
}

/// Where a text names a phase: as a key's value, or compared with.
const NAMING: [&str; 3] = ["phase: ", "phase == \"", "phase != \""];

/// The text with its phases called otherwise; each is looked up once, so that names may change places.
fn rename(text: &str, phases: &BTreeMap<String, String>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(end) = NAMING.iter().filter_map(|n| rest.find(n).map(|at| at + n.len())).min() {
        let (before, after) = rest.split_at(end);
        let word = after.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
        out.push_str(before);
        out.push_str(phases.get(word).map_or(word, String::as_str));
        rest = &after[word.len()..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_change_places_are_looked_up_once() {
        let phases = [("adoption", "engagement"), ("expansion", "adoption")];
        let phases = phases.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        let text =
            "phase: expansion\nstart: {when: phase == \"adoption\" && phase != \"onboarding\"}\n  phase: adoption # x";
        let want = "phase: adoption\nstart: {when: phase == \"engagement\" && phase != \"onboarding\"}\n  phase: engagement # x";
        assert_eq!(rename(text, &phases), want);
    }

    #[test]
    fn a_section_takes_the_place_of_the_kit_s_and_everything_else_stays() {
        let all = files(&chosen(&["growth".to_owned()], Locale::En).unwrap());
        let model = &all.iter().find(|(path, _)| path == "model.yaml").unwrap().1;
        assert!(
            model.contains("  nps: 30\n\nreferences:")
                && model.contains("replies: 10}\n\nworkspace:")
                && !model.contains("logo_churn: 3%"),
            "{model}"
        );
        let own = ["model.yaml", "playbooks/kpi_alert.yaml", "playbooks/kpi_alert.test.yaml"];
        let other = |path: &str| own.contains(&path) || path.starts_with("templates/alerts/kpi.");
        let kit = kit::FILES.iter().filter(|(path, _)| !other(path));
        assert!(kit.clone().all(|(path, text)| all.iter().any(|(p, t)| p == path && t == text)));
        assert_eq!(all.len(), kit.count() + 5);
    }

    #[test]
    fn two_answers_to_one_question_and_names_nobody_knows_are_refused() {
        let refused = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            chosen(&names, Locale::En).unwrap_err().says
        };
        assert!(refused(&["dear", "three-phases"]).contains("`journey:`"));
        assert!(refused(&["grwoth"]).contains("did you mean `growth`"));
        assert!(chosen(&["dear", "weighted", "launch"].map(str::to_owned), Locale::Ja).is_ok());
    }

    #[test]
    fn every_preset_has_a_name_a_title_and_changes_something() {
        for preset in all() {
            let replaced = preset.files.iter().all(|(path, _)| kit::FILES.iter().any(|(p, _)| p == path));
            assert!(replaced, "{}: a file that takes no other one's place", preset.name);
            let texts = [&preset.title.ja, &preset.title.en, &preset.about.ja, &preset.about.en];
            assert!(texts.iter().all(|t| t.is_some()) && !preset.sections.is_empty(), "{preset:?}");
        }
        let names: Vec<String> = all().into_iter().map(|p| p.name).collect();
        assert_eq!(names, ["dear", "growth", "launch", "maturity", "simple", "three-phases", "weighted"]);
    }
}
