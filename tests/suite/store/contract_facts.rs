//! Facts in, decisions out.

use std::sync::Mutex;

use shirube::{
    model::{
        decision::{Decision, LedgerEntry, Outcome, Recorded},
        fact::{Accepted, FactBody, Incoming},
        ids::{AccountId, ContactId, RunId},
        run::{Arm, Run, Task},
        snapshot::{ContactQuery, Need, Snapshot},
        state::HealthState,
        value::{Props, Value},
    },
    store::{self, Mode, api::Count},
};

use super::{contracts, fixture::*};

contracts!(
    a_contacts_answers_are_found_newest_first_and_nobody_elses,
    a_repeated_event_is_recorded_once,
    only_some_facts_create_accounts_and_contacts,
    facts_are_folded_in_order_of_receipt_and_only_when_their_time_has_come,
    accounts_with_many_facts_are_taken_in_portions_and_none_is_left,
    a_fact_left_over_keeps_the_account_due,
    a_clock_that_went_back_is_waited_for_and_not_spun_on,
    what_is_due_next_is_known_when_a_fact_comes_before,
    a_panic_stays_with_its_account,
    needs_are_answered,
    contacts_are_loaded_only_when_named,
    the_key_of_a_merged_contact_means_the_other_one,
    runs_tasks_and_ledger_come_back,
    attribute_history_is_kept,
    a_thousand_accounts_are_decided_in_batches,
    the_workspace_is_account_zero,
    what_another_daemon_decided_is_read_anew,
    announcements_are_found_by_name_in_their_order,
    a_sweep_visits_accounts_of_another_rulebook,
    what_was_said_in_a_period_is_counted_by_when_it_happened,
    waits_that_end_today_are_counted_without_ghosts,
    accounts_are_paged_by_band,
);

async fn a_repeated_event_is_recorded_once(f: Fixture) {
    let facts = vec![login("acme", "1", at(1)), login("acme", "1", at(2)), login("acme", "2", at(3))];
    let answers = f.store.append(facts.clone()).await.unwrap();
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap();
    assert_eq!(answers, [Accepted::New(acme.id), Accepted::Duplicate, Accepted::New(acme.id)]);
    assert_eq!(f.store.append(facts).await.unwrap(), [Accepted::Duplicate; 3]);
    assert_eq!(f.store.timeline(acme.id, 10).await.unwrap().len(), 2);
    assert_eq!((acme.due, f.store.earliest_due().await.unwrap()), (Some(at(1)), Some(at(1))));
}

async fn only_some_facts_create_accounts_and_contacts(f: Fixture) {
    let event =
        |contact| fact("acme", Some(contact), &format!("e-{contact}"), at(1), FactBody::event("login", Props::new()));
    let note = fact("nobody", None, "n", at(1), FactBody::Consent { given: true });
    let facts = vec![
        note,
        person("nobody", "yui", "p0"),
        named("acme", "アクメ", "a"),
        event("yui"),
        person("acme", "yui", "p1"),
        event("ken"),
    ];
    let answers = f.store.append(facts).await.unwrap();
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap();
    assert_eq!(acme.name, "アクメ");
    let new = Accepted::New(acme.id);
    assert_eq!(answers, [Accepted::Unknown, Accepted::Unknown, new, Accepted::Unknown, new, Accepted::Unknown]);
    // What was refused is no repeat when it comes again.
    assert_eq!(f.store.append(vec![event("yui")]).await.unwrap(), [new]);
    let everyone = ContactQuery::first(Vec::new(), 9);
    let contacts = f.store.contacts(acme.id, &everyone).await.unwrap();
    assert_eq!(contacts.iter().map(|c| c.key.as_str()).collect::<Vec<_>>(), ["yui"]);
    assert!(f.store.contact(acme.id, contacts[0].id).await.unwrap().is_some());
}

