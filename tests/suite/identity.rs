//! Two accounts that are one customer; a key that changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use proptest::prelude::*;
use shirube::{
    engine::ACCOUNT_MERGED,
    model::{
        estate::{Handover, seated, told as told_facts},
        fact::{Act, Fact, FactBody},
        ids::{AccountId, ContactId},
        instant::{DAY, HOUR, Instant},
        message::Planned,
        run::{Arm, RunResult},
        value::Props,
        world::World,
    },
    rulebook::types::Rulebook,
    simulate::account::Account,
};

use crate::lives::{book, fact, lived, replayed, texts, told, with_mail};

const MODEL: &str = "\
metrics:
  logins: {count: login}
  people_30d: {distinct: contact, of: login, over: 30d}
  admins: {contacts: 'contact.role == \"admin\"'}
journey:
  - {phase: adoption, until: 'false'}
workspace: {timezone: Asia/Tokyo, locale: ja}
";
const STEPS: &str = "\
steps:
  - {id: first, email: t/hello}
  - {id: rest, wait: 3 calendar days}
  - {id: second, email: t/hello}
";

/// A playbook of two mails three days apart.
fn playbook(name: &str, more: &str) -> (String, String) {
    let head = format!("playbook: {name}\ntitle: {{ja: 案内, en: Guide}}\npurpose: {{ja: 案内, en: Guide}}\n");
    (format!("playbooks/{name}.yaml"), format!("{head}{more}{STEPS}"))
}

fn rulebook(now: Instant) -> Rulebook {
    let to = "to: {role: [admin, champion]}\nclass: service\n";
    let guide = playbook("guide", &format!("for: account\n{to}start: {{on: began}}\nenroll: {{again: never}}\n"));
    let mut files = with_mail(MODEL, ("guide", &guide.1));
    for (name, more) in [
        ("busy", format!("for: account\n{to}start: {{when: 'metric.logins >= 3'}}\n")),
        ("monday", format!("for: account\n{to}start: {{cron: '0 10 * * 1', missed: all}}\n")),
        ("renewal", format!("for: account\n{to}start: {{before: account.renewal_date, by: 30 calendar days}}\n")),
        ("seat", "for: contact\nclass: service\nstart: {on: seat.given}\nenroll: {again: never}\n".to_owned()),
    ] {
        files.extend([playbook(name, &more)]);
    }
    book(&files, 1, now)
}

fn begin() -> Instant {
    Instant::parse("2026-03-02T09:30:00+09:00").unwrap()
}

/// An account with people of these addresses; their numbers begin at `first`.
fn account(id: i64, key: &str, first: i64, people: &[&str]) -> Account {
    let now = begin();
    let mut account = Account::new(AccountId(id), key);
    let attrs = texts([("name", key), ("import_as", "new"), ("renewal_date", "2026-04-05")]);
    account.record(fact(now, "account", None, FactBody::AccountAttrs { attrs }));
    for (n, address) in people.iter().enumerate() {
        let attrs = texts([("key", &format!("{key}-{n}")), ("email", *address), ("role", "admin")]);
        let id = first + i64::try_from(n).unwrap();
        account.record(fact(now, format!("c{id}"), Some(id), FactBody::ContactAttrs { attrs }));
    }
    account
}

fn event(account: &mut Account, at: Instant, id: String, contact: Option<i64>, name: &str) {
    account.record(fact(at, id, contact, FactBody::event(name, Props::new())));
}

