//! `model.yaml`.

use super::{
    digests, handover, health, journey, kais, metric,
    names::{Names, Schemas},
    settings, titles,
};
use crate::{
    model::{diagnostic::Diagnostic, score::ScoreKind},
    rulebook::{
        schedule::calendar::Calendar,
        types::{Holdout, Metric, Model},
        yaml::{Kind, Node, fields::Fields},
    },
};

/// A model in which nothing is said.
pub fn empty() -> Model {
    Model {
        success: Vec::new(),
        account_attributes: Default::default(),
        contact_attributes: Default::default(),
        handover: Vec::new(),
        metrics: Vec::new(),
        segments: Vec::new(),
        milestones: Vec::new(),
        journey: Vec::new(),
        touch: None,
        health: Vec::new(),
        expansion: Vec::new(),
        alerts: Vec::new(),
        targets: Default::default(),
        role_targets: Default::default(),
        references: Default::default(),
        kais: Default::default(),
        workspace: settings::default_workspace(),
        feeds: Default::default(),
        calendars: Default::default(),
        plain_calendar: Calendar::plain(),
        caps: Vec::new(),
        holdout: Holdout { percent: 0.0, salt: "global".to_owned() },
        digests: Vec::new(),
        titles: Default::default(),
    }
}

/// Reads every part; a broken one leaves the others readable.
pub fn read(node: &Node, names: &Names, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Model {
    let mut model = empty();
    model.account_attributes = names.account.clone();
    model.contact_attributes = names.contact.clone();
    let Some(mut f) = Fields::of(node, "model.yaml", out) else { return model };
    if let Some(node) = f.take("attributes") {
        attributes(node, out);
    }
    if let Some(node) = f.take("handover") {
        model.handover = handover::handover(node, &names.account, out);
    }
    if let Some(node) = f.take("success") {
        model.success = journey::success(node, schemas, out);
    }
    if let Some(n) = f.take("metrics") {
        model.metrics = metrics(n, names, schemas, out);
    }
    derived(&mut f, &mut model, names, schemas, out);
    rest(&mut f, &mut model, schemas, out);
    f.take("plans");
    f.take("events");
    f.take("topics");
    f.take("task_types");
    model.titles = titles::gather(node, out);
    f.finish(out);
    model
}

fn derived(f: &mut Fields<'_>, model: &mut Model, names: &Names, schemas: &Schemas, out: &mut Vec<Diagnostic>) {
    if let Some(n) = f.take("segments") {
        model.segments = journey::segments(n, schemas, out);
    }
    if let Some(n) = f.take("milestones") {
        model.milestones = journey::milestones(n, schemas, &model.success, out);
    }
    if let Some(n) = f.take("journey") {
        model.journey = journey::journey(n, names, schemas, out);
    }
    if let Some(n) = f.take("touch") {
        model.touch = journey::touch(n, schemas, out);
    }
    if let Some(n) = f.take("health") {
        model.health = health::scorecards(n, ScoreKind::Health, schemas, out);
    }
    if let Some(n) = f.take("expansion") {
        model.expansion = health::scorecards(n, ScoreKind::Expansion, schemas, out);
    }
    if let Some(n) = f.take("alerts") {
        model.alerts = health::alerts(n, out);
    }
}

fn rest(f: &mut Fields<'_>, model: &mut Model, schemas: &Schemas, out: &mut Vec<Diagnostic>) {
    if let Some(n) = f.take("targets") {
        model.targets = settings::targets(n, "targets", out);
    }
    if let Some(n) = f.take("role_targets") {
        let of = |e: &crate::rulebook::yaml::Entry, out: &mut Vec<Diagnostic>| {
            (e.key.clone(), settings::targets(&e.value, "targets", out))
        };
        model.role_targets = journey::entries(n, "role_targets", out).iter().map(|e| of(e, out)).collect();
    }
    if let Some(n) = f.take("references") {
        model.references = settings::targets(n, "references", out);
    }
    if let Some(n) = f.take("kais") {
        model.kais = kais::kais(n, &model.targets, out);
    }
    if let Some(n) = f.take("feeds") {
        model.feeds = settings::feeds(n, out);
    }
    if let Some(n) = f.take("calendars") {
        model.calendars = settings::calendars(n, out);
    }
    if let Some(n) = f.take("workspace") {
        model.workspace = settings::workspace(n, out);
        if let Some(calendar) = n.get("calendar").filter(|_| !model.workspace.calendar.is_empty()) {
            settings::check_calendar(&model.workspace.calendar, &model.calendars, &calendar.place, out);
        }
    }
    if let Some(n) = f.take("caps") {
        model.caps = settings::caps(n, out);
    }
    if let Some(n) = f.take("holdout") {
        model.holdout = settings::holdout(n, "global", out).unwrap_or(model.holdout.clone());
    }
    if let Some(n) = f.take("digests") {
        model.digests = digests::digests(n, schemas, out);
    }
}

/// The names were gathered before; here only the keys beside them are judged.
fn attributes(node: &Node, out: &mut Vec<Diagnostic>) {
    let Some(mut f) = Fields::of(node, "`attributes`", out) else { return };
    for key in ["account", "contact"] {
        if let Some(node) = f.take(key) {
            journey::entries(node, "attributes", out);
        }
    }
    f.finish(out);
}

/// Metrics in file order; what is computed from others is compiled after them.
fn metrics(node: &Node, names: &Names, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Vec<Metric> {
    let entries = match &node.kind {
        Kind::Map(entries) => entries.as_slice(),
        _ => journey::entries(node, "metrics", out),
    };
    entries.iter().filter_map(|e| metric::read(e, schemas, &names.account, out)).collect()
}
