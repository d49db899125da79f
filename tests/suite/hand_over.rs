//! Everything of one colleague goes to another.

use std::sync::Arc;

use shirube::{
    command::{
        desk::{Asker, Desk},
        office::Office,
        parse::parse,
        reply::{Part, Press},
        roles::{Place, Role},
    },
    model::{fact::Act, instant::MINUTE, locale::Locale},
};

use crate::foresight::{Live, live, start};

fn asker() -> Asker {
    Asker {
        who: "terminal:cli".to_owned(),
        role: Role::Operator,
        place: Place::Direct,
        locale: Locale::En,
        account: None,
    }
}

async fn staffed() -> Live {
    let live = live().await;
    let people: std::collections::BTreeMap<String, String> =
        [("kei", "Yamada Kei"), ("mio", "Sasaki Mio")].map(|(key, name)| (key.to_owned(), name.to_owned())).into();
    live.shell.change_world(|world| world.people.clone_from(&people)).await.unwrap();
    live.shell.turn(start()).await.unwrap();
    live
}

async fn owners(live: &Live) -> Vec<String> {
    let views = live.shell.views(None, start().plus(MINUTE)).await.unwrap();
    views.iter().map(|view| view.state.attr_text("csm").unwrap_or_default().to_owned()).collect()
}

/// Twelve customers had to be assigned one by one, and their tasks stayed behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_who_leaves_hands_over_customers_and_open_tasks_at_once() {
    let live = staffed().await;
    let shell = Arc::clone(&live.shell);
    let office = Office(Arc::clone(&shell));
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    ask("note a4 \"called them\"").await;
    let order = Act::OpenTask { reason: "x".into(), text: "Call them".into(), owner: "kei".into(), due: None };
    shirube::command::act::record(&shell, &asker(), Some("a4"), None, order.clone()).await.unwrap();
    shirube::command::act::record(&shell, &asker(), None, None, order).await.unwrap();
    shell.turn(start().plus(MINUTE)).await.unwrap();
    let tasks = async |owner: &str| shell.store.open_tasks(Some(owner)).await.unwrap().len();
    let (before, audited) = (tasks("kei").await, live.store.audit_log(1_000).await.unwrap().len());
    assert!(before >= 2, "of a customer and of the team");

    let seen = ask("assign --all-of kei mio").await;
    assert_eq!(seen.title, format!("12 customers and {before} open tasks of Yamada Kei would go to Sasaki Mio"));
    let sure = Press::Ask("assign --all-of kei mio --yes".to_owned());
    assert!(seen.parts.iter().any(|p| matches!(p, Part::Buttons(all) if all.iter().any(|b| b.press == sure))));
    shell.turn(start().plus(2 * MINUTE)).await.unwrap();
    assert!(owners(&live).await.iter().all(|owner| owner == "kei"), "a preview handed over");

    let said = ask("assign --all-of kei mio --yes").await;
    assert_eq!(said.title, format!("12 customers and {before} open tasks of Yamada Kei went to Sasaki Mio."));
    shell.turn(start().plus(3 * MINUTE)).await.unwrap();
    assert!(owners(&live).await.iter().all(|owner| owner == "mio"));
    assert_eq!((tasks("kei").await, tasks("mio").await), (0, before));
    let log = live.store.audit_log(1_000).await.unwrap();
    assert_eq!(log.len(), audited + 1, "one line an act");
    assert!(log.iter().any(|line| line.what == "hand over" && line.object == "kei → mio"));
    let timeline = ask("timeline a4").await;
    let told = |part: &Part| format!("{part:?}").contains("Handed over: @kei → @mio");
    assert!(timeline.parts.iter().any(told), "{:?}", timeline.parts);
    let again = ask("assign --all-of kei mio").await;
    assert!(again.refused && again.title.starts_with("Yamada Kei looks after no customer"), "{}", again.title);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_names_a_colleague_and_a_role_that_exist() {
    let live = staffed().await;
    let office = Office(Arc::clone(&live.shell));
    let ask = async |text: &str| office.answer(&asker(), parse(text).unwrap().command).await;
    for (text, part) in [
        ("assign --all-of kei nobody --yes", "kei, mio"),
        ("assign --all-of kei kei --yes", "name somebody else"),
        ("assign --all-of kei mio champion --yes", "csm, manager"),
        ("assign --all-of mio kei", "looks after no customer"),
        ("assign --all-of kei mio manager", "looks after no customer"),
    ] {
        let reply = ask(text).await;
        assert!(reply.refused && reply.title.contains(part), "{text}: {}", reply.title);
    }
    // Only the role that was named: the tasks of other customers stay.
    live.shell.change_world(|world| world.capacity = [("mio".to_owned(), 5)].into()).await.unwrap();
    let seen = ask("assign --all-of kei mio csm").await;
    assert!(
        seen.parts.iter().any(|p| format!("{p:?}").contains("Sasaki Mio looks after 12 accounts, 5 are manageable"))
    );
}
