//! The report for those who decide, both languages side by side. Amounts and figures come formatted.

use super::{count_of, pick};
use crate::model::locale::Locale;

/// Its title.
pub fn title(locale: Locale, from: &str, last: &str) -> String {
    pick(
        locale,
        format!("カスタマーサクセス報告：{from}〜{last}"),
        format!("Customer success report, {from} to {last}"),
    )
}

/// The month of an ISO date.
pub fn month(locale: Locale, date: &str) -> String {
    let mut parts = date.splitn(3, '-');
    let (year, month) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    pick(locale, format!("{year}年{}月", month.trim_start_matches('0')), format!("{year}-{month}"))
}

/// An ISO date as people write it.
pub fn date(locale: Locale, date: &str) -> String {
    let parts: Vec<&str> = date.split('-').map(|part| part.trim_start_matches('0')).collect();
    match (locale, parts.as_slice()) {
        (Locale::Ja, [year, month, day]) => format!("{year}年{month}月{day}日"),
        _ => date.to_owned(),
    }
}

/// The month asked for is not over.
pub fn not_over(locale: Locale, month: &str) -> String {
    pick(
        locale,
        format!("{month} はまだ終わっていません。終わった月を指定してください"),
        format!("{month} is not over yet: choose a month that is"),
    )
}

/// Headings: problem, solution, goal, resource.
pub fn headings(locale: Locale) -> [&'static str; 4] {
    pick(locale, ["課題", "対策", "目標", "体制と費用"], ["Problem", "Solution", "Goal", "Resource"])
}

/// How many leave in a month.
pub fn churn(locale: Locale, share: &str, (lost, opening): (i64, u64), interval: &str, months: usize) -> String {
    pick(
        locale,
        format!(
            "毎月{share}の顧客が解約しています（直近{months}か月、のべ{opening}社のうち{lost}社。95％信頼区間：{interval}）。"
        ),
        format!(
            "{share} of customers leave each month ({lost} of {opening} over {months}; 95 % interval: {interval}).",
            opening = count_of(opening, "customer-month"),
            months = count_of(months, "month")
        ),
    )
}

/// Nobody was there to leave.
pub fn no_customers(locale: Locale) -> &'static str {
    pick(locale, "この期間に契約のある顧客がまだいません。", "No customer had a contract in this time.")
}

/// What left.
pub fn lost(locale: Locale, amount: &str) -> String {
    pick(
        locale,
        format!("この間に失った売上は、年額で{amount}です（失った月額の12か月分）。"),
        format!("What left in this time was worth {amount} a year (12 × the monthly revenue that was lost)."),
    )
}

/// What the interval of two groups says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Those who were late leave more, beyond chance.
    LateLeave,
    /// Those who were in time do.
    DoneLeave,
    /// Neither, beyond chance.
    Chance,
}

/// Who was onboarded in time and who was not.
pub fn onboarded(locale: Locale, late: (u64, u64), done: (u64, u64), difference: &str, way: Way) -> String {
    let share = |(events, n): (u64, u64)| format!("{:.1}%", events as f64 / n.max(1) as f64 * 100.0);
    let (a, b) = (share(late), share(done));
    let both = pick(
        locale,
        format!(
            "導入が30日で終わらなかった{}社は180日までに{}社（{a}）、終わった{}社は{}社（{b}）が解約しています。{difference}",
            late.1, late.0, done.1, done.0
        ),
        format!(
            "Of {} customers not onboarded within 30 days {} ({a}) had left by the 180th, of {} who were {} ({b}). {difference}",
            late.1, late.0, done.1, done.0
        ),
    );
    let said = match way {
        Way::LateLeave => pick(
            locale,
            "導入でつまずいた顧客ほど、解約が多くなっています。ただし、それが原因だという証明ではありません。",
            "Leaving goes together with stumbling at the start. That is no proof that the one causes the other.",
        ),
        Way::DoneLeave => pick(
            locale,
            "導入が早く終わった顧客のほうが多く解約しています。導入完了の条件が、成果と合っていないかもしれません。",
            "Those who were done in time leave more often: what counts as done may not be what customers came for.",
        ),
        Way::Chance => pick(locale, "この差は偶然でも起こりえます。", "Chance alone may make such a difference."),
    };
    super::effect::sentences(locale, &[&both, said])
}

/// A reason with how often it was given and what those customers paid a month.
pub fn reason(locale: Locale, reason: &str, accounts: u64, mrr: &str) -> String {
    let s = if accounts == 1 { "" } else { "s" };
    pick(
        locale,
        format!("{reason}：{accounts}社、月額{mrr}"),
        format!("{reason}: {accounts} customer{s}, {mrr} a month"),
    )
}

/// Over the reasons.
pub fn reasons(locale: Locale) -> &'static str {
    pick(locale, "解約の理由（失った月額の順）：", "Why they left, the most revenue first:")
}

