//! What one step does.

use std::collections::BTreeMap;

use super::{cond, names::known, order::mentions, parts, settings::CHANNELS, steps::Steps};
use crate::{
    model::{
        diagnostic::{Diagnostic, nearest},
        message::{Action, ChannelKind, Class, Delivery},
        value::Value,
    },
    rulebook::{
        expr::{Program, Want},
        playbook::{Body, IfPast, MessageStep, SetValue, TaskStep, Trigger, Wait, WaitFor},
        schedule::length::Length,
        titles::Titled,
        types::AttrType,
        yaml::{Kind, Node, fields::Fields, values},
    },
};

/// Keys that stand beside a body: known, so that only the misspelled one is reported.
const BESIDE: [&str; 18] = [
    "thread",
    "to",
    "window",
    "class",
    "hold_at_most",
    "delivery",
    "actions",
    "vars",
    "ack_within",
    "escalate",
    "type",
    "owner",
    "due",
    "reason",
    "at_most",
    "otherwise",
    "since",
    "if",
];

type Out<'o> = &'o mut Vec<Diagnostic>;

/// What a step can do, by its key.
pub const BODIES: [&str; 11] =
    ["email", "slack", "discord", "webhook", "task", "set", "event", "wait", "wait_for", "split", "stop"];

/// `{id, if, then, else}`: chooses once.
pub fn branch(
    f: &mut Fields<'_>,
    index: usize,
    steps: &mut Steps<'_>,
    out: Out<'_>,
) -> Option<(Option<Program>, Body)> {
    let when = f.need("if", "the condition that chooses", out);
    let when = when.and_then(|n| cond::program(n, "if", &steps.scope.run, Want::Condition, out));
    let then = f.take("then").and_then(|n| steps.list(n, Some(index), out));
    let otherwise = f.take("else").and_then(|n| steps.list(n, Some(index), out));
    if let Some(key) = BODIES.iter().find(|k| f.has(k)) {
        f.entry(key);
        let help = "move it into `then`, as a step of its own";
        out.push(Diagnostic::error(
            "two-bodies",
            &f.place,
            format!("a step that chooses has no `{key}` of its own"),
            help,
        ));
    }
    Some((None, Body::Branch { when: when?, then, otherwise }))
}

/// Any other step.
pub fn read(f: &mut Fields<'_>, index: usize, steps: &mut Steps<'_>, out: Out<'_>) -> Option<(Option<Program>, Body)> {
    let cond = f.take("if").and_then(|n| cond::program(n, "if", &steps.scope.run, Want::Condition, out));
    let found: Vec<&'static str> = BODIES.into_iter().filter(|k| f.has(k)).collect();
    let body = match found.as_slice() {
        ["email" | "slack" | "discord"] => message(f, found[0], steps, out).map(Body::Message),
        ["webhook"] => webhook(f, steps, out).map(Body::Message),
        ["task"] => task(f, steps, out).map(Body::Task),
        ["set"] => set(f, steps, out),
        ["event"] => event(f, steps, out),
        ["wait"] => wait(f, steps, out).map(Body::Wait),
        ["wait_for"] => wait_for(f, index, steps, out).map(Body::WaitFor),
        ["split"] => split(f, index, steps, out).map(Body::Split),
        ["stop"] => f.text("stop", out).map(Body::Stop),
        many => {
            no_single_body(f, many, out);
            None
        }
    };
    body.map(|body| (cond, body))
}

fn no_single_body(f: &mut Fields<'_>, many: &[&'static str], out: Out<'_>) {
    let (message, help) = match many {
        [] => ("this step does nothing".to_owned(), format!("give it one of: {}", BODIES.join(", "))),
        many => (format!("this step does several things: {}", many.join(", ")), "make several steps of it".to_owned()),
    };
    out.push(Diagnostic::error("step-body", &f.place, message, help));
    for key in BODIES.into_iter().chain(BESIDE) {
        f.entry(key);
    }
}

