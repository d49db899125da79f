//! The life of a message.

use shirube::{
    model::{
        decision::Outcome,
        fact::FactBody,
        ids::{AccountId, MessageKey, RunId},
        instant::{Instant, MINUTE},
        message::{Class, Delivery, OutboxState, Planned},
        snapshot::Snapshot,
        value::{Props, Value},
    },
    store::{
        Store,
        api::{Claimed, Count, DEAD, Day, Dispatch, FAILING},
    },
};

use super::{contracts, fixture::*};

contracts!(
    a_message_goes_out_once_and_its_account_hears_of_it,
    a_key_and_an_address_are_unique_within_a_step,
    an_unsubscribe_after_the_claim_wins,
    a_fact_after_the_claim_wins_and_is_folded_before_the_next_claim,
    our_own_receipts_hold_nothing_back,
    a_lost_claim_changes_nothing,
    an_impossible_step_freezes_the_row,
    a_retry_sends_the_same_bytes,
    a_cancelled_message_is_skipped,
    a_run_s_next_message_waits_for_the_earlier_one,
    a_dead_sender_s_claims_return_and_its_hand_overs_are_unknown,
    what_is_renewed_is_not_given_up,
    at_least_once_sends_again_after_the_wait,
    the_wait_before_a_resend_is_the_one_that_was_configured,
    a_dead_mailbox_is_suppressed,
    everything_can_be_held_and_released,
    a_paused_playbook_hands_nothing_over,
    a_person_resolves_what_is_unknown,
    the_journal_s_word_is_restored,
    a_claim_sees_what_takes_the_place_at_its_address_before_it,
    a_place_is_given_back_by_what_does_not_go_and_wakes_who_waits,
    rendered_bytes_are_dropped_once_settled,
    what_returned_mail_stops_is_told_from_what_a_reader_refuses,
    marketing_mails_are_counted_by_their_sender,
    a_day_is_counted_by_playbook_and_channel,
);

async fn claim(store: &dyn Store, now: Instant) -> Vec<Claimed> {
    store.claim(now, &["email"], 10, now.plus(MINUTE)).await.unwrap()
}

fn key(text: &str) -> MessageKey {
    MessageKey(text.into())
}

fn hand_over(claimed: &Claimed) -> Dispatch {
    let p = &claimed.row.planned;
    Dispatch::HandOver { key: p.key.clone(), account: p.account, fence: claimed.row.fence, body: b"bytes".to_vec() }
}

fn sent(claimed: &Claimed) -> Dispatch {
    let p = &claimed.row.planned;
    Dispatch::Sent { key: p.key.clone(), account: p.account, fence: claimed.row.fence, detail: "250 ok".into() }
}

fn requeue(claimed: &Claimed, not_before: Instant) -> Dispatch {
    let (p, fence) = (&claimed.row.planned, claimed.row.fence);
    let detail = "451".to_string();
    Dispatch::Requeue { key: p.key.clone(), account: p.account, fence, not_before, detail, counted: true }
}

fn end(claimed: &Claimed, state: OutboxState, suppress: bool) -> Dispatch {
    let (p, fence) = (&claimed.row.planned, claimed.row.fence);
    Dispatch::End { key: p.key.clone(), account: p.account, fence, state, detail: "because".into(), suppress }
}

async fn state(store: &dyn Store, text: &str) -> OutboxState {
    store.outbox_row(&key(text)).await.unwrap().unwrap().0.state
}

async fn one(store: &dyn Store) {
    plan(store, |account| vec![message(account, "k", "yui@example.com")]).await;
}

