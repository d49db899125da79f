//! What depends on what: an order in which every value comes after its parts, or the circle that prevents it.

use std::collections::BTreeMap;

use super::names::Names;
use crate::{
    model::{
        diagnostic::{Diagnostic, Place},
        score::ScoreKind,
    },
    rulebook::{
        slots::SlotSource,
        yaml::{Kind, Node},
    },
};

/// Attributes that may be computed from other values.
const COMPUTED: [&str; 2] = ["touch", "onboarding"];

/// A value and what its definition mentions.
#[derive(Default)]
struct Definition {
    place: Place,
    needs: Vec<String>,
}

/// Slot numbers, parts first. Circles are reported once each, by name; the order is then arbitrary.
pub fn slots(sources: &[SlotSource], model: Option<&Node>, names: &Names, out: &mut Vec<Diagnostic>) -> Vec<u32> {
    let graph = model.map(definitions).unwrap_or_default();
    let sorted = sort(&graph, out);
    let places: BTreeMap<&str, usize> = sorted.iter().enumerate().map(|(i, name)| (name.as_str(), i + 1)).collect();
    let rank = |source: &SlotSource| places.get(node_of(source, names).as_str()).copied().unwrap_or(0);
    let mut order: Vec<u32> = (0..sources.len() as u32).collect();
    order.sort_by_cached_key(|i| sources.get(*i as usize).map_or(0, rank));
    order
}

fn node_of(source: &SlotSource, names: &Names) -> String {
    let at = |kind: &str, list: &[String], i: usize| format!("{kind}.{}", list.get(i).map_or("", String::as_str));
    match source {
        SlotSource::Metric(i) => format!("metric.{}", names.metrics.get(*i).map_or("", |m| m.0.as_str())),
        SlotSource::Milestone(i) | SlotSource::MilestoneAt(i) => at("milestone", &names.milestones, *i),
        SlotSource::Segment(i) => at("segment", &names.segments, *i),
        SlotSource::Scored(kind, _) => kind.word().to_owned(),
        SlotSource::Alert(_) => ScoreKind::Health.word().to_owned(),
        SlotSource::Phase | SlotSource::DaysInPhase | SlotSource::Stuck => "phase".to_owned(),
        SlotSource::Account(name) if COMPUTED.contains(&name.as_str()) => format!("account.{name}"),
        _ => String::new(),
    }
}

/// Which definition a mentioned name belongs to.
fn defined_by(mention: &str) -> Option<String> {
    let mut parts = mention.splitn(3, '.');
    match (parts.next()?, parts.next()) {
        ("metric", Some(name)) => Some(format!("metric.{name}")),
        ("segment", Some(name)) => Some(format!("segment.{name}")),
        ("milestone" | "milestone_at", Some(name)) => Some(format!("milestone.{name}")),
        ("health" | "alert", _) => Some("health".to_owned()),
        ("expansion", Some(_)) => Some("expansion".to_owned()),
        ("account", Some(name)) if COMPUTED.contains(&name) => Some(format!("account.{name}")),
        ("phase" | "days_in_phase" | "stuck", None) => Some("phase".to_owned()),
        _ => None,
    }
}

fn definitions(model: &Node) -> BTreeMap<String, Definition> {
    let mut graph: BTreeMap<String, Definition> = BTreeMap::new();
    let mut add = |name: String, place: &Place, texts: Vec<&str>| {
        let definition = graph.entry(name).or_default();
        definition.place = place.clone();
        definition.needs.extend(texts.into_iter().flat_map(mentions).filter_map(|m| defined_by(&m)));
    };
    for (kind, key) in [("metric", "metrics"), ("segment", "segments"), ("milestone", "milestones")] {
        let Some(Kind::Map(entries)) = model.get(key).map(|n| &n.kind) else { continue };
        for entry in entries {
            let text = ["expr", "when", "rank"].iter().find_map(|k| entry.value.get(k)).unwrap_or(&entry.value);
            add(
                format!("{kind}.{}", entry.key),
                &entry.place,
                text.scalar().map(|s| s.text.as_str()).into_iter().collect(),
            );
        }
    }
    for kind in ScoreKind::ALL.map(ScoreKind::word) {
        for scorecard in items(model.get(kind)) {
            add(kind.to_owned(), &scorecard.place, scorecard_texts(scorecard));
        }
    }
    for phase in items(model.get("journey")) {
        let texts = ["until", "when"].iter().filter_map(|k| phase.get(k)?.scalar().map(|s| s.text.as_str())).collect();
        add("phase".into(), &phase.place, texts);
    }
    if let Some(touch) = model.get("touch") {
        add("account.touch".into(), &touch.place, touch_texts(touch));
    }
    let first = items(model.get("journey")).iter().find(|phase| phase.get("until").is_some());
    if let Some((phase, until)) = first.and_then(|phase| Some((phase, phase.get("until")?.scalar()?))) {
        let needs = mentions(&until.text).into_iter().filter(|m| m.starts_with("milestone.")).collect();
        graph.insert("account.onboarding".into(), Definition { place: phase.place.clone(), needs });
    }
    graph
}

