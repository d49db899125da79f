use super::{Stage, yes};
use crate::{
    model::{instant::HOUR, value::Value},
    rulebook::expr::{Want, schema::Type},
};

#[test]
fn clauses_of_the_language_reference_mean_what_they_say() {
    let stage = Stage::new();
    let table = [
        ("health.band == \"red\" && account.mrr > 50000", true),
        ("account.mrr > 60000", false),
        ("account.mrr / account.seats == 6000", true),
        ("metric.logins_7d / account.seats < 0.3", true),
        ("account.touch == 'tech' && !milestone.setup_done", true),
        ("account.touch in [\"high\", \"tech\"]", true),
        ("!(account.touch in [\"high\"])", true),
        ("\"速さ\" in account.goals", true),
        ("account.goals.exists(g, g.startsWith(\"速\"))", true),
        ("account.goals.all(g, size(g) >= 2)", true),
        ("account.goals.size() == 2", true),
        ("days_since(metric.last_login) == 5", true),
        ("days_until(account.renewal_date) <= 16", true),
        ("business_days_since(metric.last_login) == 3", true),
        ("now - metric.last_login > duration(\"4d\")", true),
        ("now - metric.last_login > duration(\"120h\")", false),
        ("account.renewal_date > now", true),
        ("account.renewal_date == date(\"2026-05-01\")", true),
        ("account.renewal_date == timestamp(\"2026-05-01T00:00:00+09:00\")", true),
        ("account.renewal_date - now < duration(\"16d\")", true),
        ("now + duration(\"1d\") * 16 > account.renewal_date", true),
        ("local_hour() == 10", true),
        ("event.kind == \"nps\" && event.score >= 9", true),
        ("days_until(date(event.due)) == 5", true),
        ("playbook.win-back == \"never\"", true),
        ("playbook[\"win-back\"] != \"never\"", false),
        ("account.plan == \"p\" + \"ro\"", true),
        ("(account.seats > 5 ? account.plan : \"free\") == \"pro\"", true),
        ("50 < account.mrr", true),
        ("5 / 2 == 2.5 && -5 % 3 == -2", true),
    ];
    for (text, expected) in table {
        assert_eq!(stage.eval(text), yes(expected), "{text}");
    }
    assert_eq!(stage.eval("duration(\"36h\") - duration(\"1h\")"), Value::Duration(35 * HOUR));
}

#[test]
fn types_are_found() {
    let stage = Stage::new();
    let table = [
        ("account.mrr * 0.5", Type::Money),
        ("account.mrr / account.mrr", Type::Num),
        ("now - metric.last_login", Type::Duration),
        ("account.renewal_date + duration(\"1h\")", Type::Instant),
        ("account.plan", Type::Text(None)),
        ("event.kind", Type::Any),
        ("has(event.kind)", Type::Bool),
    ];
    for (text, ty) in table {
        assert_eq!(stage.program(text).ty(), ty, "{text}");
    }
}

#[test]
fn faults_say_where_what_and_what_next() {
    let stage = Stage::new();
    let table = [
        ("metric.login_7d < 3", "1: `metric.login_7d` is not known here | did you mean `metric.logins_7d`?"),
        ("\"日本\" == account.paln", "9: `account.paln` is not known here | did you mean `account.plan`?"),
        ("mrr > 5", "1: `mrr` is not known here | did you mean `account.mrr`?"),
        (
            "account.plan == premium",
            "17: `premium` is not known here | if you mean the word, put it in quotes: \"premium\"",
        ),
        ("health.band == \"rad\"", "16: this is never \"rad\" | did you mean \"red\"?"),
        ("health.band in [\"red\", \"yelow\"]", "24: this is never \"yelow\" | did you mean \"yellow\"?"),
        ("health.band == \"purple\"", "16: this is never \"purple\" | it is one of: green, yellow, red, unknown"),
        (
            "health.band > \"red\"",
            "13: words have no order, so `>` does not fit | use == or !=, or `in [\"…\", \"…\"]`",
        ),
        ("account.seats == \"10\"", "15: a number is compared with a text | write it without quotes: 10"),
        (
            "account.renewal_date > \"2026-04-01\"",
            "22: a day is compared with a text | write a day as date(\"2026-04-01\")",
        ),
        (
            "metric.last_login > 30",
            "19: a moment is compared with a number | count days, e.g. `days_since(metric.last_login) >= 30`",
        ),
        (
            "now - metric.last_login > 30",
            "25: a length of time is compared with a number | write a length as duration(\"36h\") or duration(\"2d\")",
        ),
        (
            "duration(\"2 days\") > duration(\"1h\")",
            "10: \"2 days\" is not a length of time | write e.g. duration(\"36h\"), with the units d h m s ms",
        ),
        ("days_sinse(metric.last_login) > 3", "1: there is no function `days_sinse` | did you mean `days_since`?"),
        ("account.plan.startWith(\"p\")", "14: there is no `.startWith(…)` | write `x.startsWith(…)`"),
        (
            "account.plan.matches(\"p.*\")",
            "14: patterns (`matches`) are not known here | use startsWith, endsWith, contains, or `in [\"…\"]`",
        ),
        (
            "account.seats && true",
            "1: `account.seats` is a number, not true or false | compare it, e.g. `account.seats > 0`",
        ),
        ("account.seats", "1: a condition is true or false, this is a number | compare it, e.g. `account.seats > 0`"),
        (
            "start.x == 1",
            "1: `start.x` is not known here | start.* is known only inside the steps, exits and goal of a playbook started by an event",
        ),
        ("account.plan == null", "17: `null` is not known here | ask `has(x)` or `!has(x)` whether a value is known"),
        ("account.seats = 3", "15: `=` is not known here | write == to compare"),
        ("account.goals.contains(\"x\")", "1: a list is asked with `in` | write `\"x\" in account.goals`"),
    ];
    for (text, expected) in table {
        assert_eq!(stage.fault(text, Want::Condition), expected, "{text}");
    }
}

