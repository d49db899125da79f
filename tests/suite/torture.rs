//! A small run of the kill test; the full one is `torture D1`.

use std::process::Command;

#[test]
fn five_kills_lose_nothing_and_double_nothing() {
    let out = Command::new(env!("CARGO_BIN_EXE_torture"))
        .args(["D1", "--kills", "5", "--messages", "150", "--pace-ms", "60", "--json"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let table: serde_json::Value =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&out.stderr)));
    assert_eq!(table["passed"], true, "{table}");
    assert_eq!(table["duplicates"], 0);
    assert_eq!(table["lost"], 0);
}
