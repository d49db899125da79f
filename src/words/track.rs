//! What the tracking API says about calls it could not take as they are.

use super::{count_of, pick};
use crate::model::locale::Locale;

/// What is wrong and what to do about it, by the reason's code.
pub fn help(locale: Locale, code: &str) -> &'static str {
    let (ja, en) = both(code);
    pick(locale, ja, en)
}

fn both(code: &str) -> (&'static str, &'static str) {
    call(code).or_else(|| request(code)).unwrap_or(("この呼び出しは記録できません", "this call cannot be recorded"))
}

/// About one call.
fn call(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "no_user" => (
            "誰の操作か分かりません。userId か anonymousId（PostHog では distinct_id）を送ってください",
            "nobody is named: send userId or anonymousId (PostHog: distinct_id)",
        ),
        "no_customer" => (
            "どの顧客のことか分かりません。対応付けの account か contact を確かめてください",
            "neither account nor contact is in the payload: see `account` and `contact` of this rule",
        ),
        "no_event" => (
            "イベント名がありません。event に名前を文字列で入れてください",
            "the event has no name: put a text into `event`",
        ),
        "bad_event" => (
            "イベント名は制御文字を含まない200文字以内の文字列にしてください",
            "an event's name is at most 200 characters without control characters",
        ),
        "reserved_event" => (
            "この名前は shirube 自身が記録するイベントです。別の名前にしてください",
            "shirube records events of this name itself: choose another name",
        ),
        "no_group" => (
            "グループの ID がありません。groupId に顧客のキーを入れてください",
            "the group has no id: put the customer's key into `groupId`",
        ),
        "other_group" => (
            "顧客を表すグループ種別ではありません。company、account、organization のいずれかを使ってください",
            "this group type does not mean a customer: use company, account or organization",
        ),
        "no_previous" => (
            "previousId（PostHog では alias）がありません。以前の ID を入れてください",
            "the earlier id is missing: put it into previousId (PostHog: alias)",
        ),
        "no_type" => (
            "type がありません。track、identify、group、page、screen、alias のいずれかを入れてください",
            "`type` is missing: track, identify, group, page, screen or alias",
        ),
        "unknown_type" => (
            "type が分かりません。track、identify、group、page、screen、alias のいずれかにしてください",
            "`type` is not known: track, identify, group, page, screen or alias",
        ),
        "bad_id" => (
            "ID に使えない値です（null や undefined という文字列、制御文字、オブジェクトなど）。製品側の ID を文字列で送ってください",
            "not usable as an id (the words null or undefined, control characters, an object): send your product's id as text",
        ),
        "id_too_long" => ("ID は200文字までです", "an id has at most 200 characters"),
        "bad_time" => (
            "日時として読めません。2026-04-01T09:00:00Z の形で送ってください",
            "not a time: write it like 2026-04-01T09:00:00Z",
        ),
        "too_old" => (
            "重複かどうかを確かめられる期間（retention.events）より前のイベントです。過去分は `shirube import events` で取り込んでください",
            "older than repeats are recognised (retention.events): bring the past in with `shirube import events`",
        ),
        "too_large" => {
            ("1件は32kBまでです。プロパティを減らしてください", "one event has at most 32 kB: send fewer properties")
        }
        "too_many_events" => (
            "1回に2,500件までです。この件は記録していません。分けて送り直してください",
            "at most 2,500 events a request; this one is not recorded: send it in another request",
        ),
        "twice" => (
            "同じ名前の項目が2つあります。どちらが正しいか分からないため記録していません",
            "a name appears twice in one object; which one is meant is not clear, so nothing is recorded",
        ),
        "not_an_object" => ("JSON のオブジェクトではありません", "not a JSON object"),
        "no_such_customer" => (
            "この顧客はまだありません。ブラウザー用のキーでは作れないので、サーバーから group を送ってください",
            "there is no such customer yet, and a browser's key makes none: send `group` from your server",
        ),
        "unknown_contact" => ("この先方担当者は削除されています", "this contact was removed"),
        "too_many_waiting" => (
            "この人のイベントは既に1,000件が顧客の判明を待っています。先に identify か group を送ってください",
            "1,000 events of this person already wait for a customer: send identify or group first",
        ),
        "not_by_browser" => (
            "ブラウザー用のキーは公開されるため、属性の変更と alias はできません。サーバーから送ってください",
            "a browser's key is public: attributes and alias are taken from servers only",
        ),
        "unknown_attribute" => (
            "model.yaml に宣言がない属性なので保存していません。attributes: に加えてから送ってください",
            "not declared in model.yaml, so not kept: add it to attributes: there",
        ),
        "unreadable" => ("宣言された型として読めない値です", "the value cannot be read as the declared type"),
        "not_by_tracking" => (
            "同意や配信停止、チャットの ID は計測 API では変えられません",
            "consent, opt-outs and chat ids are not changed by tracking calls",
        ),
        _ => return None,
    })
}

