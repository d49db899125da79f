//! Readiness to grow on the built binary: a score of its own beside health, held back by it, told with its reasons, recorded
//! when it turns, and held against who paid more later.

use serde_json::Value;
use shirube::{
    model::score::ScoreKind,
    rulebook::{load::load, slots::SlotSource},
};

use crate::score::{EVENTS, Room};

const MODEL: &str = r##"
workspace: {timezone: Asia/Tokyo, locale: en}
attributes: {account: {seat_share: number, wishes: number, luck: number}}
metrics:
  logins_7d: {count: login, over: 7d}
health:
  - scorecard: usage
    for: "true"
    components:
      - {name: login, title: {ja: ログイン, en: Logins}, family: usage, measure: metric.logins_7d, points: [{at_least: 1, give: 2}, {give: 0}]}
    bands: {green: ">= 2", yellow: ">= 1", red: "< 1"}
"##;

const EXPANSION: &str = r##"
expansion:
  - scorecard: growth
    title: {ja: 拡大の準備, en: Growth}
    for: "true"
    components:
      - {name: seats, title: {ja: 席の利用, en: Seats}, family: usage, measure: account.seat_share, points: [{at_least: 0.9, give: 2}, {give: 0}]}
      - {name: wishes, title: {ja: ご要望, en: Wishes}, family: support, measure: account.wishes, points: [{at_least: 1, give: 1}, {give: 0}]}
    bands: {ready: ">= 2", warming: ">= 1", not_yet: "< 1"}
    caps: [{when: health.band == "red", at_most: not_yet, because: {ja: 解約の兆し, en: at risk of leaving}}]
    min_coverage: 50%
"##;

fn with_expansion() -> String {
    format!("{MODEL}{EXPANSION}")
}

/// Three customers: in use and full, full but silent, and one of which nothing is known.
fn three(model: &str) -> Room {
    let room = Room::new(model);
    room.at("2026-05-01T10:00:00+09:00");
    room.import(
        "accounts",
        "key,name,seat_share,wishes,mrr\nfull,Full Ltd,0.95,1,1000\nsilent,Silent Ltd,0.95,0,500\n",
    );
    room.import("accounts", "key,name\nblank,Blank Ltd\n");
    room.import(
        "events",
        &format!("{EVENTS}login,full,2026-05-01T09:00:00+09:00,l1\nlogin,blank,2026-05-01T09:00:00+09:00,l2\n"),
    );
    room.done(&["tick"]);
    room
}

fn ready(room: &Room, key: &str) -> Value {
    room.json(&["health", key])["expansion"].clone()
}

#[test]
fn readiness_stands_beside_health_with_its_reasons_and_is_held_back_by_it() {
    let room = three(&with_expansion());
    let full = room.json(&["health", "full"]);
    assert_eq!(
        (full["band"].as_str(), full["score"].as_f64(), full["best"].as_f64()),
        (Some("green"), Some(2.0), Some(2.0))
    );
    let found = &full["expansion"];
    assert_eq!((found["scorecard"].as_str(), found["band"].as_str()), (Some("growth"), Some("ready")), "{found:#}");
    assert_eq!(
        (found["score"].as_f64(), found["best"].as_f64(), found["coverage"].as_f64()),
        (Some(3.0), Some(3.0), Some(1.0))
    );
    let points: f64 = found["components"].as_array().unwrap().iter().map(|c| c["points"].as_f64().unwrap()).sum();
    assert_eq!(points, 3.0, "components sum to the score");
    assert_eq!(found["held_because"], Value::Null);
    let silent = ready(&room, "silent");
    assert_eq!((silent["band"].as_str(), silent["score"].as_f64()), (Some("not_yet"), Some(2.0)), "{silent:#}");
    assert_eq!(silent["held_because"], "at risk of leaving");
    assert_eq!(ready(&room, "blank")["band"], "unknown", "by lack of data nobody is not ready");
    let en = room.said("en", &["health", "silent"]);
    assert!(
        en.contains("Readiness to grow")
            && en.contains("not yet 2/3 (Seats 2/2, Wishes 0/1); held back: at risk of leaving"),
        "{en}"
    );
    let ja = room.said("ja", &["health", "full"]);
    assert!(ja.contains("拡大の準備度") && ja.contains("ご提案の好機 3/3点（席の利用 2/2点、ご要望 1/1点）"), "{ja}");
}