/// Decides until it leaves; what it leaves, and the messages on the way.
fn leave(mut from: Account, into: AccountId, at: Instant, rulebook: &Rulebook) -> (Account, Handover, Vec<Planned>) {
    let (_, mut planned) = {
        let (account, planned) = lived(from, rulebook, at.plus(-1));
        from = account;
        ((), planned)
    };
    from.record(fact(at, "merge", None, FactBody::Merged { into: "kept".into(), other: into }));
    let mut left = None;
    while let Some(due) = from.due().filter(|due| *due <= at) {
        let decision = from.step(&World::default(), rulebook, due).unwrap();
        planned.extend(decision.messages);
        left = decision.handover;
        if left.is_some() {
            break;
        }
    }
    let taken: BTreeSet<&str> = from.sent.iter().map(|sent| sent.key.0.as_str()).collect();
    planned.retain(|message| taken.contains(message.key.0.as_str()));
    (from, *left.unwrap(), planned)
}

/// What the store does with it.
fn hand_over(from: &Account, left: Handover, into: &mut Account) {
    let Handover { mut estate, mut guests, at, .. } = left;
    let open: BTreeSet<&str> = into.runs.iter().map(|run| run.playbook.as_str()).collect();
    for run in from.ended.iter().filter(|run| run.reason != ACCOUNT_MERGED && open.contains(run.playbook.as_str())) {
        match run.person() {
            None => estate.runs.push((**run).clone()),
            Some(id) => guests.iter_mut().filter(|g| g.contact.id == id).for_each(|g| g.runs.push((**run).clone())),
        }
    }
    let there: Vec<_> = into.contacts.values().map(|contact| (**contact).clone()).collect();
    let coming: Vec<_> = guests.iter().map(|guest| guest.contact.clone()).collect();
    let seats = seated(&from.key, &coming.iter().collect::<Vec<_>>(), &there);
    for (n, (contact, body)) in told_facts(&from.key, estate, guests, &seats).into_iter().enumerate() {
        into.record(Fact { contact, ..fact(at, format!("merge{n}"), None, body) });
    }
}

/// Both lives until `at`, then one; every message with whose it was.
fn merged(from: Account, into: Account, at: Instant, end: Instant) -> (Account, Account, Vec<Planned>, Vec<Planned>) {
    let rulebook = rulebook(begin());
    let (from, left, theirs) = leave(from, into.id, at, &rulebook);
    let (mut into, mut mine) = lived(into, &rulebook, at.plus(-1));
    hand_over(&from, left, &mut into);
    let (into, later) = lived(into, &rulebook, end);
    mine.extend(later);
    (from, into, theirs, mine)
}

#[test]
fn counts_are_added_gaps_filled_and_who_was_at_both_is_there_once() {
    let now = begin();
    let mut from = account(1, "old", 11, &["Yui@acme.test", "ken@acme.test"]);
    let mut into = account(2, "kept", 21, &["yui@acme.test"]);
    let attrs = texts([("industry", "retail"), ("name", "Other")]);
    from.record(fact(now.plus(HOUR), "more", None, FactBody::AccountAttrs { attrs }));
    for (n, (whose, id)) in [(1, 11), (1, 12), (2, 21)].into_iter().enumerate() {
        let account = if whose == 1 { &mut from } else { &mut into };
        event(account, now.plus((2 + n as i64) * HOUR), format!("login{n}"), Some(id), "login");
    }
    from.record(fact(now.plus(HOUR), "out", Some(11), FactBody::Subscription { topic: "t".into(), subscribed: false }));
    from.record(fact(now.plus(HOUR), "yes", Some(12), FactBody::Consent { given: true }));
    let pause = Act::Pause { playbook: Some("busy".into()), until: None, reason: String::new() };
    from.record(fact(now.plus(HOUR), "pause", None, FactBody::Command(pause)));
    let (from, into, ..) = merged(from, into, now.plus(DAY), now.plus(2 * DAY));

    assert_eq!(into.contacts.keys().copied().collect::<Vec<_>>(), [ContactId(12), ContactId(21)]);
    assert!(!into.contacts[&ContactId(21)].wants("t"), "what either refused stays refused");
    assert_eq!(into.contacts[&ContactId(12)].key, "old-1");
    assert!(into.contacts[&ContactId(12)].consent.as_ref().is_some_and(|consent| consent.given));
    assert_eq!(into.state.attr_text("name"), Some("kept"));
    assert_eq!(into.state.attr_text("industry"), None, "an attribute nobody declared");
    let metric = |name: &str| into.state.metrics[name].clone();
    assert_eq!((metric("logins").total, metric("admins").total), (3.0, 2.0));
    assert_eq!(metric("people_30d").last_days.iter().map(|day| day.1).sum::<u32>(), 2);
    assert!(into.state.pauses.contains_key("busy"), "the stricter word");
    assert_eq!(into.state.now_is(ContactId(11)), ContactId(21));
    assert!(from.runs.is_empty() && from.due().is_none(), "nothing is decided for it any more");
}

