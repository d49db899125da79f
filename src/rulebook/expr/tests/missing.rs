use super::{Stage, yes};
use crate::model::value::Value::Missing;

#[test]
fn missing_follows_the_table() {
    let stage = Stage::new();
    let table = [
        ("account.no_num > 1", Missing),
        ("!(account.no_num > 1)", Missing),
        ("!account.no_bool", Missing),
        ("false && account.no_bool", yes(false)),
        ("account.no_bool && false", yes(false)),
        ("true && account.no_bool", Missing),
        ("account.no_bool && true", Missing),
        ("true || account.no_bool", yes(true)),
        ("account.no_bool || true", yes(true)),
        ("false || account.no_bool", Missing),
        ("account.no_bool || false", Missing),
        ("account.no_bool || account.no_num > 1 || 1 == 1", yes(true)),
        ("account.no_num + 1 > 0", Missing),
        ("-account.no_num < 0", Missing),
        ("1 / 0 == 1", Missing),
        ("account.seats / (account.seats - 10) > 0", Missing),
        ("5 % 0 == 0", Missing),
        ("account.no_num == account.no_num", Missing),
        ("account.no_text != \"x\"", Missing),
        ("account.no_text in [\"x\"]", Missing),
        ("\"x\" in account.no_list", Missing),
        ("account.no_list.exists(g, g == \"x\")", Missing),
        ("has(account.no_num)", yes(false)),
        ("!has(account.no_num)", yes(true)),
        ("has(account.seats)", yes(true)),
        ("has(event.nothing)", yes(false)),
        ("has(event.kind)", yes(true)),
        ("days_since(account.no_at) >= 90", Missing),
        ("!has(account.no_at) || days_since(account.no_at) >= 90", yes(true)),
        ("account.no_bool ? 1 : 2", Missing),
        ("size(account.no_text) > 0", Missing),
        ("account.no_text.startsWith(\"a\")", Missing),
        ("account.goals.exists(g, g == \"cost\" || account.no_bool)", yes(true)),
        ("account.goals.all(g, g == \"x\" && account.no_bool)", yes(false)),
        ("account.goals.exists(g, g == \"x\" || account.no_bool)", Missing),
        ("event.kind == 3", Missing),
        ("event.kind > 3", Missing),
        ("event.score && true", Missing),
        ("event.score + event.kind", Missing),
        ("days_since(event.score) > 1", Missing),
        ("account.seats in [1, account.no_num]", Missing),
        ("account.seats in [10, account.no_num]", yes(true)),
    ];
    for (text, expected) in table {
        assert_eq!(stage.eval(text), expected, "{text}");
    }
}

#[test]
fn a_condition_that_is_missing_does_not_hold() {
    let stage = Stage::new();
    assert!(!stage.program("account.no_num > 1").holds(&stage.frame()));
    assert!(!stage.program("!(account.no_num > 1)").holds(&stage.frame()));
}

#[test]
fn a_frame_shorter_than_the_schema_reads_missing() {
    let mut stage = Stage::new();
    let program = stage.program("account.seats > 1");
    stage.values.clear();
    stage.next.clear();
    assert_eq!(program.eval(&stage.frame()), Missing);
    assert_eq!(program.next_change(&stage.frame()), None);
}