/// Over the figures of one month.
pub fn figures(locale: Locale, month: &str) -> String {
    pick(locale, format!("{month}の指標と目標："), format!("Figures of {month} and their targets:"))
}

/// A figure and where it is to go.
pub fn towards(locale: Locale, name: &str, now: &str, target: &str) -> String {
    pick(locale, format!("{name}：{now} → 目標 {target}"), format!("{name}: {now} → target {target}"))
}

/// No figure has a target.
pub fn no_targets(locale: Locale) -> &'static str {
    pick(locale, "目標がまだ決まっていません。", "No figure has a target yet.")
}

/// What was done in the last month.
pub fn actions(locale: Locale, month: &str) -> String {
    pick(locale, format!("{month}にしたこと"), format!("What we did in {month}"))
}

/// Playbooks under measurement, none of them proven.
pub fn unproven(locale: Locale, playbooks: usize) -> String {
    pick(
        locale,
        format!("{playbooks}件のプレイブックを動かしています。効果が証明されたものはまだありません。"),
        format!("Playbooks that run: {playbooks}. None is proven to work yet."),
    )
}

/// From which month on churn counts.
pub fn recorded_from(locale: Locale, month: &str) -> String {
    pick(
        locale,
        format!("{month}より前に離れた顧客の記録がないため、解約率は{month}から数えています。"),
        format!("Churn counts from {month} on: who left before is not on record."),
    )
}

/// What a lower churn would mean.
pub fn what_if(locale: Locale, now: &str, then: &str, is_target: bool) -> String {
    match is_target {
        true => pick(
            locale,
            format!("月の解約率が{now}から目標の{then}になれば："),
            format!("If monthly churn goes from {now} to the target of {then}:"),
        ),
        false => pick(
            locale,
            format!("月の解約率が4分の1減って{now}から{then}になれば（例）："),
            format!("If a quarter of monthly churn went, from {now} to {then} (an example):"),
        ),
    }
}

/// Lifetime value then and now.
pub fn lifetime(locale: Locale, now: &str, then: &str, more: &str) -> String {
    pick(
        locale,
        format!("1社あたりの生涯価値（月額単価÷解約率）は{now}から{then}へ、{more}増えます。"),
        format!("A customer is worth {then} instead of {now} (revenue a month ÷ churn): {more} more."),
    )
}

/// Revenue kept.
pub fn kept(locale: Locale, amount: &str) -> String {
    pick(
        locale,
        format!("今の顧客だけで、今後12か月の売上が{amount}多く残ります（新規と値上げは含みません）。"),
        format!(
            "Of today's customers alone, {amount} more revenue stays in the next twelve months (nothing new sold)."
        ),
    )
}

/// Nothing to compute it from.
pub fn no_what_if(locale: Locale) -> &'static str {
    pick(
        locale,
        "解約と月額のどちらかがまだ無いため、効果の試算はできません。",
        "There is no churn or no revenue on record yet, so nothing can be said of what a lower churn would keep.",
    )
}

/// Labels: people, tools, CAC, LTV:CAC, payback.
pub fn costs(locale: Locale) -> [&'static str; 5] {
    pick(
        locale,
        ["人数", "ツール費用", "顧客獲得費用（CAC）", "LTV÷CAC", "回収期間"],
        ["People", "Tools", "Cost of a new customer (CAC)", "LTV ÷ CAC", "Paid back after"],
    )
}

/// So many people.
pub fn people(locale: Locale, people: f64) -> String {
    let s = if people == 1.0 { "person" } else { "people" };
    pick(locale, format!("{people}人"), format!("{people} {s}"))
}

/// A month and a year.
pub fn a_month(locale: Locale, month: &str, year: &str) -> String {
    pick(locale, format!("月{month}（年{year}）"), format!("{month} a month ({year} a year)"))
}

/// Months, by which margin.
pub fn months(locale: Locale, months: f64, margin: Option<f64>) -> String {
    let margin = at_margin(locale, margin);
    pick(locale, format!("{months:.1}か月（{margin}）"), format!("{months:.1} months ({margin})"))
}

/// A ratio with the usual bar.
pub fn times(locale: Locale, ratio: f64, margin: Option<f64>) -> String {
    let margin = at_margin(locale, margin);
    pick(
        locale,
        format!("{ratio:.1}倍（{margin}。目安は3倍以上）"),
        format!("{ratio:.1} ({margin}; 3 or more is the usual bar)"),
    )
}

fn at_margin(locale: Locale, margin: Option<f64>) -> String {
    match margin {
        Some(margin) => pick(
            locale,
            format!("粗利率{:.0}％で計算", margin * 100.0),
            format!("at a gross margin of {:.0} %", margin * 100.0),
        ),
        None => pick(locale, "粗利率は未設定".to_owned(), "gross margin not set".to_owned()),
    }
}

