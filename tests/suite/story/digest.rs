//! The weekly digest is posted once per cron time, whatever happens to the daemon in between.

use super::house::{House, until};

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
