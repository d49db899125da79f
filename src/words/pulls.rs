//! What is said about sheets that are pulled and folders that are watched.

use serde::{Deserialize, Serialize};

use super::{findings, many, pick};
use crate::model::locale::Locale;

/// Why data could not be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A login page came in place of the data.
    Login,
    /// There is nothing at that address (404, 410).
    Missing,
    /// It may not be read (401, 403).
    Forbidden,
    /// Another answer that is no success.
    Status,
    /// No connection.
    Unreachable,
    /// No answer in time.
    Silent,
    /// The answer ended before its end.
    Broken,
    /// An object of JSON without the list that `rows` names.
    NoRows,
    /// More bytes than are read.
    TooLarge,
    /// The address leads into a private network.
    Inside,
    /// Sent from address to address without an end, or to one that may not be called.
    Redirects,
    /// It is no table that can be read.
    Table,
    /// The mapping file cannot be used.
    Mapping,
    /// A file or folder of ours cannot be read or written.
    Unreadable,
    /// An API does not know the token (401).
    Token,
    /// The token is not allowed that (403).
    Scope,
    /// Asked too often (429).
    Busy,
    /// An answer of another shape than is documented.
    Shape,
    /// A database says no.
    Database,
}

impl Fault {
    /// Whether it stays until somebody does something: the team is told at once.
    pub fn stays(self) -> bool {
        !matches!(self, Fault::Status | Fault::Unreachable | Fault::Silent | Fault::Broken | Fault::Busy)
    }
}

/// Why, and what to do.
pub fn fault(locale: Locale, fault: Fault, detail: &str) -> String {
    let plain = match fault {
        Fault::Login => pick(
            locale,
            "表ではなくログイン画面が返りました。シートの［共有］で「リンクを知っている全員」を閲覧者にするか、［ファイル→共有→ウェブに公開］でCSVを選び、そのURLを設定してください",
            "a login page came in place of the sheet: share the sheet with “anyone with the link” as viewer, or publish it (File, Share, Publish to web, CSV) and set that address",
        ),
        Fault::Missing => pick(
            locale,
            "そのURLには何もありません。シートが移動・削除されていないか確かめ、新しいURLを設定してください",
            "there is nothing at that address: the sheet was moved or deleted, or the link has ended; set the new address",
        ),
        Fault::Forbidden => pick(
            locale,
            "読む権限がありません。共有の設定か、署名付きURLの期限を確かめ、新しいURLを設定してください",
            "it may not be read: look at how it is shared, or make a new signed link (they expire), and set that address",
        ),
        Fault::Unreachable => pick(
            locale,
            "接続できません。URLのホスト名とネットワークを確かめてください（自動で再試行します）",
            "it cannot be reached: check the host in the address and the network; it is tried again",
        ),
        Fault::Silent => {
            pick(locale, "時間内に応答がありません（自動で再試行します）", "no answer in time; it is tried again")
        }
        Fault::Broken => pick(
            locale,
            "途中で切れました。何も取り込んでいません（自動で再試行します）",
            "it broke off before its end, so nothing of it was taken; it is tried again",
        ),
        Fault::Inside => pick(
            locale,
            "URLが社内ネットワークを指しているため、呼び出しません。このサーバーの共有フォルダーなら folder: を使ってください",
            "the address leads into a private network, which is not called; for a folder on this server use `folder:`",
        ),
        Fault::Redirects => pick(
            locale,
            "転送が続くか、転送先が許可されていないURLです。データそのもののURLを設定してください",
            "it sends on and on, or to an address that may not be called: set the address of the data itself",
        ),
        Fault::Token => pick(
            locale,
            "トークンが無効です。相手のサービスで新しいトークンを発行し、token: が指す環境変数かファイルを差し替えてください",
            "the token is not accepted: make a new one in that service and put it where `token:` leads to",
        ),
        Fault::Busy => pick(
            locale,
            "呼び出しの上限に達しました。相手が求める時間だけ待って続けます",
            "asked too often: it goes on after the pause that the service asks for",
        ),
        Fault::Shape => pick(
            locale,
            "想定と違う形の応答です。api: のURLを確かめてください（途中のプロキシがページを返していることもあります）",
            "the answer has not the documented shape: check the address in `api:`, and whether a proxy answers in its place",
        ),
        Fault::Status
        | Fault::TooLarge
        | Fault::NoRows
        | Fault::Table
        | Fault::Mapping
        | Fault::Unreadable
        | Fault::Scope
        | Fault::Database => "",
    };
    match fault {
        Fault::Status => pick(
            locale,
            format!("サーバーが {detail} を返しました（自動で再試行します）"),
            format!("the server answered {detail}; it is tried again"),
        ),
        Fault::TooLarge => pick(
            locale,
            format!("{detail} MiB を超えています。行や列を減らすか、max_mib を増やしてください"),
            format!("it is larger than {detail} MiB: take fewer rows or columns, or raise `max_mib`"),
        ),
        Fault::NoRows => no_rows(locale, detail),
        Fault::Unreadable => pick(
            locale,
            format!("{detail}（読み書きできません。場所と権限を確かめてください）"),
            format!("{detail}; check the place and its permissions"),
        ),
        Fault::Database => pick(
            locale,
            format!("データベースが拒否しました：{detail}。接続先、読み取り権限、クエリを確かめてください"),
            format!("the database says: {detail}; check its address, what its user may read, and the query"),
        ),
        Fault::Scope => pick(
            locale,
            format!("トークンの権限が足りません。読み取り権限を追加してください{}", super::bracketed(locale, detail)),
            format!("the token may not read that: add the permission{}", super::bracketed(locale, detail)),
        ),
        Fault::Table | Fault::Mapping => findings::sentence(locale, detail),
        _ => plain.to_owned(),
    }
}

