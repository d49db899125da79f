//! `/cs health ACCOUNT`: score, causes, what runs, what is next, how fresh the data is.

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{
    readiness::{self, Readiness, readiness},
    reply::{Form, Part, Press, Reply, Target},
};
use crate::{
    app::shell::Shell,
    engine::handover,
    insight::view::AccountView,
    model::{
        instant::{Instant, date_of},
        locale::Locale,
        state::ComponentValue,
        value::Value,
        world::World,
    },
    rulebook::{
        slots::SlotSource,
        titles::Titled,
        types::{Alert, AlertKind, Milestone, Phase, Rulebook},
    },
    words::{Word, absence, band, bracketed, expansion, forms, hearing, plan, say, sentence},
};

/// The answer as data: the contract of `health --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// The account's key.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Which scorecard judged it.
    pub scorecard: Option<String>,
    /// The score.
    pub score: Option<f64>,
    /// The best possible score.
    pub best: f64,
    /// `green`, `yellow`, `red`, `unknown`.
    pub band: String,
    /// Why the band is lower than the score alone would make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_because: Option<String>,
    /// Share of the score that is known, 0..1.
    pub coverage: Option<f64>,
    /// Against the end of the local day a week ago.
    pub change_7d: Option<f64>,
    /// What caused that change, in points; sums to it.
    pub causes: Vec<(String, f64)>,
    /// The parts of the score; they sum to it.
    pub components: Vec<Component>,
    /// How ready it is to grow; none where the model's `expansion:` has no scorecard for it.
    pub expansion: Option<Readiness>,
    /// What needs attention.
    pub alerts: Vec<String>,
    /// The phase, and for how many local days.
    pub phase: Option<String>,
    /// Local days in the phase.
    pub days_in_phase: Option<f64>,
    /// Where onboarding stands.
    pub onboarding: Onboarding,
    /// Whether milestones or the sheet say where onboarding stands.
    #[serde(skip)]
    pub onboarding_known: bool,
    /// Required questions of the hand-over that are still open, while onboarding is not done.
    pub handover_missing: Vec<String>,
    /// The goal of the present phase.
    pub next_goal: String,
    /// Its CSM.
    pub owner: Option<String>,
    /// Who acts for the owner while they are away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acting: Option<String>,
    /// Its plan.
    pub plan: Option<String>,
    /// Monthly revenue.
    pub mrr: Option<crate::model::money::Money>,
    /// The last login.
    pub last_login: Option<String>,
    /// Open tickets, where a metric of that name counts them.
    pub open_tickets: Option<f64>,
    /// What is running.
    pub playbooks: Vec<Json>,
    /// The next renewal date.
    pub next_renewal: Option<String>,
    /// When each feed last delivered, and whether it is stale.
    pub freshness: Vec<Json>,
    /// The score in one sentence.
    pub explanation: String,
    /// The shared plan of the present phase, once a task of it is done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_plan: Vec<PlanTask>,
}

/// One task of the shared plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanTask {
    /// Its name.
    pub task: String,
    /// `ours` or `theirs`.
    pub side: &'static str,
    /// The day it was done.
    pub done: Option<String>,
}

fn shared_plan(view: &AccountView, phase: Option<&Phase>, zone: &TimeZone) -> Vec<PlanTask> {
    let Some(phase) = phase else { return Vec::new() };
    let one = |task: &String, side: &'static str| {
        let done = view.state.plan.get(task).map(|at| at.date(zone).to_string());
        PlanTask { task: task.clone(), side, done }
    };
    let ours = phase.tasks_ours.iter().map(|task| one(task, "ours"));
    let all: Vec<PlanTask> = ours.chain(phase.tasks_theirs.iter().map(|task| one(task, "theirs"))).collect();
    if all.iter().any(|task| task.done.is_some()) { all } else { Vec::new() }
}

