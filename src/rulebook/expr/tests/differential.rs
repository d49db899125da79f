//! The same texts in the parser's own interpreter, where both mean the same: all values known, decimals
//! (whole numbers only for `%`), no division by zero, lengths without days.

use std::{collections::HashMap, sync::Arc};

use cel::{Context, Env, Value as Cel};
use proptest::prelude::*;

use super::Stage;
use crate::{
    model::{
        instant::{Instant, SECOND},
        value::Value,
    },
    rulebook::expr::schema::Type,
};

#[derive(Clone, Debug)]
struct Case {
    nums: [f64; 3],
    texts: [String; 2],
    flags: [bool; 2],
    list: Vec<String>,
    whole: i32,
    /// Seconds since 1970.
    times: [i64; 2],
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "a", "ab", "b", "速さ", "速", "red"]).prop_map(str::to_owned)
}

fn case() -> impl Strategy<Value = Case> {
    let num = || (-4i32..9).prop_map(|n| f64::from(n) / 2.0);
    let time = || (0i64..200).prop_map(|halves| 1_780_000_000 + halves * 1_800);
    let list = prop::collection::vec(word(), 0..4);
    ([num(), num(), num()], [word(), word()], [any::<bool>(), any::<bool>()], list, -9i32..9, [time(), time()])
        .prop_map(|(nums, texts, flags, list, whole, times)| Case { nums, texts, flags, list, whole, times })
}

fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["v.n0", "v.n1", "v.n2"]).prop_map(str::to_owned),
        (-4i32..9).prop_map(|n| format!("{:.1}", f64::from(n) / 2.0)),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-", "*"]), inner.clone())
                .prop_map(|(a, s, b)| format!("({a} {s} {b})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            (inner.clone(), prop::sample::select(vec!["0.5", "2.0", "-3.0"])).prop_map(|(a, k)| format!("({a} / {k})")),
            (truth_leaf(), inner.clone(), inner).prop_map(|(t, a, b)| format!("({t} ? {a} : {b})")),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["v.t0", "v.t1"]).prop_map(str::to_owned),
        word().prop_map(|w| format!("\"{w}\"")),
        (word(), prop::sample::select(vec!["v.t0", "v.t1"])).prop_map(|(w, t)| format!("({t} + \"{w}\")")),
        (truth_leaf(), word()).prop_map(|(t, w)| format!("({t} ? v.t0 : \"{w}\")")),
    ]
}

fn length() -> impl Strategy<Value = String> {
    let unit = prop::sample::select(vec!["h", "m", "s", "h30m"]);
    let leaf = prop_oneof![
        (-30i32..90, unit).prop_map(|(n, unit)| format!("duration(\"{n}{unit}\")")),
        Just("(v.a0 - v.a1)".to_owned()),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        (inner.clone(), prop::sample::select(vec!["+", "-"]), inner).prop_map(|(a, s, b)| format!("({a} {s} {b})"))
    })
}

fn moment() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["v.a0", "v.a1"]).prop_map(str::to_owned),
        (prop::sample::select(vec!["v.a0", "v.a1"]), prop::sample::select(vec!["+", "-"]), length())
            .prop_map(|(a, s, l)| format!("({a} {s} {l})")),
        (0i64..100).prop_map(|h| format!("timestamp(\"2026-05-28T{:02}:{:02}:00+09:00\")", h % 24, h % 60)),
    ]
}

fn truth_leaf() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["v.b0", "v.b1", "true", "false"]).prop_map(str::to_owned)
}

