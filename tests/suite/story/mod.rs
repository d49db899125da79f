//! The built binary as its users run it, between an SMTP sink and stand-ins for Slack and Discord.

mod caps;
mod clicks;
mod day;
mod digest;
mod doctored;
mod forms;
mod guild;
mod hooks;
mod house;
mod keeping;
mod leaving;
mod linked;
mod mailbox;
mod morning;
mod pull;
mod refused;
mod returned;
mod stop;
mod survey;
mod thread;
mod why;

use house::{House, signature, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_customer_gets_the_first_mail_and_slack_its_answer() {
    let house = House::new(None).await;
    let daemon = house.start(&[]).await;

    // Only the customer whose contract starts today gets the first step mail.
    until("the first mail", async || !house.smtp.accepted().is_empty()).await;
    let to: Vec<String> = house.smtp.accepted().iter().flat_map(|m| m.to.clone()).collect();
    assert_eq!(to, ["yui@acme.test"]);

    // A signed question is answered; the same request again, a forged and a stale one are refused.
    let body = house.question("health アクメ");
    let at = house.seconds();
    let ask = async |at, signed: &str| house.send("/slack/commands", &body, at, signed).await;
    assert_eq!(ask(at, &signature(&body, at)).await, 200);
    let answers = house.slack.web.wait("/respond", 1).await;
    let said = answers[0].body.to_string();
    assert!(said.contains("アクメ株式会社"), "{said}");
    assert_eq!(ask(at, &signature(&body, at)).await, 401, "a replayed request");
    assert_eq!(ask(at, &signature("other", at)).await, 401, "a forged request");
    assert_eq!(ask(at - 400, &signature(&body, at - 400)).await, 401, "a stale request");

    daemon.end();
    assert_eq!(house.outbox("sent").len(), 1);
    assert!(house.outbox("maybe_sent").is_empty());
    assert_eq!(house.smtp.accepted().len(), 1, "nothing twice");
}
