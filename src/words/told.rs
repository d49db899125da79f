//! What commands say when they are done, both languages side by side.

use super::{count_of, many, pick};
use crate::model::locale::Locale;

/// A sender or playbook that complaints or dead mailboxes have stopped, and what lets it go on.
pub fn stopped(locale: Locale, name: &str, why: &str) -> String {
    match locale {
        Locale::Ja => {
            format!("停止中（{why}）。何を誰に送ったかを見直してから `shirube resume {name}` で再開してください")
        }
        Locale::En => format!("stopped ({why}); look at what was sent to whom, then `shirube resume {name}`"),
    }
}

/// The daemon runs.
pub fn running(locale: Locale) -> &'static str {
    pick(
        locale,
        "shirube が動いています。Ctrl-C か SIGTERM で止まります",
        "shirube is running; Ctrl-C or SIGTERM stops it",
    )
}

/// The demo waits for questions.
pub fn demo_live(locale: Locale) -> &'static str {
    pick(
        locale,
        "デーモンが動いています。/cs health acme、/cs risk、/cs help のように質問できます。quit で終わります。",
        "The daemon is live. Ask: /cs health acme, /cs risk, /cs help; quit ends it.",
    )
}

/// Where it can be asked.
pub fn listening(locale: Locale, address: &str) -> String {
    pick(locale, format!("http://{address} で受け付けています"), format!("listening on http://{address}"))
}

/// A part of the daemon ended without being asked to.
pub fn ended_early(locale: Locale) -> &'static str {
    pick(
        locale,
        "デーモンの一部が止まりました。上のログを確かめて、もう一度 `shirube run` を実行してください",
        "a part of the daemon ended; see the log above, then start `shirube run` again",
    )
}

/// So many messages were handed over.
pub fn sent(locale: Locale, messages: u64) -> String {
    pick(locale, format!("{messages}通を送りました"), format!("sent {messages}"))
}

/// `preview --send-to` is done.
pub fn sent_to_you(locale: Locale) -> &'static str {
    pick(locale, "ご自分宛てに送りました", "sent to yourself")
}

/// An event was recorded.
pub fn recorded(locale: Locale, event: &str) -> String {
    pick(locale, format!("{event} を記録しました"), format!("recorded {event}"))
}

/// How many messages a list holds.
pub fn messages(locale: Locale, count: usize) -> String {
    let s = many(count);
    pick(locale, format!("{count}件"), format!("{count} message{s}"))
}

/// A message whose outcome was unknown is settled; `state` is `sent` or `skipped`.
pub fn settled(locale: Locale, key: &str, state: &str) -> String {
    let ja = if state == "sent" { "送信済み" } else { "送らなかった" };
    pick(locale, format!("{key} を「{ja}」として記録しました"), format!("{key} is {state}"))
}

/// What waits goes on waiting.
pub fn still_held(locale: Locale) -> &'static str {
    pick(
        locale,
        "まだ再開していません。送るには --yes を付けて同じコマンドを実行してください",
        "nothing was resumed; the same command with --yes lets it go",
    )
}

/// The question before what waits is let go.
pub fn let_go(locale: Locale) -> &'static str {
    pick(locale, "送信を再開しますか [y/N] ", "Let them go? [y/N] ")
}

/// The last line of `test`; `unread` files could not be read.
pub fn tests(locale: Locale, passed: usize, failed: usize, unread: usize) -> String {
    let (ja, en) = match unread {
        0 => (String::new(), String::new()),
        n => (format!("、ファイルの誤り {n} 件"), format!(", {n} errors in files")),
    };
    pick(locale, format!("成功 {passed} 件、失敗 {failed} 件{ja}"), format!("{passed} passed, {failed} failed{en}"))
}

/// Schemas were written into a folder.
pub fn schemas(locale: Locale, files: usize, folder: &str) -> String {
    pick(
        locale,
        format!("{folder} に{files}個のファイルを書き出しました"),
        format!("{files} written to {folder}", files = count_of(files, "file")),
    )
}

/// Before the lines of `doctor`: fine, or to be mended.
pub fn verdict(locale: Locale, fine: bool) -> &'static str {
    match fine {
        true => pick(locale, "良好  ", "ok  "),
        false => pick(locale, "要対応", "mend"),
    }
}

/// How many playbooks are on disk.
pub fn playbooks(locale: Locale, count: usize) -> String {
    pick(locale, format!("プレイブック {count} 件"), count_of(count, "playbook"))
}

/// The store answers.
pub fn store_answers(locale: Locale) -> &'static str {
    pick(locale, "応答しています", "answers")
}

/// A channel that does not send, since when, why, and when it is tried again.
pub fn waits_since(locale: Locale, since: &str, reason: &str, until: &str) -> String {
    pick(
        locale,
        format!("{since} から送れていません：{reason}。次に試すのは {until} です"),
        format!("waits since {since}: {reason}; tried again at {until}"),
    )
}

/// No address at which links in mails can be reached.
pub fn no_public_url(locale: Locale) -> &'static str {
    pick(
        locale,
        "http.public_url を設定してください。メールの配信停止やアンケートのリンクは外から開ける必要があります",
        "set http.public_url: unsubscribe links and survey pages in mails must be reachable from outside",
    )
}

/// No Slack workspace may ask.
pub fn no_slack_team(locale: Locale) -> &'static str {
    pick(
        locale,
        "slack.teams が空なので誰も質問できません。自分のワークスペースの id（T…）を足してください",
        "slack.teams is empty, so nobody may ask; add your workspace's id (T…)",
    )
}

/// No name or address of the sender.
pub fn no_company(locale: Locale) -> &'static str {
    pick(
        locale,
        "company.name と company.address を設定してください。どのメールにも法律で必要です",
        "set company.name and company.address: the law asks for both in every mail",
    )
}

/// Two contacts are one from now on.
pub fn merged(locale: Locale, gone: &str, kept: &str) -> String {
    pick(
        locale,
        format!("「{gone}」を「{kept}」にまとめました。今後「{gone}」宛ての記録は「{kept}」のものになります"),
        format!("{gone} is {kept} from now on; what comes in for {gone} counts for {kept}"),
    )
}

/// The same on a timeline.
pub fn merged_in(locale: Locale, gone: &str) -> String {
    pick(locale, format!("先方担当者の統合: {gone}"), format!("Contacts merged: {gone}"))
}

/// On a timeline: the account has another key.
pub fn renamed(locale: Locale, from: &str, to: &str) -> String {
    pick(locale, format!("顧客キーの変更: {from} → {to}"), format!("Key changed: {from} → {to}"))
}

/// On a timeline: the account ended because it is another one.
pub fn merged_away(locale: Locale, into: &str) -> String {
    pick(locale, format!("顧客「{into}」に統合"), format!("Merged into account {into}"))
}

/// On a timeline: another account turned out to be this one.
pub fn took_in(locale: Locale, key: &str) -> String {
    pick(locale, format!("顧客の統合: {key}"), format!("Account merged: {key}"))
}

/// On a timeline: one of its contacts.
pub fn arrived(locale: Locale, key: &str) -> String {
    pick(locale, format!("統合した顧客の先方担当者: {key}"), format!("Contact of the merged account: {key}"))
}