/// `✓ import data (2026-04-03), □ invite team`.
fn plan_line(h: &Health, rulebook: &Rulebook, locale: Locale) -> Option<String> {
    let phase = rulebook.model.journey.iter().find(|p| Some(&p.name) == h.phase.as_ref())?;
    let one = |t: &PlanTask| match &t.done {
        Some(day) => format!("✓ {}{}", phase.task_title(&t.task, locale), bracketed(locale, &day.to_string())),
        None => format!("□ {}", phase.task_title(&t.task, locale)),
    };
    let all: Vec<String> = h.shared_plan.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// One part of a score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// What was measured.
    pub value: Json,
    /// What it gave.
    pub points: f64,
    /// What it could give.
    pub max: f64,
    /// Nothing is known.
    pub missing: bool,
    /// Age of the data.
    pub as_of: Option<String>,
}

/// Where onboarding stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Onboarding {
    /// `not_started`, `in_progress` or `done`.
    pub state: String,
    /// Steps done.
    pub done: u32,
    /// Steps in all; 0 when the model has no milestones to count.
    pub total: u32,
    /// The milestone that is open.
    pub open_step: Option<String>,
}

/// Collects the answer.
pub fn health(view: &AccountView, shell: &Shell, now: Instant, locale: Locale) -> Health {
    let (rulebook, world) = (shell.rulebook(), shell.world());
    let zone = &rulebook.model.workspace.zone;
    let phase = view.text("phase").map(str::to_owned);
    let goal = rulebook.model.journey.iter().find(|p| Some(&p.name) == phase.as_ref());
    Health {
        account: view.key.clone(),
        name: view.name(),
        scorecard: view.state.health.as_ref().map(|h| h.scorecard.clone()),
        score: view.score(),
        best: view.best_score(),
        band: view.band().to_owned(),
        held_because: held_because(view, &rulebook, locale),
        coverage: view.number("health.coverage"),
        change_7d: view.number("health.change_7d"),
        causes: view.causes(now.day(zone)),
        components: view.components().iter().map(|c| component(c, zone)).collect(),
        expansion: readiness(view, &rulebook, zone, locale),
        alerts: alerts(view, &rulebook, &world, locale),
        days_in_phase: view.number("days_in_phase"),
        onboarding: onboarding(view, &rulebook),
        onboarding_known: view.text("account.onboarding").is_some() || !required_milestones(&rulebook).is_empty(),
        handover_missing: handover_missing(view, &rulebook, locale),
        next_goal: goal.map(|p| p.goal.get(locale).to_owned()).unwrap_or_default(),
        owner: owner(view, &world).map(|key| called(key, &world, locale)),
        acting: acting(view, &world, now.day(zone)).map(|key| called(key, &world, locale)),
        plan: view.text("account.plan").map(str::to_owned),
        mrr: view.mrr(),
        last_login: moment(view.value("metric.last_login"), zone),
        open_tickets: view.number("metric.open_tickets").or(view.number("metric.tickets_opened_30d")),
        playbooks: view.runs.iter().filter(|r| r.is_real()).map(|r| json!({"playbook": r.playbook, "step": r.at, "waiting": r.waiting, "until": r.until.map(|u| u.rfc3339(zone))})).collect(),
        next_renewal: view.day("account.renewal_date").map(|d| date_of(d).to_string()),
        freshness: freshness(&world, zone),
        explanation: explanation(view, &rulebook, locale),
        shared_plan: shared_plan(view, goal, zone),
        phase,
    }
}

/// What keeps the band down; nothing where a person set it.
fn held_because(view: &AccountView, rulebook: &Rulebook, locale: Locale) -> Option<String> {
    let found = view.state.health.as_ref().filter(|_| view.state.override_band.is_none())?;
    let card = rulebook.model.health.iter().find(|card| card.name == found.scorecard)?;
    card.caps.get(found.held_by?).map(|cap| readiness::because(cap, locale))
}

fn handover_missing(view: &AccountView, rulebook: &Rulebook, locale: Locale) -> Vec<String> {
    if view.text("account.onboarding") == Some("done") || !view.is_customer() {
        return Vec::new();
    }
    handover::missing(&view.state, &rulebook.model, locale).into_iter().map(str::to_owned).collect()
}

