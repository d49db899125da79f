//! One fact in a few words, for the timeline.

use super::health::number;
use crate::{
    model::{
        fact::{Act, Fact, FactBody},
        locale::Locale,
        survey::Kind,
        value::{Props, Value},
    },
    rulebook::{
        titles::Titled,
        types::{AlertKind, Rulebook},
    },
    words::{
        self, Word, band, bracketed, desk, say, sentence,
        terms::{Term, term},
    },
};

/// Attributes or properties named; of more, only how many.
const NAMED: usize = 4;

/// What a fact says, for people.
pub fn told(fact: &Fact, rulebook: &Rulebook, locale: Locale) -> String {
    match &fact.body {
        FactBody::Event { name, props } => event(name, props, rulebook, locale),
        FactBody::AccountAttrs { attrs } => said(Word::AccountChanged, fact, attrs, rulebook, locale),
        FactBody::ContactAttrs { attrs } => said(Word::ContactChanged, fact, attrs, rulebook, locale),
        FactBody::ContactRemoved => say(locale, Word::ContactGone).to_owned(),
        FactBody::Absorbed { key, .. } => words::told::merged_in(locale, &masked(key)),
        FactBody::Renamed { from, to } => words::told::renamed(locale, from, to),
        FactBody::Merged { into, .. } => words::told::merged_away(locale, into),
        FactBody::TookIn { key, .. } => words::told::took_in(locale, key),
        FactBody::Arrived { key, .. } => words::told::arrived(locale, &masked(key)),
        FactBody::Subscription { topic, subscribed } => {
            let topic = if topic == "*" { say(locale, Word::Everything) } else { topic };
            sentence::subscribed(locale, topic, *subscribed)
        }
        FactBody::Consent { given } => {
            say(locale, if *given { Word::ConsentGiven } else { Word::ConsentRefused }).to_owned()
        }
        FactBody::Receipt { playbook, step, outcome, .. } => {
            let title = rulebook.title(Titled::Playbook, playbook, locale);
            let step = rulebook.step_title(playbook, step, locale);
            format!("{}: {title} / {step}", term(locale, Term::Outcome, outcome))
        }
        FactBody::Command(act) => command(act, rulebook, locale),
        FactBody::DailyPass { values } => {
            let tier = values.get("touch").and_then(Value::as_text).unwrap_or_default();
            format!("{}: {}", say(locale, Word::TouchModel), term(locale, Term::Touch, tier))
        }
    }
}

/// Attributes and who said them. Whoever reads a timeline in a channel need not read addresses there.
fn said(what: Word, fact: &Fact, attrs: &Props, rulebook: &Rulebook, locale: Locale) -> String {
    let shown = attrs.iter().filter(|(name, _)| !["email", "import_as"].contains(&name.as_str()));
    let shown: Props = shown.map(|(name, value)| (name.clone(), value.clone())).collect();
    let head = format!("{}{}", say(locale, what), bracketed(locale, &fact.source));
    if shown.is_empty() { head } else { format!("{head}: {}", pairs(&shown, rulebook, locale)) }
}

fn event(name: &str, props: &Props, rulebook: &Rulebook, locale: Locale) -> String {
    let title = event_title(rulebook, name, locale);
    let text = |key: &str| props.get(key).and_then(Value::as_text).unwrap_or_default();
    match name {
        "health.band_changed" | "expansion.band_changed" => {
            format!("{title}: {} → {}", band(locale, text("from")), band(locale, text("to")))
        }
        "phase.entered" => format!("{title}: {}", rulebook.title(Titled::Phase, text("phase"), locale)),
        "milestone.reached" => format!("{title}: {}", rulebook.title(Titled::Milestone, text("milestone"), locale)),
        "playbook.ended" => {
            let playbook = rulebook.title(Titled::Playbook, text("playbook"), locale);
            format!("{title}: {playbook}{}", bracketed(locale, term(locale, Term::Result, text("result"))))
        }
        "note.added" if !text("text").is_empty() => format!("{title}: {}{}", text("text"), tags(props)),
        "alert.raised" => format!("{title}: {}", alert(rulebook, text("alert"), locale)),
        "account.changed" | "contact.changed" => {
            let shown = |key: &str| match props.get(key) {
                None | Some(Value::Missing) => "–".to_owned(),
                Some(value) => shown(value, rulebook, locale),
            };
            format!("{title}: {} {} → {}", text("attribute"), shown("from"), shown("to"))
        }
        "task.overdue" => {
            let playbook = rulebook.title(Titled::Playbook, text("playbook"), locale);
            format!("{title}: {playbook} / {}", rulebook.step_title(text("playbook"), text("step"), locale))
        }
        "message.bounced"
        | "message.complained"
        | "message.replied"
        | "message.auto_replied"
        | "message.clicked"
        | "message.auto_clicked" => {
            let playbook = rulebook.title(Titled::Playbook, text("playbook"), locale);
            let why = words::mail::reason(locale, text("reason"));
            let step = rulebook.step_title(text("playbook"), text("step"), locale);
            let told = [playbook, step, words::mail::class(locale, text("class")), why, text("status")];
            let told: Vec<&str> = told.into_iter().filter(|t| !t.is_empty()).collect();
            if told.is_empty() { title.to_owned() } else { format!("{title}: {}", told.join(" / ")) }
        }
        "ticket.opened" | "ticket.closed" | "ticket.replied" if !text("subject").is_empty() => {
            format!("{title}: {}", masked(text("subject")))
        }
        "survey.responded" if props.get("score").and_then(Value::as_num).is_some() => answered(title, props, locale),
        _ if props.is_empty() => title.to_owned(),
        _ => format!("{title}: {}", pairs(props, rulebook, locale)),
    }
}

