//! Imports end to end: from the bytes of a sheet to what the store holds, on both engines.

use std::{fmt::Write as _, io::Cursor};

use shirube::{
    app::import::{ImportError, Report, Settings, Summary, Waiting, import, prepare},
    model::{
        decision::Outcome,
        fact::{Fact, FactBody},
        ids::AccountId,
        snapshot::{ContactQuery, Snapshot},
        state::Attr,
        value::Value,
    },
    source::table::{Assume, Kind, Mapping, Options},
};

use super::{contracts, fixture::*};

contracts!(
    the_same_sheet_twice_changes_nothing,
    next_weeks_sheet_becomes_its_changes_as_facts,
    a_changed_contract_is_an_event,
    a_subscription_that_changed_hands_leaves_its_old_account,
    one_bad_row_stops_no_other_and_strict_refuses_all,
    a_killed_import_shows_nothing_and_its_rerun_begins_anew,
    an_import_killed_after_its_flip_is_finished_by_whoever_comes_next,
    of_two_imports_of_one_file_the_later_wins,
    a_dry_run_changes_nothing,
    a_key_that_comes_again_far_below_is_compared_with_the_row_above,
    events_find_their_account_by_the_subscription,
    events_of_unknown_people_are_refused_and_of_unknown_accounts_welcome,
    customers_without_a_date_are_what_the_caller_says,
    progress_is_told_by_chunks_and_not_by_rows,
);

const SHEET: &str = "key,name,seats,plan,email\nacme,アクメ,10,light,yui@acme.test\nbeta,ベータ,3,light,\n";

fn options(kind: Kind) -> Options {
    Options::new(kind, T0)
}

async fn run(f: &Fixture, kind: Kind, sheet: &str) -> Summary {
    with(f, sheet, &options(kind), Settings { name: "sheet", ..Settings::default() }).await.0.summary
}

async fn with(f: &Fixture, sheet: &str, options: &Options, settings: Settings<'_>) -> (Report, String) {
    let mut rejects = Vec::new();
    let report = import(f.store.as_ref(), &mut Cursor::new(sheet), options, settings, &mut rejects).await.unwrap();
    let s = &report.summary;
    if !settings.strict {
        assert_eq!(s.read, s.inserted + s.updated + s.unchanged + s.rejected);
    }
    (report, String::from_utf8(rejects).unwrap())
}

async fn staged(f: &Fixture, kind: Kind, sheet: &str) -> Waiting {
    let settings = Settings { name: "sheet", ..Settings::default() };
    prepare(f.store.as_ref(), &mut Cursor::new(sheet), &options(kind), settings, Vec::new()).await.unwrap()
}

fn counts(s: &Summary) -> [u64; 4] {
    [s.inserted, s.updated, s.unchanged, s.rejected]
}

async fn facts_of(f: &Fixture, key: &str) -> Vec<Fact> {
    let account = f.store.account_by_key(key).await.unwrap().unwrap();
    let mut facts = f.store.timeline(account.id, 10_000).await.unwrap();
    facts.reverse();
    facts
}

fn events(facts: &[Fact]) -> Vec<&str> {
    facts.iter().filter_map(event).collect()
}

fn event(fact: &Fact) -> Option<&str> {
    match &fact.body {
        FactBody::Event { name, .. } => Some(name),
        _ => None,
    }
}

/// Nothing of an import can be seen anywhere.
async fn nothing_is_there(f: &Fixture) {
    assert_eq!(f.store.accounts(AccountId::WORKSPACE, 10).await.unwrap(), []);
    assert_eq!(f.store.subscriptions().await.unwrap(), []);
    assert_eq!(f.store.earliest_due().await.unwrap(), None);
    assert_eq!(f.store.apply_import().await.unwrap(), None);
}

async fn the_same_sheet_twice_changes_nothing(f: Fixture) {
    assert_eq!(counts(&run(&f, Kind::Accounts, SHEET).await), [2, 0, 0, 0]);
    let before = facts_of(&f, "acme").await.len();
    // Before and after the facts are folded.
    assert_eq!(counts(&run(&f, Kind::Accounts, SHEET).await), [0, 0, 2, 0]);
    f.store.evaluate(at(1), 10, &folded).await.unwrap();
    let again = run(&f, Kind::Accounts, SHEET).await;
    assert_eq!((counts(&again), again.applied), ([0, 0, 2, 0], true));
    assert_eq!(facts_of(&f, "acme").await.len(), before);
    assert_eq!(f.store.account_by_key("acme").await.unwrap().unwrap().name, "アクメ");
}

