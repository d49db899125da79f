//! Reading a mapping key by key; what nobody asked for is unknown.

use super::{Entry, Kind, Node, mistakes, values};
use crate::{
    model::{
        diagnostic::{Diagnostic, Place, nearest},
        locale::Bilingual,
    },
    rulebook::schedule::length::Length,
};

/// A mapping being read. Every key that may occur is asked for once; `finish` reports the others.
pub struct Fields<'a> {
    /// Where the mapping begins.
    pub place: Place,
    entries: &'a [Entry],
    flow: bool,
    asked: Vec<&'static str>,
    dynamic: Vec<String>,
    what: &'static str,
}

impl<'a> Fields<'a> {
    /// The mapping `node`, called `what` in messages ("a playbook"); a finding where it is none.
    pub fn of(node: &'a Node, what: &'static str, out: &mut Vec<Diagnostic>) -> Option<Fields<'a>> {
        match &node.kind {
            Kind::Map(entries) => Some(Fields {
                place: node.place.clone(),
                entries,
                flow: node.flow,
                asked: Vec::new(),
                dynamic: Vec::new(),
                what,
            }),
            _ => {
                let message = format!("{what} is written as `key: value` lines, this is {}", node.what());
                out.push(Diagnostic::error("wrong-type", &node.place, message, "see `shirube schema` for the keys"));
                None
            }
        }
    }

    /// The value of `key`, where it is given and not empty.
    pub fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        self.entry(key).map(|e| &e.value).filter(|v| v.kind != Kind::Null)
    }

    /// The entry of `key`, even if empty.
    pub fn entry(&mut self, key: &'static str) -> Option<&'a Entry> {
        self.asked.push(key);
        self.entries.iter().find(|e| e.key == key)
    }

    /// The value of a key whose name comes from the file itself (the arms of a split).
    pub fn dynamic(&mut self, key: &str) -> Option<&'a Node> {
        self.dynamic.push(key.to_owned());
        self.entries.iter().find(|e| e.key == key).map(|e| &e.value).filter(|v| v.kind != Kind::Null)
    }

    /// Whether `key` is given (without asking for it).
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|e| e.key == key)
    }

    /// Like `take`, with a finding where it is missing.
    pub fn need(&mut self, key: &'static str, help: &str, out: &mut Vec<Diagnostic>) -> Option<&'a Node> {
        let entry = self.entry(key);
        match entry {
            Some(entry) => Some(&entry.value).filter(|v| v.kind != Kind::Null),
            None => {
                let message = format!("{} needs `{key}`", self.what);
                out.push(Diagnostic::error("missing-key", &self.place, message, help));
                None
            }
        }
    }

    /// The text of `key`.
    pub fn text(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<String> {
        self.take(key).and_then(|n| values::text(n, out)).map(str::to_owned)
    }

    /// The number of `key`.
    pub fn number(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<f64> {
        self.take(key).and_then(|n| values::number(n, out))
    }

    /// `true` or `false` of `key`.
    pub fn bool(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<bool> {
        self.take(key).and_then(|n| values::bool(n, out))
    }

    /// The LENGTH of `key`.
    pub fn length(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<Length> {
        self.take(key).and_then(|n| values::length(n, out))
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)], out: &mut Vec<Diagnostic>) -> Option<T> {
        self.take(key).and_then(|n| values::word(n, words, out))
    }

    /// A text for people in one or both languages.
    pub fn bilingual(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<Bilingual> {
        self.take(key).and_then(|n| values::bilingual(n, out))
    }

    /// One text or a list of texts.
    pub fn texts(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Vec<String> {
        self.take(key).map(|n| values::texts(n, out)).unwrap_or_default()
    }

    /// Reports keys nobody asked for, and keys without a value.
    pub fn finish(self, out: &mut Vec<Diagnostic>) {
        if super::enough(out) {
            return;
        }
        for entry in self.entries.iter().filter(|e| e.value.kind == Kind::Null && self.asked.contains(&e.key.as_str()))
        {
            // A tag in its place was reported already.
            if out.iter().any(|d| d.rule == "unquoted" && d.place == entry.value.place) {
                continue;
            }
            let message = format!("`{}` has no value", entry.key);
            let help = "give it one or delete the line; quote a value that begins with `#`";
            out.push(Diagnostic::error("missing-value", &entry.place, message, help));
        }
        for entry in
            self.entries.iter().filter(|e| !self.asked.contains(&e.key.as_str()) && !self.dynamic.contains(&e.key))
        {
            if self.flow && entry.value.kind == Kind::Null && !looks_like_key(&entry.key) {
                out.push(mistakes::split_by_comma(&entry.place, &entry.key));
                continue;
            }
            let message = format!("{} has no key `{}`", self.what, entry.key);
            let help = match nearest(&entry.key, self.asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its keys are: {}", self.asked.join(", ")),
            };
            let free = self.asked.iter().copied().filter(|key| !self.has(key));
            let renamed = renamed(&entry.key).filter(|key| free.clone().any(|f| f == *key));
            let help = renamed.map_or(help, |key| format!("did you mean `{key}`?"));
            let found = Diagnostic::error("unknown-key", &entry.place, message, help);
            out.push(match renamed {
                Some(key) => found.mended(&entry.key, key),
                None => found.mended_if_typo(&entry.key, free),
            });
        }
    }
}

/// What other tools, and people, call a key of ours.
fn renamed(key: &str) -> Option<&'static str> {
    Some(match key {
        "trigger" | "triggers" => "start",
        "condition" => "if",
        "delay" | "sleep" => "wait",
        "recipient" | "recipients" => "to",
        "exits" => "exit",
        "goals" => "goal",
        "kpis" => "kpi",
        "timezone" | "time_zone" => "zone",
        "target" => "targets",
        "last_reviewed" | "reviewed_on" => "reviewed",
        _ => return None,
    })
}

fn looks_like_key(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}
