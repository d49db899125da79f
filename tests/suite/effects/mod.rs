//! `effect` on the built binary: a planted effect is found and said with what to do; a public test gives its known answer.

mod edits;
mod elsewhere;
mod page;
mod planted;
mod rails;
mod sent;

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::Value;
use shirube::engine::holdout::share;

const MODEL: &str = r##"
workspace: {timezone: Asia/Tokyo, locale: ja}
metrics: {first_report: {first: report.sent}}
milestones:
  first_value: {title: {ja: 初回価値, en: First value}, when: has(metric.first_report)}
journey:
  - {phase: adoption, until: "false"}
holdout: {percent: 0, salt: global}
"##;

fn playbook(name: &str, ja: &str, en: &str, holdout: &str) -> String {
    format!(
        "playbook: {name}\ntitle: {{ja: {ja}, en: {en}}}\npurpose: {{ja: 試験, en: a test}}\nfor: account\nclass: service\n\
         start: {{on: trial.began}}\ngoal: {{when: milestone.first_value, within: 20d}}\noutcome: {{churned_within: 30d}}\n\
         holdout: {holdout}\nsteps:\n  - {{id: call, task: {{ja: 案内する, en: Explain it}}, owner: csm, due: 2d}}\n"
    )
}

pub(crate) struct Room {
    folder: tempfile::TempDir,
}

impl Room {
    pub(crate) fn new() -> Room {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("shirube.yaml"), "").unwrap();
        fs::write(folder.path().join("model.yaml"), MODEL).unwrap();
        fs::create_dir(folder.path().join("playbooks")).unwrap();
        let helps = playbook("helps", "最初の案内", "First help", "{percent: 50, salt: first}");
        let idle = playbook("idle", "月次の便り", "Monthly letter", "{percent: 50, salt: letter}");
        let alone = playbook("alone", "全員への案内", "Help for all", "none");
        let declared = playbook("declared", "拡大の提案", "Offer of more seats", "{percent: 50, salt: declared}");
        let measured = "outcome: {when: account.seats > 100, within: 20d, mde: 5%, until: 2026-06-01}";
        let declared = declared.replace("outcome: {churned_within: 30d}", measured);
        for (name, text) in [("helps", helps), ("idle", idle), ("alone", alone), ("declared", declared)] {
            fs::write(folder.path().join(format!("playbooks/{name}.yaml")), text).unwrap();
        }
        Room { folder }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn run(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
        let output =
            command.arg("--dir").arg(self.dir()).args(args).env("SHIRUBE_CLOCK", self.dir().join("clock")).output();
        let output = output.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    pub(crate) fn done(&self, args: &[&str]) -> String {
        let (code, out, err) = self.run(args);
        assert_eq!(code, 0, "{args:?}\n{out}{err}");
        out
    }

    /// Day `day` of the story, at ten in the morning.
    pub(crate) fn at(&self, day: i64) {
        let start = jiff::civil::date(2026, 3, 2).at(10, 0, 0, 0).in_tz("Asia/Tokyo").unwrap();
        let now = start.checked_add(jiff::Span::new().days(day)).unwrap();
        fs::write(self.dir().join("clock"), now.timestamp().to_string()).unwrap();
    }

    pub(crate) fn import(&self, kind: &str, sheet: &str) {
        let file = self.dir().join("sheet.csv");
        fs::write(&file, sheet).unwrap();
        self.done(&["import", kind, file.to_str().unwrap(), "--as", "known"]);
    }

    /// What people read, on one line.
    pub(crate) fn said(&self, args: &[&str]) -> String {
        self.done(args).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.done(args)).unwrap()
    }
}

const WEEKS: i64 = 8;
const A_WEEK: i64 = 60;

/// Who is left alone by `helps` leaves one time in four, the others one time in twenty; a week after they began.
fn leaves(n: i64) -> bool {
    let every = if share("first", &format!("c{n}")) < 0.5 { 4 } else { 20 };
    n % every == 0
}

/// Who gets `declared` takes more seats one time in two, the others one time in ten; unless they leave.
fn grows(n: i64) -> bool {
    let every = if share("declared", &format!("c{n}")) < 0.5 { 10 } else { 2 };
    n % every == 1 && !leaves(n)
}

fn story() -> Room {
    let room = Room::new();
    room.at(0);
    let all = (0..WEEKS * A_WEEK).map(|n| format!("c{n},Customer {n},2025-01-01,active\n")).collect::<String>();
    room.import("accounts", &format!("key,name,contract_start,status\n{all}"));
    room.done(&["tick"]);
    for week in 0..=WEEKS {
        room.at(week * 7 + 1);
        let of = |week: i64| week * A_WEEK..(week + 1) * A_WEEK;
        if week > 0 {
            let gone = of(week - 1).filter(|n| leaves(*n)).map(|n| format!("c{n},churned\n")).collect::<String>();
            room.import("accounts", &format!("key,status\n{gone}"));
            let grown = of(week - 1).filter(|n| grows(*n)).map(|n| format!("c{n},200\n")).collect::<String>();
            room.import("accounts", &format!("key,seats\n{grown}"));
        }
        if week < WEEKS {
            let day = jiff::civil::date(2026, 3, 3).checked_add(jiff::Span::new().days(week * 7)).unwrap();
            let began = of(week).map(|n| format!("c{n},trial.began,{day}T09:30:00+09:00\n")).collect::<String>();
            room.import("events", &format!("account_key,event,date\n{began}"));
        }
        room.done(&["tick"]);
    }
    room.at(120);
    room
}

