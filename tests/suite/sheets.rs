//! The sheet stays theirs: what is exported goes in again and is no news; notes, past answers, completions.

use std::{fs, path::Path, process::Command};

const SHEET: &str = "key,name,plan,mrr,seats,status,created_at,goals,email,contact_name,role,タッチ\n\
    acme,アクメ株式会社,light,50000,12,active,2024-04-01,早く締める、ミスを減らす,yui@acme.test,佐藤 結衣,admin,テックタッチ\n\
    evil,'=cmd|' /C calc'!A0,light,-5,３,active,令和6年4月1日,,,,,ハイタッチ\n";

fn shirube(dir: &Path, args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_shirube")).arg("--dir").arg(dir).args(args).output().unwrap()
}

fn done(dir: &Path, args: &[&str]) -> String {
    let output = shirube(dir, args);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}\n{out}\n{err}");
    out.into_owned()
}

fn json(dir: &Path, args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&done(dir, args)).unwrap()
}

#[test]
fn what_is_exported_goes_in_again_and_is_no_news() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    done(dir, &["init"]);
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    fs::write(path("in.csv"), SHEET).unwrap();
    fs::write(
        path("subs.csv"),
        "subscription_id,account_id,plan,start_date,end_date,mrr,seats\ns1,acme,light,2024-04-01,,50000,12\n",
    )
    .unwrap();
    let said = json(dir, &["import", "accounts", &path("in.csv"), "--json"]);
    assert_eq!((&said["inserted"], &said["rejected"]), (&2.into(), &0.into()), "{said}");
    done(dir, &["import", "subscriptions", &path("subs.csv")]);
    for kind in ["accounts", "contacts", "subscriptions"] {
        let file = path(&format!("{kind}.csv"));
        done(dir, &["export", kind, &file]);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with('\u{feff}') && text.contains("\r\n"), "{text}");
        let again = json(dir, &["import", kind, &file, "--json"]);
        let news = (&again["inserted"], &again["updated"], &again["rejected"]);
        assert_eq!(news, (&0.into(), &0.into(), &0.into()), "{kind}: {again}\n{text}");
    }
    let accounts = fs::read_to_string(path("accounts.csv")).unwrap();
    assert!(accounts.contains("'=cmd") && accounts.contains(",tech") && accounts.contains(",high"), "{accounts}");
    assert!(!accounts.lines().any(|line| line.split(',').any(|cell| cell.starts_with('='))), "{accounts}");
}

#[test]
fn a_note_is_on_the_timeline_and_the_past_is_told_from_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    done(dir, &["init"]);
    fs::write(dir.join("in.csv"), SHEET).unwrap();
    done(dir, &["import", "accounts", dir.join("in.csv").to_str().unwrap()]);
    done(dir, &["note", "アクメ", "更新は前向き", "#renewal", "--positive"]);
    let timeline = done(dir, &["--lang", "ja", "timeline", "acme"]);
    assert!(timeline.contains("メモ: 更新は前向き #renewal"), "{timeline}");
    let past = json(dir, &["explain", "acme", "--playbook", "onboarding", "--at", "2020-01-01", "--json"]);
    assert_eq!((&past["verdict"], past["ledger"].as_array().map(Vec::len)), (&"not_matched".into(), Some(0)), "{past}");
    let wrong = shirube(dir, &["explain", "acme", "--at", "yesterday"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn wrong_usage_is_said_in_the_language_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = shirube(folder.path(), &["--lang", "ja", "helth", "acme"]);
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said.contains("「helth」というコマンドはありません") && said.contains("health"), "{said}");
    let english = shirube(folder.path(), &["--lang", "en", "helth", "acme"]);
    assert!(String::from_utf8_lossy(&english.stderr).contains("unrecognized subcommand"));
    assert!(done(folder.path(), &["completions", "bash"]).contains("complete -o default -F _shirube shirube"));
    assert!(done(folder.path(), &["schema", "config"]).contains("shirube:config"));
}

#[test]
fn what_subscriptions_say_belongs_to_the_account_until_its_own_sheet_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    done(dir, &["init"]);
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let at = |moment: &str| fs::write(path("now"), moment).unwrap();
    let (clock, moment) = (path("now"), "2026-04-06T09:00:00+09:00");
    let run = |args: &[&str]| done(dir, &[&["--clock", &clock], args].concat());
    let acme = || -> serde_json::Value {
        serde_json::from_str(&run(&["accounts", "--json", "--where", "account.key == \"acme\""])).unwrap()
    };
    at(moment);
    fs::write(path("a.csv"), "key,name\nacme,Acme\n").unwrap();
    let subs = "subscription_id,account_id,plan,start_date,end_date,mrr,seats\n\
        s1,acme,light,2026-01-01,2026-05-01,50000,3\ns2,acme,pro,2026-02-01,2027-02-01,80000,4\n";
    fs::write(path("s.csv"), subs).unwrap();
    run(&["import", "accounts", &path("a.csv")]);
    assert_eq!(acme()[0]["mrr"], serde_json::Value::Null);
    run(&["import", "subscriptions", &path("s.csv")]);
    assert_eq!(acme()[0]["mrr"]["amount_minor"], 130_000, "{}", acme());
    assert_eq!(acme()[0]["renewal_date"], "2026-05-01");

    // One of the two ends; nothing else is said.
    at("2026-05-01T00:30:00+09:00");
    run(&["tick"]);
    assert_eq!((&acme()[0]["mrr"]["amount_minor"], &acme()[0]["renewal_date"]), (&80_000.into(), &"2027-02-01".into()));

    // A price that changes counts at once; a sheet of accounts outranks it, whatever comes later.
    fs::write(path("s.csv"), subs.replace("80000", "90000")).unwrap();
    run(&["import", "subscriptions", &path("s.csv")]);
    assert_eq!(acme()[0]["mrr"]["amount_minor"], 90_000);
    fs::write(path("a.csv"), "key,name,mrr\nacme,Acme,70000\n").unwrap();
    run(&["import", "accounts", &path("a.csv")]);
    assert_eq!(acme()[0]["mrr"]["amount_minor"], 70_000);
    at("2027-02-01T09:00:00+09:00");
    run(&["tick"]);
    assert_eq!(
        (&acme()[0]["mrr"]["amount_minor"], &acme()[0]["renewal_date"]),
        (&70_000.into(), &serde_json::Value::Null)
    );
}