#[test]
fn what_both_ran_goes_on_once_and_writes_to_nobody_twice() {
    let now = begin();
    let mut from = account(1, "old", 11, &["yui@acme.test", "ken@acme.test"]);
    let mut into = account(2, "kept", 21, &["yui@acme.test", "mai@acme.test"]);
    event(&mut from, now.plus(HOUR), "b1".into(), None, "began");
    event(&mut into, now.plus(2 * DAY), "b2".into(), None, "began");
    // The first account's second mail went out a day before the two became one.
    let (from, into, theirs, mine) = merged(from, into, now.plus(4 * DAY + HOUR), now.plus(9 * DAY));
    let guide = |all: &[Planned], step: &str| -> Vec<String> {
        all.iter().filter(|m| m.playbook == "guide" && m.step == step).map(|m| m.address.clone()).collect()
    };
    assert_eq!(guide(&theirs, "second"), ["yui@acme.test", "ken@acme.test"]);
    assert_eq!(guide(&mine, "second"), ["mai@acme.test"]);
    assert_eq!(from.ended.iter().filter(|run| run.playbook == "guide").count(), 1);
    let run = into.ended.iter().find(|run| run.playbook == "guide").unwrap();
    assert_eq!(run.result, Some(RunResult::Completed));
}

#[test]
fn runs_of_the_account_that_goes_end_with_their_reason_and_do_not_begin_again() {
    let now = begin();
    let mut from = account(1, "old", 11, &["yui@acme.test"]);
    let into = account(2, "kept", 21, &["mai@acme.test"]);
    event(&mut from, now.plus(HOUR), "b1".into(), Some(11), "began");
    event(&mut from, now.plus(HOUR), "s1".into(), Some(11), "seat.given");
    let (from, into, theirs, mine) = merged(from, into, now.plus(DAY), now.plus(2 * DAY));
    let ends: BTreeMap<_, _> =
        from.ended.iter().map(|r| (r.playbook.as_str(), (r.result.unwrap(), r.reason.as_str()))).collect();
    let merged = (RunResult::Exited, ACCOUNT_MERGED);
    assert_eq!(ends, BTreeMap::from([("guide", merged), ("monday", merged), ("seat", merged)]));
    let once = |all: &[Planned]| all.iter().filter(|m| ["guide", "seat"].contains(&m.playbook.as_str())).count();
    assert_eq!((once(&theirs), once(&mine)), (2, 0));
    // What is once for a customer was had.
    let mut into = into;
    event(&mut into, now.plus(2 * DAY), "b2".into(), None, "began");
    event(&mut into, now.plus(2 * DAY), "s2".into(), Some(11), "seat.given");
    let (_, planned) = lived(into, &rulebook(now), now.plus(6 * DAY));
    assert_eq!(once(&planned), 0);
}