async fn facts_are_folded_in_order_of_receipt_and_only_when_their_time_has_come(f: Fixture) {
    let facts = vec![login("acme", "late", at(100)), login("acme", "second", at(20)), login("acme", "first", at(10))];
    f.store.append(facts).await.unwrap();
    let seen = Mutex::new(Vec::new());
    let decide = |snapshot: &Snapshot| {
        seen.lock().unwrap().push(snapshot.inbox.iter().map(|fact| fact.event_id.clone()).collect::<Vec<_>>());
        settle(snapshot)
    };
    assert_eq!(f.store.evaluate(at(5), 10, &decide).await.unwrap().accounts, 0);
    assert_eq!(f.store.evaluate(at(50), 10, &decide).await.unwrap().accounts, 1);
    assert_eq!(f.store.earliest_due().await.unwrap(), Some(at(100)));
    assert_eq!(f.store.evaluate(at(100), 10, &decide).await.unwrap().accounts, 1);
    assert_eq!(f.store.earliest_due().await.unwrap(), None);
    assert_eq!(*seen.lock().unwrap(), [vec!["first", "second"], vec!["late"]]);
}

async fn accounts_with_many_facts_are_taken_in_portions_and_none_is_left(f: Fixture) {
    // More facts than one transaction holds.
    let facts = |n: usize| (0..950).map(move |i| login(&format!("a{n}"), &format!("{n}/{i}"), at(1))).collect();
    for n in 0..18 {
        f.store.append(facts(n)).await.unwrap();
    }
    let done = f.store.evaluate(at(5), 256, &settle).await.unwrap();
    assert_eq!((done.accounts, f.store.earliest_due().await.unwrap()), (18, None));
}

async fn a_fact_left_over_keeps_the_account_due(f: Fixture) {
    f.store.append(vec![login("acme", "1", at(1)), login("acme", "2", at(2))]).await.unwrap();
    let first_only = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        decision.folded = snapshot.inbox.first().map(|fact| fact.seq);
        decision.next_due = Some(at(1000));
        Outcome::Done(Box::new(decision))
    };
    let done = f.store.evaluate(at(5), 1, &first_only).await.unwrap();
    assert_eq!((done.accounts, f.store.earliest_due().await.unwrap()), (1, Some(at(2))));
    f.store.evaluate(at(5), 10, &first_only).await.unwrap();
    assert_eq!(f.store.earliest_due().await.unwrap(), Some(at(1000)));
}

async fn a_clock_that_went_back_is_waited_for_and_not_spun_on(f: Fixture) {
    f.store.append(vec![login("acme", "1", at(100))]).await.unwrap();
    let decide = |now: i64| {
        move |snapshot: &Snapshot| {
            let mut decision = settled(snapshot);
            if at(now) < snapshot.state.now {
                decision.folded = None;
            } else {
                decision.state.now = at(now);
            }
            Outcome::Done(Box::new(decision))
        }
    };
    f.store.evaluate(at(100), 10, &decide(100)).await.unwrap();
    f.store.append(vec![login("acme", "2", at(50))]).await.unwrap();
    assert_eq!(f.store.evaluate(at(60), 10, &decide(60)).await.unwrap().accounts, 1);
    assert_eq!(f.store.evaluate(at(60), 10, &decide(60)).await.unwrap().accounts, 0, "not again at once");
    assert_eq!(f.store.earliest_due().await.unwrap(), Some(at(100)));
    assert_eq!(f.store.evaluate(at(100), 10, &decide(100)).await.unwrap().accounts, 1);
    assert_eq!(f.store.earliest_due().await.unwrap(), None, "nothing was lost");
}

async fn what_is_due_next_is_known_when_a_fact_comes_before(f: Fixture) {
    let seen = Mutex::new(Vec::new());
    let decide = |snapshot: &Snapshot| {
        seen.lock().unwrap().push(snapshot.next_due);
        let next_due = (snapshot.inbox.len() == 1).then_some(at(1000));
        Outcome::Done(Box::new(Decision { next_due, ..settled(snapshot) }))
    };
    for (ids, now) in [(vec!["1"], 1), (vec!["2", "3"], 2), (vec!["4"], 3)] {
        f.store.append(ids.into_iter().map(|id| login("acme", id, at(now))).collect()).await.unwrap();
        f.store.evaluate(at(now), 10, &decide).await.unwrap();
    }
    assert_eq!(*seen.lock().unwrap(), [None, Some(Some(at(1000))), Some(None)]);
}

