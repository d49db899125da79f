//! Wording for people, and the words people use in cells.

use crate::model::locale::Locale;

/// Why a row was not taken.
pub(super) fn reject(code: &str, locale: Locale) -> &'static str {
    let (ja, en) = match code {
        "ragged" => ("列の数が見出しと違います", "the row has another number of cells than the header"),
        "quote_not_closed" => ("引用符 \" が閉じていません", "a quote \" is never closed"),
        "line_too_long" => ("行が長すぎます(1 MiB まで)", "the line is longer than 1 MiB"),
        "cell_too_long" => ("セルが長すぎます(64 KiB まで)", "a cell is longer than 64 KiB"),
        "control_character" => ("制御文字が入っています", "a cell holds a control character"),
        "undecodable" => ("文字化けしています(文字コードを確認)", "bytes that are no text in this encoding"),
        "bad_json" => ("JSON として読めません", "not a JSON object"),
        "bad_date" => ("日付として読めません", "not a date in this column's format"),
        "bad_number" => ("数として読めません", "not a number"),
        "bad_amount" => ("金額として読めません", "not an amount"),
        "bad_yes_no" => ("はい・いいえとして読めません", "neither yes nor no"),
        "unknown_word" => ("決められた語ではありません", "not one of the declared words"),
        "unknown_constant" => {
            ("mapping の constants に未知の項目があります", "the mapping's constants name an unknown field")
        }
        "no_account" => ("顧客のキー(または名前)がありません", "no key (or name) of the customer"),
        "no_contact" => ("連絡先のキーもメールもありません", "neither key nor e-mail of the person"),
        "no_start" => ("開始日がありません", "no start date"),
        "no_time" => ("日時がありません", "no time"),
        "no_event" => ("イベント名がありません", "no event name"),
        "key_too_long" => ("キーが長すぎます(200 文字まで)", "a key is longer than 200 characters"),
        "unknown_subscription" => ("この契約はまだ取り込まれていません", "this subscription has not been imported yet"),
        "unknown_account" => ("この顧客はまだ取り込まれていません", "this customer has not been imported yet"),
        "unknown_contact" => ("この先方担当者はまだ取り込まれていません", "this person has not been imported yet"),
        "too_old" => ("古すぎるイベントです", "the event is too old"),
        _ => ("読めません", "cannot be read"),
    };
    pick(locale, ja, en)
}

/// What a kind of warning says; its detail follows.
pub(super) fn warning(kind: &str, locale: Locale) -> &'static str {
    let (ja, en) = match kind {
        "ambiguous_date" => (
            "年月日の順が決まらない日付(ワークスペースの言語で判断)",
            "dates of several readings (the workspace's language decided)",
        ),
        "mixed_date_order" => ("日と月の順が混ざっています(採用した読み方)", "mixed order of day and month (read as)"),
        "ambiguous_header" => ("二通りに読める見出し", "a header with two meanings"),
        "unknown_column" => {
            ("取り込まない列(model.yaml に宣言すると取り込めます)", "column not imported (declare it in model.yaml)")
        }
        "undeclared_column" => ("model.yaml に宣言すると取り込める列", "column that model.yaml must declare first"),
        "column_twice" => ("同じ意味の列が二つあります", "two columns mean the same"),
        "title_rows" => ("見出しより上の行を飛ばしました", "lines above the header were skipped"),
        "key_from_name" => ("キーの列がないので名前をキーにします", "no key column: names serve as keys"),
        "filtered" => ("mapping の条件で除いた行", "rows left out by the mapping"),
        "duplicate_key" => ("同じキーの行", "rows with the same key"),
        "duplicate_id" => ("同じ ID の行", "rows with an id that came before"),
        "future_date" => ("未来の日付", "dates in the future"),
        "negative_number" => ("負の数", "negative numbers"),
        "bad_email" => ("メールアドレスに見えません", "not an e-mail address"),
        "end_before_start" => ("終わりが始まりより前", "end before start"),
        "before_account_start" => ("顧客の開始より前のイベント", "events before the customer's start"),
        "after_account_end" => ("顧客の終了より後のイベント", "events after the customer's end"),
        "before_subscription_start" => ("契約の開始より前のイベント", "events before their subscription's start"),
        "after_subscription_end" => ("契約の終了より後のイベント", "events after their subscription's end"),
        "unknown_account" => ("まだ知らない顧客のイベント", "events of customers not yet known"),
        "account_merged" => (
            "同じ顧客として統合（`former_key` の顧客を、行の顧客に）",
            "customers merged (the one of `former_key` into the row's)",
        ),
        "account_renamed" => ("顧客キーの変更（`former_key` から）", "customers with another key (from `former_key`)"),
        "erased_address" => (
            "消去した人のアドレス。この宛先には送りません（表からも消してください）",
            "addresses of people who were erased: never written to (take them out of the sheet)",
        ),
        "assumed_known" => (
            "日付のない新しい顧客・先方担当者を既知とみなしました（新規なら --as new）",
            "new customers or contacts without a date taken as known (if they are new: --as new)",
        ),
        _ => ("確認してください", "please check"),
    };
    pick(locale, ja, en)
}

