//! Refusals of the command line, both languages side by side. Each says what to write instead.

use super::pick;
use crate::model::locale::Locale;

/// Not a date, a moment or a number of days.
pub fn no_moment(locale: Locale, text: &str) -> String {
    pick(
        locale,
        format!("「{text}」は日時として読めません。2026-12-01、2026-12-01T10:00:00+09:00、30d のように書いてください"),
        format!("`{text}` is no moment: write 2026-12-01, 2026-12-01T10:00:00+09:00 or 30d"),
    )
}

/// Not a month.
pub fn no_month(locale: Locale, text: &str) -> String {
    pick(
        locale,
        format!("「{text}」は月として読めません。2026-04 のように書いてください"),
        format!("`{text}` is no month: write it as 2026-04"),
    )
}

/// `simulate` over a span that is not ahead.
pub fn only_ahead(locale: Locale) -> String {
    pick(
        locale,
        "シミュレーションは今より後の期間だけを扱います。過去の期間には `shirube backtest` を使ってください".into(),
        "a simulation runs from now into the future; for the past use `shirube backtest`".into(),
    )
}

/// `backtest` over a span that is not behind.
pub fn only_behind(locale: Locale) -> String {
    pick(
        locale,
        "バックテストは過去の期間だけを扱います。--from は --to より前、--to は今より前にしてください".into(),
        "a backtest looks at the past: --from before --to, and --to not after now".into(),
    )
}

/// No rulebook was ever live.
pub fn nothing_live(locale: Locale) -> String {
    pick(
        locale,
        "反映中のルールブックはまだありません。`shirube run` か `shirube tick` で、いまのファイルが反映されます".into(),
        "no rulebook is live yet: `shirube run` or `shirube tick` makes this one live".into(),
    )
}

/// Neither a folder nor a git ref; `why` is git's own word, perhaps empty.
pub fn no_such_version(locale: Locale, name: &str, why: &str) -> String {
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    pick(
        locale,
        format!(
            "「{name}」はフォルダーでもgitの版でもありません。`HEAD~1` のような版か、フォルダーを指定してください{why}"
        ),
        format!("`{name}` is neither a folder nor a git ref here: name one such as HEAD~1, or a folder{why}"),
    )
}

/// git does not start.
pub fn no_git(locale: Locale, why: &str) -> String {
    pick(
        locale,
        format!("gitを実行できません（{why}）。代わりにフォルダーを指定してください"),
        format!("git cannot be run ({why}); name a folder instead"),
    )
}

/// The rulebook to compare with has errors.
pub fn cannot_compare(locale: Locale, what: &str) -> String {
    pick(
        locale,
        format!("{what} に誤りがあるため比べられません。別の版を指定してください"),
        format!("{what} has errors, so nothing can be compared with it; name another"),
    )
}

/// `enroll` with the wrong number of names.
pub fn enroll_usage(locale: Locale) -> String {
    pick(
        locale,
        "`enroll 顧客 プレイブック` か `enroll --where 条件 プレイブック` と書いてください".into(),
        "write `enroll ACCOUNT PLAYBOOK` or `enroll --where CEL PLAYBOOK`".into(),
    )
}

/// Nobody fits the condition.
pub fn nobody_fits(locale: Locale) -> String {
    pick(
        locale,
        "条件に合う顧客がいません。`shirube accounts --where …` で条件を確かめてください".into(),
        "the condition holds for nobody; try it with `shirube accounts --where …`".into(),
    )
}

/// No such contact of an account; `near` names some there are.
pub fn no_contact(locale: Locale, account: &str, contact: &str, near: &str) -> String {
    pick(
        locale,
        format!("{account} に「{contact}」という先方担当者はいません。近いもの: {near}"),
        format!("{account} has no contact “{contact}”; the nearest are: {near}"),
    )
}

/// A note without a word.
pub fn empty_note(locale: Locale) -> String {
    pick(
        locale,
        "メモの内容がありません。例: shirube note acme 料金ページの相談あり #pricing".to_owned(),
        "The note has no words; e.g. shirube note acme Asked about prices #pricing".to_owned(),
    )
}

/// A contact cannot be merged with itself.
pub fn same_contact(locale: Locale, contact: &str) -> String {
    pick(
        locale,
        format!(
            "「{contact}」は同じ先方担当者です。残したい方を最後に書いてください: shirube merge 顧客 消える方 残る方"
        ),
        format!("“{contact}” is the same contact; name two: shirube merge ACCOUNT GOES STAYS"),
    )
}

/// The condition after `--where` has faults.
pub fn no_condition(locale: Locale) -> String {
    pick(
        locale,
        "--where の条件に誤りがあります（上の行）。直してからもう一度実行してください".into(),
        "the condition after --where has the faults above; mend them and try again".into(),
    )
}

