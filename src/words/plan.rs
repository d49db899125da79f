//! The shared onboarding plan in words, both languages side by side.

use super::pick;
use crate::model::locale::Locale;

/// Above the tasks of our side, as the customer reads it.
pub fn ours(locale: Locale) -> &'static str {
    pick(locale, "私たちの作業", "What we do")
}

/// Above the customer's own tasks, as the customer reads it.
pub fn theirs(locale: Locale) -> &'static str {
    pick(locale, "お客様の作業", "What you do")
}

/// The link beside an open task of the customer.
pub fn mark_done(locale: Locale) -> &'static str {
    pick(locale, "完了にする", "Mark as done")
}

/// Title of the page behind the link.
pub fn page_title(locale: Locale) -> &'static str {
    pick(locale, "作業の完了", "A task is done")
}

/// What the page asks.
pub fn page_ask(locale: Locale) -> &'static str {
    pick(locale, "この作業を完了にしますか。", "Mark this task as done?")
}

/// The button on the page.
pub fn page_button(locale: Locale) -> &'static str {
    pick(locale, "完了にする", "Mark as done")
}

/// The page after the button.
pub fn page_done(locale: Locale) -> &'static str {
    pick(locale, "ありがとうございます。記録しました。", "Thank you. It is recorded.")
}

/// The plan's name on cards.
pub fn title(locale: Locale) -> &'static str {
    pick(locale, "共同計画", "Shared plan")
}
