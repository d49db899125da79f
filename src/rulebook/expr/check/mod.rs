//! The typed check: tree → compiled node and its type, or faults in plain words.

mod functions;
mod names;
mod operators;

use std::collections::BTreeSet;

use super::{
    node::{In, Node},
    schema::{Schema, Type},
    syntax::{Fault, Kind, Span, Syntax},
};
use crate::model::value::Value;

/// A checked part.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub ty: Type,
    pub node: Node,
}

impl Typed {
    fn new(ty: Type, node: Node) -> Typed {
        Typed { ty, node }
    }

    /// What stands in for a part with a fault: it fits everywhere, so one slip is told once.
    fn broken() -> Typed {
        Typed::new(Type::Any, Node::Const(Value::Missing))
    }
}

/// Checks one text, and remembers what it saw on the way.
pub(super) struct Checker<'a> {
    schema: &'a Schema,
    source: &'a str,
    /// What is wrong, in order of appearance.
    pub faults: Vec<Fault>,
    /// What is legal but probably not meant.
    pub hints: Vec<Fault>,
    /// Names of the schema as written, with the node that reads each, in order of appearance.
    pub names: Vec<(String, Node)>,
    /// Where `now` stands outside the forms whose next change is known.
    pub loose_now: Vec<usize>,
    /// Where `local_hour()` stands.
    pub local_hours: Vec<usize>,
    /// Names asked for with `has(x)`.
    asked: BTreeSet<String>,
    /// Names whose days are compared with a lower bound: name and place.
    long_ago: Vec<(String, usize)>,
    vars: Vec<(String, Type)>,
}

impl<'a> Checker<'a> {
    pub fn new(schema: &'a Schema, source: &'a str) -> Checker<'a> {
        Checker {
            schema,
            source,
            faults: Vec::new(),
            hints: Vec::new(),
            names: Vec::new(),
            loose_now: Vec::new(),
            local_hours: Vec::new(),
            asked: BTreeSet::new(),
            long_ago: Vec::new(),
            vars: Vec::new(),
        }
    }

    /// Checks the whole text.
    pub fn run(&mut self, tree: &Syntax) -> Typed {
        let typed = self.expr(tree);
        self.hint_at_never();
        typed
    }

    /// Checks one part.
    pub fn expr(&mut self, s: &Syntax) -> Typed {
        match &s.kind {
            Kind::Num(n) => Typed::new(Type::Num, Node::Const(Value::Num(*n))),
            Kind::Text(t) => Typed::new(Type::Text(None), Node::Const(Value::text(t))),
            Kind::Bool(b) => Typed::new(Type::Bool, Node::Const(Value::Bool(*b))),
            Kind::Name(name) => self.name(name, s.span),
            Kind::List(items) => self.list(items),
            Kind::Not(a) => {
                let a = self.truth(a);
                Typed::new(Type::Bool, Node::Not(Box::new(a)))
            }
            Kind::Neg(a) => self.negative(a),
            Kind::All(items) => Typed::new(Type::Bool, Node::All(self.truths(items))),
            Kind::Any(items) => Typed::new(Type::Bool, Node::Any(self.truths(items))),
            Kind::If(three) => self.choice(three, s.span),
            Kind::Compare(l, op, r) => self.compare(l, *op, r, s.span),
            Kind::In(item, list) => self.member(item, list),
            Kind::Arith(l, sign, r) => self.arith(l, *sign, r, s),
            Kind::Call(name, args) => self.call(name, args, s.span),
            Kind::Method(target, name, args) => self.method(target, name, args, s.span),
        }
    }

    fn fault(&mut self, rule: &'static str, span: Span, message: impl Into<String>, help: impl Into<String>) -> Typed {
        self.faults.push(Fault::new(rule, span.at, message, help));
        Typed::broken()
    }

    /// What mends the fault that was told last.
    fn mend_last(&mut self, fix: Option<(String, String)>) {
        if let Some(last) = self.faults.last_mut() {
            last.fix = fix;
        }
    }

    fn mismatch(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) -> Typed {
        self.fault("type-mismatch", span, message, help)
    }

    fn text_of(&self, span: Span) -> &'a str {
        self.source.get(span.lo..span.hi).unwrap_or_default()
    }

    /// A part that must be true or false.
    fn truth(&mut self, s: &Syntax) -> Node {
        let part = self.expr(s);
        if !matches!(part.ty, Type::Bool | Type::Any) {
            let (text, is) = (self.text_of(s.span), plain(&part.ty));
            let help = truth_help(text, &part.ty);
            self.mismatch(Span { at: s.span.lo, ..s.span }, format!("`{text}` is {is}, not true or false"), help);
        }
        part.node
    }

    fn truths(&mut self, items: &[Syntax]) -> Box<[Node]> {
        items.iter().map(|i| self.truth(i)).collect()
    }

    fn choice(&mut self, three: &[Syntax; 3], span: Span) -> Typed {
        let cond = self.truth(&three[0]);
        let (yes, no) = (self.expr(&three[1]), self.expr(&three[2]));
        let ty = match (&yes.ty, &no.ty) {
            (a, b) if a == b => a.clone(),
            (Type::Text(_), Type::Text(_)) => Type::Text(None),
            (Type::Num, Type::Money) | (Type::Money, Type::Num) => Type::Money,
            (Type::Any, _) | (_, Type::Any) => Type::Any,
            (a, b) => {
                let message = format!("one side of `? :` is {}, the other {}", plain(a), plain(b));
                return self.mismatch(span, message, "give both sides the same kind of value");
            }
        };
        Typed::new(ty, Node::If(Box::new([cond, yes.node, no.node])))
    }

    fn list(&mut self, items: &[Syntax]) -> Typed {
        let parts: Vec<Typed> = items.iter().map(|i| self.expr(i)).collect();
        for (part, item) in parts.iter().zip(items) {
            if matches!(part.ty, Type::List) {
                self.mismatch(item.span, "a list inside a list is not known here", "write its words directly");
            }
        }
        let constants: Option<Vec<Value>> = parts.iter().map(|p| constant(&p.node).cloned()).collect();
        let node = match constants {
            Some(values) => Node::Const(Value::List(values.into())),
            None => Node::List(parts.into_iter().map(|p| p.node).collect()),
        };
        Typed::new(Type::List, node)
    }

    fn member(&mut self, item: &Syntax, list: &Syntax) -> Typed {
        let typed = self.expr(item);
        if let Kind::List(others) = &list.kind {
            for other in others {
                let part = self.probe(other);
                self.comparable((item, &typed), super::syntax::Op::Eq, (other, &part), other.span);
            }
        }
        let all = self.expr(list);
        if !matches!(all.ty, Type::List | Type::Any) {
            let message = format!("the right side of `in` is {}, not a list", plain(&all.ty));
            return self.mismatch(list.span, message, "write a list, e.g. `[\"admin\", \"champion\"]`");
        }
        Typed::new(Type::Bool, lower_member(typed.node, all.node))
    }

    /// Checks a part only for its type; faults and names are found when it is checked for real.
    fn probe(&self, s: &Syntax) -> Typed {
        let mut other = Checker::new(self.schema, self.source);
        other.vars.clone_from(&self.vars);
        other.expr(s)
    }

    /// "Never, or long ago" needs `!has(x) ||`: without it a customer who never came is not found.
    fn hint_at_never(&mut self) {
        for (name, at) in std::mem::take(&mut self.long_ago) {
            if !self.asked.contains(&name) {
                let message = format!("this does not find customers for whom {name} was never recorded");
                let help = format!("if they are meant too, write `!has({name}) || …`");
                self.hints.push(Fault::new("never-or-long-ago", at, message, help));
            }
        }
    }
}