async fn a_message_goes_out_once_and_its_account_hears_of_it(f: Fixture) {
    one(&*f.store).await;
    assert_eq!(f.store.earliest_ready().await.unwrap(), Some(at(10)));
    assert!(claim(&*f.store, at(9)).await.is_empty());
    let claimed = claim(&*f.store, at(10)).await;
    assert_eq!((claimed.len(), claimed[0].row.attempts, claimed[0].suppressed.clone()), (1, 0, None));
    assert!(claim(&*f.store, at(10)).await.is_empty());
    let steps = vec![hand_over(&claimed[0]), sent(&claimed[0]), sent(&claimed[0])];
    assert_eq!(f.store.dispatch(at(11), steps).await.unwrap(), [true, true, true]);
    let (row, attempts) = f.store.outbox_row(&key("k")).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts, row.detail.as_str()), (OutboxState::Sent, 1, "250 ok"));
    assert_eq!(row.body.as_deref(), Some(&b"bytes"[..]));
    assert_eq!(attempts.iter().map(|a| a.1.as_str()).collect::<Vec<_>>(), ["handing_over", "sent"]);
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap();
    assert_eq!((acme.due, f.store.earliest_ready().await.unwrap()), (Some(at(11)), None));
    let told = f.store.timeline(acme.id, 1).await.unwrap().remove(0);
    assert!(matches!(told.body, FactBody::Receipt { outcome, .. } if outcome == "sent"));
    assert_eq!(told.event_id, "k:sent");
    let said = f.store.said(at(0), at(60), None).await.unwrap();
    assert_eq!(said.counts.get("message.sent"), Some(&1), "KPIs count what went out");
    assert_eq!(f.store.outbox(Some(OutboxState::Sent), Some(acme.id), 5).await.unwrap().len(), 1);
    assert!(f.store.outbox(Some(OutboxState::Queued), None, 5).await.unwrap().is_empty());
}

async fn a_key_and_an_address_are_unique_within_a_step(f: Fixture) {
    let twins = |account: AccountId| {
        let first = message(account, "k", "a@example.com");
        let same_address = Planned { key: key("other"), ..first.clone() };
        vec![first.clone(), first, same_address]
    };
    plan(&*f.store, twins).await;
    plan_with(&*f.store, "again", twins, Vec::new()).await;
    assert_eq!(f.store.outbox(None, None, 9).await.unwrap().len(), 1);
}

async fn an_unsubscribe_after_the_claim_wins(f: Fixture) {
    one(&*f.store).await;
    let claimed = claim(&*f.store, at(10)).await;
    let address = f.store.address_hash(" YUI@example.com");
    f.store.suppress(&address, "onboarding", "unsubscribed", true, at(10)).await.unwrap();
    assert_eq!(f.store.dispatch(at(11), vec![hand_over(&claimed[0])]).await.unwrap(), [false]);
    assert_eq!(state(&*f.store, "k").await, OutboxState::Queued);
    let again = claim(&*f.store, at(12)).await;
    assert_eq!(again[0].suppressed.as_deref(), Some("unsubscribed"));
    assert_eq!(f.store.suppressed(&address, "other").await.unwrap(), None);
    let skip = end(&again[0], OutboxState::Skipped, false);
    assert_eq!(f.store.dispatch(at(12), vec![skip]).await.unwrap(), [true]);
    f.store.suppress(&address, "onboarding", "", false, at(13)).await.unwrap();
    assert_eq!(f.store.suppressed(&address, "onboarding").await.unwrap(), None);
}

async fn what_returned_mail_stops_is_told_from_what_a_reader_refuses(f: Fixture) {
    let store = &*f.store;
    let hash = store.address_hash("yui@example.com");
    let why = async |topic: &str| store.suppressed(&hash, topic).await.unwrap();
    for (topic, reason) in [("onboarding", "unsubscribed"), (FAILING, "soft_bounces")] {
        store.suppress(&hash, topic, reason, true, at(10)).await.unwrap();
    }
    assert_eq!(why("onboarding").await.as_deref(), Some("soft_bounces"), "what applies to more comes first");
    assert_eq!(store.suppression(&hash, "*").await.unwrap(), None, "the reader has not refused everything");
    assert_eq!(store.suppression(&hash, "onboarding").await.unwrap().as_deref(), Some("unsubscribed"));
    one(store).await;
    assert_eq!(claim(store, at(10)).await[0].suppressed.as_deref(), Some("soft_bounces"));
    for (topic, reason) in [("*", "complained"), (DEAD, "dead_address")] {
        store.suppress(&hash, topic, reason, true, at(11)).await.unwrap();
        assert_eq!(why("onboarding").await.as_deref(), Some(reason));
    }
}

