//! `demo --effects`: customers who really answer to mails, and the verdict on each of three playbooks.

use std::process::Command;

use super::Room;

#[test]
fn one_playbook_helps_one_does_nothing_and_one_harms() {
    let room = Room::new();
    room.at(70);
    let found = room.json(&["demo", "--effects", "--json"]);
    let verdict = |n: usize| found["playbooks"][n]["verdict"].as_str().unwrap().to_owned();
    assert_eq!([verdict(0), verdict(1), verdict(2)], ["helps", "no_effect_larger_than_mde", "harms"], "{found}");
    // What was planted lies in the intervals: +21 points, none, +11 points.
    for (n, truth) in [(0, 0.21), (1, 0.0), (2, 0.114)] {
        let ci = &found["playbooks"][n]["ci95"];
        let inside = (ci[0].as_f64().unwrap()..=ci[1].as_f64().unwrap()).contains(&truth);
        assert!(inside, "{n}: {ci}");
    }
    assert_eq!(
        found["playbooks"][1]["treated"]["assigned"].as_u64().unwrap()
            + found["playbooks"][1]["holdout"]["assigned"].as_u64().unwrap(),
        800
    );
    let demo = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
        let asked = command.args(args).arg("--dir").arg(room.dir().join("demo"));
        let output = asked.env("SHIRUBE_CLOCK", room.dir().join("clock")).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let en = demo(&["--lang", "en", "effect", "early_offer", "--by", "locale"]);
    let en = en.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "“Offer of seats too early” does harm.",
        "stop it",
        "as they were at the start",
        "Chance alone may make the groups differ",
    ] {
        assert!(en.contains(said), "{said}: {en}");
    }
    // Seven of ten are Japanese; both groups together are everybody, and the offer harms the larger one at least.
    let parts: serde_json::Value =
        serde_json::from_str(&demo(&["effect", "early_offer", "--by", "locale", "--json"])).unwrap();
    let rows = parts["parts"]["rows"].as_array().unwrap();
    let n = |row: &serde_json::Value| row["treated"]["n"].as_u64().unwrap() + row["holdout"]["n"].as_u64().unwrap();
    assert_eq!((rows.len(), n(&rows[0]), n(&rows[1])), (2, 560, 240), "{parts}");
    assert_eq!((&rows[0]["value"], &rows[0]["verdict"]), (&"ja".into(), &"harms".into()));
}
