//! What stores and channels say of themselves: refusals of commands, lines of `doctor`.

use super::Sentence;

pub(super) const SENTENCES: &[Sentence] = &[
    ("another daemon holds this store: {}", "このストアは別のデーモンが使用中です：{}"),
    (
        "this store was moved to {}: set `store.url` in shirube.yaml to it; nothing is sent from here any more",
        "このストアは {} に移されました。shirube.yaml の `store.url` をそちらに変えてください。ここからはもう送信されません",
    ),
    ("the store cannot be reached: {}", "ストアに接続できません：{}"),
    (
        "the store's schema {} is newer than this binary's {}; use a newer shirube",
        "ストアの形式 {} は、このプログラムの {} より新しいものです。新しい shirube を使ってください",
    ),
    ("the store is inconsistent: {}", "ストアの内容に矛盾があります：{}"),
    ("the store failed: {}", "ストアでエラーが起きました：{}"),
    (
        "{} has no model.yaml; `shirube init {}` writes one",
        "{} に model.yaml がありません。`shirube init {}` で作れます",
    ),
    ("the rulebook has {} error(s); nothing was changed", "ルールブックに誤りが {} 件あります。何も変えていません"),
    ("the configuration cannot be used", "設定に誤りがあります（上の行）。直してからもう一度実行してください"),
    (
        "mails are written to {}; nothing leaves this machine",
        "メールは {} に書き出されます。このマシンの外には何も出ません",
    ),
    ("messages are written to {}; nothing leaves", "メッセージは {} に書き出されます。外には何も出ません"),
    (
        "{} cannot be written: {}; choose another `email.transport: file:FOLDER`",
        "{} に書き込めません：{}。`email.transport: file:フォルダー` で別の場所を選んでください",
    ),
    (
        "{} answers; at most {} mails can be of unknown fate after a crash",
        "{} が応答しています。異常終了のとき送信結果が不明になるメールは最大 {} 通です",
    ),
    ("{}: {}; check email.transport", "{}：{}。email.transport を確かめてください"),
    ("Slack did not answer in time", "Slack が時間内に応答しませんでした"),
    ("Discord did not answer in time", "Discord が時間内に応答しませんでした"),
    (
        "{} endpoint(s); names lead to addresses that may be called",
        "送り先 {} 件。名前の解決先は呼び出してよいアドレスです",
    ),
    ("webhooks.{}: {} is not found ({})", "webhooks.{}：{} が見つかりません（{}）"),
];
