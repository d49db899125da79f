//! What `doctor` says about SPF, DKIM and DMARC.

use crate::model::locale::Locale;

/// A record that is in order.
pub fn fine(locale: Locale, record: &str) -> String {
    match (locale, record.ends_with(": -")) {
        (Locale::Ja, true) => format!("{}が自分のドメインから送るため、不要です", record.trim_end_matches(": -")),
        (Locale::En, true) => {
            format!("{} sends from a domain of its own; none is needed", record.trim_end_matches(": -"))
        }
        _ => record.to_owned(),
    }
}

/// A record that has to be added; without a text the provider shows it.
pub fn missing(locale: Locale, at: &str, add: &str, relay: &str) -> String {
    match (locale, add.is_empty()) {
        (Locale::Ja, true) => {
            format!("{at} がありません。{relay}の管理画面でDKIMを有効にし、表示されるレコードをDNSに追加してください")
        }
        (Locale::En, true) => {
            format!("there is no {at}; turn DKIM on in {relay}'s console and add the record it shows to DNS")
        }
        (Locale::Ja, false) => format!("ありません。DNSに追加してください：{at} TXT \"{add}\""),
        (Locale::En, false) => format!("there is none; add to DNS: {at} TXT \"{add}\""),
    }
}

/// The relay may not send for the domain.
pub fn not_included(locale: Locale, relay: &str, include: &str) -> String {
    match locale {
        Locale::Ja => format!("{relay}からの送信が許可されていません。レコードに include:{include} を加えてください"),
        Locale::En => format!("{relay} may not send for it; add include:{include} to the record"),
    }
}

/// Several records where one may be.
pub fn several(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "レコードが複数あり、受信側はどれも使いません。1つにまとめてください",
        Locale::En => "there are several, so receivers take none; make them one",
    }
}

/// A record that lets everybody send.
pub fn everybody(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "誰でもこのドメインで送信できます。+all を ~all に変えてください",
        Locale::En => "everybody may send for it; write ~all in the place of +all",
    }
}

/// A record that receivers do not read to its end.
pub fn too_long(locale: Locale, lookups: usize) -> String {
    match locale {
        Locale::Ja => format!("DNSの参照が{lookups}回必要です（上限は10回）。使っていない include を外してください"),
        Locale::En => format!("it takes {lookups} look-ups and receivers make 10; remove includes that are not used"),
    }
}

/// A key that was withdrawn.
pub fn withdrawn(locale: Locale, at: &str) -> String {
    match locale {
        Locale::Ja => format!("{at} の鍵は失効しています（p= が空）。新しい鍵を公開してください"),
        Locale::En => format!("the key at {at} is withdrawn (p= is empty); publish a new one"),
    }
}

/// Another key is published than the one that signs.
pub fn other_key(locale: Locale, at: &str, add: &str) -> String {
    match locale {
        Locale::Ja => format!(
            "{at} の公開鍵が email.dkim.key と対になっていないため、署名はすべて無効です。DNSを書き換えてください：{at} TXT \"{add}\""
        ),
        Locale::En => format!(
            "the key at {at} does not belong to email.dkim.key, so every signature fails; change DNS: {at} TXT \"{add}\""
        ),
    }
}

/// Signatures that do not count for the sender.
pub fn other_domain(locale: Locale, signed: &str, domain: &str) -> String {
    match locale {
        Locale::Ja => format!(
            "{signed} の署名は差出人のドメイン {domain} と一致しません。email.dkim.domain か差出人を揃えてください"
        ),
        Locale::En => {
            format!("a signature of {signed} does not count for {domain}; make email.dkim.domain and the sender agree")
        }
    }
}

/// What only a person can look up.
pub fn by_hand(locale: Locale, relay: &str, domain: &str) -> String {
    match locale {
        Locale::Ja => {
            format!("鍵の名前は{relay}ごとに異なります。管理画面で {domain} のDKIMが検証済みか確かめてください")
        }
        Locale::En => format!("the key's name is {relay}'s; look in its console whether DKIM of {domain} is verified"),
    }
}

/// Nobody answered.
pub fn no_answer(locale: Locale, check: &str, domain: &str) -> String {
    match locale {
        Locale::Ja => format!("DNSの応答がなく確認できません。つながる場所で {domain} の{check}を確かめてください"),
        Locale::En => format!("DNS does not answer; look up {check} of {domain} from where it does"),
    }
}

/// A relay that we do not know by name.
pub fn the_relay(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "送信サーバー",
        Locale::En => "the relay",
    }
}