/// About a whole request.
fn request(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "no_batch" => ("batch にイベントの配列を入れてください", "put the list of events into `batch`"),
        "not_json" => ("JSON として読めません", "this is not JSON"),
        "not_gzip" => ("gzip として展開できません", "this cannot be inflated as gzip"),
        "encoding" => (
            "gzip 以外の圧縮には対応していません。gzip か無圧縮で送ってください",
            "only gzip is understood: send gzip, or nothing compressed",
        ),
        "body_too_large" => (
            "リクエストが大きすぎます（Segment 形式は展開後500kBまで）。分けて送ってください",
            "the request is too large (Segment: 500 kB when inflated): send smaller batches",
        ),
        "no_key" => (
            "書き込みキーがありません。Basic 認証のユーザー名か、本文の writeKey（PostHog では api_key）に入れてください",
            "the write key is missing: Basic user name, or writeKey (PostHog: api_key) in the body",
        ),
        "wrong_key" => (
            "この書き込みキーは登録されていません。shirube.yaml の http.write_keys を確かめてください",
            "this write key is not known: see http.write_keys in shirube.yaml",
        ),
        "no_keys" => (
            "書き込みキーが設定されていません。shirube.yaml に http: {write_keys: [\"${env:WRITE_KEY}\"]} と書いてください",
            "no write key is configured: write http: {write_keys: [\"${env:WRITE_KEY}\"]} into shirube.yaml",
        ),
        "server_key" => (
            "サーバー用のキーがブラウザーから使われました。ブラウザーには http.browser_keys のキーを使い、このキーは作り直してください",
            "a server's key was used in a browser: use one of http.browser_keys there, and replace this key",
        ),
        "origin" => (
            "このサイトからの送信は許可されていません。shirube.yaml の http.browser_origins に加えてください",
            "this site may not send: add it to http.browser_origins in shirube.yaml",
        ),
        "busy" => (
            "いまは記録できません。少し待って同じ内容を送り直してください。重複しては数えません",
            "it cannot be recorded at the moment: send the same again later; nothing is counted twice",
        ),
        _ => return None,
    })
}

/// `doctor`: how many keys may send, and what waits.
pub fn state(locale: Locale, keys: usize, waiting: u64, people: u64, oldest: &str) -> String {
    let waits = match (waiting, locale) {
        (0, _) => String::new(),
        (_, Locale::Ja) => {
            format!(
                "。{people}人の{waiting}件が顧客の判明を待っています（最も古いものは{oldest}）。group か identify を送るか、顧客の domain を取り込むと記録されます"
            )
        }
        (_, Locale::En) => format!(
            "; {waiting} of {people} wait until it is known whose they are (the oldest since {oldest}): send group or identify, or import the customers' `domain`",
            waiting = count_of(waiting, "event"),
            people = count_of(people, "person")
        ),
    };
    match locale {
        Locale::Ja => format!("書き込みキーは{keys}個です{waits}"),
        Locale::En => format!("{keys} write key{}{waits}", if keys == 1 { "" } else { "s" }),
    }
}

/// `doctor`: some waited in vain.
pub fn given_up(locale: Locale, dropped: u64) -> String {
    match locale {
        Locale::Ja => format!(
            "{dropped}件のイベントは、30日以内に誰のものか分からなかったため（または10万件を超えたため）破棄しました。利用者を識別したら identify と group を送ってください"
        ),
        Locale::En => format!(
            "{dropped} were given up: nobody said whose they are within 30 days, or more than 100,000 waited; send identify and group once a user is known",
            dropped = count_of(dropped, "event")
        ),
    }
}

/// `doctor`: where a system may call.
pub fn listens(locale: Locale, name: &str) -> String {
    pick(locale, format!("POST /webhooks/{name} で受け付けます"), format!("POST /webhooks/{name} is open"))
}

/// `doctor`: a source that cannot call yet.
pub fn not_heard(locale: Locale) -> String {
    pick(
        locale,
        "この種類の Webhook はまだ受け付けません。kind を standard、stripe、generic のいずれかにし、secret と map を書いてください".to_owned(),
        "this kind of webhook is not heard yet: write kind: standard, stripe or generic, with `secret` and `map`".to_owned(),
    )
}

/// `tick`: so many wait.
pub fn waiting(locale: Locale, calls: u64) -> String {
    pick(
        locale,
        format!("{calls}件のイベントが顧客の判明を待っています（`shirube doctor`）"),
        format!("{calls} wait until it is known whose they are (`shirube doctor`)", calls = count_of(calls, "event")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_the_source_says_what_to_do_in_both_languages() {
        let sources = [
            include_str!("../source/track/fields.rs"),
            include_str!("../source/track/values.rs"),
            include_str!("../source/track/segment.rs"),
            include_str!("../source/track/posthog.rs"),
            include_str!("../source/track/mod.rs"),
            include_str!("../source/hook/map.rs"),
        ];
        let code = |text: &str| text.len() > 3 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let after = |text: &str| text.split('"').next().filter(|t| code(t)).map(str::to_owned);
        let found = sources.iter().flat_map(|s| s.split("Err((\"").skip(1).chain(s.split("ok_or((\"").skip(1)));
        let found: Vec<String> = found.filter_map(after).collect();
        assert!(found.len() > 10, "{found:?}");
        for code in &found {
            assert!(call(code).or_else(|| request(code)).is_some(), "no words for {code}");
        }
    }
}
