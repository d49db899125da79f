//! `steps:` nested in the file, flat in memory.

use std::collections::BTreeMap;

use super::{body, scope::Scope};
use crate::{
    model::{diagnostic::Diagnostic, message::Class},
    rulebook::{
        playbook::{Body, Step},
        types::Model,
        yaml::{Node, fields::Fields, values},
    },
};

/// The steps read so far, with the lists they stand in.
pub struct Steps<'a> {
    /// Flat, in file order: a list's first step before its nested lists.
    pub steps: Vec<Step>,
    /// What conditions may use.
    pub scope: &'a Scope,
    /// The model around the playbook.
    pub model: &'a Model,
    /// The playbook's class: the default of its messages.
    pub class: Class,
    /// (the step around the list, the list's steps); outer lists first.
    lists: Vec<(Option<usize>, Vec<usize>)>,
    ids: BTreeMap<String, u32>,
    waits: bool,
}

impl<'a> Steps<'a> {
    /// Nothing read yet.
    pub fn new(scope: &'a Scope, model: &'a Model, class: Class) -> Steps<'a> {
        Steps { steps: Vec::new(), scope, model, class, lists: Vec::new(), ids: BTreeMap::new(), waits: true }
    }

    /// Reads a list inside the step `around`; its first step's index.
    pub fn list(&mut self, node: &Node, around: Option<usize>, out: &mut Vec<Diagnostic>) -> Option<usize> {
        let list = self.lists.len();
        self.lists.push((around, Vec::new()));
        for item in values::items(node, "steps", out) {
            self.step(item, list, out);
        }
        self.lists[list].1.first().copied()
    }

    /// Reads a `then:` of an exit or a goal: the run has ended, so nothing there may wait.
    pub fn closing(&mut self, node: &Node, out: &mut Vec<Diagnostic>) -> Option<usize> {
        self.waits = false;
        let first = self.list(node, None, out);
        self.waits = true;
        first
    }

    /// The steps with every `next` set: the next of its list, else what follows the step around the list.
    pub fn linked(mut self) -> Vec<Step> {
        for (around, list) in &self.lists {
            let after = around.and_then(|step| self.steps[step].next);
            for (i, step) in list.iter().enumerate() {
                self.steps[*step].next = list.get(i + 1).copied().or(after);
            }
        }
        self.steps
    }

    fn step(&mut self, node: &Node, list: usize, out: &mut Vec<Diagnostic>) {
        let Some(mut f) = Fields::of(node, "a step", out) else { return };
        let id = f.need("id", "a short name that never changes: it is part of every message's key", out);
        let id = id.and_then(|n| values::text(n, out).filter(|t| self.fresh(t, n, out)));
        // The place is taken before nested lists are read, so that outer steps come first.
        let index = self.steps.len();
        let holder = Body::Stop(String::new());
        let (id, place) = (id.unwrap_or_default().to_owned(), node.place.clone());
        let title = f.take("title").and_then(|n| values::bilingual(n, out)).unwrap_or_default();
        self.steps.push(Step { id, title, cond: None, body: holder, next: None, place });
        self.lists[list].1.push(index);
        let branch = f.has("then") || f.has("else");
        let read = if branch { body::branch(&mut f, index, self, out) } else { body::read(&mut f, index, self, out) };
        if let Some((cond, body)) = read {
            self.steps[index].cond = cond;
            if !self.waits && matches!(body, Body::Wait(_) | Body::WaitFor(_)) {
                let help = "the run has ended here; start another playbook `on: playbook.ended` instead";
                out.push(Diagnostic::error(
                    "wait-at-end",
                    &node.place,
                    "steps after an exit or a goal cannot wait",
                    help,
                ));
            }
            self.steps[index].body = body;
        }
        f.finish(out);
    }

    fn fresh(&mut self, id: &str, node: &Node, out: &mut Vec<Diagnostic>) -> bool {
        if !super::names::check_text(id, &node.place, "a step", out) {
            return true;
        }
        if let Some(line) = self.ids.insert(id.to_owned(), node.place.line) {
            let message = format!("the step id `{id}` is here twice; the first is in line {line}");
            let help = "ids are unique and stable: they are part of every message's key";
            out.push(Diagnostic::error("duplicate-id", &node.place, message, help));
        }
        true
    }
}
