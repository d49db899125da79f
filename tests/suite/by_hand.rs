//! What a person orders: a playbook started or ended, a band set.

use std::sync::Arc;

use shirube::{
    command::{
        desk::{Asker, Desk},
        office::Office,
        parse::parse,
        reply::{Part, Press, Reply},
        roles::{Place, Role},
    },
    model::{
        instant::{DAY, MINUTE},
        locale::Locale,
        run::RunResult,
        snapshot::ContactQuery,
    },
};

use crate::{
    desk::{buttons, rows},
    foresight::{live, live_edited, live_edited_in, start},
};

fn asker() -> Asker {
    Asker {
        who: "terminal:cli".to_owned(),
        role: Role::Operator,
        place: Place::Direct,
        locale: Locale::En,
        account: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playbook_is_started_and_ended_by_hand() {
    let live = live().await;
    let shell = Arc::clone(&live.shell);
    let office = Office(Arc::clone(&shell));
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await.title;
    shell.turn(start()).await.unwrap();
    let row = live.store.account_by_key("a4").await.unwrap().unwrap();
    let open = async || live.store.snapshot(row.id).await.unwrap().unwrap().runs;
    assert!(!open().await.iter().any(|r| r.playbook == "renewal"));
    assert!(ask("enroll a4 nothing").await.starts_with("No playbook is called “nothing”. There are: "));
    assert_eq!(ask("enroll a4 renewal --yes").await, "Started “The 90 days before a renewal” for Customer 4.");
    shell.turn(start().plus(MINUTE)).await.unwrap();
    assert!(open().await.iter().any(|r| r.playbook == "renewal"));
    assert_eq!(ask("unenroll a4 renewal").await, "Ended “The 90 days before a renewal” for Customer 4.");
    shell.turn(start().plus(2 * MINUTE)).await.unwrap();
    assert!(!open().await.iter().any(|r| r.playbook == "renewal"));
    let ended = live.store.runs(Some(row.id), Some("renewal"), 5).await.unwrap();
    assert_eq!(ended[0].result, Some(RunResult::Exited));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_held_out_is_not_told_to_start() {
    let live = live_edited("holdout: {percent: 0,", "holdout: {percent: 100,").await;
    let office = Office(Arc::clone(&live.shell));
    live.shell.turn(start()).await.unwrap();
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await.title;
    let said = ask("enroll a4 renewal --yes").await;
    // Renewal is a notice, which no holdout covers; the onboarding mails are service.
    assert_eq!(said, "Started “The 90 days before a renewal” for Customer 4.");
    let said = ask("enroll a4 onboarding").await;
    assert!(said.ends_with("” and gets nothing. Nothing was changed."), "{said}");
    let said = ask("enroll a4 onboarding --yes").await;
    assert!(said.starts_with("Customer 4 is held out of ") && said.ends_with("Nothing was changed."), "{said}");
    let said = ask("unenroll a4 onboarding").await;
    assert!(said.starts_with("Ended “") && said.ends_with("” for Customer 4."), "{said}");
}

/// It was once started by the first word, whoever got what.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_start_by_hand_sends_is_shown_before_anything_is_started() {
    let live = live().await;
    let shell = Arc::clone(&live.shell);
    let office = Office(Arc::clone(&shell));
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    shell.turn(start()).await.unwrap();
    let row = live.store.account_by_key("a4").await.unwrap().unwrap();
    let runs = async || live.store.runs(Some(row.id), Some("renewal"), 5).await.unwrap().len();
    let (before, out) = (runs().await, live.store.outbox(None, None, 100).await.unwrap().len());
    let seen = ask("enroll a4 renewal").await;
    assert!(seen.title.ends_with("for Customer 4 would send this"), "{}", seen.title);
    assert_eq!(seen.footer, "Nothing has been started yet. This is what comes within 30 days if nothing else happens.");
    let table = seen.parts.iter().find_map(|part| if let Part::Table(table) = part { Some(table) } else { None });
    let rows = &table.unwrap().rows;
    assert!(!rows.is_empty() && rows.windows(2).all(|pair| pair[0][0] <= pair[1][0]), "{rows:?}");
    let sure = Press::Ask("enroll a4 renewal --yes".to_owned());
    let offers = |reply: &Reply| {
        reply.parts.iter().any(|p| matches!(p, Part::Buttons(all) if all.iter().any(|b| b.press == sure)))
    };
    assert!(offers(&seen), "{:?}", seen.parts);
    shell.turn(start().plus(MINUTE)).await.unwrap();
    let nothing = (runs().await, live.store.outbox(None, None, 100).await.unwrap().len());
    assert_eq!(nothing, (before, out), "a preview started something");
    ask("enroll a4 renewal --yes").await;
    shell.turn(start().plus(2 * MINUTE)).await.unwrap();
    assert_eq!(runs().await, before + 1);
    let again = ask("enroll a4 onboarding").await;
    assert!(again.refused && !offers(&again), "it runs already: {again:?}");
    assert!(again.title.starts_with("“") && again.title.ends_with("Nothing was changed."), "{}", again.title);
    assert!(again.title.contains("would not start for Customer 4 ("), "{}", again.title);
}

/// `enroll --yes` said “started” also while a run was open, and for whoever it never starts again.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_begins_nothing_is_refused_and_one_that_waits_says_so() {
    let live = live().await;
    let shell = Arc::clone(&live.shell);
    let office = Office(Arc::clone(&shell));
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    shell.turn(start()).await.unwrap();
    let row = live.store.account_by_key("a4").await.unwrap().unwrap();
    let known = async || live.store.runs(Some(row.id), Some("renewal"), 5).await.unwrap().len();
    let audited = async || live.store.audit_log(100).await.unwrap().len();
    let before = known().await;
    ask("pause account:a4 14d year-end freeze").await;
    shell.turn(start().plus(MINUTE)).await.unwrap();
    let seen = ask("enroll a4 renewal").await;
    assert!(!seen.refused && seen.title.contains("would wait (paused)"), "{}", seen.title);
    let said = ask("enroll a4 renewal --yes").await.title;
    assert!(said.starts_with("Recorded: ") && said.contains("waits (paused) and starts"), "{said}");
    shell.turn(start().plus(2 * MINUTE)).await.unwrap();
    assert_eq!(known().await, before, "a paused customer was started");
    let seen = ask("resume account:a4").await;
    assert_eq!(seen.title, "Resumed, this goes out to Customer 4");
    assert!(seen.footer.starts_with("Nothing has been resumed yet"), "{seen:?}");
    let going: Vec<String> = rows(&seen).into_iter().map(|row| row[1].clone()).collect();
    assert!(!going.is_empty(), "{seen:?}");
    shell.turn(start().plus(2 * MINUTE + 1)).await.unwrap();
    assert_eq!(known().await, before, "only shown");
    ask("resume account:a4 --yes").await;
    shell.turn(start().plus(3 * MINUTE)).await.unwrap();
    assert_eq!(known().await, before + 1, "the kept start begins with the resume");
    let lines = audited().await;
    let said = ask("enroll a4 onboarding --yes").await;
    assert!(said.refused && said.title.contains("would not start for Customer 4 ("), "{}", said.title);
    assert_eq!(audited().await, lines, "what changes nothing is not recorded");
}

/// A resume let go whatever had waited, unseen.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_resumed_playbook_sends_is_shown_before_it_goes() {
    let live = live().await;
    let shell = Arc::clone(&live.shell);
    let office = Office(Arc::clone(&shell));
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    shell.turn(start()).await.unwrap();
    let row = live.store.account_by_key("a4").await.unwrap().unwrap();
    let known = async || live.store.runs(Some(row.id), Some("renewal"), 5).await.unwrap().len();
    let before = known().await;
    ask("pause renewal 30d contract talks").await;
    ask("enroll a4 renewal --yes").await;
    shell.turn(start().plus(MINUTE)).await.unwrap();
    let seen = ask("resume renewal").await;
    assert!(seen.title.starts_with("Resuming “The 90 days before a renewal” frees 1 account"), "{seen:?}");
    assert!(rows(&seen).iter().any(|row| row[0] == "Customer 4"), "{seen:?}");
    assert_eq!(buttons(&seen).last().unwrap().1, Press::Ask("resume playbook:renewal --yes".into()));
    shell.turn(start().plus(2 * MINUTE)).await.unwrap();
    assert!(known().await == before && shell.world().pauses.contains_key("renewal"), "only shown");
    ask("resume playbook:renewal --yes").await;
    shell.turn(start().plus(3 * MINUTE)).await.unwrap();
    assert_eq!(known().await, before + 1);
    let again = ask("resume renewal").await;
    assert!(buttons(&again).is_empty(), "nothing is paused, so there is nothing to show: {again:?}");
}

