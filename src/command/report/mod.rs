//! The reports as answers. This one is for those who decide: problem, solution, goal, resource.

pub mod effect;
pub mod monthly;
pub mod onboarding;
pub mod quarterly;
pub mod value;

use super::{
    kpi::{figure, named},
    reply::{Field, Part, Reply},
};
use crate::{
    app::executive::Page,
    insight::{
        costs::Costs,
        effect::{proportions::Counts, verdict::Verdict},
        executive::{Executive, Onboarded, WhatIf},
        rate::{Rate, Unit},
    },
    model::{
        locale::Locale,
        money::{Currency, Money},
    },
    rulebook::{titles::Titled, types::Rulebook},
    words::{
        effect as compared, report as say, sentence,
        terms::{Term, term},
    },
};

/// Reasons that are named.
const REASONS: usize = 5;

/// The whole report, top to bottom.
pub fn reply(page: &Page, rulebook: &Rulebook, locale: Locale) -> Reply {
    let found = &page.executive;
    let [problem, solution, goal, resource] = say::headings(locale);
    let (from, last) = (&found.period[0], &page.last_month.period[0]);
    let mut reply = Reply::new(locale, say::title(locale, &say::month(locale, from), &say::month(locale, last)));
    if let Some(line) = one_line(page, locale) {
        reply = reply.line(line);
    }
    reply = reply.with(Part::Heading(problem.to_owned()));
    reply = self::problem(reply, found, locale).with(Part::Heading(solution.to_owned()));
    reply = self::solution(reply, page, rulebook, locale).with(Part::Heading(goal.to_owned()));
    reply = self::goal(reply, found, locale).with(Part::Heading(resource.to_owned()));
    let reply = self::resource(reply, found, locale);
    Reply { footer: say::operator(locale, &gaps(page)), ..reply }
}

/// What the report lacks that somebody could add.
fn gaps(page: &Page) -> Vec<say::Gap> {
    let (found, costs) = (&page.executive, page.executive.costs);
    let aimed = page.last_month.kpis.values().any(|rate| rate.target.is_some());
    let proven = |(_, verdict): &(String, Verdict)| matches!(verdict, Verdict::Helps | Verdict::Harms);
    let all = [
        (say::Gap::Contracts, found.churn.value.is_none()),
        (say::Gap::Targets, !aimed),
        (say::Gap::Costs, costs == Costs::default()),
        (say::Gap::Proof, !page.playbooks.is_empty() && !page.playbooks.iter().any(proven)),
    ];
    all.into_iter().filter(|(_, lacks)| *lacks).map(|(gap, _)| gap).collect()
}

fn problem(mut reply: Reply, found: &Executive, locale: Locale) -> Reply {
    let Some((churn, [Some(low), Some(high)])) = found.churn.value.zip(found.churn.ci95) else {
        return reply.line(say::no_customers(locale));
    };
    let interval = format!("{}–{}", percent(low), percent(high));
    let counted = found.months.iter().filter(|month| month.recorded).count();
    let counts = (found.churn.numerator, found.churn.denominator);
    reply = reply.line(say::churn(locale, &percent(churn), counts, &interval, counted));
    if let Some(first) = &found.recorded_from {
        reply = reply.line(say::recorded_from(locale, &say::month(locale, first)));
    }
    if found.other_currency > 0 {
        reply = reply.line(sentence::other_currency(locale, found.other_currency));
    }
    if let Some(lost) = found.lost_a_year.filter(|lost| *lost > 0) {
        reply = reply.line(say::lost(locale, &minor(found, lost)));
    }
    if let Some(trend) = found.arpa_trend {
        let both = trend.stayed_then.zip(trend.stayed_now).map(|(a, b)| [major(found, a), major(found, b)]);
        let stayed = both.as_ref().map(|[then, now]| (trend.stayed, [then.as_str(), now.as_str()]));
        reply = reply.line(say::arpa(locale, [&major(found, trend.then), &major(found, trend.now)], stayed));
    }
    if let Some(groups) = &found.onboarded {
        reply = reply.line(late_or_done(groups, locale));
    }
    if found.reasons.is_empty() {
        return reply;
    }
    let one = |r: &crate::insight::executive::Reason| say::reason(locale, &r.reason, r.accounts, &minor(found, r.mrr));
    let reasons = found.reasons.iter().take(REASONS).map(one).collect();
    reply.line(say::reasons(locale)).with(Part::Bullets(reasons))
}

/// Churn of those onboarded in time and of the others, worded as an association.
fn late_or_done(o: &Onboarded, locale: Locale) -> String {
    let of = |counts: Counts| (counts.events, counts.n);
    let difference = compared::difference(locale, -o.diff, [-o.ci95[1], -o.ci95[0]]);
    let way = if o.ci95[1] < 0.0 {
        say::Way::LateLeave
    } else if o.ci95[0] > 0.0 {
        say::Way::DoneLeave
    } else {
        say::Way::Chance
    };
    say::onboarded(locale, of(o.late), of(o.done), &difference, way)
}