#[test]
fn a_turn_of_readiness_is_recorded_and_lists_follow() {
    let room = three(&with_expansion());
    let list = room.said("en", &["cs", "expansion"]);
    assert!(list.contains("Readiness to grow: ready") && list.contains("Full Ltd — ready 3/3 · healthy 2/2"), "{list}");
    assert!(list.contains("why: Seats +2, Wishes +1") && !list.contains("Silent Ltd"), "{list}");
    assert!(room.said("en", &["cs", "risk", "not_yet"]).contains("Silent Ltd — not yet 2/3"));
    let rows = room.json(&["accounts", "--where", "expansion.band == \"ready\""]);
    assert_eq!((rows[0]["key"].as_str(), rows.as_array().unwrap().len()), (Some("full"), 1), "{rows:#}");
    assert_eq!(rows[0]["expansion"], serde_json::json!({"band": "ready", "score": 3.0}));
    let sorted = room.json(&["accounts", "--sort", "expansion"]);
    let keys: Vec<&str> = sorted.as_array().unwrap().iter().filter_map(|row| row["key"].as_str()).collect();
    assert_eq!(keys, ["full", "silent", "blank"]);

    room.at("2026-05-04T10:00:00+09:00");
    room.import("accounts", "key,seat_share\nfull,0.5\n");
    room.done(&["tick"]);
    assert_eq!(ready(&room, "full")["band"], "warming");
    let told = room.said("en", &["timeline", "full"]);
    assert!(told.contains("Readiness to grow: ready → warming up"), "{told}");
    let told = room.said("ja", &["timeline", "full"]);
    assert!(told.contains("拡大の準備度: ご提案の好機 → もう少し"), "{told}");

    room.import("accounts", "key,status\nfull,churned\n");
    room.done(&["tick"]);
    assert_eq!(ready(&room, "full"), Value::Null, "who left is not to be sold to");
}

#[test]
fn a_model_without_the_section_has_no_readiness_and_a_new_section_reads_old_states() {
    let room = three(MODEL);
    assert_eq!(ready(&room, "full"), Value::Null);
    let (code, out, err) = room.run(&["cs", "expansion"]);
    assert!(code != 0 && format!("{out}{err}").contains("has no `expansion:`"), "{code} {out}{err}");
    std::fs::write(room.dir().join("model.yaml"), with_expansion()).unwrap();
    room.at("2026-05-01T11:00:00+09:00");
    room.done(&["tick"]);
    assert_eq!(ready(&room, "full")["band"], "ready");
    assert!(!room.said("en", &["timeline", "full"]).contains("Readiness to grow"), "a first band is no turn");
    std::fs::write(room.dir().join("model.yaml"), MODEL).unwrap();
    room.at("2026-05-01T12:00:00+09:00");
    room.done(&["tick"]);
    assert_eq!(ready(&room, "full"), Value::Null, "what a section that is gone had left");
}

/// What it does not have costs nothing: neither a slot to fill nor anything to look at.
#[test]
fn a_model_without_the_section_carries_no_slot_for_it() {
    let slots = |model: &str| {
        let rulebook = load(&[("model.yaml".to_owned(), model.to_owned())].into()).0.unwrap();
        let of_it = |source: &&SlotSource| matches!(source, SlotSource::Scored(ScoreKind::Expansion, _));
        let count = rulebook.slots.sources.iter().filter(of_it).count();
        (count, rulebook.slots.score_reads[ScoreKind::Expansion.index()].len())
    };
    assert_eq!(slots(MODEL), (0, 0));
    assert_eq!(slots(&with_expansion()), (5, 3), "seats, wishes and the band of health");
}

