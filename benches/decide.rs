//! One decision of the starter kit on an account that is used every working day, without store.
//!
//! `cargo bench --bench decide` prints microseconds a decision (bar: 20) and how many of them are evaluation.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and may fail")]

use std::{path::Path, time::Instant as Stopwatch};

use shirube::{
    app::reload::read_project,
    engine,
    model::{
        fact::{Fact, FactBody},
        ids::AccountId,
        instant::{DAY, HOUR, Instant, day_number},
        value::{Props, Value},
        world::World,
    },
    rulebook::{load::load, types::Rulebook},
    simulate::account::Account,
};

fn main() {
    let full = std::env::args().any(|arg| arg == "--bench");
    let files = read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let rulebook = Rulebook { number: 1, ..load(&files).0.unwrap() };
    let world = World::default();
    let now = Instant::parse("2026-05-20T10:30:00+09:00").unwrap();
    let mut account = customer(&rulebook, now);
    account.advance(&world, &rulebook, now).unwrap();
    account.record(login(now.plus(HOUR), now.plus(HOUR)));
    let at = now.plus(HOUR);
    let snapshot = account.snapshot(at);
    let rounds = if full { 20_000 } else { 5 };
    let watch = Stopwatch::now();
    for _ in 0..rounds {
        std::hint::black_box(engine::decide(std::hint::black_box(&snapshot), &world, &rulebook, at));
    }
    let micros = watch.elapsed().as_secs_f64() * 1e6 / f64::from(rounds);
    let body = serde_json::to_string(&snapshot.state).unwrap();
    let watch = Stopwatch::now();
    for _ in 0..rounds {
        let state: shirube::model::state::AccountState = serde_json::from_str(std::hint::black_box(&body)).unwrap();
        std::hint::black_box(serde_json::to_string(&state).unwrap());
    }
    let json = watch.elapsed().as_secs_f64() * 1e6 / f64::from(rounds);
    println!(
        "decide: {micros:.1} us an account (bar 20); its state of {} bytes read and written: {json:.1} us",
        body.len()
    );
}

fn login(at: Instant, received: Instant) -> Fact {
    fact(at, received, FactBody::event("login", Props::new()))
}

fn fact(at: Instant, received: Instant, body: FactBody) -> Fact {
    Fact {
        seq: 0,
        account: AccountId(1),
        contact: None,
        occurred_at: at,
        received_at: received,
        source: "csv:bench".to_owned(),
        event_id: format!("{}-{}", at.0, received.0),
        body,
    }
}

/// A customer of four months who logs in every day.
fn customer(rulebook: &Rulebook, now: Instant) -> Account {
    let today = day_number(now.date(&rulebook.model.workspace.zone));
    let attrs = Props::from([
        ("name".to_owned(), Value::text("ベンチ株式会社")),
        ("status".to_owned(), Value::text("active")),
        ("touch".to_owned(), Value::text("tech")),
        ("contract_start".to_owned(), Value::Date(today - 120)),
        ("renewal_date".to_owned(), Value::Date(today + 245)),
    ]);
    let mut account = Account::new(AccountId(1), "bench");
    let start = now.plus(-120 * DAY);
    account.record(fact(start, start, FactBody::AccountAttrs { attrs }));
    for day in 0..120 {
        let at = start.plus(day * DAY + HOUR);
        account.record(login(at, at));
        if day % 3 == 0 {
            account.record(fact(at, at.plus(1), FactBody::event("key_feature.used", Props::new())));
        }
    }
    account
}
