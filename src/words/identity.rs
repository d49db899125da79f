//! Two accounts that are one customer, and keys that change.

use super::pick;
use crate::model::{estate::Holdings, locale::Locale};

/// As many keys are named at once.
const NAMED: usize = 5;

/// An account cannot be merged with itself; its keys may be aliases.
pub fn same_account(locale: Locale, account: &str) -> String {
    pick(
        locale,
        format!(
            "どちらも同じ顧客「{account}」です。残したい方を最後に書いてください: shirube account merge 消える方 残る方"
        ),
        format!("both are the account {account}; name two: shirube account merge GOES STAYS"),
    )
}

/// The key is the one it has.
pub fn same_key(locale: Locale, account: &str) -> String {
    pick(
        locale,
        format!(
            "顧客のキーは今も「{account}」です。新しいキーを書いてください: shirube account rename {account} 新しいキー"
        ),
        format!("the account's key is {account} already; give a new one: shirube account rename {account} NEW"),
    )
}

/// Another account has this key.
pub fn key_taken(locale: Locale, account: &str, new: &str) -> String {
    pick(
        locale,
        format!(
            "キー「{new}」は別の顧客が使っています。同じ顧客なら統合してください: shirube account merge {account} {new}"
        ),
        format!("another account has the key {new}; if they are one customer: shirube account merge {account} {new}"),
    )
}

/// Heading: key and name of the one that goes and of the one that stays.
pub fn merging(locale: Locale, gone: &(String, String), kept: &(String, String), done: bool) -> String {
    let name = |(key, name): &(String, String)| if key == name { key.clone() } else { format!("{key} ({name})") };
    let (gone, kept) = (name(gone), name(kept));
    match done {
        true => pick(locale, format!("{gone} を {kept} に統合しました"), format!("{gone} is {kept} from now on")),
        false => pick(locale, format!("{gone} を {kept} に統合すると"), format!("Merging {gone} into {kept}")),
    }
}

/// What moves, line by line.
pub fn moves(locale: Locale, held: &Holdings) -> Vec<String> {
    let row = |n: u64, ja: &str, en: &str| format!("  {n:>6}  {}", pick(locale, ja, en));
    let mut lines = vec![row(held.contacts, "先方担当者", "contacts")];
    let more = |keys: &[String]| {
        let named = keys.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if keys.len() > NAMED { format!("{named} …") } else { named }
    };
    if !held.shared.is_empty() {
        let (n, keys) = (held.shared.len(), more(&held.shared));
        let text = format!("          うち {n} 名は統合先にもいるため、1 名にまとめます: {keys}");
        lines.push(pick(locale, text, format!("          {n} of them are there too and become one: {keys}")));
    }
    if !held.clashing.is_empty() {
        let (n, keys) = (held.clashing.len(), more(&held.clashing));
        let ja = format!("          うち {n} 名はキーが統合先の別の人と重なるため「顧客キー:キー」になります: {keys}");
        let en = format!("          {n} with a key that is somebody else's there, kept as ACCOUNT:KEY: {keys}");
        lines.push(pick(locale, ja, en));
    }
    lines.push(row(held.events, "イベント", "events"));
    lines.push(row(held.subscriptions, "契約", "subscriptions"));
    lines.push(row(held.tasks, "タスク", "tasks"));
    let runs: u64 = held.runs.iter().map(|(_, n)| n).sum();
    lines.push(row(runs, "実行（終了します）", "runs (they end)"));
    for (playbook, n) in &held.runs {
        lines.push(format!("          {playbook}: {n}"));
    }
    lines.push(row(held.messages, "送信待ちのメッセージ（送りません）", "queued messages (not sent)"));
    if held.unsure > 0 {
        let (ja, en) = (
            "送信結果が不明のメッセージ（送信済みとして扱います）",
            "messages of unknown outcome (they count as sent)",
        );
        lines.push(row(held.unsure, ja, en));
    }
    lines
}

/// What merging means, before it is done.
pub fn what_follows(locale: Locale) -> Vec<String> {
    let ja = [
        "属性は統合先の値を残し、空いている項目だけ補います。利用の回数は足し合わせます",
        "配信停止・連絡不可・一時停止は、どちらかにあれば残ります",
        "続けたいプレイブックは、統合後に shirube enroll 統合先 プレイブック で始められます。元には戻せません",
    ];
    let en = [
        "The account that stays keeps its attributes; gaps are filled. Usage is added up.",
        "Opt-outs, do-not-contact and pauses stay where either account has them.",
        "A playbook that shall go on: shirube enroll STAYS PLAYBOOK. It cannot be undone.",
    ];
    pick(locale, ja, en).map(str::to_owned).to_vec()
}

/// The account gets, or would get, another key.
pub fn renaming(locale: Locale, old: &str, new: &str, done: bool) -> String {
    match done {
        true => pick(
            locale,
            format!("顧客のキーを {old} から {new} に変えました。{old} でも引き続き見つかります"),
            format!("{old} is {new} from now on; {old} still finds it"),
        ),
        false => pick(
            locale,
            format!("顧客のキーが {old} から {new} に変わります。{old} でも引き続き見つかり、履歴はすべて残ります"),
            format!("{old} would be {new}; {old} would still find it, and nothing else changes"),
        ),
    }
}

/// Nothing was done.
pub fn say_yes(locale: Locale) -> &'static str {
    pick(
        locale,
        "まだ何も変えていません。実行するには --yes を付けてください",
        "nothing was changed yet: add --yes to do it",
    )
}