async fn marketing_mails_are_counted_by_their_sender(f: Fixture) {
    let store = &*f.store;
    let mails = |account: AccountId| {
        let mail = |n: usize, class: Class, sender: &str| Planned {
            class,
            sender: sender.into(),
            ..message(account, &format!("k{n}"), &format!("user{n}@example.com"))
        };
        vec![
            mail(0, Class::Marketing, "a_b"),
            mail(1, Class::Marketing, "a_b"),
            mail(2, Class::Service, "a_b"),
            mail(3, Class::Marketing, "axb"),
            mail(4, Class::Marketing, ""),
        ]
    };
    plan(store, mails).await;
    // One of them is not accepted.
    let last = |c: &Claimed| if c.row.planned.key.0 == "k1" { end(c, OutboxState::Failed, false) } else { sent(c) };
    let claimed = claim(store, at(10)).await;
    let steps: Vec<Dispatch> = claimed.iter().map(hand_over).chain(claimed.iter().map(last)).collect();
    store.dispatch(at(11), steps).await.unwrap();
    let count = async |sender: &str, from| store.marketing_sent(sender, from, 100).await.unwrap();
    assert_eq!((count("a_b", at(0)).await, count("axb", at(0)).await, count("", at(0)).await), (1, 1, 1));
    assert_eq!(count("a_b", at(12)).await, 0, "before");
}

async fn a_fact_after_the_claim_wins_and_is_folded_before_the_next_claim(f: Fixture) {
    one(&*f.store).await;
    let claimed = claim(&*f.store, at(10)).await;
    f.store.append(vec![login("acme", "new", at(10))]).await.unwrap();
    assert_eq!(f.store.dispatch(at(11), vec![hand_over(&claimed[0])]).await.unwrap(), [false]);
    assert!(claim(&*f.store, at(12)).await.is_empty());
    f.store.evaluate(at(12), 10, &settle).await.unwrap();
    assert_eq!(claim(&*f.store, at(12)).await.len(), 1);
}

async fn our_own_receipts_hold_nothing_back(f: Fixture) {
    plan(&*f.store, |a| vec![message(a, "k1", "a@example.com"), message(a, "k2", "b@example.com")]).await;
    let claimed = claim(&*f.store, at(10)).await;
    let first = vec![hand_over(&claimed[0]), sent(&claimed[0])];
    assert_eq!(f.store.dispatch(at(11), first).await.unwrap(), [true, true]);
    f.store.evaluate(at(12), 10, &settle).await.unwrap();
    assert_eq!(f.store.dispatch(at(12), vec![hand_over(&claimed[1])]).await.unwrap(), [true]);
}

async fn a_lost_claim_changes_nothing(f: Fixture) {
    one(&*f.store).await;
    let old = claim(&*f.store, at(10)).await;
    assert_eq!(f.store.dispatch(at(11), vec![requeue(&old[0], at(20))]).await.unwrap(), [true]);
    let new = claim(&*f.store, at(20)).await;
    assert_eq!(f.store.dispatch(at(21), vec![hand_over(&old[0]), sent(&old[0])]).await.unwrap(), [false, false]);
    assert_eq!(state(&*f.store, "k").await, OutboxState::Claimed);
    assert_eq!(f.store.dispatch(at(21), vec![hand_over(&new[0])]).await.unwrap(), [true]);
    let row = f.store.outbox_row(&key("k")).await.unwrap().unwrap().0;
    assert_eq!(row.attempts, 2);
}

async fn an_impossible_step_freezes_the_row(f: Fixture) {
    one(&*f.store).await;
    let claimed = claim(&*f.store, at(10)).await;
    let steps = vec![hand_over(&claimed[0]), end(&claimed[0], OutboxState::Skipped, false)];
    assert_eq!(f.store.dispatch(at(11), steps).await.unwrap(), [true, false]);
    assert_eq!(state(&*f.store, "k").await, OutboxState::Frozen);
}

async fn a_retry_sends_the_same_bytes(f: Fixture) {
    one(&*f.store).await;
    let first = claim(&*f.store, at(10)).await;
    f.store.dispatch(at(11), vec![hand_over(&first[0]), requeue(&first[0], at(20))]).await.unwrap();
    let second = claim(&*f.store, at(20)).await;
    assert_eq!(second[0].row.body.as_deref(), Some(&b"bytes"[..]));
    let Dispatch::HandOver { key, account, fence, .. } = hand_over(&second[0]) else { unreachable!() };
    let other = Dispatch::HandOver { key: key.clone(), account, fence, body: b"other".to_vec() };
    assert_eq!(f.store.dispatch(at(21), vec![other]).await.unwrap(), [true]);
    assert_eq!(f.store.outbox_row(&key).await.unwrap().unwrap().0.body.as_deref(), Some(&b"bytes"[..]));
}