#[test]
fn a_name_of_a_score_that_the_model_lacks_is_explained() {
    let room = Room::new(MODEL);
    room.at("2026-05-01T10:00:00+09:00");
    std::fs::create_dir_all(room.dir().join("playbooks")).unwrap();
    let playbook = "playbook: tell\ntitle: {ja: 試験, en: Test}\npurpose: {ja: 試験, en: a test}\nfor: account\n\
        start: {when: expansion.band == \"ready\"}\nsteps:\n  - {id: call, task: {ja: 電話, en: Call}, owner: csm, due: 2d}\n";
    std::fs::write(room.dir().join("playbooks/tell.yaml"), playbook).unwrap();
    let (code, out, err) = room.run(&["--lang", "en", "check"]);
    assert!(code != 0 && format!("{out}{err}").contains("model.yaml has no `expansion:`"), "{out}{err}");
    std::fs::write(room.dir().join("model.yaml"), with_expansion().replace("\"< 1\"}\n    caps", "\"< 2\"}\n    caps"))
        .unwrap();
    let (code, out, err) = room.run(&["--lang", "en", "check"]);
    assert!(
        code != 0 && format!("{out}{err}").contains("a score from 1 to 2 is both warming and not_yet"),
        "{out}{err}"
    );
}

const CUSTOMERS: i64 = 160;
const AS_OF: [&str; 6] = ["score", "backtest", "--score", "expansion", "--as-of", "2026-06-01"];

/// Every fourth customer is full before 1 June; half of those paid more in July, of the others one in thirty.
fn full(n: i64) -> bool {
    n % 4 == 0
}

fn grew(n: i64) -> bool {
    if full(n) { n % 8 == 0 } else { n % 30 == 1 }
}

fn story(bands: &str, wishes: fn(i64) -> i64) -> Room {
    since("2025-01-01", bands, wishes)
}

fn since(start: &str, bands: &str, wishes: fn(i64) -> i64) -> Room {
    let model = with_expansion().replace("{ready: \">= 2\", warming: \">= 1\", not_yet: \"< 1\"}", bands);
    let room = Room::new(&model.replace("health.band == \"red\"", "health.band == \"yellow\""));
    room.at("2026-05-01T10:00:00+09:00");
    let row = |n: i64| format!("c{n},Customer {n},{},{}\n", if full(n) { "0.95" } else { "0.4" }, wishes(n));
    let all: String = (0..CUSTOMERS).map(row).collect();
    room.import("accounts", &format!("key,name,seat_share,wishes\n{all}"));
    room.done(&["tick"]);
    room.at("2026-09-15T10:00:00+09:00");
    let contracts = |n: i64| match n {
        // Down and half way up again is less than before; away and back is not growth either.
        2 => format!("s2,c2,{start},2026-06-20,1000\nt2,c2,2026-06-20,2026-07-20,500\nu2,c2,2026-07-20,,900\n"),
        3 => format!("s3,c3,{start},2026-06-20,1000\nt3,c3,2026-07-20,,2000\n"),
        n if grew(n) => format!("s{n},c{n},{start},2026-07-10,1000\nt{n},c{n},2026-07-10,,1500\n"),
        n => format!("s{n},c{n},{start},,1000\n"),
    };
    let contracts: String = (0..CUSTOMERS).map(contracts).collect();
    room.import("subscriptions", &format!("key,account,start,end,mrr\n{contracts}"));
    room
}

