//! What things are called in answers for people. Names stay in files, conditions and JSON.

use std::collections::BTreeMap;

use super::{playbook::Body, types::Rulebook};
use crate::model::locale::{Bilingual, Locale};

/// What carries a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Titled {
    /// A metric.
    Metric,
    /// A milestone.
    Milestone,
    /// A phase.
    Phase,
    /// A scorecard.
    Scorecard,
    /// A component of a scorecard.
    Component,
    /// A segment.
    Segment,
    /// A digest.
    Digest,
    /// A plan of our price list.
    Plan,
    /// A topic of mails.
    Topic,
    /// A playbook.
    Playbook,
    /// An event.
    Event,
    /// A type of tasks.
    TaskType,
}

/// Titles by what they belong to and its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Titles(BTreeMap<(Titled, String), Bilingual>);

impl Titles {
    /// Takes note of a title; the first one of a name counts.
    pub fn add(&mut self, what: Titled, name: &str, title: Bilingual) {
        self.0.entry((what, name.to_owned())).or_insert(title);
    }

    /// The names that carry a title of this kind, ascending.
    pub fn names(&self, what: Titled) -> impl Iterator<Item = &str> {
        self.0.keys().filter(move |(kind, _)| *kind == what).map(|(_, name)| name.as_str())
    }

    /// The title in `locale`; the name where there is none.
    pub fn get<'a>(&'a self, what: Titled, name: &'a str, locale: Locale) -> &'a str {
        let title = self.0.get(&(what, name.to_owned())).map_or("", |title| title.get(locale));
        if title.is_empty() { name } else { title }
    }
}

impl Rulebook {
    /// What people call it: its title in `locale`, else its name.
    pub fn title<'a>(&'a self, what: Titled, name: &'a str, locale: Locale) -> &'a str {
        let own = match what {
            Titled::Playbook => self.playbook(name).map_or("", |playbook| playbook.title.get(locale)),
            _ => "",
        };
        if own.is_empty() { self.model.titles.get(what, name, locale) } else { own }
    }

    /// What people call a step of a playbook: its title, of a task what is to do, else its id.
    pub fn step_title<'a>(&'a self, playbook: &str, step: &'a str, locale: Locale) -> &'a str {
        let found = self.playbook(playbook).and_then(|p| p.step(step));
        let title = found.map_or("", |step| match &step.body {
            Body::Task(task) if step.title == Bilingual::default() => task.text.get(locale),
            _ => step.title.get(locale),
        });
        if title.is_empty() { step } else { title }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_serves_where_there_is_no_title() {
        let mut titles = Titles::default();
        titles.add(Titled::Phase, "onboarding", Bilingual { ja: Some("導入".into()), en: None });
        titles.add(Titled::Phase, "onboarding", Bilingual::same("second"));
        assert_eq!(titles.get(Titled::Phase, "onboarding", Locale::Ja), "導入");
        assert_eq!(titles.get(Titled::Phase, "onboarding", Locale::En), "導入", "the other language, not nothing");
        assert_eq!(titles.get(Titled::Metric, "onboarding", Locale::Ja), "onboarding");
    }
}
