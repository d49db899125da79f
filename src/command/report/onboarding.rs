//! The onboarding report as an answer.

use std::collections::BTreeMap;

use super::{late_or_done, percent};
use crate::{
    command::reply::{Part, Reply, Table},
    insight::onboarding::{Onboarding, milestones::MilestoneRow, phases::PhaseRow, steps::StepRow},
    model::locale::{Bilingual, Locale},
    rulebook::{titles::Titled, types::Rulebook},
    words::{
        report::{Gap, date, operator},
        reports::onboarding as say,
    },
};

/// The whole report, top to bottom.
pub fn reply(found: &Onboarding, rulebook: &Rulebook, locale: Locale) -> Reply {
    let [from, to] = &found.period;
    let title = say::title(locale, &date(locale, from), &date(locale, &last_day(to)));
    let reply = Reply::new(locale, title);
    if found.started + found.heard_late == 0 {
        return Reply { footer: operator(locale, &[Gap::Contracts]), ..reply.line(say::nobody(locale)) };
    }
    let [funnel, milestones, completion, both, steps] = say::headings(locale);
    let mut reply = reply.line(one_line(found, rulebook, locale));
    reply = reply.line(say::cohort(locale, found.started, found.heard_late));
    reply = self::funnel(reply.with(Part::Heading(funnel.to_owned())), found, rulebook, locale);
    reply = self::completion(reply.with(Part::Heading(completion.to_owned())), found, locale);
    if !found.milestones.is_empty() {
        reply = reply.with(Part::Heading(milestones.to_owned()));
        reply = reply.with(Part::Table(self::milestones(&found.milestones, rulebook, locale)));
        reply = reply.line(say::milestone_note(locale));
    }
    reply = reply.with(Part::Heading(both.to_owned()));
    reply = match &found.onboarded {
        Some(groups) => {
            reply.line(format!("{}{}", say::not_causal(locale), after_colon(locale, &late_or_done(groups, locale))))
        }
        None => reply.line(say::no_comparison(locale)),
    };
    reply = reply.with(Part::Heading(steps.to_owned()));
    self::steps(reply, &found.steps, rulebook, locale)
}

fn one_line(found: &Onboarding, rulebook: &Rulebook, locale: Locale) -> String {
    let now = found.completion.value.map(percent);
    let target = found.completion.target.map(percent);
    let drop = found.largest_drop.and_then(|n| found.phases.get(n));
    let drop = drop.map(|row| (rulebook.title(Titled::Phase, &row.phase, locale), row.left));
    say::one_line(locale, now.as_deref().map(|now| (now, target.as_deref())), drop)
}

fn funnel(reply: Reply, found: &Onboarding, rulebook: &Rulebook, locale: Locale) -> Reply {
    let row = |row: &PhaseRow| {
        let days = row.median_days.map_or_else(|| "–".to_owned(), |days| format!("{days:.0}"));
        let left = row.drop_off.value.map_or_else(String::new, |share| format!("{} ({})", row.left, percent(share)));
        vec![
            rulebook.title(Titled::Phase, &row.phase, locale).to_owned(),
            row.reached.to_string(),
            row.moved_on.to_string(),
            row.there.to_string(),
            left,
            say::days(locale, &days, row.expected_days),
        ]
    };
    let header = say::phase_columns(locale).map(str::to_owned).to_vec();
    let rows = found.phases.iter().map(row).collect();
    let reply = reply.with(Part::Table(Table { header, rows }));
    let stumbles: Vec<String> = found.phases.iter().filter_map(|row| stumble(row, rulebook, locale)).collect();
    match stumbles.is_empty() {
        true => reply,
        false => reply.line(say::stumbles(locale)).with(Part::Bullets(stumbles)),
    }
}

/// What the journey says of a phase beside what was counted in it.
fn stumble(row: &PhaseRow, rulebook: &Rulebook, locale: Locale) -> Option<String> {
    let phase = rulebook.model.journey.iter().find(|phase| phase.name == row.phase)?;
    let customer: &BTreeMap<String, Bilingual> = &phase.customer;
    let written = customer.get("stumbles").map(|text| text.get(locale)).filter(|text| !text.is_empty())?;
    let share = row.drop_off.value.map_or_else(|| "–".to_owned(), percent);
    let title = rulebook.title(Titled::Phase, &row.phase, locale);
    Some(say::stumble(locale, title, written, row.left, &share, row.stuck))
}

fn milestones(rows: &[MilestoneRow], rulebook: &Rulebook, locale: Locale) -> Table {
    let row = |row: &MilestoneRow| {
        let share =
            if row.n == 0 { String::new() } else { format!(" ({:.0}%)", row.reached as f64 / row.n as f64 * 100.0) };
        let day = |day: Option<f64>| day.map_or_else(|| "–".to_owned(), |day| format!("{day:.0}"));
        let end = |day: Option<f64>| day.map_or_else(|| "∞".to_owned(), |day| format!("{day:.0}"));
        let median = match row.median_days {
            Some(median) => format!("{median:.0} ({}–{})", end(row.ci95[0]), end(row.ci95[1])),
            None => "–".to_owned(),
        };
        vec![
            rulebook.title(Titled::Milestone, &row.milestone, locale).to_owned(),
            format!("{}{share}", row.reached),
            row.left.to_string(),
            row.open.to_string(),
            row.mean_days_of_reached.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.1}")),
            median,
            day(row.p75_days),
        ]
    };
    Table { header: say::milestone_columns(locale).map(str::to_owned).to_vec(), rows: rows.iter().map(row).collect() }
}

fn completion(reply: Reply, found: &Onboarding, locale: Locale) -> Reply {
    let rate = &found.completion;
    let Some((value, [Some(low), Some(high)])) = rate.value.zip(rate.ci95) else {
        return reply.line(say::no_completion(locale));
    };
    let interval = format!("{}–{}", percent(low), percent(high));
    let target = rate.target.map(percent);
    let counts = (rate.numerator, rate.denominator);
    reply.line(say::completion(locale, &percent(value), counts, &interval, target.as_deref()))
}

fn steps(reply: Reply, rows: &[StepRow], rulebook: &Rulebook, locale: Locale) -> Reply {
    let Some(first) = rows.first() else { return reply.line(say::no_steps(locale)) };
    let row = |row: &StepRow| {
        let playbook = rulebook.title(Titled::Playbook, &row.playbook, locale);
        let milestone = rulebook.title(Titled::Milestone, &row.milestone, locale);
        vec![
            format!("{playbook} / {}", rulebook.step_title(&row.playbook, &row.step, locale)),
            row.sent.to_string(),
            row.clicked.map_or_else(|| "–".to_owned(), |n| n.to_string()),
            say::step_reached(locale, milestone, (row.reached, row.followed)),
        ]
    };
    let header = say::step_columns(locale, first.within_days).to_vec();
    let reply = reply.with(Part::Table(Table { header, rows: rows.iter().map(row).collect() }));
    reply.line(say::step_note(locale, first.clicked.is_some()))
}

/// A sentence after a colon: with a blank where the language has one.
fn after_colon(locale: Locale, text: &str) -> String {
    if locale == Locale::En { format!(" {text}") } else { text.to_owned() }
}

/// The day before an ISO date; the date itself where it is none.
pub(super) fn last_day(to: &str) -> String {
    let day = to.parse::<jiff::civil::Date>().ok().and_then(|day| day.yesterday().ok());
    day.map_or_else(|| to.to_owned(), |day| day.to_string())
}
