//! Surveys: which messages ask one, that one was asked, and which answers count.

use std::collections::BTreeSet;

use super::work::{Cause, Work};
use crate::{
    model::{
        ids::{ContactId, RunId},
        locale::Locale,
        survey::{self, Kind},
        value::{Props, Value},
    },
    rulebook::playbook::Body,
};

impl Work<'_> {
    /// The surveys that a template asks.
    fn surveys(&self, template: &str) -> BTreeSet<Kind> {
        let of = |locale: &Locale| self.rulebook.templates.all.get(&(template.to_owned(), *locale));
        Locale::ALL.iter().filter_map(of).flat_map(|t| t.surveys.iter().copied()).collect()
    }

    /// Whether messages of this template ask a survey.
    pub fn asks(&self, template: &str) -> bool {
        !self.surveys(template).is_empty()
    }

    /// A message has left: where it asks a survey, `survey.asked {kind, survey}` is recorded for its reader; a
    /// reminder asks the same one.
    pub fn note_asked(&mut self, (playbook, step): (&str, &str), run: Option<&RunId>, contact: Option<ContactId>) {
        let (Some(run), Some(reader)) = (run, contact) else { return };
        let own = self.run(run).and_then(|open| self.playbook_of(open));
        let Some(found) = own.or_else(|| self.rulebook.playbook(playbook)) else { return };
        let Some(Body::Message(message)) = found.steps.iter().find(|s| s.id == step).map(|s| &s.body) else { return };
        for kind in self.surveys(&message.template) {
            let props = Props::from([
                ("kind".to_owned(), Value::text(kind.word())),
                ("survey".to_owned(), Value::text(survey::name(run, reader))),
            ]);
            self.emit(survey::ASKED, props, &Cause { contact, run: Some(run), origin: Some(playbook), depth: 0 });
        }
    }
}
