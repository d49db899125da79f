//! KPIs that are counted without anybody saying what would be good.

use super::{Book, items};
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::yaml::{Node, values},
};

/// A KPI of a phase needs a target in `targets:`, or the phase a `goal` it belongs to.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let phases = items(book.trees.get("model.yaml").and_then(|m| m.get("journey")));
    for phase in phases.iter().filter(|p| p.get("goal").is_none()) {
        for kpi in phase.get("kpi").map(values::list).unwrap_or_default() {
            let Some(name) = kpi.scalar().map(|s| s.text.as_str()) else { continue };
            if book.rulebook.model.targets.contains_key(name) {
                continue;
            }
            let phase = phase.get("phase").and_then(Node::scalar).map_or("", |s| s.text.as_str());
            let message = format!("the KPI `{name}` has no goal");
            let help = format!("give the phase `{phase}` a `goal: {{ja: …, en: …}}`, or add `{name}` to `targets:`");
            out.push(Diagnostic::warning("kpi-without-goal", &kpi.place, message, help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, found_in, places_in};

    #[test]
    fn a_kpi_needs_a_goal_of_its_phase_or_a_target() {
        let with = |more: &str| MODEL.replace("until: \"false\"", &format!("until: \"false\", {more}"));
        let steps = "\n  - {id: a, stop: x}\n";
        assert_eq!(places_in("kpi-without-goal", &with("kpi: [nrr]"), steps), ["model.yaml:5:53"]);
        assert!(found_in("kpi-without-goal", &with("kpi: [nrr], goal: More"), steps).is_empty());
        assert!(found_in("kpi-without-goal", &with("kpi: [logo_churn]"), steps).is_empty(), "it has a target");
    }
}