async fn a_cancelled_message_is_skipped(f: Fixture) {
    plan(&*f.store, |a| vec![message(a, "k1", "a@example.com"), message(a, "k2", "b@example.com")]).await;
    let claimed = claim(&*f.store, at(10)).await;
    f.store.dispatch(at(10), vec![hand_over(&claimed[0])]).await.unwrap();
    let cancelled = vec![("k1".to_string(), "exit".to_string()), ("k2".to_string(), "exit".to_string())];
    plan_with(&*f.store, "cancel", |_| Vec::new(), cancelled).await;
    assert_eq!(
        (state(&*f.store, "k1").await, state(&*f.store, "k2").await),
        (OutboxState::HandingOver, OutboxState::Skipped)
    );
    assert_eq!(f.store.dispatch(at(11), vec![hand_over(&claimed[1])]).await.unwrap(), [false]);
}

async fn a_run_s_next_message_waits_for_the_earlier_one(f: Fixture) {
    plan(&*f.store, |a| vec![message(a, "k1", "a@example.com"), message(a, "k2", "a@example.com")]).await;
    let first = claim(&*f.store, at(10)).await;
    assert_eq!(first.iter().map(|c| c.row.planned.key.0.as_str()).collect::<Vec<_>>(), ["k1"]);
    f.store.dispatch(at(10), vec![hand_over(&first[0])]).await.unwrap();
    assert!(claim(&*f.store, at(10)).await.is_empty());
    f.store.dispatch(at(10), vec![sent(&first[0])]).await.unwrap();
    assert_eq!(claim(&*f.store, at(11)).await[0].row.planned.key, key("k2"));
}

async fn a_dead_sender_s_claims_return_and_its_hand_overs_are_unknown(f: Fixture) {
    plan(&*f.store, |a| vec![message(a, "k1", "a@example.com"), message(a, "k2", "b@example.com")]).await;
    let claimed = f.store.claim(at(10), &["email"], 10, at(9)).await.unwrap();
    f.store.dispatch(at(10), vec![hand_over(&claimed[0])]).await.unwrap();
    let before = f.store.epoch();
    let f = f.restarted().await;
    assert!(f.store.epoch() > before);
    assert_eq!(f.store.reap(at(11)).await.unwrap(), (1, 1));
    assert_eq!(
        (state(&*f.store, "k1").await, state(&*f.store, "k2").await),
        (OutboxState::MaybeSent, OutboxState::Queued)
    );
    assert_eq!(f.store.reap(at(12)).await.unwrap(), (0, 0));
    assert_eq!(f.store.reap(at(100_000)).await.unwrap(), (0, 0));
}

/// A living sender's claims were given up half an hour after they were made, and a dead one's not before.
async fn what_is_renewed_is_not_given_up(f: Fixture) {
    plan(&*f.store, |a| vec![message(a, "k1", "a@example.com"), message(a, "k2", "b@example.com")]).await;
    // As if its lease were over already.
    let claimed = f.store.claim(at(10), &["email"], 10, at(9)).await.unwrap();
    let fence = claimed[0].row.fence;
    assert_eq!(claimed[1].row.fence, fence, "one claim, one fence, one statement");
    f.store.dispatch(at(10), vec![hand_over(&claimed[0])]).await.unwrap();
    f.store.renew(&[fence, fence + 1], at(70), at(10)).await.unwrap();
    assert_eq!(f.store.reap(at(11)).await.unwrap(), (0, 0));
    assert_eq!(state(&*f.store, "k1").await, OutboxState::HandingOver);
    // Nobody renews any more.
    f.store.renew(&[fence], at(9), at(10)).await.unwrap();
    assert_eq!(f.store.reap(at(11)).await.unwrap(), (1, 1));
    // Who wakes too late is refused, renewed or not; what it learned meanwhile still counts.
    f.store.renew(&[fence], at(70), at(10)).await.unwrap();
    assert_eq!(f.store.dispatch(at(12), vec![hand_over(&claimed[1])]).await.unwrap(), [false]);
    assert_eq!(f.store.dispatch(at(12), vec![sent(&claimed[0])]).await.unwrap(), [true]);
    assert_eq!(state(&*f.store, "k1").await, OutboxState::Sent);
}

