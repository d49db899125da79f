//! `kpi` on the built binary: the ledger whose every definition gives another number, public data counted twice, figures
//! side by side, and months of which losses are not on record.

use std::{fs, path::Path};

use serde_json::Value;

use crate::score::Room;

const MODEL: &str = r##"
workspace: {timezone: Asia/Tokyo, locale: ja}
attributes: {account: {region: text}}
metrics:
  logins_7d: {count: login, over: 7d}
  active_users_30d: {distinct: contact, of: "*", over: 30d}
  active_days_28d: {days: login, over: 28d}
  exports_28d: {count: export.done, over: 28d}
  double: {expr: metric.logins_7d * 2}
milestones: {done: {when: metric.exports_28d >= 1, success: fast}}
success: [{name: fast, says: {ja: 速い, en: It is fast}, when: metric.exports_28d >= 1}]
journey:
  - {phase: onboarding, until: milestone.done, expected: 30d}
  - {phase: adoption, until: "false"}
health:
  - scorecard: usage
    for: "true"
    components:
      - {name: login, family: usage, measure: metric.logins_7d, points: [{at_least: 3, give: 2}, {at_least: 1, give: 1}, {give: 0}]}
    bands: {green: ">= 2", yellow: ">= 1", red: "< 1"}
    caps: [{when: account.region == "south", at_most: yellow, because: {ja: 支払いの遅れ, en: Late with a payment}}]
segments: {north: {when: account.region == "north"}}
targets: {logo_churn: 3%, feature_adoption.exports_28d: 50%}
"##;

fn near(found: &Value, name: &str, value: f64) {
    let of = found["kpis"][name]["value"].as_f64().unwrap_or_else(|| panic!("{name}: {found:#}"));
    assert!((of - value).abs() < 1e-9, "{name}: {of} instead of {value}");
}

