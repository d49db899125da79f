//! Wording for people: one enum of short texts, one file per language, so that a text missing in
//! one of them does not compile. Sentences with values in them are plain functions beside it.

pub mod absence;
pub mod desk;
pub mod digests;
pub mod domain;
pub mod effect;
mod en;
pub mod expansion;
pub mod faq;
pub mod findings;
mod findings_ja;
pub mod forms;
pub mod guided;
pub mod hand_over;
pub mod hearing;
pub mod identity;
mod ja;
pub mod keeping;
pub mod kit;
pub mod links;
pub mod mail;
pub mod outlook;
pub mod pairs;
pub mod plan;
pub mod pulls;
pub mod reasons;
pub mod refusal;
pub mod report;
pub mod reports;
pub mod score;
pub mod score_growth;
pub mod score_suggest;
pub mod sentence;
pub mod share;
pub mod slack_check;
pub mod spark;
pub mod stories;
pub mod survey;
pub mod systems;
pub mod terms;
pub mod told;
pub mod track;

use crate::model::locale::Locale;

/// A short text without values in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Heading over what moved the revenue.
    Movements,
    /// Heading over what we did.
    Actions,
    /// Health band `green`.
    BandGreen,
    /// Health band `yellow`.
    BandYellow,
    /// Health band `red`.
    BandRed,
    /// Band of readiness to grow `ready`.
    BandReady,
    /// Band of readiness to grow `warming`.
    BandWarming,
    /// Band of readiness to grow `not_yet`.
    BandNotYet,
    /// Health band `unknown`.
    BandUnknown,
    /// Yes.
    Yes,
    /// No.
    No,
    /// A value that is not known.
    Missing,
    /// Why this mail came, in the footer.
    MailReason,
    /// The unsubscribe link.
    Unsubscribe,
    /// Heading of the unsubscribe page.
    UnsubscribeTitle,
    /// Its button.
    UnsubscribeButton,
    /// The unsubscribe page, before the button is pressed.
    UnsubscribeAsk,
    /// The unsubscribe page, afterwards.
    UnsubscribeDone,
    /// Between the members of a list.
    ListSeparator,
    /// Before the nearest names.
    DidYouMean,
    /// Alert: too long in its phase.
    AlertStuck,
    /// Alert: red and falling.
    AlertFalling,
    /// Nothing pulls the score down.
    NothingLost,
    /// Label: change over seven days.
    Change7d,
    /// Label.
    Onboarding,
    /// Onboarding state.
    OnboardingDone,
    /// Onboarding state.
    OnboardingOpen,
    /// Onboarding state.
    OnboardingNot,
    /// Label.
    Phase,
    /// Label.
    NextGoal,
    /// Label.
    Owner,
    /// Label.
    Plan,
    /// Label.
    LastLogin,
    /// Label: the next renewal.
    NextDate,
    /// Label: what runs.
    Running,
    /// Label: age of the data.
    Freshness,
    /// Button.
    ButtonAck,
    /// Button.
    ButtonSnooze,
    /// Button.
    ButtonAssign,
    /// Button.
    ButtonPlaybooks,
    /// A digest without rows.
    DigestQuiet,
    /// How a digest is ranked.
    DigestRanking,
    /// Label: what pulls the score down.
    Reasons,
    /// Heading.
    Ledger,
    /// Column.
    Kpi,
    /// Column.
    Value,
    /// Column.
    Count,
    /// Column.
    Interval,
    /// Column.
    Target,
    /// Column.
    Method,
    /// Column.
    Playbook,
    /// Heading.
    Playbooks,
    /// Column.
    Title,
    /// Column.
    Step,
    /// Label.
    MaybeSent,
    /// Label.
    NewReds,
    /// The store failed.
    Trouble,
    /// Heading of a customer's page whose button could not do its work.
    TroubleTitle,
    /// What that page says.
    TryAgain,
    /// Before the names of people.
    WhoTakesIt,
    /// Column.
    Account,
    /// Column.
    Name,
    /// Column.
    Band,
    /// Column.
    Score,
    /// Column.
    Channel,
    /// Column: how many.
    Messages,
    /// Column: the day of the oldest.
    Since,
    /// What happens to held messages when they are let go.
    CheckedAgain,
    /// Column.
    Mrr,
    /// Progress of an import.
    ImportInspecting,
    /// Progress of an import.
    ImportReading,
    /// Progress of an import.
    ImportApplying,
    /// In a timeline.
    AccountChanged,
    /// In a timeline.
    ContactChanged,
    /// In a timeline.
    ContactGone,
    /// Every topic.
    Everything,
    /// In a timeline.
    ConsentGiven,
    /// In a timeline.
    ConsentRefused,
    /// In a timeline.
    TouchModel,
    /// Title of `risk`.
    RiskTitle,
    /// After a dry run.
    ImportDry,
    /// After `--strict` with a bad row.
    ImportRefused,
}

