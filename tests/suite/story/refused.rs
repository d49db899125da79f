//! Mailboxes that are refused while they are written to, on the built binary.

use std::fs;

use super::{
    house::House,
    returned::{YUI, key, record},
};
use crate::smtp::sink::{At, Fault};

fn timeline(house: &House, account: &str) -> String {
    house.done(&["--json", "timeline", account])
}

fn dead() -> Fault {
    Fault::Reply("550 5.1.1 <x>: Recipient address rejected: User unknown".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_refused_at_the_door_is_a_bounce_like_one_that_came_back() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    // A playbook hears of it.
    let tell = "playbook: bounced\ntitle: {ja: 不達, en: Bounced}\nfor: account\nstart: {on: message.bounced}\nenroll: {again: always}\n\
        steps:\n  - {id: ask, task: {ja: 宛先を確かめる, en: Ask for an address}, owner: csm}\n";
    fs::write(house.dir.join("playbooks/bounced.yaml"), tell).unwrap();
    house.smtp.fault(At::Rcpt, dead(), 1);
    house.done(&["tick"]);
    assert_eq!(house.outbox("failed").len(), 1);
    let said = timeline(&house, "acme");
    assert_eq!(said.matches("message.bounced").count(), 1, "{said}");
    assert!(said.contains("\"hard\"") && said.contains("5.1.1"), "{said}");
    assert!(house.done(&["--lang", "ja", "timeline", "acme"]).contains("不達"));
    house.done(&["tick"]);
    assert!(house.done(&["--lang", "ja", "cs", "tasks"]).contains("宛先を確かめる"));
    house.done(&["bounce", "--release", YUI]);
}

/// The address of a colleague may be a customer's contact, too; and a colleague has other mail to get.
#[tokio::test(flavor = "multi_thread")]
async fn a_colleagues_mailbox_that_is_refused_is_never_suppressed() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.done(&["tick"]);
    for locale in ["ja", "en"] {
        let path = house.dir.join(format!("templates/story/mailed.{locale}.md"));
        fs::write(path, "---\nsubject: Asked\ntopic: team\n---\n**{{ account.name }}** ?\n").unwrap();
    }
    let text = "playbook: nudge\ntitle: {ja: 依頼, en: Asked}\nfor: account\nstart: {on: help.asked}\nenroll: {again: always}\n\
        steps:\n  - {id: tell, email: story/mailed, to: csm}\n";
    fs::write(house.dir.join("playbooks/nudge.yaml"), text).unwrap();
    house.smtp.fault(At::Rcpt, dead(), 1);
    house.done(&["event", "help.asked", "acme"]);
    house.done(&["tick"]);
    assert_eq!(house.outbox("failed").len(), 1, "{}", house.done(&["outbox", "list"]));
    assert!(!timeline(&house, "acme").contains("message.bounced"), "no customer's mailbox bounced");
    house.done(&["tick"]);
    assert!(
        house.done(&["outbox", "list"]).contains("sending_stopped"),
        "the team is told: {}",
        house.done(&["outbox", "list"])
    );
    // The colleague's next mail goes.
    let before = house.smtp.accepted().len();
    house.at("2026-04-07T11:00:00+09:00");
    house.done(&["event", "help.asked", "acme"]);
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().len(), before + 1, "{}", house.done(&["outbox", "list"]));
}

