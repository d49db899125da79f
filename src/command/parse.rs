//! The text after `/cs`, read into a command.

use super::{
    reply::{Part, Press, Reply},
    spec::{self, Spec},
};
use crate::model::{diagnostic::nearest, locale::Locale};

/// Characters read of one command; the rest is refused.
pub const LONGEST: usize = 2_000;

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The command.
    pub command: Command,
    /// `--share`: the answer is for everybody in the channel.
    pub share: bool,
}

/// A question or an order. Account names are as typed: the desk finds the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Band, score, causes, what runs, the next date.
    Health {
        /// Key, name or domain.
        account: String,
    },
    /// Accounts at risk, worst first.
    Risk {
        /// Only this segment.
        segment: Option<String>,
    },
    /// Every condition with its values, and the ledger.
    Explain {
        /// Key, name or domain.
        account: String,
        /// Only this playbook (the last word; if there is no such playbook it belongs to the name).
        playbook: Option<String>,
    },
    /// Why a playbook did not start.
    WhyNot {
        /// Key, name or domain.
        account: String,
        /// Which playbook.
        playbook: String,
    },
    /// What runs, for everybody or one account.
    Playbooks {
        /// Key, name or domain.
        account: Option<String>,
    },
    /// KPIs of a month or a quarter.
    Kpi {
        /// `YYYY-MM`, `YYYY-Qn`; none = the last full month.
        month: Option<String>,
        /// `by WHAT`: side by side.
        by: Option<String>,
    },
    /// Whether a playbook works.
    Effect {
        /// Which playbook.
        playbook: String,
        /// `churn`, `goal` or a milestone; none = what the playbook says.
        outcome: Option<String>,
    },
    /// What went out yesterday, what goes out today, my tasks, new reds.
    Today,
    /// Open tasks.
    Tasks {
        /// Whose: `mine`, or a person; none = everybody's.
        whose: Option<String>,
    },
    /// Customers by the day of their renewal.
    Renewals {
        /// `90d`, as typed; none = the usual length.
        length: Option<String>,
    },
    /// Customers that are stuck in a phase.
    Stuck,
    /// Everything that happened with an account, newest first.
    Timeline {
        /// Key, name or domain.
        account: String,
    },
    /// What the articles of `knowledge/` answer.
    Ask {
        /// The question, as typed.
        question: String,
        /// `--for`: key, name or domain of the account whose owner gets it at a hand-over.
        account: Option<String>,
        /// `--hand-off`: a person shall answer.
        hand_off: bool,
    },
    /// Writes a note.
    Note {
        /// Key, name or domain.
        account: String,
        /// The words.
        text: String,
        /// `#request` → `request`.
        tags: Vec<String>,
        /// `--positive`: a good voice.
        positive: bool,
    },
    /// Stops a playbook, an account, or everything.
    Pause {
        /// What.
        target: PauseTarget,
        /// `14d`, as typed; none = until resumed.
        length: Option<String>,
        /// Why.
        reason: String,
    },
    /// Lets it go on.
    Resume {
        /// What.
        target: PauseTarget,
        /// `--yes`: what would go was seen.
        sure: bool,
    },
    /// Stops everything at once (`pause all`).
    StopAll {
        /// Why.
        reason: String,
    },
    /// Mutes nudges about an account.
    Snooze {
        /// Key, name or domain.
        account: String,
        /// `7d`, as typed; none = the usual length.
        length: Option<String>,
    },
    /// Somebody is away, and a colleague acts for them.
    Away {
        /// Who: a key or a name of `people`; none = the asker.
        person: Option<String>,
        /// The last day, as typed.
        until: String,
        /// Who acts for them.
        deputy: String,
    },
    /// Somebody is back.
    Back {
        /// Who: a key or a name of `people`; none = the asker.
        person: Option<String>,
    },
    /// Gives an account to a person.
    Assign {
        /// Key, name or domain.
        account: String,
        /// The person's name in `people`.
        person: String,
    },
    /// Gives everything of one person to another.
    HandOver {
        /// Whose it is.
        from: String,
        /// The person's name in `people`.
        to: String,
        /// Only this role.
        role: Option<String>,
        /// `--yes`: what would move was seen.
        sure: bool,
    },
    /// Starts a playbook by hand.
    Enroll {
        /// Key, name or domain.
        account: String,
        /// Which playbook.
        playbook: String,
        /// Only this contact: key, address or name.
        contact: Option<String>,
        /// `--yes`: what would go out was seen.
        sure: bool,
    },
    /// Ends a run by hand.
    Unenroll {
        /// Key, name or domain.
        account: String,
        /// Which playbook.
        playbook: String,
        /// Only this contact: key, address or name.
        contact: Option<String>,
    },
    /// Sets the health band by hand for a while.
    Override {
        /// Key, name or domain.
        account: String,
        /// `green`, `yellow` or `red`, as typed.
        band: String,
        /// `14d`, as typed; none = the usual length.
        length: Option<String>,
        /// Why.
        reason: String,
    },
    /// Completes a task; one that asks about a reply lets the run go on.
    Done {
        /// Key, name or domain.
        account: String,
        /// The task's identity, its step or its playbook.
        task: String,
    },
    /// Lets a playbook with `approve` begin.
    Approve {
        /// Which playbook.
        playbook: String,
        /// `--yes`: what would go out was seen.
        sure: bool,
    },
    /// What can be asked.
    Help {
        /// About one command.
        topic: Option<String>,
    },
}