#[test]
fn all_faults_are_told_at_once_and_each_once() {
    let stage = Stage::new();
    let faults =
        stage.compile("account.x1 > 3 && health.band == \"rot\" || account.plan > 3", Want::Condition).unwrap_err();
    assert_eq!(faults.iter().map(|f| f.rule).collect::<Vec<_>>(), ["unknown-name", "unknown-word", "type-mismatch"]);
}

#[test]
fn a_fault_on_a_later_line_is_placed_there() {
    let stage = Stage::new();
    let faults = stage.compile("account.seats > 1 &&\n  account.sets > 2", Want::Condition).unwrap_err();
    assert_eq!((faults[0].place.line, faults[0].place.column), (4, 3));
}

#[test]
fn a_name_nobody_declared_says_where_to_declare_it_instead_of_offering_another() {
    let stage = Stage::new();
    for (text, below) in [("account.risk > 3", "attributes"), ("metric.nopex > 1", "metrics")] {
        let told = stage.fault(text, Want::Condition);
        assert!(told.contains(&format!("| declare it under `{below}` in model.yaml; known are: ")), "{told}");
    }
    let told = stage.fault("account.logins_7d > 3", Want::Condition);
    assert!(told.ends_with("did you mean `metric.logins_7d`?"), "{told}");
    let told = stage.fault("now + 3d > account.renewal_date", Want::Condition);
    assert_eq!(told, "7: `3d` is not known here | write duration(\"72h\")");
}

#[test]
fn what_cannot_be_awaited_is_refused_only_where_it_is_awaited() {
    let stage = Stage::new();
    assert!(stage.compile("local_hour() >= 9", Want::Condition).is_ok());
    assert!(stage.compile("local_hour() >= 9", Want::Awaited).is_err());
    for loose in ["(now - metric.last_login) / duration(\"1d\") > 3", "has(now)", "days_since(now) > 1"] {
        assert!(stage.compile(loose, Want::Awaited).is_err(), "{loose}");
    }
    for known in [
        "now > metric.last_login",
        "duration(\"1h\") + now <= account.renewal_date",
        "metric.last_login - now < duration(\"2d\")",
    ] {
        assert!(stage.compile(known, Want::Awaited).is_ok(), "{known}");
    }
    assert_eq!(stage.program("now").eval(&stage.frame()), Value::Instant(stage.now));
}

#[test]
fn never_or_long_ago_is_hinted_at() {
    let stage = Stage::new();
    let hints = |text: &str| stage.program(text).hints().len();
    assert_eq!(hints("days_since(metric.last_login) >= 30"), 1);
    assert_eq!(hints("30 <= days_since(metric.last_login)"), 1);
    assert_eq!(hints("!has(metric.last_login) || days_since(metric.last_login) >= 30"), 0);
    assert_eq!(hints("has(metric.last_login) && days_since(metric.last_login) >= 30"), 0);
    assert_eq!(hints("days_since(metric.last_login) <= 30"), 0);
}

#[test]
fn steps_of_the_run_are_known_by_field() {
    let mut stage = Stage::new();
    let fields = |names: &[&str]| names.iter().map(|n| ((*n).to_owned(), Type::Bool)).collect();
    stage.schema.steps.insert("well-done".into(), fields(&["done", "opened"]));
    stage.schema.steps.insert("answer".into(), [("*".to_owned(), Type::Any)].into());
    assert!(stage.compile("step.well-done.opened && !step.answer.anything", Want::Condition).is_ok());
    let told = stage.fault("step.answers.met", Want::Condition);
    assert_eq!(told, "1: `step.answers.met` is not known here | did you mean `step.answer.met`?");
    let told = stage.fault("step[\"well-done\"].clicked", Want::Condition);
    assert!(told.ends_with("step well-done knows: done, opened"), "{told}");
}