/// The one mailbox everything is redirected to says nothing about the customers'.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirected_mail_that_is_refused_suppresses_no_customer() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let config = fs::read_to_string(house.dir.join("shirube.yaml")).unwrap();
    fs::write(house.dir.join("shirube.yaml"), config.replace("email: {", "email: {redirect_all_to: me@example.com, "))
        .unwrap();
    house.smtp.fault(At::Rcpt, dead(), 5);
    house.done(&["tick"]);
    for day in 8..12 {
        house.at(&format!("2026-04-{day:02}T10:00:00+09:00"));
        house.done(&["event", "letter.due", "acme"]);
        house.done(&["tick"]);
    }
    assert_eq!(house.outbox("failed").len(), 5, "{}", house.done(&["outbox", "list"]));
    assert!(!timeline(&house, "acme").contains("message.bounced"));
    assert!(!house.done(&["outbox", "list"]).contains("sending_stopped"), "the playbook goes on");
    house.at("2026-04-13T10:00:00+09:00");
    house.done(&["event", "letter.due", "acme"]);
    house.done(&["tick"]);
    let key = key(&house);
    assert_eq!(record(&house, "arf.eml", &key, YUI), "nothing", "the complaint is our own");
    assert_eq!(record(&house, "dsn-hard.eml", &key, YUI), "nothing");
    assert_eq!(record(&house, "dsn-full.eml", &key, YUI), "nothing");
    assert!(!house.output(&["bounce", "--release", YUI]).status.success(), "nothing was suppressed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_by_policy_at_the_door_rests_and_tells_the_team_once() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.smtp.fault(At::Rcpt, Fault::Reply("554 blocked using a list of bad senders".to_owned()), 1);
    house.done(&["tick"]);
    assert_eq!(house.outbox("failed").len(), 1);
    assert!(timeline(&house, "acme").contains("\"policy\""));
    house.done(&["tick"]);
    let told = house.done(&["outbox", "list"]).matches("sending_stopped").count();
    assert_eq!(told, 1, "{}", house.done(&["outbox", "list"]));
    house.at("2026-04-07T12:00:00+09:00");
    house.done(&["event", "letter.due", "acme"]);
    house.done(&["tick"]);
    let waits = house.outbox("queued");
    assert!(waits.iter().any(|m| m["detail"] == "refused_by_policy"), "{waits:?}");
    // Where the domain is stopped too, nobody is told twice.
    house.at("2026-04-09T10:00:00+09:00");
    house.smtp.fault(At::Rcpt, Fault::Reply("550 5.7.1 blocked using a list of bad senders".to_owned()), 1);
    house.done(&["tick"]);
    house.done(&["tick"]);
    let told = house.done(&["outbox", "list"]).matches("sending_stopped").count();
    assert_eq!(told, 2, "{}", house.done(&["outbox", "list"]));
}

/// A filter that did not like the text stopped the reader's mail after five letters.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_the_text_without_a_reason_is_not_held_against_the_reader() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.smtp.fault(At::Dot, Fault::Reply("554 Transaction failed".to_owned()), 5);
    house.done(&["tick"]);
    for day in 8..12 {
        house.at(&format!("2026-04-{day:02}T10:00:00+09:00"));
        house.done(&["event", "letter.due", "acme"]);
        house.done(&["tick"]);
    }
    assert_eq!(house.outbox("failed").len(), 5, "{}", house.done(&["outbox", "list"]));
    let said = timeline(&house, "acme");
    assert!(said.contains("message.bounced") && !said.contains("userunknown"), "{said}");
    assert!(!house.output(&["bounce", "--release", YUI]).status.success(), "nothing was suppressed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playbook_whose_list_is_dead_stops_until_somebody_resumes_it() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let (mut accounts, mut contacts) =
        ("key,name,status,touch\n".to_owned(), "account,key,name,email,role,locale\n".to_owned());
    for n in 0..7 {
        accounts += &format!("dead{n},Dead {n},active,tech\n");
        contacts += &format!("dead{n},who,Who,who@dead{n}.test,admin,ja\n");
    }
    for (kind, text) in [("accounts", &accounts), ("contacts", &contacts)] {
        let path = house.dir.join("more.csv");
        fs::write(&path, text).unwrap();
        house.done(&["import", kind, path.to_str().unwrap()]);
    }
    house.done(&["tick"]);
    let before = house.smtp.accepted().len();
    house.smtp.fault(At::Rcpt, dead(), 5);
    for n in 0..5 {
        house.done(&["event", "letter.due", &format!("dead{n}")]);
        house.done(&["tick"]);
    }
    assert_eq!(house.outbox("failed").len(), 5);
    // Good mailboxes wait, too: the list has to be looked at.
    house.done(&["event", "letter.due", "dead5"]);
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().len(), before, "{}", house.done(&["outbox", "list"]));
    assert!(house.done(&["outbox", "list"]).contains("sending_stopped"), "the team is told");
    let doctor = house.output(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains("playbook:letter") && said.contains("5 / 5"), "{said}");
    house.done(&["resume", "playbook:letter", "--yes"]);
    house.at("2026-04-07T11:00:00+09:00");
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().len(), before + 1, "{}", house.done(&["outbox", "list"]));
    // Counted anew: one more dead mailbox stops nothing.
    house.smtp.fault(At::Rcpt, dead(), 1);
    house.done(&["event", "letter.due", "dead6"]);
    house.done(&["tick"]);
    assert!(!String::from_utf8_lossy(&house.output(&["doctor"]).stdout).contains("playbook:letter"));
}
