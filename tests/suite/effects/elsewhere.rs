//! Tests that were run elsewhere, from their files.

use std::{fs, path::Path};

use super::Room;

#[test]
fn a_test_that_was_run_elsewhere_is_read_from_its_file() {
    let room = Room::new();
    let row =
        |arm: &str, n: i64, k: i64| (0..n).map(|i| format!("{arm},{}\n", i64::from(i % k == 0))).collect::<String>();
    let sheet = format!("群,解約\n{}{}", row("案内あり", 900, 30), row("なし", 300, 6));
    let (bytes, ..) = encoding_rs::SHIFT_JIS.encode(&sheet);
    let file = room.dir().join("test.csv");
    fs::write(&file, bytes).unwrap();
    let base = ["effect", "--csv", file.to_str().unwrap(), "--arm", "群", "--control", "なし", "--outcome", "解約"];
    let found = room.json(&[&base[..], &["--json"]].concat());
    assert_eq!((found["verdict"].as_str(), found["treated"]["n"].as_u64()), (Some("helps"), Some(900)), "{found}");
    assert_eq!((found["lower_is_better"].as_bool(), found["holdout"]["events"].as_u64()), (Some(true), Some(50)));
    assert!(found["srm_p"].is_null() && found["p_always_valid"].is_null() && found["arms"][0]["ci95"].is_array());
    let exact = &found["arms"][0]["p_exact"];
    let tiny = |name: &str| exact[name].as_f64().is_some_and(|p| p < 1e-9);
    assert!(tiny("boschloo") && tiny("fisher"), "{found}");
    let broken = room.json(&[&base[..], &["--control-share", "50%", "--json"]].concat());
    assert_eq!(broken["verdict"], "invalid_srm");
    let ja = room.done(&[&["--lang", "ja"], &base[..]].concat());
    assert!(ja.contains("「案内あり」は効果があります"), "{ja}");
    let (code, _, err) = room.run(&[
        "--lang",
        "en",
        "effect",
        "--csv",
        file.to_str().unwrap(),
        "--arm",
        "x",
        "--control",
        "なし",
        "--outcome",
        "解約",
    ]);
    assert!(code == 1 && err.contains("群, 解約"), "{err}");
    let wrong =
        [&["--lang", "en", "effect", "--csv", file.to_str().unwrap(), "--arm", "群", "--control", "y"], &base[7..]]
            .concat();
    let (code, _, err) = room.run(&wrong);
    assert!(code == 1 && err.contains("なし, 案内あり"), "{err}");
}

/// K. Hillstrom's e-mail test (2008): 64,000 customers, three arms of one size.
#[test]
fn hillstroms_public_test_gives_its_known_uplifts() {
    let Some(data) = std::env::var_os("TEST_DATA") else { return println!("skipped: TEST_DATA names no folder") };
    let file = Path::new(&data).join("hillstrom/hillstrom.csv");
    let room = Room::new();
    let known = [
        ("visit", [("Mens E-Mail", [7.66, 6.99, 8.32]), ("Womens E-Mail", [4.52, 3.89, 5.16])], 100.0, 0.0101),
        ("conversion", [("Mens E-Mail", [0.68, 0.50, 0.86]), ("Womens E-Mail", [0.31, 0.15, 0.47])], 100.0, 0.0101),
        ("spend", [("Mens E-Mail", [0.770, 0.485, 1.055]), ("Womens E-Mail", [0.424, 0.169, 0.680])], 1.0, 0.000_51),
    ];
    for (outcome, arms, scale, near) in known {
        let args = [
            "effect",
            "--csv",
            file.to_str().unwrap(),
            "--arm",
            "segment",
            "--control",
            "No E-Mail",
            "--outcome",
            outcome,
        ];
        let found = room.json(&[&args[..], &["--json"]].concat());
        for (arm, values) in arms {
            let row = found["arms"].as_array().unwrap().iter().find(|row| row["arm"] == arm).unwrap();
            let said = [&row["diff"], &row["ci95"][0], &row["ci95"][1]].map(|v| v.as_f64().unwrap() * scale);
            assert!(said.iter().zip(values).all(|(a, b)| (a - b).abs() <= near), "{outcome} {arm}: {said:?}");
            assert_eq!(row["verdict"], "helps", "{outcome} {arm}");
        }
    }
}

/// 5 is no share: it was taken for 500 %, and everything was "no effect".
#[test]
fn a_share_without_its_percent_sign_is_refused_with_what_was_meant() {
    let room = Room::new();
    room.at(0);
    let (code, _, err) = room.run(&["--lang", "en", "effect", "helps", "--mde", "5"]);
    assert!(code == 2 && err.contains("5% or 0.05"), "{code} {err}");
    assert_eq!(room.run(&["effect", "helps", "--within", "0"]).0, 2);
    // A goal is followed as long as it says, and one without a time not at all.
    let found = room.json(&["effect", "helps", "--outcome", "goal", "--within", "60", "--json"]);
    assert_eq!(found["within_days"], 20);
    let path = room.dir().join("playbooks/alone.yaml");
    let text = fs::read_to_string(&path).unwrap().replace(", within: 20d", "");
    fs::write(&path, text).unwrap();
    assert_eq!(room.run(&["effect", "alone", "--outcome", "goal", "--within", "60"]).0, 1);
    let file = room.dir().join("test.csv");
    let row = |i: i32| format!("{},{}\n", ["a", " none ", ""][i as usize % 3], 10.0 + f64::from(i % 7) / 10.0);
    fs::write(&file, format!("arm,spend\n{}", (0..300).map(row).collect::<String>())).unwrap();
    let file = file.to_str().unwrap();
    let args = ["--lang", "en", "effect", "--csv", file, "--arm", "arm", "--control", "none", "--outcome", "spend"];
    let said = room.said(&[&args[..], &["--mde", "0.5"]].concat());
    assert!(said.contains("makes no difference of 0.5 or more") && said.contains("100 rows are left out"), "{said}");
    assert!(room.run(&[&args[..], &["--mde", "5%"]].concat()).2.contains("in their unit"));
    assert_eq!(room.run(&[&args[..], &["--control-share", "10"]].concat()).0, 2);
}
