//! Several comparisons at once, and tests that were run elsewhere.

use super::share;
use crate::{
    model::locale::Locale,
    words::{are, count_of, pick},
};

/// The same for means.
pub fn mean_difference(locale: Locale, treated: (f64, u64), control: (f64, u64), diff: f64, ci: [f64; 2]) -> String {
    pick(
        locale,
        format!(
            "実施した{}件の平均は{:.3}、比較対照{}件の平均は{:.3}。差は{diff:+.3}（95％信頼区間：{:+.3} から {:+.3}）。",
            treated.1, treated.0, control.1, control.0, ci[0], ci[1]
        ),
        format!(
            "The mean of {} who got it is {:.3}, of {} held out {:.3}: a difference of {diff:+.3} (95 % interval: {:+.3} to {:+.3}).",
            treated.1, treated.0, control.1, control.0, ci[0], ci[1]
        ),
    )
}

/// Both sides of a test from a file, in one sentence.
pub fn rows(locale: Locale, arm: &str, outcome: &str, treated: (u64, u64), control: (u64, u64)) -> String {
    let (a, b) = (share(treated), share(control));
    pick(
        locale,
        format!(
            "「{outcome}」は「{arm}」で{}件のうち{}件（{a}）、なしで{}件のうち{}件（{b}）。",
            treated.1, treated.0, control.1, control.0
        ),
        format!(
            "“{outcome}”: {} of {} with “{arm}” ({a}), {} of {} without ({b}).",
            treated.0, treated.1, control.0, control.1
        ),
    )
}

/// Several playbooks at once.
pub fn all_title(locale: Locale) -> &'static str {
    pick(locale, "プレイブックの効果", "Effect of the playbooks")
}

/// Columns of the list of several.
pub fn all_header(locale: Locale) -> [&'static str; 6] {
    pick(
        locale,
        ["プレイブック", "判定", "実施", "比較対照", "差（95％信頼区間）", "p（補正後）"],
        ["Playbook", "Verdict", "With it", "Held out", "Difference (95 % interval)", "p (adjusted)"],
    )
}

/// A verdict in a table.
pub fn verdict_word(locale: Locale, verdict: &str) -> &'static str {
    match verdict {
        "helps" => pick(locale, "効果あり", "helps"),
        "harms" => pick(locale, "逆効果", "harms"),
        "no_effect_larger_than_mde" => pick(locale, "大きな効果なし", "no large effect"),
        "invalid_srm" => pick(locale, "比較不成立", "broken"),
        _ => pick(locale, "データ不足", "not enough data"),
    }
}

/// Columns of the groups of one trait.
pub fn parts_header(locale: Locale) -> [&'static str; 6] {
    pick(
        locale,
        ["区分", "判定", "実施", "比較対照", "差（95％信頼区間）", "p（補正後）"],
        ["Group", "Verdict", "With it", "Held out", "Difference (95 % interval)", "p (adjusted)"],
    )
}

/// How groups are to be read, and whether they differ beyond chance.
pub fn parts_note(locale: Locale, p: Option<f64>) -> String {
    let number = super::p_is;
    let differ = match p {
        Some(p) if p < 0.05 => pick(
            locale,
            format!("区分による効果の違いは偶然を超えています（{}）。", number(p)),
            format!(" The effect differs between groups beyond chance ({}).", number(p)),
        ),
        Some(p) => pick(
            locale,
            format!("区分による効果の違いは偶然の範囲です（{}）。一つの区分だけに効くとは言えません。", number(p)),
            format!(
                " Chance alone may make the groups differ so ({}): do not say that it works in one of them only.",
                number(p)
            ),
        ),
        None => String::new(),
    };
    pick(
        locale,
        format!("開始時点の区分です。p は区分の数に応じて補正しています（Holm）。{differ}"),
        format!("Groups are as they were at the start; p is adjusted for their number (Holm).{differ}"),
    )
}

/// Nobody is held out, in a table.
pub fn alone(locale: Locale) -> &'static str {
    pick(locale, "比較対照なし", "nobody held out")
}

/// How the p values of several were adjusted.
pub fn all_note(locale: Locale) -> &'static str {
    pick(
        locale,
        "p は判定に使う値を、比べられるプレイブックの数に応じて補正したもの（Benjamini–Hochberg）。判定もそれに従います。",
        "p is the one the verdict goes by, adjusted for the number of playbooks that can be compared (Benjamini–Hochberg), and so is the verdict.",
    )
}

/// All playbooks together are one comparison.
pub fn pooled_note(locale: Locale, p: Option<f64>) -> String {
    let Some(p) = p.map(super::p_is) else { return String::new() };
    pick(
        locale,
        format!("全プレイブックまとめての比較はひとつなので、p は補正していません（{p}）。"),
        format!("All playbooks together are one comparison, whose p needs no adjusting ({p})."),
    )
}

/// Everybody the global holdout leaves out against everybody else.
pub fn pooled(locale: Locale) -> &'static str {
    pick(locale, "全プレイブックまとめて（全体の比較対照）", "All playbooks together (global holdout)")
}

/// Title of a test from a file.
pub fn file_title(locale: Locale, outcome: &str, control: &str, lower: bool) -> String {
    let (ja, en) =
        if lower { ("少ないほど良い", "lower is better") } else { ("多いほど良い", "higher is better") };
    pick(
        locale,
        format!("「{outcome}」（{ja}）：「{control}」との比較"),
        format!("“{outcome}” ({en}), compared with “{control}”"),
    )
}

/// All arms as one.
pub fn together(locale: Locale, compared: &str) -> String {
    pick(locale, format!("すべて合わせて：{compared}"), format!("All together: {compared}"))
}

/// Rows that could not be read.
pub fn unread(locale: Locale, rows: u64) -> String {
    pick(
        locale,
        format!("{rows}行は群か数値が読めないため含みません。"),
        format!(
            "{rows} {are} left out: no arm or no number in them.",
            are = are(rows == 1),
            rows = count_of(rows, "row")
        ),
    )
}

/// No such column.
pub fn no_column(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」という列はありません。あるのは: {known}"),
        format!("no column is called “{typed}”; there are: {known}"),
    )
}

/// No such arm.
pub fn no_arm(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」という群はないか、比べる相手がありません。あるのは: {known}"),
        format!("no arm is called “{typed}”, or there is nothing to compare it with; there are: {known}"),
    )
}

/// Columns of the arms of a file.
pub fn arms_header(locale: Locale, share: bool) -> [&'static str; 6] {
    let [_, verdict, with, held, _, p] = all_header(locale);
    let diff = match share {
        true => pick(locale, "差（ポイント）", "Difference (points)"),
        false => pick(locale, "差", "Difference"),
    };
    [pick(locale, "群", "Arm"), verdict, with, held, diff, p]
}
