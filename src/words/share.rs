//! Links to reports, both languages side by side.

use super::pick;
use crate::model::locale::Locale;

/// The title of the page behind a link that leads nowhere.
pub fn nothing_title(locale: Locale) -> &'static str {
    pick(locale, "このリンクは使えません", "This link leads nowhere")
}

/// What to do about it.
pub fn nothing(locale: Locale) -> &'static str {
    pick(
        locale,
        "期限が過ぎたか、共有が終わっています。お手数ですが、リンクを送った方に新しいものをご依頼ください。",
        "Its time is over, or it was taken back. Please ask whoever sent it for a new one.",
    )
}

/// A link was made.
pub fn made(locale: Locale, url: &str, until: &str, id: &str) -> String {
    pick(
        locale,
        format!(
            "{url}\n{until} まで、リンクを知っている人は誰でも読めます（いまの内容のまま）。\n取り消すには：shirube share revoke {id}"
        ),
        format!(
            "{url}\nWhoever has the link can read it until {until}, as it is now.\nTo take it back: shirube share revoke {id}"
        ),
    )
}

/// There is no address to put before the token.
pub fn no_url(locale: Locale) -> &'static str {
    pick(
        locale,
        "http.public_url がないため、リンクを作れません。shirube.yaml に社外から見えるアドレス（https://…）を設定してください",
        "there is no http.public_url to make a link of; set it in shirube.yaml to the address others reach (https://…)",
    )
}

/// A length that is none, or too long.
pub fn bad_length(locale: Locale, text: &str) -> String {
    pick(
        locale,
        format!("--share {text} は使えません。30d のように、366日以内の長さで指定してください"),
        format!("--share {text} does not fit; give a length such as 30d, at most 366 days"),
    )
}

/// No such link.
pub fn unknown(locale: Locale, id: &str) -> String {
    pick(
        locale,
        format!("{id} という共有はありません（期限切れか取り消し済み）。`shirube share list` で確かめてください"),
        format!("there is no shared report {id} (expired or taken back); `shirube share list` shows those there are"),
    )
}

/// A link was taken back.
pub fn revoked(locale: Locale, id: &str) -> String {
    pick(locale, format!("{id} の共有を取り消しました。"), format!("{id} was taken back."))
}

/// How many there are.
pub fn count(locale: Locale, n: usize) -> String {
    match (locale, n) {
        (Locale::Ja, 0) => "共有中のレポートはありません".to_owned(),
        (Locale::En, 0) => "No report is shared".to_owned(),
        (Locale::Ja, n) => format!("共有中のレポート：{n}件"),
        (Locale::En, 1) => "1 report is shared".to_owned(),
        (Locale::En, n) => format!("{n} reports are shared"),
    }
}

/// Columns: id, report, made, until.
pub fn header(locale: Locale) -> Vec<String> {
    let words = pick(locale, ["ID", "レポート", "作成", "期限"], ["id", "report", "made", "until"]);
    words.map(str::to_owned).to_vec()
}
