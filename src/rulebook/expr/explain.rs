//! Which clauses decided, with the values they saw.

use super::{
    Reason,
    check::Checker,
    eval::Env,
    frame::Frame,
    node::Node,
    schema::Schema,
    syntax::{Kind, Syntax},
};

/// The clauses of a text, as people read them.
#[derive(Clone, Debug)]
pub(super) enum Clause {
    All(Vec<Clause>),
    Any(Vec<Clause>),
    Not(Box<Clause>),
    If(Box<[Clause; 3]>),
    Leaf(Box<Leaf>),
}

/// A clause without `&&`, `||` or `? :` at its top.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    text: String,
    node: Node,
    inputs: Vec<(String, Node)>,
}

/// The clauses of a text that passed the check.
pub(super) fn clauses(s: &Syntax, source: &str, schema: &Schema) -> Clause {
    let many = |items: &[Syntax]| items.iter().map(|i| clauses(i, source, schema)).collect();
    match &s.kind {
        Kind::All(items) => Clause::All(many(items)),
        Kind::Any(items) => Clause::Any(many(items)),
        Kind::Not(a) if matches!(a.kind, Kind::All(_) | Kind::Any(_) | Kind::If(_)) => {
            Clause::Not(Box::new(clauses(a, source, schema)))
        }
        Kind::If(three) => Clause::If(Box::new([0, 1, 2].map(|i| clauses(&three[i], source, schema)))),
        _ => leaf(s, source, schema),
    }
}

fn leaf(s: &Syntax, source: &str, schema: &Schema) -> Clause {
    let mut checker = Checker::new(schema, source);
    let node = checker.expr(s).node;
    let text = source.get(s.span.lo..s.span.hi).unwrap_or_default().to_owned();
    Clause::Leaf(Box::new(Leaf { text, node, inputs: checker.names }))
}

impl Clause {
    /// What it yields; none = missing.
    pub fn truth(&self, env: Env<'_>) -> Option<bool> {
        match self {
            Clause::All(list) => join(list, env, false),
            Clause::Any(list) => join(list, env, true),
            Clause::Not(a) => a.truth(env).map(|b| !b),
            Clause::If(three) => match three[0].truth(env)? {
                true => three[1].truth(env),
                false => three[2].truth(env),
            },
            Clause::Leaf(leaf) => leaf.node.truth(env),
        }
    }

    /// The reasons for what it yields now.
    pub fn reasons(&self, frame: &Frame<'_>) -> Vec<Reason> {
        let env = Env::of(frame);
        match self {
            Clause::All(list) => decided(list, frame, false),
            Clause::Any(list) => decided(list, frame, true),
            Clause::Not(a) => a.reasons(frame),
            Clause::If(three) => {
                let mut all = three[0].reasons(frame);
                match three[0].truth(env) {
                    Some(true) => all.extend(three[1].reasons(frame)),
                    Some(false) => all.extend(three[2].reasons(frame)),
                    None => {}
                }
                all
            }
            Clause::Leaf(leaf) => vec![leaf.reason(env)],
        }
    }
}

impl Leaf {
    fn reason(&self, env: Env<'_>) -> Reason {
        let inputs = self.inputs.iter().map(|(name, node)| (name.clone(), node.value(env).into_owned())).collect();
        Reason { expr: self.text.clone(), value: self.node.value(env).into_owned(), inputs }
    }
}

fn join(list: &[Clause], env: Env<'_>, decides: bool) -> Option<bool> {
    let truths: Vec<Option<bool>> = list.iter().map(|c| c.truth(env)).collect();
    if truths.contains(&Some(decides)) {
        return Some(decides);
    }
    (!truths.contains(&None)).then_some(!decides)
}

/// Deciding parts if there are any (each alone is enough, so the shortest first), else the unknown
/// ones, else all.
fn decided(list: &[Clause], frame: &Frame<'_>, decides: bool) -> Vec<Reason> {
    let env = Env::of(frame);
    let having = |truth| list.iter().filter(move |c| c.truth(env) == truth).map(|c| c.reasons(frame));
    let mut groups: Vec<Vec<Reason>> = having(Some(decides)).collect();
    groups.sort_by_key(Vec::len);
    if groups.is_empty() {
        groups = having(None).collect();
    }
    if groups.is_empty() {
        groups = list.iter().map(|c| c.reasons(frame)).collect();
    }
    groups.concat()
}