/// An approval let go whatever had waited, whoever got it.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_approval_sends_is_shown_before_it_goes() {
    let live = live_edited_in(
        "playbooks/renewal.yaml",
        "start: {before: account.renewal_date",
        "approve: true\nstart: {before: account.renewal_date",
    )
    .await;
    let shell = Arc::clone(&live.shell);
    let office = Office(Arc::clone(&shell));
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    shell.turn(start()).await.unwrap();
    ask("enroll a4 renewal --yes").await;
    shell.turn(start().plus(MINUTE)).await.unwrap();
    let seen = ask("approve renewal").await;
    assert!(seen.title.contains("Approved, it would send this"), "{}", seen.title);
    let table = seen.parts.iter().find_map(|part| if let Part::Table(table) = part { Some(table) } else { None });
    let table = table.unwrap();
    assert_eq!(table.header, ["customer", "when", "what", "to", "by"]);
    assert!(table.rows.iter().any(|row| row[0] == "Customer 4"), "{:?}", table.rows);
    assert!(shell.world().approved.is_empty(), "a preview approved it");
    let sure = Press::Ask("approve renewal --yes".to_owned());
    assert!(seen.parts.iter().any(|p| matches!(p, Part::Buttons(all) if all.iter().any(|b| b.press == sure))));
    assert!(ask("approve renewal --yes").await.title.contains("is approved"));
    assert!(ask("approve renewal").await.title.contains("is approved already"));
}