async fn a_panic_stays_with_its_account(f: Fixture) {
    f.store.append(vec![login("bad", "1", at(1)), login("good", "2", at(1))]).await.unwrap();
    let decide = |snapshot: &Snapshot| if snapshot.key == "bad" { panic!("bad") } else { settle(snapshot) };
    let done = f.store.evaluate(at(5), 10, &decide).await.unwrap();
    let bad = f.store.account_by_key("bad").await.unwrap().unwrap();
    assert_eq!((done.accounts, done.failed), (1, vec![bad.id]));
    assert!(bad.due.unwrap() > at(5));
}

async fn needs_are_answered(f: Fixture) {
    f.store
        .append(vec![named("acme", "Acme", "a"), person("acme", "yui", "p"), login("acme", "1", at(1))])
        .await
        .unwrap();
    let fold_contacts = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        decision.contacts = snapshot.contacts.values().cloned().collect();
        for contact in &mut decision.contacts {
            contact.attrs.insert("role".into(), Value::text("admin"));
            decision.contact_days.push((contact.id, "logins".into(), 20_000));
        }
        Outcome::Done(Box::new(decision))
    };
    f.store.evaluate(at(5), 10, &fold_contacts).await.unwrap();
    f.store.append(vec![login("acme", "2", at(6))]).await.unwrap();
    let query = |role: &str| ContactQuery::first(vec![role.into()], 5);
    let decide = |snapshot: &Snapshot| {
        let needs = vec![Need::Contacts(query("admin")), Need::Contacts(query("owner")), Need::History];
        let Some(history) = &snapshot.history else { return Outcome::Need(needs) };
        assert_eq!(history.iter().map(|fact| fact.event_id.as_str()).collect::<Vec<_>>(), ["1"]);
        assert_eq!(snapshot.answers.iter().map(|(_, ids)| ids.len()).collect::<Vec<_>>(), [1, 0]);
        assert_eq!((snapshot.contacts.len(), snapshot.contact_days.len()), (1, 1));
        settle(snapshot)
    };
    let done = f.store.evaluate(at(7), 10, &decide).await.unwrap();
    assert_eq!((done.accounts, done.failed.len()), (1, 0));
}

/// 5,000 here; the same statements whatever the number. Nothing but the named contact is loaded.
async fn contacts_are_loaded_only_when_named(f: Fixture) {
    let mut facts = vec![named("acme", "Acme", "a")];
    facts.extend((0..5_000).map(|n| person("acme", &format!("c{n}"), &format!("p{n}"))));
    f.store.append(facts).await.unwrap();
    while f.store.evaluate(at(5), 10, &settle).await.unwrap().accounts > 0 {}
    let event = FactBody::event("login", Props::new());
    f.store.append(vec![fact("acme", Some("c4999"), "e", at(6), event)]).await.unwrap();
    let decide = |snapshot: &Snapshot| {
        assert_eq!(snapshot.contacts.values().map(|c| c.key.as_str()).collect::<Vec<_>>(), ["c4999"]);
        settle(snapshot)
    };
    assert_eq!(f.store.evaluate(at(7), 10, &decide).await.unwrap().failed, []);
    assert!(f.store.page(AccountId(0), 10).await.unwrap()[0].contacts.is_empty());
}

fn run(id: &str) -> Run {
    Run {
        id: RunId(id.into()),
        playbook: "onboarding".into(),
        playbook_hash: "h".into(),
        contact: None,
        personal: false,
        key: String::new(),
        cause: "when:1".into(),
        date: None,
        arm: Arm::Treated,
        started: at(1),
        start: Props::new(),
        frozen: Props::new(),
        at: Some("welcome".into()),
        since: at(1),
        until: None,
        waiting: String::new(),
        hold_until: None,
        steps: Default::default(),
        goal_latched: false,
        ended: None,
        goal_at: None,
        origin: None,
        held_out: 0.0,
        reply_at: None,
        result: None,
        reason: String::new(),
    }
}

fn task() -> Task {
    Task {
        playbook: "onboarding".into(),
        reason: "call".into(),
        step: "call".into(),
        text: Default::default(),
        owner: "kei".into(),
        due: None,
        opened: at(1),
        done: None,
        escalate: None,
        kind: Some("training".into()),
        snoozed_until: None,
        contacts: Vec::new(),
        more: 0,
    }
}

