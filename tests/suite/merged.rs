//! Two records of one person become one.

use std::{collections::BTreeMap, fs, process::Command};

use shirube::{
    model::{
        fact::{Act, FactBody},
        ids::{AccountId, ContactId},
        instant::{DAY, HOUR, Instant},
        run::RunResult,
        state::PendingStart,
        value::{Props, Value},
    },
    rulebook::types::Rulebook,
    simulate::account::Account,
};

use crate::lives::{book, fact, lived, replayed, texts, told, with_mail};

const MODEL: &str = "\
metrics:
  people_7d: {distinct: contact, of: login, over: 7d}
  admins: {contacts: 'contact.role == \"admin\"'}
  my_logins: {count: login, per: contact}
journey:
  - {phase: adoption, until: 'false'}
workspace: {timezone: Asia/Tokyo, locale: ja}
";
const GUIDE: &str = "\
playbook: guide
title: {ja: 案内, en: Guide}
purpose: {ja: 案内, en: Guide}
for: contact
class: service
start: {on: seat.given}
enroll: {again: never}
steps:
  - {id: first, email: t/hello}
  - {id: rest, wait: 3 calendar days}
  - {id: second, email: t/hello}
";

fn rulebook(now: Instant, model: &str) -> Rulebook {
    book(&with_mail(model, ("guide", GUIDE)), 1, now)
}

fn begin() -> Instant {
    Instant::parse("2026-03-02T09:30:00+09:00").unwrap()
}

/// Yui twice: first with her address at work, later under another key; each got a seat and logged in.
fn twice() -> Account {
    let now = begin();
    let mut account = Account::new(AccountId(1), "acme");
    let attrs = texts([("name", "Acme"), ("import_as", "new")]);
    account.record(fact(now, "account", None, FactBody::AccountAttrs { attrs }));
    for (id, key, more) in [(1, "yui", ("role", "admin")), (2, "yui2", ("name", "佐藤 結衣"))] {
        let mut attrs = texts([("key", key), ("email", &format!("{key}@acme.test")), more]);
        attrs.insert("role".into(), Value::text("admin"));
        account.record(fact(now, key, Some(id), FactBody::ContactAttrs { attrs }));
    }
    for (n, (id, after, name)) in
        [(2, HOUR, "seat.given"), (1, DAY, "seat.given"), (1, DAY, "login"), (2, 2 * DAY, "login")]
            .into_iter()
            .enumerate()
    {
        account.record(fact(now.plus(after), format!("e{n}"), Some(id), FactBody::event(name, Props::new())));
    }
    let topic = FactBody::Subscription { topic: "news".into(), subscribed: false };
    account.record(fact(now.plus(DAY), "topic", Some(2), topic));
    account
}

fn merge(account: &mut Account, at: Instant, into: i64, other: i64, key: &str) {
    let body = FactBody::Absorbed { key: key.into(), other: ContactId(other) };
    account.record(fact(at, format!("merge {key}"), Some(into), body));
}

#[test]
fn who_was_there_twice_is_there_once_and_the_older_run_goes_on() {
    let (now, rulebook) = (begin(), rulebook(begin(), MODEL));
    let mut account = twice();
    merge(&mut account, now.plus(2 * DAY + HOUR), 1, 2, "yui2");
    // What still comes in under the old number is hers.
    account.record(fact(now.plus(3 * DAY), "late", Some(2), FactBody::event("login", Props::new())));
    let end = now.plus(5 * DAY);
    let (account, planned) = lived(account, &rulebook, end);

    assert_eq!(account.contacts.keys().copied().collect::<Vec<_>>(), [ContactId(1)]);
    let yui = &account.contacts[&ContactId(1)];
    assert_eq!((yui.key.as_str(), yui.text("name")), ("yui", Some("佐藤 結衣")));
    assert_eq!(yui.email(), Some("yui@acme.test"), "what she says herself stays");
    assert!(!yui.wants("news"), "what either refused stays refused");
    assert_eq!(yui.metrics["my_logins"].total, 3.0);
    assert_eq!(account.state.metrics["admins"].total, 1.0);
    assert_eq!(account.state.metrics["people_7d"].last_days.iter().map(|d| d.1).sum::<u32>(), 1);

    // The run of the first seat goes on, with her own address; the later one ended.
    let steps: Vec<String> = planned.iter().map(|m| format!("{} {}", m.step, m.address)).collect();
    assert_eq!(steps, ["first yui2@acme.test", "first yui@acme.test", "second yui@acme.test"]);
    let ends: Vec<_> = account.ended.iter().map(|r| (r.result.unwrap(), r.reason.as_str(), r.contact)).collect();
    assert_eq!(ends[0], (RunResult::Moved, "merged", Some(ContactId(1))));
    assert_eq!((ends[1].0, ends[1].2), (RunResult::Completed, Some(ContactId(1))));
    assert!(account.state.running.is_empty(), "{:?}", account.state.running);

    let (replay, again) = replayed(&account, &rulebook, end);
    assert_eq!(again.iter().map(told).collect::<Vec<_>>(), planned.iter().map(told).collect::<Vec<_>>());
    assert_eq!((&replay.contacts, &replay.contact_days), (&account.contacts, &account.contact_days));
}