/// Ten customers of April 2025, all figures worked out by a second program with the standard library only, and by the SQL of
/// *Fighting Churn With Data* in DuckDB.
#[test]
fn the_ledger_of_ten_customers_gives_every_line_of_its_table() {
    let room = Room::new(MODEL);
    fs::write(room.dir().join("shirube.yaml"), "report: {cac: 21750, gross_margin: 80%}\n").unwrap();
    room.at("2025-06-02T10:00:00+09:00");
    let ledger =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/numbers/ledger.csv")).unwrap();
    let accounts: String = "ABCDFGHIJK".chars().map(|key| format!("{key},Customer {key}\n")).collect();
    room.import("accounts", &format!("key,name\n{accounts}"));
    let row = |(n, line): (usize, &str)| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("s{n},{},{},{},{},JPY\n", cells[0], cells[1], cells[2], cells[3])
    };
    let rows: String = ledger.lines().skip(1).enumerate().map(row).collect();
    room.import("subscriptions", &format!("key,account_key,start,end,mrr,currency\n{rows}"));
    room.done(&["tick"]);
    let found = room.json(&["kpi", "--month", "2025-04"]);
    for (name, value) in [
        ("logo_churn", 1.0 / 6.0),
        ("retention", 5.0 / 6.0),
        ("logo_churn_events", 2.0 / 6.0),
        ("logo_churn_incl_new", 3.0 / 6.0),
        ("logo_churn_daily", 0.322_222_222_222_222),
        ("logo_churn_year", 0.891_200_180_945_074),
        ("nrr", 0.831_168_831_168_831),
        ("grr", 0.701_298_701_298_701),
        ("mrr_churn_gross", 0.571_428_571_428_571),
        ("mrr_churn_net", 0.181_818_181_818_182),
        ("quick_ratio", 44.0 / 44.0),
        ("arpa", 10_875.0),
        ("quick_ratio_reactivated", 54.0 / 44.0),
        // Without I, who came back, and with G's loss, who joined within: not the cohort's.
        ("nrr_movements", 53.0 / 77.0),
        ("ltv_plain", 65_250.0),
        // Churn brought to a month of 365/12 days.
        ("ltv", 10_875.0 / 0.168_774_200_349_532),
        // Of that, four fifths, for the 21,750 one costs; a month brings 10,875.
        ("ltv_to_cac", 2.370_030_485_533_918_7),
        ("cac_payback_months", 2.5),
        ("churn_loss_year", 8_000.0 * 12.0),
        ("expansion_mrr", 20_000.0),
    ] {
        near(&found, name, value);
    }
    let moved = &found["mrr_movements"];
    let sums = [77_000, 24_000, 20_000, -25_000, -19_000, 10_000, 87_000];
    let names = ["opening", "new", "expansion", "contraction", "churn", "reactivation", "closing"];
    for (name, value) in names.iter().zip(sums) {
        assert_eq!(moved[*name], value, "{name}");
    }
    let counts = |name: &str| (found["kpis"][name]["numerator"].clone(), found["kpis"][name]["denominator"].clone());
    assert_eq!(counts("logo_churn"), (1.into(), 6.into()), "not 1 of 7: K starts on the first day");
    assert_eq!((counts("nrr"), counts("grr")), ((64_000.into(), 77_000.into()), (54_000.into(), 77_000.into())));
    assert_eq!(found["kpis"]["logo_churn"]["ci95"].as_array().unwrap().len(), 2);
    let (most, all) =
        (room.said("ja", &["kpi", "--month", "2025-04"]), room.said("ja", &["kpi", "--month", "2025-04", "--all"]));
    assert!(!most.contains("32.2%") && most.contains("ほかに計算済み") && most.contains("--all"), "{most}");
    for shown in ["解約率（日ごとの合計） 32.2%", "MRR解約率（グロス） 57.1%", "クイックレシオ 1.0", "¥96,000"]
    {
        assert!(all.contains(shown), "{shown}: {all}");
    }
    assert!(most.contains("LTV ÷ CAC") && most.contains("2.5か月") && !most.contains("復帰を含む） 1.2"), "{most}");
    assert_eq!(found["kpis"]["cac_payback_months"]["unit"], "months");
    let low = found["kpis"]["ltv"]["ci95"][0].as_f64().unwrap() * 0.8 / 21_750.0;
    assert!((found["kpis"]["ltv_to_cac"]["ci95"][0].as_f64().unwrap() - low).abs() < 1e-9);
    // Three months' churn would be set against one month's revenue; and nobody pays in what the costs are in.
    let quarter = room.json(&["kpi", "--quarter", "2025-Q2"]);
    assert!(quarter["kpis"].get("ltv_plain").is_none() && quarter["kpis"].get("ltv_to_cac").is_some());
    fs::write(room.dir().join("model.yaml"), MODEL.replace("locale: ja}", "locale: ja, currency: USD}")).unwrap();
    let abroad = room.json(&["kpi", "--month", "2025-04"]);
    assert!(abroad["kpis"].get("ltv_to_cac").is_none() && abroad["kpis"].get("ltv").is_some());
    fs::write(room.dir().join("model.yaml"), MODEL).unwrap();
    // The month's report keeps back what `kpi` shows with `--all` alone.
    let report = room.said("ja", &["report", "monthly", "--month", "2025-04"]);
    assert!(
        report.contains("LTV ÷ CAC") && !report.contains("クイックレシオ") && !report.contains("グロス"),
        "{report}"
    );
    // A month without anybody to lose is no zero.
    let before = room.json(&["kpi", "--month", "2022-12"]);
    assert_eq!(before["kpis"]["logo_churn"]["value"], Value::Null);
}

