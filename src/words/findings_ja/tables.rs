//! Tables that cannot be read, and sources that are configured wrongly.

use super::Sentence;

pub const SENTENCES: &[Sentence] = &[
    (
        "the file cannot be read: {}; check that it exists and that you may read it",
        "ファイルを読めません（{}）。場所と権限を確かめてください",
    ),
    (
        "the file is empty: its first line must name the columns, e.g. `key,name,plan`",
        "ファイルが空です。1行目に `key,name,plan` や「顧客ID,会社名,プラン」のような見出しを書いてください",
    ),
    ("this is not a table: {}", "表として読めません。{}"),
    (
        "it is a web page (a private sheet answers with its login page): share the sheet or download it as CSV",
        "ウェブページです（共有していないシートはログイン画面を返します）。シートを共有するか、CSVで書き出してください",
    ),
    (
        "it is an Excel or ZIP file: save it as CSV (UTF-8)",
        "ExcelかZIPのファイルです。CSV（UTF-8）で保存し直してください",
    ),
    (
        "the file has {} columns; at most {} are read: delete those you do not need",
        "列が {} あります。読めるのは {} までです。不要な列を消してください",
    ),
    ("the mapping names the column `{}`, which the file has not: {}", "マッピングにある列 `{}` が表にありません：{}"),
    ("accounts need {}; the file has: {}", "顧客の表には{}が必要です。表にある列：{}"),
    ("contacts need {}; the file has: {}", "先方担当者の表には{}が必要です。表にある列：{}"),
    ("subscriptions need {}; the file has: {}", "契約の表には{}が必要です。表にある列：{}"),
    ("events need {}; the file has: {}", "イベントの表には{}が必要です。表にある列：{}"),
    (
        "a column with the customer's key or name (e.g. `account_id`, `会社名`)",
        "顧客のIDか名前の列（例：`account_id`、`会社名`）",
    ),
    (
        "a column with the person's key, e-mail or name (e.g. `email`, `メール`)",
        "先方担当者のID・メール・名前のどれかの列（例：`email`、`メール`）",
    ),
    ("a column with the customer's key (e.g. `account_id`)", "顧客IDの列（例：`account_id`）"),
    ("a column with the start (e.g. `start_date`, `開始日`)", "開始日の列（例：`start_date`、`開始日`）"),
    ("a column with the time (e.g. `timestamp`, `日時`)", "日時の列（例：`timestamp`、`日時`）"),
    (
        "a column with the event's name (e.g. `event`), or a mapping with `event: login`",
        "イベント名の列（例：`event`）か、`event: login` と書いたマッピング",
    ),
    ("{}: this address cannot be called", "{}：このURLは呼び出せません"),
    ("{}: one source has one place", "{}：取り込み元の場所は一つだけです"),
    (
        "write one of url, file and folder; make two sources of two",
        "url・file・folder のどれか一つにし、二つあるなら取り込み元を二つに分けてください",
    ),
    ("{}: missing, but the rows must be something", "{}：行が何を表すかを書いてください"),
    ("{}: missing, but a table is somewhere", "{}：表の場所を書いてください"),
];