fn message(f: &mut Fields<'_>, key: &'static str, steps: &Steps<'_>, out: Out<'_>) -> Option<MessageStep> {
    let channel = CHANNELS.iter().find(|(w, _)| *w == key).map_or(ChannelKind::Email, |(_, c)| *c);
    let template = f.need(key, "a template's name, e.g. onboarding/welcome", out).and_then(|n| values::text(n, out));
    let to = f.take("to").and_then(|n| parts::to(n, steps.scope, out));
    let window = f.take("window").and_then(|n| parts::window(n, steps.model, out));
    let class = f.word("class", &CLASSES, out);
    let hold_at_most = f.take("hold_at_most").and_then(|n| parts::hold(n, out));
    let notice = class.unwrap_or(steps.class) == Class::Notice;
    let delivery = f.word("delivery", &DELIVERIES, out);
    let delivery = delivery.unwrap_or(if notice { Delivery::AtLeastOnce } else { Delivery::AtMostOnce });
    let actions = f.take("actions").map(|n| actions(n, out)).unwrap_or_default();
    let ack = ack(f, &actions, out);
    let thread = channel == ChannelKind::Email && f.bool("thread", out).unwrap_or(false);
    let (template, vars) = (template?.to_owned(), BTreeMap::new());
    Some(MessageStep { channel, template, vars, to, window, class, hold_at_most, delivery, actions, ack, thread })
}

/// `ack_within: LENGTH, escalate: ROLE`; both or none, and a button to press.
fn ack(f: &mut Fields<'_>, actions: &[Action], out: Out<'_>) -> Option<(Length, String)> {
    let (within, role) = (f.length("ack_within", out), f.text("escalate", out));
    if f.has("ack_within") != f.has("escalate") {
        let help = "e.g. `ack_within: 4 business hours, escalate: manager`";
        out.push(Diagnostic::error("bad-ack", &f.place, "`ack_within` and `escalate` stand together", help));
    } else if within.is_some() && actions.is_empty() {
        let help = "add `actions: [ack]`";
        out.push(Diagnostic::error("bad-ack", &f.place, "nobody could acknowledge this: it has no button", help));
    }
    within.zip(role)
}

/// Classes by word.
pub const CLASSES: [(&str, Class); 3] =
    [("service", Class::Service), ("marketing", Class::Marketing), ("notice", Class::Notice)];

const DELIVERIES: [(&str, Delivery); 2] =
    [("at_most_once", Delivery::AtMostOnce), ("at_least_once", Delivery::AtLeastOnce)];

fn actions(node: &Node, out: Out<'_>) -> Vec<Action> {
    const WORDS: [(&str, Action); 3] = [("ack", Action::Ack), ("snooze", Action::Snooze), ("assign", Action::Assign)];
    values::list(node).iter().filter_map(|n| values::word(n, &WORDS, out)).collect()
}

/// `{webhook: NAME, vars: {…}}`: goes to an endpoint of ours, at least once, at once unless the step has its own window.
fn webhook(f: &mut Fields<'_>, steps: &Steps<'_>, out: Out<'_>) -> Option<MessageStep> {
    let name = f.need("webhook", "a name in `webhooks:` of shirube.yaml", out).and_then(|n| values::text(n, out));
    let vars = f.take("vars").map(|n| computed(n, "values", steps, out)).unwrap_or_default();
    let window = f.take("window").and_then(|n| parts::window(n, steps.model, out));
    let hold_at_most = f.take("hold_at_most").and_then(|n| parts::hold(n, out));
    let delivery = f.word("delivery", &DELIVERIES, out).unwrap_or(Delivery::AtLeastOnce);
    Some(MessageStep {
        channel: ChannelKind::Webhook,
        template: name?.to_owned(),
        vars,
        to: None,
        window,
        class: None,
        hold_at_most,
        delivery,
        actions: Vec::new(),
        ack: None,
        thread: false,
    })
}

/// Literals and computed values by name.
fn computed(node: &Node, what: &str, steps: &Steps<'_>, out: Out<'_>) -> BTreeMap<String, SetValue> {
    let entries = super::journey::entries(node, what, out);
    entries.iter().filter_map(|e| Some((e.key.clone(), set_value(&e.value, &e.key, steps, out)?))).collect()
}

fn task(f: &mut Fields<'_>, steps: &Steps<'_>, out: Out<'_>) -> Option<TaskStep> {
    let text = f
        .need("task", "what to do, e.g. {ja: 電話でフォロー, en: Call them}", out)
        .and_then(|n| values::bilingual(n, out));
    let owner = f.text("owner", out).unwrap_or_else(|| "csm".to_owned());
    let due = f.length("due", out);
    let id = steps.steps.last().map(|s| s.id.clone()).unwrap_or_default();
    let reason = f.text("reason", out).unwrap_or(id);
    let escalate = f.text("escalate", out);
    if escalate.is_some() && due.is_none() {
        let help = "e.g. `due: 2 business days, escalate: manager`";
        out.push(Diagnostic::error("bad-ack", &f.place, "without `due` this task is never late", help));
    }
    let kind = f.take("type").and_then(|n| kind(n, steps, out));
    Some(TaskStep { text: text?, owner, due, reason, escalate, kind })
}

