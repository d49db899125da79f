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

/// `away` and `back` as people type them.
#[tokio::test(flavor = "multi_thread")]
async fn an_absence_is_told_by_command_and_the_later_word_holds() {
    let live = live().await;
    let shell = Arc::clone(&live.shell);
    let today = start().day(&shell.rulebook().model.workspace.zone);
    let filed = |until: i32, deputy: &str| Away { until: today + until, deputy: deputy.to_owned() };
    let read_config = async |away: &[(&str, Away)]| {
        let away: BTreeMap<String, Away> = away.iter().map(|(key, away)| ((*key).to_owned(), away.clone())).collect();
        let people = ["kei", "mio", "ren"].map(|key| (key.to_owned(), key.to_uppercase()));
        shell
            .change_world(|world| {
                world.people = people.clone().into();
                world.handles = ["kei", "mio", "ren"].map(|key| (format!("slack:{key}"), key.to_owned())).into();
                world.away_filed.clone_from(&away);
                world.settle_away(today);
            })
            .await
            .unwrap();
    };
    read_config(&[]).await;
    let office = Office(Arc::clone(&shell));
    let ask = async |who: &str, role: Role, text: &str| {
        let asker =
            Asker { who: format!("slack:{who}"), role, place: Place::Direct, locale: Locale::En, account: None };
        shirube::command::desk::ask(&office, &asker, text).await
    };
    let deputy = |key: &str| shell.world().on_duty(key, today).to_owned();

    let set = ask("kei", Role::Operator, "away until 2026-05-29 deputy mio").await;
    assert_eq!(set.title, "KEI is away until 2026-05-29. New tasks and messages go to MIO. Back earlier: /cs back");
    assert!(set.parts.is_empty() && deputy("kei") == "mio");
    // It outlives a restart, and the file that says nothing of it.
    assert_eq!(live.store.world().await.unwrap().away["kei"].deputy, "mio");
    read_config(&[]).await;
    assert_eq!(deputy("kei"), "mio");
    // A word in the file that is newer holds; told again, the command does.
    read_config(&[("kei", filed(4, "ren"))]).await;
    assert_eq!(deputy("kei"), "ren");
    ask("kei", Role::Operator, "away until 5/29 deputy mio").await;
    read_config(&[("kei", filed(4, "ren"))]).await;
    assert_eq!(deputy("kei"), "mio");
    // Back: also from what the file says, until that is changed.
    assert!(ask("kei", Role::Operator, "back").await.title.starts_with("Welcome back"));
    read_config(&[("kei", filed(4, "ren"))]).await;
    assert_eq!(deputy("kei"), "kei");
    let twice = ask("kei", Role::Operator, "back").await;
    assert!(twice.refused && twice.title == "KEI is not away.", "{twice:?}");
    read_config(&[("kei", filed(5, "ren"))]).await;
    assert_eq!(deputy("kei"), "ren");

    // Mutual, and a chain.
    read_config(&[]).await;
    ask("mio", Role::Operator, "away until 2026-05-25 deputy ren").await;
    let chain = format!("{:?}", ask("kei", Role::Operator, "away until 2026-05-29 deputy mio").await.parts);
    assert!(chain.contains("MIO is away until 2026-05-25, too; meanwhile it goes to REN."), "{chain}");
    let circle = format!("{:?}", ask("ren", Role::Operator, "away until 2026-05-22 deputy kei").await.parts);
    assert!(circle.contains("KEI is away until 2026-05-29, too, and nobody acts for either of you"), "{circle}");
    assert!(circle.contains("They act for MIO, who is away; nobody does now."), "{circle}");

    // Others' absences are an admin's; what is no absence is refused, and nothing is changed.
    let before = live.store.world().await.unwrap();
    for (role, text, says) in [
        (Role::Operator, "away --for mio until 2026-05-29 deputy ren", "Only an admin"),
        (Role::Operator, "back --for mio", "Only an admin"),
        (Role::Operator, "away until 2026-05-19 deputy mio", "2026-05-19 is over"),
        (Role::Operator, "away until Friday deputy mio", "“Friday” is no date"),
        (Role::Operator, "away until 2026-05-29 deputy kei", "Nobody acts for themselves"),
        (Role::Operator, "away until 2026-05-29 deputy bob", "bob"),
        (Role::Viewer, "away until 2026-05-29 deputy mio", "Nothing of that name"),
    ] {
        let said = ask("kei", role, text).await;
        assert!(said.refused && said.title.contains(says), "{text}: {said:?}");
    }
    let stranger = ask("somebody", Role::Operator, "away until 2026-05-29 deputy mio").await;
    assert!(stranger.title.contains("You are not among the people"), "{stranger:?}");
    assert_eq!(live.store.world().await.unwrap(), before);
    assert!(!ask("kei", Role::Admin, "back --for mio").await.refused && deputy("mio") == "mio");
    let log: Vec<String> = live
        .store
        .audit_log(20)
        .await
        .unwrap()
        .into_iter()
        .map(|line| format!("{} {}", line.what, line.object))
        .collect();
    assert!(log.contains(&"back mio".to_owned()) && log.contains(&"away kei → mio, 2026-05-29".to_owned()), "{log:?}");
}
