//! The page of one playbook's effect.

use super::pick;
use crate::model::locale::Locale;

/// Headings: day by day (of leaving, or of what is to be reached), step by step, guardrails, what it rests on.
pub fn headings(locale: Locale, leaving: bool) -> [&'static str; 4] {
    let (ja, en) = if leaving {
        ("残っている顧客：日を追って", "Who is still a customer, day by day")
    } else {
        ("達成した顧客：日を追って", "Who has reached it, day by day")
    };
    pick(
        locale,
        [ja, "プレイブックの流れ：ステップを追って", "ガードレール", "根拠"],
        [en, "The way through it, step by step", "Guardrails", "What this rests on"],
    )
}

/// What the curves show.
pub fn curves(locale: Locale, leaving: bool) -> &'static str {
    match leaving {
        true => pick(
            locale,
            "残っている顧客の割合（横軸は始まってからの日数、カプラン・マイヤー法）",
            "Share still customers, by days since each began (Kaplan–Meier)",
        ),
        false => pick(
            locale,
            "達成した顧客の割合（横軸は始まってからの日数、カプラン・マイヤー法）",
            "Share that has reached it, by days since each began (1 − Kaplan–Meier)",
        ),
    }
}

/// That the scale does not go from none to all.
pub fn part_of_scale(locale: Locale, from: f64, to: f64) -> String {
    let (from, to) = (from * 100.0, to * 100.0);
    pick(locale, format!("。縦軸は{from:.0}〜{to:.0}％。"), format!("; the scale runs from {from:.0} to {to:.0} %"))
}

/// Above the numbers at risk.
pub fn at_risk(locale: Locale, leaving: bool) -> &'static str {
    match leaving {
        true => pick(
            locale,
            "その日にまだ追っている顧客（解約した顧客と、日がまだ来ていない顧客を除く）",
            "Customers still followed on that day (not those who left, nor those who began too late)",
        ),
        false => pick(
            locale,
            "その日にまだ追っている顧客（達成した顧客と、日がまだ来ていない顧客を除く）",
            "Customers still followed on that day (not those who reached it, nor those who began too late)",
        ),
    }
}

/// The two groups with their sizes.
pub fn groups(locale: Locale, treated: u64, holdout: u64) -> [String; 2] {
    pick(
        locale,
        [format!("実施（{treated}社）"), format!("比較対照（{holdout}社）")],
        [format!("With it ({treated})"), format!("Held out ({holdout})")],
    )
}

/// Columns: day, then share and customers still followed, of both groups.
pub fn mark_columns(locale: Locale) -> [&'static str; 5] {
    pick(
        locale,
        ["日数", "実施", "追跡中", "比較対照", "追跡中"],
        ["Day", "With it", "Followed", "Held out", "Followed"],
    )
}

/// What the funnel shows.
pub fn funnel(locale: Locale) -> &'static str {
    pick(
        locale,
        "プレイブックが始まった顧客と、各ステップが届いた顧客",
        "Whom it began for, and whom each step reached",
    )
}

/// Stages that are no steps: entered, goal.
pub fn stages(locale: Locale) -> [&'static str; 2] {
    pick(locale, ["始まった", "目標を達成"], ["Began", "Goal reached"])
}

/// What became of those at a stage: went on, there now, ended there.
pub fn parts(locale: Locale) -> [&'static str; 3] {
    pick(locale, ["先へ進んだ", "いまここ", "ここで終わった"], ["Went on", "There now", "Ended here"])
}

/// Columns of the funnel's table before [`parts`]: stage, customers, clicked, replied.
pub fn stage_columns(locale: Locale) -> [&'static str; 4] {
    pick(locale, ["段階", "顧客", "クリック", "返信"], ["Stage", "Customers", "Clicked", "Replied"])
}

/// How the funnel is read; `heard` = whether clicks and replies were ever reported.
pub fn funnel_note(locale: Locale, heard: [bool; 2]) -> String {
    let said = pick(
        locale,
        "目標の達成も「先へ進んだ」に数えます。届いたあとに起きたことで、届いたから起きたとは限りません。",
        "Reaching the goal counts as going on. This is what followed each step, not what it caused.",
    );
    let missing = match heard {
        [true, true] => "",
        [false, true] => pick(locale, "クリックの記録は届いていません。", "No click has been reported."),
        [true, false] => pick(locale, "返信の記録は届いていません。", "No reply has been reported."),
        [false, false] => {
            pick(locale, "クリックと返信の記録は届いていません。", "Neither clicks nor replies have been reported.")
        }
    };
    super::super::effect::sentences(locale, &[said, missing])
}

/// Columns of the guardrails: what, how many, of how many, share, share of those held out, difference, limit, judgement.
pub fn guard_columns(locale: Locale) -> [&'static str; 8] {
    pick(
        locale,
        ["項目", "件数", "全体", "割合", "比較対照", "差（ポイント、95％）", "上限", "判定"],
        ["What", "Count", "Of", "Share", "Held out", "Difference (points, 95 %)", "Limit", "Judgement"],
    )
}

/// Whether a guardrail is crossed; none = nothing says.
pub fn guard(locale: Locale, crossed: Option<bool>) -> &'static str {
    match crossed {
        Some(true) => pick(locale, "⚠ 超えている", "⚠ crossed"),
        Some(false) => pick(locale, "範囲内", "within"),
        None => pick(locale, "判定しない（比較対照なし）", "not judged (nobody held out)"),
    }
}
