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
    let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
    let clock = room.dir().join("clock");
    let asked = command.args(["--lang", "en", "effect", "early_offer", "--dir"]).arg(room.dir().join("demo"));
    let output = asked.env("SHIRUBE_CLOCK", clock).output().unwrap();
    let en = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(en.contains("“Offer of seats too early” does harm.") && en.contains("Stop"), "{en}");
}