#[test]
fn an_account_that_was_renamed_stays_in_its_arm() {
    let now = begin();
    let held = format!("{MODEL}holdout: {{percent: 50, salt: s}}\n");
    let guide = playbook("guide", "for: account\nto: {role: admin}\nclass: service\nstart: {on: began}\n");
    let rulebook = book(&with_mail(&held, ("guide", &guide.1)), 1, now);
    let mut arms = BTreeSet::new();
    for n in 0..20 {
        let (key, new) = (format!("key{n}"), format!("new{n}"));
        let mut account = account(1, &key, 11, &["yui@acme.test"]);
        event(&mut account, now.plus(HOUR), "b1".into(), None, "began");
        let (mut account, _) = lived(account, &rulebook, now.plus(DAY));
        let first = account.runs[0].arm;
        account.key = new.clone();
        account.record(fact(now.plus(2 * DAY), "r", None, FactBody::Renamed { from: key, to: new }));
        event(&mut account, now.plus(5 * DAY), "b2".into(), None, "began");
        let (account, _) = lived(account, &rulebook, now.plus(5 * DAY));
        assert!(account.runs.iter().chain(&account.ended).all(|run| run.arm == first));
        assert_eq!(account.runs.len() + account.ended.len(), 2);
        arms.insert(first == Arm::Holdout);
    }
    assert_eq!(arms.len(), 2, "some were held out and some were not");
}

/// One thing that happens: when (hours), to which account, to whom, what.
type Happening = (i64, bool, usize, usize);

fn happen(account: &mut Account, (hour, _, who, what): Happening, first: i64, people: usize, n: usize) {
    let at = begin().plus(hour * HOUR);
    let contact = Some(first + i64::try_from(who % people).unwrap());
    let name = ["login", "login", "began", "seat.given", "other"][what % 5];
    event(account, at, format!("{}-{n}", account.key), contact, name);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whenever_two_accounts_become_one_nobody_gets_a_step_again_and_a_replay_says_the_same(
        happenings in prop::collection::vec((1_i64..24 * 14, any::<bool>(), 0_usize..3, 0_usize..5), 0..24),
        later in prop::collection::vec((24_i64 * 14 + 1..24 * 40, any::<bool>(), 0_usize..2, 0_usize..5), 0..8),
        merge_hour in 1_i64..24 * 14,
    ) {
        let addresses = ["a@x.test", "b@x.test", "c@x.test"];
        let mut from = account(1, "old", 11, &addresses);
        let mut into = account(2, "kept", 21, &addresses[1..]);
        for (n, one) in happenings.iter().enumerate() {
            // What comes under either key after the merge is the one's.
            if one.1 && one.0 < merge_hour {
                happen(&mut from, *one, 11, 3, n);
            } else {
                happen(&mut into, *one, 21, 2, n);
            }
        }
        for (n, one) in later.iter().enumerate() {
            happen(&mut into, *one, 21, 2, n + 100);
        }
        let logins = happenings.iter().chain(&later).filter(|one| one.3 % 5 < 2).count();
        let (at, end) = (begin().plus(merge_hour * HOUR + 7), begin().plus(45 * DAY));
        let (from, into, theirs, mine) = merged(from, into, at, end);

        // Once per customer: neither by both nor twice by one.
        let place = |m: &Planned| (m.playbook.clone(), m.step.clone(), m.address.to_lowercase());
        let once = |m: &&Planned| ["guide", "seat", "renewal"].contains(&m.playbook.as_str());
        let had: BTreeSet<_> = theirs.iter().filter(once).map(place).collect();
        let mut seen = BTreeSet::new();
        for message in mine.iter().filter(once) {
            prop_assert!(message.ready_at < at || !had.contains(&place(message)), "{}", told(message));
            prop_assert!(seen.insert(place(message)), "{}", told(message));
        }
        // Once per Monday.
        let mut weeks: BTreeMap<_, Vec<Instant>> = BTreeMap::new();
        let mondays = theirs.iter().filter(|m| m.playbook == "monday").map(|m| (false, m));
        for (own, m) in mondays.chain(mine.iter().filter(|m| m.playbook == "monday").map(|m| (true, m))) {
            let times = weeks.entry(place(m)).or_default();
            let again = times.iter().any(|t| (t.0 - m.ready_at.0).abs() < DAY);
            prop_assert!(!(own && again && m.ready_at >= at), "{}", told(m));
            times.push(m.ready_at);
        }
        prop_assert!(from.runs.is_empty());
        prop_assert!(from.ended.iter().all(|run| run.result.is_some()));
        prop_assert_eq!(into.contacts.len(), 3);
        prop_assert_eq!(into.state.metrics.get("logins").map_or(0.0, |m| m.total), logins as f64);
        prop_assert_eq!(into.state.metrics["admins"].total, 3.0);
        let active = into.state.metrics.get("people_30d").map_or(0, |m| m.last_days.iter().map(|d| d.1).sum::<u32>());
        prop_assert!(active <= 3);

        let (replay, again) = replayed(&into, &rulebook(begin()), end);
        prop_assert_eq!(again.iter().map(told).collect::<Vec<_>>(), mine.iter().map(told).collect::<Vec<_>>());
        prop_assert_eq!(&replay.contacts, &into.contacts);
        prop_assert_eq!(&replay.state.metrics, &into.state.metrics);
    }
}

