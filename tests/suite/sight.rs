//! Whoever may see a part of the customers gets for the others exactly what there is for names that nobody has.

use std::{collections::BTreeSet, sync::Arc};

use shirube::{
    command::{
        desk::{self, Asker, Click},
        office::Office,
        reply::{Form, Press, Reply, Target},
        roles::{Place, Role},
        spec::{Arg, SPECS, Spec, Written},
    },
    model::{
        fact::Act,
        instant::MINUTE,
        locale::Locale,
        message::{Action, OutboxState},
        world::{Away, OWN},
    },
};

use crate::{
    desk::{rows, text},
    foresight::{Live, live_edited, start},
};

struct House {
    live: Live,
    office: Office,
}

fn asker(who: &str, role: Role) -> Asker {
    Asker { who: format!("slack:{who}"), role, place: Place::Direct, locale: Locale::En, account: None }
}

/// Mio is the CSM of a1 and acts for Ren, who has a3.
/// Everybody else is Kei's. `sees` is Mio's.
async fn house(sees: &[&str]) -> House {
    // The role of a manager is a column of the sheet.
    let live = live_edited("    last_login_on: date", "    manager: text\n    last_login_on: date").await;
    let shell = Arc::clone(&live.shell);
    let sees: Vec<String> = sees.iter().map(|word| (*word).to_owned()).collect();
    let until = start().day(&shell.rulebook().model.workspace.zone) + 3;
    shell
        .change_world(|world| {
            world.people = ["kei", "mio", "ren"].map(|key| (key.to_owned(), key.to_uppercase())).into();
            world.handles = ["kei", "mio", "ren"].map(|key| (format!("slack:{key}"), key.to_owned())).into();
            world.sees.insert("mio".to_owned(), sees.clone());
            world.away.insert("ren".to_owned(), Away { until, deputy: "mio".to_owned() });
        })
        .await
        .unwrap();
    shell.turn(start()).await.unwrap();
    for (account, person) in [("a1", "mio"), ("a3", "ren")] {
        let to = person.to_owned();
        let what = "account".to_owned();
        shirube::command::act::act(&shell, &asker("kei", Role::Admin), account, Act::Assign { what, to })
            .await
            .unwrap();
    }
    let open = Act::OpenTask { reason: "hidden".into(), text: "secret task".into(), owner: "mio".into(), due: None };
    shirube::command::act::act(&shell, &asker("kei", Role::Admin), "a4", open).await.unwrap();
    shell.turn(start().plus(MINUTE)).await.unwrap();
    House { office: Office(Arc::clone(&shell)), live }
}

/// How `spec` is written about an account of this name; every parameter given.
fn written(spec: &Spec, name: &str) -> String {
    let value = |arg: &Arg| match arg.name {
        "account" | "target" => format!("\"{name}\""),
        "playbook" => "onboarding".to_owned(),
        "person" | "deputy" => "kei".to_owned(),
        "whose" => "mine".to_owned(),
        "until" => "2026-06-30".to_owned(),
        "band" => "red".to_owned(),
        "length" => "7d".to_owned(),
        "month" => "2026-04".to_owned(),
        "segment" => "at_risk".to_owned(),
        "outcome" => "churn".to_owned(),
        "reason" => "7d went quiet".to_owned(),
        _ => "words".to_owned(),
    };
    let word = |arg: &Arg| match arg.written {
        Written::Word | Written::Words => Some(value(arg)),
        Written::After("--contact") => None,
        Written::After(flag) => Some(format!("{flag} {}", value(arg))),
        Written::Flag(flag) => Some(flag.to_owned()),
    };
    std::iter::once(spec.name.to_owned()).chain(spec.args.iter().filter_map(word)).collect::<Vec<_>>().join(" ")
}

