//! What people read, in both languages, from the built binary: titles instead of names, nothing silly.

use std::{fs, path::Path, process::Command};

use unicode_width::UnicodeWidthStr;

const MODEL: &str = r##"
metrics:
  logins_7d: {count: login, over: 7d, or: account.logins_per_week}
attributes: {account: {logins_per_week: number}}
journey:
  - {phase: adoption, title: {ja: 活用期, en: Adoption}, until: "false"}
health:
  - scorecard: seed
    for: "true"
    components:
      - {name: login, title: {ja: ログイン, en: Logins}, measure: metric.logins_7d, points: [{at_least: 3, give: 3}, {give: 0}]}
    bands: {green: ">= 3", yellow: ">= 1", red: "< 1"}
segments: {big: {when: account.mrr > 100, title: {ja: 大口, en: Large ones}}}
plans: {light: {ja: ライト, en: Light plan}}
workspace: {timezone: Asia/Tokyo, locale: ja}
digests: [{digest: weekly, title: {ja: 今週の注意, en: Watch list}, cron: "0 9 * * 1", where: health.band == "red", slack: "#cs"}]
"##;
const SHEET: &str = "key,name,plan,mrr,logins_per_week,created_at\n\
    acme,アクメ株式会社,light,50000,1,2024-04-01\nbeta,Beta Inc.,light,9000,5,2024-04-01\n";

fn shirube(dir: &Path, args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_shirube")).arg("--dir").arg(dir).args(args).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

fn done(dir: &Path, args: &[&str]) -> String {
    let (fine, text) = shirube(dir, args);
    assert!(fine, "{args:?}\n{text}");
    assert!(text.lines().all(|line| line.width() <= 80 || line.contains("-->")), "{args:?}\n{text}");
    text
}

fn project(model: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.yaml"), model).unwrap();
    fs::write(folder.path().join("shirube.yaml"), "").unwrap();
    fs::write(folder.path().join("customers.csv"), SHEET).unwrap();
    done(folder.path(), &["import", "accounts", folder.path().join("customers.csv").to_str().unwrap()]);
    folder
}

#[test]
fn people_read_titles_in_their_language_and_programs_read_names() {
    let folder = project(MODEL);
    let dir = folder.path();
    let ja = done(dir, &["--lang", "ja", "health", "acme"]);
    for title in ["アクメ株式会社: 危険 0/3点", "ログイン", "活用期", "ライト · 月額¥50,000"] {
        assert!(ja.contains(title), "{title}\n{ja}");
    }
    let en = done(dir, &["--lang", "en", "health", "acme"]);
    for title in ["at risk 0/3", "Logins", "Adoption", "Light plan · ¥50,000 a month"] {
        assert!(en.contains(title), "{title}\n{en}");
    }
    for text in [&ja, &en] {
        assert!(!text.contains("0 of 0") && !text.contains("ステップ中") && !text.contains("T00:00"), "{text}");
    }
    let json: serde_json::Value = serde_json::from_str(&done(dir, &["health", "acme", "--json"])).unwrap();
    assert_eq!((&json["components"][0]["name"], &json["phase"]), (&"login".into(), &"adoption".into()));
    let digest = done(dir, &["--lang", "ja", "digest", "weekly", "--to", "stdout"]);
    assert!(digest.contains("今週の注意") && digest.contains("ログイン −3"), "{digest}");
    assert!(done(dir, &["--lang", "en", "cs", "risk", "big"]).contains("Large ones"));
    assert!(done(dir, &["--lang", "ja", "accounts"]).contains("顧客2社"));
    let kpi = done(dir, &["--lang", "ja", "kpi"]);
    assert!(kpi.contains("解約率") && !kpi.contains("logo_churn"), "{kpi}");
    let timeline = done(dir, &["--lang", "ja", "timeline", "acme"]);
    assert!(timeline.contains("created_at = 2024-04-01 00:00") && !timeline.contains("+09:00"), "{timeline}");
}

#[test]
fn what_is_not_known_is_said_once_and_not_as_a_number() {
    let folder = project(
        &MODEL
            .replace("segments:", "# segments:")
            .replace("for: \"true\"", "for: \"true\"\n    min_coverage: 50%\n    missing: exclude"),
    );
    let dir = folder.path();
    fs::write(dir.join("quiet.csv"), "key,name\nquiet,静かな会社\n").unwrap();
    done(dir, &["import", "accounts", dir.join("quiet.csv").to_str().unwrap()]);
    let text = done(dir, &["--lang", "ja", "health", "quiet"]);
    assert!(!text.contains("導入  ") && !text.contains("0/0"), "{text}");
}

#[test]
fn a_question_for_an_account_that_does_not_exist_is_refused_with_the_nearest_names() {
    let folder = project(MODEL);
    for more in [&["--hand-off"][..], &[]] {
        let asked = [&["--lang", "en", "ask", "--for", "acmee"], more, &["how do I cancel"]].concat();
        let (fine, text) = shirube(folder.path(), &asked);
        assert!(
            !fine && text.contains("No account is called “acmee”.") && text.contains("acme (アクメ株式会社)"),
            "{text}"
        );
    }
}

#[test]
fn log_lines_in_a_pipe_carried_colours() {
    let folder = project(MODEL);
    let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
    command.arg("--dir").arg(folder.path()).args(["health", "acme"]).env("SHIRUBE_LOG", "trace").env_remove("NO_COLOR");
    let log = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(log.contains("DEBUG") && !log.contains('\u{1b}'), "{log}");
}