/// A name of `task_types:` in the model.
fn kind(node: &Node, steps: &Steps<'_>, out: Out<'_>) -> Option<String> {
    let text = values::text(node, out)?;
    let known: Vec<&str> = steps.model.titles.names(Titled::TaskType).collect();
    let found = super::names::known(text, known.iter().copied(), "task type", "unknown-task-type", &node.place, out);
    found.then(|| text.to_owned())
}

fn set(f: &mut Fields<'_>, steps: &Steps<'_>, out: Out<'_>) -> Option<Body> {
    let node = f.take("set")?;
    let mut values = BTreeMap::new();
    for entry in super::journey::entries(node, "values to set", out) {
        let Some(name) = entry.key.strip_prefix("account.") else {
            let help = "write `set: {account.ATTRIBUTE: value}`";
            out.push(Diagnostic::error("bad-set", &entry.place, format!("`{}` cannot be set", entry.key), help));
            continue;
        };
        let names = steps.model.account_attributes.keys().map(String::as_str);
        if known(name, names, "account attribute", "unknown-name", &entry.place, out) {
            let value = set_value(&entry.value, &entry.key, steps, out);
            if let (Some(SetValue::Literal(value)), Some(AttrType::Words(words))) =
                (&value, steps.model.account_attributes.get(name))
            {
                one_of(value, words, &entry.value, out);
            }
            values.extend(value.map(|v| (name.to_owned(), v)));
        }
    }
    Some(Body::Set(values))
}

/// An attribute with a list of words takes one of them, or nothing.
fn one_of(value: &Value, words: &[String], node: &Node, out: Out<'_>) {
    if !value.is_missing() && !value.as_text().is_some_and(|text| words.iter().any(|word| word == text)) {
        let text = value.to_string();
        let help = match nearest(&text, words.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write one of them, or `null` to clear it".to_owned(),
        };
        let message = format!("`{}` is not one of {}", values::shorten(&text), words.join(", "));
        let found = Diagnostic::error("unknown-word", &node.place, message, help);
        out.push(found.mended_if_typo(&text, words.iter().map(String::as_str).collect::<Vec<_>>()));
    }
}

