//! Stories about the starter kit.

use std::{fmt::Write as _, sync::Arc};

use shirube::{
    model::fact::{Act, FactBody},
    model::ids::AccountId,
    source::table::Kind,
    store::api::Store,
};

use super::{World, tell_all};
use crate::smtp::sink::{At, Fault};

tell_all!(
    who_sets_everything_up_is_praised_and_who_does_not_is_guided,
    a_relay_that_refuses_for_a_while_gets_every_mail_once,
    customers_who_all_fall_silent_at_once_are_not_written_to,
    years_of_events_that_came_after_the_customers_congratulated_and_alarmed_everybody,
    a_good_voice_that_was_noted_counted_nowhere,
);

const NEWCOMERS: &str = "key,name,contract_start,status,touch,email,contact_name,role,locale\n\
    acme,株式会社アクメ,2026-04-01,active,tech,yui@acme.test,佐藤結衣,admin,ja\n\
    beta,Beta Inc.,2026-04-01,active,tech,ben@beta.test,Ben,admin,en\n";

async fn who_sets_everything_up_is_praised_and_who_does_not_is_guided(store: Arc<dyn Store>) {
    World::tell(store, "2026-04-01T10:00:00+09:00", async |world| {
        world.import(Kind::Accounts, NEWCOMERS).await;
        world.sent("welcome").await.times(2);
        for step in 1..=4 {
            world.event("acme", "setup.step_done", &[("step", f64::from(step))]).await;
        }
        world.days(3).await;
        world.sent("praise").await.to("yui@acme.test");
        world.sent("guide").await.to("ben@beta.test");
        // Who is stuck is shown to the team, once.
        world.days(7).await;
        let told = world.posted().into_iter().filter(|text| text.contains("Beta Inc.")).count();
        assert!(told >= 1, "{:?}", world.posted());
        // Whoever set everything up is good news and nothing else.
        let acme: Vec<String> = world.posted().into_iter().filter(|text| text.contains("アクメ")).collect();
        assert!(acme.iter().all(|text| text.contains("うれしい知らせ")), "{acme:?}");
        // The same sheet again is no news.
        world.import(Kind::Accounts, NEWCOMERS).await;
        world.sent("welcome").await.times(2);
    })
    .await;
}

async fn a_relay_that_refuses_for_a_while_gets_every_mail_once(store: Arc<dyn Store>) {
    World::tell(store, "2026-04-01T10:00:00+09:00", async |world| {
        world.relay_fails(At::Rcpt, Fault::Reply("451 4.3.0 try again later".into()), 2);
        world.import(Kind::Accounts, NEWCOMERS).await;
        world.hours(6).await;
        world.sent("welcome").await.times(2);
    })
    .await;
}

/// First the customers, then their history: what happened before anybody here knew of them is no news.
async fn years_of_events_that_came_after_the_customers_congratulated_and_alarmed_everybody(store: Arc<dyn Store>) {
    World::tell(store, "2026-04-01T10:00:00+09:00", async |world| {
        let sheet = "key,name,contract_start,status,touch,email,contact_name,role,locale\n\
            acme,株式会社アクメ,2025-02-01,active,tech,yui@acme.test,佐藤結衣,admin,ja\n\
            beta,Beta Inc.,2025-02-01,active,tech,ben@beta.test,Ben,admin,en\n";
        world.import(Kind::Accounts, sheet).await;
        world.hours(2).await;
        let mut events = String::from("account_key,event,date,step\n");
        for step in 1..=4 {
            writeln!(
                events,
                "acme,setup.step_done,2025-02-0{step},{step}\nbeta,setup.step_done,2025-02-0{step},{step}"
            )
            .unwrap();
        }
        events.push_str("acme,invoice.sent,2025-03-01,\nacme,login,2025-03-02,\nbeta,login,2025-03-02,\n");
        world.import(Kind::Events, &events).await;
        world.hours(23).await;
        assert!(world.mail.accepted().is_empty(), "{:?}", world.mail.accepted());
        let about = |text: &&String| text.contains("アクメ") || text.contains("Beta");
        assert_eq!(world.posted().iter().filter(about).count(), 0, "{:?}", world.posted());
        // From here on what happens is news.
        world.event("beta", "invoice.sent", &[]).await;
        world.days(2).await;
        world.sent("congratulate").await.to("ben@beta.test");
        world.sent("congratulate").await.times(1);
    })
    .await;
}

