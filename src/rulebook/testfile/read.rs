//! The reader of test files.

use super::{
    Command, ExpectEvent, ExpectGoal, ExpectSent, ExpectTask, Given, GivenContact, Line, PlaybookTest, TestEvent, Then,
};
use crate::{
    model::{
        diagnostic::Diagnostic,
        instant::Instant,
        value::{Props, Value},
    },
    rulebook::yaml::{self, Kind, Node, fields::Fields, values},
};

/// Every test of one file: several documents divided by `---`, or one list.
pub fn parse(path: &str, text: &str) -> (Vec<PlaybookTest>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    let documents = yaml::parse(path, text, &mut out);
    let tests = documents.iter().flat_map(values::list).filter_map(|node| test(node, &mut out)).collect();
    (tests, out)
}

fn test(node: &Node, out: &mut Vec<Diagnostic>) -> Option<PlaybookTest> {
    let mut fields = Fields::of(node, "a test", out)?;
    let name = fields.need("test", "one sentence: what it shows", out).and_then(|n| values::text(n, out));
    let playbook = fields.need("playbook", "the playbook's name", out).and_then(|n| values::text(n, out));
    let given = fields.need("given", "at least `now` and `account`", out).and_then(|n| given(n, out));
    let when = fields.take("when").map(|n| lines(n, out)).unwrap_or_default();
    let then = fields.need("then", "`sent`, `tasks`, `not_sent` or `state`", out).and_then(|n| then(n, out));
    fields.finish(out);
    Some(PlaybookTest {
        name: name?.to_owned(),
        playbook: playbook?.to_owned(),
        given: given?,
        when,
        then: then?,
        place: node.place.clone(),
    })
}

fn given(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Given> {
    let mut f = Fields::of(node, "`given`", out)?;
    let now = f.need("now", "a moment with its offset, e.g. 2026-04-01T10:00+09:00", out).and_then(|n| instant(n, out));
    let arms = f.take("arms").map(|n| pairs(n, out)).unwrap_or_default();
    let given = Given {
        now: now.unwrap_or_default(),
        account: f.take("account").map(|n| props(n, out)).unwrap_or_default(),
        contacts: f.take("contacts").map(|n| contacts(n, out)).unwrap_or_default(),
        people: named(f.take("people"), out, props),
        metrics: f.take("metric").map(|n| props(n, out)).unwrap_or_default(),
        health: f.take("health").map(|n| props(n, out)).unwrap_or_default(),
        expansion: f.take("expansion").map(|n| props(n, out)).unwrap_or_default(),
        phase: f.text("phase", out),
        milestones: named_some(f.take("milestone"), out, values::bool),
        alerts: named_some(f.take("alert"), out, values::bool),
        segments: named_some(f.take("segment"), out, values::bool),
        kpis: f.take("kpi").map(|n| props(n, out)).unwrap_or_default(),
        events: f.take("events").map(|n| events(n, out)).unwrap_or_default(),
        holdout: f.word("arm", &[("treated", false), ("holdout", true)], out).unwrap_or(false),
        arms: arms.into_iter().filter_map(|(k, v)| v.as_text().map(|t| (k, t.to_owned()))).collect(),
    };
    f.finish(out);
    now.map(|_| given)
}

fn named<T>(
    node: Option<&Node>,
    out: &mut Vec<Diagnostic>,
    read: fn(&Node, &mut Vec<Diagnostic>) -> T,
) -> std::collections::BTreeMap<String, T> {
    entries(node, out).iter().map(|e| (e.key.clone(), read(&e.value, out))).collect()
}

fn named_some<T>(
    node: Option<&Node>,
    out: &mut Vec<Diagnostic>,
    read: fn(&Node, &mut Vec<Diagnostic>) -> Option<T>,
) -> std::collections::BTreeMap<String, T> {
    entries(node, out).iter().filter_map(|e| Some((e.key.clone(), read(&e.value, out)?))).collect()
}

fn entries<'a>(node: Option<&'a Node>, out: &mut Vec<Diagnostic>) -> &'a [yaml::Entry] {
    match node.map(|n| (&n.kind, n)) {
        Some((Kind::Map(entries), _)) => entries,
        Some((_, node)) => {
            let message = format!("`key: value` lines belong here, not {}", node.what());
            out.push(Diagnostic::error("wrong-type", &node.place, message, "see `shirube schema test`"));
            &[]
        }
        None => &[],
    }
}

fn contacts(node: &Node, out: &mut Vec<Diagnostic>) -> Vec<GivenContact> {
    let items = values::items(node, "contacts", out);
    items.iter().filter_map(|n| contact(n, out)).collect()
}

fn contact(node: &Node, out: &mut Vec<Diagnostic>) -> Option<GivenContact> {
    let attrs = props(node, out);
    let key = attrs.get("key").and_then(Value::as_text).map(str::to_owned);
    if key.is_none() {
        out.push(Diagnostic::error("missing-key", &node.place, "a contact needs `key`", "e.g. `key: yui`"));
    }
    Some(GivenContact { key: key?, attrs })
}

