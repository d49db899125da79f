//! Links of a mail from the mail to the number: a scanner at the gate, then the reader.

use super::house::{House, until};

const OFFER: &str = "playbook: offer\ntitle: {ja: 案内, en: Offer}\nfor: account\nclass: service\nstart: {on: offer.due}\nenroll: {again: always}\n\
    to: {role: [admin], first: 1}\nhold_at_most: 1 business days\nsteps:\n  - {id: write, email: story/linked}\n  - {id: rest, wait: 1h}\n\
    \x20 - {id: tell, if: step.write.clicked, slack: story/asked, to: csm}\n";
const BODY: &str = "---\nsubject: Guide\ntopic: onboarding\n---\n[Guide](https://docs.example/guide?a=1&b=2) or **[FAQ](https://docs.example/faq)**\n\n\
    [Stop]({{ unsubscribe_url }})\n\n{{ survey(\"nps\") }}\n";

/// Where the links of both parts lead, as (HTML, text).
fn links(mail: &[u8], part: &str) -> [Vec<String>; 2] {
    let mail = mail_parser::MessageParser::default().parse(mail).unwrap();
    let (html, text) = (mail.body_html(0).unwrap().into_owned(), mail.body_text(0).unwrap().into_owned());
    let of = |page: &str| -> Vec<String> {
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>');
        page.split(ends).filter(|word| word.starts_with("http") && word.contains(part)).map(str::to_owned).collect()
    };
    [of(&html), of(&text)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_s_click_leads_on_and_is_counted_and_a_scanner_s_is_not() {
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("SHIRUBE_EMAIL__TRACK_LINKS", "true".into()));
    house.variables.push(("SHIRUBE_HTTP__PUBLIC_URL", format!("http://127.0.0.1:{}", house.port)));
    std::fs::write(house.dir.join("playbooks/offer.yaml"), OFFER).unwrap();
    for locale in ["ja", "en"] {
        std::fs::write(house.dir.join(format!("templates/story/linked.{locale}.md")), BODY).unwrap();
    }
    for account in ["old1", "old2"] {
        house.done(&["event", "offer.due", account]);
    }
    let daemon = house.start(&[]).await;
    let to = |reader: &str| house.smtp.accepted().into_iter().find(|m| m.to.contains(&reader.to_owned()));
    until("the mails", async || to("ken@old1.test").is_some() && to("mai@old2.test").is_some()).await;
    let log = |account: &str, what: &str| {
        let said = house.done(&["--lang", "en", "timeline", account]);
        assert!(!said.contains("docs.example"), "no address in what is recorded: {said}");
        said.matches(what).count()
    };
    let offers = || house.outbox("sent").iter().filter(|row| row["playbook"] == "offer").count();
    until("they count as sent", async || offers() == 2).await;
    let (bytes, other) = (to("ken@old1.test").unwrap().bytes, to("mai@old2.test").unwrap().bytes);
    let [html, text] = links(&bytes, "/c/");
    assert_eq!((html.len(), &html), (2, &text), "the text part has the same links");
    for own in ["/u/", "/s/"] {
        assert!(links(&bytes, own).iter().all(|list| !list.is_empty()), "{own} is never wrapped");
    }
    assert!(links(&bytes, "docs.example/guide").iter().all(Vec::is_empty), "counted links lead over us");

    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let follow = async |url: &str| {
        let answer = client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap().to_owned())
    };
    // At the gate a program follows everything, of both mails.
    for url in html.iter().chain(&links(&other, "/c/")[0]) {
        assert_eq!(follow(url).await.0, 302);
    }
    house.at("2026-04-07T10:05:00+09:00");
    // Both links of a mail in one line: they were followed at one moment.
    let scans = || (log("old1", "Automatic click"), log("old2", "Automatic click"));
    until("the scan is recorded", async || scans() == (1, 1)).await;
    // One of the readers, twice.
    for _ in 0..2 {
        assert_eq!(follow(&html[0]).await, (302, "https://docs.example/guide?a=1&b=2".to_owned()));
    }
    house.at("2026-04-07T10:06:00+09:00");
    until("the click is recorded", async || log("old1", "Clicked") == 1).await;
    // An hour later the team hears of the one who clicked, and of nobody else.
    house.at("2026-04-07T11:30:00+09:00");
    assert!(house.post("offer", 1).await.to_string().contains("古株一"));
    let runs = || house.done(&["--lang", "en", "explain", "old2", "--playbook", "offer"]);
    until("the other run is over", async || runs().contains("skipped")).await;
    assert_eq!((house.posts("offer").len(), log("old1", "Clicked"), log("old2", "Clicked")), (1, 1, 0));
    daemon.end();
}