/// What is paused or resumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PauseTarget {
    /// Everything.
    All,
    /// A playbook (`playbook:x`).
    Playbook(String),
    /// An account (`account:x`).
    Account(String),
    /// The marketing of a sender (`sender:x`; `sender:default` has no name).
    Sender(String),
    /// A name that may be either; one that is both is refused by the desk.
    Named(String),
}

impl Command {
    /// The account or playbook it is about, for the answer to a refusal.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Command::Health { account }
            | Command::Explain { account, .. }
            | Command::WhyNot { account, .. }
            | Command::Timeline { account }
            | Command::Note { account, .. }
            | Command::Snooze { account, .. }
            | Command::Enroll { account, .. }
            | Command::Done { account, .. }
            | Command::Unenroll { account, .. }
            | Command::Override { account, .. }
            | Command::Assign { account, .. } => Some(account),
            Command::Approve { playbook, .. } | Command::Effect { playbook, .. } => Some(playbook),
            Command::Playbooks { account } | Command::Ask { account, .. } => account.as_deref(),
            Command::Pause { target, .. } | Command::Resume { target, .. } => target.name(),
            _ => None,
        }
    }
}

impl PauseTarget {
    /// The name, if it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            PauseTarget::All => None,
            PauseTarget::Playbook(name)
            | PauseTarget::Account(name)
            | PauseTarget::Sender(name)
            | PauseTarget::Named(name) => Some(name),
        }
    }

    /// Reads a name with or without its kind.
    pub fn read(word: &str) -> PauseTarget {
        match (word, word.split_once(':')) {
            ("all" | "--all" | "全部" | "すべて", _) => PauseTarget::All,
            (_, Some(("playbook", name))) => PauseTarget::Playbook(name.to_owned()),
            (_, Some(("account", name))) => PauseTarget::Account(name.to_owned()),
            (_, Some(("sender", name))) => PauseTarget::Sender(name.to_owned()),
            _ => PauseTarget::Named(word.to_owned()),
        }
    }
}

/// Why a text is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No such word; perhaps that one was meant.
    Unknown {
        /// What was typed.
        word: String,
        /// The whole text with the word mended, if one is near enough.
        meant: Option<String>,
    },
    /// Something is missing: show how it is written.
    Usage(&'static Spec),
    /// Longer than `LONGEST` characters.
    TooLong,
}