#[test]
fn starts_and_measured_runs_of_both_go_on_as_hers_and_stay_few() {
    let (now, mut account) = (begin(), twice());
    let start = |n: i64, contact| PendingStart {
        playbook: "guide".into(),
        cause: format!("event:{n}"),
        contact: Some(ContactId(contact)),
        props: Props::new(),
        key: String::new(),
        date: None,
    };
    account.advance(&Default::default(), &rulebook(now, MODEL), now.plus(HOUR / 2)).unwrap();
    for id in [1, 2] {
        let contact = account.contacts.get_mut(&ContactId(id)).unwrap();
        contact.standing.pending = (0..8).map(|n| start(n + (id - 1) * 4, id)).collect();
    }
    account.inbox.clear();
    merge(&mut account, now.plus(HOUR), 1, 2, "yui2");
    let paused = Act::Pause { playbook: None, until: None, reason: String::new() };
    account.record(fact(now.plus(HOUR - 1), "pause", None, FactBody::Command(paused)));
    account.advance(&Default::default(), &rulebook(now, MODEL), now.plus(HOUR)).unwrap();
    let kept = &account.contacts[&ContactId(1)].standing.pending;
    let causes: Vec<&str> = kept.iter().map(|start| start.cause.as_str()).collect();
    assert_eq!(causes, (4..12).map(|n| format!("event:{n}")).collect::<Vec<_>>());
    assert!(kept.iter().all(|start| start.contact == Some(ContactId(1))));
}

#[test]
fn a_metric_that_is_defined_anew_counts_who_was_merged_once() {
    let (now, first) = (begin(), rulebook(begin(), MODEL));
    let mut account = twice();
    merge(&mut account, now.plus(2 * DAY + HOUR), 1, 2, "yui2");
    let (mut account, _) = lived(account, &first, now.plus(3 * DAY));
    let wider = Rulebook { number: 2, ..rulebook(now, &MODEL.replace("over: 7d", "over: 30d")) };
    account.record(fact(now.plus(3 * DAY), "c", None, FactBody::event("other", Props::new())));
    account.advance(&Default::default(), &wider, now.plus(4 * DAY)).unwrap();
    assert_eq!(account.state.metrics["people_7d"].last_days.iter().map(|d| d.1).sum::<u32>(), 1);
}

#[test]
fn who_is_merged_after_a_metric_was_defined_anew_is_counted_once() {
    let (now, first) = (begin(), rulebook(begin(), MODEL));
    let (mut account, _) = lived(twice(), &first, now.plus(2 * DAY));
    let wider = Rulebook { number: 2, ..rulebook(now, &MODEL.replace("over: 7d", "over: 30d")) };
    account.record(fact(now.plus(3 * DAY), "c", None, FactBody::event("other", Props::new())));
    account.advance(&Default::default(), &wider, now.plus(3 * DAY)).unwrap();
    let counted = |account: &Account| account.state.metrics["people_7d"].last_days.iter().map(|d| d.1).sum::<u32>();
    assert_eq!(counted(&account), 2);
    merge(&mut account, now.plus(3 * DAY + HOUR), 1, 2, "yui2");
    account.advance(&Default::default(), &wider, now.plus(4 * DAY)).unwrap();
    assert_eq!(counted(&account), 1);
}

#[test]
fn merging_with_nobody_or_twice_changes_nothing() {
    let (now, rulebook) = (begin(), rulebook(begin(), MODEL));
    let mut account = twice();
    for (n, (into, other)) in [(1, 9), (1, 1), (1, 2), (1, 2)].into_iter().enumerate() {
        merge(&mut account, now.plus(2 * DAY + n as i64), into, other, &format!("k{n}"));
    }
    let (account, _) = lived(account, &rulebook, now.plus(5 * DAY));
    assert_eq!(account.contacts.len(), 1);
    assert_eq!(account.state.merged, BTreeMap::from([(ContactId(2), ContactId(1))]));
}

#[test]
fn the_sheet_that_still_has_both_rows_is_no_news_after_a_merge() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
        let output = command.arg("--dir").arg(folder.path()).args(args).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr))
    };
    assert_eq!(run(&["init"]).0, Some(0));
    let (accounts, contacts) = (folder.path().join("a.csv"), folder.path().join("c.csv"));
    fs::write(&accounts, "key,name\nacme,Acme\n").unwrap();
    let rows = "account,key,name,email,role\nacme,yui,Yui Sato,yui@acme.test,admin\nacme,ysato,,sato@acme.test,user\n";
    fs::write(&contacts, rows).unwrap();
    assert_eq!(run(&["import", "accounts", accounts.to_str().unwrap()]).0, Some(0));
    let sheet = || run(&["import", "contacts", contacts.to_str().unwrap()]).1;
    assert!(sheet().contains("2 new"));
    run(&["tick"]);
    let (code, said) = run(&["--lang", "en", "merge", "acme", "sato@acme.test", "yui"]);
    assert_eq!((code, said.contains("ysato is yui from now on")), (Some(0), true), "{said}");
    run(&["tick"]);
    let said = sheet();
    assert!(said.contains("0 new, 0 changed, 2 unchanged"), "{said}");
    let (code, said) = run(&["--lang", "en", "merge", "acme", "ysato", "yui"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("same contact"), "{said}");
    let (code, said) = run(&["--lang", "en", "merge", "acme", "yuo", "yui"]);
    assert_eq!((code, said.contains("yui")), (Some(1), true), "{said}");
    let timeline = run(&["--lang", "en", "timeline", "acme"]).1;
    assert!(timeline.contains("Contacts merged: ysato"), "{timeline}");
}
