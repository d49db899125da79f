//! Two playbooks that `set` one attribute to different values while both can run for the same customer.

use super::Book;
use crate::{
    model::diagnostic::{Diagnostic, Place},
    rulebook::{
        playbook::{Body, Playbook, SetValue, Start},
        yaml::Node,
    },
};

/// One `set` of one attribute.
struct Set<'a> {
    playbook: &'a Playbook,
    attribute: &'a str,
    value: String,
    place: Place,
}

/// Every pair of different values whose playbooks' starts do not exclude each other; told at the second one.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let sets: Vec<Set<'_>> = book.rulebook.playbooks.iter().flat_map(|p| sets(book, p)).collect();
    for (i, second) in sets.iter().enumerate() {
        let differs = |first: &&Set<'_>| {
            first.playbook.name != second.playbook.name
                && first.attribute == second.attribute
                && first.value != second.value
                && overlap(first.playbook, second.playbook)
        };
        if let Some(first) = sets[..i].iter().find(differs) {
            let message = format!(
                "`{}` sets account.{} to {} and `{}` to {}, and both can run for one customer",
                first.playbook.name, first.attribute, first.value, second.playbook.name, second.value
            );
            let help = format!(
                "let one start exclude the other, e.g. `playbook.{} != \"running\"`, or set it in one place only",
                first.playbook.name
            );
            out.push(Diagnostic::warning("conflicting-set", &second.place, message, help));
        }
    }
}

fn sets<'a>(book: &'a Book<'_>, playbook: &'a Playbook) -> Vec<Set<'a>> {
    let mut found = Vec::new();
    for step in &playbook.steps {
        let Body::Set(values) = &step.body else { continue };
        for (attribute, value) in values {
            let node = book.node_of(step).and_then(|n| n.get("set")?.get(&format!("account.{attribute}")));
            let place = node.map_or_else(|| step.place.clone(), |n: &Node| n.place.clone());
            let value = match value {
                SetValue::Computed(program) => format!("`{}`", program.source()),
                SetValue::Literal(value) => format!("`{value}`"),
            };
            found.push(Set { playbook, attribute, value, place });
        }
    }
    found
}

/// Whether one customer can be in both: unless the conditions of the starts exclude each other, or one names the other.
fn overlap(a: &Playbook, b: &Playbook) -> bool {
    let (first, second) = (clauses(a), clauses(b));
    let named =
        |clauses: &[String], other: &str| clauses.iter().any(|c| c.contains(&format!("playbook.{other}!=\"running\"")));
    if named(&first, &b.name) || named(&second, &a.name) {
        return false;
    }
    !first.iter().any(|x| second.iter().any(|y| exclude(x, y)))
}

/// The parts of a start's condition that all must hold, without blanks; none where an `||` makes them uncertain.
fn clauses(playbook: &Playbook) -> Vec<String> {
    let source = match &playbook.start {
        Start::When { cond, .. } => cond.source(),
        Start::On { where_: Some(cond), .. } | Start::Cron { where_: Some(cond), .. } => cond.source(),
        _ => return Vec::new(),
    };
    if source.contains("||") || source.contains('?') {
        return Vec::new();
    }
    source.split("&&").map(|c| c.replace('\'', "\"").split_whitespace().collect()).collect()
}

/// `x == "a"` and `x == "b"`; `x` and `!x`; `x >= 5` and `x < 3`.
fn exclude(x: &str, y: &str) -> bool {
    let negated = |a: &str, b: &str| a.strip_prefix('!').is_some_and(|rest| rest.trim_matches(['(', ')']) == b);
    if negated(x, y) || negated(y, x) {
        return true;
    }
    let (Some((name, op, value)), Some((other, its, bound))) = (parts(x), parts(y)) else { return false };
    if name != other {
        return false;
    }
    match (op, its) {
        ("==", "==") => value != bound,
        ("==", "!=") | ("!=", "==") => value == bound,
        _ => match (value.parse::<f64>(), bound.parse::<f64>()) {
            (Ok(value), Ok(bound)) => apart(op, value, its, bound) || apart(its, bound, op, value),
            _ => false,
        },
    }
}

/// Everything that satisfies the first lies above everything that satisfies the second.
fn apart(op: &str, value: f64, its: &str, bound: f64) -> bool {
    match (op, its) {
        (">=", "<") | (">", "<=") | (">", "<") => value >= bound,
        (">=", "<=") => value > bound,
        _ => false,
    }
}

fn parts(clause: &str) -> Option<(&str, &str, &str)> {
    ["==", "!=", ">=", "<=", ">", "<"].into_iter().find_map(|op| {
        let (name, value) = clause.split_once(op)?;
        Some((name, op, value))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book};
    use super::exclude;

    fn conflicts(first: &str, second: &str) -> usize {
        let text = |name: &str, when: &str, value: &str| {
            format!(
                "playbook: {name}\nstart: {{when: '{when}'}}\nsteps:\n  - {{id: s, set: {{account.risk: \"{value}\"}}}}\n"
            )
        };
        let model = MODEL.replace("seats_used: number", "seats_used: number, risk: [low, high]");
        let found = book(&model, &[("a", text("a", first, "high")), ("b", text("b", second, "low"))]);
        found.iter().filter(|d| d.rule == "conflicting-set").count()
    }

    #[test]
    fn different_values_on_overlapping_starts_are_found() {
        assert_eq!(conflicts("account.mrr > 5", "account.seats > 2"), 1);
        assert_eq!(conflicts("account.mrr > 5 || stuck", "account.mrr < 3"), 1, "an `||` proves nothing");
    }

    #[test]
    fn starts_that_exclude_each_other_are_no_conflict() {
        assert_eq!(conflicts("health.band == \"red\"", "health.band == \"green\""), 0);
        assert_eq!(conflicts("account.mrr >= 5 && stuck", "account.mrr < 5"), 0);
        assert_eq!(conflicts("account.mrr > 5", "playbook.a != \"running\" && account.seats > 1"), 0);
    }

    #[test]
    fn clauses_exclude_each_other_only_where_nothing_satisfies_both() {
        for (x, y, expected) in [
            ("a==\"x\"", "a==\"y\"", true),
            ("a==\"x\"", "a==\"x\"", false),
            ("stuck", "!stuck", true),
            ("a>=5", "a<5", true),
            ("a>=5", "a<=5", false),
            ("a>5", "a<9", false),
            ("a>5", "b<3", false),
        ] {
            assert_eq!(exclude(x, y), expected, "{x} {y}");
            assert_eq!(exclude(y, x), expected, "{y} {x}");
        }
    }
}
