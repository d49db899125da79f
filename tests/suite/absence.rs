//! Somebody is away: their deputy gets what is new, and it ends by itself.

use std::{collections::BTreeMap, sync::Arc};

use shirube::{
    command::{
        desk::{Asker, Desk},
        office::Office,
        parse::parse,
        roles::{Place, Role},
    },
    model::{
        fact::Act,
        instant::{DAY, MINUTE},
        locale::Locale,
        world::{Away, World},
    },
};

use crate::foresight::{live, start};

fn away(list: &[(&str, i32, &str)]) -> World {
    let one = |(who, until, deputy): &(&str, i32, &str)| {
        ((*who).to_owned(), Away { until: *until, deputy: (*deputy).to_owned() })
    };
    World { away: list.iter().map(one).collect(), ..World::default() }
}

#[test]
fn a_deputy_acts_until_the_last_day_and_so_does_the_deputy_of_a_deputy() {
    let world = away(&[("kei", 10, "mio"), ("mio", 8, "ren")]);
    let on_duty = |day| world.on_duty("kei", day).to_owned();
    assert_eq!([on_duty(8), on_duty(9), on_duty(10), on_duty(11)], ["ren", "mio", "mio", "kei"]);
    assert_eq!((world.acts_for("ren", 8), world.acts_for("mio", 9)), (vec!["kei", "mio"], vec!["kei"]));
    assert!(world.acts_for("ren", 9).is_empty() && world.acts_for("mio", 11).is_empty());
    // All of them at once: nobody's work goes round in circles.
    let world = away(&[("kei", 10, "mio"), ("mio", 10, "kei")]);
    assert_eq!((world.on_duty("kei", 9), world.on_duty("mio", 9)), ("kei", "mio"));
    assert!(world.acts_for("kei", 9).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_whoever_is_away_go_to_the_deputy_and_both_are_told() {
    let live = live().await;
    let shell = Arc::clone(&live.shell);
    let zone = shell.rulebook().model.workspace.zone.clone();
    let people: BTreeMap<String, String> =
        [("kei", "Yamada Kei"), ("mio", "Sasaki Mio")].map(|(key, name)| (key.to_owned(), name.to_owned())).into();
    let absence = Away { until: start().day(&zone) + 1, deputy: "mio".to_owned() };
    let open = |owner: &str, text: &str| Act::OpenTask {
        reason: text.into(),
        text: text.into(),
        owner: owner.into(),
        due: None,
    };
    let asker = |who: &str| Asker {
        who: format!("slack:{who}"),
        role: Role::Operator,
        place: Place::Direct,
        locale: Locale::En,
        account: None,
    };
    shell
        .change_world(|world| {
            world.people.clone_from(&people);
            world.handles = ["kei", "mio"].map(|key| (format!("slack:{key}"), key.to_owned())).into();
        })
        .await
        .unwrap();
    shell.turn(start()).await.unwrap();
    let give = async |act: Act| {
        shirube::command::act::record(&shell, &asker("mio"), Some("a4"), None, act).await.unwrap();
    };
    give(open("csm", "before")).await;
    shell.turn(start().plus(MINUTE)).await.unwrap();
    shell.change_world(|world| world.away = [("kei".to_owned(), absence.clone())].into()).await.unwrap();
    give(open("csm", "meanwhile")).await;
    give(open("kei", "by name")).await;
    shell.turn(start().plus(2 * MINUTE)).await.unwrap();
    let texts = async |owner: &str| -> Vec<String> {
        let tasks = shell.store.open_tasks(Some(owner)).await.unwrap();
        tasks.into_iter().map(|(_, task)| task.reason).collect()
    };
    assert!(texts("kei").await.contains(&"before".to_owned()));
    for new in ["meanwhile", "by name"] {
        assert!(texts("mio").await.contains(&new.to_owned()) && !texts("kei").await.contains(&new.to_owned()), "{new}");
    }
    let office = Office(Arc::clone(&shell));
    let ask = async |who: &str, text: &str| {
        format!("{:?}", office.answer(&asker(who), parse(text).unwrap().command).await.parts)
    };
    let today = ask("mio", "today").await;
    assert!(today.contains("Yamada Kei is away until") && today.contains("before"), "{today}");
    let own = ask("kei", "today").await;
    assert!(own.contains("New tasks and messages go to Sasaki Mio"), "{own}");
    let health = ask("mio", "health a4").await;
    assert!(health.contains("Yamada Kei (away; Sasaki Mio acts)"), "{health}");
    // The second day is the last one.
    live.clock.set(start().plus(2 * DAY));
    shell.turn(start().plus(2 * DAY)).await.unwrap();
    give(open("csm", "after")).await;
    shell.turn(start().plus(2 * DAY + MINUTE)).await.unwrap();
    assert!(texts("kei").await.contains(&"after".to_owned()));
}
