//! `kais:`: what we do for a KPI, and how often a month.

use std::collections::BTreeMap;

use super::{
    journey::entries,
    names::{KPIS, is_kpi, known},
};
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::yaml::{Node, values},
};

/// Key actions that are counted from what was recorded.
pub const KAIS: [&str; 6] =
    ["messages_sent", "tasks_done", "meetings_held", "notes_written", "replies", "survey_answers"];

/// `kais:` by KPI and action: times a month.
pub fn kais(
    node: &Node,
    targets: &BTreeMap<String, f64>,
    out: &mut Vec<Diagnostic>,
) -> BTreeMap<String, BTreeMap<String, f64>> {
    let mut read = BTreeMap::new();
    for entry in entries(node, "kais", out) {
        let kpi = &entry.key;
        if !is_kpi(kpi) && !known(kpi, KPIS.iter().copied(), "KPI", "unknown-kpi", &entry.place, out) {
            continue;
        }
        if !targets.contains_key(kpi) {
            let message = format!("the KPI `{kpi}` has actions and no target");
            let help = format!("add `{kpi}` to `targets:`: without it nobody can tell whether the actions are enough");
            out.push(Diagnostic::warning("kai-without-target", &entry.place, message, help));
        }
        read.insert(kpi.clone(), monthly(&entry.value, out));
    }
    read
}

fn monthly(node: &Node, out: &mut Vec<Diagnostic>) -> BTreeMap<String, f64> {
    let mut read = BTreeMap::new();
    for entry in entries(node, "kais", out) {
        if !known(&entry.key, KAIS, "action", "unknown-kai", &entry.place, out) {
            continue;
        }
        let Some(times) = values::number(&entry.value, out) else { continue };
        if times <= 0.0 {
            let help = "write how often a month, e.g. `meetings_held: 4`";
            out.push(Diagnostic::error("wrong-type", &entry.value.place, "an action is done at least once", help));
            continue;
        }
        read.insert(entry.key.clone(), times);
    }
    read
}