fn no_rows(locale: Locale, place: &str) -> String {
    pick(
        locale,
        format!(
            "JSONの中に {place} という一覧がありません。rows に、行の並ぶ場所の名前（data.items など）を書いてください"
        ),
        format!(
            "there is no list at {place} in the JSON that came: name where the rows stand in `rows`, such as data.items"
        ),
    )
}

/// A file of a folder, and why it was not taken in.
pub fn of_file(locale: Locale, file: &str, why: &str) -> String {
    pick(locale, format!("{file}：{why}"), format!("{file}: {why}"))
}

/// The counts of one pull: read, inserted, updated, unchanged, rejected.
pub fn taken(locale: Locale, name: &str, [read, new, changed, same, rejected]: [u64; 5]) -> String {
    pick(
        locale,
        format!("{name}：{read}行（新規 {new}、更新 {changed}、変更なし {same}、取り込めず {rejected}）"),
        format!(
            "{name}: {read} row{}: {new} new, {changed} changed, {same} unchanged, {rejected} rejected",
            many(usize::try_from(read).unwrap_or(2))
        ),
    )
}

/// Nothing has changed since the last time.
pub fn unchanged(locale: Locale, name: &str) -> String {
    pick(locale, format!("{name}：前回から変わっていません"), format!("{name}: unchanged since the last time"))
}

/// Nothing was taken.
pub fn failed(locale: Locale, name: &str, why: &str) -> String {
    pick(locale, format!("{name}：取り込めません。{why}"), format!("{name}: not taken: {why}"))
}

/// Where the rejected rows are.
pub fn rejects_at(locale: Locale, path: &str) -> String {
    pick(locale, format!("取り込めなかった行と理由：{path}"), format!("rejected rows, with reasons: {path}"))
}

/// What `doctor` says of one that works.
pub fn works(locale: Locale, last: Option<&str>, next: Option<&str>) -> String {
    let last = match last {
        Some(at) => pick(locale, format!("最後の取り込み {at}"), format!("last taken {at}")),
        None => pick(locale, "まだ取り込んでいません", "not taken yet").to_owned(),
    };
    match next {
        Some(at) => pick(locale, format!("{last}、次回 {at}"), format!("{last}, next {at}")),
        None => last,
    }
}

/// What `doctor` says of rows that do not come in.
pub fn rows_left_out(locale: Locale, rows: u64, path: &str) -> String {
    pick(
        locale,
        format!("{rows}行を取り込めていません。{path} に理由があります。元の表を直してください"),
        format!("{rows} row(s) do not come in: {path} says why; mend them in the sheet"),
    )
}

/// Since when it fails.
pub fn fails_since(locale: Locale, since: &str, why: &str) -> String {
    pick(locale, format!("{since} から失敗しています。{why}"), format!("fails since {since}: {why}"))
}

/// There is no source of that name.
pub fn no_source(locale: Locale, name: &str, known: &str) -> String {
    match known.is_empty() {
        true => pick(
            locale,
            "取り込む表がありません。shirube.yaml に sources: {customers: {url: \"${env:CUSTOMERS_SHEET}\", fills: accounts}} のように書いてください".to_owned(),
            "there is nothing to pull; write `sources: {customers: {url: \"${env:CUSTOMERS_SHEET}\", fills: accounts}}` in shirube.yaml".to_owned(),
        ),
        false => pick(
            locale,
            format!("「{name}」という取り込み元はありません。あるのは {known} です"),
            format!("there is no source {name}; there are {known}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_go_wrong_has_words_in_both_languages() {
        for one in [
            Fault::Login,
            Fault::Missing,
            Fault::Forbidden,
            Fault::Status,
            Fault::Unreachable,
            Fault::Silent,
            Fault::Broken,
            Fault::TooLarge,
            Fault::NoRows,
            Fault::Inside,
            Fault::Redirects,
            Fault::Table,
            Fault::Mapping,
            Fault::Unreadable,
        ] {
            let (ja, en) = (fault(Locale::Ja, one, "9"), fault(Locale::En, one, "9"));
            assert!(!ja.is_empty() && !en.is_empty(), "{one:?}");
        }
    }
}