#[test]
fn readiness_that_foretells_growth_is_told_by_the_same_figures_as_churn() {
    let room = story("{ready: \">= 2\", warming: \">= 1\", not_yet: \"< 1\"}", |n| n / 8 % 2);
    let found = room.json(&AS_OF);
    // 20 of 40 full ones grew, and of 120 others those with n % 30 == 1: 1, 31, 61, 91, 121, 151.
    assert_eq!((found["verdict"].as_str(), found["n"].as_u64()), (Some("predicts"), Some(160)), "{found:#}");
    assert_eq!((found["expanded"].as_u64(), found["expanded_within_days"].as_u64()), (Some(26), Some(90)));
    let band = |i: usize| &found["by_band"][i];
    assert_eq!((band(0)["band"].as_str(), band(2)["band"].as_str()), (Some("not_yet"), Some("ready")), "{found:#}");
    assert_eq!(
        (band(2)["n"].as_u64(), band(2)["expanded"].as_u64(), band(2)["rate"].as_f64()),
        (Some(40), Some(20), Some(0.5))
    );
    // By hand, as for churn: of full ones 20 grew and 20 did not, of the others 6 and 114.
    let pairs = 20.0 * (114.0 + 10.0) + 6.0 * 57.0;
    let seats = found["components"][0]["auc"].as_f64().unwrap();
    assert!((seats - pairs / (26.0 * 134.0)).abs() < 1e-12, "{seats}");
    assert!(found["auc_ci95"][0].as_f64().unwrap() > 0.5 && found["top_decile_lift"].as_f64().unwrap() > 2.0);
    assert_eq!(found["ready_band_recall"].as_f64(), Some(20.0 / 26.0));
    // Ready since 1 May, paid more on 10 July.
    assert_eq!(
        (found["lead_time"]["median_days"].as_f64(), found["lead_time"]["warned"].as_u64()),
        (Some(70.0), Some(20))
    );
    let groups = found["calibration"]["groups"].as_array().unwrap();
    assert!(groups.windows(2).all(|pair| pair[0]["from"].as_f64() > pair[1]["to"].as_f64()), "{groups:#?}");
    assert!(groups[0]["expected"].as_f64() > groups[groups.len() - 1]["expected"].as_f64(), "{groups:#?}");
    assert!(!found.to_string().contains("churn"), "{found:#}");
    let en = room.said("en", &AS_OF);
    assert!(
        en.starts_with(
            "Readiness predicts growth: of the customers in “ready” on 2026-06-01 50.0 % paid more within 90 days"
        ),
        "{en}"
    );
    let ja = room.said("ja", &AS_OF).replace(' ', "");
    assert!(
        ja.starts_with(
            "準備度は拡大を予測しています：2026-06-01時点で「ご提案の好機」だった顧客の50.0%が90日以内に月額を増やし"
        ),
        "{ja}"
    );
}

#[test]
fn weights_of_readiness_are_fitted_to_who_grew() {
    let room = since("2026-05-01", "{ready: \">= 2\", warming: \">= 1\", not_yet: \"< 1\"}", |n| n / 8 % 2);
    // The record goes on until today.
    room.import("accounts", "key,wishes\nc5,9\n");
    let args = ["score", "suggest", "--score", "expansion", "--within", "30d", "--every", "15d"];
    let found = room.json(&args);
    // The 26, and c2, which on 2 July paid half, and more on the 20th.
    assert_eq!((found["verdict"].as_str(), found["fitted_on"]["expanded"].as_u64()), (Some("not_tested"), Some(27)));
    let part = |name: &str| found["components"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap().clone();
    assert!(part("seats")["coefficient"].as_f64().is_some_and(|c| c > 0.0), "full ones grew: {found:#}");
    assert!(!found.to_string().contains("churn"), "{found:#}");
    let en = room.said("en", &args);
    assert!(en.starts_with("Weights fitted to history; nobody paid more in the later period"), "{en}");
    assert!(en.contains("27 that paid more within 30 days") && !en.contains("left"), "{en}");
    let ja = room.said("ja", &args).replace(' ', "");
    assert!(ja.contains("増額27社") && !ja.contains("解約"), "{ja}");
    let (code, _, err) = room.run(&["--lang", "en", "score", "suggest", "--score", "expansion", "--within", "5d"]);
    assert!(code == 1 && err.contains("too little growth to fit weights"), "{err}");
}

#[test]
fn bands_that_do_not_part_who_grows_are_not_praised_for_the_order_of_the_score() {
    // Of the full ones only four that do not grow have wishes: they alone are "ready".
    let room = story("{ready: \">= 3\", warming: \">= 2\", not_yet: \"< 2\"}", |n| i64::from(n % 40 == 4));
    let found = room.json(&AS_OF);
    assert_eq!(
        (found["verdict"].as_str(), found["by_band"][2]["n"].as_u64()),
        (Some("predicts"), Some(4)),
        "{found:#}"
    );
    let en = room.said("en", &AS_OF);
    assert!(en.starts_with("The order of readiness predicts growth"), "{en}");
    assert!(
        en.contains("its bands do not: on 2026-06-01 of “ready” 0.0 % paid more within 90 days, of “not yet” 5.0 %"),
        "{en}"
    );
}