fn owner<'a>(view: &'a AccountView, world: &'a World) -> Option<&'a str> {
    view.text("account.csm").or_else(|| world.fallbacks.get("csm").map(String::as_str))
}

/// The owner, and who acts for them.
fn owner_shown(health: &Health, locale: Locale) -> Option<String> {
    let owner = health.owner.clone()?;
    Some(match &health.acting {
        Some(deputy) => absence::away(locale, &owner, deputy),
        None => owner,
    })
}

fn acting<'a>(view: &'a AccountView, world: &'a World, today: i32) -> Option<&'a str> {
    let owner = owner(view, world)?;
    Some(world.on_duty(owner, today)).filter(|deputy| *deputy != owner)
}

fn called(key: &str, world: &World, locale: Locale) -> String {
    world.called(key, locale).to_owned()
}

/// One part of a score, for JSON and people.
pub fn component(c: &ComponentValue, zone: &TimeZone) -> Component {
    Component {
        name: c.name.clone(),
        value: c.value.to_json(),
        points: c.points,
        max: c.max,
        missing: c.missing,
        as_of: c.as_of.map(|at| at.rfc3339(zone)),
    }
}

fn alerts(view: &AccountView, rulebook: &Rulebook, world: &World, locale: Locale) -> Vec<String> {
    let zone = &rulebook.model.workspace.zone;
    let on = rulebook.model.alerts.iter().filter_map(|a| Some((a, view.state.alerts.get(&a.name)?)));
    let mut list: Vec<String> = on.map(|(a, since)| alert(a, &since.date(zone).to_string(), locale)).collect();
    if *view.value("stuck") == Value::Bool(true) {
        list.push(say(locale, Word::AlertStuck).to_owned());
    }
    if view.number("health.change_7d").is_some_and(|c| c < 0.0) && view.band() == "red" {
        list.push(say(locale, Word::AlertFalling).to_owned());
    }
    list.extend(world.stale.iter().map(|feed| sentence::stale(locale, feed)));
    list
}

/// An alert in words, with the day since which it is on.
fn alert(alert: &Alert, since: &str, locale: Locale) -> String {
    match &alert.kind {
        AlertKind::Drop(by, within) => sentence::alert_drop(locale, &number(*by), *within, since),
        AlertKind::Enters(b) => sentence::alert_enters(locale, band(locale, b), since),
        AlertKind::Stays(b, length) => {
            sentence::alert_stays(locale, band(locale, b), &sentence::length(locale, &length.to_string()), since)
        }
    }
}

/// Steps of the first phase's milestones: one whose condition compares a metric with a number counts
/// that many steps.
pub fn onboarding(view: &AccountView, rulebook: &Rulebook) -> Onboarding {
    let required = required_milestones(rulebook);
    let open = required.iter().find(|m| !view.state.milestones.contains_key(&m.name));
    let (done, total) = open.or(required.last()).map_or((0, 0), |m| steps(m, view, rulebook));
    let ordered = rulebook.model.journey.iter().find(|p| p.until.is_some());
    let state = match view.text("account.onboarding") {
        Some(state) => state,
        None if ordered.is_some_and(|p| view.text("phase") == Some(&p.name)) => "in_progress",
        None => "done",
    };
    Onboarding { state: state.to_owned(), done, total, open_step: open.map(|m| m.name.clone()) }
}

fn required_milestones(rulebook: &Rulebook) -> Vec<&Milestone> {
    let model = &rulebook.model;
    let until = model.journey.iter().find_map(|p| p.until.as_ref());
    let names = until.map(|u| u.names()).unwrap_or_default();
    model.milestones.iter().filter(|m| names.contains(&format!("milestone.{}", m.name))).collect()
}

fn steps(milestone: &Milestone, view: &AccountView, rulebook: &Rulebook) -> (u32, u32) {
    let reached = view.state.milestones.contains_key(&milestone.name);
    let counted = milestone.when.slots().iter().find_map(|slot| {
        let SlotSource::Metric(i) = rulebook.slots.sources.get(*slot as usize)? else { return None };
        let most = milestone.when.thresholds(*slot).into_iter().fold(0.0, f64::max);
        let metric = rulebook.model.metrics.get(*i)?;
        (most >= 2.0).then(|| (view.number(&format!("metric.{}", metric.name)).unwrap_or(0.0), most))
    });
    match counted {
        Some((_, most)) if reached => (most as u32, most as u32),
        Some((value, most)) => (value.clamp(0.0, most) as u32, most as u32),
        None => (u32::from(reached), 1),
    }
}