fn events(node: &Node, out: &mut Vec<Diagnostic>) -> Vec<TestEvent> {
    let items = values::items(node, "events", out);
    items.iter().filter_map(|n| Fields::of(n, "an event", out).and_then(|f| event(f, out))).collect()
}

fn event(mut f: Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<TestEvent> {
    let place = f.place.clone();
    let at = f.need("at", "a moment with its offset", out).and_then(|n| instant(n, out));
    let event = f.need("event", "the event's name", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    let contact = f.text("contact", out);
    let props = f.take("props").map(|n| props(n, out)).unwrap_or_default();
    f.finish(out);
    Some(TestEvent { at: at?, event: event?, contact, props, place })
}

fn lines(node: &Node, out: &mut Vec<Diagnostic>) -> Vec<Line> {
    let items = values::items(node, "things that happen", out);
    items.iter().filter_map(|n| Fields::of(n, "a line of `when`", out).and_then(|f| line(f, out))).collect()
}

fn line(mut f: Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<Line> {
    if f.has("days") {
        let days = f.take("days").and_then(|n| values::whole(n, 1, 3_660, out));
        f.finish(out);
        return days.map(Line::Days);
    }
    if let Some(line) = command(&mut f, out) {
        f.finish(out);
        return Some(line);
    }
    if f.has("contact") && f.has("attributes") {
        let at = f.need("at", "a moment with its offset", out).and_then(|n| instant(n, out));
        let (key, attrs) = (f.text("contact", out), f.take("attributes").map(|n| props(n, out)));
        f.finish(out);
        return Some(Line::Contact(at?, key?, attrs?));
    }
    if f.has("attributes") {
        let help = "of a contact: `contact: yui` beside it; of the account: `account: {…}` instead";
        out.push(Diagnostic::error("missing-key", &f.place, "`attributes` needs `contact`", help));
        return None;
    }
    if f.has("account") || f.has("task_done") {
        let at = f.need("at", "a moment with its offset", out).and_then(|n| instant(n, out));
        let account = f.take("account").map(|n| props(n, out));
        let done = f.text("task_done", out);
        f.finish(out);
        return account
            .map(|a| Line::Account(at.unwrap_or_default(), a))
            .or(done.map(|s| Line::TaskDone(at.unwrap_or_default(), s)));
    }
    event(f, out).map(Line::Event)
}

/// `{at, ack: STEP}`, `{at, pause: true}`, `resume`, `enroll`, `unenroll`, `{at, override: red, until: …}`.
fn command(f: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<Line> {
    let plain = [
        ("pause", Command::Pause),
        ("resume", Command::Resume),
        ("enroll", Command::Enroll),
        ("unenroll", Command::Unenroll),
    ];
    let mut said = f.text("ack", out).map(Command::Ack);
    for (key, command) in plain {
        if f.bool(key, out) == Some(true) {
            said = Some(command);
        }
    }
    if let Some(band) = f.word("override", &[("green", "green"), ("yellow", "yellow"), ("red", "red")], out) {
        let until = f.need("until", "until when it holds", out).and_then(|n| instant(n, out));
        said = until.map(|until| Command::Override(band.to_owned(), until));
    }
    let said = said?;
    let at = f.need("at", "a moment with its offset", out).and_then(|n| instant(n, out))?;
    let one = matches!(said, Command::Enroll | Command::Unenroll).then(|| f.text("contact", out)).flatten();
    Some(Line::Command(at, said, one))
}

fn then(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Then> {
    const STATES: [(&str, &str); 7] = [
        ("never", "never"),
        ("running", "running"),
        ("succeeded", "succeeded"),
        ("exited", "exited"),
        ("moved", "moved"),
        ("failed", "failed"),
        ("completed", "completed"),
    ];
    let mut f = Fields::of(node, "`then`", out)?;
    let then = Then {
        sent: f.take("sent").map(|n| values::items(n, "messages", out).iter().filter_map(|n| sent(n, out)).collect()),
        tasks: f.take("tasks").map(|n| values::items(n, "tasks", out).iter().filter_map(|n| task(n, out)).collect()),
        not_sent: f.texts("not_sent", out),
        state: f.word("state", &STATES, out).map(str::to_owned),
        goal: f.take("goal").and_then(|n| goal(n, out)),
        account: f.take("account").map(|n| props(n, out)).unwrap_or_default(),
        events: f.take("events").map(|n| expected_events(n, out)).unwrap_or_default(),
    };
    f.finish(out);
    Some(then)
}

fn goal(node: &Node, out: &mut Vec<Diagnostic>) -> Option<ExpectGoal> {
    const WORDS: [(&str, ExpectGoal); 2] = [("reached", ExpectGoal::Reached), ("missed", ExpectGoal::Missed)];
    match node.scalar().and_then(|s| values::instant(&s.text)) {
        Some(at) => Some(ExpectGoal::At(at)),
        None => values::word(node, &WORDS, out),
    }
}

fn expected_events(node: &Node, out: &mut Vec<Diagnostic>) -> Vec<ExpectEvent> {
    let items = values::items(node, "events", out);
    items.iter().filter_map(|n| expected_event(n, out)).collect()
}

fn expected_event(node: &Node, out: &mut Vec<Diagnostic>) -> Option<ExpectEvent> {
    let mut f = Fields::of(node, "an event", out)?;
    let event = f.need("event", "the event's name", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    let at = f.take("at").and_then(|n| instant(n, out));
    let props = f.take("props").map(|n| props(n, out)).unwrap_or_default();
    f.finish(out);
    Some(ExpectEvent { event: event?, at, props, place: node.place.clone() })
}

fn sent(node: &Node, out: &mut Vec<Diagnostic>) -> Option<ExpectSent> {
    let mut f = Fields::of(node, "a message", out)?;
    let step = f.need("step", "the step's id", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    let at = f.take("at").and_then(|n| instant(n, out));
    let to = f.text("to", out);
    f.finish(out);
    Some(ExpectSent { step: step?, at, to, place: node.place.clone() })
}

fn task(node: &Node, out: &mut Vec<Diagnostic>) -> Option<ExpectTask> {
    let mut f = Fields::of(node, "a task", out)?;
    let step = f.need("step", "the step's id", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    let owner = f.text("owner", out);
    let due = f.take("due").and_then(|n| instant(n, out));
    f.finish(out);
    Some(ExpectTask { step: step?, owner, due, place: node.place.clone() })
}

fn instant(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Instant> {
    let text = values::text(node, out)?;
    let read = values::instant(text);
    if read.is_none() {
        let help = "write a moment with its offset, e.g. 2026-04-01T10:00+09:00";
        let message = format!("`{}` is no moment", values::shorten(text));
        out.push(Diagnostic::error("bad-instant", &node.place, message, help));
    }
    read
}

fn props(node: &Node, out: &mut Vec<Diagnostic>) -> Props {
    pairs(node, out)
}

fn pairs(node: &Node, out: &mut Vec<Diagnostic>) -> Props {
    entries(Some(node), out).iter().filter_map(|e| Some((e.key.clone(), values::value(&e.value, out)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r##"
test: a customer who stalls gets the guide, then the CSM is told
playbook: onboarding
given:
  now: 2026-04-01T10:00+09:00
  account: {key: acme, name: アクメ, touch: tech, csm: kei, timezone: Asia/Tokyo, seats: 5, renewal_date: 2027-03-31}
  contacts:
    - {key: yui, name: 佐藤結衣, email: yui@acme.test, role: admin, locale: ja}
  people: {kei: {name: Kei, email: kei@our.test}}
  metric: {nps: 3}
  arms: {ab: b}
when:
  - {at: 2026-04-02T11:00+09:00, event: login, contact: yui}
  - {days: 12}
then:
  sent:
    - {step: welcome, at: 2026-04-01T10:00+09:00, to: yui@acme.test}
    - {step: nudge, at: 2026-04-08T10:00+09:00, to: "#cs-onboarding"}
  tasks:
    - {step: call, owner: kei, due: 2026-04-13T10:00+09:00}
  not_sent: [praise]
  state: completed
"##;

    #[test]
    fn the_example_of_the_language_reference_is_read_whole() {
        let (tests, found) = parse("playbooks/onboarding.test.yaml", EXAMPLE);
        assert_eq!(found, vec![]);
        let test = &tests[0];
        assert_eq!(test.given.now, Instant::parse("2026-04-01T01:00:00Z").unwrap());
        assert_eq!(test.given.account["seats"], Value::Num(5.0));
        assert!(matches!(test.given.account["renewal_date"], Value::Date(_)));
        assert_eq!(test.given.people["kei"]["email"].as_text(), Some("kei@our.test"));
        assert_eq!(test.given.arms["ab"], "b");
        assert!(matches!(&test.when[0], Line::Event(e) if e.contact.as_deref() == Some("yui")));
        assert!(matches!(test.when[1], Line::Days(12)));
        assert_eq!(test.then.sent.as_ref().map(Vec::len), Some(2));
        assert_eq!(test.then.tasks.as_ref().and_then(|t| t[0].owner.clone()).as_deref(), Some("kei"));
        assert_eq!(
            (test.then.not_sent.as_slice(), test.then.state.as_deref()),
            (["praise".to_owned()].as_slice(), Some("completed"))
        );
    }

    #[test]
    fn several_tests_and_their_mistakes_are_told_apart() {
        let text = format!("{EXAMPLE}---{}", EXAMPLE.replace("not_sent", "notsent").replace("days: 12", "days: none"));
        let (tests, found) = parse("p.test.yaml", &text);
        assert_eq!(tests.len(), 2);
        let rules: Vec<&str> = found.iter().map(|d| d.rule).collect();
        assert_eq!(rules, ["wrong-type", "unknown-key"]);
        assert!(found[1].help.contains("not_sent"));
    }
}
