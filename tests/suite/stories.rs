//! Candidates for customer stories: nobody is quoted who did not agree, and nobody's name stands there.

use std::{collections::BTreeMap, process::Command};

use shirube::{
    insight::stories::{Candidate, Sign},
    model::{
        fact::{Act, FactBody, Incoming},
        instant::{DAY, MINUTE},
        value::{Props, Value},
    },
};

use crate::{
    desk::{Room, room},
    foresight::start,
};

async fn record(room: &Room, account: &str, contact: Option<&str>, id: &str, body: FactBody) {
    let at = start().plus(MINUTE);
    let (account, contact) = (Some(account.to_owned()), contact.map(str::to_owned));
    let (source, event_id) = ("test".to_owned(), id.to_owned());
    let fact = Incoming { account, contact, occurred_at: at, received_at: at, source, event_id, body };
    room.live.store.append(vec![fact]).await.unwrap();
    room.shell.turn(at).await.unwrap();
}

fn nps(score: f64, comment: &str) -> FactBody {
    let props = [("kind", Value::text("nps")), ("score", Value::Num(score)), ("comment", Value::text(comment))];
    FactBody::event("survey.responded", props.map(|(n, v)| (n.to_owned(), v)).into())
}

fn yes() -> Props {
    Props::from([("quotable".to_owned(), Value::Bool(true))])
}

async fn stories(room: &Room) -> BTreeMap<String, Candidate> {
    let all = room.shell.stories(start().plus(-DAY), start().plus(DAY)).await.unwrap();
    all.into_iter().map(|c| (c.account.clone(), c)).collect()
}

fn good(text: &str) -> FactBody {
    FactBody::Command(Act::Note { text: text.into(), tags: Vec::new(), positive: true })
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_quoted_who_did_not_agree() {
    let room = room().await;
    record(&room, "a9", Some("p"), "n9", nps(9.0, "fast")).await;
    record(&room, "a10", Some("p"), "n10", nps(10.0, "kind")).await;
    record(&room, "a11", Some("p"), "n11", nps(6.0, "slow")).await;
    record(&room, "a11", None, "m11", good("they love it")).await;
    let all = stories(&room).await;
    let kept = |key: &str| all.get(key).map(|c| (c.said.len(), c.withheld));
    // Unsaid is no; who is no promoter is no candidate by that.
    for key in ["a9", "a10", "a11"] {
        if let Some(found) = kept(key) {
            assert_eq!(found, (0, 1), "{key}");
        }
    }
    assert!(all.contains_key("a9") || all.contains_key("a10"), "{:?}", all.keys());
    assert!(!format!("{all:?}").contains("Person") && !format!("{all:?}").contains("love it"), "{all:?}");
    record(&room, "a10", Some("p"), "ok10", FactBody::ContactAttrs { attrs: yes() }).await;
    record(&room, "a11", None, "ok11", FactBody::AccountAttrs { attrs: yes() }).await;
    let all = stories(&room).await;
    let said = |key: &str| all.get(key).map(|c| c.said.iter().map(|s| (s.text.clone(), s.person.clone())).collect());
    let expected: Vec<(String, Option<String>)> = vec![("kind".into(), Some("Person 10".into()))];
    assert_eq!(said("a10"), Some(expected));
    assert_eq!((all["a10"].may_name, &all["a10"].signs), (false, &vec![Sign::Promoter]));
    if let Some(found) = said("a11") {
        assert_eq!(found, [("they love it".to_owned(), None)], "a company's word, nobody's name");
    }
    // A refusal takes it back, and so does "do not contact".
    let no = Props::from([("quotable".to_owned(), Value::Bool(false))]);
    record(&room, "a10", Some("p"), "no10", FactBody::ContactAttrs { attrs: no }).await;
    assert_eq!(stories(&room).await["a10"].said, []);
}

#[test]
fn the_sheet_and_the_page_are_written_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let root = env!("CARGO_BIN_EXE_shirube");
        Command::new(root).args(args).current_dir(folder.path()).output().unwrap()
    };
    assert!(run(&["init", "."]).status.success(), "{:?}", run(&["init", "."]));
    for (file, begins) in [("s.csv", "\u{feff}キー,顧客名"), ("s.md", "# 事例の候補とお客様の声")] {
        let done = run(&["--lang", "ja", "export", "stories", "--out", file]);
        assert!(done.status.success(), "{done:?}");
        let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(text.starts_with(begins), "{text}");
    }
}