fn line(reason: &str) -> LedgerEntry {
    LedgerEntry {
        at: at(1),
        kind: "start".into(),
        playbook: "onboarding".into(),
        step: String::new(),
        contact: None,
        channel: String::new(),
        reason: reason.into(),
        values: Props::new(),
    }
}

async fn runs_tasks_and_ledger_come_back(f: Fixture) {
    f.store.append(vec![login("acme", "1", at(1))]).await.unwrap();
    let start = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        decision.runs = vec![run("r1").into(), run("r2").into()];
        decision.tasks = vec![task()];
        decision.ledger = vec![line("first"), line("second")];
        decision.events =
            vec![Recorded { at: at(1), contact: None, body: FactBody::event("health.band_changed", Props::new()) }];
        decision.next_due = Some(at(60));
        decision.state.phase = Some(("onboarding".into(), at(1)));
        Outcome::Done(Box::new(decision))
    };
    assert_eq!(f.store.evaluate(at(5), 10, &start).await.unwrap().changed, 1);
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap();
    assert_eq!((acme.due, acme.phase.as_str()), (Some(at(60)), "onboarding"));
    let end = |snapshot: &Snapshot| {
        assert_eq!((snapshot.runs.len(), snapshot.tasks.len(), snapshot.inbox.len()), (2, 1, 0));
        let mut decision = settled(snapshot);
        let mut ended = snapshot.runs[0].clone();
        ended.ended = Some(at(60));
        decision.runs = vec![ended];
        decision.tasks = vec![Task { done: Some(at(60)), ..snapshot.tasks[0].clone() }];
        Outcome::Done(Box::new(decision))
    };
    assert_eq!(f.store.open_tasks(Some("kei")).await.unwrap().len(), 1);
    f.store.evaluate(at(60), 10, &end).await.unwrap();
    let snapshot = f.store.snapshot(acme.id).await.unwrap().unwrap();
    assert_eq!((snapshot.runs.len(), snapshot.tasks.len()), (1, 0));
    assert_eq!(f.store.runs(Some(acme.id), None, 10).await.unwrap().len(), 2);
    assert_eq!(f.store.runs(None, Some("onboarding"), 1).await.unwrap().len(), 1);
    let of: Vec<AccountId> = f.store.runs_of("onboarding", 10).await.unwrap().iter().map(|(id, _)| *id).collect();
    assert!(!of.is_empty() && of.iter().all(|id| *id == acme.id), "{of:?}");
    assert!(f.store.runs_of("other", 10).await.unwrap().is_empty());
    assert_eq!(f.store.open_tasks(None).await.unwrap().len(), 0);
    let ledger = f.store.ledger(acme.id, Some("onboarding"), 10).await.unwrap();
    assert_eq!(ledger.iter().map(|l| l.reason.as_str()).collect::<Vec<_>>(), ["second", "first"]);
    assert_eq!(f.store.ledger(acme.id, Some("other"), 10).await.unwrap(), []);
    assert_eq!(f.store.timeline(acme.id, 10).await.unwrap().len(), 2);
}

async fn attribute_history_is_kept(f: Fixture) {
    f.store.append(vec![named("acme", "Old", "1"), named("acme", "ＡＣＭＥ", "2")]).await.unwrap();
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap();
    let history = f.store.timeline(acme.id, 10).await.unwrap();
    assert_eq!((acme.name.as_str(), history.len()), ("ＡＣＭＥ", 2));
    assert!(history[0].seq > history[1].seq);
}

async fn a_thousand_accounts_are_decided_in_batches(f: Fixture) {
    let facts = (0..1000).map(|n| login(&format!("a{n}"), &format!("{n}"), at(n % 7))).collect();
    f.store.append(facts).await.unwrap();
    let done = f.store.evaluate(at(50), 600, &settle).await.unwrap();
    assert_eq!(done.accounts, 600);
    assert_eq!(f.store.evaluate(at(50), 600, &settle).await.unwrap().accounts, 400);
    let accounts = f.store.accounts(AccountId(0), 2000).await.unwrap();
    assert_eq!((accounts.len(), accounts.iter().filter(|a| a.due.is_some()).count()), (1000, 0));
}

