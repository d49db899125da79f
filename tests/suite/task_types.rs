//! Tasks by the kind of work they are: shown, asked for, counted; what is no kind is refused.

use std::fs;

use crate::score::Room;

const MODEL: &str = r#"
workspace: {timezone: Asia/Tokyo, locale: ja}
metrics:
  logins_7d: {count: login, over: 7d}
  trainings: {count: task.done, where: 'event.type == "training"', over: 90d}
task_types:
  training: {ja: 研修, en: Training}
  analysis: {ja: 分析, en: Analysis}
segments: {trained: {when: metric.trainings >= 1}}
targets: {logo_churn: 3%}
"#;

const PLAYBOOK: &str = r#"
playbook: first_days
title: {ja: 最初の数日, en: First days}
for: account
start: {when: account.status == "active"}
steps:
  - {id: teach, task: {ja: 操作の研修, en: Teach them}, owner: csm, type: training}
  - {id: look, task: {ja: 利用を調べる, en: Look at their use}, owner: csm, type: analysis}
  - {id: call, task: {ja: 電話, en: Call them}, owner: csm}
"#;

fn room(playbook: &str) -> Room {
    let room = Room::new(MODEL);
    fs::create_dir_all(room.dir().join("playbooks")).unwrap();
    fs::write(room.dir().join("playbooks/first_days.yaml"), playbook).unwrap();
    fs::write(room.dir().join("shirube.yaml"), "people: {kei: {name: Yamada Kei}}\n").unwrap();
    room.at("2026-06-01T09:00:00+09:00");
    room
}

#[test]
fn tasks_say_their_type_are_asked_for_by_it_and_counted_by_it() {
    let room = room(PLAYBOOK);
    room.import("accounts", "key,name,csm,status\nacme,Acme,kei,trial\n");
    room.done(&["tick"]);
    room.at("2026-06-02T09:00:00+09:00");
    room.import("accounts", "key,status\nacme,active\n");
    room.done(&["tick"]);
    let all = room.said("en", &["cs", "tasks"]);
    assert!(all.contains("Acme: [Training] Teach them (@kei") && all.contains("Acme: Call them (@kei"), "{all}");
    let some = room.said("ja", &["cs", "tasks", "分析"]);
    assert!(some.contains("【分析】利用を調べる") && !some.contains("研修") && !some.contains("電話"), "{some}");
    let own = room.said("en", &["cs", "tasks", "kei", "training"]);
    assert!(own.contains("[Training]") && !own.contains("Look"), "{own}");
    assert!(room.said("en", &["cs", "tasks", "kei"]).contains("Look"), "without a type all of them");
    let trained = || room.json(&["kpi", "--by", "segment"])["groups"].as_array().unwrap().len();
    room.done(&["cs", "done", "acme", "first_days/look"]);
    room.done(&["tick"]);
    assert_eq!(trained(), 0, "an analysis is no training");
    room.done(&["cs", "done", "acme", "first_days/teach"]);
    room.done(&["tick"]);
    assert_eq!(trained(), 1);
}

#[test]
fn a_type_nobody_declared_is_an_error_with_its_place() {
    let room = room(&PLAYBOOK.replace("type: training", "type: trainning"));
    let (code, out, err) = room.run(&["--lang", "en", "check"]);
    let said = format!("{out}{err}");
    assert!(code != 0 && said.contains("unknown-task-type") && said.contains("did you mean `training`?"), "{said}");
    assert!(said.contains("playbooks/first_days.yaml:7:"), "{said}");
}
