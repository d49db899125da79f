//! Reasons as people read them: the machine writes `cap:onboarding/welcome`, people read which message won.

use super::terms::{Term, term};
use crate::model::locale::Locale;

/// `reason` in words. `title` answers what people call a playbook.
///
/// Some reasons carry a detail after a colon: `cap:PLAYBOOK/STEP`, `hold_at_most:REASON`, `missing:NAME`,
/// `unreadable:NAME`. A reason that is not known is shown as it is.
pub fn reason(locale: Locale, reason: &str, title: &dyn Fn(&str) -> String) -> String {
    let Some((kind, detail)) = reason.split_once(':') else { return term(locale, Term::Reason, reason).to_owned() };
    match (kind, locale) {
        ("cap", _) => capped(locale, detail, title),
        ("hold_at_most", _) if detail.is_empty() => term(locale, Term::Reason, kind).to_owned(),
        ("hold_at_most", Locale::Ja) => {
            format!("{}（{}）", term(locale, Term::Reason, kind), self::reason(locale, detail, title))
        }
        ("hold_at_most", Locale::En) => {
            format!("{} ({})", term(locale, Term::Reason, kind), self::reason(locale, detail, title))
        }
        ("missing", Locale::Ja) => format!("{detail} の値がありません"),
        ("missing", Locale::En) => format!("no value for {detail}"),
        ("unreadable", Locale::Ja) => format!("{detail} の値を読めません"),
        ("unreadable", Locale::En) => format!("the value of {detail} cannot be read"),
        // What follows is the event's id or a number: of use to programs only.
        ("event" | "when" | "date" | "cron" | "manual", _) if !detail.starts_with(' ') => {
            term(locale, Term::Reason, &format!("started_by_{kind}")).to_owned()
        }
        _ => reason.to_owned(),
    }
}

fn capped(locale: Locale, winner: &str, title: &dyn Fn(&str) -> String) -> String {
    let playbook = winner.split('/').next().unwrap_or_default();
    match (locale, playbook.is_empty()) {
        (Locale::Ja, true) => "送信数の上限に達しました".to_owned(),
        (Locale::En, true) => "the frequency cap is reached".to_owned(),
        (Locale::Ja, false) => format!("送信数の上限（「{}」を先に送信）", title(playbook)),
        (Locale::En, false) => format!("frequency cap: “{}” came first", title(playbook)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ja(text: &str) -> String {
        reason(Locale::Ja, text, &|_| "更新のご案内".to_owned())
    }

    #[test]
    fn a_cap_names_the_message_that_won() {
        assert_eq!(ja("cap:renewal/first"), "送信数の上限（「更新のご案内」を先に送信）");
        assert_eq!(
            reason(Locale::En, "cap:renewal/first", &|_| "Renewal".to_owned()),
            "frequency cap: “Renewal” came first"
        );
        assert_eq!(
            ja("hold_at_most:cap:renewal/first"),
            "待てる期間を過ぎました（送信数の上限（「更新のご案内」を先に送信））"
        );
        assert_eq!(ja("cap:"), "送信数の上限に達しました");
    }

    #[test]
    fn what_was_missing_is_named_and_the_unknown_stays_as_it_is() {
        assert_eq!(ja("missing:account.mrr"), "account.mrr の値がありません");
        assert_eq!(ja("window"), "送信時間帯を待っています");
        assert_eq!(ja("event:cli:uep64pvb4u7swwqm"), "出来事が届いたため");
        assert_eq!(ja("when:3"), "条件が成り立ったため");
        assert_eq!(ja("Please wait: soon"), "Please wait: soon");
    }
}
