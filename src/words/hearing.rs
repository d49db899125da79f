//! The hand-over from sales and the hearing sheet, both languages side by side.

use super::{count_of, pick};
use crate::model::locale::Locale;

/// Before the questions that are still open.
pub fn missing(locale: Locale) -> &'static str {
    pick(locale, "引き継ぎの未記入", "Not handed over")
}

/// The title of the sheet.
pub fn title(locale: Locale, name: &str) -> String {
    pick(locale, format!("ヒアリングシート: {name}"), format!("Hearing sheet: {name}"))
}

/// Columns of the sheet: which attribute, the question, the answer.
pub fn header(locale: Locale) -> [&'static str; 3] {
    pick(locale, ["項目", "質問", "回答"], ["field", "question", "answer"])
}

/// A question that has to be answered.
pub fn required(locale: Locale, asks: &str) -> String {
    pick(locale, format!("{asks}（必須）"), format!("{asks} (required)"))
}

/// How it goes on.
pub fn next(locale: Locale, account: &str) -> String {
    pick(
        locale,
        format!(
            "記入用に書き出す：shirube hearing {account} --out sheet.csv　取り込む：shirube hearing {account} --read sheet.csv"
        ),
        format!(
            "a sheet to fill in: shirube hearing {account} --out sheet.csv; taken back in: shirube hearing {account} --read sheet.csv"
        ),
    )
}

/// The model asks nothing.
pub fn nothing_asked(locale: Locale) -> &'static str {
    pick(
        locale,
        "質問がまだ決まっていません。model.yaml の handover に、聞きたいことを書いてください（docs/language.md に例があります）",
        "there are no questions yet; write them under `handover` in model.yaml (docs/language.md has an example)",
    )
}

/// A name that says no format.
pub fn no_format(locale: Locale, file: &str) -> String {
    pick(
        locale,
        format!(
            "{file} の形式が分かりません。.csv（記入して取り込める）か .md（印刷・共有用）で終わる名前にしてください"
        ),
        format!("what format is {file}? End its name in .csv (to fill in and take back) or .md (to print and share)"),
    )
}

/// A line of a sheet whose first column is none of the questions.
pub fn unknown_field(locale: Locale, line: usize, field: &str, nearest: Option<&str>) -> String {
    let hint =
        nearest.map(|near| pick(locale, format!("（{near} のことですか？）"), format!(" (did you mean {near}?)")));
    let hint = hint.unwrap_or_default();
    pick(
        locale,
        format!("{line}行目：「{field}」という項目は handover にありません{hint}。何も取り込んでいません"),
        format!("line {line}: `handover` asks for no `{field}`{hint}; nothing was taken in"),
    )
}

/// A file that is no table; `why` is the reader's own word.
pub fn not_csv(locale: Locale, why: &str) -> String {
    pick(
        locale,
        format!("CSVとして読めません（{why}）。UTF-8のCSVで保存し直してください。何も取り込んでいません"),
        format!("this is no CSV that can be read ({why}); save it again as CSV (UTF-8); nothing was taken in"),
    )
}

/// A sheet without any answer.
pub fn no_answers(locale: Locale, file: &str) -> String {
    pick(
        locale,
        format!("{file} に回答がありません。「回答」の列に記入してから取り込んでください"),
        format!("{file} holds no answer; fill in the column `answer` first"),
    )
}

/// Answers were taken in.
pub fn taken(locale: Locale, answers: usize, name: &str) -> String {
    match locale {
        Locale::Ja => format!("{name}：{answers}件の回答を記録しました。"),
        Locale::En if answers == 1 => format!("{name}: 1 answer was recorded."),
        Locale::En => format!("{name}: {answers} were recorded.", answers = count_of(answers, "answer")),
    }
}

/// An answer that does not fit its attribute.
pub fn refused(locale: Locale, why: &str) -> String {
    pick(
        locale,
        format!("取り込めない回答があります。{why}。何も取り込んでいません"),
        format!("an answer does not fit: {why}; nothing was taken in"),
    )
}
