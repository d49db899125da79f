//! The page of one playbook: the verdict first, then both groups day by day, the way through its steps, its guardrails.

use crate::{
    app::effects::{Outcome, Pictured},
    command::{
        effect as answer,
        reply::{Part, Reply, Table},
    },
    insight::effect::{
        curves::{At, Curves},
        funnel::{Row, Stage},
        guard::Guardrail,
        proportions::Counts,
    },
    model::locale::Locale,
    rulebook::types::Rulebook,
    words::{
        effect::{gap, guard_name, percent},
        reports::effect as say,
    },
};

/// The whole page, top to bottom.
pub fn reply(found: &Pictured, rulebook: &Rulebook, locale: Locale) -> Reply {
    let answer = answer::reply(&found.found, rulebook, locale);
    let begun = found.found.effect.treated.assigned + found.found.effect.holdout.assigned;
    if begun == 0 {
        return answer;
    }
    let leaving = found.is_leaving();
    let [days, steps, rails, rests] = say::headings(locale, leaving);
    let (said, rest): (Vec<Part>, Vec<Part>) = answer.parts.into_iter().partition(|part| matches!(part, Part::Text(_)));
    let under = |heading: &str, part: Part| [Part::Heading(heading.to_owned()), part];
    let mut parts = said;
    parts.extend(under(days, Part::Table(marks(&found.curves, leaving, locale))));
    parts.extend(under(steps, Part::Table(way(&found.funnel, &found.found.playbook, rulebook, locale))));
    parts.push(Part::Text(say::funnel_note(locale, heard(&found.funnel))));
    parts.extend(under(rails, Part::Table(guardrails(&found.found.guardrails, locale))));
    parts.push(Part::Heading(rests.to_owned()));
    parts.extend(rest.into_iter().map(|part| without(part, rails)));
    Reply { parts, ..Reply::new(locale, answer.title) }
}

/// The fields without the one that stands as a table above.
fn without(part: Part, label: &str) -> Part {
    match part {
        Part::Fields(fields) => Part::Fields(fields.into_iter().filter(|field| field.label != label).collect()),
        other => other,
    }
}

impl Pictured {
    /// Whether what is looked at is leaving: its curves fall, all others rise.
    pub fn is_leaving(&self) -> bool {
        self.found.outcome == Outcome::Churn
    }
}

/// What a stage is called.
pub fn stage(stage: &Stage, playbook: &str, rulebook: &Rulebook, locale: Locale) -> String {
    let [entered, goal] = say::stages(locale);
    match stage {
        Stage::Entered => entered.to_owned(),
        Stage::Step(id) => rulebook.step_title(playbook, id, locale).to_owned(),
        Stage::Goal => goal.to_owned(),
    }
}

fn marks(curves: &Curves, leaving: bool, locale: Locale) -> Table {
    let share = |at: At| at.share.map_or_else(|| "–".to_owned(), |s| percent(if leaving { s } else { 1.0 - s }));
    let rows = curves.marks.iter().map(|mark| {
        let [a, b] = [mark.treated, mark.holdout];
        vec![mark.day.to_string(), share(a), a.at_risk.to_string(), share(b), b.at_risk.to_string()]
    });
    Table { header: say::mark_columns(locale).map(str::to_owned).to_vec(), rows: rows.collect() }
}

fn way(rows: &[Row], playbook: &str, rulebook: &Rulebook, locale: Locale) -> Table {
    let counted = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
    let row = |(n, row): (usize, &Row)| {
        let last = n + 1 == rows.len();
        let after = [row.went_on, row.there, row.ended].map(|count| (!last).then_some(count));
        let mut cells = vec![stage(&row.stage, playbook, rulebook, locale), row.reached.to_string()];
        cells.extend([row.clicked, row.replied].into_iter().chain(after).map(counted));
        cells
    };
    let header = say::stage_columns(locale).into_iter().chain(say::parts(locale)).map(str::to_owned).collect();
    Table { header, rows: rows.iter().enumerate().map(row).collect() }
}

/// Whether clicks and replies were reported of any message; of a playbook without messages nothing lacks.
fn heard(rows: &[Row]) -> [bool; 2] {
    let any = |which: fn(&Row) -> bool| rows.iter().any(which);
    [any(|row| row.clicked.is_some()), any(|row| row.replied.is_some())]
}

fn guardrails(rails: &[Guardrail], locale: Locale) -> Table {
    let none = || "–".to_owned();
    let row = |rail: &Guardrail| {
        let share = (rail.denominator > 0).then(|| rail.numerator as f64 / rail.denominator as f64);
        vec![
            guard_name(locale, rail.name).to_owned(),
            rail.numerator.to_string(),
            rail.denominator.to_string(),
            share.map_or_else(none, percent),
            rail.holdout.and_then(Counts::rate).map_or_else(none, percent),
            rail.diff.zip(rail.ci95).map_or_else(none, |(diff, ci)| gap(diff, ci)),
            rail.limit.map_or_else(none, percent),
            say::guard(locale, rail.limit.map(|_| rail.crossed)).to_owned(),
        ]
    };
    Table { header: say::guard_columns(locale).map(str::to_owned).to_vec(), rows: rails.iter().map(row).collect() }
}