/// Reads the text after `/cs`. An empty text asks for help.
pub fn parse(text: &str) -> Result<Asked, Wrong> {
    if text.chars().count() > LONGEST {
        return Err(Wrong::TooLong);
    }
    let mut words = split(text);
    let share = take_flag(&mut words, "--share");
    let Some(first) = (!words.is_empty()).then(|| words.remove(0)) else {
        return Ok(Asked { command: Command::Help { topic: None }, share: false });
    };
    // Discord takes 25 commands and there are as many: this is the other side of `risk`.
    if spec::plain(&first) == "expansion" {
        let segment = all(&words).or_else(|| Some("ready".to_owned()));
        return Ok(Asked { command: Command::Risk { segment }, share });
    }
    let spec = spec::find(&first).ok_or_else(|| unknown(&first, &words))?;
    let command = read(spec, words).ok_or(Wrong::Usage(spec))?;
    Ok(Asked { command, share })
}

fn read(spec: &'static Spec, mut words: Vec<String>) -> Option<Command> {
    Some(match spec.name {
        "health" => Command::Health { account: all(&words)? },
        "risk" => Command::Risk { segment: all(&words) },
        "explain" => match words.len() {
            0 => return None,
            1 => Command::Explain { account: words.remove(0), playbook: None },
            _ => Command::Explain { playbook: words.pop(), account: all(&words)? },
        },
        "why-not" => Command::WhyNot { playbook: words.pop()?, account: all(&words)? },
        "playbooks" => Command::Playbooks { account: all(&words) },
        "kpi" => {
            let by = words.iter().position(|word| word.eq_ignore_ascii_case("by")).map(|at| words.split_off(at));
            let by = by.and_then(|tail| all(&tail[1..]));
            Command::Kpi { month: all(&words), by }
        }
        "effect" => {
            let playbook = (!words.is_empty()).then(|| words.remove(0))?;
            Command::Effect { playbook, outcome: all(&words) }
        }
        "today" => Command::Today,
        "tasks" => Command::Tasks { whose: all(&words) },
        "renewals" => Command::Renewals { length: all(&words) },
        "stuck" => Command::Stuck,
        "timeline" => Command::Timeline { account: all(&words)? },
        "ask" => question(words)?,
        "note" => note(words)?,
        "pause" => pause(words)?,
        "resume" => {
            let sure = take_flag(&mut words, "--yes");
            Command::Resume { target: PauseTarget::read(&all(&words)?), sure }
        }
        "stop-all" => Command::StopAll { reason: words.join(" ") },
        "snooze" => {
            let length = words.pop_if(|w| is_length(w));
            Command::Snooze { account: all(&words)?, length }
        }
        "assign" if words.iter().any(|w| w == "--all-of") => hand_over(words)?,
        "assign" => Command::Assign { person: words.pop()?.trim_start_matches('@').to_owned(), account: all(&words)? },
        "done" => Command::Done { task: words.pop()?, account: all(&words)? },
        "approve" => {
            let sure = take_flag(&mut words, "--yes");
            Command::Approve { playbook: all(&words)?, sure }
        }
        "enroll" => {
            let (contact, sure) = (take_value(&mut words, "--contact")?, take_flag(&mut words, "--yes"));
            Command::Enroll { contact, sure, playbook: words.pop()?, account: all(&words)? }
        }
        "unenroll" => {
            let contact = take_value(&mut words, "--contact")?;
            Command::Unenroll { contact, playbook: words.pop()?, account: all(&words)? }
        }
        "override" => set_band(words)?,
        "away" => away(words)?,
        "back" => {
            let person = take_value(&mut words, "--for")?;
            words.is_empty().then_some(Command::Back { person: person.map(|name| plain_name(&name)) })?
        }
        _ => Command::Help { topic: words.into_iter().next() },
    })
}

