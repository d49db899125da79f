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