fn event(f: &mut Fields<'_>, steps: &Steps<'_>, out: Out<'_>) -> Option<Body> {
    let node = f.take("event")?;
    if let Some(name) = node.scalar() {
        return Some(Body::Event { name: name.text.clone(), props: BTreeMap::new() });
    }
    let mut f = Fields::of(node, "an event", out)?;
    let name = f.need("name", "the event's name", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    let props = f.take("props").map(|n| computed(n, "properties", steps, out)).unwrap_or_default();
    f.finish(out);
    Some(Body::Event { name: name?, props })
}

/// Quoted, numbers, dates and single words are literals; unquoted text that names something is computed.
fn set_value(node: &Node, key: &str, steps: &Steps<'_>, out: Out<'_>) -> Option<SetValue> {
    const ROOTS: [&str; 10] = [
        "account.",
        "contact.",
        "metric.",
        "health.",
        "expansion.",
        "milestone",
        "segment.",
        "start.",
        "step.",
        "kpi.",
    ];
    let computed = node.scalar().is_some_and(|s| {
        let named = |m: &String| {
            ROOTS.iter().any(|r| m.starts_with(r)) || matches!(m.as_str(), "now" | "phase" | "days_in_phase")
        };
        s.plain && mentions(&s.text).iter().any(named)
    });
    if computed {
        return cond::program(node, key, &steps.scope.run, Want::Any, out).map(SetValue::Computed);
    }
    values::value(node, out).map(SetValue::Literal)
}

fn wait(f: &mut Fields<'_>, steps: &Steps<'_>, out: Out<'_>) -> Option<Wait> {
    const PAST: [(&str, IfPast); 3] = [("run", IfPast::Run), ("skip", IfPast::Skip), ("exit", IfPast::Exit)];
    let node = f.need("wait", "a length, or {until: DATE}", out)?;
    if !matches!(node.kind, Kind::Map(_)) {
        return values::length(node, out).map(Wait::For);
    }
    let mut f = Fields::of(node, "`wait`", out)?;
    let date = f.need("until", "a date", out).and_then(|n| parts::date(n, "until", &steps.scope.run, out));
    let if_past = f.word("if_past", &PAST, out).unwrap_or(IfPast::Run);
    f.finish(out);
    Some(Wait::Until(date?, if_past))
}

fn wait_for(f: &mut Fields<'_>, index: usize, steps: &mut Steps<'_>, out: Out<'_>) -> Option<WaitFor> {
    let node = f.need("wait_for", "a condition, {event: …}, or a list of branches", out);
    let branches: Vec<(Trigger, Option<usize>)> = match node {
        Some(Node { kind: Kind::List(items), .. }) => {
            items.iter().filter_map(|n| branch_of_wait(n, index, steps, out)).collect()
        }
        Some(node @ Node { kind: Kind::Map(_), .. }) => branch_of_wait(node, index, steps, out).into_iter().collect(),
        Some(node) => {
            let when = cond::program(node, "wait_for", &steps.scope.run, Want::Awaited, out);
            when.map(|w| (Trigger::When(w), None)).into_iter().collect()
        }
        None => Vec::new(),
    };
    let limit = f.need("at_most", "no wait is for ever: `at_most: 5d` or `at_most: {until: DATE}`", out);
    let (at_most, until) = limit.map(|n| limit_of(n, steps, out)).unwrap_or_default();
    let otherwise = f.take("otherwise").and_then(|n| steps.list(n, Some(index), out));
    let since = f.take("since").and_then(|n| {
        let id = values::text(n, out)?;
        let ids = steps.scope.run.steps.keys().map(String::as_str).chain(["start"]);
        known(id, ids.collect::<Vec<_>>(), "step", "unknown-step", &n.place, out).then(|| id.to_owned())
    });
    (!branches.is_empty()).then_some(WaitFor { branches, at_most, until, otherwise, since })
}

fn limit_of(
    node: &Node,
    steps: &Steps<'_>,
    out: Out<'_>,
) -> (Option<Length>, Option<crate::rulebook::playbook::DateExpr>) {
    if !matches!(node.kind, Kind::Map(_)) {
        return (values::length(node, out), None);
    }
    let Some(mut f) = Fields::of(node, "`at_most`", out) else { return (None, None) };
    let until = f.need("until", "a date", out).and_then(|n| parts::date(n, "until", &steps.scope.run, out));
    f.finish(out);
    (None, until)
}

fn branch_of_wait(node: &Node, index: usize, steps: &mut Steps<'_>, out: Out<'_>) -> Option<(Trigger, Option<usize>)> {
    let mut f = Fields::of(node, "a branch of `wait_for`", out)?;
    let trigger = parts::trigger(&mut f, &steps.scope.run, "event", out);
    let then = f.take("then").and_then(|n| steps.list(n, Some(index), out));
    f.finish(out);
    Some((trigger?, then))
}

/// `{split: {a: 50, b: 50}, a: […], b: […]}`.
fn split(
    f: &mut Fields<'_>,
    index: usize,
    steps: &mut Steps<'_>,
    out: Out<'_>,
) -> Option<Vec<(String, u32, Option<usize>)>> {
    let node = f.need("split", "shares by arm, e.g. {a: 50, b: 50}", out)?;
    let mut arms = Vec::new();
    for entry in super::journey::entries(node, "arms", out) {
        let Some(share) = values::whole(&entry.value, 0, 10_000, out) else { continue };
        if !super::names::check_name(entry, "an arm", out) {
            continue;
        }
        if is_step_key(&entry.key) {
            let message = format!("an arm cannot be called `{}`", entry.key);
            out.push(Diagnostic::error("bad-name", &entry.place, message, "steps use this word; call it a, b …"));
            continue;
        }
        let list = f.dynamic(&entry.key).and_then(|n| steps.list(n, Some(index), out));
        arms.push((entry.key.clone(), share, list));
    }
    if arms.len() < 2 || arms.iter().all(|(_, share, _)| *share == 0) {
        out.push(Diagnostic::error(
            "bad-split",
            &node.place,
            "a split needs two arms with shares",
            "e.g. {a: 50, b: 50}",
        ));
    }
    Some(arms)
}

fn is_step_key(word: &str) -> bool {
    BODIES.contains(&word)
        || matches!(word, "id" | "if" | "then" | "else" | "to" | "window" | "class" | "at_most" | "otherwise" | "since")
}
