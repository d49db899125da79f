//! What is said about systems that are connected: billing, CRM, help desk.

use super::pick;
use crate::model::locale::Locale;

/// The token works; when data were had for the last time.
pub fn token_works(locale: Locale, last: Option<&str>) -> String {
    match last {
        None => pick(
            locale,
            "トークンは有効です。まだ取り込んでいません（shirube pull か run で始まります）".to_owned(),
            "the token works; nothing was taken in yet (`shirube pull` or `run` begins)".to_owned(),
        ),
        Some(last) => pick(
            locale,
            format!("トークンは有効です。最終取り込み：{last}"),
            format!("the token works; last taken in {last}"),
        ),
    }
}

/// There is no token: what was before the first webhook is not known.
pub fn no_token(locale: Locale) -> String {
    pick(
        locale,
        "token: がないため、既存のデータを取り込めず、届かなかったWebhookも補えません。読み取り専用のトークンを発行して設定してください",
        "no `token:`, so nothing of before is known and webhooks that were missed are not made up for: make a read-only token and set it",
    )
    .to_owned()
}

/// The token may not read something; what the service said.
pub fn may_not(locale: Locale, permission: &str, said: &str) -> String {
    let said = if said.is_empty() { String::new() } else { super::bracketed(locale, said) };
    pick(
        locale,
        format!("トークンに権限「{permission}」を追加してください{said}"),
        format!("give the token the permission `{permission}`{said}"),
    )
}

/// Webhooks of this source are verified.
pub fn signed(locale: Locale, source: &str) -> String {
    pick(
        locale,
        format!("/webhooks/{source} で署名付きのWebhookを受け付けます"),
        format!("listens at /webhooks/{source} and verifies signatures"),
    )
}

/// Without a signing secret no webhook is believed.
pub fn unsigned(locale: Locale) -> String {
    pick(
        locale,
        "secret: がないため、Webhookは受け付けません（定期の取り込みだけで、反映は遅れます）。署名シークレットを設定してください",
        "no `secret:`, so no webhook is believed and news comes only with the next pull: set the signing secret",
    )
    .to_owned()
}

/// So many things wait until it is known whose they are.
pub fn waits(locale: Locale, count: u64, oldest: &str) -> String {
    pick(
        locale,
        format!("どの顧客のものか分かるまで保留：{count}件（最も古いもの {oldest}）"),
        format!("{count} wait until it is known whose they are, since {oldest}"),
    )
}

/// What a pull brought.
pub fn taken(locale: Locale, name: &str, things: u64, waits: u64) -> String {
    let more = match (waits, locale) {
        (0, _) => String::new(),
        (n, Locale::Ja) => format!("（顧客が分かるまで保留 {n}件）"),
        (n, _) => format!(" ({n} wait until it is known whose they are)"),
    };
    pick(locale, format!("{name}：{things}件を読み込みました{more}"), format!("{name}: {things} read{more}"))
}