/// An order of `accounts` that is not there.
pub fn no_order(locale: Locale, text: &str) -> String {
    pick(
        locale,
        format!(
            "「{text}」という並べ方はありません。key・name・score・expansion・mrr・renewal のどれかを書いてください"
        ),
        format!("`{text}` is no order: use key, name, score, expansion, mrr or renewal"),
    )
}

/// The account was deleted meanwhile.
pub fn account_gone(locale: Locale) -> String {
    pick(
        locale,
        "その顧客はもう存在しません。`shirube accounts` で一覧を見られます".into(),
        "the account is gone; `shirube accounts` lists who is there".into(),
    )
}

/// No digest of that name.
pub fn no_digest(locale: Locale, name: &str, known: &str) -> String {
    pick(
        locale,
        format!("model.yaml に「{name}」というダイジェストはありません。あるのは: {known}"),
        format!("model.yaml has no digest `{name}`; it has: {known}"),
    )
}

/// No template of that name and language.
pub fn no_template(locale: Locale, file: &str) -> String {
    pick(
        locale,
        format!("テンプレート templates/{file} がありません。名前と言語を確かめてください"),
        format!("there is no templates/{file}; check its name and language"),
    )
}

/// `preview --send-to` without a transport.
pub fn no_mail(locale: Locale) -> String {
    pick(
        locale,
        "メールの設定がありません。shirube.yaml の email.transport を設定してください".into(),
        "e-mail is not set up: write email.transport in shirube.yaml".into(),
    )
}

/// `outbox mark KEY WHAT` with another word.
pub fn mark_usage(locale: Locale, word: &str) -> String {
    pick(
        locale,
        format!("「{word}」ではなく、`sent` か `not-sent` と書いてください"),
        format!("`{word}`: say `sent` or `not-sent`"),
    )
}

/// No outbox state of that name.
pub fn no_state(locale: Locale, word: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{word}」という状態はありません。あるのは: {known}"),
        format!("`{word}` is no state; there are: {known}"),
    )
}

/// No message with that key.
pub fn no_message(locale: Locale, key: &str) -> String {
    pick(
        locale,
        format!("{key} というキーの送信はありません。`shirube outbox list` で一覧を見られます"),
        format!("no message has the key {key}; `shirube outbox list` lists them"),
    )
}

/// Marking a message whose outcome is known.
pub fn not_uncertain(locale: Locale, key: &str) -> String {
    pick(
        locale,
        format!("{key} の結果は不明ではありません。いまの状態は `shirube outbox show {key}` で分かります"),
        format!("{key} is not uncertain; `shirube outbox show {key}` says where it stands"),
    )
}

/// The demo's folder is something else.
pub fn no_demo_folder(locale: Locale, folder: &str) -> String {
    pick(
        locale,
        format!("{folder} はデモのフォルダーではありません。別の場所に移してください"),
        format!("{folder} exists and is no demo; move it away"),
    )
}

/// The demo on another store.
pub fn demo_on_sqlite(locale: Locale) -> String {
    pick(
        locale,
        "デモはSQLiteで動きます。環境変数 SHIRUBE_STORE__URL を外してください".into(),
        "demo runs on SQLite; unset SHIRUBE_STORE__URL".into(),
    )
}

/// No rule of `check` of that name; `near` is the one that was probably meant.
pub fn no_rule(locale: Locale, rule: &str, near: Option<&str>) -> String {
    let ja = near.map(|n| format!("「{n}」のことですか。")).unwrap_or_default();
    let en = near.map(|n| format!(": did you mean `{n}`?")).unwrap_or_else(|| ";".to_owned());
    pick(
        locale,
        format!("「{rule}」という規則はありません。{ja}一覧は docs/checks.md にあります"),
        format!("there is no rule `{rule}`{en} docs/checks.md lists them"),
    )
}

/// No schema of that name.
pub fn no_schema(locale: Locale, kind: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{kind}」のスキーマはありません。あるのは: {known}"),
        format!("`{kind}` has no schema; there are: {known}"),
    )
}

/// A daemon role that does not exist.
pub fn no_role(locale: Locale, odd: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{odd}」という役割はありません。あるのは: {known}"),
        format!("`{odd}` is no role; there are: {known}"),
    )
}

/// A name no event has.
pub fn bad_event_name(locale: Locale, name: &str) -> String {
    pick(
        locale,
        format!(
            "「{name}」はイベント名に使えません。使えるのは文字、数字と . _ - / です（例：meeting.held）。空白は使えません"
        ),
        format!("`{name}` is no name of an event: it holds letters, digits and . _ - / (e.g. meeting.held), no blanks"),
    )
}

/// An order about customers beyond those that the asker sees.
pub fn beyond_sight(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "あなたに見えない顧客にも及ぶ操作です。すべての顧客が見える人に頼んでください。",
        Locale::En => {
            "This reaches customers beyond those you see. Ask a colleague who sees every customer to give the order."
        }
    }
}
