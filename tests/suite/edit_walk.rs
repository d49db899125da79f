//! docs/edit-a-playbook.md, as somebody without git and without a developer walks it on the built binary.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Monday, 10:00 in Tokyo.
const NOW: &str = "2026-05-11T10:00:00+09:00";
const SHEET: &str = "顧客ID,会社名,契約開始日,契約状況,タッチ,月額,氏名,メール,役割,言語,last_login_on
C1,株式会社青葉,2024/04/01,利用中,low,30000,青葉 健,ken@aoba.test,champion,ja,2026-05-06
C2,株式会社若草,2024/04/01,利用中,low,20000,若草 舞,mai@wakakusa.test,champion,ja,2026-05-10
C3,株式会社白樺,2024/04/01,利用中,low,20000,白樺 陸,riku@shirakaba.test,champion,ja,2026-04-01
";

fn shirube(dir: &Path, args: &[&str]) -> Output {
    let clock = dir.parent().unwrap().join("clock");
    let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
    command.env("NO_PROXY", "localhost").arg("--clock").arg(clock).arg("--dir").arg(dir).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn done(dir: &Path, args: &[&str]) -> String {
    let output = shirube(dir, args);
    assert!(output.status.success(), "{args:?}\n{}", said(&output));
    said(&output)
}

/// Of a file that is not UTF-8 only a part was understood: writing it back would lose the rest.
#[test]
fn check_fix_leaves_a_file_alone_that_it_could_not_read_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let (live, _) = house(home.path());
    let path = live.join("templates/cases/story.en.md");
    let mut bytes = fs::read_to_string(&path).unwrap().replace("link(\"cases\")", "link(\"casess\")").into_bytes();
    bytes.extend([b'\n', 0xe3, 0x81, b'\n']);
    fs::write(&path, &bytes).unwrap();
    shirube(&live, &["check", "--fix"]);
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

/// A live project with three customers, and a copy of it to work in.
fn house(home: &Path) -> (PathBuf, PathBuf) {
    let (live, draft) = (home.join("my-cs"), home.join("draft"));
    fs::write(home.join("clock"), NOW).unwrap();
    done(&live, &["init"]);
    let sheet = home.join("customers.csv");
    fs::write(&sheet, SHEET).unwrap();
    done(&live, &["import", "accounts", sheet.to_str().unwrap(), "--as", "known"]);
    done(&live, &["tick"]);
    fs::create_dir_all(draft.join("playbooks")).unwrap();
    copy(&live, &draft);
    (live, draft)
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(|e| e.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry, &target);
        } else {
            fs::copy(&entry, target).unwrap();
        }
    }
}

