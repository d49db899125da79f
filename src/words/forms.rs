//! What forms say, both languages side by side.

use super::{count_of, pick, sentence};
use crate::model::{locale::Locale, reply::Form};

/// What a form is for: at most 24 characters.
pub fn title(locale: Locale, form: Form) -> &'static str {
    match form {
        Form::Note => pick(locale, "メモを残す", "Write a note"),
        Form::Snooze => pick(locale, "通知を止める", "Snooze"),
        Form::Assign => pick(locale, "担当を変える", "Assign"),
    }
}

/// What is asked.
pub fn label(locale: Locale, name: &str) -> &'static str {
    match name {
        "text" => pick(locale, "内容（#タグ も書けます）", "What to write; #tags are understood"),
        "positive" => pick(locale, "うれしい声", "A good voice of the customer"),
        "length" => pick(locale, "いつまで", "For how long"),
        _ => pick(locale, "新しい担当", "Who takes it"),
    }
}

/// In the empty field that stands for a tick.
pub fn tick(locale: Locale) -> &'static str {
    pick(locale, "「はい」と書くと、うれしい声として残ります", "yes, or nothing")
}

/// Whether what was typed for a tick says no.
pub fn is_no(text: &str) -> bool {
    ["no", "n", "false", "-", "いいえ", "ない", "なし"].contains(&text.trim().to_lowercase().as_str())
}

/// A length as a choice.
pub fn length(locale: Locale, length: &str) -> String {
    sentence::length(locale, length)
}

/// The button that sends a form.
pub fn submit(locale: Locale) -> &'static str {
    pick(locale, "記録する", "Save")
}

/// The button that closes it.
pub fn cancel(locale: Locale) -> &'static str {
    pick(locale, "やめる", "Cancel")
}

/// The button that opens a form for a note.
pub fn note(locale: Locale) -> &'static str {
    pick(locale, "メモ", "Note")
}

/// The button that shows an account's card.
pub fn open(locale: Locale) -> &'static str {
    pick(locale, "詳しく見る", "Open")
}

/// In the empty field where a customer's name is typed.
pub fn find(locale: Locale) -> &'static str {
    pick(locale, "顧客を名前で探す", "Find a customer by name")
}

/// The title of the asker's own page.
pub fn home(locale: Locale, name: &str, accounts: usize) -> String {
    pick(
        locale,
        format!("{name} の担当顧客: {accounts}社"),
        format!("{name}: {accounts}", accounts = count_of(accounts, "account")),
    )
}

/// Whoever is not among the people has no accounts.
pub fn no_person(locale: Locale, id: &str) -> String {
    pick(
        locale,
        format!("shirube.yaml の people に `slack: {id}` を足すと、ここに担当の顧客とタスクが並びます。"),
        format!(
            "Add `slack: {id}` to your entry under `people` in shirube.yaml, and your accounts and tasks stand here."
        ),
    )
}

/// The moment a page is from.
pub fn as_of(locale: Locale, at: &str) -> String {
    pick(locale, format!("{at} 現在。開き直すと更新されます。"), format!("As of {at}; open it again to renew it."))
}
