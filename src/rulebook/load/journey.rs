//! `success:`, `milestones:`, `segments:`, `journey:` and `touch:`.

use std::collections::BTreeMap;

use super::{
    cond,
    names::{KPIS, Names, Schemas, check_text, is_kpi, known},
};
use crate::{
    model::{diagnostic::Diagnostic, locale::Bilingual},
    rulebook::{
        expr::Want,
        types::{Milestone, Named, Phase, Success, Touch},
        yaml::{Entry, Kind, Node, fields::Fields, values},
    },
};

/// The entries of a mapping `name: …`, with a finding where it is none.
pub fn entries<'a>(node: &'a Node, what: &str, out: &mut Vec<Diagnostic>) -> &'a [Entry] {
    match &node.kind {
        Kind::Map(entries) => entries,
        _ => {
            let message = format!("{what} are written as `name: …` lines, this is {}", node.what());
            out.push(Diagnostic::error("wrong-type", &node.place, message, "see `shirube schema model`"));
            &[]
        }
    }
}

/// What success is.
pub fn success(node: &Node, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Vec<Success> {
    values::items(node, "success definitions", out).iter().filter_map(|n| one_success(n, schemas, out)).collect()
}

fn one_success(node: &Node, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Option<Success> {
    let mut f = Fields::of(node, "a success definition", out)?;
    let name = f.need("name", "a short name", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    if let Some(name) = &name {
        check_text(name, &f.place, "a success definition", out);
    }
    let says = f.need("says", "one sentence from the customer's view", out).and_then(|n| values::bilingual(n, out));
    let when = f.need("when", "how to see it in the data", out);
    let when = when.and_then(|n| cond::program(n, "when", &schemas.account, Want::Awaited, out));
    let by = f.length("by", out);
    f.finish(out);
    Some(Success { name: name?, says: says?, when: when?, by })
}

/// Milestones in file order.
pub fn milestones(node: &Node, schemas: &Schemas, success: &[Success], out: &mut Vec<Diagnostic>) -> Vec<Milestone> {
    entries(node, "milestones", out).iter().filter_map(|e| milestone(e, schemas, success, out)).collect()
}

fn milestone(entry: &Entry, schemas: &Schemas, success: &[Success], out: &mut Vec<Diagnostic>) -> Option<Milestone> {
    let mut f = Fields::of(&entry.value, "a milestone", out)?;
    f.take("title");
    let when = f.need("when", "a condition", out);
    let when = when.and_then(|n| cond::program(n, "when", &schemas.account, Want::Awaited, out));
    let proves = f.take("success").and_then(|n| {
        let name = values::text(n, out)?;
        known(name, success.iter().map(|s| s.name.as_str()), "success definition", "unknown-success", &n.place, out)
            .then(|| name.to_owned())
    });
    f.finish(out);
    Some(Milestone { name: entry.key.clone(), when: when?, success: proves })
}

/// Segments in file order.
pub fn segments(node: &Node, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Vec<Named> {
    let read = |e: &Entry, out: &mut Vec<Diagnostic>| {
        let Kind::Map(_) = &e.value.kind else {
            let when = cond::program(&e.value, &e.key, &schemas.account, Want::Awaited, out)?;
            return Some(Named { name: e.key.clone(), when });
        };
        let mut f = Fields::of(&e.value, "a segment", out)?;
        f.take("title");
        let when = f.need("when", "a condition", out);
        let when = when.and_then(|n| cond::program(n, "when", &schemas.account, Want::Awaited, out));
        f.finish(out);
        Some(Named { name: e.key.clone(), when: when? })
    };
    entries(node, "segments", out).iter().filter_map(|e| read(e, out)).collect()
}

/// Phases in file order.
pub fn journey(node: &Node, names: &Names, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Vec<Phase> {
    let phases = values::items(node, "phases", out);
    let read: Vec<Phase> = phases.iter().filter_map(|n| phase(n, names, schemas, out)).collect();
    for (i, node) in phases.iter().enumerate() {
        let name = |n: &Node| n.get("phase").and_then(Node::scalar).map(|s| s.text.clone());
        if name(node).is_some() && phases[..i].iter().any(|earlier| name(earlier) == name(node)) {
            let message = format!("the phase `{}` is here twice", name(node).unwrap_or_default());
            out.push(Diagnostic::error("duplicate-id", &node.place, message, "keep one of them"));
        }
    }
    read
}

fn phase(node: &Node, names: &Names, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Option<Phase> {
    let mut f = Fields::of(node, "a phase", out)?;
    let name = f.need("phase", "its name", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    if let Some(name) = &name {
        check_text(name, &f.place, "a phase", out);
    }
    let until = f.take("until").and_then(|n| cond::program(n, "until", &schemas.account, Want::Awaited, out));
    let when = f.take("when").and_then(|n| cond::program(n, "when", &schemas.account, Want::Awaited, out));
    if f.has("until") == f.has("when") {
        let message =
            if f.has("when") { "a phase has `until` or `when`, not both" } else { "a phase needs `until` or `when`" };
        let help = "`until` = phases in order; `when` = holds while true; the last in order: `until: \"false\"`";
        out.push(Diagnostic::error("bad-phase", &f.place, message, help));
    }
    let after = f.take("after").and_then(|n| {
        let name = values::text(n, out)?;
        known(name, names.phases.iter().map(String::as_str), "phase", "unknown-phase", &n.place, out)
            .then(|| name.to_owned())
    });
    if after.is_some() && f.has("until") {
        out.push(Diagnostic::error(
            "bad-phase",
            &f.place,
            "`after` belongs to a `when` phase",
            "phases with `until` run in file order",
        ));
    }
    let (expected, stuck_after) = (f.length("expected", out), f.length("stuck_after", out));
    f.take("title");
    let goal = f.bilingual("goal", out).unwrap_or_default();
    let customer = f.take("customer").map(|n| customer(n, out)).unwrap_or_default();
    let mut task_titles = BTreeMap::new();
    let (ours, theirs) = f.take("tasks").map(|n| tasks(n, &mut task_titles, out)).unwrap_or_default();
    let kpi = f.take("kpi").map(|n| kpis(n, out)).unwrap_or_default();
    f.finish(out);
    Some(Phase {
        name: name?,
        until,
        when,
        after,
        expected,
        stuck_after,
        goal,
        customer,
        tasks_ours: ours,
        tasks_theirs: theirs,
        task_titles,
        kpi,
    })
}

/// Names of KPIs that exist.
fn kpis(node: &Node, out: &mut Vec<Diagnostic>) -> Vec<String> {
    let named = |n: &Node, out: &mut Vec<Diagnostic>| {
        let name = values::text(n, out)?;
        let good = is_kpi(name) || known(name, KPIS.iter().copied(), "KPI", "unknown-kpi", &n.place, out);
        good.then(|| name.to_owned())
    };
    values::list(node).into_iter().filter_map(|n| named(n, out)).collect()
}

fn customer(node: &Node, out: &mut Vec<Diagnostic>) -> BTreeMap<String, Bilingual> {
    let Some(mut f) = Fields::of(node, "`customer`", out) else { return BTreeMap::new() };
    let mut read = BTreeMap::new();
    for key in ["does", "feels", "stumbles", "wants"] {
        if let Some(text) = f.bilingual(key, out) {
            read.insert(key.to_owned(), text);
        }
    }
    f.finish(out);
    read
}

type Titles = BTreeMap<String, crate::model::locale::Bilingual>;

fn tasks(node: &Node, titles: &mut Titles, out: &mut Vec<Diagnostic>) -> (Vec<String>, Vec<String>) {
    let Some(mut f) = Fields::of(node, "`tasks`", out) else { return Default::default() };
    let mut side = |key: &'static str, out: &mut Vec<Diagnostic>| {
        let list = f.take(key).map(values::list).unwrap_or_default();
        list.into_iter().filter_map(|n| task(n, titles, out)).collect::<Vec<String>>()
    };
    let read = (side("ours", out), side("theirs", out));
    f.finish(out);
    read
}

/// A name, or `{task: NAME, title: {ja: …, en: …}}`.
fn task(node: &Node, titles: &mut Titles, out: &mut Vec<Diagnostic>) -> Option<String> {
    if node.scalar().is_some() {
        return values::text(node, out).map(str::to_owned);
    }
    let mut f = Fields::of(node, "a task", out)?;
    let name = f.need("task", "its name, e.g. import_data", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    if let (Some(name), Some(title)) = (&name, f.bilingual("title", out)) {
        titles.insert(name.clone(), title);
    }
    f.finish(out);
    name
}

/// `touch: {high: {top: 10%, by: account.mrr}, low: {top: 40%, by: …}, tech: rest}`.
pub fn touch(node: &Node, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Option<Touch> {
    let (mut tiers, mut rest, mut sum) = (Vec::new(), None, 0.0);
    for entry in entries(node, "tiers", out) {
        if entry.value.scalar().is_some_and(|s| s.text == "rest") {
            if rest.replace(entry.key.clone()).is_some() {
                out.push(Diagnostic::error(
                    "two-rests",
                    &entry.place,
                    "`rest` is here twice",
                    "only the last tier is `rest`",
                ));
            }
            continue;
        }
        let Some(mut f) = Fields::of(&entry.value, "a tier", out) else { continue };
        let top = f.need("top", "its share of all accounts, e.g. 10%", out).and_then(|n| values::percent(n, out));
        let by = f.need("by", "by which number, e.g. account.mrr", out);
        let by = by.and_then(|n| cond::program(n, "by", &schemas.account, Want::Number, out));
        f.finish(out);
        sum += top.unwrap_or(0.0);
        if let (Some(top), Some(by)) = (top, by) {
            tiers.push((entry.key.clone(), top / 100.0, by));
        }
    }
    if sum > 100.0 {
        let help = "each `top` is a share of all accounts: the next so many per cent";
        out.push(Diagnostic::error("too-much", &node.place, format!("the tiers sum to {sum}%"), help));
    }
    if rest.is_none() {
        out.push(Diagnostic::error(
            "missing-key",
            &node.place,
            "`touch` needs a tier for everybody else",
            "e.g. `tech: rest`",
        ));
    }
    Some(Touch { tiers, rest: rest? })
}
