//! The value report. The customer reads it: polite, and without a word of ours for them.

use super::pick;
use crate::model::locale::Locale;

/// Its title.
pub fn title(locale: Locale, name: &str, month: &str) -> String {
    pick(locale, format!("{name} 様：{month}のご利用レポート"), format!("{name}: your use in {month}"))
}

/// Headings: used, reached, next.
pub fn headings(locale: Locale) -> [&'static str; 3] {
    pick(
        locale,
        ["ご利用いただいたこと", "達成されたこと", "これからのこと"],
        ["What you used", "What you have reached", "What comes next"],
    )
}

/// Above the first line: the month's figures follow.
pub fn lead(locale: Locale, month: &str, figures: &[String]) -> String {
    pick(locale, format!("{month}は、{}でした。", figures.join("、")), format!("In {month}: {}.", figures.join(", ")))
}

/// A figure with its title, and the month before.
pub fn figure(locale: Locale, title: &str, value: &str, before: Option<&str>) -> String {
    let before = before.map_or_else(String::new, |before| {
        pick(locale, format!("（前月{before}）"), format!(" ({before} the month before)"))
    });
    pick(locale, format!("{title} {value}{before}"), format!("{} {value}{before}", lower(title)))
}

/// Within a sentence a title begins small, unless it is a name in capitals.
fn lower(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => title.to_owned(),
    }
}

/// Nothing was recorded in the month.
pub fn quiet(locale: Locale, month: &str) -> String {
    pick(locale, format!("{month}のご利用の記録はありません。"), format!("No use is on record for {month}."))
}

/// The first column of the months' table.
pub fn month_column(locale: Locale) -> &'static str {
    pick(locale, "月", "Month")
}

/// What the bars of a figure show.
pub fn chart(locale: Locale, title: &str) -> String {
    pick(locale, format!("{title}（月ごと）"), format!("{title}, by month"))
}

/// A milestone with its day.
pub fn reached(locale: Locale, title: &str, on: &str, new: bool) -> String {
    let new = if new { pick(locale, "（この月に達成）", " (this month)") } else { "" };
    pick(locale, format!("{on}：{title}{new}"), format!("{on}: {title}{new}"))
}

/// What success is called, and whether it is there.
pub fn success(locale: Locale, says: &str, reached: bool) -> String {
    match reached {
        true => pick(locale, format!("✓ 目標を達成：{says}"), format!("✓ Your goal, reached: {says}")),
        false => pick(locale, format!("目標：{says}"), format!("Your goal: {says}")),
    }
}

/// What they named as their goals.
pub fn goals(locale: Locale, goals: &[String]) -> String {
    pick(
        locale,
        format!("導入の目的として伺っていること：{}", goals.join("、")),
        format!("What you told us you want to reach: {}", goals.join(", ")),
    )
}

/// Nothing has been reached yet.
pub fn nothing_reached(locale: Locale) -> &'static str {
    pick(locale, "最初の達成はこれからです。", "The first one is still to come.")
}

/// Over the open tasks.
pub fn next(locale: Locale) -> &'static str {
    pick(locale, "ご一緒に進めている計画で、お願いしていること：", "From the plan we share, on your side:")
}

/// No task of theirs is open.
pub fn nothing_next(locale: Locale) -> &'static str {
    pick(locale, "いまお願いしていることはありません。", "There is nothing for you to do at the moment.")
}

/// Small print.
pub fn footer(locale: Locale, as_of: &str) -> String {
    pick(
        locale,
        format!("{as_of}時点の記録から数えています。気になる点は担当者までお知らせください。"),
        format!("Counted from what was on record on {as_of}. If something looks odd, please tell us."),
    )
}

/// To the operator: there is nothing to show.
pub fn no_metrics(locale: Locale) -> &'static str {
    pick(
        locale,
        "このお客様の数字の記録がありません。model.yaml の metrics のうち、`over: last_month` と `title` のある指標が載ります",
        "no figures of this customer are on record: this report shows the metrics of model.yaml with `over: last_month` and a `title`",
    )
}

/// To the operator: whose report.
pub fn whose(locale: Locale) -> &'static str {
    pick(
        locale,
        "どの顧客か書いてください。例：shirube report value acme",
        "say which customer, e.g. shirube report value acme",
    )
}

/// To the operator: the other reports are about everybody.
pub fn of_all(locale: Locale) -> &'static str {
    pick(
        locale,
        "顧客を選べるのは report value だけです。ほかのレポートは顧客全体を見ます",
        "only `report value` takes a customer; the other reports are about all of them",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_begins_small_within_a_sentence_unless_it_is_in_capitals() {
        let en = |title| figure(Locale::En, title, "3", Some("2"));
        assert_eq!(en("Invoices sent"), "invoices sent 3 (2 the month before)");
        assert_eq!(en("API calls"), "API calls 3 (2 the month before)");
        assert_eq!(figure(Locale::Ja, "発行した請求書", "3", None), "発行した請求書 3");
    }
}
