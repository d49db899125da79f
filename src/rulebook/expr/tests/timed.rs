use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::Stage;
use crate::{
    model::{
        instant::{DAY, HOUR, Instant, MINUTE},
        value::Value,
    },
    rulebook::expr::{
        Program, Want,
        frame::{Ahead, Frame, Path},
        schema::Type,
    },
};

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn next(stage: &Stage, text: &str) -> Option<String> {
    let program = stage.compile(text, Want::Awaited).unwrap_or_else(|f| panic!("{text}: {f:#?}"));
    program.next_change(&stage.frame()).map(|at| at.rfc3339(&stage.zone))
}

#[test]
fn known_forms_change_exactly_then() {
    // now is Wednesday 2026-04-15 10:30 in Tokyo, the last login Friday 2026-04-10 23:59:59.
    let stage = Stage::new();
    let table = [
        ("days_since(metric.last_login) >= 30", Some("2026-05-10T00:00:00+09:00")),
        ("days_since(metric.last_login) > 30", Some("2026-05-11T00:00:00+09:00")),
        ("days_since(metric.last_login) >= 3", None),
        ("days_since(metric.last_login) == 5", Some("2026-04-16T00:00:00+09:00")),
        ("days_since(metric.last_login) == 7", Some("2026-04-17T00:00:00+09:00")),
        ("days_since(metric.last_login) <= 7", Some("2026-04-18T00:00:00+09:00")),
        ("days_until(account.renewal_date) <= 10", Some("2026-04-21T00:00:00+09:00")),
        ("90 >= days_until(account.renewal_date)", None),
        ("days_since(metric.last_login) + 2 >= 10", Some("2026-04-18T00:00:00+09:00")),
        ("business_days_since(metric.last_login) >= 5", Some("2026-04-17T00:00:00+09:00")),
        ("business_days_since(metric.last_login) >= 6", Some("2026-04-20T00:00:00+09:00")),
        ("business_days_since(metric.last_login) >= 2", None),
        ("now - metric.last_login > duration(\"5d\")", Some("2026-04-15T23:59:59+09:00")),
        ("now > metric.last_login", None),
        ("now >= account.renewal_date", Some("2026-05-01T00:00:00+09:00")),
        ("account.renewal_date - now <= duration(\"2d\")", Some("2026-04-29T00:00:00+09:00")),
        ("now + duration(\"36h\") < account.renewal_date", Some("2026-04-29T12:00:00+09:00")),
        ("account.touch == \"high\" && days_since(metric.last_login) >= 30", None),
        ("account.touch == \"tech\" && days_since(metric.last_login) >= 30", Some("2026-05-10T00:00:00+09:00")),
        ("account.touch == \"tech\" || days_since(metric.last_login) >= 30", None),
        ("days_since(account.no_at) >= 30", None),
        ("days_since(metric.last_login) in [7, 30]", Some("2026-04-17T00:00:00+09:00")),
        (
            "account.touch == \"high\" ? now > account.renewal_date : days_since(metric.last_login) > 5",
            Some("2026-04-16T00:00:00+09:00"),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(next(&stage, text).as_deref(), expected, "{text}");
    }
    assert_eq!(
        stage.program("now - metric.last_login > duration(\"5d\")").next_change(&stage.frame()),
        Some(at("2026-04-15T23:59:59+09:00").plus(1)),
        "strictly later than: one microsecond after"
    );
}

#[test]
fn a_slot_passes_its_own_next_change_on() {
    let mut stage = Stage::new();
    let soon = stage.now.plus(HOUR);
    stage.next[6] = Some(soon);
    let of = |text: &str| stage.program(text).next_change(&stage.frame());
    assert_eq!(of("metric.logins_7d < 3"), Some(soon));
    assert_eq!(of("metric.logins_7d + 1 < 3"), Some(soon));
    assert_eq!(of("metric.logins_7d"), Some(soon));
    assert_eq!(of("account.seats > 20 && metric.logins_7d < 3"), None);
    assert_eq!(of("days_since(metric.last_login) >= metric.logins_7d + 20"), Some(soon));
}

/// Logins leave their window one by one: 3 today, 2 from the 8th, 1 from the 10th, unknown from the 12th.
struct Leaving(i32);

impl Ahead for Leaving {
    fn path(&self, slot: u32) -> Option<Path> {
        (slot == 6).then(|| vec![(self.0 + 1, Some(2.0)), (self.0 + 3, Some(1.0)), (self.0 + 5, None)])
    }
}

#[test]
fn a_number_whose_way_is_known_wakes_nobody_before_the_condition_turns() {
    let mut stage = Stage::new();
    let today = stage.now.day(&stage.zone);
    (stage.values[6], stage.next[6]) = (Value::Num(3.0), Some(Instant::start_of_day(today + 1, &stage.zone)));
    let leaving = Leaving(today);
    let of = |text: &str| {
        let change = stage.program(text).next_change(&Frame { ahead: Some(&leaving), ..stage.frame() });
        change.map(|at| at.day(&stage.zone) - today)
    };
    assert_eq!(of("metric.logins_7d < 3"), Some(1));
    assert_eq!(of("metric.logins_7d < 2"), Some(3));
    assert_eq!(of("metric.logins_7d > 5"), Some(5), "known to be false until nothing is known");
    assert_eq!(of("metric.logins_7d * 2 + 1 < 4"), Some(3));
    assert_eq!(of("metric.logins_7d < 2 && account.seats > 1000"), None);
    assert_eq!(of("metric.logins_7d"), Some(1), "the value itself moves each time");
    let path = stage.program("metric.logins_7d / 2").path(&Frame { ahead: Some(&leaving), ..stage.frame() });
    assert_eq!(path, Some(vec![(today + 1, Some(1.0)), (today + 3, Some(0.5)), (today + 5, None)]));
    assert_eq!(stage.program("days_since(metric.last_login)").path(&stage.frame()), None);
}

#[test]
fn the_hour_changes_at_the_hour_and_at_transitions() {
    let mut stage = Stage::new();
    stage.zone = TimeZone::get("Australia/Lord_Howe").unwrap();
    // The clock goes back by half an hour at 02:00 on 2026-04-05.
    stage.now = at("2026-04-05T01:50:00+11:00");
    let change = stage.program("local_hour()").next_change(&stage.frame());
    assert_eq!(change, Some(at("2026-04-05T02:00:00+11:00")));
}

/// A scene: random times around a random now, in a zone whose clock changes nearby.
#[derive(Clone, Debug)]
struct Scene {
    zone: &'static str,
    now: Instant,
    times: [Option<i64>; 3],
    turn: i64,
}

impl Scene {
    fn stage(&self, at: Instant) -> Stage {
        let mut stage = Stage::new();
        stage.zone = TimeZone::get(self.zone).unwrap();
        stage.now = at;
        let time = |i: usize| self.times[i].map(|off| self.now.plus(off));
        stage.add("t.a", Type::Instant, time(0).map_or(Value::Missing, Value::Instant));
        stage.add("t.b", Type::Instant, time(1).map_or(Value::Missing, Value::Instant));
        let day = time(2).map_or(Value::Missing, |at| Value::Date(at.day(&stage.zone)));
        stage.add("t.d", Type::Date, day);
        let turn = self.now.plus(self.turn);
        stage.add("t.n", Type::Num, Value::Num(if at < turn { 2.0 } else { 6.0 }));
        if at < turn {
            *stage.next.last_mut().unwrap() = Some(turn);
        }
        stage
    }
}

fn scene() -> impl Strategy<Value = Scene> {
    let places = prop::sample::select(vec![
        ("Asia/Tokyo", "2026-04-15T00:00:00Z"),
        ("America/New_York", "2026-03-06T00:00:00Z"),
        ("America/New_York", "2026-10-30T00:00:00Z"),
        ("America/Santiago", "2026-09-04T00:00:00Z"),
        ("America/Santiago", "2026-04-03T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-02T00:00:00Z"),
        ("Pacific/Apia", "2011-12-28T00:00:00Z"),
    ]);
    let offset = || prop::option::weighted(0.9, prop_oneof![-12 * DAY..12 * DAY, (-12i64..12).prop_map(|d| d * DAY)]);
    (places, 0..3 * DAY, [offset(), offset(), offset()], HOUR..9 * DAY)
        .prop_map(|((zone, base), plus, times, turn)| Scene { zone, now: at(base).plus(plus), times, turn })
}

fn days_term() -> impl Strategy<Value = String> {
    let calls = [
        "days_since(t.a)",
        "days_until(t.b)",
        "days_since(t.d)",
        "days_until(t.d)",
        "business_days_since(t.a)",
        "business_days_since(t.d)",
    ];
    prop::sample::select(calls.to_vec()).prop_map(str::to_owned)
}

fn op() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="])
}