/// Nothing is configured.
pub fn no_costs(locale: Locale) -> &'static str {
    pick(locale, "体制と費用はまだ登録されていません。", "What it takes, people and tools, is not on record yet.")
}

/// What whoever runs shirube can do about a gap: small print below the report, not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// No contracts.
    Contracts,
    /// No targets.
    Targets,
    /// No costs.
    Costs,
    /// Nothing proven.
    Proof,
}

/// The small print for whoever runs shirube; empty where nothing lacks.
pub fn operator(locale: Locale, gaps: &[Gap]) -> String {
    let one = |gap: &Gap| match gap {
        Gap::Contracts => pick(
            locale,
            "契約開始日（contract_start）か契約の一覧を取り込むと、解約と導入の数字が出ます。",
            "Import `contract_start` or subscriptions for churn and onboarding.",
        ),
        Gap::Targets => pick(
            locale,
            "目標は model.yaml に targets: {logo_churn: 3%, onboarding_completion: 80%} のように書きます。",
            "Targets stand in model.yaml, e.g. targets: {logo_churn: 3%, onboarding_completion: 80%}.",
        ),
        Gap::Costs => pick(
            locale,
            "体制と費用は shirube.yaml に report: {people: 1, tool_cost: 50000, cac: 150000, gross_margin: 80%} のように書きます。",
            "Costs stand in shirube.yaml, e.g. report: {people: 1, tool_cost: 500, cac: 1500, gross_margin: 80%}.",
        ),
        Gap::Proof => pick(
            locale,
            "プレイブックごとの判定と必要な件数は `shirube effect --all` で見られます。",
            "`shirube effect --all` shows each verdict and what it takes.",
        ),
    };
    let all: Vec<&str> = gaps.iter().map(one).collect();
    match all.is_empty() {
        true => String::new(),
        false => format!(
            "{}{}",
            pick(locale, "運用担当の方へ：", "For whoever runs shirube: "),
            super::effect::sentences(locale, &all)
        ),
    }
}

/// From problem to result on one line: churn now and then.
pub fn one_line(
    locale: Locale,
    (now, then): (&str, &str),
    is_target: bool,
    completion: Option<(&str, &str)>,
    kept: &str,
) -> String {
    let onboarding = completion.map_or_else(String::new, |(now, target)| {
        pick(locale, format!("導入完了率{now}→{target}、"), format!("onboarding done {now} → {target}, "))
    });
    let example = if is_target { "" } else { pick(locale, "（例）", " (an example)") };
    pick(
        locale,
        format!("ひとことで：{onboarding}解約率{now}→{then}{example}、年間{kept}の売上を守る。"),
        format!("In one line: {onboarding}churn {now} → {then}{example}, {kept} of revenue kept in a year."),
    )
}

/// Titles of the charts: churn by month, revenue by month, revenue per account.
pub fn charts(locale: Locale) -> [&'static str; 3] {
    pick(
        locale,
        ["月ごとの解約率（点線は目標）", "月ごとの売上の動き（月額）", "1社あたりの月額（月末、点線は期首）"],
        [
            "Churn by month (dashed: target)",
            "What moved monthly revenue",
            "Monthly revenue per account (dashed: at the start)",
        ],
    )
}

/// How the revenue of an account went: then, now, and of those who stayed then and now.
pub fn arpa(locale: Locale, [then, now]: [&str; 2], stayed: Option<(u64, [&str; 2])>) -> String {
    let head = pick(
        locale,
        format!("1社あたりの月額は{then}から{now}になりました。"),
        format!("Monthly revenue per account went from {then} to {now}."),
    );
    let Some((n, [then, now])) = stayed else { return head };
    pick(
        locale,
        format!(
            "{head}期間を通じて契約のある{n}社では{then}から{now}です（残りの差は、新しい顧客と離れた顧客によるものです）。"
        ),
        format!(
            "{head} Of the {n} who stayed throughout it went from {then} to {now}; the rest is who came and who left."
        ),
    )
}

/// Columns of the chain from the result to the work.
pub fn chain(locale: Locale) -> [&'static str; 3] {
    pick(
        locale,
        ["KGI（成果）", "KPI（指標）", "KAI（行動）"],
        ["KGI: the result", "KPI: what leads to it", "KAI: what we do"],
    )
}

/// Lifetime value in the chain.
pub fn ltv(locale: Locale) -> &'static str {
    pick(locale, "顧客の生涯価値（LTV）", "Lifetime value (LTV)")
}

/// Where it was written to.
pub fn written(locale: Locale, path: &str) -> String {
    pick(locale, format!("{path} に書き出しました。"), format!("Written to {path}."))
}

/// Only these two can be written.
pub fn no_format(locale: Locale, path: &str) -> String {
    pick(
        locale,
        format!("{path}: .html か .md で終わる名前にしてください"),
        format!("{path}: end the name in .html or .md"),
    )
}
