//! Text → checked rulebook. Pure: the shell reads the files.
//!
//! Names are gathered first, then `model.yaml`, then each playbook is compiled against them; parsing never fails early,
//! so one broken file does not hide findings in the others.

mod body;
mod cond;
mod content;
mod digests;
mod feeds;
mod handover;
mod health;
mod journey;
pub mod kais;
mod metric;
mod model;
pub mod names;
mod order;
mod own;
mod parts;
mod phase_days;
mod playbook;
mod reads;
mod scope;
mod settings;
mod start;
mod steps;
mod titles;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

pub use feeds::programs;
pub use health::number_after;
pub use phase_days::of_model as model_programs;
pub use versions::{add_versions, hashes};

use super::{
    check,
    playbook::Playbook,
    template::Templates,
    types::Rulebook,
    yaml::{self, Kind, Node},
};
use crate::model::{
    diagnostic::{Diagnostic, Place, Severity},
    ids::stable_hash,
    instant::Instant,
};
use names::Names;
use playbook::{Around, stem};

/// Reads a whole project: `model.yaml`, `playbooks/*.yaml`, `templates/**`, `content.yaml`, by path relative to the
/// project folder (`/` between folders); other files are ignored. Returns every finding at once, sorted by place;
/// the rulebook is there exactly when no finding is an error.
pub fn load(files: &BTreeMap<String, String>) -> (Option<Rulebook>, Vec<Diagnostic>) {
    read(files, None)
}

/// The same with what depends on the day, which is that of `now` in the workspace's zone: also while something is an
/// error.
pub fn load_at(files: &BTreeMap<String, String>, now: Instant) -> (Option<Rulebook>, Vec<Diagnostic>) {
    read(files, Some(now))
}

fn read(files: &BTreeMap<String, String>, now: Option<Instant>) -> (Option<Rulebook>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    let trees = trees(files, &mut out);
    let mut rulebook = compile(files, &trees, &mut out);
    let book = check::Book { rulebook: &rulebook, trees: &trees, files };
    check::run(&book, &mut out);
    if let Some(now) = now {
        check::dated(&book, now.date(&rulebook.model.workspace.zone), &mut out);
    }
    out.sort_by(|a, b| (&a.place, a.severity).cmp(&(&b.place, b.severity)));
    out.dedup();
    if yaml::enough(&out) {
        out.truncate(yaml::MAX_FINDINGS);
        let place = out.last().map(|d| d.place.clone()).unwrap_or_default();
        let message = format!("more than {} findings", yaml::MAX_FINDINGS);
        out.push(Diagnostic::error("too-many", &place, message, "mend these first; the others are shown then"));
    }
    let broken = out.iter().any(|d| d.severity == Severity::Error);
    if broken {
        return (None, out);
    }
    // Last, so that a file far too large is refused before it is hashed.
    rulebook.hash = hash(files);
    (Some(rulebook), out)
}

/// Whether a path is part of the rulebook (and of its hash).
pub fn is_rulebook_file(path: &str) -> bool {
    path == "model.yaml" || path == "content.yaml" || is_playbook(path) || path.starts_with("templates/")
}

fn is_playbook(path: &str) -> bool {
    let inside = path.strip_prefix("playbooks/").is_some_and(|rest| !rest.contains('/'));
    inside && path.ends_with(".yaml") && !path.ends_with(".test.yaml")
}

/// The one document of each YAML file.
fn trees(files: &BTreeMap<String, String>, out: &mut Vec<Diagnostic>) -> BTreeMap<String, Node> {
    let wanted = |path: &str| path == "model.yaml" || path == "content.yaml" || is_playbook(path);
    let mut trees = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| wanted(path)) {
        let before = out.len();
        let mut documents = yaml::parse(path, text, out).into_iter();
        let first = documents.next();
        if first.as_ref().is_none_or(|n| n.kind == Kind::Null) && out.len() == before {
            let place = Place { file: path.as_str().into(), line: 1, column: 1 };
            out.push(Diagnostic::error("empty-file", &place, "the file is empty", "fill it or delete it"));
        }
        if let Some(second) = documents.next() {
            let help = "one file, one document: take out the line `---`";
            out.push(Diagnostic::error("two-documents", &second.place, "a second document begins here", help));
        }
        trees.extend(first.map(|node| (path.clone(), node)));
    }
    trees
}