#[test]
fn a_planted_effect_is_found_and_said_with_what_to_do() {
    let room = story();
    let found = room.json(&["effect", "helps", "--json"]);
    let mut wanted: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for n in 0..WEEKS * A_WEEK {
        let arm = if share("first", &format!("c{n}")) < 0.5 { "holdout" } else { "treated" };
        let counts = wanted.entry(arm).or_default();
        *counts = (counts.0 + 1, counts.1 + u64::from(leaves(n)));
    }
    for (arm, (n, events)) in &wanted {
        assert_eq!(
            (found[arm]["n"].as_u64(), found[arm]["events"].as_u64()),
            (Some(*n), Some(*events)),
            "{arm} {found}"
        );
    }
    assert_eq!((found["verdict"].as_str(), found["advice"].as_str()), (Some("helps"), Some("scale")), "{found}");
    assert!(found["diff"].as_f64().unwrap() < -0.1 && found["ci95"][1].as_f64().unwrap() < 0.0, "{found}");
    assert!(found["p_always_valid"].as_f64().unwrap() < 0.05 && found["srm_p"].as_f64().unwrap() > 0.001, "{found}");
    for field in ["needs", "guardrails", "srm_p", "p_always_valid", "mde", "within_days", "log_rank", "contamination"] {
        assert!(found.get(field).is_some(), "{field}");
    }
    let ja = room.done(&["--lang", "ja", "effect", "helps"]).replace('\n', "");
    assert!(ja.contains("「最初の案内」は効果があります") && ja.contains("すること：広げる"), "{ja}");
    let en = room.said(&["--lang", "en", "cs", "effect", "helps"]);
    assert!(en.contains("“First help” helps.") && en.contains("What to do: scale it"), "{en}");

    assert!(found["p_exact"]["boschloo"].as_f64().unwrap() < 0.001 && found["p_exact"]["fisher"].is_f64(), "{found}");
    let idle = room.json(&["effect", "idle", "--json"]);
    assert_eq!(idle["verdict"], "not_enough_data", "{idle}");
    assert!(idle["needs"]["accounts_per_arm"].as_u64().unwrap() > 500, "{idle}");
    assert_eq!(room.json(&["effect", "idle", "--mde", "30%", "--json"])["verdict"], "no_effect_larger_than_mde");
    let said = room.said(&["--lang", "en", "effect", "idle"]);
    assert!(
        said.contains("too early") && said.contains("customers in each group") && said.contains("Seen sooner"),
        "{said}"
    );

    let declared = room.json(&["effect", "declared", "--json"]);
    assert_eq!((&declared["outcome"]["kind"], &declared["over"]), (&"condition".into(), &true.into()), "{declared}");
    assert_eq!((&declared["verdict"], &declared["mde"]), (&"helps".into(), &0.05.into()), "{declared}");
    let grown = (0..WEEKS * A_WEEK).filter(|n| grows(*n)).count() as u64;
    let counted = ["treated", "holdout"].map(|arm| declared[arm]["events"].as_u64().unwrap());
    assert_eq!(counted[0] + counted[1], grown, "{declared}");

    let all = room.json(&["effect", "--all", "--json"]);
    let of = |name: &str| all["playbooks"].as_array().unwrap().iter().find(|row| row["playbook"] == name).unwrap();
    assert_eq!((&of("helps")["verdict"], &all["pooled"]), (&"helps".into(), &Value::Null), "{all}");
    assert!(of("helps")["p_adjusted"].as_f64() >= of("helps")["p_always_valid"].as_f64());
    let list = room.done(&["--lang", "ja", "effect", "--all"]);
    assert!(list.contains("最初の案内") && list.contains("データ不足"), "{list}");

    let alone = room.said(&["--lang", "en", "effect", "alone"]);
    assert!(
        alone.contains("Nobody is held out")
            && alone.contains("hold some out")
            && alone.contains("Before and after (not causal)"),
        "{alone}"
    );
    let few = room.said(&["--lang", "en", "effect", "helps", "--outcome", "first_value"]);
    assert!(few.contains("Fisher’s exact test; by Boschloo’s exact test p = 1.0000"), "{few}");
    let by_milestone = room.json(&["effect", "helps", "--outcome", "first_value", "--json"]);
    assert_eq!(
        (by_milestone["lower_is_better"].as_bool(), by_milestone["treated"]["events"].as_u64()),
        (Some(false), Some(0))
    );
    let (code, out, err) = room.run(&["--lang", "en", "effect", "helps", "--outcome", "sunshine"]);
    assert!(code == 1 && out.is_empty() && err.contains("churn, goal, first_value"), "{code} {err}");
    assert_eq!(room.run(&["effect", "nothing"]).0, 1);
}
