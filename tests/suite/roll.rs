//! Lists are picked from the roll that is kept in memory: they name whom a look at everybody would name, whoever decided.

use shirube::{
    app::{roll::Which, shell::Shell},
    clock::Clock as _,
    insight::view::AccountView,
    model::{
        fact::FactBody,
        instant::{DAY, HOUR, Instant, day_number},
        money::{Currency, Money},
        value::{Props, Value},
    },
};

use crate::shell::{House, event, start};

/// Moves of one round, chosen by numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn of(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn keys(views: &[AccountView]) -> Vec<String> {
    views.iter().map(|view| view.key.clone()).collect()
}

/// The list as a look at everybody finds it, and how many customers there are.
async fn looked(shell: &Shell, which: Which<'_>, now: Instant) -> (Vec<String>, usize) {
    let on = |v: &AccountView| match which {
        Which::Band(name) => v.band() == name,
        Which::Ready(name) => v.readiness_band() == Some(name),
        Which::Segment(name) => *v.value(&format!("segment.{name}")) == Value::Bool(true),
        Which::Stuck => *v.value("stuck") == Value::Bool(true),
        Which::RenewalUpTo(day) => v.day("account.renewal_date").is_some_and(|on| on <= day),
        Which::Csm(key, nobody) => v.text("account.csm").map_or(nobody, |csm| csm == key),
    };
    let customers = shell.views(None, now).await.unwrap().into_iter().filter(AccountView::is_customer);
    let all: Vec<AccountView> = customers.collect();
    let listed: Vec<AccountView> = all.iter().filter(|view| on(view)).cloned().collect();
    (keys(&listed), all.len())
}

async fn agree(shell: &Shell, now: Instant, round: usize) -> usize {
    let day = now.day(&jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
    let lists = [
        Which::Band("red"),
        Which::Band("green"),
        Which::Band("unknown"),
        Which::Ready("ready"),
        Which::Segment("large"),
        Which::Segment("renews_soon"),
        Which::Segment("nobody_knows_it"),
        Which::Stuck,
        Which::RenewalUpTo(day + 30),
        Which::Csm("kei", false),
        Which::Csm("mio", true),
    ];
    let mut named = 0;
    for which in lists {
        let (views, customers) = shell.picked(which, now).await.unwrap();
        assert_eq!((keys(&views), customers), looked(shell, which, now).await, "round {round}: {which:?}");
        named += views.len();
    }
    named
}

#[tokio::test]
async fn a_list_names_whom_a_look_at_everybody_names_whoever_decided() {
    let house = House::new(&[]);
    let segments = "segments:\n  large: {when: account.mrr > 100, title: {ja: 大口, en: Large}}\n  \
                    renews_soon: {when: days_until(account.renewal_date) <= 20, title: {ja: 更新間近, en: Renews soon}}\n";
    let model = std::fs::read_to_string(house.folder.path().join("model.yaml")).unwrap();
    house.write("model.yaml", &format!("{model}{segments}"));
    // Two daemons on one store: what one decides the other has to notice.
    let (ours, other) = (house.shell().await, house.shell().await);
    let (mut dice, mut named) = (Dice(7), 0);
    for round in 0..60 {
        let by = if dice.of(3) == 0 { &other } else { &ours };
        let key = format!("a{}", dice.of(9));
        let today = day_number(start().date(&jiff::tz::TimeZone::UTC));
        let money = |n: u64| Value::Money(Money { amount_minor: n as i64, currency: Currency::JPY });
        let body = match dice.of(6) {
            0 => event("points.given", &[("points", Value::Num(dice.of(100) as f64))]),
            1 => attrs("mrr", money(dice.of(200))),
            2 => attrs("renewal_date", Value::Date(today + dice.of(60) as i32 - 10)),
            3 => attrs("csm", Value::text(["kei", "mio"][dice.of(2) as usize])),
            4 => attrs("status", Value::text(["active", "active", "churned"][dice.of(3) as usize])),
            _ => event("login", &[]),
        };
        house.record(by, Some(&key), &format!("r{round}"), body).await;
        named += agree(&ours, house.clock.now(), round).await;
        if dice.of(4) == 0 {
            house.pass(by, [HOUR, 9 * HOUR, DAY, 9 * DAY][dice.of(4) as usize]).await;
            named += agree(&ours, house.clock.now(), round).await;
        }
    }
    assert!(named > 1_000, "the lists were empty: {named}");
}

fn attrs(name: &str, value: Value) -> FactBody {
    FactBody::AccountAttrs { attrs: Props::from([(name.to_owned(), value)]) }
}