/// Folds attributes as the engine does; contacts stay as they were made.
fn folded(snapshot: &Snapshot) -> Outcome {
    let mut decision = settled(snapshot);
    for fact in &snapshot.inbox {
        match (&fact.body, fact.contact) {
            (FactBody::AccountAttrs { attrs }, _) => {
                for (name, value) in attrs {
                    let attr = Attr { value: value.clone(), as_of: fact.occurred_at, source: fact.source.clone() };
                    decision.state.attrs.insert(name.clone(), attr);
                }
            }
            (FactBody::ContactAttrs { attrs }, Some(id)) => {
                let mut contact = snapshot.contacts[&id].clone();
                contact.attrs.extend(attrs.clone());
                decision.contacts.push(contact);
            }
            _ => {}
        }
    }
    Outcome::Done(Box::new(decision))
}

async fn next_weeks_sheet_becomes_its_changes_as_facts(f: Fixture) {
    run(&f, Kind::Accounts, SHEET).await;
    f.store.evaluate(at(1), 10, &folded).await.unwrap();
    let next = SHEET.replace("10,light", "12,light");
    let done = run(&f, Kind::Accounts, &next).await;
    assert_eq!(counts(&done), [0, 1, 1, 0]);
    let facts = facts_of(&f, "acme").await;
    let history: Vec<&Value> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            FactBody::AccountAttrs { attrs } => attrs.get("seats"),
            _ => None,
        })
        .collect();
    assert_eq!(history, [&Value::Num(10.0), &Value::Num(12.0)]);
    let FactBody::AccountAttrs { attrs } = &facts.last().unwrap().body else { panic!("{facts:?}") };
    assert_eq!(attrs.len(), 1, "only what changed: {attrs:?}");
    // An empty cell clears; back to an old value is a change of its own.
    f.store.evaluate(at(2), 10, &folded).await.unwrap();
    let cleared = next.replace("12,light", ",light");
    assert_eq!(counts(&run(&f, Kind::Accounts, &cleared).await), [0, 1, 1, 0]);
    f.store.evaluate(at(3), 10, &folded).await.unwrap();
    assert_eq!(counts(&run(&f, Kind::Accounts, &next).await), [0, 1, 1, 0]);
}

const CONTRACTS: &str = "subscription_id,account_id,plan,start_date,end_date,mrr\n\
    s1,acme,light,2025-01-01,,1000\ns2,beta,light,2025-02-01,2026-02-01,500\n";

async fn a_changed_contract_is_an_event(f: Fixture) {
    assert_eq!(counts(&run(&f, Kind::Subscriptions, CONTRACTS).await), [2, 0, 0, 0]);
    assert_eq!(counts(&run(&f, Kind::Subscriptions, CONTRACTS).await), [0, 0, 2, 0]);
    let next = CONTRACTS.replace("2025-01-01,,1000", "2025-01-01,2026-06-30,1500").replace("2026-02-01", "2027-02-01");
    assert_eq!(counts(&run(&f, Kind::Subscriptions, &next).await), [0, 2, 0, 0]);
    let acme = facts_of(&f, "acme").await;
    assert_eq!(events(&acme), ["contract.started", "contract.cancelled", "contract.upgraded"]);
    assert_eq!(acme.last().unwrap().body.prop("old_mrr").to_string(), "¥1,000");
    assert_eq!(events(&facts_of(&f, "beta").await), ["contract.started", "contract.renewed"]);
    let rows = f.store.subscriptions().await.unwrap();
    assert_eq!(rows.iter().map(|r| (r.key.as_str(), r.mrr_minor)).collect::<Vec<_>>(), [("s1", 1500), ("s2", 500)]);
}

async fn a_subscription_that_changed_hands_leaves_its_old_account(f: Fixture) {
    run(&f, Kind::Subscriptions, CONTRACTS).await;
    let moved = CONTRACTS.replace("s1,acme", "s1,gamma");
    assert_eq!(counts(&run(&f, Kind::Subscriptions, &moved).await), [0, 1, 1, 0]);
    let rows = f.store.subscriptions().await.unwrap();
    let gamma = f.store.account_by_key("gamma").await.unwrap().unwrap();
    assert_eq!(rows.iter().filter(|r| r.key == "s1").map(|r| r.account).collect::<Vec<_>>(), [gamma.id]);
}

