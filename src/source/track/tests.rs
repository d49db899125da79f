//! Bodies as SDKs send them, and bodies nobody should send.

use super::{values::tests::options, *};
use crate::model::{
    track::{Says, Verdict},
    value::Value,
};

fn heard(dialect: Dialect, text: &str) -> Vec<Item> {
    read(dialect, &Json::parse(text.as_bytes()).unwrap(), None, &options()).unwrap()
}

fn calls(items: &[Item]) -> Vec<Call> {
    let said = |item: &Item| match &item.heard {
        Heard::Calls(calls) => calls.clone(),
        other => panic!("{other:?}"),
    };
    items.iter().flat_map(said).collect()
}

fn refused(dialect: Dialect, text: &str) -> Fault {
    match heard(dialect, text).remove(0).heard {
        Heard::Refused(fault) => fault,
        other => panic!("{other:?}"),
    }
}

const BATCH: Dialect = Dialect::Segment(None);

#[test]
fn what_is_wrong_with_a_call_is_said_by_field() {
    let cases = [
        (r#"{"batch": [{"type": "track", "userId": "u"}]}"#, ("no_event", "event")),
        (r#"{"batch": [{"type": "track", "event": "x"}]}"#, ("no_user", "userId")),
        (r#"{"batch": [{"userId": "u"}]}"#, ("no_type", "type")),
        (r#"{"batch": [{"type": "buy", "userId": "u"}]}"#, ("unknown_type", "type")),
        (r#"{"batch": [{"type": "group", "userId": "u"}]}"#, ("no_group", "groupId")),
        (r#"{"batch": [{"type": "alias", "userId": "u"}]}"#, ("no_previous", "previousId")),
        (r#"{"batch": [{"type": "page", "userId": "undefined"}]}"#, ("bad_id", "userId")),
        (r#"{"batch": [{"type": "page", "userId": "u", "timestamp": "now"}]}"#, ("bad_time", "timestamp")),
        (
            r#"{"batch": [{"type": "page", "userId": "u", "timestamp": "2020-01-01T00:00:00Z"}]}"#,
            ("too_old", "timestamp"),
        ),
        (r#"{"batch": [{"type": "page", "userId": "u", "properties": {"a": 1, "a": 2}}]}"#, ("twice", "a")),
        (r#"{"batch": [7]}"#, ("not_an_object", "")),
    ];
    for (text, (code, field)) in cases {
        assert_eq!(refused(BATCH, text), (code, field.to_owned()), "{text}");
    }
    let large = format!(r#"{{"batch": [{{"type": "page", "userId": "u", "x": "{}"}}]}}"#, "x".repeat(EVENT));
    assert_eq!(refused(BATCH, &large).0, "too_large");
    let many = format!(r#"{{"batch": [{}]}}"#, vec![r#"{"type":"page","userId":"u"}"#; EVENTS + 1].join(","));
    let items = heard(BATCH, &many);
    assert_eq!(items.len(), EVENTS + 1);
    assert!(matches!(items[EVENTS - 1].heard, Heard::Calls(_)));
    assert_eq!(items[EVENTS].heard, Heard::Refused(("too_many_events", "batch".to_owned())));
}

#[test]
fn a_call_without_an_id_is_told_from_the_next_by_its_time() {
    let dated = r#"{"type":"track","event":"x","userId":"u","timestamp":"2027-01-01T00:00:00Z"}"#;
    let id = |text: &str, now: i64| {
        let options = Options { now: Instant(options().now.0 + now), ..options() };
        let items = read(Dialect::Segment(Some(Kind::Track)), &Json::parse(text.as_bytes()).unwrap(), None, &options);
        calls(&items.unwrap()).remove(0).id
    };
    assert_eq!(id(dated, 0), id(dated, 1));
    let undated = r#"{"event":"x","userId":"u"}"#;
    assert_ne!(id(undated, 0), id(undated, 1));
    let twice =
        calls(&heard(BATCH, &format!(r#"{{"batch": [{}]}}"#, [r#"{"type":"page","userId":"u"}"#; 2].join(","))));
    assert_ne!(twice[0].id, twice[1].id, "two in one request are two");
}

#[test]
fn traits_in_passing_and_a_company_become_calls_of_their_own() {
    let text = r#"{"batch": [
        {"type": "identify", "messageId": "m1", "userId": "u", "traits": {"name": "Hana", "company": {"id": 7, "name": "Acme"}}},
        {"type": "track", "messageId": "m2", "userId": "u", "event": "x", "context": {"traits": {"email": "h@acme.example"}, "groupId": "acme"}}]}"#;
    let said = calls(&heard(BATCH, text));
    let ids: Vec<(&str, Option<&str>)> = said.iter().map(|c| (c.id.as_str(), c.group.as_deref())).collect();
    assert_eq!(ids, [("m1", Some("7")), ("m1#company", Some("7")), ("m2", Some("acme")), ("m2#traits", Some("acme"))]);
    assert_eq!(said[1].says, Says::Group { traits: [("name".to_owned(), Value::text("Acme"))].into() });
    assert!(heard(BATCH, text).iter().all(|item| item.told.is_empty()));
}

#[test]
fn posthogs_own_events_mean_something_or_nothing() {
    let text = r#"{"api_key": "k", "batch": [
        {"event": "$autocapture", "distinct_id": "u"},
        {"event": "$groupidentify", "distinct_id": "random", "properties": {"$group_type": "company", "$group_key": "acme", "$group_set": {"name": "Acme"}}},
        {"event": "$identify", "distinct_id": "u", "uuid": "i1", "properties": {"$anon_distinct_id": "dev", "$set": {"email": "h@acme.example"}}},
        {"event": "$pageview", "distinct_id": "dev", "properties": {"$device_id": "dev", "$current_url": "https://x", "$browser": "Chrome"}},
        {"event": "exported", "distinct_id": "u", "properties": {"$groups": {"project": "p", "company": "acme"}, "rows": 3}}]}"#;
    let body = Json::parse(text.as_bytes()).unwrap();
    assert_eq!(key(&body), Some("k"));
    let items = heard(Dialect::PostHog, text);
    assert_eq!(items[0].heard, Heard::Ignored);
    let said = calls(&items[1..]);
    assert_eq!((said[0].user.as_deref(), said[0].group.as_deref()), (None, Some("acme")));
    assert_eq!((said[1].user.as_deref(), said[1].anonymous.as_deref()), (Some("u"), Some("dev")));
    assert_eq!((said[2].user.as_deref(), said[2].anonymous.as_deref()), (None, Some("dev")));
    let page = Says::Event { name: "page".into(), props: [("url".to_owned(), Value::text("https://x"))].into() };
    assert_eq!(said[2].says, page);
    assert_eq!(said[3].group.as_deref(), Some("acme"));
    let other = r#"{"event": "$groupidentify", "distinct_id": "r", "properties": {"$group_type": "cohort", "$group_key": "x"}}"#;
    assert_eq!(refused(Dialect::PostHog, other).0, "other_group");
}

#[test]
fn a_body_of_another_shape_is_refused_as_a_whole() {
    let shape =
        |dialect, text: &str| read(dialect, &Json::parse(text.as_bytes()).unwrap(), None, &options()).unwrap_err().0;
    assert_eq!(shape(BATCH, "{}"), "no_batch");
    assert_eq!(shape(BATCH, "7"), "not_an_object");
    assert_eq!(shape(Dialect::PostHog, r#""x""#), "not_an_object");
}

mod settling {
    use super::*;
    use crate::model::{
        fact::FactBody,
        track::{Known, Plan},
    };

    fn plan(text: &str, known: Known) -> Plan {
        settle(Known { now: options().now, ..known }, calls(&heard(BATCH, text)))
    }

    /// Account, contact, and what the fact is.
    fn told(plan: &Plan) -> Vec<String> {
        let fact = |(_, fact): &(Option<usize>, crate::model::fact::Incoming)| {
            let what = match &fact.body {
                FactBody::Event { name, .. } => name.clone(),
                FactBody::ContactAttrs { attrs } => {
                    format!("contact {}", attrs.keys().cloned().collect::<Vec<_>>().join(","))
                }
                FactBody::AccountAttrs { attrs } => {
                    format!("account {}", attrs.keys().cloned().collect::<Vec<_>>().join(","))
                }
                FactBody::Absorbed { key, .. } => format!("absorbs {key}"),
                other => format!("{other:?}"),
            };
            format!("{}/{}: {what}", fact.account.as_deref().unwrap(), fact.contact.as_deref().unwrap_or_default())
        };
        plan.facts.iter().map(fact).collect()
    }

    #[test]
    fn what_comes_before_the_group_call_of_its_request_belongs_to_it_too() {
        let text = r#"{"batch": [
            {"type": "track", "messageId": "m1", "userId": "u", "event": "login", "timestamp": "2027-01-01T00:00:00Z"},
            {"type": "group", "messageId": "m2", "userId": "u", "groupId": "acme", "traits": {"plan": "pro"}, "timestamp": "2027-01-02T00:00:00Z"}]}"#;
        let plan = plan(text, Known::default());
        assert_eq!(plan.verdicts, [Verdict::Taken, Verdict::Taken]);
        let want = ["acme/: account import_as", "acme/: account plan", "acme/u: contact import_as", "acme/u: login"];
        assert_eq!(told(&plan), want);
    }

    #[test]
    fn nobody_is_placed_by_a_mailbox_that_anybody_can_have() {
        let text = |host: &str| {
            format!(
                r#"{{"batch": [{{"type": "identify", "userId": "u", "traits": {{"email": "h@{host}"}}}},
                {{"type": "track", "userId": "u", "event": "login"}}]}}"#
            )
        };
        let domains = [("acme.example", "acme"), ("gmail.com", "odd")].map(|(d, a)| (d.to_owned(), a.to_owned()));
        let known = Known { domains: domains.into(), accounts: ["acme".to_owned()].into(), ..Known::default() };
        let placed = plan(&text("acme.example"), known.clone());
        assert_eq!(told(&placed), ["acme/u: contact email,import_as", "acme/u: login"]);
        let parked = plan(&text("gmail.com"), known);
        assert_eq!((parked.verdicts, parked.facts.len()), (vec![Verdict::Parked, Verdict::Parked], 0));
        assert_eq!(parked.park.len(), 1, "attributes stay with the person");
        assert_eq!(parked.rows["u:u"].1, "", "nobody is woken by such a domain");
    }

    #[test]
    fn an_imported_contact_with_the_same_address_is_the_same_person() {
        let text = r#"{"batch": [{"type": "identify", "messageId": "m1", "userId": "u", "traits": {"email": "Hana@acme.example"}, "context": {"groupId": "acme"}}]}"#;
        let contacts = [("acme".to_owned(), "hana@acme.example".to_owned())];
        let mut known = Known { contacts: contacts.into(), accounts: ["acme".to_owned()].into(), ..Known::default() };
        assert_eq!(told(&plan(text, known.clone())), ["acme/hana@acme.example: contact email,import_as"]);
        // The SDK was first, the import came later: the import's record takes in the other one.
        let row = known.rows.entry("u:u".into()).or_default();
        row.homes.insert("acme".into(), Instant(0));
        row.contacts.insert("acme".into(), "u".into());
        let plan = plan(text, known);
        assert!(told(&plan).contains(&"acme/hana@acme.example: absorbs u".to_owned()), "{:?}", told(&plan));
        assert_eq!(plan.rows["u:u"].0.contacts["acme"], "hana@acme.example");
    }

    #[test]
    fn only_what_changed_is_told_again_and_an_older_word_changes_nothing() {
        let text = |id: &str, plan: &str, day: u32| {
            format!(
                r#"{{"batch": [{{"type": "group", "messageId": "{id}", "groupId": "acme", "traits": {{"plan": "{plan}"}}, "timestamp": "2027-01-{day:02}T00:00:00Z"}}]}}"#
            )
        };
        let first = plan(&text("m1", "pro", 5), Known::default());
        let rows = first.rows.iter().map(|(key, (row, _))| (key.clone(), row.clone())).collect();
        let known = Known { rows, accounts: ["acme".to_owned()].into(), ..Known::default() };
        assert_eq!(told(&plan(&text("m2", "pro", 6), known.clone())), [""; 0]);
        assert_eq!(told(&plan(&text("m3", "free", 4), known.clone())), [""; 0]);
        assert_eq!(told(&plan(&text("m4", "free", 6), known.clone())), ["acme/: account plan"]);
        let again = Known { seen: ["m4".to_owned()].into(), ..known };
        assert_eq!(plan(&text("m4", "free", 6), again).verdicts, [Verdict::Duplicate]);
    }

    #[test]
    fn too_many_that_wait_for_one_person_are_refused_not_lost() {
        let text = r#"{"batch": [{"type": "track", "userId": "u", "event": "x"}]}"#;
        let known = Known { waiting: [("u:u".to_owned(), PARKED_EACH)].into(), ..Known::default() };
        assert_eq!(plan(text, known).verdicts, [Verdict::Refused("too_many_waiting")]);
    }

    #[test]
    fn a_user_by_another_id_is_one_contact() {
        let text = r#"{"batch": [
            {"type": "track", "messageId": "m1", "userId": "old", "event": "a", "context": {"groupId": "acme"}, "timestamp": "2027-01-01T00:00:00Z"},
            {"type": "track", "messageId": "m2", "anonymousId": "dev", "event": "b", "timestamp": "2027-01-01T00:00:01Z"},
            {"type": "alias", "messageId": "m3", "userId": "new", "previousId": "old", "timestamp": "2027-01-02T00:00:00Z"},
            {"type": "identify", "messageId": "m4", "userId": "new", "anonymousId": "dev", "timestamp": "2027-01-03T00:00:00Z"}]}"#;
        let plan = plan(text, Known::default());
        let want = ["acme/: account import_as", "acme/new: contact import_as", "acme/new: a", "acme/new: b"];
        assert_eq!((told(&plan), plan.park.len()), (want.map(str::to_owned).to_vec(), 0));
    }
}
