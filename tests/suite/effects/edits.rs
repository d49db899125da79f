//! What an edit of a playbook does to its comparison.

use std::fs;

use super::Room;

impl Room {
    /// Customers `c0`, `c1`, … with contracts since 2025.
    fn customers(&self, n: i64) {
        let rows = (0..n).map(|n| format!("c{n},Customer {n},2025-01-01,active\n")).collect::<String>();
        self.import("accounts", &format!("key,name,contract_start,status\n{rows}"));
        self.done(&["tick"]);
    }

    /// `trial.began` of these customers, half an hour before `at(day)`.
    fn begin(&self, day: i64, of: impl Iterator<Item = i64>) {
        self.events(day, "trial.began", of);
    }

    fn events(&self, day: i64, event: &str, of: impl Iterator<Item = i64>) {
        self.at(day);
        let date = jiff::civil::date(2026, 3, 2).checked_add(jiff::Span::new().days(day)).unwrap();
        let rows = of.map(|n| format!("c{n},{event},{date}T09:30:00+09:00\n")).collect::<String>();
        self.import("events", &format!("account_key,event,date\n{rows}"));
        self.done(&["tick"]);
    }

    fn told(&self, day: i64, column: &str, word: &str, of: impl Iterator<Item = i64>) {
        self.at(day);
        let rows = of.map(|n| format!("c{n},{word}\n")).collect::<String>();
        self.import("accounts", &format!("key,{column}\n{rows}"));
        self.done(&["tick"]);
    }

    fn edit(&self, playbook: &str, from: &str, to: &str) {
        let file = self.dir().join(format!("playbooks/{playbook}.yaml"));
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replace(from, to)).unwrap();
    }

    /// What was edited goes live with a tick, never with an import.
    fn goes_live(&self) {
        self.done(&["tick"]);
    }

    /// `(n, events)` of the treated and of those held out.
    fn arms(&self, args: &[&str]) -> [(u64, u64); 2] {
        let found = self.json(&[&["effect"], args, &["--json"]].concat());
        ["treated", "holdout"].map(|arm| {
            let of = |field: &str| found[arm][field].as_u64().unwrap();
            (of("n"), of("events"))
        })
    }
}

/// An edit makes another version, with nobody in it yet: the newest one that ran is compared, and its runs only.
#[test]
fn runs_of_an_earlier_version_are_not_mixed_in_unless_asked_for() {
    let room = Room::new();
    room.at(0);
    room.import("accounts", "key,name,contract_start\na,A,2025-01-01\nb,B,2025-01-01\n");
    room.done(&["tick"]);
    room.at(1);
    room.import("events", "account_key,event,date\na,trial.began,2026-03-03T09:30:00+09:00\n");
    room.done(&["tick"]);
    let file = room.dir().join("playbooks/alone.yaml");
    let edited = fs::read_to_string(&file).unwrap().replace("due: 2d", "due: 3d");
    fs::write(&file, edited).unwrap();
    room.at(2);
    room.goes_live();
    room.import("events", "account_key,event,date\nb,trial.began,2026-03-04T09:30:00+09:00\n");
    room.done(&["tick"]);
    room.at(60);
    let found = room.json(&["effect", "alone", "--json"]);
    assert_eq!(
        (found["treated"]["n"].as_u64(), found["left_out"]["other_version"].as_u64()),
        (Some(1), Some(1)),
        "{found}"
    );
    assert_eq!(room.json(&["effect", "alone", "--pool", "--json"])["treated"]["n"], 2);
}