async fn the_workspace_is_account_zero(f: Fixture) {
    let mut announcement = login("x", "1", at(1));
    announcement.account = None;
    assert_eq!(f.store.append(vec![announcement]).await.unwrap(), [Accepted::New(AccountId::WORKSPACE)]);
    assert_eq!(f.store.evaluate(at(1), 10, &settle).await.unwrap().accounts, 1);
    assert!(f.store.snapshot(AccountId::WORKSPACE).await.unwrap().is_some());
}

async fn a_sweep_visits_accounts_of_another_rulebook(f: Fixture) {
    f.store.append((0..5).map(|n| login(&format!("a{n}"), &format!("{n}"), at(1))).collect()).await.unwrap();
    let with_seven = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        decision.state.rulebook = 7;
        Outcome::Done(Box::new(decision))
    };
    f.store.evaluate(at(2), 3, &with_seven).await.unwrap();
    f.store.evaluate(at(2), 10, &settle).await.unwrap();
    assert_eq!(f.store.earliest_due().await.unwrap(), None);
    let first = f.store.sweep(7, AccountId(0), at(9), 1).await.unwrap().unwrap();
    let second = f.store.sweep(7, first, at(9), 1).await.unwrap().unwrap();
    assert_eq!(f.store.sweep(7, second, at(9), 1).await.unwrap(), None);
    assert_eq!(f.store.evaluate(at(9), 10, &with_seven).await.unwrap().accounts, 2);
    assert_eq!(f.store.sweep(7, AccountId(0), at(9), 1).await.unwrap(), None);
}

async fn a_contacts_answers_are_found_newest_first_and_nobody_elses(f: Fixture) {
    f.store
        .append(vec![named("acme", "A", "a"), person("acme", "yui", "b"), person("acme", "ken", "c")])
        .await
        .unwrap();
    let said = |who: &str, id: &str, minute, name: &str| {
        fact("acme", Some(who), id, at(minute), FactBody::event(name, Props::new()))
    };
    let told =
        [("yui", "1", 1, "survey.responded"), ("yui", "2", 2, "survey.responded"), ("ken", "3", 3, "survey.responded")];
    f.store.append(told.map(|(who, id, minute, name)| said(who, id, minute, name)).into()).await.unwrap();
    let other = [("yui", "4", 4, "login"), ("yui", "5", 5, "survey.responded")];
    f.store.append(other.map(|(who, id, minute, name)| said(who, id, minute, name)).into()).await.unwrap();
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap().id;
    let people = f.store.contacts(acme, &ContactQuery::first(Vec::new(), 9)).await.unwrap();
    let yui = people.iter().find(|c| c.key == "yui").unwrap().id;
    let ids = async |since: i64, limit: usize| -> Vec<String> {
        let found = f.store.answers(acme, yui, at(since), limit).await.unwrap();
        found.into_iter().map(|fact| fact.event_id).collect()
    };
    assert_eq!(ids(1, 9).await, ["5", "2", "1"]);
    assert_eq!((ids(2, 9).await, ids(1, 1).await), (vec!["5".to_owned(), "2".to_owned()], vec!["5".to_owned()]));
}

