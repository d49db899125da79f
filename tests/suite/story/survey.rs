//! A survey from the mail to the call: looking is no answer, the page's button is, and a low number finds a person.

use super::house::{House, until};

const ASK: &str = "playbook: ask\ntitle: {ja: 伺い, en: Ask}\nfor: account\nclass: service\nstart: {on: survey.due}\nenroll: {again: always}\n\
    to: {role: [admin], first: 1}\nhold_at_most: 1 business days\nsteps:\n  - {id: ask, email: survey/nps}\n";

/// The page in a mail's text part.
fn page(mail: &[u8]) -> String {
    let mail = mail_parser::MessageParser::default().parse(mail).unwrap();
    let text = mail.body_text(0).unwrap();
    text.lines().map(str::trim).find(|line| line.contains("/s/")).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_low_number_in_a_mail_becomes_a_call_and_looking_becomes_nothing() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    std::fs::write(house.dir.join("playbooks/ask.yaml"), ASK).unwrap();
    house.done(&["event", "survey.due", "old1"]);
    let daemon = house.start(&[]).await;
    until("the question", async || house.smtp.accepted().iter().any(|m| m.to.contains(&"ken@old1.test".to_owned())))
        .await;
    let accepted = house.smtp.accepted();
    let mail = accepted.iter().find(|m| m.to.contains(&"ken@old1.test".to_owned())).unwrap();
    let url = page(&mail.bytes);
    let log = || house.done(&["--lang", "ja", "timeline", "old1"]);
    until("the question is recorded as asked", async || log().contains("アンケート送付")).await;

    // What a scanner does: every link, also a forged one.
    for score in 0..=10 {
        let page = house.browse(&format!("{url}?score={score}"), None).await;
        assert!(page.contains(&format!("value=\"{score}\" required checked>")), "{page}");
    }
    let forged = house.browse(&format!("{url}x"), Some("score=0")).await;
    assert!(forged.contains("このリンクからは回答できません") && !forged.contains("<form"), "{forged}");
    assert!(!log().contains("アンケート回答"), "looking is no answer");
    assert!(house.posts("nps_detractor").is_empty());

    // The reader answers, twice with the same words.
    let form = "score=2&comment=%E9%81%85%E3%81%84+*%E5%9B%B0%E3%82%8B*+%3C%21channel%3E";
    for _ in 0..2 {
        assert!(house.browse(&url, Some(form)).await.contains("2 と承りました"));
    }
    let told = house.post("nps_detractor", 1).await.to_string();
    assert!(told.contains("2 点") && told.contains("遅い *困る*"), "{told}");
    assert!(!told.contains("<!channel>") || told.contains("rich_text"), "what a customer writes is no markup: {told}");
    assert_eq!(log().matches("アンケート回答").count(), 1, "{}", log());
    let tasks = house.done(&["--json", "cs", "tasks"]);
    assert!(tasks.contains("nps_detractor"), "{tasks}");

    // By hand a number off the scale is refused, with the one that would do.
    for score in ["score=11", "score=-1", "score=9.5", "score="] {
        let refused = house.output(&["--lang", "en", "event", "survey.responded", "old1", "kind=nps", score]);
        let says = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && says.contains("from 0 to 10"), "{score}: {says}");
    }

    // The next day the apology goes out; the day after somebody wants to ask again: not within sixty days.
    let mails = || house.smtp.accepted().into_iter().filter(|m| m.to.contains(&"ken@old1.test".to_owned())).count();
    house.at("2026-04-08T10:30:00+09:00");
    until("the apology", async || mails() == 2).await;
    house.at("2026-04-09T12:00:00+09:00");
    house.done(&["event", "survey.due", "old1"]);
    let why = || house.done(&["--lang", "en", "explain", "old1", "--playbook", "ask"]);
    until("the second question is held back", async || why().contains("frequency cap")).await;
    daemon.end();
    assert_eq!(mails(), 2, "{}", why());
}
