//! The weekly digest is posted once per cron time, whatever happens to the daemon in between.

use serde_json::json;

use super::house::{Daemon, House, until};
use crate::fakes::web::Answer;

const DIGEST: &str = "digest:at-risk";

/// Something planned later has been posted, so everything before it has had its turn.
async fn later_post(house: &House, count: usize) {
    house.done(&["event", "help.asked", "old1", &format!("n={count}")]);
    house.post("nudge", count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_that_is_due_survives_kill_9_before_its_post_and_is_posted_once() {
    let house = House::new(Some("2026-04-06T08:59:00+09:00")).await;
    house.slack.web.stall("/api/conversations.info");
    let daemon = house.start(&[]).await;
    house.at("2026-04-06T09:00:00+09:00");
    // It is claimed and about to be posted.
    house.slack.web.wait("/api/conversations.info", 1).await;
    daemon.kill();
    assert!(house.posts(DIGEST).is_empty());
    house.slack.web.flow();
    let daemon = house.start(&[]).await;
    let post = house.post(DIGEST, 1).await;
    assert!(post["text"].as_str().unwrap().contains("アクメ株式会社"), "{post}");
    later_post(&house, 1).await;
    house.sent(&[DIGEST, "nudge"]).await;
    daemon.end();
    assert_eq!(house.posts(DIGEST).len(), 1);
    assert!(house.outbox("maybe_sent").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_is_posted_once_per_cron_time_across_orderly_restarts() {
    let house = House::new(Some("2026-04-06T08:59:00+09:00")).await;
    let planning = house.start(&["--role", "evaluate,http"]).await;
    house.at("2026-04-06T09:00:00+09:00");
    until("the digest is planned", async || house.outbox("queued").iter().any(|m| m["playbook"] == DIGEST)).await;
    planning.end();
    for minute in ["09:01", "09:02"] {
        house.at(&format!("2026-04-06T{minute}:00+09:00"));
        let daemon = house.start(&[]).await;
        let first = house.post(DIGEST, 1).await;
        later_post(&house, if minute == "09:01" { 1 } else { 2 }).await;
        daemon.end();
        assert_eq!(house.posts(DIGEST), [first]);
    }
    // The last sign of life before a week in which nobody was there: a longer gap would hold everything.
    house.at("2026-04-07T09:00:00+09:00");
    house.start(&[]).await.end();
    // Nobody was there at the next cron time; the one after it is said once, too.
    house.at("2026-04-13T11:30:00+09:00");
    let daemon = house.start(&[]).await;
    let second = house.post(DIGEST, 2).await;
    later_post(&house, 3).await;
    daemon.end();
    let posts = house.posts(DIGEST);
    assert_eq!(posts.len(), 2);
    assert_ne!(posts[0]["metadata"]["event_payload"]["key"], second["metadata"]["event_payload"]["key"]);
}

/// A house whose daemon was killed while Slack had the post and had not answered yet.
async fn killed_with_a_post_on_its_way() -> House {
    let house = House::new(Some("2026-04-06T08:59:00+09:00")).await;
    house.slack.web.stall("/api/chat.postMessage");
    let daemon = house.start(&[]).await;
    house.at("2026-04-06T09:00:00+09:00");
    house.post(DIGEST, 1).await;
    daemon.kill();
    house.slack.web.flow();
    house
}

/// The same, and Slack's history shows the post to the next daemon.
async fn killed_while_posting() -> (House, Daemon) {
    let house = killed_with_a_post_on_its_way().await;
    let posted = house.posts(DIGEST)[0]["metadata"].clone();
    let there = json!({"ok": true, "messages": [{"ts": "1.5", "metadata": posted}]});
    house.slack.web.script("/api/conversations.history", Answer::ok(there));
    let daemon = house.start(&[]).await;
    (house, daemon)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_whose_answer_was_lost_is_found_by_its_key_and_not_posted_again() {
    let (house, daemon) = killed_while_posting().await;
    until("it is known to be there", async || house.outbox("sent").iter().any(|m| m["playbook"] == DIGEST)).await;
    later_post(&house, 1).await;
    house.sent(&["nudge"]).await;
    daemon.end();
    assert_eq!(house.posts(DIGEST).len(), 1);
    assert!(house.outbox("maybe_sent").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_never_arrived_goes_again_once_the_first_sender_has_surely_finished() {
    let house = killed_with_a_post_on_its_way().await;
    // Slack's history shows nothing, but the request may still be on its way.
    let daemon = house.start(&[]).await;
    house.slack.web.wait("/api/conversations.history", 1).await;
    daemon.end();
    assert_eq!(house.outbox("maybe_sent").len(), 1);
    house.at("2026-04-06T09:12:00+09:00");
    let daemon = house.start(&[]).await;
    let again = house.post(DIGEST, 2).await;
    house.sent(&[DIGEST]).await;
    daemon.end();
    assert_eq!(again["metadata"], house.posts(DIGEST)[0]["metadata"], "the same message under the same key");
    assert!(house.outbox("maybe_sent").is_empty());
}
