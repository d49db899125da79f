//! Backups, restores and erased people, on the built binary.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Output};

use serde_json::Value;

use super::house::{House, until};
use crate::smtp::sink::{At, Fault};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn refused(house: &House, code: i32, args: &[&str]) -> String {
    let output = house.output(args);
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{}", said(&output));
    said(&output)
}

fn set_aside(house: &House) -> Vec<PathBuf> {
    let all = fs::read_dir(&house.dir).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.display().to_string().contains(".db.before-restore-")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_put_back_in_mid_campaign_mails_nobody_twice() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    // The relay is closed: three mails wait.
    house.smtp.fault(At::Connect, Fault::Reply("421 4.3.2 closed".into()), 1_000);
    for account in ["old1", "old2"] {
        house.done(&["event", "letter.due", account]);
    }
    let file = house.dir.join("monday.db");
    let name = file.to_str().unwrap();
    let daemon = house.start(&[]).await;
    until("the mails wait", async || house.outbox("queued").len() == 3).await;

    // Beside the daemon that goes on.
    let told: Value = serde_json::from_str(&house.done(&["--json", "backup", name])).unwrap();
    assert_eq!((told["accounts"].as_i64(), told["sha256"].as_str().unwrap().len()), (Some(3), 64), "{told}");
    assert_eq!(told["bytes"].as_u64().unwrap(), fs::metadata(&file).unwrap().len());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(refused(&house, 1, &["backup", name]).contains("--force"));
    house.done(&["backup", name, "--force"]);
    assert!(refused(&house, 75, &["restore", name]).contains("another daemon"));

    // Two of the three leave, and one reader opts out of everything; then the disk is put back to what it was.
    house.smtp.fault(At::Connect, Fault::Drop, 0);
    house.done(&["pause", "account:old2"]);
    house.at("2026-04-07T13:00:00+09:00");
    until("two mails arrive", async || house.smtp.accepted().len() == 2).await;
    daemon.end();
    let before = house.outbox("sent").len();
    assert_eq!(before, 2);
    let shown = house.done(&["restore", name]);
    assert!(shown.contains("resume --all") && shown.contains("3 accounts"), "{shown}");
    assert_eq!(set_aside(&house).len(), 1, "the database before is kept");
    assert!(house.outbox("sent").is_empty() && house.outbox("held").len() == 3, "the backup knows of none");

    // Nothing moves until somebody says so; then only what was never mailed.
    house.at("2026-04-07T14:00:00+09:00");
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().len(), 2);
    house.done(&["resume", "--all", "--yes"]);
    house.done(&["tick"]);
    house.done(&["tick"]);
    let mut to: Vec<String> = house.smtp.accepted().iter().flat_map(|m| m.to.clone()).collect();
    to.sort();
    assert_eq!(to, ["ken@old1.test", "mai@old2.test", "yui@acme.test"], "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_journal_a_restored_store_says_so_and_stays_held() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let file = house.dir.join("monday.db");
    let name = file.to_str().unwrap();
    house.done(&["backup", name]);
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().len(), 1);
    fs::remove_file(house.dir.join("sent.journal")).unwrap();
    let shown = house.done(&["restore", name]);
    assert!(shown.contains("without `sent.journal`"), "{shown}");
    house.done(&["tick"]);
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().len(), 1, "held 100 %");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup_of_this_project_changes_nothing() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let path = |name: &str| house.dir.join(name).to_str().unwrap().to_owned();
    house.done(&["backup", &path("good.db")]);
    let whole = fs::read(house.dir.join("good.db")).unwrap();
    let store = fs::read(house.dir.join("shirube.db")).unwrap();
    assert!(refused(&house, 2, &["restore", &path("none.db")]).contains("no file"));
    fs::write(house.dir.join("text.db"), "key,name\n").unwrap();
    assert!(refused(&house, 1, &["restore", &path("text.db")]).contains("nothing was changed"));
    // A page in the middle is lost.
    let mut torn = whole.clone();
    torn[8192..40_960].fill(7);
    fs::write(house.dir.join("torn.db"), torn).unwrap();
    assert!(refused(&house, 1, &["restore", &path("torn.db")]).contains("nothing was changed"));
    assert!(refused(&house, 1, &["restore", &path("shirube.db")]).contains("in use"));
    assert!(refused(&house, 1, &["backup", &path("shirube.db"), "--force"]).contains("in use"));
    let other = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    assert!(refused(&other, 1, &["restore", &path("good.db")]).contains("another project"));
    assert!(set_aside(&house).is_empty() && set_aside(&other).is_empty());
    assert_eq!(fs::read(house.dir.join("shirube.db")).unwrap(), store);
}
