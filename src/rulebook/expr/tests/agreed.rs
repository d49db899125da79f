//! One text, judged four ways: the fast path, the tree, the clauses that explain it, and the clauses again
//! with everything forgotten that the explanation does not name.

use proptest::prelude::*;

use super::Stage;
use crate::{
    model::value::Value,
    rulebook::expr::{Program, eval::Env},
};

/// Names of every type with values to choose from; missing is always one of them.
fn values() -> Vec<(&'static str, Vec<Value>)> {
    let texts = ["", "pro", "free", "プレミアムプラン", "a plan of more than sixteen bytes"];
    let texts: Vec<Value> = texts.iter().map(Value::text).collect();
    let money = Stage::new().values[0].clone();
    vec![
        ("account.mrr", vec![money]),
        ("account.seats", [-1.0, 0.0, 2.5, 3.0].map(Value::Num).to_vec()),
        ("account.plan", texts.clone()),
        ("account.touch", vec![Value::text("high"), Value::text("tech")]),
        ("account.goals", vec![Value::List(Vec::new().into()), Value::List(texts.into())]),
        ("account.renewal_date", vec![Value::Date(20_574)]),
        ("metric.logins_7d", [0.0, 3.0].map(Value::Num).to_vec()),
        ("milestone.setup_done", vec![Value::Bool(true), Value::Bool(false)]),
        ("account.no_bool", vec![Value::Bool(true), Value::Bool(false)]),
    ]
}

fn stage(choice: &[usize]) -> Stage {
    let mut stage = Stage::new();
    for ((name, values), choice) in values().into_iter().zip(choice) {
        let slot = slot(&stage, name);
        stage.values[slot] = values.get(choice % (values.len() + 1)).cloned().unwrap_or_default();
    }
    stage
}

fn slot(stage: &Stage, name: &str) -> usize {
    stage.program(name).slots()[0] as usize
}

fn leaf() -> impl Strategy<Value = String> {
    let op = || prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let number = || prop::sample::select(vec!["account.seats", "metric.logins_7d", "account.mrr"]);
    let word =
        || prop::sample::select(vec!["", "pro", "プレミアムプラン", "a plan of more than sixteen bytes", "other"]);
    prop_oneof![
        (number(), op(), prop::sample::select(vec!["0", "2.5", "3", "60000"]))
            .prop_map(|(n, op, k)| format!("{n} {op} {k}")),
        (op(), number()).prop_map(|(op, n)| format!("3 {op} {n}")),
        (number(), op(), number()).prop_map(|(a, op, b)| format!("{a} + 1 {op} {b}")),
        (op(), word()).prop_map(|(op, w)| format!("account.plan {op} \"{w}\"")),
        (word(), word()).prop_map(|(a, b)| format!("account.plan in [\"{a}\", \"{b}\"]")),
        word().prop_map(|w| format!("\"{w}\" in account.goals")),
        Just("account.touch == \"tech\"".to_owned()),
        Just("account.touch in [\"high\"]".to_owned()),
        Just("account.goals.exists(g, g == account.plan)".to_owned()),
        Just("days_until(account.renewal_date) <= 16".to_owned()),
        Just("1 == 1".to_owned()),
        prop::sample::select(vec!["milestone.setup_done", "account.no_bool", "event.score > 3", "event.kind > 3"])
            .prop_map(str::to_owned),
        prop::sample::select(vec!["account.seats", "account.plan", "account.goals", "event.none"])
            .prop_map(|name| format!("has({name})")),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..5).prop_map(|v| format!("({})", v.join(" && "))),
            prop::collection::vec(inner.clone(), 2..5).prop_map(|v| format!("({})", v.join(" || "))),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

/// The stage with only those values known that the explanation names.
fn only_what_is_named(program: &Program, mut stage: Stage) -> Stage {
    let named: Vec<String> =
        program.explain(&stage.frame()).into_iter().flat_map(|r| r.inputs).map(|(name, _)| name).collect();
    for (name, _) in values().iter().filter(|(name, _)| !named.contains(&(*name).to_owned())) {
        let slot = slot(&stage, name);
        stage.values[slot] = Value::Missing;
    }
    stage
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_fast_path_the_tree_and_the_explanation_agree(text in condition(), choice in prop::collection::vec(0usize..60, 9)) {
        let stage = stage(&choice);
        let (program, frame) = (stage.program(&text), stage.frame());
        let verdict = program.eval(&frame);
        prop_assert_eq!(program.holds(&frame), verdict == Value::Bool(true), "{}", text);
        let opposite = stage.program(&format!("!({text})"));
        prop_assert_eq!(opposite.holds(&frame), verdict == Value::Bool(false), "!({})", text);
        let clauses = program.0.clauses.truth(Env::of(&frame));
        prop_assert_eq!(clauses.map_or(Value::Missing, Value::Bool), verdict, "clauses of {}", text);
    }

    #[test]
    fn what_the_explanation_leaves_out_did_not_decide(text in condition(), choice in prop::collection::vec(0usize..60, 9)) {
        let stage = stage(&choice);
        let program = stage.program(&text);
        let verdict = program.eval(&stage.frame());
        prop_assert!(!program.explain(&stage.frame()).is_empty());
        // Forgetting makes has(x) false, so only what is known stays decided.
        if verdict != Value::Missing {
            let poorer = only_what_is_named(&program, stage);
            prop_assert_eq!(program.eval(&poorer.frame()), verdict, "{}", text);
        }
    }
}
