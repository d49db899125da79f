//! Messages count, whatever had become of their run by then.

use serde_json::Value;

use super::{
    Room,
    rails::{customer, letters},
};

fn step(room: &Room) -> Value {
    let found = room.json(&["report", "onboarding", "--month", "2026-03", "--json"]);
    let steps = found["steps"].as_array().unwrap();
    steps.iter().find(|row| row["playbook"] == "letter").cloned().unwrap_or_default()
}

/// The outcome of a delivery comes after a run that ends with its last message: its `sent` mark was lost, and reports
/// counted no message; nor did a click mark it.
#[test]
fn the_last_message_of_a_run_counts_as_sent() {
    let room = letters();
    room.at(2);
    let sent = room.json(&["outbox", "list", "--json"]);
    let sent: Vec<&Value> = sent.as_array().unwrap().iter().filter(|row| row["playbook"] == "letter").collect();
    for row in &sent[..4] {
        let key = format!("key={}", row["key"].as_str().unwrap());
        room.done(&["event", "message.clicked", &customer(row), &key]);
    }
    room.done(&["tick"]);
    room.at(40);
    room.done(&["tick"]);
    let found = room.json(&["report", "monthly", "--month", "2026-03", "--json"]);
    let group = found["by_tag"].as_array().unwrap().iter().find(|group| group["name"] == "post").unwrap();
    assert_eq!((&group["started"], &group["sent"]), (&30.into(), &30.into()), "{group}");
    let step = step(&room);
    assert_eq!((&step["sent"], &step["clicked"]), (&30.into(), &4.into()), "{step}");
}
