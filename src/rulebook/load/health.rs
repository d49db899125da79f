//! `health:` and `alerts:`.

use super::{cond, metric, names::Schemas};
use crate::{
    model::{
        diagnostic::{Diagnostic, Place},
        score::ScoreKind,
    },
    rulebook::{
        expr::{Program, Want, schema::Type},
        types::{Alert, AlertKind, BandCap, Component, Missing, Scale, Scorecard},
        yaml::{Kind, Node, fields::Fields, values},
    },
};

/// The scorecards in order.
pub fn scorecards(node: &Node, kind: ScoreKind, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Vec<Scorecard> {
    values::items(node, "scorecards", out).iter().filter_map(|n| scorecard(n, kind, schemas, out)).collect()
}

fn scorecard(node: &Node, kind: ScoreKind, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Option<Scorecard> {
    const MISSING: [(&str, Missing); 3] =
        [("exclude", Missing::Exclude), ("neutral", Missing::Neutral), ("worst", Missing::Worst)];
    let mut f = Fields::of(node, "a scorecard", out)?;
    let name = f.need("scorecard", "its name", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    f.take("title");
    let for_ = f.need("for", "for whom; `for: \"true\"` is everybody", out);
    let for_ = for_.and_then(|n| cond::program(n, "for", &schemas.account, Want::Awaited, out));
    let parts = f.need("components", "a list: name, family, measure, points or linear", out);
    let parts: Vec<&Node> = parts.map(|n| values::items(n, "components", out).iter().collect()).unwrap_or_default();
    let weighted = parts.iter().any(|n| n.get("weight").is_some());
    let components: Vec<Component> = parts.iter().filter_map(|n| component(n, weighted, schemas, out)).collect();
    let missing = f.word("missing", &MISSING, out).unwrap_or(if weighted { Missing::Exclude } else { Missing::Worst });
    let [best, middle, worst] = kind.bands();
    let example = format!("e.g. {{{best}: \">= 70\", {middle}: \">= 40\", {worst}: \"< 40\"}}");
    let bands = f.need("bands", &example, out).map(|n| bands_of(n, kind, out)).unwrap_or_default();
    let hysteresis = f.number("hysteresis", out).unwrap_or(0.0);
    if hysteresis < 0.0 {
        out.push(Diagnostic::error("wrong-type", &f.place, "`hysteresis` is 0 or more", "e.g. `hysteresis: 3`"));
    }
    let caps = f.take("caps").map(|n| caps(n, kind, schemas, out)).unwrap_or_default();
    let coverage = f.take("min_coverage").and_then(|n| values::percent(n, out)).unwrap_or(0.0) / 100.0;
    f.finish(out);
    let (name, for_) = (name?, for_?);
    Some(Scorecard { name, for_, components, weighted, missing, bands, hysteresis, caps, min_coverage: coverage })
}

fn component(node: &Node, weighted: bool, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Option<Component> {
    let mut f = Fields::of(node, "a component", out)?;
    let name = f.need("name", "its name", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    f.take("title");
    let family = f.text("family", out).unwrap_or_else(|| "other".to_owned());
    let measure = f.need("measure", "a number, e.g. `metric.logins_7d`", out);
    let measure = measure.and_then(|n| cond::program(n, "measure", &schemas.account, Want::Number, out));
    let points = f.take("points").and_then(|n| points(n, out));
    let linear = f.take("linear").and_then(|n| linear(n, out));
    let given = f.has("points") || f.has("linear");
    if f.has("points") == f.has("linear") {
        let message = if given { "`points` and `linear` at once" } else { "a component needs `points` or `linear`" };
        let help = "points: [{at_least: 3, give: 2}, {give: 0}] or linear: {from: 0, to: 1}";
        out.push(Diagnostic::error("missing-key", &f.place, message, help));
    }
    if !weighted && f.has("linear") {
        let help = "give every component a `weight` (they sum to 100), or use `points`";
        out.push(Diagnostic::error("missing-weight", &f.place, "`linear` gives 0 to 100 and needs weights", help));
    }
    let weight = f.number("weight", out);
    if weighted && weight.is_none() && !f.has("weight") {
        let help = "give each a weight; 0 = observe only";
        out.push(Diagnostic::error(
            "missing-weight",
            &f.place,
            "the other components have a `weight`, this has none",
            help,
        ));
    }
    let place = f.place.clone();
    f.finish(out);
    let (scale, measure) = (points.or(linear)?, measure?);
    let edges = edges(&measure, &scale, &place, schemas);
    Some(Component { name: name?, family, measure, scale, weight: weight.unwrap_or(1.0), edges })
}

/// Whether the measure reaches each step of points, as conditions of their own.
fn edges(measure: &Program, scale: &Scale, place: &Place, schemas: &Schemas) -> Vec<Program> {
    let Scale::Points(steps) = scale else { return Vec::new() };
    if measure.ty() != Type::Num {
        return Vec::new();
    }
    let reaches = |bound: f64| format!("({}) >= {bound}", measure.source());
    let compile = |text: String| Program::compile(&text, place, &schemas.account, Want::Condition).ok();
    let edges: Option<Vec<Program>> = steps.iter().filter_map(|s| s.0).map(reaches).map(compile).collect();
    edges.unwrap_or_default()
}

/// `[{at_least: 3, give: 2}, {give: 0}]`, from the top down; the last may go without `at_least`.
fn points(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Scale> {
    let items = values::items(node, "points", out);
    let mut steps: Vec<(Option<f64>, f64)> = Vec::new();
    for item in items {
        let mut f = Fields::of(item, "a step of points", out)?;
        let at_least = f.number("at_least", out);
        let give = f.need("give", "how many points", out).and_then(|n| values::number(n, out));
        f.finish(out);
        let ordered = match (steps.last(), at_least) {
            (Some((None, _)), _) => false,
            (Some((Some(above), _)), Some(this)) => this < *above,
            _ => true,
        };
        if !ordered {
            let help = "write them from the highest `at_least` down; the one without `at_least` last";
            out.push(Diagnostic::error("points-order", &item.place, "this step of points is never reached", help));
        }
        steps.push((at_least, give?));
    }
    (!steps.is_empty()).then_some(Scale::Points(steps))
}

fn linear(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Scale> {
    let mut f = Fields::of(node, "`linear`", out)?;
    let from = f.need("from", "the value that gives 0", out).and_then(|n| values::number(n, out));
    let to = f.need("to", "the value that gives 100", out).and_then(|n| values::number(n, out));
    f.finish(out);
    let (from, to) = (from?, to?);
    if from == to {
        out.push(Diagnostic::error("flat", &node.place, "`from` and `to` are the same", "they mark 0 and 100 points"));
    }
    Some(Scale::Linear(from, to))
}

/// Bands best first with their lower bounds, exactly as written; the lint judges gaps and overlaps.
fn bands_of(node: &Node, kind: ScoreKind, out: &mut Vec<Diagnostic>) -> Vec<(String, Option<f64>)> {
    let Some(mut f) = Fields::of(node, "`bands`", out) else { return Vec::new() };
    let mut bands = Vec::new();
    let (names, help) = (kind.bands(), format!("all three: {}", kind.bands().join(", ")));
    for (i, name) in names.into_iter().enumerate() {
        let Some(bound) = f.need(name, &help, out) else { continue };
        let last = i + 1 == names.len();
        let text = values::text(bound, out).unwrap_or_default();
        let read = number_after(text, if last { "<" } else { ">=" });
        match read {
            Some(n) => bands.push((name.to_owned(), (!last).then_some(n))),
            None => {
                let form = if last { "\"< N\"" } else { "\">= N\"" };
                let message = format!("`{name}: {text}` is no bound");
                out.push(Diagnostic::error("bad-band", &bound.place, message, format!("write it as {form}")));
            }
        }
    }
    f.finish(out);
    bands
}

/// The number in `>= 5`.
pub fn number_after(text: &str, sign: &str) -> Option<f64> {
    text.trim().strip_prefix(sign)?.trim().parse().ok().filter(|n: &f64| n.is_finite())
}

fn caps(node: &Node, kind: ScoreKind, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Vec<BandCap> {
    values::items(node, "caps", out).iter().filter_map(|n| cap(n, kind, schemas, out)).collect()
}

fn cap(node: &Node, kind: ScoreKind, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Option<BandCap> {
    let mut f = Fields::of(node, "a cap", out)?;
    let when = f.need("when", "a condition", out);
    let when: Option<Program> = when.and_then(|n| cond::program(n, "when", &schemas.account, Want::Awaited, out));
    let [_, middle, worst] = kind.bands();
    let at_most = f
        .need("at_most", &format!("{middle} or {worst}"), out)
        .and_then(|n| values::word(n, &[(middle, middle), (worst, worst)], out));
    let because = f.bilingual("because", out).unwrap_or_default();
    f.finish(out);
    Some(BandCap { when: when?, at_most: at_most?.to_owned(), because })
}

/// The alerts.
pub fn alerts(node: &Node, out: &mut Vec<Diagnostic>) -> Vec<Alert> {
    let mut read: Vec<Alert> = Vec::new();
    for item in values::items(node, "alerts", out) {
        let Some(alert) = alert(item, out) else { continue };
        if read.iter().any(|a| a.name == alert.name) {
            let message = format!("two alerts are called `{}`", alert.name);
            let help = format!("give one a name of its own: {{alert: {}_2, …}}", alert.name);
            out.push(Diagnostic::error("duplicate-id", &item.place, message, help));
        }
        read.push(alert);
    }
    read
}

/// What an alert is called where it has no name of its own; none where it watches nothing.
pub fn alert_name(node: &Node) -> Option<String> {
    let text = |key: &str| node.get(key).and_then(Node::scalar).map(|s| s.text.clone());
    let band = |word: &str| text(word).map(|band| format!("{word}_{band}"));
    text("alert").or_else(|| node.get("drop").map(|_| "drop".to_owned())).or(band("enters")).or(band("stays"))
}

fn alert(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Alert> {
    let bands = ScoreKind::Health.bands().map(|b| (b, b));
    let mut f = Fields::of(node, "an alert", out)?;
    if let Some(own) = f.text("alert", out) {
        super::names::check_text(&own, &node.place, "an alert", out);
    }
    let drop = f.number("drop", out);
    let within = f.take("within").and_then(|n| metric::days(n, 30, out));
    let enters = f.word("enters", &bands, out);
    let stays = f.word("stays", &bands, out);
    let length = f.length("for", out);
    let given = [f.has("drop"), f.has("enters"), f.has("stays")].into_iter().filter(|g| *g).count();
    let place = f.place.clone();
    f.finish(out);
    let kind = match (drop, enters, stays) {
        (Some(by), None, None) if by > 0.0 => Some(AlertKind::Drop(by, within.unwrap_or(7))),
        (None, Some(band), None) => Some(AlertKind::Enters(band.to_owned())),
        (None, None, Some(band)) => length.map(|l| AlertKind::Stays(band.to_owned(), l)),
        _ => None,
    };
    let broken = given != 1 || stays.is_some() || drop.is_some();
    if kind.is_none() && broken && matches!(node.kind, Kind::Map(_)) {
        let help = "{drop: 15, within: 7d}, {enters: red} or {stays: red, for: 14d}";
        out.push(Diagnostic::error("bad-alert", &place, "this alert says nothing that can be watched", help));
    }
    Some(Alert { name: alert_name(node)?, kind: kind? })
}