async fn what_was_said_in_a_period_is_counted_by_when_it_happened(f: Fixture) {
    let said = |id: &str, minute, name: &str| fact("acme", None, id, at(minute), FactBody::event(name, Props::new()));
    let facts = vec![
        said("1", 1, "survey.responded"),
        said("2", 2, "meeting.held"),
        said("3", 2, "task.done"),
        said("4", 3, "login"),
        said("7", 3, "survey.asked"),
        said("8", 6, "survey.asked"),
        said("5", 5, "meeting.held"),
        fact("beta", None, "6", at(4), FactBody::event("meeting.held", Props::new())),
    ];
    f.store.append(facts).await.unwrap();
    let found = f.store.said(at(2), at(5), None).await.unwrap();
    let counts: Vec<(&str, u64)> = found.counts.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(counts, [("meeting.held", 2), ("task.done", 1)], "half-open, and nothing that is not asked for");
    let ids: Vec<&str> = found.facts.iter().map(|fact| fact.event_id.as_str()).collect();
    assert_eq!(ids, ["7"]);
    let mut both = std::collections::BTreeSet::new();
    for key in ["acme", "beta"] {
        both.insert(f.store.account_by_key(key).await.unwrap().unwrap().id);
    }
    assert_eq!(found.met, both);
    assert_eq!(f.store.said(at(0), at(2), None).await.unwrap().met, [].into(), "an answer is no meeting");
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap().id;
    for of in [acme, AccountId(999)] {
        let own = f.store.said(at(2), at(5), Some(&[of].into())).await.unwrap();
        let hers = usize::from(of == acme);
        let counted = own.counts.get("meeting.held").copied().unwrap_or_default() as usize;
        assert_eq!((own.facts.len(), own.met.len(), counted), (hers, hers, hers), "of one account");
    }
}

async fn the_key_of_a_merged_contact_means_the_other_one(f: Fixture) {
    let absorbs = |into: &str, key: &str, id: &str| {
        let body = FactBody::Absorbed { key: key.into(), other: ContactId::default() };
        fact("acme", Some(into), id, at(2), body)
    };
    let event =
        |contact: &str, id: &str| fact("acme", Some(contact), id, at(3), FactBody::event("login", Props::new()));
    f.store.append(vec![named("acme", "A", "a")]).await.unwrap();
    f.store.append(["yui", "yui2", "yui3"].map(|c| person("acme", c, c)).into()).await.unwrap();
    f.store.evaluate(at(1), 10, &settle).await.unwrap();
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap();
    let everybody = f.store.contacts(acme.id, &ContactQuery::first(Vec::new(), 9)).await.unwrap();
    let [one, two, three] = [0, 1, 2].map(|i| everybody[i].id);

    // Three becomes two, and two becomes one; in the same chunk the key means the other one already.
    let answers = f.store.append(vec![absorbs("yui2", "yui3", "m1"), event("yui3", "e1")]).await.unwrap();
    assert_eq!(answers, [Accepted::New(acme.id); 2]);
    f.store.append(vec![absorbs("yui", "yui2", "m2"), event("yui2", "e2"), event("yui3", "e3")]).await.unwrap();
    let unknown = f.store.append(vec![absorbs("yui", "nobody", "m3"), absorbs("yui", "yui", "m4")]).await.unwrap();
    assert_eq!(unknown, [Accepted::Unknown; 2]);
    let seen = Mutex::new(Vec::new());
    let decide = |snapshot: &Snapshot| {
        let whose = |fact: &shirube::model::fact::Fact| (fact.event_id.clone(), fact.contact);
        seen.lock().unwrap().extend(snapshot.inbox.iter().map(whose));
        assert_eq!(snapshot.contacts.len(), 3, "both of each pair are there to be merged");
        let mut decision = settled(snapshot);
        decision.removed = vec![two, three];
        decision.state.merged = [(two, one), (three, one)].into();
        Outcome::Done(Box::new(decision))
    };
    f.store.evaluate(at(5), 10, &decide).await.unwrap();
    let named = |id: &str| seen.lock().unwrap().iter().find(|(e, _)| e == id).unwrap().1;
    assert_eq!(["e1", "e2", "e3"].map(named), [Some(two), Some(one), Some(one)]);

    // Whoever still holds an old number finds the one who is left.
    for id in [one, two, three] {
        assert_eq!(f.store.contact(acme.id, id).await.unwrap().unwrap().key, "yui");
    }
    let snapshot = f.store.snapshot_with(acme.id, &[three]).await.unwrap().unwrap();
    assert_eq!(snapshot.contacts.keys().copied().collect::<Vec<_>>(), [one]);
}