fn plain(reply: &Reply, name: &str) -> String {
    serde_json::to_string(reply).unwrap().replace(name, "NAME")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_answers_for_an_account_out_of_sight_as_for_one_that_does_not_exist() {
    let house = house(&[OWN]).await;
    let names_one = |spec: &Spec| spec.args.iter().any(|arg| ["account", "target"].contains(&arg.name));
    let mut compared = 0;
    for role in [Role::Viewer, Role::Operator, Role::Admin] {
        let who = asker("mio", role);
        for spec in SPECS {
            // By its key and by its name; as near to those in sight as the other.
            for (hidden, unknown) in [("a4", "ax"), ("Customer 4", "Customer x"), ("customer 4", "customer x")] {
                let hers = desk::ask(&house.office, &who, &written(spec, hidden)).await;
                let nobody = desk::ask(&house.office, &who, &written(spec, unknown)).await;
                for n in [0, 4, 6, 7, 8, 9, 10, 11] {
                    let said = plain(&hers, hidden);
                    let told = said.contains(&format!("Customer {n}\"")) || said.contains(&format!("\"a{n}\""));
                    assert!(!told && !said.contains("secret task"), "{}: {said}", spec.name);
                }
                assert_eq!(plain(&hers, hidden), plain(&nobody, unknown), "{role:?} {}", written(spec, hidden));
                if names_one(spec) {
                    assert!(hers.refused || spec.role > role, "{}: {hers:?}", spec.name);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 100, "{compared}");
    // Nothing of it was recorded, and to others the account is there.
    let kei = asker("kei", Role::Operator);
    assert!(!desk::ask(&house.office, &kei, "health a4").await.refused);
    house.live.shell.turn(start().plus(2 * MINUTE)).await.unwrap();
    assert!(!text(&desk::ask(&house.office, &kei, "timeline a4").await).contains("went quiet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_forms_and_completion_know_of_no_other_account_either() {
    let house = house(&[OWN]).await;
    let who = asker("mio", Role::Operator);
    let id = house.live.store.account_by_key("a4").await.unwrap().unwrap().id;
    let press = async |action: Action, account: &str| {
        let target = Target { account: account.to_owned(), what: "digest:at_risk".to_owned() };
        let wire = Press::Act(action, target).to_wire();
        plain(&desk::press(&house.office, &who, &wire).await, account)
    };
    let numbered = |n: i64| format!("#{n}");
    for action in [Action::Ack, Action::Snooze, Action::Assign] {
        assert_eq!(press(action, "a4").await, press(action, "ax").await);
        let by_number = Click { action, target: Target { account: numbered(id.0), what: "account".to_owned() } };
        let wire = Press::Act(by_number.action, by_number.target).to_wire();
        let said = plain(&desk::press(&house.office, &who, &wire).await, "NAME");
        assert!(!said.contains("a4") && !said.contains("Customer 4"), "{said}");
    }
    for form in [Form::Note, Form::Snooze, Form::Assign] {
        let open = async |account: &str| {
            let target = Target { account: account.to_owned(), what: "account".to_owned() };
            desk::open(&house.office, &who, &Press::Form(form, target).to_wire()).await.is_some()
        };
        assert_eq!((open("a1").await, open("a4").await, open("ax").await), (true, false, false));
    }
    let shown: BTreeSet<String> = desk::suggest(&house.office, &who, "cust").await.into_iter().collect();
    assert_eq!(shown, ["Customer 1", "Customer 3"].map(str::to_owned).into());
    assert_eq!(desk::suggest(&house.office, &asker("kei", Role::Viewer), "cust").await.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_figures_hold_what_the_asker_sees_and_nothing_else() {
    let house = house(&[OWN]).await;
    let ask = async |who: &str, asked: &str| desk::ask(&house.office, &asker(who, Role::Admin), asked).await;
    let home = text(&desk::home(&house.office, &asker("mio", Role::Viewer)).await);
    assert!(home.contains("Customer 1") && home.contains("Customer 3") && !home.contains("Customer 4"), "{home}");
    let renewals = async |who: &str| rows(&ask(who, "renewals 365d").await).len();
    assert_eq!((renewals("mio").await, renewals("kei").await), (2, 12));
    assert!(text(&ask("kei", "tasks mio").await).contains("secret task"));
    assert!(!text(&ask("mio", "tasks").await).contains("secret task"));
    let customers = async |who: &str| text(&ask(who, "kpi 2026-05 by plan").await);
    assert_ne!(customers("mio").await, customers("kei").await);
    let effect = async |who: &str| text(&ask(who, "effect onboarding").await);
    assert_ne!(effect("mio").await, effect("kei").await);
    // The day in numbers.
    let day = async |who: &str| text(&ask(who, "today").await);
    assert_ne!(day("mio").await, day("kei").await);
    // What is held is counted, and let go by somebody who sees it all.
    ask("mio", "pause all").await;
    let held = house.live.store.outbox(Some(OutboxState::Held), None, 1_000).await.unwrap().len();
    let refused = ask("mio", "resume all --yes").await;
    assert!(refused.refused && refused.title.contains("beyond those you see"), "{refused:?}");
    assert!(ask("mio", "approve onboarding --yes").await.refused);
    let still = house.live.store.outbox(Some(OutboxState::Held), None, 1_000).await.unwrap().len();
    assert_eq!(still, held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_is_own_accounts_segments_or_both_and_follows_what_changes() {
    let house = house(&[]).await;
    let shell = &house.live.shell;
    let sees = async |list: &[&str]| -> Vec<String> {
        let list: Vec<String> = list.iter().map(|word| (*word).to_owned()).collect();
        shell.change_world(|world| drop(world.sees.insert("mio".to_owned(), list.clone()))).await.unwrap();
        let names = desk::suggest(&house.office, &asker("mio", Role::Viewer), "").await;
        names.into_iter().map(|name| name.replace("Customer ", "")).collect()
    };
    assert!(sees(&[]).await.is_empty(), "nothing named, nobody seen");
    assert!(sees(&["no_such_segment"]).await.is_empty());
    assert_eq!(sees(&[OWN]).await, ["1", "3"]);
    let segment =
        shell.rulebook().model.segments.iter().map(|s| s.name.clone()).find(|name| name == "undisturbed").unwrap();
    assert_eq!(sees(&[&segment]).await.len(), 12);
    // The deputy sees what they stand in for until the absence is over, and what becomes theirs.
    shell.change_world(|world| world.away.clear()).await.unwrap();
    assert_eq!(sees(&[OWN]).await, ["1"]);
    let manager = shirube::model::fact::FactBody::AccountAttrs {
        attrs: [("manager".to_owned(), shirube::model::value::Value::text("mio"))].into(),
    };
    let at = start().plus(2 * MINUTE);
    let fact = shirube::model::fact::Incoming {
        account: Some("a2".to_owned()),
        contact: None,
        occurred_at: at,
        received_at: at,
        source: "csv:later".to_owned(),
        event_id: "manager".to_owned(),
        body: manager,
    };
    house.live.store.append(vec![fact]).await.unwrap();
    shell.turn(at).await.unwrap();
    assert_eq!(sees(&[OWN]).await, ["1", "2"], "an owner in any role");
    // Whoever nobody's rule names sees everybody.
    assert_eq!(desk::suggest(&house.office, &asker("kei", Role::Viewer), "").await.len(), 12);
}
