//! Small runs of rows of the reliability scorecard; the full ones are `torture --full`.

use std::process::Command;

/// The rows' lines, all of which must have passed.
fn passed(rows: &[&str]) -> Vec<serde_json::Value> {
    let out = Command::new(env!("CARGO_BIN_EXE_torture")).args(rows).args(["--quick", "--json"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let table: serde_json::Value =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&out.stderr)));
    let lines = table["rows"].as_array().unwrap().clone();
    assert_eq!(lines.len(), rows.len(), "{table}");
    for line in &lines {
        assert_eq!(line["verdict"], "PASS", "{line}");
    }
    lines
}

#[test]
fn kills_lose_nothing_and_double_nothing() {
    let lines = passed(&["D1"]);
    assert!(lines[0]["measured"].as_str().unwrap().contains("lost 0, twice 0, unlisted 0 of 500"), "{lines:?}");
}

#[test]
fn sighup_and_broken_files_do_not_end_the_daemon() {
    passed(&["I2"]);
}

#[test]
fn a_backup_that_comes_back_mails_nobody_twice_and_an_audit_line_cannot_be_forged() {
    passed(&["D10", "D8b", "X8"]);
}

#[test]
fn what_schedules_would_send_after_a_long_downtime_is_held() {
    passed(&["C3"]);
}

#[test]
fn every_row_has_its_line_in_the_document() {
    let out = Command::new(env!("CARGO_BIN_EXE_torture")).arg("--list").output().unwrap();
    let document = include_str!("../../docs/reliability.md");
    let names = String::from_utf8_lossy(&out.stdout).into_owned();
    for name in names.lines().filter_map(|line| line.split_whitespace().next()) {
        assert!(document.contains(&format!("| {name} | ")), "docs/reliability.md has no line {name}: torture --write");
    }
}
