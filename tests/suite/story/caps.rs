//! A person known at two customers is one person: frequency caps count by address.

use std::fs;

use super::house::{House, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_counts_one_address_over_all_accounts_and_says_who_took_the_place() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let text = fs::read_to_string(house.dir.join("model.yaml")).unwrap();
    let mut caps = vec!["  - {count: email, at_most: 1 per 7d, per: contact}"];
    let lines = text.lines().flat_map(|l| if l.starts_with("  - {count: email") { caps.pop() } else { Some(l) });
    let text = lines.collect::<Vec<_>>().join("\n");
    fs::write(house.dir.join("model.yaml"), text).unwrap();
    // Yui works for a second customer, under the same address in other letters.
    let people = house.dir.join("more.csv");
    fs::write(&people, "account,key,name,email,role,locale\nold1,yui2,佐藤 結衣,YUI@acme.test,buyer,ja\n").unwrap();
    house.done(&["import", "contacts", people.to_str().unwrap()]);
    let daemon = house.start(&[]).await;
    until("the first mail", async || house.smtp.accepted().len() == 1).await;

    house.at("2026-04-07T11:00:00+09:00");
    house.done(&["event", "letter.due", "old1"]);
    until("the second mail waits", async || {
        house.outbox("queued").iter().any(|m| m["detail"] == "cap:onboarding/welcome")
    })
    .await;
    let why = house.done(&["cs", "explain", "old1", "letter"]);
    assert!(why.contains("held back by a cap · "), "the place was taken after the hand-over: {why}");
    assert!(why.contains("frequency cap: “Onboarding step"), "{why}");
    assert_eq!(house.smtp.accepted().len(), 1);
    house.at("2026-04-14T10:30:00+09:00");
    until("the place is free again", async || house.smtp.accepted().len() == 2).await;
    daemon.end();
    assert_eq!(house.smtp.accepted()[1].to, ["YUI@acme.test"]);
}