async fn one_bad_row_stops_no_other_and_strict_refuses_all(f: Fixture) {
    let sheet = "key,seats\nacme,10\nbeta,many\ngamma,3\n";
    let strict = Settings { name: "sheet", strict: true, ..Settings::default() };
    let (report, rejects) = with(&f, sheet, &options(Kind::Accounts), strict).await;
    assert_eq!((counts(&report.summary), report.summary.applied), ([0, 0, 0, 1], false));
    assert!(rejects.contains("beta,many"), "{rejects}");
    nothing_is_there(&f).await;
    let lax = Settings { strict: false, ..strict };
    let (report, rejects) = with(&f, sheet, &options(Kind::Accounts), lax).await;
    assert_eq!((counts(&report.summary), report.summary.applied), ([2, 0, 0, 1], true));
    assert!(rejects.starts_with("line,reason,key,seats\r\n3,") && rejects.contains("beta,many"), "{rejects}");
    assert!(f.store.account_by_key("beta").await.unwrap().is_none());
    assert!(f.store.account_by_key("gamma").await.unwrap().is_some());
}

async fn a_killed_import_shows_nothing_and_its_rerun_begins_anew(f: Fixture) {
    let killed = staged(&f, Kind::Accounts, SHEET).await;
    assert_eq!(f.store.staged(killed.import, "", 10).await.unwrap().len(), 2);
    nothing_is_there(&f).await;
    assert_eq!(counts(&run(&f, Kind::Accounts, SHEET).await), [2, 0, 0, 0]);
    assert_eq!(f.store.staged(killed.import, "", 10).await.unwrap(), []);
    assert_eq!(f.store.accounts(AccountId::WORKSPACE, 10).await.unwrap().len(), 2);
}

async fn an_import_killed_after_its_flip_is_finished_by_whoever_comes_next(f: Fixture) {
    let mut sheet = String::from("key,seats\n");
    (0..1_300).for_each(|n| writeln!(sheet, "a{n},{n}").unwrap());
    let killed = staged(&f, Kind::Accounts, &sheet).await;
    assert!(f.store.flip_import(killed.import, at(60)).await.unwrap());
    let first = f.store.apply_import().await.unwrap().unwrap();
    assert!((1..1_300).contains(&first), "small transactions: {first}");
    let f = f.restarted().await;
    let mut left = 0;
    while let Some(items) = f.store.apply_import().await.unwrap() {
        left += items;
    }
    assert_eq!(first + left, 1_300);
    assert_eq!(f.store.accounts(AccountId::WORKSPACE, 2_000).await.unwrap().len(), 1_300);
    assert_eq!(facts_of(&f, "a7").await[0].received_at, at(60), "known from the flip on");
    assert_eq!(counts(&run(&f, Kind::Accounts, &sheet).await), [0, 0, 1_300, 0]);
}

async fn of_two_imports_of_one_file_the_later_wins(f: Fixture) {
    let first = staged(&f, Kind::Accounts, SHEET).await;
    let second = staged(&f, Kind::Accounts, SHEET).await;
    let (options, settings) = (options(Kind::Accounts), Settings::default());
    let lost = first.finish(f.store.as_ref(), &options, settings).await;
    assert!(matches!(lost, Err(ImportError::TakenOver)));
    nothing_is_there(&f).await;
    assert!(second.finish(f.store.as_ref(), &options, settings).await.unwrap().summary.applied);
}

async fn a_dry_run_changes_nothing(f: Fixture) {
    let dry = Settings { name: "sheet", dry_run: true, ..Settings::default() };
    let (report, _) = with(&f, SHEET, &options(Kind::Accounts), dry).await;
    assert_eq!((counts(&report.summary), report.summary.applied), ([2, 0, 0, 0], false));
    with(&f, CONTRACTS, &options(Kind::Subscriptions), dry).await;
    nothing_is_there(&f).await;
}

async fn a_key_that_comes_again_far_below_is_compared_with_the_row_above(f: Fixture) {
    let mut sheet = String::from("key,seats\nacme,1\n");
    for n in 0..5_000 {
        writeln!(sheet, "a{n},1").unwrap();
        if n == 2_500 {
            sheet.push_str("acme,2\n");
        }
    }
    sheet.push_str("acme,1\nacme,1\n");
    let done = run(&f, Kind::Accounts, &sheet).await;
    assert_eq!(counts(&done), [5_001, 2, 1, 0]);
    let seats = |fact: &Fact| match &fact.body {
        FactBody::AccountAttrs { attrs } => attrs.get("seats").and_then(Value::as_num),
        _ => None,
    };
    let said: Vec<f64> = facts_of(&f, "acme").await.iter().filter_map(seats).collect();
    assert_eq!(said, [1.0, 2.0, 1.0]);
}