/// Moved to the new version, whoever was still in it would be compared alone: those who had left are another version.
#[test]
fn an_edit_that_restarts_runs_does_not_leave_the_survivors_alone() {
    let room = Room::new();
    room.at(0);
    let stays = "steps:\n  - {id: rest, wait: 40d}\n";
    room.edit(
        "helps",
        "steps:\n",
        &format!("on_change: restart\nexit:\n  - {{when: account.plan == \"quiet\"}}\n{stays}"),
    );
    room.customers(40);
    room.begin(1, 0..40);
    room.told(3, "plan", "quiet", 0..10);
    let before = room.json(&["effect", "helps", "--json"])["treated"]["assigned"].clone();
    room.edit("helps", "due: 2d", "due: 3d");
    room.at(5);
    room.done(&["tick"]);
    room.at(60);
    room.done(&["tick"]);
    let after = room.json(&["effect", "helps", "--json"]);
    assert_eq!((&after["treated"]["assigned"], &after["left_out"]["other_version"]), (&before, &0.into()), "{after}");
    let n = after["treated"]["n"].as_u64().unwrap() + after["holdout"]["n"].as_u64().unwrap();
    assert_eq!(n, 40, "their time began when they began, not when they were taken back to the first step: {after}");
}

/// A treated customer who answers leaves the run (`exit`), one held out cannot: goals after that counted in one arm only.
#[test]
fn a_goal_after_an_early_exit_counts_as_it_does_for_those_held_out() {
    let room = Room::new();
    room.at(0);
    room.edit("helps", "steps:\n", "exit:\n  - {when: account.plan == \"quiet\"}\nsteps:\n  - {id: rest, wait: 10d}\n");
    room.customers(40);
    room.begin(1, 0..40);
    room.told(3, "plan", "quiet", 0..40);
    room.events(6, "report.sent", 0..20);
    room.at(60);
    room.done(&["tick"]);
    let [treated, holdout] = room.arms(&["helps", "--outcome", "goal"]);
    assert_eq!((treated.0 + holdout.0, treated.1 + holdout.1), (40, 20), "{treated:?} {holdout:?}");
}

/// What is measured of a condition belongs to the condition: another step or text is no reason to begin anew.
#[test]
fn an_edit_of_a_step_does_not_lose_what_was_measured() {
    let room = Room::new();
    room.at(0);
    room.customers(20);
    room.begin(1, 0..20);
    room.at(3);
    let grown = (0..5).map(|n| format!("c{n},200\n")).collect::<String>();
    room.import("accounts", &format!("key,seats\n{grown}"));
    room.done(&["tick"]);
    room.edit("declared", "due: 2d", "due: 3d");
    room.at(8);
    room.goes_live();
    let grown = (5..9).map(|n| format!("c{n},200\n")).collect::<String>();
    room.import("accounts", &format!("key,seats\n{grown}"));
    room.done(&["tick"]);
    room.at(60);
    room.done(&["tick"]);
    let [treated, holdout] = room.arms(&["declared"]);
    assert_eq!((treated.0 + holdout.0, treated.1 + holdout.1), (20, 9), "{treated:?} {holdout:?}");
    room.edit("declared", "account.seats > 100", "account.seats > 150");
    room.at(61);
    room.done(&["tick"]);
    assert_eq!(room.arms(&["declared"]), [(0, 0), (0, 0)], "another condition was never measured");
}

/// "It helps: give it to those held out too." Done, and the proof was gone.
#[test]
fn a_holdout_that_is_taken_away_leaves_its_verdict() {
    let room = Room::new();
    room.at(0);
    room.customers(60);
    room.begin(1, 0..40);
    room.at(45);
    room.done(&["tick"]);
    let before = room.arms(&["helps"]);
    assert_eq!(before[0].0 + before[1].0, 40);
    room.edit("helps", "holdout: {percent: 50, salt: first}", "holdout: none");
    room.edit("helps", "due: 2d", "due: 3d");
    room.goes_live();
    room.begin(46, 40..60);
    room.at(90);
    room.done(&["tick"]);
    let found = room.json(&["effect", "helps", "--json"]);
    let after = ["treated", "holdout"].map(|arm| found[arm]["n"].as_u64().unwrap());
    assert!(after[1] == before[1].0 && after[0] >= before[0].0 - 1, "{before:?} {found}");
}

