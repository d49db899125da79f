//! Candidates for customer stories, both languages side by side.

use super::{many, pick};
use crate::model::locale::Locale;

/// Title of the page.
pub fn title(locale: Locale, day: &str) -> String {
    pick(locale, format!("事例の候補とお客様の声（{day}）"), format!("Candidates for customer stories ({day})"))
}

/// Nobody yet.
pub fn none(locale: Locale) -> &'static str {
    pick(locale, "この期間の候補はまだありません。", "No candidate in this time yet.")
}

/// Columns of the sheet.
pub fn columns(locale: Locale) -> [&'static str; 10] {
    match locale {
        Locale::Ja => {
            ["キー", "顧客名", "担当", "MRR", "理由", "引用できる声", "発言者", "出どころ", "日付", "次の一手"]
        }
        Locale::En => ["key", "name", "owner", "mrr", "why", "quote", "said by", "source", "date", "next"],
    }
}

/// What speaks for a customer, by its word; `title` is that of a milestone.
pub fn sign(locale: Locale, sign: &str, title: &str) -> String {
    match sign {
        "success" => pick(locale, format!("成果：{title}"), format!("success: {title}")),
        "promoter" => pick(locale, "推奨者（NPS 9以上）", "recommends us (NPS 9 or 10)").to_owned(),
        "good_word" => pick(locale, "うれしい声", "a good word").to_owned(),
        "renewed" => pick(locale, "契約を更新", "renewed").to_owned(),
        _ => pick(locale, "アップグレード", "upgraded").to_owned(),
    }
}

/// Where something was said.
pub fn source(locale: Locale, source: &str) -> &'static str {
    match source {
        "survey" => pick(locale, "アンケート", "survey"),
        _ => pick(locale, "当社のメモ", "our note"),
    }
}

/// What to do next: `withheld` good words may not be quoted yet.
pub fn next(locale: Locale, may_name: bool, quotes: usize, withheld: usize) -> String {
    let s = many(withheld);
    match (may_name, quotes, withheld) {
        (true, 1.., _) => pick(
            locale,
            "取材をお願いする。引用と社名の掲載は了承済み",
            "Ask for an interview; naming and quoting them is agreed",
        )
        .to_owned(),
        (_, _, 1..) => pick(
            locale,
            format!("引用の可否を伺う（未了承の声 {withheld}件）。了承されたら quotable を true にする"),
            format!("Ask whether we may quote them ({withheld} word{s} withheld); if so, set quotable to true"),
        ),
        (false, 1.., _) => pick(
            locale,
            "社名を出してよいか伺う（引用は了承済み）",
            "Ask whether the company may be named; quoting is agreed",
        )
        .to_owned(),
        _ => pick(locale, "担当からお話を伺えるか尋ねる", "Have their owner ask for a talk").to_owned(),
    }
}

/// What the list leaves out.
pub fn note(locale: Locale) -> &'static str {
    pick(
        locale,
        "引用と氏名は、本人が了承した（contact.quotable = true）ものだけを載せています。社名は account.quotable = true になるまで社外に出さないでください。",
        "Words and names stand here only where the person agreed (contact.quotable = true). Do not name a company outside before account.quotable = true.",
    )
}

/// How much was written.
pub fn written(locale: Locale, path: &str, candidates: usize, quotes: usize, withheld: usize) -> String {
    pick(
        locale,
        format!("{path}: 候補 {candidates}社、引用できる声 {quotes}件（未了承のため除いた声 {withheld}件）"),
        format!("{path}: candidates {candidates}, quotes {quotes} (withheld without consent: {withheld})"),
    )
}
