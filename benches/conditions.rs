//! How fast a condition of five clauses is judged, beside a native closure and the parser's own
//! interpreter in the same run. Read the ratios; absolute times drift between machines.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and prints its figures"
)]

use std::{collections::HashMap, hint::black_box, sync::Arc, time::Instant as Clock};

use jiff::tz::TimeZone;
use shirube::{
    model::{
        diagnostic::Place,
        instant::Instant,
        money::{Currency, Money},
        value::Value,
    },
    rulebook::{
        expr::{Program, Want, frame::Frame, schema::Schema, schema::Type},
        schedule::calendar::Calendar,
    },
};

const TEXT: &str = "account.touch == \"tech\" && metric.logins < 3 && health.band in [\"red\", \"yellow\"] \
     && account.mrr > 50000 && !milestone.setup_done";
const ROUNDS: u32 = 200_000;

fn main() {
    let accounts: Vec<Vec<Value>> = (0..64).map(account).collect();
    let program = Program::compile(TEXT, &Place::default(), &schema(), Want::Awaited).unwrap();
    let (zone, calendar) = (TimeZone::UTC, Calendar::plain());
    let none = [None; 5];
    let frames: Vec<Frame<'_>> = accounts.iter().map(|values| frame(values, &none, &zone, &calendar)).collect();

    let ours = time(ROUNDS, |i| program.holds(&frames[i]));
    let native = time(ROUNDS, |i| closure(&accounts[i]));
    let next = time(ROUNDS / 4, |i| program.next_change(&frames[i]).is_some());
    let interpreter = interpreter(&accounts);

    println!("5 clauses, every account passes all of them, one core");
    println!("conditions       {:>8.1} M/s", rate(ours));
    println!("native closure   {:>8.1} M/s   ours is {:.2} of it", rate(native), rate(ours) / rate(native));
    println!(
        "cel interpreter  {:>8.3} M/s   ours is {:.0} times as fast",
        rate(interpreter),
        rate(ours) / rate(interpreter)
    );
    println!("next change      {:>8.1} M/s", rate(next));
}

fn schema() -> Schema {
    let mut schema = Schema::default();
    schema.slot("account.touch", Type::Text(None), 0);
    schema.slot("metric.logins", Type::Num, 1);
    schema.slot("health.band", Type::Text(None), 2);
    schema.slot("account.mrr", Type::Money, 3);
    schema.slot("milestone.setup_done", Type::Bool, 4);
    schema
}

fn account(i: i64) -> Vec<Value> {
    vec![
        Value::text("tech"),
        Value::Num((i % 3) as f64),
        Value::text(if i % 2 == 0 { "red" } else { "yellow" }),
        Value::Money(Money { amount_minor: 50_001 + i, currency: Currency::JPY }),
        Value::Bool(false),
    ]
}

fn frame<'a>(
    values: &'a [Value],
    next: &'a [Option<Instant>],
    zone: &'a TimeZone,
    calendar: &'a Calendar,
) -> Frame<'a> {
    let now = Instant(1_780_000_000_000_000);
    Frame {
        now,
        zone,
        calendar,
        currency: Currency::JPY,
        values,
        next,
        ahead: None,
        event: None,
        start: None,
        run: None,
    }
}

/// The same condition by hand over the same values.
fn closure(v: &[Value]) -> bool {
    v[0].as_text() == Some("tech")
        && v[1].as_num().is_some_and(|n| n < 3.0)
        && matches!(v[2].as_text(), Some("red" | "yellow"))
        && matches!(&v[3], Value::Money(m) if m.major() > 50_000.0)
        && v[4].as_bool() == Some(false)
}

fn interpreter(accounts: &[Vec<Value>]) -> f64 {
    let env = Arc::new(cel::Env::stdlib());
    let program = env.compile(TEXT).unwrap();
    let contexts: Vec<cel::Context<'_, '_>> = accounts
        .iter()
        .map(|v| {
            let mut context = cel::Context::with_env(env.clone());
            let group = |name: &str, value: cel::Value| HashMap::from([(name.to_owned(), value)]);
            let mut account = group("touch", cel::Value::from("tech"));
            account.insert("mrr".to_owned(), cel::Value::Int(60_000));
            context.add_variable_from_value("account", account);
            context.add_variable_from_value("metric", group("logins", cel::Value::Int(v[1].as_num().unwrap() as i64)));
            context.add_variable_from_value("health", group("band", cel::Value::from(v[2].as_text().unwrap())));
            context.add_variable_from_value("milestone", group("setup_done", cel::Value::Bool(false)));
            context
        })
        .collect();
    time(ROUNDS / 100, |i| program.execute(&contexts[i]).unwrap() == cel::Value::Bool(true))
}

/// Nanoseconds a judgement: the best of fifty short runs, so that other work on the machine is left out.
fn time(rounds: u32, mut judge: impl FnMut(usize) -> bool) -> f64 {
    let mut run = || {
        let start = Clock::now();
        for i in 0..rounds {
            black_box(judge(black_box(i as usize % 64)));
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(rounds)
    };
    (0..50).map(|_| run()).fold(f64::INFINITY, f64::min)
}

/// Million judgements a second.
fn rate(nanoseconds: f64) -> f64 {
    1_000.0 / nanoseconds
}
