//! Buttons under digests and nudges, pressed in Slack, felt by the next decision.

use serde_json::Value;

use super::house::House;

const DIGEST: &str = "digest:at-risk";

fn rows(digest: &Value) -> Vec<String> {
    let blocks = digest["blocks"].as_array().unwrap();
    let texts = blocks.iter().filter_map(|b| b["text"]["text"].as_str());
    ["古株一", "アクメ株式会社", "古株二"]
        .into_iter()
        .filter(|name| texts.clone().any(|text| text.contains(&format!(". {name} "))))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snoozed_row_of_the_digest_stays_away_until_its_date() {
    let house = House::new(Some("2026-04-06T08:59:00+09:00")).await;
    let daemon = house.start(&[]).await;
    house.at("2026-04-06T09:00:00+09:00");
    let digest = house.post(DIGEST, 1).await;
    assert_eq!(rows(&digest), ["古株一", "アクメ株式会社", "古株二"]);
    house.at("2026-04-06T09:05:00+09:00");
    let updated = house.press(&digest, "snooze acme\n").await;
    assert!(updated.to_string().contains("2026-04-13 まで"), "{updated}");
    assert_eq!(updated["text"], digest["text"]);

    house.at("2026-04-13T09:00:00+09:00");
    daemon_sees(&house, 2, &["古株一", "古株二"]).await;
    house.at("2026-04-20T09:00:00+09:00");
    daemon_sees(&house, 3, &["古株一", "アクメ株式会社", "古株二"]).await;
    daemon.end();
}

async fn daemon_sees(house: &House, count: usize, names: &[&str]) {
    let digest = house.post(DIGEST, count).await;
    assert_eq!(rows(&digest), names, "digest {count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snoozed_nudge_mutes_its_playbook_for_that_account_until_its_date() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let daemon = house.start(&[]).await;
    house.done(&["event", "help.asked", "acme", "n=1"]);
    let nudge = house.post("nudge", 1).await;
    assert_eq!(nudge["channel"], "U1", "the fallback CSM, by Slack id");
    house.press(&nudge, "snooze ").await;

    // Muted for this account, not for the others.
    house.at("2026-04-08T10:00:00+09:00");
    house.done(&["event", "help.asked", "acme", "n=2"]);
    house.done(&["event", "help.asked", "old1", "n=3"]);
    let other = house.post("nudge", 2).await;
    assert!(other["text"].as_str().unwrap().contains("古株一"), "{other}");
    house.at("2026-04-15T10:00:00+09:00");
    house.done(&["event", "help.asked", "acme", "n=4"]);
    let again = house.post("nudge", 3).await;
    assert!(again["text"].as_str().unwrap().contains("アクメ"), "{again}");
    daemon.end();
    assert_eq!(house.posts("nudge").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn ack_and_assign_are_recorded_and_stand_in_the_message() {
    let house = House::new(Some("2026-04-06T08:59:00+09:00")).await;
    let daemon = house.start(&[]).await;
    house.at("2026-04-06T09:00:00+09:00");
    let digest = house.post(DIGEST, 1).await;
    let acked = house.press(&digest, "ack acme\n").await;
    assert!(acked.to_string().contains("アクメ株式会社: Kei が対応中"), "{acked}");
    // Assigning asks for whom, in the message as it is now; the choice takes the place of the question.
    let asked = house.press(&acked, "assign acme\n").await;
    assert!(asked.to_string().contains("誰が担当しますか"), "{asked}");
    let assigned = house.press(&asked, "ask assign acme mia").await;
    assert!(assigned.to_string().contains("アクメ株式会社 の担当を Mia にしました"), "{assigned}");
    assert!(!assigned.to_string().contains("誰が担当しますか"), "{assigned}");

    house.at("2026-04-13T09:00:00+09:00");
    let next = house.post(DIGEST, 2).await;
    let line = next["blocks"].as_array().unwrap().iter().filter_map(|b| b["text"]["text"].as_str());
    let told = line.collect::<String>();
    assert!(!told.contains("アクメ"), "a week without news: what somebody has taken is not told again: {told}");
    let health = house.done(&["health", "acme"]);
    assert!(health.contains("Mia"), "{health}");
    daemon.end();
}