/// `delivery.resend_wait` was read and checked, and eleven minutes were waited all the same.
async fn the_wait_before_a_resend_is_the_one_that_was_configured(f: Fixture) {
    plan(&*f.store, |a| vec![Planned { delivery: Delivery::AtLeastOnce, ..message(a, "k", "a@example.com") }]).await;
    f.store.resend_after(20 * 60_000_000);
    let claimed = claim(&*f.store, at(10)).await;
    let steps = vec![hand_over(&claimed[0]), end(&claimed[0], OutboxState::MaybeSent, false)];
    f.store.dispatch(at(10), steps).await.unwrap();
    assert_eq!(f.store.earliest_ready().await.unwrap(), Some(at(10).plus(20 * 60_000_000)));
}

async fn at_least_once_sends_again_after_the_wait(f: Fixture) {
    plan(&*f.store, |a| vec![Planned { delivery: Delivery::AtLeastOnce, ..message(a, "k", "a@example.com") }]).await;
    let claimed = claim(&*f.store, at(10)).await;
    let steps = vec![hand_over(&claimed[0]), end(&claimed[0], OutboxState::MaybeSent, false)];
    assert_eq!(f.store.dispatch(at(10), steps).await.unwrap(), [true, true]);
    f.store.evaluate(at(11), 10, &settle).await.unwrap();
    assert_eq!(f.store.reap(at(600)).await.unwrap(), (0, 0));
    assert!(claim(&*f.store, at(600)).await.is_empty());
    let due = f.store.earliest_ready().await.unwrap().unwrap();
    assert_eq!(due, at(10).plus(660_000_000), "eleven minutes where nobody says otherwise");
    assert_eq!(f.store.reap(due).await.unwrap(), (1, 0));
    let again = claim(&*f.store, due).await;
    assert_eq!((again[0].row.resend_of, again[0].row.body.as_deref()), (Some(1), Some(&b"bytes"[..])));
    // A re-check that says no cannot undo the first attempt.
    f.store.dispatch(due, vec![end(&again[0], OutboxState::Skipped, false)]).await.unwrap();
    assert_eq!(state(&*f.store, "k").await, OutboxState::MaybeSent);
    assert_eq!(f.store.earliest_ready().await.unwrap(), None);
}

async fn a_dead_mailbox_is_suppressed(f: Fixture) {
    one(&*f.store).await;
    let claimed = claim(&*f.store, at(10)).await;
    f.store.dispatch(at(10), vec![end(&claimed[0], OutboxState::Failed, true)]).await.unwrap();
    assert_eq!(state(&*f.store, "k").await, OutboxState::Failed);
    let address = f.store.address_hash("yui@example.com");
    assert_eq!(f.store.suppressed(&address, "anything").await.unwrap().as_deref(), Some("dead_address"));
}

async fn everything_can_be_held_and_released(f: Fixture) {
    plan(&*f.store, |a| vec![message(a, "k1", "a@example.com")]).await;
    let claimed = claim(&*f.store, at(10)).await;
    plan_with(&*f.store, "two", |a| vec![message(a, "k2", "b@example.com")], Vec::new()).await;
    assert_eq!(f.store.hold_all(true, "clock", at(10)).await.unwrap(), 1);
    assert_eq!(f.store.dispatch(at(10), vec![hand_over(&claimed[0])]).await.unwrap(), [false]);
    assert_eq!((state(&*f.store, "k1").await, state(&*f.store, "k2").await), (OutboxState::Held, OutboxState::Held));
    assert!(claim(&*f.store, at(11)).await.is_empty());
    assert_eq!(f.store.hold_all(false, "", at(12)).await.unwrap(), 2);
    assert_eq!(claim(&*f.store, at(12)).await.len(), 2);
}

async fn a_paused_playbook_hands_nothing_over(f: Fixture) {
    one(&*f.store).await;
    let claimed = claim(&*f.store, at(10)).await;
    let mut world = f.store.world().await.unwrap();
    world.pauses.insert("onboarding".into(), (None, "why".into()));
    assert!(f.store.put_world(world.version, &world).await.unwrap());
    assert_eq!(f.store.dispatch(at(11), vec![hand_over(&claimed[0])]).await.unwrap(), [false]);
}