/// An answer to a survey: its kind, its number on that scale, and what was written beside it.
fn answered(title: &str, props: &Props, locale: Locale) -> String {
    let text = |key: &str| props.get(key).and_then(Value::as_text).unwrap_or_default().trim();
    let score = props.get("score").and_then(Value::as_num).map(number).unwrap_or_default();
    let of = Kind::parse(text("kind")).map(|kind| format!("/{}", kind.ends().1)).unwrap_or_default();
    let at = format!("{title}: {} {score}{of}", text("kind").to_uppercase()).replace(":  ", ": ");
    match text("comment") {
        "" => at,
        comment => format!("{at} {}", words::quoted(locale, &masked(comment))),
    }
}

/// What people call an event: its title under `events:`, else our own word for it.
pub fn event_title<'a>(rulebook: &'a Rulebook, name: &'a str, locale: Locale) -> &'a str {
    let own = rulebook.title(Titled::Event, name, locale);
    if own == name { term(locale, Term::Event, name) } else { own }
}

/// ` #one #two`.
fn tags(props: &Props) -> String {
    let Some(Value::List(tags)) = props.get("tags") else { return String::new() };
    tags.iter().filter_map(Value::as_text).map(|tag| format!(" #{tag}")).collect()
}

/// What shirube recorded about a note beside the note itself.
pub fn is_echo(fact: &Fact) -> bool {
    fact.source == "shirube" && matches!(&fact.body, FactBody::Event { name, .. } if name == "note.added")
}

/// An alert in a few words; its name where the model no longer has it.
pub fn alert(rulebook: &Rulebook, name: &str, locale: Locale) -> String {
    match rulebook.model.alerts.iter().find(|a| a.name == name).map(|a| &a.kind) {
        Some(AlertKind::Enters(to)) => desk::became(locale, band(locale, to)),
        Some(AlertKind::Stays(to, length)) => {
            desk::stays(locale, band(locale, to), &sentence::length(locale, &length.to_string()))
        }
        Some(AlertKind::Drop(by, days)) => desk::fell(locale, &number(*by), *days),
        None => name.to_owned(),
    }
}

fn command(act: &Act, rulebook: &Rulebook, locale: Locale) -> String {
    let word = match act {
        Act::Snooze { .. } => "snooze",
        Act::Ack { .. } => "ack",
        Act::Assign { .. } => "assign",
        Act::HandOver { .. } => "hand_over",
        Act::Note { .. } => "note",
        Act::OpenTask { .. } => "open_task",
        Act::TaskDone { .. } => "task_done",
        Act::Override { .. } => "override",
        Act::Pause { .. } => "pause",
        Act::Resume { .. } => "resume",
        Act::Enroll { .. } => "enroll",
        Act::Unenroll { .. } => "unenroll",
    };
    let playbook = |name: &String| rulebook.title(Titled::Playbook, name, locale).to_owned();
    let about = match act {
        Act::Note { text, tags, .. } => {
            let tags: String = tags.iter().map(|tag| format!(" #{tag}")).collect();
            format!("{text}{tags}")
        }
        Act::Assign { to, .. } => format!("@{to}"),
        Act::HandOver { from, to, role } => {
            let role = role.as_ref().map(|role| bracketed(locale, role)).unwrap_or_default();
            format!("@{from} → @{to}{role}")
        }
        Act::Ack { by, .. } => format!("@{by}"),
        Act::Snooze { reason, .. } => reason.clone(),
        Act::Override { band: to, reason, .. } => because(band(locale, to), reason, locale),
        Act::Pause { playbook: name, reason, .. } => {
            because(&name.as_ref().map(playbook).unwrap_or_default(), reason, locale)
        }
        Act::Resume { playbook: name } => name.as_ref().map(playbook).unwrap_or_default(),
        Act::Enroll { playbook: name } | Act::Unenroll { playbook: name } => playbook(name),
        Act::OpenTask { text, .. } => text.clone(),
        Act::TaskDone { task } => task.clone(),
    };
    let title = term(locale, Term::Act, word);
    if about.trim().is_empty() { title.to_owned() } else { format!("{title}: {}", about.trim()) }
}

