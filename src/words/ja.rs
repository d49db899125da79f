//! 日本語の文言。

use super::Word;

pub(super) fn word(word: Word) -> &'static str {
    match word {
        Word::BandGreen => "良好",
        Word::BandYellow => "注意",
        Word::BandRed => "危険",
        Word::BandUnknown => "不明",
        Word::Yes => "はい",
        Word::No => "いいえ",
        Word::Missing => "未取得",
        Word::MailReason => "このメールは、ご契約中のサービスに関するご案内としてお送りしています。",
        Word::Unsubscribe => "配信停止はこちら",
        Word::UnsubscribeTitle => "配信停止",
        Word::UnsubscribeButton => "配信を停止する",
        Word::UnsubscribeAsk => "このメールの配信を停止しますか。停止するには下のボタンを押してください。",
        Word::UnsubscribeDone => "配信を停止しました。今後このメールはお送りしません。",
        Word::ListSeparator => "、",
    }
}

/// Marks of an organisation anywhere in a Japanese name.
const ORGANISATIONS: [&str; 18] = [
    "株式会社",
    "有限会社",
    "合同会社",
    "合名会社",
    "合資会社",
    "法人",
    "(株)",
    "（株）",
    "㈱",
    "(有)",
    "（有）",
    "㈲",
    "(同)",
    "（同）",
    "協同組合",
    "事務所",
    "御中",
    "銀行",
];

/// Marks of an organisation as the last word of a Latin name.
const SUFFIXES: [&str; 10] = ["inc", "ltd", "llc", "corp", "corporation", "gmbh", "co", "kk", "k.k", "limited"];

pub(super) fn honorific(name: &str) -> String {
    let name = name.trim();
    if ["様", "御中", "さん", "殿", "先生"].iter().any(|end| name.ends_with(end)) {
        return name.to_owned();
    }
    format!("{name} {}", if is_organisation(name) { "御中" } else { "様" })
}

fn is_organisation(name: &str) -> bool {
    let last = name.rsplit([' ', ',', '　']).next().unwrap_or("").trim_end_matches('.').to_ascii_lowercase();
    ORGANISATIONS.iter().any(|mark| name.contains(mark)) || (name.contains(' ') && SUFFIXES.contains(&last.as_str()))
}
