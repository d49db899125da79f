//! A playbook's second mail answers its first.

use std::fs;

use super::house::House;

const TALK: &str = "playbook: talk\ntitle: {ja: 続き, en: Talk}\nfor: account\nclass: service\nstart: {on: talk.due}\n\
    to: {role: [buyer, admin], first: 1}\nsteps:\n  - {id: first, email: onboarding/welcome}\n  - {id: rest, wait: 4d}\n\
    \x20 - {id: second, email: talk/more, thread: true}\n";

fn header(mail: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(mail).replace("\r\n ", " ");
    text.lines().find_map(|l| l.strip_prefix(&format!("{name}: "))).map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_continues_another_keeps_its_subject_and_names_it() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    fs::remove_file(house.dir.join("playbooks/onboarding.yaml")).unwrap();
    fs::remove_file(house.dir.join("playbooks/onboarding.test.yaml")).unwrap();
    fs::write(house.dir.join("playbooks/talk.yaml"), TALK).unwrap();
    fs::create_dir_all(house.dir.join("templates/talk")).unwrap();
    for locale in ["ja", "en"] {
        let text = "---\nsubject: something else\ntopic: onboarding\n---\nAnything new?\n";
        fs::write(house.dir.join(format!("templates/talk/more.{locale}.md")), text).unwrap();
    }
    house.done(&["tick"]);
    // The kit lets one mail a day through: the first goes on the next day.
    house.at("2026-04-08T10:00:00+09:00");
    house.done(&["event", "talk.due", "acme"]);
    house.done(&["tick"]);
    house.at("2026-04-13T10:00:00+09:00");
    house.done(&["tick"]);
    let mails = house.smtp.accepted();
    assert_eq!(mails.len(), 2, "{}", house.done(&["outbox", "list"]));
    let (first, second) = (&mails[0].bytes, &mails[1].bytes);
    let id = header(first, "Message-ID").unwrap();
    assert_eq!(header(second, "In-Reply-To"), Some(id.clone()));
    assert_eq!(header(second, "References"), Some(id));
    assert_eq!(header(first, "In-Reply-To"), None);
    let subject =
        |mail: &[u8]| mail_parser::MessageParser::default().parse(mail).unwrap().subject().unwrap().to_owned();
    assert_eq!(subject(second), format!("Re: {}", subject(first)));
}