/// Forms whose next change is exact.
fn exact() -> impl Strategy<Value = String> {
    let moment = || prop::sample::select(vec!["t.a", "t.b", "t.d"]);
    let sign = prop::sample::select(vec!["+", "-"]);
    prop_oneof![
        (days_term(), op(), -9i32..9).prop_map(|(d, op, k)| format!("{d} {op} {k}")),
        (days_term(), op(), -9i32..9).prop_map(|(d, op, k)| format!("{k} {op} {d} + 1")),
        (sign, 0u32..200, op(), moment()).prop_map(|(s, h, op, m)| format!("now {s} duration(\"{h}h\") {op} {m}")),
        (moment(), op(), -200i32..200).prop_map(|(m, op, h)| format!("now - {m} {op} duration(\"{h}h\")")),
        (moment(), op(), -200i32..200).prop_map(|(m, op, h)| format!("duration(\"{h}h\") {op} {m} - now")),
    ]
}

fn clause() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => exact(),
        1 => (days_term(), op(), -9i32..9).prop_map(|(d, op, k)| format!("{d} * 2 {op} {k}")),
        1 => (days_term(), op(), days_term()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (days_term(), op()).prop_map(|(d, op)| format!("{d} {op} t.n")),
        1 => days_term().prop_map(|d| format!("{d} in [1, 3, 6]")),
        1 => days_term().prop_map(|d| format!("(t.n > 3 ? {d} : 4) > 2")),
        1 => days_term().prop_map(|d| format!("6 / {d} > 1")),
        1 => Just("t.n > 3".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    clause().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

impl Scene {
    /// The same stage at another moment.
    fn move_to(&self, stage: &mut Stage, at: Instant) {
        let turned = at >= self.now.plus(self.turn);
        stage.now = at;
        *stage.values.last_mut().unwrap() = Value::Num(if turned { 6.0 } else { 2.0 });
    }
}

fn seen(program: &Program, scene: &Scene, at: Instant) -> Value {
    program.eval(&scene.stage(at).frame())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_changes_before_the_next_change_in_any_minute(scene in scene(), text in condition()) {
        let mut stage = scene.stage(scene.now);
        let program = stage.compile(&text, Want::Awaited).unwrap();
        let today = program.eval(&stage.frame());
        let end = program.next_change(&stage.frame()).unwrap_or(scene.now.plus(14 * DAY));
        prop_assert!(end > scene.now);
        let mut at = scene.now;
        while at < end.min(scene.now.plus(14 * DAY)) {
            scene.move_to(&mut stage, at);
            let value = program.eval(&stage.frame());
            prop_assert_eq!(value, today.clone(), "{} at {}, next change {}", text, at, end);
            at = at.plus(MINUTE);
        }
        prop_assert_eq!(seen(&program, &scene, end.plus(-1)), today, "{} just before {}", text, end);
    }

    #[test]
    fn awaited_forms_change_exactly_at_the_next_change(scene in scene(), text in exact()) {
        // A day that a zone skipped has a midnight, but nothing is seen to change there.
        prop_assume!(scene.zone != "Pacific/Apia");
        let stage = scene.stage(scene.now);
        let program = stage.compile(&text, Want::Awaited).unwrap();
        if let Some(end) = program.next_change(&stage.frame()) {
            prop_assert_ne!(seen(&program, &scene, end), program.eval(&stage.frame()), "{} at {}", text, end);
        }
    }
}