fn hand_over(mut words: Vec<String>) -> Option<Command> {
    let sure = take_flag(&mut words, "--yes");
    take_flag(&mut words, "--all-of");
    let mut names = words.into_iter().map(|word| word.trim_start_matches('@').to_owned());
    let (from, to, role) = (names.next()?, names.next()?, names.next());
    names.next().is_none().then_some(Command::HandOver { from, to, role, sure })
}

fn question(mut words: Vec<String>) -> Option<Command> {
    let hand_off = take_flag(&mut words, "--hand-off");
    let account = take_value(&mut words, "--for")?;
    Some(Command::Ask { question: all(&words)?, account, hand_off })
}

fn note(mut words: Vec<String>) -> Option<Command> {
    let positive = take_flag(&mut words, "--positive");
    let account = (!words.is_empty()).then(|| words.remove(0))?;
    let (text, tags) = tagged(&words.join(" "))?;
    Some(Command::Note { account, text, tags, positive })
}

/// `until DATE deputy NAME [--for PERSON]`, in either order.
fn away(mut words: Vec<String>) -> Option<Command> {
    let person = take_value(&mut words, "--for")?.map(|name| plain_name(&name));
    let until = take_value(&mut words, "until")??;
    let deputy = words.iter().position(|word| word == "deputy").filter(|at| *at == 0)?;
    words.remove(deputy);
    Some(Command::Away { person, until, deputy: plain_name(&all(&words)?) })
}

/// A colleague as mentioned: `@kei` is `kei`.
fn plain_name(typed: &str) -> String {
    typed.trim_start_matches('@').to_owned()
}

/// A note's words, line by line, and its `#tags`; none where there are no words beside the tags.
pub fn tagged(text: &str) -> Option<(String, Vec<String>)> {
    let tags = text.split_whitespace().filter_map(|word| word.strip_prefix('#')).filter(|tag| !tag.is_empty());
    let plain = |line: &str| line.split_whitespace().filter(|w| !w.starts_with('#')).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text.lines().map(plain).collect();
    let words = lines.join("\n").trim().to_owned();
    (!words.is_empty()).then(|| (words, tags.map(str::to_owned).collect()))
}

fn pause(mut words: Vec<String>) -> Option<Command> {
    let target = PauseTarget::read(&(!words.is_empty()).then(|| words.remove(0))?);
    let length = words.first().is_some_and(|w| is_length(w)).then(|| words.remove(0));
    Some(Command::Pause { target, length, reason: words.join(" ") })
}

/// The band is the first word that is one; what stands before it is the account.
fn set_band(mut words: Vec<String>) -> Option<Command> {
    let place = words.iter().position(|w| matches!(w.as_str(), "green" | "yellow" | "red")).filter(|at| *at > 0)?;
    let mut rest = words.split_off(place);
    let (account, band) = (all(&words)?, rest.remove(0));
    let length = rest.first().is_some_and(|w| is_length(w)).then(|| rest.remove(0));
    let reason = all(&rest)?;
    Some(Command::Override { account, band, length, reason })
}

/// `14d`, `2w`, `36h`.
pub fn is_length(word: &str) -> bool {
    let digits = word.trim_end_matches(['d', 'w', 'h']);
    digits.len() + 1 == word.len() && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn all(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(" "))
}

fn take_flag(words: &mut Vec<String>, flag: &str) -> bool {
    let before = words.len();
    words.retain(|w| w != flag);
    words.len() != before
}

/// The word after `flag`, both taken out; none where the flag stands last.
fn take_value(words: &mut Vec<String>, flag: &str) -> Option<Option<String>> {
    let Some(at) = words.iter().position(|w| w == flag) else { return Some(None) };
    words.remove(at);
    (at < words.len()).then(|| Some(words.remove(at)))
}

fn unknown(word: &str, rest: &[String]) -> Wrong {
    let meant = nearest(word, spec::SPECS.iter().map(|s| s.name));
    let meant =
        meant.map(|name| std::iter::once(name).chain(rest.iter().map(String::as_str)).collect::<Vec<_>>().join(" "));
    Wrong::Unknown { word: word.to_owned(), meant }
}

