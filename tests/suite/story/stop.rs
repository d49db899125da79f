//! Stopping everything from chat, and letting it go again with open eyes.

use super::house::{House, until};
use crate::smtp::sink::{At, Fault};

#[tokio::test(flavor = "multi_thread")]
async fn stop_all_holds_what_is_queued_and_resume_shows_first_what_would_go() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    // The relay is closed, so the first mail waits.
    house.smtp.fault(At::Connect, Fault::Reply("421 4.3.2 closed".into()), 1_000);
    let daemon = house.start(&[]).await;
    until("the mail waits for the relay", async || {
        house.outbox("queued").iter().any(|m| m["detail"].as_str().unwrap().contains("421"))
    })
    .await;
    assert_eq!(house.ask("stop-all 障害対応").await, 200);
    let said = house.slack.web.wait("/respond", 1).await[0].body.to_string();
    assert!(said.contains("1件を保留"), "{said}");
    assert_eq!(house.outbox("held").len(), 1);

    // The relay is back and the retry is due, yet nothing moves.
    house.smtp.fault(At::Connect, Fault::Drop, 0);
    house.at("2026-04-07T13:00:00+09:00");
    assert_eq!(house.ask("today").await, 200);
    house.slack.web.wait("/respond", 2).await;
    assert!(house.smtp.accepted().is_empty());

    // Both chat and command line show what would go before anything does.
    assert_eq!(house.ask("resume all").await, 200);
    let shown = house.slack.web.wait("/respond", 3).await[2].body.to_string();
    assert!(shown.contains("onboarding/welcome") && shown.contains("ask resume all --yes"), "{shown}");
    let output = house.output(&["resume", "--all"]);
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{listed}");
    assert!(listed.contains("onboarding/welcome"), "{listed}");
    assert_eq!(house.outbox("held").len(), 1);
    assert!(house.smtp.accepted().is_empty());

    house.done(&["resume", "--all", "--yes"]);
    until("the mail arrives", async || house.smtp.accepted().len() == 1).await;
    daemon.end();
    assert_eq!(house.outbox("sent").len(), 1);
}
