//! The value report as an answer, in the customer's language.

use crate::{
    command::reply::{Part, Reply, Table},
    insight::value::{Used, ValueReport},
    model::locale::Locale,
    rulebook::{template::number, titles::Titled, types::Rulebook},
    words::{
        report::{date, month},
        reports::value as say,
    },
};

/// The whole report, top to bottom.
pub fn reply(found: &ValueReport, rulebook: &Rulebook) -> Reply {
    let locale = found.locale;
    let asked = month(locale, found.months.last().map_or("", String::as_str));
    let [used, reached, next] = say::headings(locale);
    let mut reply = Reply::new(locale, say::title(locale, &found.name, &asked)).line(lead(found, &asked, rulebook));
    if found.months.len() > 1 && !found.used.is_empty() {
        reply = reply.with(Part::Heading(used.to_owned())).with(Part::Table(table(found, rulebook)));
    }
    reply = self::reached(reply.with(Part::Heading(reached.to_owned())), found, rulebook);
    reply = self::next(reply.with(Part::Heading(next.to_owned())), found, rulebook);
    Reply { footer: say::footer(locale, &date(locale, &found.as_of)), ..reply }
}

/// A figure as mails write it (`| number`).
pub fn written(value: f64) -> String {
    number(value, None, true)
}

/// What a metric is called.
pub fn title<'a>(used: &'a Used, rulebook: &'a Rulebook, locale: Locale) -> &'a str {
    rulebook.title(Titled::Metric, &used.metric, locale)
}

fn lead(found: &ValueReport, asked: &str, rulebook: &Rulebook) -> String {
    let locale = found.locale;
    let figure = |used: &Used| {
        let before = used.before().map(written);
        Some(say::figure(locale, title(used, rulebook, locale), &written(used.now()?), before.as_deref()))
    };
    let figures: Vec<String> = found.used.iter().filter_map(figure).collect();
    let quiet = found.used.iter().all(|used| used.now().is_none_or(|value| value == 0.0));
    if quiet { say::quiet(locale, asked) } else { say::lead(locale, asked, &figures) }
}

/// A row a month, the newest last.
fn table(found: &ValueReport, rulebook: &Rulebook) -> Table {
    let locale = found.locale;
    let titles = found.used.iter().map(|used| title(used, rulebook, locale));
    let header = std::iter::once(say::month_column(locale)).chain(titles).map(str::to_owned).collect();
    let row = |(n, first): (usize, &String)| {
        let value = |used: &Used| used.values.get(n).copied().flatten().map_or_else(|| "–".to_owned(), written);
        std::iter::once(month(locale, first)).chain(found.used.iter().map(value)).collect()
    };
    Table { header, rows: found.months.iter().enumerate().map(row).collect() }
}

fn reached(reply: Reply, found: &ValueReport, rulebook: &Rulebook) -> Reply {
    let locale = found.locale;
    let milestone = |one: &crate::insight::value::Reached| {
        let title = rulebook.title(Titled::Milestone, &one.milestone, locale);
        say::reached(locale, title, &date(locale, &one.on), one.new)
    };
    let named = |one: &crate::insight::value::Success| {
        let says = rulebook.model.success.iter().find(|success| success.name == one.name)?.says.get(locale);
        Some(say::success(locale, says, one.reached))
    };
    let mut lines: Vec<String> = found.success.iter().filter_map(named).collect();
    lines.extend((!found.goals.is_empty()).then(|| say::goals(locale, &found.goals)));
    let reply = match found.reached.is_empty() {
        true => reply.line(say::nothing_reached(locale)),
        false => reply.with(Part::Bullets(found.reached.iter().map(milestone).collect())),
    };
    if lines.is_empty() { reply } else { reply.with(Part::Bullets(lines)) }
}

fn next(reply: Reply, found: &ValueReport, rulebook: &Rulebook) -> Reply {
    let locale = found.locale;
    let task = |one: &crate::insight::value::Next| {
        let phase = rulebook.model.journey.iter().find(|phase| phase.name == one.phase)?;
        Some(phase.task_title(&one.task, locale))
    };
    let tasks: Vec<String> = found.next.iter().filter_map(task).collect();
    match tasks.is_empty() {
        true => reply.line(say::nothing_next(locale)),
        false => reply.line(say::next(locale)).with(Part::Bullets(tasks)),
    }
}
