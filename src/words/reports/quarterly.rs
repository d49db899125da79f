//! The quarter's review of the roadmap.

use super::{are, count_of, pick};
use crate::model::locale::Locale;

/// Its title.
pub fn title(locale: Locale, from: &str, last: &str) -> String {
    pick(locale, format!("四半期レビュー：{from}〜{last}"), format!("Quarterly review, {from} to {last}"))
}

/// The answer in one line.
pub fn one_line(locale: Locale, [reached, all]: [u64; 2]) -> String {
    match all {
        0 => pick(
            locale,
            "目標を決めた指標がないため、届いたかどうかは判断できません。".to_owned(),
            "No figure has a target, so nobody can say whether it was reached.".to_owned(),
        ),
        1 if reached == 1 => pick(
            locale,
            "目標を決めた指標（1件）は、目標に届きました。".to_owned(),
            "The one figure with a target reached it.".to_owned(),
        ),
        1 => pick(
            locale,
            "目標を決めた指標（1件）は、目標に届きませんでした。".to_owned(),
            "The one figure with a target missed it.".to_owned(),
        ),
        _ => pick(
            locale,
            format!("目標を決めた指標{all}件のうち、{reached}件が目標に届きました。"),
            format!("{reached} of the {all} figures with a target reached it."),
        ),
    }
}

/// Headings: reached, roadmap, new issues, what to revise.
pub fn headings(locale: Locale) -> [&'static str; 4] {
    pick(
        locale,
        ["指標は目標に届いたか", "ロードマップの進み", "新しい課題", "見直すこと"],
        ["Were the targets reached?", "The roadmap, phase by phase", "New issues", "What to revise"],
    )
}

/// Labels of a phase: goal, customers, figures, what the customer does, feels, stumbles over, wants.
pub fn labels(locale: Locale) -> [&'static str; 7] {
    pick(
        locale,
        ["目標", "顧客", "指標", "お客様の行動", "気持ち", "つまずき", "望み"],
        ["Goal", "Customers", "Figures", "They do", "They feel", "They stumble over", "They want"],
    )
}

/// Over a phase.
pub fn phase(locale: Locale, title: &str) -> String {
    pick(locale, format!("■ {title}"), format!("■ {title}"))
}

/// Who is in a phase and how the last year's customers went through it.
pub fn customers(
    locale: Locale,
    there: u64,
    stuck: u64,
    days: Option<(f64, Option<i32>)>,
    left: Option<(u64, u64)>,
) -> String {
    let stuck = if stuck > 0 {
        pick(locale, format!("（停滞{stuck}社）"), format!(" ({stuck} stuck)"))
    } else {
        String::new()
    };
    let days = days.map_or_else(String::new, |(days, expected)| {
        let aim = expected.map_or_else(String::new, |expected| {
            pick(locale, format!("（目安{expected}日）"), format!(" (expected {expected})"))
        });
        pick(
            locale,
            format!("、次へ進むまで中央値{days:.0}日{aim}"),
            format!(", half move on within {days:.0} days{aim}"),
        )
    });
    let left = left.map_or_else(String::new, |(left, reached)| {
        pick(locale, format!("、解約{left}/{reached}社"), format!(", {left} of {reached} left in it"))
    });
    pick(locale, format!("現在{there}社{stuck}{days}{left}"), format!("{there} now{stuck}{days}{left}"))
}

/// A reason nobody gave in the quarter before.
pub fn new_reason(locale: Locale, reason: &str) -> String {
    pick(locale, format!("新しい解約理由：{reason}"), format!("A new reason to leave: {reason}"))
}

/// Many are stuck.
pub fn stuck(locale: Locale, phase: &str, stuck: u64, there: u64, stumbles: &str) -> String {
    let why = if stumbles.is_empty() {
        String::new()
    } else {
        pick(locale, format!("（{stumbles}）"), format!(" ({stumbles})"))
    };
    pick(
        locale,
        format!("{phase}で{there}社のうち{stuck}社が停滞しています{why}"),
        format!(
            "{stuck} of {there} {are} stuck in “{phase}”{why}",
            are = are(stuck == 1),
            there = count_of(there, "customer")
        ),
    )
}

/// Nothing is new.
pub fn nothing_new(locale: Locale) -> &'static str {
    pick(
        locale,
        "前の四半期になかった解約理由や停滞はありません。",
        "No reason to leave and no standstill that was not there before.",
    )
}

/// A target was missed.
pub fn missed(locale: Locale, kpi: &str, now: &str, target: &str) -> String {
    pick(
        locale,
        format!("{kpi}：{now}（目標{target}）。行動か目標のどちらを変えるかを決める"),
        format!("{kpi}: {now} (target {target}). Decide: other actions, or another target"),
    )
}

/// Nothing to revise.
pub fn nothing_to_revise(locale: Locale) -> &'static str {
    pick(
        locale,
        "目標に届かなかった指標も、逆効果のプレイブックもありません。次の目標を決めましょう。",
        "No target was missed and no playbook does harm: set the next targets.",
    )
}

/// What was heard in the quarter: meetings, notes, answers.
pub fn heard(locale: Locale, meetings: u64, notes: u64, answers: u64) -> String {
    pick(
        locale,
        format!(
            "この四半期に聞いた声：面談{meetings}件、メモ{notes}件、アンケート回答{answers}件。書かれた行動や気持ちが今も合っているか、これらで確かめてください。"
        ),
        format!(
            "Heard in the quarter: {meetings} meetings, {notes} notes, {answers} survey answers. Check by them whether what the roadmap says of customers still holds."
        ),
    )
}