/// What the tiers are ranked by.
fn touch_texts(touch: &Node) -> Vec<&str> {
    let Kind::Map(tiers) = &touch.kind else { return Vec::new() };
    tiers.iter().filter_map(|tier| Some(tier.value.get("by")?.scalar()?.text.as_str())).collect()
}

fn scorecard_texts(scorecard: &Node) -> Vec<&str> {
    let measures = items(scorecard.get("components")).iter().filter_map(|c| c.get("measure"));
    let caps = items(scorecard.get("caps")).iter().filter_map(|c| c.get("when"));
    measures.chain(caps).chain(scorecard.get("for")).filter_map(|n| n.scalar()).map(|s| s.text.as_str()).collect()
}

fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|n| &n.kind) {
        Some(Kind::List(items)) => items,
        _ => &[],
    }
}

/// Depth first; a circle is reported where it closes.
fn sort(graph: &BTreeMap<String, Definition>, out: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut walk = Walk { graph, done: Vec::new(), path: Vec::new(), out };
    graph.keys().for_each(|name| walk.visit(name));
    walk.done
}

struct Walk<'a> {
    graph: &'a BTreeMap<String, Definition>,
    done: Vec<String>,
    path: Vec<String>,
    out: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn visit(&mut self, name: &str) {
        let Some(definition) = self.graph.get(name) else { return };
        if self.done.iter().any(|d| d == name) {
            return;
        }
        if let Some(start) = self.path.iter().position(|p| p == name) {
            return self.circle(start, definition);
        }
        // A chain longer than the file has definitions cannot be; the bound only guards the stack.
        if self.path.len() > 2_000 {
            return;
        }
        self.path.push(name.to_owned());
        definition.needs.iter().for_each(|need| self.visit(need));
        self.path.pop();
        self.done.push(name.to_owned());
    }

    fn circle(&mut self, start: usize, definition: &Definition) {
        let mut names: Vec<&str> = self.path[start..].iter().map(String::as_str).collect();
        names.extend(self.path.get(start).map(String::as_str));
        let message = format!("these define each other in a circle: {}", names.join(" → "));
        let help = "take one of them out of the other's condition";
        self.out.push(Diagnostic::error("circular", &definition.place, message, help));
    }
}

/// Dotted names in a condition, outside quoted words.
pub fn mentions(text: &str) -> Vec<String> {
    let (mut names, mut word, mut quote, mut after_quote) = (Vec::new(), String::new(), None::<char>, false);
    for c in text.chars().chain([' ']) {
        match quote {
            Some(_) if after_quote => after_quote = false,
            Some(_) if c == '\\' => after_quote = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c.is_ascii_alphanumeric() || c == '_' || c == '.' => word.push(c),
            None => {
                if word.starts_with(|c: char| c.is_ascii_lowercase()) && c != '(' {
                    names.push(std::mem::take(&mut word));
                }
                word.clear();
                quote = matches!(c, '"' | '\'').then_some(c);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_quotes_are_no_names() {
        assert_eq!(
            mentions(r#"has(metric.a) && "x \" metric.b" in account.goals"#),
            ["metric.a", "in", "account.goals"]
        );
    }
}