/// A specialised node for a slot in constant words.
fn lower_member(item: Node, list: Node) -> Node {
    if let (Node::Slot(slot), Node::Const(Value::List(items))) = (&item, &list) {
        let words: Option<Box<[_]>> = items
            .iter()
            .map(|v| match v {
                Value::Text(t) => Some(t.clone()),
                _ => None,
            })
            .collect();
        if let Some(words) = words {
            return Node::SlotWords { slot: *slot, words };
        }
    }
    Node::In(Box::new(In { item, list }))
}

fn constant(node: &Node) -> Option<&Value> {
    match node {
        Node::Const(value) => Some(value),
        _ => None,
    }
}

/// A type in plain words, with its article.
pub(super) fn plain(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "true or false",
        Type::Num => "a number",
        Type::Text(_) => "a text",
        Type::Instant => "a moment",
        Type::Date => "a day",
        Type::Duration => "a length of time",
        Type::Money => "an amount of money",
        Type::List => "a list",
        Type::Any => "anything",
    }
}

/// How to make a condition of something that is none.
pub(super) fn truth_help(text: &str, ty: &Type) -> String {
    let short: String = text.chars().take(40).collect();
    match ty {
        Type::Num | Type::Money => format!("compare it, e.g. `{short} > 0`"),
        Type::Text(Some(words)) => {
            format!("compare it, e.g. `{short} == \"{}\"`", words.first().map_or("…", String::as_str))
        }
        Type::Text(None) => format!("compare it, e.g. `{short} == \"…\"`"),
        Type::Instant | Type::Date => format!("ask `has({short})`, or compare `days_since({short}) >= 30`"),
        Type::Duration => format!("compare it, e.g. `{short} > duration(\"36h\")`"),
        Type::List => format!("ask `\"…\" in {short}` or `size({short}) > 0`"),
        Type::Bool | Type::Any => "compare it with something".to_owned(),
    }
}
