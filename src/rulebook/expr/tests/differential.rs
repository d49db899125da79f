//! The same texts in the parser's own interpreter, where both mean the same: all values known, no
//! division, decimals only.

use std::{collections::HashMap, sync::Arc};

use cel::{Context, Env, Value as Cel};
use proptest::prelude::*;

use super::Stage;
use crate::{model::value::Value, rulebook::expr::schema::Type};

#[derive(Clone, Debug)]
struct Case {
    nums: [f64; 3],
    texts: [String; 2],
    flags: [bool; 2],
    list: Vec<String>,
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "a", "ab", "b", "速さ", "速", "red"]).prop_map(str::to_owned)
}

fn case() -> impl Strategy<Value = Case> {
    let num = || (-4i32..9).prop_map(|n| f64::from(n) / 2.0);
    ([num(), num(), num()], [word(), word()], [any::<bool>(), any::<bool>()], prop::collection::vec(word(), 0..4))
        .prop_map(|(nums, texts, flags, list)| Case { nums, texts, flags, list })
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
            (truth_leaf(), inner.clone(), inner).prop_map(|(t, a, b)| format!("({t} ? {a} : {b})")),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["v.t0", "v.t1"]).prop_map(str::to_owned),
        word().prop_map(|w| format!("\"{w}\""))
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
        proptest!(ProptestConfig::with_cases(400), |(text in condition(), case in case())| {
            let expected = match theirs(&text, &case) {
                Cel::Bool(b) => Value::Bool(b),
                other => panic!("{text} gave {other:?}"),
            };
            prop_assert_eq!(ours(&text, &case), expected, "{}", text);
        });
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap().join().unwrap();
}
