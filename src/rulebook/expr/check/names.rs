//! Names: where their values are found, and what to say about those nobody knows.

use super::{Checker, Typed};
use crate::{
    model::diagnostic::{nearest, only_near},
    rulebook::expr::{
        node::Node,
        schema::{Source, Type},
        syntax::{Kind, Sign, Span, Syntax},
    },
};

const RULE: &str = "unknown-name";

impl Checker<'_> {
    /// A dotted name: a loop's variable, `now`, or a name of the schema.
    pub(super) fn name(&mut self, name: &str, span: Span) -> Typed {
        if let Some(depth) = self.vars.iter().rposition(|(var, _)| var == name) {
            return Typed::new(self.vars[depth].1.clone(), Node::Var(depth));
        }
        if name == "now" {
            self.loose_now.push(span.at);
            return Typed::new(Type::Instant, Node::Now);
        }
        match self.find(name) {
            Some(found) => {
                if !self.names.iter().any(|(n, _)| n == name) {
                    self.names.push((name.to_owned(), found.node.clone()));
                }
                found
            }
            None => {
                let (message, help) = self.unknown(name);
                let broken = self.fault(RULE, span, message, help);
                self.mend_last(self.certainly_meant(name).map(|near| (name.to_owned(), near)));
                broken
            }
        }
    }

    /// The schema's own names first, then what its flags open.
    fn find(&self, name: &str) -> Option<Typed> {
        if let Some((ty, source)) = self.schema.names.get(name) {
            return Some(Typed::new(ty.clone(), read(source)));
        }
        let (root, rest) = name.split_once('.')?;
        match root {
            "event" if self.schema.event => Some(Typed::new(Type::Any, Node::Event(rest.into()))),
            "start" if self.schema.start => Some(Typed::new(Type::Any, Node::Start(rest.into()))),
            "step" => {
                let (id, field) = rest.split_once('.')?;
                let fields = self.schema.steps.get(id)?;
                let ty = fields.get(field).or_else(|| fields.get("*"))?;
                Some(Typed::new(ty.clone(), Node::Step(Box::new((id.to_owned(), field.to_owned())))))
            }
            _ => None,
        }
    }

    /// `playbook.win-back` reads as a difference; it is a name where the schema knows it so.
    pub(super) fn hyphenated(&mut self, s: &Syntax) -> Option<Typed> {
        let joined = joined(s)?;
        let text = self.text_of(s.span);
        if text != joined || self.find(leftmost(s)?).is_some() || self.find(&joined).is_none() {
            return None;
        }
        Some(self.name(&joined, s.span))
    }

    fn unknown(&self, name: &str) -> (String, String) {
        let message = format!("`{name}` is not known here");
        let (root, rest) = name.split_once('.').unwrap_or((name, ""));
        let help = match root {
            "event" => "event.* is known only inside the `where` or `key` that judges that event".to_owned(),
            "start" => {
                "start.* is known only inside the steps, exits and goal of a playbook started by an event".to_owned()
            }
            "step" => self.unknown_step(rest),
            "expansion" if !self.schema.names.contains_key("expansion.band") => {
                "model.yaml has no `expansion:`; write a scorecard there, as for `health:`".to_owned()
            }
            _ => self.suggestion(name),
        };
        (message, help)
    }

    fn unknown_step(&self, rest: &str) -> String {
        let (id, field) = rest.split_once('.').unwrap_or((rest, ""));
        let steps = &self.schema.steps;
        if let Some(fields) = steps.get(id) {
            let near = nearest(field, fields.keys().map(String::as_str));
            let list = fields.keys().filter(|k| *k != "*").cloned().collect::<Vec<_>>().join(", ");
            return match near {
                Some(near) => format!("did you mean `step.{id}.{near}`?"),
                None => format!("step {id} knows: {list}"),
            };
        }
        match nearest(id, steps.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `step.{near}.{}`?", if field.is_empty() { "done" } else { field }),
            None if steps.is_empty() => "step.* is known only inside a playbook".to_owned(),
            None => format!("the steps here are: {}", first_few(steps.keys().cloned())),
        }
    }

    /// The one name of the schema or of a step that a typo can have meant.
    fn certainly_meant(&self, name: &str) -> Option<String> {
        let Some((id, field)) = name.strip_prefix("step.").and_then(|rest| rest.split_once('.')) else {
            return only_near(name, self.schema.names.keys().map(String::as_str)).map(str::to_owned);
        };
        let id = only_near(id, self.schema.steps.keys().map(String::as_str))?;
        let field = only_near(field, self.schema.steps.get(id)?.keys().map(String::as_str))?;
        Some(format!("step.{id}.{field}"))
    }

    /// A name below `root` that nobody declared: the one that was meant, else where to declare it.
    fn undeclared(&self, root: &str, rest: &str) -> String {
        let known = || self.schema.names.keys().map(String::as_str);
        let siblings = || known().filter_map(|k| k.split_once('.').filter(|(r, _)| *r == root));
        if let Some(near) = nearest(rest, siblings().map(|(_, rest)| rest)) {
            return format!("did you mean `{root}.{near}`?");
        }
        // `account.logins_7d` for `metric.logins_7d`.
        let elsewhere = known().find(|k| k.rsplit('.').next() == Some(rest));
        if let Some(near) = elsewhere.or_else(|| only_near(&format!("{root}.{rest}"), known())) {
            return format!("did you mean `{near}`?");
        }
        let below = DECLARED.iter().find(|(r, _)| *r == root).map_or("", |(_, key)| key);
        let list = first_few(siblings().map(|(root, rest)| format!("{root}.{rest}")));
        format!("declare it under `{below}` in model.yaml; known are: {list}")
    }

    fn suggestion(&self, name: &str) -> String {
        let known = || self.schema.names.keys().map(String::as_str);
        if let Some((root, rest)) = name.split_once('.').filter(|(root, _)| DECLARED.iter().any(|(r, _)| r == root))
            && known().any(|k| k.split('.').next() == Some(root))
        {
            return self.undeclared(root, rest);
        }
        if let Some(near) = nearest(name, known().chain(["now"])) {
            return format!("did you mean `{near}`?");
        }
        // `mrr` for `account.mrr`, or `account.logins_7d` for `metric.logins_7d`.
        let last = name.rsplit('.').next().unwrap_or(name);
        if let Some(near) = known().find(|k| k.rsplit('.').next() == Some(last)) {
            return format!("did you mean `{near}`?");
        }
        let Some((root, _)) = name.split_once('.') else {
            return format!("if you mean the word, put it in quotes: \"{name}\"");
        };
        let prefix = format!("{root}.");
        let siblings = first_few(known().filter(|k| k.starts_with(&prefix)).map(str::to_owned));
        if !siblings.is_empty() {
            return format!("known are: {siblings}");
        }
        let mut roots: Vec<&str> = known().map(|k| k.split('.').next().unwrap_or(k)).collect();
        roots.dedup();
        match nearest(root, roots.iter().copied()) {
            Some(near) => format!("did you mean `{near}.…`?"),
            None => format!("names here begin with: {}", roots.join(", ")),
        }
    }
}