fn condition() -> impl Strategy<Value = String> {
    let op = || prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let leaf = prop_oneof![
        truth_leaf(),
        (number(), op(), number()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (text(), op(), text()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (text(), prop::sample::select(vec!["startsWith", "endsWith", "contains"]), text())
            .prop_map(|(a, f, b)| format!("{a}.{f}({b})")),
        (text(), text(), text()).prop_map(|(a, b, c)| format!("{a} in [{b}, {c}]")),
        text().prop_map(|a| format!("{a} in v.l")),
        (text(), op(), 0u8..4).prop_map(|(a, op, n)| format!("size({a}) {op} {n}")),
        (prop::sample::select(vec!["exists", "all"]), text(), op())
            .prop_map(|(f, t, op)| format!("v.l.{f}(x, x {op} {t})")),
        (number(), number()).prop_map(|(a, b)| format!("{a} in [1.0, {b}]")),
        (length(), op(), length()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (moment(), op(), moment()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (truth_leaf(), prop::sample::select(vec!["==", "!="]), truth_leaf())
            .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (op(), 1i32..5, -4i32..5).prop_map(|(op, m, k)| format!("v.i % {m} {op} {k}")),
        (op(), 0u8..4).prop_map(|(op, n)| format!("size(v.l) {op} {n}")),
        text().prop_map(|t| format!("v.l.exists(x, v.l.all(y, y + x != {t}))")),
        prop::sample::select(vec!["v.t0", "v.n1", "v.b0", "v.a1", "v.l"]).prop_map(|name| format!("has({name})")),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|v| format!("({})", v.join(" && "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|v| format!("({})", v.join(" || "))),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

fn theirs(text: &str, case: &Case) -> Cel {
    let mut v: HashMap<String, Cel> = HashMap::new();
    v.extend(case.nums.iter().enumerate().map(|(i, n)| (format!("n{i}"), Cel::Float(*n))));
    v.extend(case.texts.iter().enumerate().map(|(i, t)| (format!("t{i}"), Cel::from(t.clone()))));
    v.extend(case.flags.iter().enumerate().map(|(i, b)| (format!("b{i}"), Cel::Bool(*b))));
    v.insert("l".into(), Cel::from(case.list.clone()));
    v.insert("i".into(), Cel::Int(case.whole.into()));
    let time = |t: i64| chrono::DateTime::from_timestamp(t, 0).unwrap().fixed_offset();
    v.extend(case.times.iter().enumerate().map(|(i, t)| (format!("a{i}"), Cel::Timestamp(time(*t)))));
    let env = Arc::new(Env::stdlib());
    let program = env.compile(text).unwrap();
    let mut context = Context::with_env(env);
    context.add_variable_from_value("v", v);
    program.execute(&context).unwrap()
}

fn ours(text: &str, case: &Case) -> Value {
    let mut stage = Stage::new();
    for (i, n) in case.nums.iter().enumerate() {
        stage.add(&format!("v.n{i}"), Type::Num, Value::Num(*n));
    }
    for (i, t) in case.texts.iter().enumerate() {
        stage.add(&format!("v.t{i}"), Type::Text(None), Value::text(t));
    }
    for (i, b) in case.flags.iter().enumerate() {
        stage.add(&format!("v.b{i}"), Type::Bool, Value::Bool(*b));
    }
    stage.add("v.l", Type::List, Value::List(case.list.iter().map(Value::text).collect()));
    stage.add("v.i", Type::Num, Value::Num(case.whole.into()));
    for (i, t) in case.times.iter().enumerate() {
        stage.add(&format!("v.a{i}"), Type::Instant, Value::Instant(Instant(t * SECOND)));
    }
    let program = stage.program(text);
    let value = program.eval(&stage.frame());
    assert_eq!(program.next_change(&stage.frame()), None, "{text} changes by facts only");
    assert!(!program.explain(&stage.frame()).is_empty());
    value
}

#[test]
fn the_interpreter_agrees_where_both_mean_the_same() {
    // On a large stack: the interpreter's own parser needs it in a debug build.
    let run = || {
        proptest!(ProptestConfig::with_cases(600), |(text in condition(), case in case())| {
            let expected = match theirs(&text, &case) {
                Cel::Bool(b) => Value::Bool(b),
                other => panic!("{text} gave {other:?}"),
            };
            prop_assert_eq!(ours(&text, &case), expected, "{}", text);
        });
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap().join().unwrap();
}
