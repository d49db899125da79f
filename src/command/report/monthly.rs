//! The month's report as an answer.

use super::percent;
use crate::{
    command::{
        kpi::{self, figure, named},
        reply::{Field, Part, Reply, Table},
    },
    insight::{
        cohort::Cohorts,
        monthly::{Figure, Monthly, groups::Groups, reasons::Reason},
        rate::{Rate, Unit},
        revenue::Movements,
    },
    model::{
        locale::Locale,
        money::{Currency, Money},
    },
    rulebook::{titles::Titled, types::Rulebook},
    words::{
        self, Word, effect,
        report::month,
        reports::monthly as say,
        terms::{Term, term},
    },
};

/// The whole report, top to bottom.
pub fn reply(found: &Monthly, rulebook: &Rulebook, locale: Locale) -> Reply {
    let title = say::title(locale, &month(locale, &found.this.period[0]));
    let [figures, revenue, stays, health, playbooks, credit, reasons] = say::headings(locale);
    let mut reply = Reply::new(locale, title);
    let line = one_line(found, locale);
    if !line.is_empty() {
        reply = reply.line(line);
    }
    reply = self::figures(reply.with(Part::Heading(figures.to_owned())), &found.figures, false, rulebook, locale);
    if let Some(moved) = &found.this.mrr_movements {
        reply = self::revenue(reply.with(Part::Heading(revenue.to_owned())), found, moved, locale);
    }
    reply = self::cohorts(reply.with(Part::Heading(stays.to_owned())), &found.cohorts, locale);
    if let Some(last) = found.health.last() {
        let counts = [last.green, last.yellow, last.red, last.unknown];
        reply = reply.with(Part::Heading(health.to_owned())).line(say::health(locale, counts));
    }
    reply = self::playbooks(reply.with(Part::Heading(playbooks.to_owned())), found, rulebook, locale);
    if let Some(sum) = found.credit {
        let amount = |minor| money(found, minor);
        let all = (amount(sum.expansion), sum.customers);
        let ours = (amount(sum.credited), sum.credited_customers);
        let text = match sum.customers {
            0 => say::no_expansion(locale).to_owned(),
            _ => say::credit(locale, sum.days, (&all.0, all.1), (&ours.0, ours.1)),
        };
        reply = reply.with(Part::Heading(credit.to_owned())).line(text);
    }
    self::reasons(reply.with(Part::Heading(reasons.to_owned())), found, locale)
}

fn one_line(found: &Monthly, locale: Locale) -> String {
    let churn = found.this.kpis.get("logo_churn");
    let churn = churn.and_then(|rate| Some((percent(rate.value?), rate.target.map(percent).unwrap_or_default())));
    let mrr = found.this.mrr_movements.map(|m| (money(found, m.closing), signed(found, m.closing - m.opening)));
    say::one_line(
        locale,
        churn.as_ref().map(|(now, aim)| (now.as_str(), aim.as_str())),
        mrr.as_ref().map(|(closing, moved)| (closing.as_str(), moved.as_str())),
    )
}

/// Second looks at what another row says already.
const SECOND: [&str; 3] = ["retention", "nps_change", "nps_accounts"];

/// Figures with a value or a target, in the order of the KPIs.
pub(super) fn figures(reply: Reply, all: &[Figure], quarter: bool, rulebook: &Rulebook, locale: Locale) -> Reply {
    // Told for the whole quarter, it would stand beside churn told a month.
    let mixed = |f: &Figure| quarter && f.kpi == "logo_churn_events" && f.now.target.is_none();
    let told = |f: &&Figure| (f.now.value.is_some() || f.now.target.is_some()) && !mixed(f);
    let mut shown: Vec<&Figure> = all
        .iter()
        .filter(|f| told(f) && !SECOND.contains(&f.kpi.as_str()) && !kpi::kept_back(&f.kpi, &f.now))
        .collect();
    shown.sort_by_key(|figure| (kpi::place(&figure.kpi), figure.kpi.clone()));
    let header = say::figure_columns(locale, quarter).map(str::to_owned).to_vec();
    let rows = shown.iter().map(|figure| row(figure, rulebook, locale)).collect();
    let mut reply = reply.with(Part::Table(Table { header, rows }));
    if quarter {
        reply = reply.line(say::churn_a_month(locale));
    }
    let present: Vec<String> =
        shown.iter().filter(|f| f.now.is_momentary()).map(|f| named(rulebook, locale, &f.kpi)).collect();
    if !present.is_empty() {
        reply = reply.line(say::momentary(locale, &present.join(words::say(locale, Word::ListSeparator))));
    }
    for figure in &shown {
        if let Some(text) = reference(&figure.kpi, &figure.now, rulebook, locale) {
            reply = reply.line(text);
        }
    }
    reply
}

/// What is said to be usual, as a sentence.
pub fn reference(kpi: &str, rate: &Rate, rulebook: &Rulebook, locale: Locale) -> Option<String> {
    let usual = figure(rate.reference?, rate.unit, locale);
    Some(say::reference(locale, &named(rulebook, locale, kpi), &usual))
}

fn row(found: &Figure, rulebook: &Rulebook, locale: Locale) -> Vec<String> {
    let unit = found.now.unit;
    let value = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| figure(v, unit, locale));
    let change = found.change.map_or_else(
        || "–".to_owned(),
        |change| match unit {
            Unit::Share => say::points(locale, change * 100.0),
            Unit::Money(_) if change > 0.0 => format!("+{}", figure(change, unit, locale)),
            Unit::Money(_) => figure(change, unit, locale),
            Unit::Days | Unit::Months | Unit::Hours | Unit::Points => format!("{change:+.1}"),
        },
    );
    let target = found.now.target.map(|target| figure(target, unit, locale));
    let target = target.map(|target| match found.reached {
        Some(reached) => say::target(locale, &target, reached),
        None => target,
    });
    vec![
        named(rulebook, locale, &found.kpi),
        value(found.now.value),
        value(found.before),
        change,
        target.unwrap_or_default(),
    ]
}

