//! Sentences about colleagues who are away and who acts for them.

use super::pick;
use crate::model::locale::Locale;

/// An owner who is away, and who acts for them.
pub fn away(locale: Locale, owner: &str, deputy: &str) -> String {
    pick(locale, format!("{owner}（不在・代理 {deputy}）"), format!("{owner} (away; {deputy} acts)"))
}

/// To the deputy; `until` is the last day.
pub fn you_act_for(locale: Locale, absent: &str, until: &str) -> String {
    pick(
        locale,
        format!("{absent} が {until} まで不在です。代理として、その担当とタスクも含めています。"),
        format!("{absent} is away until {until}. You act for them: their accounts and tasks are among yours."),
    )
}

/// To the one who is away; `until` is the last day.
pub fn they_act_for_you(locale: Locale, deputy: &str, until: &str) -> String {
    pick(
        locale,
        format!("あなたは {until} まで不在です。新しいタスクと通知は代理の {deputy} に届きます。"),
        format!("You are away until {until}. New tasks and messages go to {deputy}."),
    )
}

/// Somebody is away from now on; `until` is the last day.
pub fn set(locale: Locale, person: &str, deputy: &str, until: jiff::civil::Date) -> String {
    pick(
        locale,
        format!(
            "{person} は {until} まで不在です。新しいタスクと通知は代理の {deputy} に届きます。戻ったら /cs back。"
        ),
        format!("{person} is away until {until}. New tasks and messages go to {deputy}. Back earlier: /cs back"),
    )
}

/// They are back.
pub fn is_back(locale: Locale, person: &str) -> String {
    pick(
        locale,
        format!(
            "おかえりなさい。新しいタスクと通知はまた {person} に届きます。不在中に代理へ届いたものは代理に残ります。"
        ),
        format!(
            "Welcome back. New tasks and messages go to {person} again; what the deputy got meanwhile stays theirs."
        ),
    )
}

/// They were not.
pub fn not_away(locale: Locale, person: &str) -> String {
    pick(locale, format!("{person} は不在になっていません。"), format!("{person} is not away."))
}

/// Nobody is their own deputy.
pub fn own_deputy(locale: Locale) -> &'static str {
    pick(locale, "代理は本人以外の人にしてください。", "Nobody acts for themselves: name a colleague as deputy.")
}

/// The last day lies before today.
pub fn is_over(locale: Locale, day: &str) -> String {
    pick(
        locale,
        format!("{day} はもう過ぎています。不在の最終日を書いてください。"),
        format!("{day} is over. Write the last day of the absence."),
    )
}

/// No date.
pub fn no_day(locale: Locale, typed: &str) -> String {
    pick(
        locale,
        format!("「{typed}」は日付として読めません。最終日を 2026-12-05 か 12/5 のように書いてください。"),
        format!("“{typed}” is no date. Write the last day as 2026-12-05 or 12/5."),
    )
}

/// Who asks is nobody's absence.
pub fn say_whose(locale: Locale) -> &'static str {
    pick(
        locale,
        "あなたは people に登録されていません。だれの不在かを --for 名前 で書いてください。",
        "You are not among the people: say whose absence it is with --for NAME.",
    )
}

/// Others' absences are for admins.
pub fn admins_only(locale: Locale) -> &'static str {
    pick(locale, "ほかの人の不在を変えられるのは管理者だけです。", "Only an admin sets somebody else's absence.")
}

/// The deputy is away, and nobody acts for both.
pub fn nobody_acts(locale: Locale, deputy: &str, until: &str) -> String {
    pick(
        locale,
        format!("代理の {deputy} も {until} まで不在で、代わりの人がいません。別の人を代理にしてください。"),
        format!("{deputy} is away until {until}, too, and nobody acts for either of you: name another deputy."),
    )
}

/// The deputy is away, and their deputy acts.
pub fn another_acts(locale: Locale, deputy: &str, until: &str, acting: &str) -> String {
    pick(
        locale,
        format!("代理の {deputy} も {until} まで不在です。その間は {acting} に届きます。"),
        format!("{deputy} is away until {until}, too; meanwhile it goes to {acting}."),
    )
}

/// Whoever goes acts for somebody; `acting`: who does it now, if anybody.
pub fn was_deputy(locale: Locale, absent: &str, acting: Option<&str>) -> String {
    match acting {
        Some(acting) => pick(
            locale,
            format!("不在の {absent} の代理でもあります。その分は {acting} に届きます。"),
            format!("They act for {absent}, who is away; that goes to {acting} now."),
        ),
        None => pick(
            locale,
            format!("不在の {absent} の代理でもあります。その分の代わりの人がいません。"),
            format!("They act for {absent}, who is away; nobody does now."),
        ),
    }
}