/// One of the two languages.
pub(super) fn pick(locale: Locale, ja: &'static str, en: &'static str) -> &'static str {
    match locale {
        Locale::Ja => ja,
        Locale::En => en,
    }
}

/// Field, the model's word, and what people write for it (folded, between blanks).
const SYNONYMS: &[(&str, &str, &str)] = &[
    ("status", "active", "契約中 有効 利用中 継続 継続中 本契約 稼働中 アクティブ paid paying current live customer"),
    ("status", "trial", "トライアル 試用 試用中 無料 お試し 無料トライアル 体験 trialing freetrial free"),
    (
        "status",
        "churned",
        "解約 解約済 解約済み 退会 終了 契約終了 無効 休止 cancelled canceled churn inactive lost closed expired",
    ),
    ("status", "internal", "社内 テスト internal test デモ demo"),
    ("onboarding", "not_started", "未着手 未開始 未実施 未 notstarted todo new これから"),
    ("onboarding", "in_progress", "実施中 進行中 対応中 着手 着手中 導入中 途中 inprogress doing started ongoing"),
    ("onboarding", "done", "完了 済 済み 完了済 完了済み 実施済 実施済み 導入済 導入済み completed complete finished"),
    ("consent", "given", "true yes 1 y はい 有 あり 同意 同意済 同意済み 許諾 承諾 可 optin ok ○ agreed"),
    ("consent", "refused", "false no 0 n いいえ 無 なし 拒否 不可 不同意 optout ng × declined"),
];

/// The model's word for what people write in a column of words; `key` is folded.
pub(super) fn synonym(field: &str, key: &str) -> Option<&'static str> {
    let means = |words: &str| words.split(' ').any(|word| word == key);
    SYNONYMS.iter().find(|(of, _, words)| *of == field && means(words)).map(|(_, word, _)| *word)
}

/// The tier of the touch model for what people write; none for another word.
pub(super) fn touch(folded: &str) -> Option<&'static str> {
    let key: String = folded.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '・' | 'ー')).collect();
    match key.as_str() {
        "high" | "hightouch" | "ハイ" | "ハイタッチ" => Some("high"),
        "low" | "lowtouch" | "ロ" | "ロタッチ" => Some("low"),
        "tech" | "techtouch" | "テック" | "テックタッチ" | "デジタル" | "デジタルタッチ" => {
            Some("tech")
        }
        _ => None,
    }
}

/// The code of a language.
pub(super) fn locale(folded: &str) -> String {
    match folded.to_lowercase().as_str() {
        "日本語" | "japanese" | "jp" | "jpn" => "ja".into(),
        "英語" | "english" | "eng" => "en".into(),
        _ => folded.to_owned(),
    }
}

/// The usual word for a role.
pub(super) fn role(folded: &str) -> String {
    match folded.to_lowercase().as_str() {
        "管理者" | "administrator" | "システム管理者" => "admin".into(),
        "推進者" | "推進担当" | "チャンピオン" | "キーマン" => "champion".into(),
        "利用者" | "ユーザー" | "一般ユーザー" | "メンバー" => "user".into(),
        "決裁者" | "意思決定者" | "責任者" | "decision maker" => "decision_maker".into(),
        "経営者" | "役員" | "代表取締役" => "executive".into(),
        "経理" | "経理担当" | "請求担当" => "billing".into(),
        lower if lower.is_ascii() => lower.replace(' ', "_"),
        _ => folded.to_owned(),
    }
}

/// Whether something could be an address; the full check is made before a message is planned.
pub(super) fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>');
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(odd)
}
