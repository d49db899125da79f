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

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_chooses_topics_and_looking_changes_nothing() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let daemon = house.start(&[]).await;
    until("the first mail", async || house.smtp.accepted().len() == 1).await;
    let url = unsubscribe_url(&house.smtp.accepted()[0].bytes);
    let log = || house.done(&["--lang", "ja", "timeline", "acme"]);
    let onboarding = "value=\"onboarding\" checked> 導入のご案内";

    let page = house.browse(&url, None).await;
    assert!(page.contains("メールの配信設定") && page.contains(onboarding), "{page}");
    assert!(!page.contains("value=\"team\""), "our own team's mail is no choice of theirs: {page}");
    assert!(!log().contains("配信停止"), "a GET changes nothing");
    let forged = format!("{url}x");
    assert!(!house.browse(&forged, None).await.contains("checkbox"), "nobody's token shows nobody's topics");
    house.browse(&forged, Some("act=none")).await;
    assert!(!log().contains("配信停止"));

    // Another topic only: the letter's topic is refused.
    let page = house.browse(&url, Some("act=save&topic=renewal")).await;
    assert!(page.contains("設定を保存しました") && !page.contains(onboarding), "{page}");
    daemon.end();
    let sent = |day: u32| {
        house.at(&format!("2026-04-{day:02}T10:00:00+09:00"));
        house.done(&["event", "letter.due", "acme"]);
        house.done(&["tick"]);
        house.smtp.accepted().len()
    };
    assert_eq!(sent(9), 1);

    // Nothing at all, then this topic again.
    let daemon = house.start(&[]).await;
    let page = house.browse(&url, Some("act=none")).await;
    assert!(!page.contains(" checked>"), "{page}");
    let page = house.browse(&url, Some("act=save&topic=onboarding")).await;
    assert!(page.contains(onboarding), "{page}");
    daemon.end();
    assert_eq!(sent(14), 2, "{}", house.done(&["outbox", "list"]));
    let said = log();
    assert!(said.contains("配信再開") && said.contains("配信停止"), "{said}");
}
