//! `explain`, read for four customers: one received, one was capped, one was held out, one never matched.

use std::fs;

use serde_json::Value;

use super::house::House;

const PERSON: &str = "playbook: person\ntitle: {ja: お手紙, en: A letter to a person}\nfor: contact\nclass: service\nstart: {manual: true}\n\
    steps:\n  - {id: write, email: onboarding/welcome}\n";

const GHOST: &str = "playbook: ghost\ntitle: {ja: 案内, en: Invitation}\nfor: account\nclass: service\nstart: {on: ghost.due}\n\
    to: {role: [buyer, admin], first: 1}\nholdout: {percent: 100, salt: why}\nsteps:\n  - {id: write, email: onboarding/welcome}\n";

const LEFT_OUT: &str = "playbook: left_out\ntitle: {ja: 大口の方へ, en: To the large}\nfor: account\nclass: service\nstart: {on: large.due}\n\
    to: {role: [buyer, admin], first: 1}\nsteps:\n  - {id: write, email: onboarding/welcome, if: 'account.mrr > 9000000'}\n";

fn explained(house: &House, account: &str, playbook: &str) -> Value {
    let text = house.done(&["--json", "explain", account, "--playbook", playbook]);
    serde_json::from_str(&text).unwrap()
}

/// One mail in seven days for everybody, and a playbook of which everybody is held out.
fn prepare(house: &House) {
    let path = house.dir.join("model.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let mut caps = vec!["  - {count: email, at_most: 1 per 7d, per: contact}"];
    let lines = text.lines().flat_map(|l| if l.starts_with("  - {count: email") { caps.pop() } else { Some(l) });
    fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    fs::write(house.dir.join("playbooks/ghost.yaml"), GHOST).unwrap();
    fs::write(house.dir.join("playbooks/person.yaml"), PERSON).unwrap();
    fs::write(house.dir.join("playbooks/left_out.yaml"), LEFT_OUT).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_tells_received_capped_held_out_and_never_matched_apart() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    prepare(&house);
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().len(), 1, "acme's first mail");
    for (event, account) in
        [("letter.due", "old2"), ("letter.due", "acme"), ("ghost.due", "old1"), ("large.due", "old1")]
    {
        house.done(&["event", event, account]);
    }
    house.done(&["tick"]);
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().len(), 2, "old2's letter");

    let received = explained(&house, "old2", "letter");
    assert_eq!(received["verdict"], "sent", "{received}");
    let capped = explained(&house, "acme", "letter");
    assert_eq!(capped["verdict"], "capped", "{capped}");
    assert!(capped["because"].as_str().unwrap().contains("onboarding/welcome"), "{capped}");
    let held_out = explained(&house, "old1", "ghost");
    assert_eq!(held_out["verdict"], "held_out", "{held_out}");
    // A run whose only message was left out has sent nothing.
    let left_out = explained(&house, "old1", "left_out");
    assert_eq!((&left_out["verdict"], &left_out["step"]), (&"skipped".into(), &"write".into()), "{left_out}");
    assert_eq!(left_out["because"], "if_false", "{left_out}");
    // Scripts read moments as RFC 3339 and people by their keys.
    assert_eq!(received["ledger"][0]["at"].as_str().map(str::len), Some(25), "{received}");
    let facts: Value = serde_json::from_str(&house.done(&["--json", "timeline", "acme"])).unwrap();
    for fact in facts.as_array().unwrap() {
        assert_eq!((fact["at"].as_str().map(str::len), &fact["account"]), (Some(25), &"acme".into()), "{fact}");
    }
    assert!(facts.as_array().unwrap().iter().any(|fact| fact["contact"] == "yui"), "{facts}");
    let unmatched = explained(&house, "old1", "no_login");
    assert_eq!(unmatched["verdict"], "not_matched", "{unmatched}");
    // A playbook about people: Yui's own run waits for the mail that came first.
    house.done(&["enroll", "acme", "person", "--contact", "yui", "--yes"]);
    house.done(&["tick"]);
    let person = explained(&house, "acme", "person");
    assert_eq!((&person["contact"], &person["verdict"]), (&"yui".into(), &"capped".into()), "{person}");
    let told = house.done(&["--lang", "ja", "explain", "acme", "--playbook", "person"]);
    assert!(told.contains("お手紙 · 佐藤 結衣: 送信数の上限で待機中"), "{told}");
    // Without naming the playbook her run is there too, in her name.
    let told = house.done(&["--lang", "ja", "explain", "acme"]);
    assert!(told.contains("お手紙 · 佐藤 結衣: 送信数の上限で待機中"), "{told}");
    let reason = &unmatched["reasons"][0];
    assert_eq!((&reason["expr"], &reason["value"]), (&"has(metric.last_login)".into(), &false.into()), "{unmatched}");
    assert_eq!(reason["inputs"].get("metric.last_login"), Some(&Value::Null), "{unmatched}");
    for (account, playbook) in [("old2", "letter"), ("acme", "letter"), ("old1", "ghost"), ("old1", "no_login")] {
        let told = house.done(&["--lang", "ja", "explain", account, "--playbook", playbook]);
        assert!(!told.contains("cli:") && !told.contains("held_out"), "words, not ids: {told}");
        println!("{told}");
    }
}