/// Names that model.yaml declares, and below which key of it.
const DECLARED: [(&str, &str); 5] = [
    ("account", "attributes"),
    ("contact", "attributes"),
    ("metric", "metrics"),
    ("milestone", "milestones"),
    ("segment", "segments"),
];

fn read(source: &Source) -> Node {
    match source {
        Source::Slot(slot) => Node::Slot(*slot),
        Source::Event(prop) => Node::Event(prop.as_str().into()),
        Source::Start(prop) => Node::Start(prop.as_str().into()),
        Source::Step(id, field) => Node::Step(Box::new((id.clone(), field.clone()))),
    }
}

fn first_few(names: impl Iterator<Item = String>) -> String {
    names.take(8).collect::<Vec<_>>().join(", ")
}

fn joined(s: &Syntax) -> Option<String> {
    match &s.kind {
        Kind::Name(name) => Some(name.clone()),
        Kind::Num(n) if n.fract() == 0.0 => Some(n.to_string()),
        Kind::Arith(l, Sign::Sub, r) => Some(format!("{}-{}", joined(l)?, joined(r)?)),
        _ => None,
    }
}

fn leftmost(s: &Syntax) -> Option<&str> {
    match &s.kind {
        Kind::Name(name) => Some(name),
        Kind::Arith(l, Sign::Sub, _) => leftmost(l),
        _ => None,
    }
}