fn moment(value: &Value, zone: &TimeZone) -> Option<String> {
    match value {
        Value::Instant(at) => Some(at.rfc3339(zone)),
        Value::Date(day) => Some(date_of(*day).to_string()),
        _ => None,
    }
}

fn freshness(world: &World, zone: &TimeZone) -> Vec<Json> {
    let one = |(feed, at): (&String, &Instant)| json!({"feed": feed, "last": at.rfc3339(zone), "stale": world.stale.contains(feed)});
    world.feeds.iter().map(one).collect()
}

fn explanation(view: &AccountView, rulebook: &Rulebook, locale: Locale) -> String {
    let lost = |c: &&ComponentValue| !c.missing && c.points < c.max;
    let parts: Vec<String> = view
        .components()
        .iter()
        .filter(lost)
        .map(|c| {
            let title = rulebook.title(Titled::Component, &c.name, locale);
            sentence::component(locale, title, &c.value, c.points, c.max)
        })
        .collect();
    if parts.is_empty() {
        say(locale, Word::NothingLost).to_owned()
    } else {
        parts.join(say(locale, Word::ListSeparator))
    }
}

/// The answer for people.
pub fn reply(h: &Health, rulebook: &Rulebook, locale: Locale) -> Reply {
    let mut reply = Reply::new(locale, format!("{}: {}", h.name, headline(h, locale)));
    if let Some(because) = &h.held_because {
        reply = reply.field(sentence::band_held(locale), because.clone());
    }
    if let Some(change) = h.change_7d {
        let cause = |(name, points): &(String, f64)| {
            format!("{} {}", rulebook.title(Titled::Component, name, locale), signed(*points))
        };
        let causes = h.causes.iter().map(cause).collect::<Vec<_>>();
        let causes = if causes.is_empty() {
            String::new()
        } else {
            bracketed(locale, &causes.join(say(locale, Word::ListSeparator)))
        };
        reply = reply.field(say(locale, Word::Change7d), format!("{}{causes}", signed(change)));
    }
    for c in &h.components {
        let value = if c.missing { say(locale, Word::Missing).to_owned() } else { plain(&c.value) };
        let points = sentence::points(locale, &number(c.points), &number(c.max));
        reply = reply.field(
            rulebook.title(Titled::Component, &c.name, locale),
            format!("{points}{}", bracketed(locale, &value)),
        );
    }
    if let Some(ready) = &h.expansion {
        reply = reply.field(expansion::label(locale), readiness::line(ready, rulebook, locale));
    }
    if let Some(text) = onboarding_line(h, rulebook, locale) {
        reply = reply.field(say(locale, Word::Onboarding), text);
    }
    if !h.handover_missing.is_empty() {
        reply = reply.field(hearing::missing(locale), h.handover_missing.join(say(locale, Word::ListSeparator)));
    }
    if let Some(text) = plan_line(h, rulebook, locale) {
        reply = reply.field(plan::title(locale), text);
    }
    let phase = h.phase.as_ref().map(|name| {
        let days = h.days_in_phase.map(|d| sentence::days(locale, d)).unwrap_or_default();
        format!("{} {days}", rulebook.title(Titled::Phase, name, locale))
    });
    let bought = h.plan.as_ref().map(|p| rulebook.title(Titled::Plan, p, locale).to_owned());
    let contract = bought.into_iter().chain(h.mrr.map(|m| sentence::a_month(locale, &m.to_string())));
    for (label, value) in [
        (Word::Phase, phase),
        (Word::NextGoal, Some(h.next_goal.clone())),
        (Word::Owner, owner_shown(h, locale)),
        (Word::Plan, Some(contract.collect::<Vec<_>>().join(" · "))),
        (Word::LastLogin, h.last_login.as_deref().map(short)),
        (Word::NextDate, h.next_renewal.clone()),
        (Word::Running, Some(running(h, rulebook, locale))),
    ] {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            reply = reply.field(say(locale, label), value);
        }
    }
    if !h.alerts.is_empty() {
        reply = reply.with(Part::Bullets(h.alerts.clone()));
    }
    let target = |what: &str| Target { account: h.account.clone(), what: what.to_owned() };
    reply = reply
        .button(forms::note(locale), Press::Form(Form::Note, target("account")))
        .button(say(locale, Word::ButtonSnooze), Press::Form(Form::Snooze, target("account")))
        .button(say(locale, Word::ButtonAssign), Press::Form(Form::Assign, target("account")))
        .button(
            say(locale, Word::ButtonPlaybooks),
            Press::Ask(format!("playbooks {}", super::office::quoted(&h.account))),
        );
    reply.footer = footer(h, locale);
    reply
}

