//! KPIs beside their actions, in the answer to `kpi`.

use super::kpi::{figure, named};
use crate::{
    insight::kpi::{
        KpiReport,
        pairs::{Action, Diagnosis, Pair},
    },
    model::locale::Locale,
    rulebook::types::Rulebook,
    words::{
        Word, pairs as words, say,
        terms::{Term, term},
    },
};

/// One line a pair: the figure, the actions, what follows.
pub fn lines(report: &KpiReport, rulebook: &Rulebook, locale: Locale) -> Vec<String> {
    report.pairs.iter().map(|pair| line(report, pair, rulebook, locale)).collect()
}

fn line(report: &KpiReport, pair: &Pair, rulebook: &Rulebook, locale: Locale) -> String {
    let unit = report.kpis.get(&pair.kpi).map(|rate| rate.unit);
    let shown = |value: f64| unit.map_or_else(|| value.to_string(), |unit| figure(value, unit, locale));
    let value = pair.value.map_or_else(|| "–".to_owned(), shown);
    let target = pair.target.map(shown);
    let head = words::figure(locale, &named(rulebook, locale, &pair.kpi), &value, target.as_deref(), pair.met);
    let told = |action: &Action| {
        let wanted = format!("{:.0}", action.wanted.ceil());
        words::action(locale, term(locale, Term::Kai, &action.kai), action.count, &wanted)
    };
    let comma = say(locale, Word::ListSeparator);
    let done = pair.actions.iter().map(told).collect::<Vec<_>>().join(comma);
    let short: Vec<&str> = pair.actions.iter().filter(|a| !a.met).map(|a| term(locale, Term::Kai, &a.kai)).collect();
    let follows = match pair.diagnosis {
        Diagnosis::Works => words::works(locale).to_owned(),
        Diagnosis::Quality => words::quality(locale).to_owned(),
        Diagnosis::DoMore => words::do_more(locale, &short.join(comma)),
        Diagnosis::OtherCause => words::other_cause(locale, &short.join(comma)),
        Diagnosis::Unknown => words::unknown(locale, pair.target.is_some()).to_owned(),
    };
    format!("{head} ← {done} → {follows}")
}