/// The same beside a holdout of the whole workspace, which stays: everybody up to the last ghost was dropped, from the
/// comparison of all playbooks too; and nothing checked the sizes any more.
#[test]
fn a_holdout_that_is_taken_away_beside_a_global_one_leaves_both_comparisons() {
    let room = Room::new();
    let model = fs::read_to_string(room.dir().join("model.yaml")).unwrap();
    fs::write(room.dir().join("model.yaml"), model.replace("percent: 0, salt: global", "percent: 20, salt: global"))
        .unwrap();
    room.at(0);
    room.customers(80);
    room.begin(1, 0..60);
    room.at(45);
    room.done(&["tick"]);
    let before = room.arms(&["helps"]);
    assert!(before[0].0 + before[1].0 == 60 && before[1].0 > 20, "{before:?}");
    let all = room.json(&["effect", "--all", "--json"])["pooled"]["treated"]["assigned"].as_u64().unwrap();
    room.edit("helps", "holdout: {percent: 50, salt: first}", "holdout: none");
    room.goes_live();
    room.begin(46, 60..80);
    room.at(90);
    room.done(&["tick"]);
    let found = room.json(&["effect", "helps", "--json"]);
    assert_eq!(found["holdout"]["n"].as_u64(), Some(before[1].0), "{found}");
    assert!(
        found["srm_p"].as_f64().is_some_and(|p| p > 0.001),
        "the sizes are held against the design of then: {found}"
    );
    let pooled = room.json(&["effect", "--all", "--json"])["pooled"]["treated"]["assigned"].as_u64().unwrap();
    assert!(pooled >= all && all > 0, "{pooled} of {all}");
}

/// Whoever has left already cannot leave: in the denominator they make churn smaller than it is.
#[test]
fn who_had_left_before_it_began_is_not_among_those_who_might_leave() {
    let room = Room::new();
    room.at(0);
    room.edit("helps", "outcome:", "include_churned: true\noutcome:");
    room.customers(30);
    room.told(1, "status", "churned", 0..10);
    room.begin(4, 0..30);
    room.at(60);
    room.done(&["tick"]);
    let found = room.json(&["effect", "helps", "--json"]);
    let n = found["treated"]["n"].as_u64().unwrap() + found["holdout"]["n"].as_u64().unwrap();
    assert_eq!((n, &found["left_out"]["gone"]), (20, &10.into()), "{found}");
}

/// One of six playbooks looks as if it helped, as one of twenty does by chance: held against their number nothing can be
/// said yet, and what shows sooner was kept back as if the verdict had stood.
#[test]
fn a_verdict_that_does_not_stand_among_many_comes_with_what_shows_sooner() {
    let room = Room::new();
    for n in 0..6 {
        let copy = super::playbook(&format!("more{n}"), "月次の便り", "Monthly letter", "{percent: 50, salt: SALT}");
        let copy = copy.replace("SALT", &format!("more{n}"));
        fs::write(room.dir().join(format!("playbooks/more{n}.yaml")), copy).unwrap();
    }
    room.at(0);
    room.customers(180);
    room.begin(1, 0..180);
    let every = |n: i64| if super::share("first", &format!("c{n}")) < 0.5 { 3 } else { 10 };
    room.told(3, "status", "churned", (0..180).filter(|n| n % every(*n) == 0));
    room.at(60);
    room.done(&["tick"]);
    let alone = room.json(&["effect", "helps", "--json"]);
    assert_eq!((&alone["verdict"], &alone["proxy"]), (&"helps".into(), &serde_json::Value::Null), "{alone}");
    let all = room.json(&["effect", "--all", "--json"]);
    let among = all["playbooks"].as_array().unwrap().iter().find(|found| found["playbook"] == "helps").unwrap();
    assert_eq!(among["verdict"], "not_enough_data", "{among}");
    assert_eq!(among["proxy"]["outcome"]["kind"], "goal", "{among}");
}
