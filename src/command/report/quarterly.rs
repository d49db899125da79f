//! The quarter's review as an answer.

use super::monthly;
use crate::{
    command::{
        kpi::{figure, named},
        reply::{Field, Part, Reply},
    },
    insight::{
        effect::verdict::Verdict,
        monthly::Figure,
        quarterly::{Progress, Quarterly},
    },
    model::locale::Locale,
    rulebook::{
        titles::Titled,
        types::{Phase, Rulebook},
    },
    words::{effect, report::month, reports::quarterly as say},
};

/// Fewer stuck customers than this are no issue of the quarter.
const STUCK: u64 = 3;

/// The whole review, top to bottom.
pub fn reply(found: &Quarterly, rulebook: &Rulebook, locale: Locale) -> Reply {
    let [from, to] = &found.review.this.period;
    let title = say::title(locale, &month(locale, from), &month(locale, &super::onboarding::last_day(to)));
    let [reached, roadmap, new, revise] = say::headings(locale);
    let mut reply = Reply::new(locale, title).line(say::one_line(locale, found.reached));
    reply = reply.with(Part::Heading(reached.to_owned()));
    reply = monthly::figures(reply, &found.review.figures, true, rulebook, locale);
    reply = self::roadmap(reply.with(Part::Heading(roadmap.to_owned())), found, rulebook, locale);
    reply = issues(reply.with(Part::Heading(new.to_owned())), found, rulebook, locale);
    self::revise(reply.with(Part::Heading(revise.to_owned())), found, rulebook, locale)
}

fn roadmap(mut reply: Reply, found: &Quarterly, rulebook: &Rulebook, locale: Locale) -> Reply {
    for progress in &found.roadmap {
        let Some(phase) = rulebook.model.journey.iter().find(|phase| phase.name == progress.phase) else { continue };
        let title = rulebook.title(Titled::Phase, &progress.phase, locale);
        reply = reply.line(say::phase(locale, title)).with(Part::Fields(fields(progress, phase, rulebook, locale)));
    }
    let kais = |name: &str| found.review.this.kais.get(name).copied().unwrap_or(0);
    reply.line(say::heard(locale, kais("meetings_held"), kais("notes_written"), kais("survey_answers")))
}

/// What was counted beside what was written.
fn fields(progress: &Progress, phase: &Phase, rulebook: &Rulebook, locale: Locale) -> Vec<Field> {
    let [goal, customers, figures, does, feels, stumbles, wants] = say::labels(locale);
    let funnel = progress.funnel.as_ref();
    let days = funnel.and_then(|row| Some((row.median_days?, row.expected_days)));
    let left = funnel.filter(|row| row.reached > 0).map(|row| (row.left, row.reached));
    let counted = say::customers(locale, progress.there, progress.stuck, days, left);
    let told: Vec<String> = progress.figures.iter().filter_map(|f| told(f, rulebook, locale)).collect();
    let written = |key: &str| phase.customer.get(key).map(|text| text.get(locale).to_owned()).unwrap_or_default();
    let rows = [
        (goal, phase.goal.get(locale).to_owned()),
        (customers, counted),
        (figures, told.join(if locale == Locale::Ja { "、" } else { ", " })),
        (does, written("does")),
        (feels, written("feels")),
        (stumbles, written("stumbles")),
        (wants, written("wants")),
    ];
    let filled = rows.into_iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(label, value)| Field { label: label.to_owned(), value }).collect()
}

fn told(found: &Figure, rulebook: &Rulebook, locale: Locale) -> Option<String> {
    let unit = found.now.unit;
    let value = figure(found.now.value?, unit, locale);
    let name = named(rulebook, locale, &found.kpi);
    let target = found.now.target.map(|target| figure(target, unit, locale));
    let reached = found.reached.unwrap_or(false);
    let target = target.map(|target| crate::words::reports::monthly::target(locale, &target, reached));
    Some(match target {
        Some(target) => format!("{name} {value} ({target})"),
        None => format!("{name} {value}"),
    })
}

fn issues(mut reply: Reply, found: &Quarterly, rulebook: &Rulebook, locale: Locale) -> Reply {
    let mut lines: Vec<String> = found.new_reasons.iter().map(|reason| say::new_reason(locale, reason)).collect();
    for progress in found.roadmap.iter().filter(|progress| progress.stuck >= STUCK) {
        let phase = rulebook.model.journey.iter().find(|phase| phase.name == progress.phase);
        let stumbles = phase.and_then(|phase| phase.customer.get("stumbles")).map_or("", |text| text.get(locale));
        let title = rulebook.title(Titled::Phase, &progress.phase, locale);
        lines.push(say::stuck(locale, title, progress.stuck, progress.there, stumbles));
    }
    reply = match lines.is_empty() {
        true => reply.line(say::nothing_new(locale)),
        false => reply.with(Part::Bullets(lines)),
    };
    monthly::reasons(reply, &found.review, locale)
}

fn revise(reply: Reply, found: &Quarterly, rulebook: &Rulebook, locale: Locale) -> Reply {
    let missed = found.review.figures.iter().filter(|figure| figure.reached == Some(false));
    let missed = missed.filter_map(|found| {
        let (now, target) = (found.now.value?, found.now.target?);
        let text = |value: f64| figure(value, found.now.unit, locale);
        Some(say::missed(locale, &named(rulebook, locale, &found.kpi), &text(now), &text(target)))
    });
    let verdict = |(name, verdict): &(String, Verdict)| {
        let title = rulebook.title(Titled::Playbook, name, locale);
        effect::verdict(locale, title, verdict.word(), 0.0)
    };
    let mut lines: Vec<String> = missed.collect();
    let beyond = found.judged.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Helps | Verdict::Harms));
    lines.extend(beyond.map(verdict));
    lines.extend(crate::command::pairs::lines(&found.review.this, rulebook, locale));
    match lines.is_empty() {
        true => reply.line(say::nothing_to_revise(locale)),
        false => reply.with(Part::Bullets(lines)),
    }
}
