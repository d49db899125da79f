use super::Stage;

fn reasons(stage: &Stage, text: &str) -> Vec<String> {
    stage.program(text).explain(&stage.frame()).into_iter().map(|r| format!("{} = {}", r.expr, r.value)).collect()
}

#[test]
fn only_the_clauses_that_decided_are_named() {
    let stage = Stage::new();
    let all = "account.touch == \"tech\" && metric.logins_7d < 3";
    assert_eq!(reasons(&stage, all), ["account.touch == \"tech\" = true", "metric.logins_7d < 3 = true"]);
    let one = "account.touch == \"tech\" && metric.logins_7d < 1 && milestone.setup_done";
    assert_eq!(reasons(&stage, one), ["metric.logins_7d < 1 = false", "milestone.setup_done = false"]);
    let any = "account.touch == \"high\" || (metric.logins_7d + 1) * 2 > 3";
    assert_eq!(reasons(&stage, any), ["(metric.logins_7d + 1) * 2 > 3 = true"]);
    let unknown = "account.touch == \"tech\" && days_since(account.no_at) > 3";
    assert_eq!(reasons(&stage, unknown), ["days_since(account.no_at) > 3 = missing"]);
    let shortest = "(account.seats > 20 || account.seats > 30) && milestone.setup_done";
    assert_eq!(reasons(&stage, shortest)[0], "milestone.setup_done = false");
    let not = "!(account.touch == \"tech\" && milestone.setup_done)";
    assert_eq!(reasons(&stage, not), ["milestone.setup_done = false"]);
}

#[test]
fn inputs_are_named_once_each_in_order() {
    let stage = Stage::new();
    let reasons = stage.program("account.mrr / account.seats > account.mrr / 20").explain(&stage.frame());
    let inputs: Vec<String> = reasons[0].inputs.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(inputs, ["account.mrr=¥60,000", "account.seats=10"]);
}

#[test]
fn slots_names_and_thresholds_are_listed() {
    let stage = Stage::new();
    let program = stage.program("metric.logins_7d * 100 >= 70 || 3 < metric.logins_7d || metric.logins_7d in [5, 6] && event.kind == \"nps\" && now > metric.last_login");
    assert_eq!(program.slots(), [6, 7]);
    assert_eq!(program.names(), ["metric.logins_7d", "event.kind", "metric.last_login"]);
    assert_eq!(program.thresholds(6), [0.7, 3.0, 5.0, 6.0]);
    assert_eq!(program.thresholds(0), [0.0; 0]);
    assert!(program.is_bounded(6));
    let bounded = |text: &str| stage.program(text).is_bounded(6);
    assert!(bounded("metric.logins_7d * 2 > 4 || metric.logins_7d in [1, 3]"));
    assert!(!bounded("metric.logins_7d > 4 || metric.logins_7d > account.seats"));
}
