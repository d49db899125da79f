//! Opting out by the link of a real mail, at the worst moment.

use super::house::{House, until};
use crate::smtp::sink::At;

fn unsubscribe_url(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail).replace("\r\n ", " ").replace("\r\n\t", " ");
    let line = text.lines().find(|l| l.starts_with("List-Unsubscribe:")).unwrap();
    line.split(['<', '>']).nth(1).unwrap().replace(' ', "")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_between_claim_and_hand_over_wins() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let daemon = house.start(&[]).await;
    until("the first mail", async || house.smtp.accepted().len() == 1).await;
    let url = unsubscribe_url(&house.smtp.accepted()[0].bytes);

    // The next day, since a contact gets one mail a day: a mail of that topic is claimed; the relay hesitates before
    // it takes the body.
    house.at("2026-04-08T10:30:00+09:00");
    house.smtp.hold(Some(At::Rcpt));
    house.done(&["event", "letter.due", "acme"]);
    until("the mail is on its way", async || house.smtp.waiting() == 1).await;
    let claimed = house.outbox("claimed");
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    assert_eq!(house.one_click(&url).await, 200);
    house.smtp.hold(None);
    until("the mail is skipped", async || !house.outbox("skipped").is_empty()).await;
    daemon.end();
    let skipped = house.outbox("skipped");
    assert_eq!((skipped.len(), &skipped[0]["key"]), (1, &claimed[0]["key"]));
    assert!(skipped[0]["detail"].as_str().unwrap().contains("unsubscribed"), "{skipped:?}");
    assert_eq!(house.smtp.accepted().len(), 1, "only the first mail arrived");
}