fn edit(dir: &Path, from: &str, to: &str) -> String {
    let path = dir.join("playbooks/no_login.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    let text = text.replacen(from, to, 1);
    fs::write(&path, &text).unwrap();
    text
}

#[test]
fn an_edit_is_checked_mended_planned_made_live_and_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let (live, draft) = house(home.path());
    let before = fs::read_to_string(live.join("playbooks/no_login.yaml")).unwrap();

    // The mistake, at its character, in their language.
    edit(
        &draft,
        "has(metric.last_login) && days_since(metric.last_login) >= 14",
        "has(metric.last_logn) && days_since(metric.last_login) >= 10",
    );
    let check = shirube(&draft, &["--lang", "ja", "check"]);
    assert_eq!(check.status.code(), Some(1));
    let text = said(&check);
    for expected in [
        "エラー[unknown-name]: `metric.last_logn` という名前はここでは使えません",
        "--> playbooks/no_login.yaml:12:19",
        "直し方: `metric.last_login` のことですか？",
        "説明: docs/checks.md#unknown-name",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let lines: Vec<&str> = text.lines().collect();
    let mark = lines.iter().position(|l| l.contains("| start: {when: has(metric.last_logn) && days_since("));
    let mark = mark.unwrap_or_else(|| panic!("{text}"));
    assert_eq!(lines[mark + 1].find('^'), lines[mark].find("metric.last_logn"), "{text}");
    assert!(done(&draft, &["check", "--explain", "unknown-name"]).starts_with("### unknown-name"));

    // First shown, then mended; nothing else in the file moves.
    let broken = fs::read_to_string(draft.join("playbooks/no_login.yaml")).unwrap();
    let shown = done(&draft, &["check", "--fix", "--dry-run"]);
    assert!(
        shown.contains("\n-start: {when: has(metric.last_logn)")
            && shown.contains("\n+start: {when: has(metric.last_login)"),
        "{shown}"
    );
    assert_eq!(fs::read_to_string(draft.join("playbooks/no_login.yaml")).unwrap(), broken);
    let mended = done(&draft, &["check", "--fix", "--lang", "ja"]);
    assert!(
        mended.contains("直しました playbooks/no_login.yaml:12:19：metric.last_logn  →  metric.last_login"),
        "{mended}"
    );
    let expected = before.replacen(">= 14", ">= 10", 1);
    assert_eq!(fs::read_to_string(draft.join("playbooks/no_login.yaml")).unwrap(), expected, "comments and all");

    // Whom it affects: the mail to one customer comes earlier; who is silent for long does not start at all.
    let plan = done(&live, &["--lang", "ja", "plan", "--draft", draft.to_str().unwrap()]);
    for expected in ["第1版", "株式会社青葉", "14日間ログインなし · invite", "時刻が変わる送信", "2026-05-18 10:00"]
    {
        assert!(plan.contains(expected), "{expected}\n{plan}");
    }
    assert!(!plan.contains("株式会社白樺"), "{plan}");
    let answer =
        String::from_utf8(shirube(&live, &["--lang", "ja", "plan", "--draft", draft.to_str().unwrap()]).stdout);
    assert!(answer.unwrap().lines().all(|l| unicode_width::UnicodeWidthStr::width(l) <= 80), "{plan}");
    let same = done(&live, &["plan"]);
    assert!(same.contains("Nobody is affected") && same.contains("--draft"), "{same}");

    // Live, and back.
    fs::copy(draft.join("playbooks/no_login.yaml"), live.join("playbooks/no_login.yaml")).unwrap();
    done(&live, &["tick"]);
    let back = done(&live, &["--lang", "ja", "rollback"]);
    assert!(back.contains("第1版"), "{back}");
    assert_eq!(fs::read_to_string(live.join("playbooks/no_login.yaml")).unwrap(), before);
    assert_eq!(fs::read_to_string(live.join("rulebook.before-rollback-1/playbooks/no_login.yaml")).unwrap(), expected);
}

#[test]
fn a_broken_edit_is_taken_back_to_what_is_live() {
    let home = tempfile::tempdir().unwrap();
    let (live, _) = house(home.path());
    let before = fs::read_to_string(live.join("playbooks/no_login.yaml")).unwrap();
    edit(&live, "start: {when:", "start: {when");
    assert_eq!(shirube(&live, &["check"]).status.code(), Some(1));
    let back = done(&live, &["rollback"]);
    assert!(back.contains("which was not live, is undone"), "{back}");
    assert_eq!(fs::read_to_string(live.join("playbooks/no_login.yaml")).unwrap(), before);
    let nothing = shirube(&live, &["rollback"]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(said(&nothing).contains("no other rulebook was live before"), "{}", said(&nothing));
}

#[test]
fn a_plan_compares_with_a_folder_and_with_git() {
    let home = tempfile::tempdir().unwrap();
    let (live, draft) = house(home.path());
    edit(&live, ">= 14", ">= 10");
    let folder = done(&live, &["plan", "--against", draft.to_str().unwrap()]);
    assert!(folder.contains("株式会社青葉"), "{folder}");
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@our.test"];
        let run = Command::new("git").arg("-C").arg(&live).args(identity).args(args).output();
        run.is_ok_and(|out| out.status.success())
    };
    fs::copy(draft.join("playbooks/no_login.yaml"), live.join("playbooks/no_login.yaml")).unwrap();
    if !git(&["init", "-q"]) {
        println!("skipped: no git here");
        return;
    }
    assert!(
        git(&["add", "model.yaml", "content.yaml", "playbooks", "templates"]) && git(&["commit", "-q", "-m", "before"])
    );
    edit(&live, ">= 14", ">= 10");
    let plan = shirube(&live, &["plan", "--against", "HEAD", "--json"]);
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    for key in ["enter", "leave", "messages_added", "messages_removed", "running"] {
        assert!(plan[key].is_array(), "{key}: {plan}");
    }
    assert_eq!(plan["messages_moved"][0][1]["account"], "C1", "{plan}");
}

#[test]
fn findings_come_as_json_sarif_and_github_commands() {
    let home = tempfile::tempdir().unwrap();
    let (_, draft) = house(home.path());
    edit(&draft, "priority: 45", "prioritee: 45");
    let json: serde_json::Value = serde_json::from_slice(&shirube(&draft, &["check", "--json"]).stdout).unwrap();
    let one = json.as_array().unwrap().iter().find(|f| f["rule"] == "unknown-key").unwrap();
    assert_eq!((&one["severity"], &one["line"], &one["column"]), (&"error".into(), &9.into(), &1.into()));
    assert_eq!(one["file"], "playbooks/no_login.yaml");
    assert_eq!(one["docs"], "docs/checks.md#unknown-key");
    assert_eq!((&one["fix"]["old"], &one["fix"]["new"]), (&"prioritee".into(), &"priority".into()));

    let sarif: serde_json::Value =
        serde_json::from_slice(&shirube(&draft, &["check", "--format", "sarif"]).stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].as_str().is_some_and(|uri| !uri.is_empty() && !uri.starts_with('/')));
        assert!(place["region"]["startLine"].as_u64() >= Some(1) && place["region"]["startColumn"].as_u64() >= Some(1));
    }
    let fixed = run["results"].as_array().unwrap().iter().find(|r| r["ruleId"] == "unknown-key").unwrap();
    let replaced = &fixed["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replaced["deletedRegion"]["endColumn"], 10);
    assert_eq!(replaced["insertedContent"]["text"], "priority");

    let github = said(&shirube(&draft, &["check", "--format", "github"]));
    assert!(github.contains("::error file=playbooks/no_login.yaml,line=9,col=1,title=unknown-key::"), "{github}");
}