async fn waits_that_end_today_are_counted_without_ghosts(f: Fixture) {
    f.store.append(vec![login("acme", "1", at(1))]).await.unwrap();
    let start = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        let waiting = |id: &str, word: &str, until| Run { waiting: word.into(), until: Some(at(until)), ..run(id) };
        let ghost = Run { arm: Arm::Holdout, ..waiting("ghost", "wait", 30) };
        let others = [waiting("a", "wait", 30), waiting("b", "cap:x", 59), waiting("c", "wait_for", 30)];
        let late = [waiting("d", "window", 60), waiting("e", "wait", 19), ghost];
        decision.runs = others.into_iter().chain(late).map(Into::into).collect();
        Outcome::Done(Box::new(decision))
    };
    f.store.evaluate(at(5), 10, &start).await.unwrap();
    let day = f.store.day([at(0), at(10), at(60)], at(20), None).await.unwrap();
    assert_eq!(day.planned, [Count { playbook: "onboarding".into(), channel: String::new(), number: 2 }]);
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap().id;
    for (of, planned) in [(vec![acme], &day.planned[..]), (vec![], &[])] {
        let found = f.store.day([at(0), at(10), at(60)], at(20), Some(&of.into_iter().collect())).await.unwrap();
        assert_eq!(found.planned, planned);
    }
}

async fn what_another_daemon_decided_is_read_anew(f: Fixture) {
    let other = store::open(&f.url, Mode::Tool).await.unwrap();
    let decide = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        decision.state.shared = format!("{}{}", snapshot.state.shared, snapshot.inbox.len());
        Outcome::Done(Box::new(decision))
    };
    // Turn by turn, each on what the other one left, with what it wrote itself still in memory.
    for (n, store) in [&f.store, &other, &f.store, &f.store, &other, &f.store].into_iter().enumerate() {
        let when = at(n as i64 + 1);
        store.append(vec![login("acme", &n.to_string(), when)]).await.unwrap();
        assert_eq!(store.evaluate(when, 10, &decide).await.unwrap().changed, 1);
    }
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap().id;
    for store in [&f.store, &other] {
        assert_eq!(store.snapshot(acme).await.unwrap().unwrap().state.shared, "111111");
    }
}

async fn announcements_are_found_by_name_in_their_order(f: Fixture) {
    let told = |name: &str, n: i64| Incoming {
        account: None,
        ..fact("", None, &format!("{name}{n}"), at(n), FactBody::event(name, Props::new()))
    };
    let facts = vec![told("seminar", 1), told("outage", 2), told("seminar", 3), told("release", 4), told("outage", 5)];
    f.store.append(facts).await.unwrap();
    let all = f.store.timeline(AccountId::WORKSPACE, 9).await.unwrap();
    let seq = |n: usize| all[5 - n].seq;
    let found = async |names: &[&str], after, limit| {
        let (facts, looked) = f.store.announced(names, after, limit).await.unwrap();
        (facts.iter().map(|fact| fact.event_id.clone()).collect::<Vec<_>>().join(" "), looked)
    };
    assert_eq!(found(&["seminar", "outage"], 0, 9).await, ("seminar1 outage2 seminar3 outage5".into(), seq(5)));
    // Where there may be more, it was looked through up to the last one found.
    assert_eq!(found(&["seminar", "outage"], 0, 2).await, ("seminar1 outage2".into(), seq(2)));
    assert_eq!(found(&["outage"], seq(2), 9).await, ("outage5".into(), seq(5)));
    assert_eq!(found(&["seminar"], seq(3), 9).await, (String::new(), seq(5)));
    assert_eq!(found(&["seminar"], seq(5), 9).await, (String::new(), seq(5)));
}

async fn accounts_are_paged_by_band(f: Fixture) {
    f.store.append((0..3).map(|n| login(&format!("a{n}"), &format!("{n}"), at(1))).collect()).await.unwrap();
    let red = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        let band = if snapshot.key == "a1" { "green" } else { "red" };
        decision.state.health = Some(HealthState { band: band.into(), ..HealthState::default() }.into());
        Outcome::Done(Box::new(decision))
    };
    f.store.evaluate(at(2), 10, &red).await.unwrap();
    let first = f.store.page_in_band("red", AccountId(0), 1).await.unwrap();
    let rest = f.store.page_in_band("red", first[0].account, 9).await.unwrap();
    let keys: Vec<&str> = first.iter().chain(&rest).map(|s| s.key.as_str()).collect();
    assert_eq!(keys, ["a0", "a2"]);
}