/// A project folder, and its program.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Project {
        let project = Project(tempfile::tempdir().unwrap());
        assert_eq!(project.run(&["init"]).0, Some(0));
        project
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
        let output = command.arg("--dir").arg(self.0.path()).args(["--lang", "en"]).args(args).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr))
    }

    fn import(&self, kind: &str, rows: &str) -> String {
        let file = self.0.path().join(format!("{kind}.csv"));
        fs::write(&file, rows).unwrap();
        let (code, said) = self.run(&["import", kind, file.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{said}");
        said
    }
}

const ACCOUNTS: &str = "key,name,domain,plan\nacme,Acme,acme.test,\nacme-old,Acme KK,old.acme.test,pro\n";
const CONTACTS: &str = "account,key,name,email,role\nacme,yui,Yui Sato,yui@acme.test,admin\n\
                        acme-old,u1,,Yui@acme.test,champion\nacme-old,u2,Ken,ken@acme.test,user\n\
                        acme-old,yui,Mai,mai@acme.test,user\n";
const CONTRACTS: &str = "key,account,plan,start,mrr\nsub1,acme-old,pro,2026-01-01,5000\n";

#[test]
fn the_sheet_that_still_has_both_customers_is_no_news_after_a_merge() {
    let project = Project::new();
    project.import("accounts", ACCOUNTS);
    project.import("contacts", CONTACTS);
    project.import("subscriptions", CONTRACTS);
    project.run(&["tick"]);
    let (code, said) = project.run(&["account", "merge", "acme-old", "acme"]);
    assert_eq!(code, Some(1), "nothing without a word: {said}");
    for part in ["3  contacts", "become one: u1", "ACCOUNT:KEY: yui", "1  subscriptions", "--yes"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(project.run(&["accounts"]).1.contains("2 accounts"));
    let (code, said) = project.run(&["account", "merge", "acme-old", "acme", "--dry-run", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&json["done"], &json["moves"]["shared"][0]), (&false.into(), &"u1".into()));

    let (code, said) = project.run(&["account", "merge", "acme-old", "acme", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(project.run(&["accounts"]).1.contains("1 account"));
    let people = project.run(&["export", "contacts"]).1;
    for row in ["acme,yui,Yui Sato,yui@acme.test,admin", "acme,u2,Ken", "acme,acme-old:yui,Mai,mai@acme.test"] {
        assert!(people.contains(row), "{row}: {people}");
    }
    // Rows under the old key say only what is not known; the same person under it is found.
    for (kind, rows) in [("accounts", ACCOUNTS), ("contacts", CONTACTS), ("subscriptions", CONTRACTS)] {
        let said = project.import(kind, rows);
        assert!(said.contains("0 new, 0 changed"), "{kind}: {said}");
    }
    let said = project.import("contacts", &CONTACTS.replace("Mai,", "Mai Abe,"));
    assert!(said.contains("0 new, 1 changed, 3 unchanged"), "{said}");
    let (_, health) = project.run(&["health", "acme-old"]);
    assert!(health.contains("pro · ¥5,000"), "{health}");
    let timeline = project.run(&["timeline", "acme"]).1;
    assert!(timeline.contains("Account merged: acme-old") && timeline.contains("Contract started"), "{timeline}");
    assert!(project.run(&["audit", "list"]).1.contains("merge accounts"));
    let (code, said) = project.run(&["account", "merge", "acme-old", "acme", "--yes"]);
    assert_eq!((code, said.contains("both are the account acme")), (Some(1), true), "{said}");
}

#[test]
fn a_renamed_account_is_found_by_both_keys_and_a_taken_key_is_refused() {
    let project = Project::new();
    project.import("accounts", "key,name\nacme,Acme\nbeta,Beta\n");
    project.run(&["tick"]);
    let (code, said) = project.run(&["account", "rename", "acme", "beta", "--yes"]);
    assert_eq!((code, said.contains("shirube account merge acme beta")), (Some(1), true), "{said}");
    let (code, said) = project.run(&["account", "rename", "acme", "A-1"]);
    assert_eq!((code, said.contains("--yes")), (Some(1), true), "{said}");
    let (code, said) = project.run(&["account", "rename", "acme", "A-1", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    let list = project.run(&["accounts"]).1;
    assert!(list.contains("A-1") && !list.contains("acme"), "{list}");
    // The sheet goes on under either key, with all its weight.
    let said = project.import("accounts", "key,name\nacme,Acme KK\nbeta,Beta\n");
    assert!(said.contains("0 new, 1 changed, 1 unchanged"), "{said}");
    project.run(&["tick"]);
    let said = project.import("accounts", "key,name\nA-1,Acme KK\nbeta,Beta\n");
    assert!(said.contains("0 new, 0 changed, 2 unchanged"), "{said}");
    assert!(project.run(&["timeline", "acme"]).1.contains("Key changed: acme → A-1"));
}

#[test]
fn a_sheet_that_names_the_former_key_renames_or_merges_and_says_so() {
    let project = Project::new();
    project.import("accounts", "key,name\nacme,Acme\nbeta,Beta\nbeta2,Beta KK\n");
    project.run(&["tick"]);
    let sheet = "key,name,former_key\nA-1,Acme KK,acme\nbeta,Beta,beta2\nnew,New,nobody\n";
    let said = project.import("accounts", sheet);
    assert!(said.contains("customers with another key") && said.contains("customers merged"), "{said}");
    assert!(said.contains("1 new, 2 changed"), "{said}");
    project.run(&["tick"]);
    let list = project.run(&["accounts"]).1;
    assert!(list.contains("3 accounts") && list.contains("A-1") && list.contains("Acme KK"), "{list}");
    assert!(project.run(&["health", "beta2"]).1.contains("Beta"), "both keys find it");
    let said = project.import("accounts", sheet);
    assert!(said.contains("0 new, 0 changed, 3 unchanged"), "{said}");
}

#[test]
fn a_sheet_that_brings_back_somebody_who_was_erased_says_so_and_a_pipe_gets_every_cell_whole() {
    let project = Project::new();
    project.import("accounts", "key,name\nacme,Acme\n");
    let people = "account,key,name,email\nacme,yui,Yui,yui@acme.test\nacme,ken,Ken,ken.of.a.long.name@acme.test\n";
    assert!(!project.import("contacts", people).contains("erased"));
    project.run(&["tick"]);
    let (code, said) = project.run(&["erase", "yui@acme.test", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    project.run(&["tick"]);
    let file = project.0.path().join("contacts.csv");
    let (_, said) = project.run(&["import", "contacts", file.to_str().unwrap(), "--dry-run"]);
    assert!(said.contains("1 × addresses of people who were erased"), "{said}");
    assert!(said.contains("yui@acme.test | ken.of.a.long.name@acme.test"), "no cell is cut: {said}");
}
