use proptest::prelude::*;

use super::Stage;
use crate::rulebook::expr::Want;

#[test]
fn long_and_deep_texts_are_refused_with_a_place() {
    let stage = Stage::new();
    for text in [
        "account.seats + ".repeat(200) + "1 > 0",
        format!("{}milestone.setup_done{}", "!(".repeat(60), ")".repeat(60)),
        "milestone.setup_done ? ".repeat(60) + "true" + &" : false".repeat(60),
        "x".repeat(10_000),
        String::new(),
        "   ".into(),
    ] {
        assert!(stage.compile(&text, Want::Condition).is_err(), "{}", &text[..text.len().min(60)]);
    }
}

#[test]
fn many_clauses_side_by_side_are_fine() {
    let stage = Stage::new();
    let text = ["account.seats > 1"; 150].join(" && ");
    assert!(stage.program(&text).holds(&stage.frame()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_text_panics(text in ".{0,80}") {
        let _ = Stage::new().compile(&text, Want::Any);
    }

    #[test]
    fn no_soup_of_our_own_words_panics(words in prop::collection::vec(prop::sample::select(vec![
        "account.mrr", "now", "has(", "(", ")", "[", "]", "&&", "||", "!", "-", "==", "<", "in", "?", ":", ",", ".",
        "\"速さ\"", "3", "1e308", "duration(\"2d\")", "date(\"2026-01-01\")", "days_since(", "exists(g,", "g", "event.x",
        "account.goals", "size(", "local_hour()", "true", "*", "/", "%", "metric.last_login", "account.renewal_date",
    ]), 1..14)) {
        let stage = Stage::new();
        let text = words.join(" ");
        if let Ok(program) = stage.compile(&text, Want::Any) {
            let frame = stage.frame();
            let _ = (program.eval(&frame), program.next_change(&frame), program.explain(&frame));
            prop_assert_eq!(program.eval(&frame) == crate::model::value::Value::Bool(true), program.holds(&frame));
        }
    }
}