/// A site with one page; answers until the process ends.
fn site() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut caller in listener.incoming().flatten() {
            let mut asked = [0; 1024];
            let read = caller.read(&mut asked).unwrap_or(0);
            let there = asked[..read].starts_with(b"GET /there");
            let status = if there { "200 OK" } else { "404 Not Found" };
            let _ = caller
                .write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
        }
    });
    port
}

#[test]
fn a_dead_link_is_found_only_where_that_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let (_, draft) = house(home.path());
    let port = site();
    let links = format!("there: http://localhost:{port}/there\ngone: http://localhost:{port}/gone\n");
    // The kit's own links are examples that lead nowhere: only the names stay, so that templates find them.
    let names = fs::read_to_string(draft.join("content.yaml")).unwrap();
    let names = names.lines().filter_map(|l| l.split_once(": ").filter(|(name, _)| !name.starts_with('#')));
    let kept: String = names.map(|(name, _)| format!("{name}: http://localhost:{port}/there\n")).collect();
    fs::write(draft.join("content.yaml"), links + &kept).unwrap();
    let dead = |args: &[&str]| -> Vec<String> {
        let found: serde_json::Value = serde_json::from_slice(&shirube(&draft, args).stdout).unwrap();
        let dead = found.as_array().unwrap().iter().filter(|f| f["rule"] == "dead-link");
        dead.map(|f| format!("{}:{}:{} {}", f["file"], f["line"], f["column"], f["message"])).collect()
    };
    assert!(dead(&["check", "--json"]).is_empty());
    let expected = format!("\"content.yaml\":2:7 \"the link `http://localhost:{port}/gone` is dead: it answers 404\"");
    assert_eq!(dead(&["check", "--json", "--links"]), [expected]);
}

/// `note`, `import` and `pull` decided with the files as they stood, under the number of the rulebook that was live.
#[test]
fn an_edit_that_is_not_live_decided_what_an_order_or_an_import_brought() {
    let home = tempfile::tempdir().unwrap();
    let (live, _) = house(home.path());
    let sent = || String::from_utf8(shirube(&live, &["--json", "outbox"]).stdout).unwrap();
    let before = sent();
    edit(&live, ">= 14", ">= 3");
    done(&live, &["note", "C1", "talked on the phone"]);
    let sheet = home.path().join("customers.csv");
    fs::write(&sheet, SHEET.replace("30000", "31000")).unwrap();
    done(&live, &["import", "accounts", sheet.to_str().unwrap(), "--as", "known"]);
    assert_eq!(sent(), before, "five days without a login are none of fourteen");
    // What was recorded was decided, by what is live.
    assert!(done(&live, &["--json", "health", "C1"]).contains("31000"));
}