/// The one of both that a reader of `locale` gets.
fn pick<T>(locale: Locale, ja: T, en: T) -> T {
    match locale {
        Locale::Ja => ja,
        Locale::En => en,
    }
}

/// The ending of an English noun of which there are `n`.
fn many(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// `text` in brackets, behind what it belongs to.
pub fn bracketed(locale: Locale, text: &str) -> String {
    pick(locale, format!("（{text}）"), format!(" ({text})"))
}

/// What somebody said, in quotation marks.
pub fn quoted(locale: Locale, text: &str) -> String {
    pick(locale, format!("「{text}」"), format!("“{text}”"))
}

/// `word` in `locale`.
pub fn say(locale: Locale, word: Word) -> &'static str {
    pick(locale, ja::word(word), en::word(word))
}

/// The name of a health band (`green`, `yellow`, `red`, anything else is unknown) in `locale`.
pub fn band(locale: Locale, band: &str) -> &'static str {
    say(
        locale,
        match band {
            "green" => Word::BandGreen,
            "yellow" => Word::BandYellow,
            "red" => Word::BandRed,
            "ready" => Word::BandReady,
            "warming" => Word::BandWarming,
            "not_yet" => Word::BandNotYet,
            _ => Word::BandUnknown,
        },
    )
}

/// `name` as one addresses it: 様 for people, 御中 for organisations; in English the name itself.
pub fn honorific(locale: Locale, name: &str) -> String {
    match locale {
        Locale::Ja => ja::honorific(name),
        Locale::En => name.to_owned(),
    }
}

/// `is` of one, `are` of others.
pub fn are(one: bool) -> &'static str {
    if one { "is" } else { "are" }
}

/// `1 month`, `3 months`, `2 people`: so many of a thing, in English.
pub fn count_of<N: std::fmt::Display + PartialEq + From<u8>>(n: N, one: &str) -> String {
    match one {
        _ if n == N::from(1) => format!("{n} {one}"),
        "person" => format!("{n} people"),
        _ => format!("{n} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_have_the_names_of_the_language_reference() {
        assert_eq!(["green", "yellow", "red"].map(|b| band(Locale::Ja, b)), ["良好", "注意", "危険"]);
        assert_eq!(["green", "yellow", "red"].map(|b| band(Locale::En, b)), ["healthy", "watch", "at risk"]);
    }

    #[test]
    fn people_get_sama_organisations_get_onchu_and_nobody_gets_two() {
        let ja = |name| honorific(Locale::Ja, name);
        assert_eq!(ja("佐藤結衣"), "佐藤結衣 様");
        assert_eq!(ja("株式会社アクメ"), "株式会社アクメ 御中");
        assert_eq!(ja("アクメ㈱"), "アクメ㈱ 御中");
        assert_eq!(ja("Acme Inc."), "Acme Inc. 御中");
        assert_eq!(ja("佐藤様"), "佐藤様");
        assert_eq!(ja("Lincoln"), "Lincoln 様", "a name that only ends like a company");
        assert_eq!(honorific(Locale::En, "Yui Sato"), "Yui Sato");
    }
}
