//! What is said about mail that comes in: classes, reasons, and what was done.

use super::{pick, terms::Row};
use crate::model::locale::Locale;

const CLASSES: &[Row] = &[
    ("hard", "宛先なし", "no such address"),
    ("soft", "一時的な不達", "temporary failure"),
    ("policy", "受信側の方針による拒否", "refused by policy"),
    ("complaint", "迷惑メール報告", "spam complaint"),
    ("auto_reply", "自動返信", "automatic answer"),
    ("none", "不達ではない", "not a bounce"),
];

const REASONS: &[Row] = &[
    ("userunknown", "宛先のメールボックスがありません", "there is no such mailbox"),
    ("hostunknown", "宛先のドメインがありません", "there is no such domain"),
    ("hasmoved", "宛先が移転しています", "the mailbox has moved"),
    ("notaccept", "宛先のサーバーはメールを受け取りません", "the host takes no mail"),
    ("mailboxfull", "メールボックスがいっぱいです", "the mailbox is full"),
    ("suspend", "宛先のアカウントが停止されています", "the account is suspended"),
    ("filtered", "受信者側のフィルターで拒否されました", "the recipient's filter refused it"),
    ("expired", "期限までに届けられませんでした", "it could not be delivered in time"),
    ("networkerror", "経路の障害です", "the way to the server is disturbed"),
    ("systemerror", "受信サーバーの障害です", "the receiving server is disturbed"),
    ("systemfull", "受信サーバーの空きがありません", "the receiving server's disk is full"),
    ("mailererror", "受信者側の配送プログラムの障害です", "the recipient's delivery program failed"),
    ("mesgtoobig", "メールが大きすぎます", "the mail is too large"),
    ("exceedlimit", "受信者の上限を超える大きさです", "the mail is too large for this recipient"),
    ("syntaxerror", "やり取りの誤りです", "the conversation went wrong"),
    ("onhold", "理由が分かりません", "the reason is not clear"),
    ("undefined", "理由が書かれていません", "no reason is given"),
    ("toomanyconn", "接続が多すぎます", "too many connections"),
    ("speeding", "送信が速すぎます", "too many mails in a time"),
    ("rejected", "差出人が拒否されました", "the sender is refused"),
    ("blocked", "送信サーバーが拒否されました", "the sending server is refused"),
    ("badreputation", "送信サーバーの評判が低すぎます", "the sending server has a bad reputation"),
    ("authfailure", "SPF・DKIM・DMARCの検証に失敗しました", "SPF, DKIM or DMARC failed"),
    ("requireptr", "送信サーバーの逆引きがありません", "the sending server has no reverse DNS"),
    ("spamdetected", "迷惑メールと判定されました", "it was taken for spam"),
    ("virusdetected", "ウイルスと判定されました", "it was taken for a virus"),
    ("policyviolation", "受信側の規則に反します", "it is against the receiver's policy"),
    ("securityerror", "安全上の理由で拒否されました", "refused for security"),
    ("norelaying", "中継が拒否されました", "relaying is refused"),
    ("notcompliantrfc", "メールの形式が規格に合いません", "the mail breaks a standard"),
    ("contenterror", "内容を受け取れません", "the content cannot be taken"),
    ("feedback", "受信者から迷惑メールの報告がありました", "the recipient reported it as spam"),
    ("delivered", "届きました", "delivered"),
];

fn row(rows: &'static [Row], locale: Locale, word: &str) -> &'static str {
    let found = rows.iter().find(|(name, ..)| *name == word);
    found.map_or("", |(_, ja, en)| pick(locale, *ja, *en))
}

/// What a class of returned mail is called; empty for a word that is none.
pub fn class(locale: Locale, word: &str) -> &'static str {
    row(CLASSES, locale, word)
}

/// Why a mail came back; empty for a word that is none.
pub fn reason(locale: Locale, word: &str) -> &'static str {
    row(REASONS, locale, word)
}

/// A person's reply to one of our messages.
pub fn reply(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "返信",
        Locale::En => "reply",
    }
}

/// A file that cannot be read; `why` is the system's own word.
pub fn unreadable(locale: Locale, file: &str, why: &str) -> String {
    match locale {
        Locale::Ja => format!("{file} を読めません（{why}）。メールのファイルか、標準入力を表す - を指定してください"),
        Locale::En => {
            format!("{file} cannot be read: {why}; name a file that holds a mail, or - for the standard input")
        }
    }
}