fn compile(files: &BTreeMap<String, String>, trees: &BTreeMap<String, Node>, out: &mut Vec<Diagnostic>) -> Rulebook {
    let model_node = trees.get("model.yaml").filter(|n| n.kind != Kind::Null);
    if !files.contains_key("model.yaml") {
        let place = Place { file: "model.yaml".into(), line: 1, column: 1 };
        let help = "write one, or let `shirube init` do it";
        out.push(Diagnostic::error("no-model", &place, "there is no model.yaml", help));
    }
    let playbooks = files.keys().filter(|p| is_playbook(p)).map(|p| stem(p).to_owned()).collect();
    let names = Names::gather(model_node, playbooks, topics(files), out);
    let (slots, schemas) = names.schema(model_node, out);
    let model = match model_node {
        Some(node) => model::read(node, &names, &schemas, out),
        None => model::empty(),
    };
    let around = Around { names: &names, schemas: &schemas, model: &model };
    let playbooks = playbooks_of(files, trees, &around, out);
    let slots = own::noted(phase_days::noted(slots, &model, playbooks.iter()), &playbooks);
    let slots = reads::noted(slots, &model);
    let links: BTreeMap<_, _> = trees.get("content.yaml").map(|n| content::links(n, out)).unwrap_or_default();
    let texts: BTreeMap<String, String> = files.iter().filter(|(p, t)| is_text(p, t, out)).map(cloned).collect();
    let (templates, found) = Templates::load(&texts, &schemas.messages());
    out.extend(found);
    out.extend(templates.check_links(&links.keys().cloned().collect()));
    Rulebook {
        hash: String::new(),
        number: 0,
        live_since: Instant::default(),
        model,
        playbooks,
        versions: Vec::new(),
        templates,
        links,
        slots,
        schema: schemas.account.clone(),
    }
}

/// Topics, known before templates are compiled (conditions may ask for them): what a front matter says, else the folder.
fn topics(files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let topic = |(path, text): (&String, &String)| {
        let (folder, file) = path.strip_prefix("templates/")?.split_once('/')?;
        let said = text.lines().skip(1).take_while(|l| l.trim_end() != "---").find_map(|l| l.strip_prefix("topic:"));
        let said = said.map(|t| t.split('#').next().unwrap_or(t).trim().trim_matches(['"', '\'']));
        file.ends_with(".md").then(|| said.unwrap_or(folder).to_owned())
    };
    files.iter().filter_map(topic).filter(|t| names::is_name(t)).collect()
}

/// Whether a template can be read at all; what cannot is told.
fn is_text(path: &str, text: &str, out: &mut Vec<Diagnostic>) -> bool {
    let fault = if path.starts_with("templates/") { yaml::fault(path, text) } else { None };
    let good = fault.is_none();
    out.extend(fault);
    good
}

fn cloned((path, text): (&String, &String)) -> (String, String) {
    (path.clone(), text.clone())
}

fn playbooks_of(
    files: &BTreeMap<String, String>,
    trees: &BTreeMap<String, Node>,
    around: &Around<'_>,
    out: &mut Vec<Diagnostic>,
) -> Vec<Playbook> {
    let mut read: Vec<Playbook> = Vec::new();
    for path in files.keys().filter(|p| is_playbook(p)) {
        if let Some(node) = trees.get(path) {
            read.extend(playbook::read(path, node, around, out));
        }
    }
    read.sort_by(|a, b| a.name.cmp(&b.name));
    read
}

fn hash(files: &BTreeMap<String, String>) -> String {
    let parts: Vec<&str> =
        files.iter().filter(|(p, _)| is_rulebook_file(p)).flat_map(|(p, t)| [p.as_str(), t.as_str()]).collect();
    stable_hash(&parts)
}

#[cfg(test)]
mod tests;