/// Words at spaces (also full-width ones), with `"…"`, `“…”` and `「…」` kept together.
pub fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut close, mut quoted) = (Vec::new(), String::new(), None, false);
    for c in text.chars() {
        match (close, c) {
            (Some(end), c) if c == end => close = None,
            (Some(_), c) => word.push(c),
            (None, '"') if word.is_empty() => (close, quoted) = (Some('"'), true),
            (None, '“') if word.is_empty() => (close, quoted) = (Some('”'), true),
            (None, '「') if word.is_empty() => (close, quoted) = (Some('」'), true),
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() || quoted {
                    words.push(std::mem::take(&mut word));
                }
                quoted = false;
            }
            (None, c) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words.retain(|w| !w.trim().is_empty());
    words
}

impl Wrong {
    /// What to tell the person.
    pub fn reply(&self, locale: Locale) -> Reply {
        match self {
            Wrong::Unknown { word, meant } => unknown_reply(locale, word, meant.as_deref()),
            Wrong::Usage(spec) => Reply::refusal(
                locale,
                match locale {
                    Locale::Ja => format!("書き方: {}", spec.usage),
                    Locale::En => format!("It is written: {}", spec.usage),
                },
            )
            .line(spec.help(locale)),
            Wrong::TooLong => Reply::refusal(
                locale,
                match locale {
                    Locale::Ja => format!("長すぎます。{LONGEST}文字までにしてください。"),
                    Locale::En => format!("That is too long; keep it under {LONGEST} characters."),
                },
            ),
        }
    }
}