const DONE: &[Row] = &[
    ("not_ours", "このプロジェクトのメールではないため、何もしません", "not about a message of ours: nothing is done"),
    ("again", "記録済みです", "recorded before"),
    ("nothing", "何もしません", "nothing to do"),
    ("suppressed", "この宛先への送信を止めました", "nothing goes to this address any more"),
    ("counted", "回数に数えました", "counted"),
    (
        "noted",
        "記録しました（理由が書かれていないため、回数には数えません）",
        "recorded, not counted: no reason was given",
    ),
    ("stopped", "不達が続いたため、重要通知以外を止めました", "too many failures: only notices go there now"),
    ("rests", "この宛先への送信を1日止め、チームに知らせます", "nothing goes there for a day, and the team is told"),
    ("told", "チームに知らせます", "the team is told"),
    ("complained", "重要通知以外のすべての配信を止めました", "opted out of everything but notices"),
    ("replied", "返信として記録しました", "recorded as a reply"),
    ("auto_replied", "自動返信として記録しました", "noted as an automatic answer"),
    ("queued", "稼働中のshirube、または次のtickが記録します", "the running daemon, or the next tick, records it"),
];

/// What was done about a mail.
pub fn did(locale: Locale, word: &str) -> &'static str {
    row(DONE, locale, word)
}

/// `--release` of an address that returned mail did not stop.
pub fn not_suppressed(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "この宛先は不達では止まっていません。配信停止や迷惑メール報告は本人だけが取り消せます",
        Locale::En => {
            "returned mail has not stopped this address; opt-outs and complaints only the reader can take back"
        }
    }
}

/// `--release` did it.
pub fn released(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "この宛先への送信を再開します",
        Locale::En => "mail goes to this address again",
    }
}

/// Why the marketing of a sender was paused, for readers of either language: an event's text has no language.
pub fn complaints(complaints: u64, sent: u64) -> String {
    format!("迷惑メール報告 / spam complaints: {complaints} / {sent}")
}

/// Why a playbook was paused, for readers of either language: an event's text has no language.
pub fn dead_mailboxes(dead: u64, sent: u64) -> String {
    format!("宛先なし / dead mailboxes: {dead} / {sent}")
}

/// `--release` while somebody else holds the store.
pub fn released_soon(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "稼働中のshirube、または次のtickがこの宛先への送信を再開します",
        Locale::En => "the running daemon, or the next tick, lets mail go to this address again",
    }
}

/// `--record` in a folder that is no project.
pub fn no_project(locale: Locale, folder: &str) -> String {
    match locale {
        Locale::Ja => {
            format!("{folder} はプロジェクトのフォルダーではないため、メールを記録しません。--dir で指定してください")
        }
        Locale::En => format!("{folder} is no project folder, so the mail is not recorded; name it by --dir"),
    }
}

/// The page on which readers choose what they get.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Heading.
    pub title: &'static str,
    /// What to do.
    pub ask: &'static str,
    /// Over the topics.
    pub legend: &'static str,
    /// The button.
    pub save: &'static str,
    /// Before the button that stops everything.
    pub none_ask: &'static str,
    /// That button.
    pub none: &'static str,
    /// After a change.
    pub saved: &'static str,
}

/// The page's words.
pub fn page_words(locale: Locale) -> &'static Page {
    match locale {
        Locale::Ja => &Page {
            title: "メールの配信設定",
            ask: "受け取りたい種類を選んで保存してください。契約やお支払いなど大切なお知らせは、この設定にかかわらずお届けします。",
            legend: "受け取るメール",
            save: "保存する",
            none_ask: "まとめて停止することもできます。",
            none: "すべての配信を停止する",
            saved: "設定を保存しました。",
        },
        Locale::En => &Page {
            title: "Which mail you get",
            ask: "Choose what you want to get, and save. Important notices about your contract and payments come in any case.",
            legend: "Mail you get",
            save: "Save",
            none_ask: "Or stop all of it at once.",
            none: "Stop all mail",
            saved: "Your choice is saved.",
        },
    }
}
