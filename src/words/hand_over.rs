//! Sentences of a hand-over between colleagues and of standing in for somebody.

use super::pick;
use crate::model::locale::Locale;

fn customers(n: usize) -> String {
    if n == 1 { "1 customer".to_owned() } else { format!("{n} customers") }
}

fn tasks(n: usize) -> String {
    if n == 1 { "1 open task".to_owned() } else { format!("{n} open tasks") }
}

/// What a hand-over would move.
pub fn would_hand_over(locale: Locale, (from, to): (&str, &str), n: usize, open: usize) -> String {
    pick(
        locale,
        format!("{from} の担当 {n}社と未完了のタスク {open}件を {to} に引き継ぎます"),
        format!("{} and {} of {from} would go to {to}", customers(n), tasks(open)),
    )
}

/// What a hand-over moved.
pub fn handed_over(locale: Locale, (from, to): (&str, &str), n: usize, open: usize) -> String {
    pick(
        locale,
        format!("{from} の担当 {n}社と未完了のタスク {open}件を {to} に引き継ぎました。"),
        format!("{} and {} of {from} went to {to}.", customers(n), tasks(open)),
    )
}

/// Below what a hand-over would move.
pub fn nothing_handed_over_yet(locale: Locale) -> &'static str {
    pick(
        locale,
        "まだ何も変えていません。取り込むシートや CRM にも担当があれば直してください（次の取り込みで戻ります）。",
        "Nothing was changed yet. Where a sheet or CRM names the owner, change it there too: the next import counts.",
    )
}

/// The button that hands over what was shown.
pub fn hand_it_over(locale: Locale) -> &'static str {
    pick(locale, "引き継ぐ", "Hand it over")
}

/// Nobody has this person as owner.
pub fn nothing_to_hand_over(locale: Locale, from: &str) -> String {
    pick(
        locale,
        format!("{from} の担当している顧客も、未完了のタスクもありません。何も変えていません。"),
        format!("{from} looks after no customer and has no open task. Nothing was changed."),
    )
}

/// Somebody hands over to themselves.
pub fn same_person(locale: Locale, person: &str) -> String {
    pick(
        locale,
        format!("引き継ぐ相手が同じ人（{person}）です。別の人を書いてください。"),
        format!("{person} cannot hand over to {person}: name somebody else."),
    )
}

/// A role that colleagues do not have.
pub fn no_role(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」という役割はありません。選べるのは: {known}"),
        format!("No role is called “{typed}”. There are: {known}"),
    )
}

/// The columns: customer, roles, open tasks.
pub fn header(locale: Locale) -> [&'static str; 3] {
    pick(locale, ["顧客", "役割", "タスク"], ["customer", "role", "tasks"])
}

/// In place of a customer: tasks about none.
pub fn no_customer(locale: Locale) -> &'static str {
    pick(locale, "（顧客なし）", "(no customer)")
}

/// Customers that are not shown.
pub fn more_customers(locale: Locale, n: usize) -> String {
    pick(locale, format!("ほか{n}社"), format!("and {n} more"))
}