/// Twelve customers of two regions, half of whom come daily; two leave, one of each region.
fn regions(model: &str) -> Room {
    let room = Room::new(model);
    room.at("2026-06-01T09:00:00+09:00");
    let region = |n: usize| if n < 8 { "north" } else { "south" };
    let accounts: String = (0..12).map(|n| format!("c{n},C{n},{},2026-01-05,10000 JPY,5\n", region(n))).collect();
    room.import("accounts", &format!("key,name,region,contract_start,mrr,seats\n{accounts}"));
    let people = (0..12).flat_map(|n| (0..2).map(move |who| format!("u{n}-{who}@example.com,c{n}\n")));
    room.import("contacts", &format!("email,account_key\n{}", people.collect::<String>()));
    room.done(&["tick"]);
    let event = |n: usize, name: &str, day: u32, who: usize| {
        format!("c{n},{name},2026-06-{day:02}T09:30:00+09:00,u{n}-{who}@example.com\n")
    };
    let logins = |n: usize| {
        (1..=28)
            .filter(move |day| n.is_multiple_of(2) || day % 7 == 1)
            .map(move |day| event(n, "login", day, day as usize % 2))
    };
    let mut events: String = (0..12).flat_map(logins).collect();
    events.extend((0..6).map(|n| event(n, "export.done", 2, 0)));
    events.extend((0..3).map(|n| event(n, "export.done", 28, 0)));
    room.at("2026-06-28T20:00:00+09:00");
    room.import("events", &format!("account_key,event,date,contact_email\n{events}"));
    room.import("accounts", "key,status\nc7,churned\nc11,churned\n");
    room.done(&["tick"]);
    room.at("2026-07-01T09:00:00+09:00");
    room.done(&["tick"]);
    room
}

#[test]
fn figures_stand_side_by_side_by_region_segment_month_and_quarter() {
    let room = regions(MODEL);
    let found = room.json(&["kpi", "--month", "2026-06", "--by", "region"]);
    let of = |found: &Value, n: usize| {
        let group = &found["groups"][n];
        let churn = &group["kpis"]["logo_churn"];
        (
            group["name"].as_str().unwrap().to_owned(),
            group["customers"].clone(),
            churn["numerator"].clone(),
            churn["denominator"].clone(),
        )
    };
    assert_eq!(of(&found, 0), ("north".into(), 8.into(), 1.into(), 8.into()));
    assert_eq!(of(&found, 1), ("south".into(), 4.into(), 1.into(), 4.into()));
    let segment = room.json(&["kpi", "--month", "2026-06", "--by", "segment"]);
    assert_eq!((of(&segment, 0), segment["groups"].as_array().unwrap().len()), (of(&found, 0), 1));
    let months = room.json(&["kpi", "--month", "2026-06", "--by", "month"]);
    let last = months["groups"].as_array().unwrap().last().unwrap();
    assert_eq!((months["groups"].as_array().unwrap().len(), &last["kpis"]["logo_churn"]["numerator"]), (6, &2.into()));
    assert!(months["groups"][0]["kpis"].get("active_user_rate").is_none(), "what is known of today alone has no past");
    let quarter = room.json(&["kpi", "--quarter", "2026-Q2"]);
    assert_eq!(quarter["period"], serde_json::json!(["2026-04-01", "2026-07-01"]));
    let said = room.said("en", &["kpi", "--month", "2026-06", "--by", "region"]);
    assert!(said.contains("north 8 12.5% (1/8)") && said.contains("south 4 25.0% (1/4)"), "{said}");
    let chat = room.said("en", &["cs", "kpi", "2026-06", "by", "region"]);
    assert!(chat.contains("north 8 12.5% (1/8)"), "{chat}");
    let (code, _, err) = room.run(&["--lang", "en", "kpi", "--by", "colour"]);
    assert!(code == 2 && err.contains("cannot be split by `colour`") && err.contains("region"), "{err}");
}