/// `explain` of a paused customer said “held” of every playbook, “done (paused)” of what was over, and “*” in the ledger.
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_customer_is_explained_by_what_the_pause_keeps_back() {
    let live = live().await;
    let shell = Arc::clone(&live.shell);
    let office = Office(Arc::clone(&shell));
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    shell.turn(start()).await.unwrap();
    let verdicts = |reply: &Reply| -> Vec<String> {
        reply.parts.iter().filter_map(|p| if let Part::Heading(text) = p { Some(text.clone()) } else { None }).collect()
    };
    let held = |reply: &Reply| verdicts(reply).iter().filter(|text| text.contains(": held")).count();
    let before = ask("explain a4").await;
    ask("pause account:a4 14d year-end freeze").await;
    shell.turn(start().plus(MINUTE)).await.unwrap();
    let after = ask("explain a4").await;
    let idle = |reply: &Reply| verdicts(reply).iter().filter(|text| text.contains("conditions do not hold")).count();
    assert!(idle(&after) > 0 && idle(&after) >= idle(&before) / 2, "{:?}", verdicts(&after));
    assert!(held(&after) < verdicts(&after).len() / 2, "{:?}", verdicts(&after));
    assert!(!verdicts(&after).iter().any(|text| text.contains(": done (paused)")), "{:?}", verdicts(&after));
    let ledger =
        after.parts.iter().rev().find_map(|p| if let Part::Bullets(all) = p { Some(all.clone()) } else { None });
    let ledger = ledger.unwrap();
    assert!(ledger.iter().any(|line| line.contains("every playbook — paused (year-end freeze)")), "{ledger:?}");
    assert!(!ledger.iter().any(|line| line.contains(": *")), "{ledger:?}");
}

/// An order for a name that nobody has was answered with strangers, and one that begins like a name was carried out.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_takes_no_name_that_merely_begins_so() {
    let live = live().await;
    let office = Office(Arc::clone(&live.shell));
    live.shell.turn(start()).await.unwrap();
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    let wrong = ask("pause account:unknown-name").await;
    assert!(wrong.refused && wrong.parts.is_empty(), "{:?}", wrong.parts);
    assert!(!ask("health \"Customer 10\"").await.refused && !ask("health customer1 1").await.refused);
    // Only one name begins so: a question finds it, an order asks back.
    assert!(!ask("health \"株式会社 Customer 11\"").await.refused);
    let near = ask("note \"Customer 1\" called").await;
    assert!(!near.refused, "a name that is the same is taken: {near:?}");
    let near = ask("snooze Custom").await;
    let offered = |part: &Part| matches!(part, Part::Buttons(all) if !all.is_empty());
    assert!(near.refused && near.parts.iter().any(offered), "{near:?}");
}