fn solution(mut reply: Reply, page: &Page, rulebook: &Rulebook, locale: Locale) -> Reply {
    let aimed = page.last_month.kpis.iter().filter_map(|(name, rate)| Some((name, rate, rate.target?)));
    let line = |(name, rate, target): (&String, &Rate, f64)| {
        let now = rate.value.map_or_else(|| "–".to_owned(), |value| figure(value, rate.unit, locale));
        say::towards(locale, &named(rulebook, locale, name), &now, &figure(target, rate.unit, locale))
    };
    let targets: Vec<String> = aimed.map(line).collect();
    let month = say::month(locale, &page.last_month.period[0]);
    reply = match targets.is_empty() {
        true => reply.line(say::no_targets(locale)),
        false => reply.line(say::figures(locale, &month)).with(Part::Bullets(targets)),
    };
    let proven: Vec<String> =
        page.playbooks.iter().filter_map(|(name, verdict)| proven(rulebook, locale, name, *verdict)).collect();
    reply = match (proven.is_empty(), page.playbooks.len()) {
        (false, _) => reply.with(Part::Bullets(proven)),
        (true, 0) => reply,
        (true, n) => reply.line(say::unproven(locale, n)),
    };
    let done = page.last_month.kais.iter().filter(|(_, n)| **n > 0);
    let fields: Vec<Field> = done.map(|(name, n)| field(term(locale, Term::Kai, name), n.to_string())).collect();
    if fields.is_empty() {
        return reply;
    }
    reply.line(say::actions(locale, &month)).with(Part::Fields(fields))
}

/// A playbook of which something is known beyond chance.
fn proven(rulebook: &Rulebook, locale: Locale, name: &str, verdict: Verdict) -> Option<String> {
    let title = rulebook.title(Titled::Playbook, name, locale);
    matches!(verdict, Verdict::Helps | Verdict::Harms).then(|| compared::verdict(locale, title, verdict.word(), 0.0))
}

fn goal(reply: Reply, found: &Executive, locale: Locale) -> Reply {
    let Some(what_if) = found.what_if else { return reply.line(say::no_what_if(locale)) };
    let WhatIf { now, then, is_target, ltv, kept } = what_if;
    let lines = vec![
        say::lifetime(locale, &about(found, ltv[0]), &about(found, ltv[1]), &about(found, ltv[1] - ltv[0])),
        say::kept(locale, &about(found, kept)),
    ];
    reply.line(say::what_if(locale, &percent(now), &percent(then), is_target)).with(Part::Bullets(lines))
}

fn resource(reply: Reply, found: &Executive, locale: Locale) -> Reply {
    let costs = found.costs;
    let cost = |amount: f64| {
        Money::from_major(amount, Currency::parse(&found.costs_currency).unwrap_or(Currency::JPY)).to_string()
    };
    let [people, tools, cac, ratio, payback] = say::costs(locale);
    let rows = [
        (people, costs.people.map(|n| say::people(locale, n))),
        (tools, costs.tools.map(|a| say::a_month(locale, &cost(a), &cost(a * 12.0)))),
        (cac, costs.cac.map(cost)),
        (ratio, found.ltv_to_cac.map(|r| say::times(locale, r, costs.gross_margin))),
        (payback, found.payback_months.map(|m| say::months(locale, m, costs.gross_margin))),
    ];
    let fields: Vec<Field> = rows.into_iter().filter_map(|(label, value)| Some(field(label, value?))).collect();
    if fields.is_empty() { reply.line(say::no_costs(locale)) } else { reply.with(Part::Fields(fields)) }
}

/// From the problem to the result; none where there is no churn to lower.
fn one_line(page: &Page, locale: Locale) -> Option<String> {
    let what_if = page.executive.what_if?;
    let completion = page.last_month.kpis.get("onboarding_completion");
    let below = completion.and_then(|rate| Some((rate.value?, rate.target?))).filter(|(now, target)| now < target);
    let completion = below.map(|(now, target)| (percent(now), percent(target)));
    let completion = completion.as_ref().map(|(now, target)| (now.as_str(), target.as_str()));
    let kept = about(&page.executive, what_if.kept);
    let churn = (percent(what_if.now), percent(what_if.then));
    Some(say::one_line(locale, (&churn.0, &churn.1), what_if.is_target, completion, &kept))
}

fn field(label: &str, value: String) -> Field {
    Field { label: label.to_owned(), value }
}

fn percent(share: f64) -> String {
    figure(share, Unit::Share, Locale::En)
}

/// An amount in minor units, as people read it.
fn minor(found: &Executive, amount_minor: i64) -> String {
    Money { amount_minor, currency: currency(found) }.to_string()
}

/// The same of major units, whole ones where there are thousands.
pub fn major(found: &Executive, amount: f64) -> String {
    let whole = if amount.abs() >= 1_000.0 { amount.round() } else { amount };
    Money::from_major(whole, currency(found)).to_string()
}

/// An estimate: three digits, more would be a promise; no finer than the currency's smallest coin.
pub fn about(found: &Executive, amount: f64) -> String {
    major(found, rounded(amount, currency(found)))
}

fn rounded(amount: f64, currency: Currency) -> f64 {
    let finest = -f64::from(currency.decimals());
    let step = 10_f64.powf((amount.abs().log10().floor() - 2.0).max(finest));
    if step.is_finite() && step > 0.0 { (amount / step).round() * step } else { amount }
}

fn currency(found: &Executive) -> Currency {
    found.currency.as_deref().and_then(Currency::parse).unwrap_or(Currency::JPY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_lifetime_value_keeps_its_three_digits() {
        let usd = Currency::parse("USD").unwrap();
        let near = |amount: f64, wanted: f64, currency| (rounded(amount, currency) - wanted).abs() < 1e-9;
        assert!(near(45.678, 45.7, usd) && near(4.5678, 4.57, usd) && near(0.045, 0.05, usd), "not $46 and $5");
        assert!(near(123_456.0, 123_000.0, usd) && near(999.9, 1_000.0, usd) && near(0.0, 0.0, usd));
        assert!(near(45.6, 46.0, Currency::JPY) && near(-1_234_567.0, -1_230_000.0, Currency::JPY));
    }
}
