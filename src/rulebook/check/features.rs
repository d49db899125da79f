//! KPIs about the use of a feature that name no metric: there would never be a figure.

use super::{Book, items};
use crate::{
    model::{
        diagnostic::{Diagnostic, Place, nearest},
        feature::metric_of,
    },
    rulebook::yaml::{Kind, Node, values},
};

/// `feature_adoption.X` among the targets and a phase's KPIs counts the metric X.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let Some(model) = book.trees.get("model.yaml") else { return };
    let metrics: Vec<&str> = book.rulebook.model.metrics.iter().map(|m| m.name.as_str()).collect();
    for (kpi, place) in named(model) {
        let Some(feature) = metric_of(&kpi).filter(|f| !metrics.contains(f)) else { continue };
        let message = format!("there is no metric `{feature}`: `{kpi}` never has a figure");
        let help = nearest(feature, metrics.iter().copied()).map_or_else(
            || format!("put a metric behind the dot: {}", metrics.join(", ")),
            |near| format!("did you mean `{}`?", kpi.replace(feature, near)),
        );
        out.push(Diagnostic::warning("unknown-kpi", &place, message, help));
    }
}

/// KPIs that the model names, with their places.
fn named(model: &Node) -> Vec<(String, Place)> {
    let targets = match model.get("targets").map(|n| &n.kind) {
        Some(Kind::Map(entries)) => entries.iter().map(|e| (e.key.clone(), e.place.clone())).collect(),
        _ => Vec::new(),
    };
    let phases = items(model.get("journey")).iter().filter_map(|phase| phase.get("kpi")).flat_map(values::list);
    let of_phases = phases.filter_map(|n| Some((n.scalar()?.text.clone(), n.place.clone())));
    targets.into_iter().chain(of_phases).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, found_in, places_in};

    const STEPS: &str = "\n  - {id: a, stop: x}\n";

    #[test]
    fn a_feature_without_a_metric_is_told_where_a_target_or_a_phase_names_it() {
        let targets = MODEL.replace("logo_churn: 3%", "logo_churn: 3%, feature_adoption.login: 50%");
        assert_eq!(places_in("unknown-kpi", &targets, STEPS), ["model.yaml:4:27"]);
        assert_eq!(found_in("unknown-kpi", &targets, STEPS)[0].help, "did you mean `feature_adoption.logins`?");
        let phase = MODEL.replace("until: \"false\"", "until: \"false\", goal: x, kpi: [feature_adoption.exports]");
        assert_eq!(places_in("unknown-kpi", &phase, STEPS).len(), 1);
        let right = MODEL.replace("logo_churn: 3%", "feature_adoption.logins: 50%");
        assert!(found_in("unknown-kpi", &right, STEPS).is_empty());
    }
}