/// One snooze stood eleven times in the audit log, once for each digest of the kit.
#[tokio::test(flavor = "multi_thread")]
async fn one_snooze_is_one_line_of_the_audit_log() {
    let live = live().await;
    let shell = Arc::clone(&live.shell);
    let office = Office(Arc::clone(&shell));
    shell.turn(start()).await.unwrap();
    let before = live.store.audit_log(100).await.unwrap().len();
    let said = office.answer(&asker(), parse("snooze a4 7d").unwrap().command).await;
    assert!(!said.refused, "{said:?}");
    assert_eq!(live.store.audit_log(100).await.unwrap().len(), before + 1);
    shell.turn(start().plus(MINUTE)).await.unwrap();
    let row = live.store.account_by_key("a4").await.unwrap().unwrap();
    let mutes = live.store.snapshot(row.id).await.unwrap().unwrap().state.mutes;
    let digests = shell.rulebook().model.digests.len();
    assert_eq!(mutes.keys().filter(|name| name.starts_with("digest:")).count(), digests);
}

/// A segment nobody wrote was answered like one that nobody is in.
#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_does_not_exist_is_no_empty_list() {
    let live = live().await;
    let office = Office(Arc::clone(&live.shell));
    live.shell.turn(start()).await.unwrap();
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    let wrong = ask("risk nope").await;
    assert!(wrong.refused, "{wrong:?}");
    assert!(wrong.title.starts_with("No segment is called “nope”. There are: "), "{}", wrong.title);
    let named = wrong.title.rsplit(": ").next().unwrap().split(", ").next().unwrap();
    assert!(!ask(&format!("risk {named}")).await.refused, "{named} is one of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_band_by_hand_holds_until_its_date() {
    let live = live().await;
    let shell = Arc::clone(&live.shell);
    let office = Office(Arc::clone(&shell));
    shell.turn(start()).await.unwrap();
    let row = live.store.account_by_key("a4").await.unwrap().unwrap();
    let band =
        async |days| shell.view(row.id, start().plus(days * DAY + MINUTE)).await.unwrap().unwrap().band().to_owned();
    let by_itself = [band(0).await, band(8).await];
    let other = if by_itself.contains(&"red".to_owned()) { "green" } else { "red" };
    let set = parse(&format!("override a4 {other} 7d \"key user left\"")).unwrap().command;
    assert_eq!(
        office.answer(&asker(), set).await.title,
        format!("Customer 4 is “{}” by hand until 2026-05-27.", shirube::words::band(Locale::En, other))
    );
    shell.turn(start().plus(MINUTE)).await.unwrap();
    assert_eq!([band(0).await, band(8).await], [other.to_owned(), by_itself[1].clone()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_contact_is_enrolled_by_key_address_or_name_and_a_wrong_one_is_told() {
    let live = live().await;
    let shell = Arc::new(live.shell);
    let office = Office(Arc::clone(&shell));
    shell.turn(start()).await.unwrap();
    let row = live.store.account_by_key("a4").await.unwrap().unwrap();
    let people = live.store.contacts(row.id, &ContactQuery::first(Vec::new(), 9)).await.unwrap();
    let (key, address) = (people[0].key.clone(), people[0].email().unwrap().to_owned());
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    let wrong = ask("enroll a4 renewal --contact nobody").await;
    assert_eq!(wrong.title, "Customer 4 has no contact “nobody”.");
    let again = Press::Ask(format!("enroll \"a4\" renewal --contact \"{key}\""));
    let offered = |part: &Part| matches!(part, Part::Buttons(all) if all.iter().any(|b| b.press == again));
    assert!(wrong.parts.iter().any(offered), "{:?}", wrong.parts);
    let said = ask(&format!("enroll a4 renewal --contact {address} --yes")).await.title;
    assert!(said.starts_with("Started “The 90 days before a renewal” for Customer 4 · "), "{said}");
    shell.turn(start().plus(MINUTE)).await.unwrap();
    let runs = live.store.snapshot(row.id).await.unwrap().unwrap().runs;
    assert_eq!(runs.iter().find(|r| r.playbook == "renewal").unwrap().contact, Some(people[0].id));
}
