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

const CANARIES: [&str; 7] = [
    "yui.canary@acme.test",
    "佐藤 結衣",
    "090-7777-1234",
    "yui.old@acme.test",
    "VP of Canaries",
    "visitor-77-yui",
    "the dog of Yui barks",
];

/// What is in the files of the store, the journal and the outbox, as bytes.
fn bytes_of(house: &House) -> Vec<u8> {
    let mut all = Vec::new();
    let mut folders = vec![house.dir.clone()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let ours = ["shirube.db", "sent.journal"].iter().any(|n| name.starts_with(n)) || name.ends_with(".json");
            match path.is_dir() {
                true => folders.push(path),
                false if ours && !name.contains("before-restore") => all.extend(fs::read(path).unwrap()),
                false => {}
            }
        }
    }
    all
}

fn found(house: &House) -> Vec<&'static str> {
    let all = bytes_of(house);
    let has = |text: &str| all.windows(text.len()).any(|part| part == text.as_bytes());
    CANARIES.into_iter().filter(|text| has(text)).collect()
}

fn bring(house: &House, text: &str) {
    let path = house.dir.join("people.csv");
    fs::write(&path, text).unwrap();
    house.done(&["import", "contacts", path.to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_in_no_byte_of_the_store_and_is_never_written_to_again() {
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("TRACK", "story-write-key-0001".to_owned()));
    let config = fs::read_to_string(house.dir.join("shirube.yaml")).unwrap();
    let with_key = config.replace("http: {", "http: {write_keys: [\"${env:TRACK}\"], ");
    fs::write(house.dir.join("shirube.yaml"), with_key).unwrap();
    let model = fs::read_to_string(house.dir.join("model.yaml")).unwrap();
    let columns = "    department: text\n    phone: text\n    title: text\n";
    fs::write(house.dir.join("model.yaml"), model.replace("    department: text\n", columns)).unwrap();
    let head = "account,key,name,email,role,locale,phone,title\n";
    bring(&house, &format!("{head}acme,yui,佐藤 結衣,yui.old@acme.test,admin,ja,090-7777-1234,VP of Canaries\n"));
    house.done(&["tick"]);
    bring(
        &house,
        &format!(
            "{head}acme,yui,佐藤 結衣,yui.canary@acme.test,admin,ja,090-7777-1234,VP of Canaries\nacme,rin,林 凛,rin@acme.test,user,ja,03-1,Canaries\n"
        ),
    );
    house.done(&["tick"]);
    house.done(&["event", "letter.due", "acme"]);
    house.done(&["tick"]);
    let events = house.dir.join("events.csv");
    let said = "account,contact,event,at,comment,amount\nacme,yui,ticket.opened,2026-04-07T09:00:00+09:00,the dog of Yui barks,3\n";
    fs::write(&events, said).unwrap();
    house.done(&["import", "events", events.to_str().unwrap()]);
    house.done(&["note", "acme", "call 佐藤 結衣 (yui.canary@acme.test) about the renewal"]);
    house.done(&["tick"]);
    // One waits to be sent, and tracking knows the person too.
    house.smtp.fault(At::Connect, Fault::Reply("421 4.3.2 closed".into()), 1_000);
    house.done(&["event", "letter.due", "acme"]);
    house.done(&["tick"]);
    let mails = house.smtp.accepted().len();
    assert!(mails >= 1, "{}", house.done(&["outbox", "list"]));
    let daemon = house.start(&[]).await;
    let call = r#"{"type":"identify","userId":"yui.canary@acme.test","anonymousId":"visitor-77-yui","messageId":"m1","traits":{"phone":"090-7777-1234"}}"#;
    assert_eq!(house.track(call).await, 200);
    let backup = house.dir.join("before.db");
    house.done(&["backup", backup.to_str().unwrap()]);
    let every = CANARIES.to_vec();
    assert_eq!(found(&house), every, "the test would see them");

    // Shown first; nothing while a daemon runs; nothing for a name that means two.
    let shown = refused(&house, 1, &["erase", "yui.canary@acme.test"]);
    assert!(shown.contains("--yes") && shown.contains("acme/yui"), "{shown}");
    assert!(refused(&house, 75, &["erase", "yui.canary@acme.test", "--yes"]).contains("daemon"));
    daemon.end();
    assert_eq!(found(&house), every, "looking changes nothing");
    assert!(refused(&house, 1, &["erase", "nobody@acme.test", "--yes"]).contains("nobody is known"));
    let before: Value = serde_json::from_str(&house.done(&["--json", "health", "acme"])).unwrap();

    let told: Value = serde_json::from_str(&house.done(&["--json", "erase", "yui.old@acme.test", "--yes"])).unwrap();
    assert_eq!((told["contact"].as_str(), told["rows"]["contact"].as_u64()), (Some("yui"), Some(1)), "{told}");
    assert!(told["backups"][0]["file"].as_str().unwrap().ends_with("before.db"), "{told}");
    assert_eq!(told["addresses_refused"], 3);
    assert_eq!(found(&house), Vec::<&str>::new(), "{told}");

    // The next turns end what ran for them; numbers about the account stay.
    house.smtp.fault(At::Connect, Fault::Drop, 0);
    house.at("2026-04-07T14:00:00+09:00");
    house.done(&["tick"]);
    house.done(&["tick"]);
    assert_eq!(found(&house), Vec::<&str>::new());
    assert!(house.outbox("frozen").is_empty() && house.outbox("queued").is_empty());
    let after: Value = serde_json::from_str(&house.done(&["--json", "health", "acme"])).unwrap();
    assert_eq!(before["open_tickets"], after["open_tickets"]);
    let sheet = house.done(&["export", "contacts"]);
    assert!(sheet.contains("林 凛") && sheet.contains("Canaries") && !sheet.contains("erased"), "{sheet}");
    let notes = house.done(&["timeline", "acme"]);
    assert!(notes.contains("call [erased] ([erased]) about the renewal"), "{notes}");

    // Brought back by whoever: never written to.
    house.at("2026-04-10T10:00:00+09:00");
    bring(&house, &format!("{head}acme,yui,佐藤 結衣,yui.canary@acme.test,admin,ja,,\n"));
    house.done(&["event", "letter.due", "acme"]);
    house.done(&["tick"]);
    house.done(&["tick"]);
    let to_her =
        || house.smtp.accepted().iter().flat_map(|m| m.to.clone()).filter(|a| a == "yui.canary@acme.test").count();
    let old = to_her();
    assert!(house.done(&["outbox", "list"]).contains("suppressed"), "{}", house.done(&["outbox", "list"]));

    // Erased again, and a backup of before is put back: what was erased stays erased.
    house.done(&["erase", "acme/yui", "--yes"]);
    house.done(&["restore", backup.to_str().unwrap()]);
    assert!(!found(&house).is_empty(), "the backup holds them");
    house.done(&["tick"]);
    assert_eq!(found(&house), Vec::<&str>::new(), "the journal remembers");
    house.done(&["resume", "--all", "--yes"]);
    house.done(&["tick"]);
    assert_eq!(to_her(), old, "still nothing");
}