fn revenue(reply: Reply, found: &Monthly, moved: &Movements, locale: Locale) -> Reply {
    let field = |(name, minor): (&str, i64)| Field {
        label: term(locale, Term::Movement, name).to_owned(),
        value: if matches!(name, "opening" | "closing") { money(found, minor) } else { signed(found, minor) },
    };
    let fields = steps(moved).into_iter().map(field).collect();
    let reply = reply.with(Part::Fields(fields));
    match found.balanced {
        Some(balanced) => reply.line(say::balanced(locale, balanced)),
        None => reply,
    }
}

/// Opening, what moved it, closing.
pub fn steps(moved: &Movements) -> [(&'static str, i64); 7] {
    [
        ("opening", moved.opening),
        ("new", moved.new),
        ("expansion", moved.expansion),
        ("reactivation", moved.reactivation),
        ("contraction", moved.contraction),
        ("churn", moved.churn),
        ("closing", moved.closing),
    ]
}

/// Ages that fit a line of 80 columns.
const AGES: usize = 7;

/// The table of who stays; the page shows every age as a picture.
pub fn cohorts(reply: Reply, found: &Cohorts, locale: Locale) -> Reply {
    if found.rows.is_empty() {
        return reply.line(say::no_cohorts(locale));
    }
    let (text, [started, customers], all) = say::cohorts(locale);
    let shown = found.customers.len().min(AGES);
    let share = |of: u64, n: u64| format!("{:.0}%", of as f64 / n.max(1) as f64 * 100.0);
    let row = |row: &crate::insight::cohort::Cohort| {
        let first = vec![row.first.get(..7).unwrap_or_default().to_owned(), row.n.to_string()];
        first
            .into_iter()
            .chain(row.there.iter().take(shown).map(|of| of.map_or_else(String::new, |of| share(of, row.n))))
            .collect()
    };
    let mut rows: Vec<Vec<String>> = found.rows.iter().map(row).collect();
    let pooled =
        found.customers.iter().take(shown).map(|v| v.map_or_else(String::new, |v| format!("{:.0}%", v * 100.0)));
    let n: u64 = found.rows.iter().map(|row| row.n).sum();
    rows.push([all.to_owned(), n.to_string()].into_iter().chain(pooled).collect());
    let header = [started.to_owned(), customers.to_owned()].into_iter().chain((0..shown).map(|age| age.to_string()));
    reply.with(Part::Table(Table { header: header.collect(), rows })).line(text)
}

fn playbooks(mut reply: Reply, found: &Monthly, rulebook: &Rulebook, locale: Locale) -> Reply {
    if found.by_tag.is_empty() {
        return reply.line(say::no_groups(locale));
    }
    let [by_tag, by_segment] = say::groups(locale);
    let tag = |name: &str| say::tag(locale, name);
    reply = reply.line(by_tag).with(Part::Table(groups(&found.by_tag, &tag, true, locale)));
    if !found.by_segment.is_empty() {
        let segment = |name: &str| rulebook.title(Titled::Segment, name, locale).to_owned();
        reply = reply.line(by_segment).with(Part::Table(groups(&found.by_segment, &segment, false, locale)));
    }
    reply.line(say::groups_note(locale))
}

fn groups(all: &[Groups], called: &dyn Fn(&str) -> String, judged: bool, locale: Locale) -> Table {
    let columns = if judged { 6 } else { 5 };
    let header = say::group_columns(locale).into_iter().take(columns).map(str::to_owned).collect();
    let verdict = |(word, n): (&&'static str, &u64)| format!("{} {n}", effect::verdict_word(locale, word));
    let row = |group: &Groups| {
        let counts = [group.playbooks, group.started, group.reached, group.sent].map(|n| n.to_string());
        let verdicts: Vec<String> = group.verdicts.iter().map(verdict).collect();
        let cells = [called(&group.name)].into_iter().chain(counts).chain([verdicts.join(", ")]);
        cells.take(columns).collect()
    };
    Table { header, rows: all.iter().map(row).collect() }
}

/// Why customers left, with their words below.
pub(super) fn reasons(mut reply: Reply, found: &Monthly, locale: Locale) -> Reply {
    if found.reasons.is_empty() && found.no_reason == 0 {
        return reply.line(say::nobody_left(locale));
    }
    let row = |r: &Reason| vec![r.reason.clone(), r.accounts.to_string(), money(found, r.mrr)];
    if !found.reasons.is_empty() {
        let header = say::reason_columns(locale).map(str::to_owned).to_vec();
        reply = reply.with(Part::Table(Table { header, rows: found.reasons.iter().map(row).collect() }));
    }
    let quotes: Vec<String> =
        found.reasons.iter().flat_map(|r| r.quotes.iter().map(|quote| say::quote(locale, &r.reason, quote))).collect();
    if !quotes.is_empty() {
        reply = reply.with(Part::Bullets(quotes));
    }
    if found.no_reason > 0 {
        reply = reply.line(say::no_reason(locale, found.no_reason));
    }
    reply
}

/// An amount in minor units, as people read it.
pub fn money(found: &Monthly, amount_minor: i64) -> String {
    let currency = found.this.currency.as_deref().and_then(Currency::parse).unwrap_or(Currency::JPY);
    Money { amount_minor, currency }.to_string()
}

fn signed(found: &Monthly, amount_minor: i64) -> String {
    let sign = if amount_minor > 0 { "+" } else { "" };
    format!("{sign}{}", money(found, amount_minor))
}