/// Band and score; without enough data, how much of it there is.
fn headline(h: &Health, locale: Locale) -> String {
    let word = band(locale, &h.band);
    match (h.band.as_str(), h.score) {
        ("unknown", _) => {
            let known = h.coverage.map(|share| sentence::coverage(locale, share)).unwrap_or_default();
            format!("{word}{known}")
        }
        (_, Some(score)) => format!("{word} {}", sentence::points(locale, &number(score), &number(h.best))),
        (_, None) => word.to_owned(),
    }
}

/// Nothing where the model has no milestones and the sheet does not say how far onboarding is.
fn onboarding_line(h: &Health, rulebook: &Rulebook, locale: Locale) -> Option<String> {
    let o = &h.onboarding;
    let state = say(locale, onboarding_word(&o.state));
    if o.total == 0 {
        return h.onboarding_known.then(|| state.to_owned());
    }
    let open = o.open_step.as_ref().map(|s| rulebook.title(Titled::Milestone, s, locale));
    let open = open.map(|title| format!(" · {}", sentence::open_step(locale, title))).unwrap_or_default();
    Some(format!("{state} {}{open}", sentence::of(locale, o.done, o.total)))
}

/// `2026-04-01T10:00:00+09:00` as people write it.
fn short(text: &str) -> String {
    match (text.get(..10), text.get(11..16), text.get(10..11)) {
        (Some(day), Some(time), Some("T")) => format!("{day} {time}"),
        _ => text.to_owned(),
    }
}

fn running(h: &Health, rulebook: &Rulebook, locale: Locale) -> String {
    let one = |p: &Json| {
        let title = rulebook.title(Titled::Playbook, p["playbook"].as_str().unwrap_or(""), locale);
        let step = p["step"].as_str().unwrap_or("–");
        format!("{title}{}", bracketed(locale, rulebook.step_title(p["playbook"].as_str().unwrap_or(""), step, locale)))
    };
    h.playbooks.iter().map(one).collect::<Vec<_>>().join(say(locale, Word::ListSeparator))
}

fn onboarding_word(state: &str) -> Word {
    match state {
        "done" => Word::OnboardingDone,
        "in_progress" => Word::OnboardingOpen,
        _ => Word::OnboardingNot,
    }
}

fn footer(h: &Health, locale: Locale) -> String {
    let one = |f: &Json| format!("{} {}", f["feed"].as_str().unwrap_or(""), short(f["last"].as_str().unwrap_or("")));
    let fresh = h.freshness.iter().map(one).collect::<Vec<_>>().join(" · ");
    if fresh.is_empty() { String::new() } else { format!("{}: {fresh}", say(locale, Word::Freshness)) }
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Number(n) => n.as_f64().map_or_else(|| n.to_string(), number),
        other => other.to_string(),
    }
}

/// A number without needless decimals.
pub fn number(n: f64) -> String {
    let text = format!("{n:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A change with its sign.
pub fn signed(n: f64) -> String {
    if n > 0.0 {
        format!("+{}", number(n))
    } else if n < 0.0 {
        format!("−{}", number(-n))
    } else {
        "±0".to_owned()
    }
}