/// What shirube records while it takes facts in (a note, a colleague's new role) was not counted by any metric: the third
/// part of the health score never moved.
async fn a_good_voice_that_was_noted_counted_nowhere(store: Arc<dyn Store>) {
    World::tell(store, "2026-04-01T10:00:00+09:00", async |world| {
        world.import(Kind::Accounts, NEWCOMERS).await;
        world.hours(1).await;
        let voice = async |world: &World| {
            let views = world.shell().views(None, world.now()).await.unwrap();
            let acme = views.iter().find(|view| view.key == "acme").unwrap();
            let part = acme.components().iter().find(|c| c.name == "voice").unwrap();
            (acme.number("metric.positive_90d"), part.points)
        };
        assert_eq!(voice(world).await, (Some(0.0), 0.0));
        let said = Act::Note { text: "they love it".into(), tags: Vec::new(), positive: true };
        world.says("acme", None, FactBody::Command(said)).await;
        world.hours(1).await;
        assert_eq!(voice(world).await, (Some(1.0), 1.0), "once, and not once more with every look");
        world.hours(30).await;
        assert_eq!(voice(world).await, (Some(1.0), 1.0));
    })
    .await;
}

const CUSTOMERS: usize = 24;

/// Two dozen customers of long standing, each of whom logs in on every working day.
async fn customers_who_all_fall_silent_at_once_are_not_written_to(store: Arc<dyn Store>) {
    World::tell(store, "2026-05-11T08:00:00+09:00", async |world| {
        let mut sheet = String::from("key,name,contract_start,status,touch,email,contact_name,role,locale\n");
        for n in 0..CUSTOMERS {
            writeln!(sheet, "c{n},会社{n},2024-04-01,active,tech,ken@c{n}.test,田中,admin,ja").unwrap();
        }
        world.import(Kind::Accounts, &sheet).await;
        // Five weeks in which one customer in ten stays away on any day.
        for day in 0..35 {
            if day % 7 == 0 {
                world.import(Kind::Accounts, &sheet).await;
            }
            if day % 7 < 5 {
                for n in (0..CUSTOMERS).filter(|n| (n + day) % 10 != 0) {
                    world.event(&format!("c{n}"), "login", &[]).await;
                }
            }
            world.days(1).await;
        }
        assert_eq!(world.shell().world().quiet, None, "ordinary weeks are not quiet");
        // Then the tracking breaks: nobody is seen for more than two weeks, while the sheet still comes.
        for _ in 0..16 {
            world.import(Kind::Accounts, &sheet).await;
            world.days(1).await;
        }
        let quiet = world.shell().world().quiet.clone();
        assert!(quiet.as_ref().is_some_and(|q| q.share > 0.9 && q.usual < 0.2), "{quiet:?}");
        world.sent("invite").await.never();
        // It is mended: one day of logins, and what was held goes on.
        for n in 0..CUSTOMERS {
            world.event(&format!("c{n}"), "login", &[]).await;
        }
        world.days(1).await;
        let world_now = world.shell().world();
        assert_eq!((world_now.quiet.clone(), world_now.stale.len()), (None, 0));
        world.sent("invite").await.never();
        let told = world.shell().store.timeline(AccountId::WORKSPACE, 1_000).await.unwrap();
        let alerts = told.iter().filter(|f| matches!(&f.body, FactBody::Event { name, .. } if name == "feed.stale"));
        assert_eq!(alerts.count(), 1, "one alert");
        let posted = world.posted().into_iter().filter(|text| text.contains("一斉に使わなくなりました")).count();
        assert_eq!(posted, 1, "and the team read it once");
    })
    .await;
}