async fn events_find_their_account_by_the_subscription(f: Fixture) {
    run(&f, Kind::Subscriptions, CONTRACTS).await;
    let mut usage = options(Kind::Events);
    let map = "event: feature.used\naccount: {column: sub, via: subscription}\ncolumns: {id: id, at: at}\n";
    usage.mapping = Mapping::parse(map, "usage.yaml").unwrap();
    let sheet = "id,sub,at\n1,s1,2025-03-01\n2,s2,2025-01-01\n3,nobody,2025-03-01\n1,s1,2025-03-01\n";
    let settings = Settings { name: "usage", ..Settings::default() };
    let (report, rejects) = with(&f, sheet, &usage, settings).await;
    assert_eq!(counts(&report.summary), [2, 0, 1, 1]);
    assert!(rejects.contains("nobody"), "{rejects}");
    let early = report.summary.warnings.iter().find(|w| w.kind == "before_subscription_start").unwrap();
    assert_eq!((early.count, early.example_line), (1, 3));
    let (again, _) = with(&f, sheet, &usage, settings).await;
    assert_eq!(counts(&again.summary), [0, 0, 3, 1]);
    assert_eq!(events(&facts_of(&f, "acme").await), ["contract.started", "feature.used"]);
}

async fn events_of_unknown_people_are_refused_and_of_unknown_accounts_welcome(f: Fixture) {
    run(&f, Kind::Accounts, SHEET).await;
    let log = "account_id,event,at,contact.key\n\
        acme,login,2026-01-02,yui@acme.test\nacme,login,2026-01-02,ken\nnew,login,2026-01-02,\nnew,login,2026-01-03,\n";
    let (report, rejects) =
        with(&f, log, &options(Kind::Events), Settings { name: "log", ..Settings::default() }).await;
    let unknown = report.summary.warnings.iter().find(|w| w.kind == "unknown_account").map(|w| w.count);
    assert!(rejects.contains("ken"), "{rejects}");
    assert_eq!((counts(&report.summary), unknown), ([3, 0, 0, 1], Some(1)), "{:?}", report.summary);
    assert_eq!(events(&facts_of(&f, "new").await).len(), 2);
    let people = "account_id,email\nacme,ken@acme.test\nnobody,x@y.test\n";
    let (report, rejects) =
        with(&f, people, &options(Kind::Contacts), Settings { name: "people", ..Settings::default() }).await;
    assert_eq!(counts(&report.summary), [1, 0, 0, 1]);
    assert!(rejects.contains("nobody"), "{rejects}");
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap();
    let everyone = ContactQuery::first(Vec::new(), 9);
    assert_eq!(f.store.contacts(acme.id, &everyone).await.unwrap().len(), 2);
}

async fn customers_without_a_date_are_what_the_caller_says(f: Fixture) {
    let said = |facts: &[Fact]| match &facts[0].body {
        FactBody::AccountAttrs { attrs } => attrs["import_as"].to_string(),
        other => panic!("{other:?}"),
    };
    let settings = Settings { name: "sheet", ..Settings::default() };
    for (key, assume, word, warned) in
        [("a", None, "known", 1), ("b", Some(Assume::Known), "known", 0), ("c", Some(Assume::New), "new", 0)]
    {
        let given = Options { assume, ..options(Kind::Accounts) };
        let (report, _) = with(&f, &format!("key,seats\n{key},1\n"), &given, settings).await;
        assert_eq!(said(&facts_of(&f, key).await), word);
        assert_eq!(report.summary.warnings.iter().filter(|w| w.kind == "assumed_known").count(), warned);
    }
}

async fn progress_is_told_by_chunks_and_not_by_rows(f: Fixture) {
    let mut sheet = String::from("account_id,event,at\n");
    for n in 0..4_000 {
        writeln!(sheet, "a{},login,2026-01-{:02}T{:02}:{:02}", n % 1_000, 1 + n % 28, n % 24, n / 100).unwrap();
    }
    let chunks = std::sync::atomic::AtomicU64::new(0);
    let count = |_| {
        chunks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    let settings = Settings { name: "log", progress: Some(&count), ..Settings::default() };
    let (report, _) = with(&f, &sheet, &options(Kind::Events), settings).await;
    assert_eq!(counts(&report.summary), [4_000, 0, 0, 0]);
    assert!(chunks.into_inner() < 30, "chunks and transactions, not rows");
}