fn unknown_reply(locale: Locale, word: &str, meant: Option<&str>) -> Reply {
    let (title, help) = match locale {
        Locale::Ja => (format!("「{word}」というコマンドはありません。"), "使い方を見る"),
        Locale::En => (format!("There is no command “{word}”."), "Show what can be asked"),
    };
    let mut buttons: Vec<(String, String)> = meant.map(|m| (m.to_owned(), m.to_owned())).into_iter().collect();
    buttons.push((help.to_owned(), "help".to_owned()));
    buttons.into_iter().fold(Reply::refusal(locale, title).with(Part::Buttons(Vec::new())), |reply, (label, text)| {
        reply.button(label, Press::Ask(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Command {
        parse(text).unwrap().command
    }

    #[test]
    fn names_may_have_blanks_quotes_and_full_width_letters() {
        assert_eq!(read("health 株式会社　アクメ"), Command::Health { account: "株式会社 アクメ".into() });
        assert_eq!(read("ＨＥＡＬＴＨ acme"), Command::Health { account: "acme".into() });
        let both = Command::WhyNot { account: "Acme Inc".into(), playbook: "renewal".into() };
        assert_eq!(read("why-not \"Acme Inc\" renewal"), both);
        assert_eq!(read("why-not Acme Inc renewal"), both);
        assert_eq!(read("explain 「Acme Inc」"), Command::Explain { account: "Acme Inc".into(), playbook: None });
    }

    #[test]
    fn a_band_by_hand_needs_a_reason() {
        let set = Command::Override {
            account: "Acme Inc".into(),
            band: "red".into(),
            length: Some("7d".into()),
            reason: "went quiet".into(),
        };
        assert_eq!(read("override Acme Inc red 7d went quiet"), set);
        assert!(parse("override Acme Inc red 7d").is_err());
        assert!(parse("override red 7d went quiet").is_err());
    }

    #[test]
    fn an_absence_has_a_last_day_and_a_deputy() {
        let away = |person: Option<&str>, deputy: &str| Command::Away {
            person: person.map(str::to_owned),
            until: "2026-12-05".into(),
            deputy: deputy.into(),
        };
        assert_eq!(read("away until 2026-12-05 deputy @mio"), away(None, "mio"));
        assert_eq!(read("away deputy Sasaki Mio until 2026-12-05"), away(None, "Sasaki Mio"));
        assert_eq!(read("away --for kei until 2026-12-05 deputy mio"), away(Some("kei"), "mio"));
        for text in
            ["away", "away until 2026-12-05", "away deputy mio", "away kei until 2026-12-05 deputy mio", "back kei"]
        {
            assert!(matches!(parse(text), Err(Wrong::Usage(_))), "{text}");
        }
        assert_eq!(read("back"), Command::Back { person: None });
        assert_eq!(read("back --for @kei"), Command::Back { person: Some("kei".into()) });
    }

    #[test]
    fn a_note_has_words_tags_and_a_voice() {
        let note = Command::Note {
            account: "acme".into(),
            text: "happy with export".into(),
            tags: vec!["request".into()],
            positive: true,
        };
        assert_eq!(read("note acme happy with export #request --positive"), note);
        assert!(matches!(parse("note acme #request"), Err(Wrong::Usage(_))));
    }

    #[test]
    fn a_question_may_be_handed_to_a_person_for_an_account() {
        let ask = |account: Option<&str>, hand_off| Command::Ask {
            question: "席が 足りない".into(),
            account: account.map(str::to_owned),
            hand_off,
        };
        assert_eq!(read("ask 席が　足りない"), ask(None, false));
        assert_eq!(read("ask --hand-off --for 「Acme Inc」 席が 足りない"), ask(Some("Acme Inc"), true));
    }

    #[test]
    fn a_pause_has_a_target_a_length_and_a_reason() {
        let target = PauseTarget::Playbook("renewal".into());
        let pause = Command::Pause { target, length: Some("14d".into()), reason: "contract talks".into() };
        assert_eq!(read("pause playbook:renewal 14d contract talks"), pause);
        assert_eq!(read("resume all"), Command::Resume { target: PauseTarget::All, sure: false });
        assert_eq!(
            read("snooze Acme Inc 7d"),
            Command::Snooze { account: "Acme Inc".into(), length: Some("7d".into()) }
        );
        let all = |role: Option<&str>, sure| Command::HandOver {
            from: "kei".into(),
            to: "mio".into(),
            role: role.map(str::to_owned),
            sure,
        };
        assert_eq!(read("assign --all-of @kei @mio"), all(None, false));
        assert_eq!(read("assign --all-of kei mio csm --yes"), all(Some("csm"), true));
        assert!(parse("assign --all-of kei").is_err());
        assert_eq!(read("assign acme @kei"), Command::Assign { account: "acme".into(), person: "kei".into() });
    }

    #[test]
    fn share_may_stand_anywhere() {
        assert_eq!(parse("--share kpi 2026-10").unwrap(), parse("kpi 2026-10 --share").unwrap());
        assert!(parse("kpi --share").unwrap().share);
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_nearest_one_as_a_button() {
        let Err(wrong) = parse("helth acme") else { panic!() };
        assert_eq!(wrong, Wrong::Unknown { word: "helth".into(), meant: Some("health acme".into()) });
        let reply = wrong.reply(Locale::En);
        let Some(Part::Buttons(buttons)) = reply.parts.last() else { panic!("{reply:?}") };
        assert_eq!(buttons[0].press, Press::Ask("health acme".into()));
    }

    #[test]
    fn missing_words_are_answered_with_how_it_is_written() {
        for text in [
            "health",
            "why-not acme",
            "note",
            "ask",
            "ask --hand-off",
            "ask seats --for",
            "pause",
            "assign acme",
            "timeline",
        ] {
            let Err(Wrong::Usage(spec)) = parse(text) else { panic!("{text}") };
            assert!(text.starts_with(spec.name));
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_every_word_of_help_parses(text in ".{0,80}") {
            let _ = parse(&text).map_err(|wrong| wrong.reply(Locale::Ja));
            for spec in spec::SPECS {
                let _ = parse(&format!("{} {text}", spec.name));
            }
        }
    }
}