async fn a_person_resolves_what_is_unknown(f: Fixture) {
    one(&*f.store).await;
    assert!(!f.store.resolve(&key("k"), OutboxState::Sent, "kei", at(10)).await.unwrap());
    let claimed = claim(&*f.store, at(10)).await;
    let steps = vec![hand_over(&claimed[0]), end(&claimed[0], OutboxState::MaybeSent, false)];
    f.store.dispatch(at(10), steps).await.unwrap();
    assert!(f.store.resolve(&key("k"), OutboxState::Queued, "kei", at(20)).await.unwrap());
    f.store.evaluate(at(20), 10, &settle).await.unwrap();
    let again = claim(&*f.store, at(20)).await;
    assert_eq!(again[0].row.resend_of, Some(1));
    let steps = vec![hand_over(&again[0]), end(&again[0], OutboxState::MaybeSent, false)];
    f.store.dispatch(at(20), steps).await.unwrap();
    assert!(f.store.resolve(&key("k"), OutboxState::Sent, "kei", at(30)).await.unwrap());
    assert!(!f.store.resolve(&key("k"), OutboxState::Skipped, "kei", at(30)).await.unwrap());
    assert!(!f.store.resolve(&key("none"), OutboxState::Sent, "kei", at(30)).await.unwrap());
}

async fn the_journal_s_word_is_restored(f: Fixture) {
    one(&*f.store).await;
    let acme = f.store.account_by_key("acme").await.unwrap().unwrap().id;
    let rows = vec![
        (key("k"), acme, OutboxState::Sent, "journal".to_string()),
        (key("lost"), acme, OutboxState::MaybeSent, "journal".to_string()),
    ];
    assert_eq!(f.store.restore_rows(rows.clone()).await.unwrap(), 2);
    assert_eq!(f.store.restore_rows(rows).await.unwrap(), 0);
    plan_with(&*f.store, "again", |a| vec![message(a, "lost", "b@example.com")], Vec::new()).await;
    assert_eq!(
        (state(&*f.store, "k").await, state(&*f.store, "lost").await),
        (OutboxState::Sent, OutboxState::MaybeSent)
    );
    assert!(claim(&*f.store, at(50)).await.is_empty());
    let event = fact("acme", None, "x", at(1), FactBody::event("x", Props::new()));
    f.store.append(vec![event]).await.unwrap();
}

/// One message for each of two accounts to the same address; the second has the higher priority.
async fn two_accounts(f: &Fixture) {
    f.store.append(vec![login("a", "1", T0), login("b", "2", T0)]).await.unwrap();
    let decide = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        let mut mail = message(snapshot.account, &snapshot.key, "Yui@example.com");
        mail.priority = if snapshot.key == "b" { 90 } else { 50 };
        decision.messages = vec![mail];
        Outcome::Done(Box::new(decision))
    };
    f.store.evaluate(at(5), 10, &decide).await.unwrap();
}

fn wait_for_place(claimed: &Claimed, until: Instant) -> Dispatch {
    let (p, fence) = (&claimed.row.planned, claimed.row.fence);
    let detail = "cap:onboarding/step-b".to_owned();
    Dispatch::Requeue { key: p.key.clone(), account: p.account, fence, not_before: until, detail, counted: false }
}

fn keys(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|c| c.row.planned.key.0.as_str()).collect()
}

async fn a_claim_sees_what_takes_the_place_at_its_address_before_it(f: Fixture) {
    two_accounts(&f).await;
    let claimed = claim(&*f.store, at(10)).await;
    assert_eq!(keys(&claimed), ["b", "a"], "by priority");
    assert!(claimed[0].snapshot.address_sends.is_empty());
    let seen = &claimed[1].snapshot.address_sends;
    assert_eq!((seen.len(), seen[0].by.as_str(), seen[0].at), (1, "onboarding/step-b", at(10)));
    let steps = vec![hand_over(&claimed[0]), sent(&claimed[0]), wait_for_place(&claimed[1], at(100))];
    assert_eq!(f.store.dispatch(at(11), steps).await.unwrap(), [true; 3]);
    // The ledger of the one that waits says who won and until when.
    let line = f.store.ledger(claimed[1].row.planned.account, None, 9).await.unwrap().remove(0);
    assert_eq!((line.kind.as_str(), line.reason.as_str()), ("hold", "cap:onboarding/step-b"));
    assert_eq!(line.values["until"], Value::Instant(at(100)));
    // What was sent keeps its place.
    f.store.evaluate(at(50), 10, &settle).await.unwrap();
    assert!(claim(&*f.store, at(99)).await.is_empty());
    assert_eq!(claim(&*f.store, at(100)).await[0].snapshot.address_sends.len(), 1);
}

