//! Functions and methods.

use super::{Checker, Typed, constant, plain};
use crate::{
    model::{diagnostic::nearest, value::Value},
    rulebook::expr::{
        eval::convert,
        node::{Convert, Days, Loop, Node, TextTest},
        schema::Type,
        syntax::{Kind, Span, Syntax},
    },
};

const FUNCTIONS: [&str; 9] =
    ["has", "days_since", "days_until", "business_days_since", "local_hour", "date", "timestamp", "duration", "size"];
const METHODS: [&str; 6] = ["startsWith", "endsWith", "contains", "size", "exists", "all"];
/// Loops inside loops beyond this are refused: their cost multiplies.
const MAX_LOOPS: usize = 2;

impl Checker<'_> {
    /// `name(arguments)`.
    pub(super) fn call(&mut self, name: &str, args: &[Syntax], span: Span) -> Typed {
        match (name, args) {
            ("has", [x]) => self.has(x),
            ("days_since", [x]) => self.days(Days::Since, name, x),
            ("days_until", [x]) => self.days(Days::Until, name, x),
            ("business_days_since", [x]) => self.days(Days::BusinessSince, name, x),
            ("local_hour", []) => {
                self.local_hours.push(span.at);
                Typed::new(Type::Num, Node::LocalHour)
            }
            ("date", [x]) => self.convert(Convert::Date, x),
            ("timestamp", [x]) => self.convert(Convert::Instant, x),
            ("duration", [x]) => self.convert(Convert::Duration, x),
            ("size", [x]) => self.size(x),
            ("now", []) => {
                self.fault("unknown-function", span, "`now` is a name, not a function", "write `now` without ()")
            }
            _ => self.unknown_function(name, args.len(), span),
        }
    }

    fn unknown_function(&mut self, name: &str, count: usize, span: Span) -> Typed {
        if let Some(known) = FUNCTIONS.iter().find(|f| **f == name) {
            let wants = if *known == "local_hour" { "nothing" } else { "one value" };
            let message = format!("`{name}` takes {wants} in its brackets, here are {count}");
            return self.fault(
                "unknown-function",
                span,
                message,
                format!("write `{name}({})`", if *known == "local_hour" { "" } else { "…" }),
            );
        }
        if METHODS.contains(&name) {
            let help = format!("write it after the value: `x.{name}(…)`");
            return self.fault("unknown-function", span, format!("`{name}` is not written so"), help);
        }
        let help = match nearest(name, FUNCTIONS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are: {}", FUNCTIONS.join(", ")),
        };
        self.fault("unknown-function", span, format!("there is no function `{name}`"), help)
    }

    /// `has(x)`: whether anything is known; only names can be asked.
    fn has(&mut self, x: &Syntax) -> Typed {
        let part = self.expr(x);
        let name = match &part.node {
            Node::Slot(_) | Node::Event(_) | Node::Start(_) | Node::Step(_) => self.text_of(x.span),
            _ if matches!(part.ty, Type::Any) => "",
            _ => return self.mismatch(x.span, "has() asks about a name", "write e.g. `has(metric.last_login)`"),
        };
        self.asked.insert(name.to_owned());
        Typed::new(Type::Bool, Node::Has(Box::new(part.node)))
    }

    fn days(&mut self, kind: Days, name: &str, x: &Syntax) -> Typed {
        let part = self.expr(x);
        if !matches!(part.ty, Type::Instant | Type::Date | Type::Any) {
            let help = match (&part.ty, &x.kind) {
                (Type::Text(_), Kind::Text(_)) => format!("write {name}(date({}))", self.text_of(x.span)),
                _ => format!("give it a day or a moment, e.g. `{name}(metric.last_login)`"),
            };
            return self.mismatch(x.span, format!("{name} needs a day or a moment, this is {}", plain(&part.ty)), help);
        }
        Typed::new(Type::Num, Node::Days(kind, Box::new(part.node)))
    }

    fn convert(&mut self, to: Convert, x: &Syntax) -> Typed {
        let (ty, name, example) = match to {
            Convert::Date => (Type::Date, "date", "2026-04-01"),
            Convert::Instant => (Type::Instant, "timestamp", "2026-04-01T10:00:00+09:00"),
            Convert::Duration => (Type::Duration, "duration", "36h"),
        };
        let part = self.expr(x);
        if let Some(value @ Value::Text(text)) = constant(&part.node) {
            let read = convert(to, value);
            if read.is_missing() {
                let units = if to == Convert::Duration { ", with the units d h m s ms" } else { "" };
                let message = format!("\"{text}\" is not {}", plain(&ty));
                return self.mismatch(x.span, message, format!("write e.g. {name}(\"{example}\"){units}"));
            }
            return Typed::new(ty, Node::Const(read));
        }
        if part.ty != ty && !matches!(part.ty, Type::Text(_) | Type::Any) {
            let message = format!("{name}() reads a text, this is {}", plain(&part.ty));
            return self.mismatch(x.span, message, format!("write e.g. {name}(\"{example}\")"));
        }
        Typed::new(ty, Node::Convert(to, Box::new(part.node)))
    }

    fn size(&mut self, x: &Syntax) -> Typed {
        let part = self.expr(x);
        if !matches!(part.ty, Type::Text(_) | Type::List | Type::Any) {
            return self.mismatch(
                x.span,
                format!("size() counts a text or a list, this is {}", plain(&part.ty)),
                "compare the value itself",
            );
        }
        Typed::new(Type::Num, Node::Size(Box::new(part.node)))
    }

    /// `target.name(arguments)`.
    pub(super) fn method(&mut self, target: &Syntax, name: &str, args: &[Syntax], span: Span) -> Typed {
        match (name, args) {
            ("startsWith", [x]) => self.text_test(TextTest::StartsWith, target, x),
            ("endsWith", [x]) => self.text_test(TextTest::EndsWith, target, x),
            ("contains", [x]) => self.text_test(TextTest::Contains, target, x),
            ("size", []) => self.size(target),
            ("exists", [var, body]) => self.each(false, target, var, body, span),
            ("all", [var, body]) => self.each(true, target, var, body, span),
            ("matches", _) => {
                let help = "use startsWith, endsWith, contains, or `in [\"…\"]`";
                self.fault("unknown-function", span, "patterns (`matches`) are not known here", help)
            }
            _ => self.unknown_method(name, args.len(), span),
        }
    }

    fn unknown_method(&mut self, name: &str, count: usize, span: Span) -> Typed {
        let message = if METHODS.contains(&name) {
            format!("`{name}` does not take {count} values here")
        } else {
            format!("there is no `.{name}(…)`")
        };
        let help = match nearest(name, METHODS) {
            Some("exists") => "write `x.exists(word, word == \"…\")`".to_owned(),
            Some("all") => "write `x.all(word, word != \"…\")`".to_owned(),
            Some(near) => format!("write `x.{near}(…)`"),
            None => format!("known are: {}", METHODS.join(", ")),
        };
        self.fault("unknown-function", span, message, help)
    }

    fn text_test(&mut self, test: TextTest, target: &Syntax, part: &Syntax) -> Typed {
        let (text, inner) = (self.expr(target), self.expr(part));
        for (typed, s) in [(&text, target), (&inner, part)] {
            if matches!(typed.ty, Type::List) {
                let help = format!("write `{} in {}`", self.text_of(part.span), self.text_of(target.span));
                return self.mismatch(s.span, "a list is asked with `in`", help);
            }
            if !matches!(typed.ty, Type::Text(_) | Type::Any) {
                return self.mismatch(
                    s.span,
                    format!("this needs a text, here is {}", plain(&typed.ty)),
                    "give it a text",
                );
            }
        }
        Typed::new(Type::Bool, Node::Text(test, Box::new((text.node, inner.node))))
    }

    /// `list.exists(x, …)` and `list.all(x, …)`.
    fn each(&mut self, all: bool, target: &Syntax, var: &Syntax, body: &Syntax, span: Span) -> Typed {
        let list = self.expr(target);
        if !matches!(list.ty, Type::List | Type::Any) {
            return self.mismatch(
                target.span,
                format!("this goes through a list, here is {}", plain(&list.ty)),
                "give it a list",
            );
        }
        let name = match &var.kind {
            Kind::Name(name) if !name.contains('.') && name != "now" => name.clone(),
            _ => {
                return self.fault(
                    "condition-syntax",
                    var.span,
                    "a plain word must stand here",
                    "write e.g. `account.goals.exists(goal, goal == \"…\")`",
                );
            }
        };
        if self.vars.len() >= MAX_LOOPS {
            return self.fault(
                "condition-too-deep",
                span,
                "too many lists are gone through inside each other",
                "use `in`",
            );
        }
        self.vars.push((name, Type::Any));
        let body = self.truth(body);
        self.vars.pop();
        Typed::new(Type::Bool, Node::Loop(Box::new(Loop { all, list: list.node, body })))
    }
}