#[test]
fn by_role_everybody_is_judged_by_the_targets_of_the_role_alone() {
    let own = format!("{MODEL}role_targets: {{csm: {{logo_churn: 15%, retention: 90%}}, sales: {{nrr: 1.2}}}}\n");
    let room = regions(&own);
    let people = "people: {kei: {name: Yamada Kei}, mio: {name: Sasaki Mio}}\nowners: {sales: {fallback: mio}}\n";
    fs::write(room.dir().join("shirube.yaml"), people).unwrap();
    let row = |n: usize| format!("c{n},{}\n", if n < 8 { "kei" } else { "mio" });
    room.import("accounts", &format!("key,csm\n{}", (0..12).map(row).collect::<String>()));
    room.done(&["tick"]);
    let found = room.json(&["kpi", "--month", "2026-06", "--by", "csm"]);
    let of = |n: usize| &found["groups"][n];
    assert_eq!((&of(0)["name"], &of(1)["name"]), (&"kei".into(), &"mio".into()), "{found:#}");
    let target = |n: usize, kpi: &str| of(n)["kpis"][kpi]["target"].clone();
    assert_eq!((target(0, "logo_churn"), target(1, "retention")), (0.15.into(), 0.9.into()));
    assert_eq!(target(0, "feature_adoption.exports_28d"), Value::Null, "the workspace's own, not the role's");
    // One of eight left, and one of four.
    let reached = |n: usize| of(n)["targets_reached"].clone();
    assert_eq!(
        (reached(0), reached(1)),
        (serde_json::json!({"reached": 3, "of": 6}), serde_json::json!({"reached": 0, "of": 6}))
    );
    let whole = room.json(&["kpi", "--month", "2026-06"]);
    assert_eq!(whole["kpis"]["logo_churn"]["target"], 0.03, "the workspace keeps its own");
    let said = room.said("en", &["kpi", "--month", "2026-06", "--by", "csm"]);
    assert!(said.contains("(target 15.0%)") && said.contains("Yamada Kei 8 ✓ 12.5% (1/8)"), "{said}");
    assert!(said.contains("Sasaki Mio 4 25.0% (1/4)") && said.contains("(role_targets)"), "{said}");
    // Nobody is in sales: they all stand in one line.
    let sales = room.json(&["kpi", "--month", "2026-06", "--by", "sales"]);
    assert_eq!((sales["groups"].as_array().unwrap().len(), &sales["groups"][0]["customers"]), (1, &12.into()));
    fs::write(room.dir().join("model.yaml"), own.replace("csm: {logo", "cms: {logo")).unwrap();
    let (_, out, err) = room.run(&["--lang", "en", "check"]);
    assert!(format!("{out}{err}").contains("nobody has the role `cms`"), "{out}{err}");
}

/// Where a figure asks for a metric that is worked out from others, everything is derived of everybody, as it was before
/// only the parts asked for were read: no figure may differ by the way it is read.
#[test]
fn what_is_read_in_part_says_the_same_as_what_is_derived_whole() {
    let (room, whole) = (
        regions(MODEL),
        regions(&MODEL.replace(
            "feature_adoption.exports_28d: 50%",
            "feature_adoption.exports_28d: 50%, feature_adoption.double: 50%",
        )),
    );
    let args = ["kpi", "--month", "2026-06"];
    let (mut part, mut all) = (room.json(&args), whole.json(&args));
    let extra = all["kpis"].as_object_mut().unwrap();
    assert!(extra.remove("feature_adoption.double").is_some_and(|rate| rate["denominator"] == 10));
    extra.remove("feature_first_use.double");
    // One target more.
    part["targets_reached"].take();
    all["targets_reached"].take();
    assert_eq!(part, all);
    let kpi = |name: &str| (part["kpis"][name]["numerator"].clone(), part["kpis"][name]["denominator"].clone());
    // Six of ten came on 25 of the last 28 days (until the first of July), four on the 8th, 15th and 22nd.
    assert_eq!(kpi("stickiness"), ((6 * 25 + 4 * 3).into(), (10 * 28).into()));
    assert_eq!(kpi("seat_utilisation"), (20.into(), 50.into()), "two people each of five seats");
    assert_eq!(kpi("feature_adoption.exports_28d"), (3.into(), 10.into()), "{part:#}");
    assert_eq!(kpi("feature_first_use.exports_28d"), (6.into(), 10.into()));
    assert_eq!(kpi("feature_retention.exports_28d"), (3.into(), 6.into()));
    assert_eq!(part["kpis"]["health_green_share"]["denominator"], 10);
}

/// A band that a cap keeps down was shown without a word of it.
#[test]
fn the_card_says_what_keeps_a_band_down() {
    let room = regions(MODEL);
    let card = room.json(&["health", "c8"]);
    assert_eq!(
        (&card["band"], &card["score"], &card["held_because"]),
        (&"yellow".into(), &2.0.into(), &"Late with a payment".into())
    );
    assert!(room.said("ja", &["health", "c8"]).contains("区分を下げている理由 支払いの遅れ"));
    assert!(room.json(&["health", "c0"]).get("held_because").is_none());
}