async fn a_place_is_given_back_by_what_does_not_go_and_wakes_who_waits(f: Fixture) {
    two_accounts(&f).await;
    let claimed = claim(&*f.store, at(10)).await;
    f.store.dispatch(at(10), vec![wait_for_place(&claimed[1], at(100)), requeue(&claimed[0], at(20))]).await.unwrap();
    // Tried and to be tried again: it keeps its place, the other one waits.
    let again = claim(&*f.store, at(20)).await;
    assert_eq!(keys(&again), ["b"]);
    f.store.dispatch(at(21), vec![end(&again[0], OutboxState::Skipped, false)]).await.unwrap();
    f.store.evaluate(at(22), 10, &settle).await.unwrap();
    let free = claim(&*f.store, at(22)).await;
    assert_eq!(keys(&free), ["a"], "woken long before its time");
    assert!(free[0].snapshot.address_sends.is_empty());
}

async fn rendered_bytes_are_dropped_once_settled(f: Fixture) {
    plan(&*f.store, |a| vec![message(a, "k", "yui@example.com"), message(a, "open", "ken@example.com")]).await;
    let claimed = claim(&*f.store, at(10)).await;
    let at_k = usize::from(claimed[0].row.planned.key != key("k"));
    let steps = vec![hand_over(&claimed[at_k]), sent(&claimed[at_k]), hand_over(&claimed[1 - at_k])];
    f.store.dispatch(at(11), steps).await.unwrap();
    assert_eq!(f.store.tidy_outbox(at(11), at(30)).await.unwrap(), 0, "not yet");
    assert_eq!(f.store.tidy_outbox(at(12), at(30)).await.unwrap(), 1);
    let body = async |name: &str| f.store.outbox_row(&key(name)).await.unwrap().unwrap().0.body;
    assert_eq!((body("k").await, body("open").await.is_some()), (None, true));
    assert_eq!(state(&*f.store, "k").await, OutboxState::Sent, "the row itself stays sound");
}

async fn a_day_is_counted_by_playbook_and_channel(f: Fixture) {
    let acme = plan(&*f.store, |account| {
        let later = Planned { run: RunId("s".into()), ready_at: at(90), ..message(account, "later", "c@example.com") };
        vec![message(account, "k", "a@example.com"), message(account, "l", "b@example.com"), later]
    })
    .await;
    let claimed = claim(&*f.store, at(10)).await;
    let steps = vec![hand_over(&claimed[0]), sent(&claimed[0]), hand_over(&claimed[1])];
    f.store.dispatch(at(11), steps).await.unwrap();
    let unknown = end(&claimed[1], OutboxState::MaybeSent, false);
    assert_eq!(f.store.dispatch(at(11), vec![unknown]).await.unwrap(), [true]);
    let day = async |days: [i64; 3]| f.store.day(days.map(at), at(20), None).await.unwrap();
    let one = vec![Count { playbook: "onboarding".into(), channel: "email".into(), number: 1 }];
    let found = day([0, 20, 100]).await;
    assert_eq!((&found.sent, &found.going, found.held, found.unsure), (&one, &one, 0, 1));
    for of in [vec![acme], vec![AccountId(999)]] {
        let own = f.store.day([0, 20, 100].map(at), at(20), Some(&of.iter().copied().collect())).await.unwrap();
        let hers = of == [acme];
        let expected = if hers { found.clone() } else { Day::default() };
        assert_eq!(own, expected, "{of:?}");
    }
    let found = day([12, 20, 80]).await;
    assert_eq!((found.sent, found.going), (vec![], vec![]), "sent before, going later");
    f.store.hold_all(true, "paused", at(20)).await.unwrap();
    let found = day([0, 20, 100]).await;
    assert_eq!((found.going, found.held), (vec![], 1));
    let rows = f.store.accounts_of(&[acme, AccountId(999)]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["acme"]);
}