/// What was decided, with its reason in brackets behind it.
fn because(what: &str, reason: &str, locale: Locale) -> String {
    match (what.is_empty(), reason.trim().is_empty()) {
        (_, true) => what.to_owned(),
        (true, false) => reason.to_owned(),
        (false, false) => format!("{what}{}", bracketed(locale, reason)),
    }
}

/// `name = value`, a few of them.
fn pairs(props: &Props, rulebook: &Rulebook, locale: Locale) -> String {
    let pair = |(name, value): (&String, &Value)| format!("{name} = {}", shown(value, rulebook, locale));
    let mut list: Vec<String> = props.iter().take(NAMED).map(pair).collect();
    if props.len() > NAMED {
        list.push(sentence::and_more(locale, props.len() - NAMED));
    }
    list.join(say(locale, Word::ListSeparator))
}

/// A value as people read it. Whoever reads a timeline in a channel need not read addresses there.
fn shown(value: &Value, rulebook: &Rulebook, locale: Locale) -> String {
    match value {
        Value::Missing => say(locale, Word::Missing).to_owned(),
        Value::Bool(yes) => say(locale, if *yes { Word::Yes } else { Word::No }).to_owned(),
        Value::Instant(at) => at.short(&rulebook.model.workspace.zone),
        other => masked(&other.to_string()),
    }
}

/// `kei@example.com` → `…@example.com`.
fn masked(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('@') {
        let local = before
            .rfind(|c: char| !is_local(c))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let address = local < before.len() && after.starts_with(|c: char| c.is_alphanumeric());
        said.push_str(if address { &before[..local] } else { before });
        said.push_str(if address { "…@" } else { "@" });
        rest = after;
    }
    said + rest
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_by_hand_and_its_reason_do_not_run_into_each_other() {
        let book = crate::rulebook::load::load(&[("model.yaml".to_owned(), "{}\n".to_owned())].into());
        let book = book.0.unwrap();
        let order = |band: &str, reason: &str| Act::Override {
            band: band.to_owned(),
            until: crate::model::instant::Instant(0),
            reason: reason.to_owned(),
            by: "kei".to_owned(),
        };
        let told = |act: &Act, locale| command(act, &book, locale);
        let act = order("green", "talked to them");
        assert_eq!(told(&act, Locale::En), "Band set by hand: healthy (talked to them)");
        assert_eq!(told(&act, Locale::Ja), "区分を手で変更: 良好（talked to them）");
        assert_eq!(told(&order("red", ""), Locale::En), "Band set by hand: at risk");
        let pause = Act::Pause { playbook: None, reason: "a holiday".to_owned(), until: None };
        assert!(told(&pause, Locale::En).ends_with(": a holiday"));
    }

    #[test]
    fn tickets_and_answers_are_told_without_the_names_of_their_columns() {
        let book = crate::rulebook::load::load(&[("model.yaml".to_owned(), "{}\n".to_owned())].into()).0.unwrap();
        let told = |name: &str, props: &[(&str, Value)], locale| {
            event(name, &props.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect(), &book, locale)
        };
        let ticket = [("subject", Value::text("CSVが開けない")), ("ticket_id", Value::text("7"))];
        assert_eq!(told("ticket.opened", &ticket, Locale::Ja), "問い合わせ: CSVが開けない");
        let answer = [("kind", Value::text("nps")), ("score", Value::Num(9.0)), ("comment", Value::text("速い"))];
        assert_eq!(told("survey.responded", &answer, Locale::Ja), "アンケート回答: NPS 9/10 「速い」");
        assert_eq!(told("survey.responded", &answer[..2], Locale::En), "Survey answered: NPS 9/10");
        assert_eq!(told("survey.responded", &answer[1..2], Locale::En), "Survey answered: 9");
    }

    #[test]
    fn no_address_of_a_person_stands_in_a_timeline() {
        assert_eq!(masked("kei@example.com"), "…@example.com");
        assert_eq!(masked("Kei <k.y+a@example.com>, 田中@例え.jp"), "Kei <…@example.com>, …@例え.jp");
        assert_eq!(masked("@kei has 3 @ 5"), "@kei has 3 @ 5");
        let model = ("model.yaml".to_owned(), "metrics: {logins: {count: login, over: 7d}}\n".to_owned());
        let book = crate::rulebook::load::load(&[model].into()).0.unwrap();
        let change = |attribute: &str, from: Value, to: Value| {
            let props = [("attribute", Value::text(attribute)), ("from", from), ("to", to)];
            event("contact.changed", &props.map(|(n, v)| (n.to_owned(), v)).into(), &book, Locale::En)
        };
        let moved = change("email", Value::text("kei@old.example"), Value::text("kei@new.example"));
        assert_eq!(moved, "Contact changed: email …@old.example → …@new.example");
        assert_eq!(change("consent", Value::Missing, Value::Bool(true)), "Contact changed: consent – → yes");
    }
}