/// A list of present customers says nothing of those who left before it: eleven months without a loss were read as a churn
/// of 0.9 % a month where it was 8 %.
#[test]
fn months_before_anything_was_recorded_do_not_make_churn_look_small() {
    let room = regions(MODEL);
    let may = room.json(&["kpi", "--month", "2026-05"]);
    assert_eq!(may["recorded_from"], "2026-06-01");
    assert_eq!(may["kpis"]["logo_churn"]["warning"], "partly_recorded");
    let june = room.json(&["kpi", "--month", "2026-06"]);
    assert!(june.get("recorded_from").is_none() && june["kpis"]["logo_churn"].get("warning").is_none());
    let said = room.said("en", &["kpi", "--month", "2026-05"]);
    assert!(said.contains("Who left before 2026-06-01 is not on record"), "{said}");
    let found = room.json(&["report", "executive", "--month", "2026-06"]);
    let churn = &found["churn"];
    assert_eq!((&churn["numerator"], &churn["denominator"]), (&2.into(), &12.into()), "not 2 of 72");
    assert_eq!(found["recorded_from"], "2026-06-01");
    let said = room.said("ja", &["report", "executive", "--month", "2026-06"]);
    assert!(said.contains("2026年6月より前に離れた顧客の記録がない"), "{said}");
    let monthly = room.json(&["report", "monthly", "--month", "2026-06"]);
    let churn = monthly["figures"].as_array().unwrap().iter().find(|f| f["kpi"] == "logo_churn").unwrap();
    assert_eq!(churn["before"], Value::Null, "May is nothing to compare with");
}

/// The simulated CRM of *Fighting Churn With Data*: every month and the cohort of January, counted again from the rows by a
/// second program (`tests/oracle/fightchurn.py`).
#[test]
fn the_months_and_cohorts_of_public_contracts_are_as_counted_elsewhere() {
    let Some(data) = std::env::var_os("TEST_DATA") else { return println!("skipped: TEST_DATA names no folder") };
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/fightchurn");
    let data = Path::new(&data).join("fightchurn-crm5");
    let room = Room::new(&fs::read_to_string(example.join("model.yaml")).unwrap());
    room.at("2023-01-03T10:00:00Z");
    for (kind, file, map) in
        [("accounts", "account.csv", "accounts.yaml"), ("subscriptions", "subscription.csv", "subscriptions.yaml")]
    {
        let (file, map) = (data.join(file), example.join(map));
        room.done(&["import", kind, file.to_str().unwrap(), "--map", map.to_str().unwrap(), "--as", "known"]);
    }
    room.done(&["tick"]);
    // Month: at the opening, lost, NRR, GRR, monthly revenue at the end.
    for (month, opening, lost, nrr, grr, mrr) in [
        ("2022-02", 200, 6, 1.034_493_753_442_128_8, 0.969_738_253_282_703_8, 188_440),
        ("2022-06", 217, 6, 0.984_612_151_803_420_8, 0.969_837_190_874_984_1, 236_227),
        ("2022-09", 243, 3, 0.998_630_094_215_172_8, 0.988_638_758_576_546_9, 268_001),
        ("2022-12", 283, 7, 0.995_974_561_371_194_3, 0.977_695_988_961_858_8, 315_828),
    ] {
        let found = room.json(&["kpi", "--month", month]);
        let churn = &found["kpis"]["logo_churn"];
        assert_eq!((&churn["numerator"], &churn["denominator"]), (&lost.into(), &opening.into()), "{month}");
        near(&found, "nrr", nrr);
        near(&found, "grr", grr);
        assert_eq!(found["mrr_movements"]["closing"], mrr * 100, "{month}");
    }
    let found = room.json(&["kpi", "--by", "cohort", "--month", "2022-12"]);
    let january = &found["cohorts"]["rows"][0];
    assert_eq!(
        (&january["n"], &january["there"]),
        (&200.into(), &serde_json::json!([200, 194, 187, 185, 179, 173, 169, 166, 163, 162, 162, 159]))
    );
    println!("{}", room.done(&["--lang", "en", "kpi", "--by", "cohort", "--month", "2022-12"]));
}
