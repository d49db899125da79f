//! A newcomer's first quarter of an hour on the built binary: kit, the customer list as Excel saved it, mail.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The names of the columns and the text of the cells as a Japanese customer list has them.
const HEADER: &str = "顧客ID,会社名,契約開始日,契約状況,プラン,タッチ,月額,氏名,メール,役割,言語";
const OLD: usize = 40;

#[test]
fn of_many_old_customers_and_one_new_only_the_new_one_gets_a_mail_and_only_one() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    done(dir, &["init"]);
    always_open(dir);
    let sheet = dir.join("顧客一覧.csv");
    fs::write(&sheet, in_cp932(&customers())).unwrap();

    let said = done(dir, &["import", "accounts", sheet.to_str().unwrap()]);
    assert!(said.contains(&format!("read {}: {} new", OLD + 1, OLD + 1)), "{said}");
    done(dir, &["tick"]);
    let first = mails(dir);
    assert_eq!(first.len(), 1, "one mail to one customer: {first:?}");
    let mail = fs::read_to_string(&first[0]).unwrap();
    assert!(mail.contains("new@shinki.test"), "{mail}");

    // The same list again, and time passing without news, send nothing.
    done(dir, &["import", "accounts", sheet.to_str().unwrap()]);
    done(dir, &["tick"]);
    assert_eq!(mails(dir), first);
}

#[test]
fn the_first_sheet_needs_no_touch_column_and_a_dry_run_tells_beforehand_what_starts() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    done(dir, &["init"]);
    always_open(dir);
    let sheet = dir.join("顧客一覧.csv");
    let untouched = customers().replace(",タッチ", "").replace(",tech", "");
    fs::write(&sheet, in_cp932(&untouched)).unwrap();
    let sheet = sheet.to_str().unwrap();

    // The new customer is among the lower half by revenue, so tech touch; nobody else starts anything.
    let dry = done(dir, &["import", "accounts", sheet, "--dry-run", "--json"]);
    let dry: serde_json::Value = serde_json::from_str(&dry).unwrap();
    assert_eq!((&dry["inserted"], &dry["applied"]), (&(OLD + 1).into(), &false.into()));
    assert_eq!(done(dir, &["accounts", "--json"]).trim(), "[]");
    let said = done(dir, &["import", "accounts", sheet, "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["starts"], dry["starts"], "what was foretold is what happened");
    assert_eq!(said["starts"], serde_json::json!({"onboarding": 1}));
    done(dir, &["tick"]);
    assert_eq!(mails(dir).len(), 1);
}

/// Everybody's colleagues, in a sheet of their own that comes after the customers' sheet.
#[test]
fn contacts_of_a_later_sheet_were_there_before_unless_they_are_said_to_be_new() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    done(dir, &["init"]);
    let greet = "playbook: greet\ntitle: {ja: ご挨拶, en: Greet}\npurpose: {ja: ご挨拶, en: Greet}\nfor: contact\n\
                 start: {on: contact.added}\nsteps:\n  - {id: call, task: {ja: 電話, en: Call}, owner: csm}\n";
    fs::write(dir.join("playbooks/greet.yaml"), greet).unwrap();
    let sheet = dir.join("顧客一覧.csv");
    fs::write(&sheet, in_cp932(&customers())).unwrap();
    done(dir, &["import", "accounts", sheet.to_str().unwrap()]);
    let people = dir.join("担当者一覧.csv");
    let rows = "顧客ID,担当者ID,氏名,メール,役割\r\nC001,P1,鈴木 一,hajime@furukabu1.test,利用者\r\n\
                C002,P2,鈴木 二,futari@furukabu2.test,利用者\r\n";
    fs::write(&people, in_cp932(rows)).unwrap();
    let import = |more: &[&str]| {
        let mut args = vec!["import", "contacts", people.to_str().unwrap(), "--json"];
        args.extend(more);
        serde_json::from_str::<serde_json::Value>(&done(dir, &args)).unwrap()
    };
    assert_eq!(import(&["--dry-run", "--as", "new"])["starts"]["greet"], 2);
    let said = import(&[]);
    assert_eq!((&said["inserted"], &said["starts"]), (&2.into(), &serde_json::json!({})));
    assert_eq!(said["warnings"][0]["kind"], "assumed_known");
    assert_eq!(import(&["--as", "new"])["unchanged"], 2, "the second sight of somebody is no first one");
}

fn done(dir: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_shirube")).arg("--dir").arg(dir).args(args).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}\n{out}\n{err}");
    out.into_owned()
}

/// The test may run on a Sunday night.
fn always_open(dir: &Path) {
    for entry in fs::read_dir(dir.join("playbooks")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let open: Vec<&str> = text.lines().filter(|line| !line.starts_with("window:")).collect();
        fs::write(&path, open.join("\n")).unwrap();
    }
}

fn customers() -> String {
    let mut lines = vec![HEADER.to_owned()];
    for n in 0..OLD {
        let year = 2019 + n % 5;
        lines.push(format!(
            "C{n:03},株式会社古株{n},{year}/04/01,利用中,標準,tech,\"30,000\",田中 健{n},ken@furukabu{n}.test,管理者,ja"
        ));
    }
    let today = today();
    lines.insert(
        OLD / 2,
        format!("N001,新規商事株式会社,{today},利用中,標準,tech,\"10,000\",佐藤 結衣,new@shinki.test,管理者,ja"),
    );
    lines.join("\r\n") + "\r\n"
}

#[expect(clippy::disallowed_methods, reason = "the binary under test lives in the real time")]
fn today() -> String {
    let tokyo = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    jiff::Timestamp::now().to_zoned(tokyo).strftime("%Y/%m/%d").to_string()
}

fn in_cp932(text: &str) -> Vec<u8> {
    let (bytes, _, lossy) = encoding_rs::SHIFT_JIS.encode(text);
    assert!(!lossy);
    bytes.into_owned()
}

/// The mails written, in the order of their names.
fn mails(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("outbox")).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|e| e == "eml"));
    found.sort();
    found
}
