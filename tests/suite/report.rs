//! `report executive` on the built binary: every figure by hand, in both languages, as text, Markdown and a page.

use std::fs;

use crate::effects::Room;

/// Forty customers of ¥10,000 since January 2025. Those with an even number were onboarded on the tenth day. By the 180th
/// day one of the even and five of the odd ones had left; two more leave in February 2026, before the day of the report.
fn story() -> Room {
    let room = Room::new();
    let onboarding = "journey:\n  - {phase: onboarding, until: milestone.first_value, expected: 30d, stuck_after: 45d, customer: {stumbles: {ja: データの取り込み, en: The import}}}\n  - {phase: adoption, until: \"false\"}";
    let model = fs::read_to_string(room.dir().join("model.yaml")).unwrap();
    let model = model.replace("journey:\n  - {phase: adoption, until: \"false\"}", onboarding);
    fs::write(
        room.dir().join("model.yaml"),
        format!("{model}targets: {{logo_churn: 0.5%, onboarding_completion: 80%}}\nreferences: {{logo_churn: 5%}}\n"),
    )
    .unwrap();
    fs::write(
        room.dir().join("shirube.yaml"),
        "report: {people: 0.5, tool_cost: \"20,000\", cac: 100000, gross_margin: 80%}\n",
    )
    .unwrap();
    let left = |n: i64| match n {
        0 => "2025-05-10",
        1 | 3 | 5 | 7 | 9 => "2025-06-10",
        20 => "2026-02-05",
        21 => "2026-02-20",
        _ => "",
    };
    let contracts = |end: &dyn Fn(i64) -> &'static str| {
        let rows = (0..40).map(|n| format!("s{n},c{n},2025-01-06,{},10000,JPY\n", end(n))).collect::<String>();
        room.import("subscriptions", &format!("key,account_key,start,end,mrr,currency\n{rows}"));
    };
    // The sixth of January 2025.
    room.at(-420);
    let rows = (0..40).map(|n| format!("c{n},C{n},2025-01-06\n")).collect::<String>();
    room.import("accounts", &format!("key,name,contract_start\n{rows}"));
    contracts(&|_| "");
    room.done(&["tick"]);
    room.at(-410);
    let rows = (0..20).map(|n| format!("c{},report.sent,2025-01-16T09:30:00+09:00\n", 2 * n)).collect::<String>();
    room.import("events", &format!("account_key,event,date\n{rows}"));
    room.done(&["tick"]);
    room.at(0);
    contracts(&left);
    room.import("accounts", "key,churn_reason,churn_quote\nc20,<b>価格</b>,人数のわりに高い\n");
    room.done(&["tick"]);
    room
}

#[test]
fn the_report_for_those_who_decide_counts_what_a_person_would_count() {
    let room = story();
    let found = room.json(&["report", "executive", "--json"]);
    // March 2025 to February 2026: 40 at the opening until May (one left on the 10th), 39 in June, 34 from July on.
    let opening = 40 * 3 + 39 + 34 * 8;
    assert_eq!((&found["churn"]["numerator"], &found["churn"]["denominator"]), (&8.into(), &opening.into()), "{found}");
    assert_eq!(found["lost_a_year"], 8 * 10_000 * 12);
    let onboarded = &found["onboarded"];
    assert_eq!((&onboarded["done"]["n"], &onboarded["done"]["events"]), (&20.into(), &1.into()), "{found}");
    assert_eq!((&onboarded["late"]["n"], &onboarded["late"]["events"]), (&20.into(), &5.into()));
    assert_eq!((&onboarded["causal"], &found["reasons"][0]["mrr"]), (&false.into(), &10_000.into()));
    let churn = 8.0 / f64::from(opening);
    let near = |value: &serde_json::Value, wanted: f64| (value.as_f64().unwrap() / wanted - 1.0).abs() < 1e-9;
    let what_if = &found["what_if"];
    assert!(near(&what_if["ltv"][0], 10_000.0 / churn) && near(&what_if["ltv"][1], 10_000.0 / 0.005), "{what_if}");
    assert!(what_if["is_target"] == true && near(&found["ltv_to_cac"], 10_000.0 / churn * 0.8 / 100_000.0));
    assert!(near(&found["payback_months"], 12.5));

    let ja = room.done(&["--lang", "ja", "report", "executive"]).replace('\n', "");
    for said in [
        "毎月1.9%の顧客が解約",
        "年額で¥960,000",
        "20社は180日までに5社（25.0%）",
        "目標の0.5%になれば",
        "0.5人",
        "月¥20,000（年¥240,000）",
    ] {
        assert!(ja.contains(said), "{said}: {ja}");
    }
    let en = room.said(&["--lang", "en", "report", "executive"]);
    for said in [
        "In one line:",
        "1.9% of customers leave each month (8 of 431",
        "worth ¥960,000 a year",
        "Chance alone may make such a difference",
    ] {
        assert!(en.contains(said), "{said}: {en}");
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_runs_nothing_of_a_customer() {
    let room = story();
    for lang in ["ja", "en"] {
        let out = room.dir().join(format!("r.{lang}.html"));
        room.done(&["--lang", lang, "report", "executive", "--out", out.to_str().unwrap()]);
        let page = fs::read_to_string(out).unwrap();
        assert!(page.contains(&format!("<html lang=\"{lang}\">")) && page.matches("<svg").count() == 3, "{page}");
        assert!(page.contains("&lt;b&gt;価格&lt;") && !page.contains("<b>価格"), "a reason is text: {page}");
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    }
    let out = room.dir().join("r.md");
    room.done(&["--lang", "ja", "report", "executive", "--out", out.to_str().unwrap(), "--month", "2026-01"]);
    let text = fs::read_to_string(out).unwrap();
    assert!(
        text.starts_with("# カスタマーサクセス報告：2025年2月〜2026年1月\n") && text.contains("## 体制と費用"),
        "{text}"
    );
    let (code, _, err) = room.run(&["--lang", "en", "report", "executive", "--out", "r.pdf"]);
    assert!(code == 2 && err.contains(".html or .md"), "{code} {err}");
    assert_eq!(room.run(&["report", "executive", "--month", "May"]).0, 2);
    let (code, _, err) = room.run(&["--lang", "en", "report", "executive", "--month", "2026-03"]);
    assert!(code == 2 && err.contains("not over yet"), "{err}");
}

/// A new team: no contracts, no targets, no costs. Each part says what to write, and nothing divides by zero.
#[test]
fn without_data_the_report_says_what_to_write() {
    let room = Room::new();
    room.at(0);
    let en = room.said(&["--lang", "en", "report", "executive"]);
    for said in ["No customer had a contract", "No figure has a target yet", "nothing can be said", "report: {people:"]
    {
        assert!(en.contains(said), "{said}: {en}");
    }
    room.done(&["--lang", "ja", "report", "executive", "--out", room.dir().join("r.html").to_str().unwrap()]);
}

/// Until the end of July 2025: the forty reached onboarding; twenty moved on after ten days, five left in it on the 10th
/// of June, one of the others left later on.
#[test]
fn the_onboarding_report_counts_what_a_person_would_count() {
    let room = story();
    let ask = |first: &[&'static str]| [first, &["--month", "2025-07"]].concat();
    let found = room.json(&ask(&["report", "onboarding", "--json"]));
    let [first, second] = [&found["phases"][0], &found["phases"][1]];
    let counts =
        |row: &serde_json::Value| ["reached", "moved_on", "left", "there", "stuck"].map(|k| row[k].as_u64().unwrap());
    assert_eq!((counts(first), counts(second)), ([40, 20, 5, 15, 15], [20, 0, 1, 19, 0]), "{found}");
    assert_eq!((&first["median_days"], &first["expected_days"]), (&10.0.into(), &30.into()));
    assert_eq!((&first["drop_off"]["value"], &found["largest_drop"]), (&0.125.into(), &0.into()));
    let milestone = &found["milestones"][0];
    let counts = ["n", "reached", "left", "open"].map(|k| milestone[k].as_u64().unwrap());
    assert_eq!((counts, &milestone["median_days"], &milestone["never"]), ([40, 20, 5, 15], &10.0.into(), &0.5.into()));
    let done = &found["completion"];
    assert_eq!((&done["numerator"], &done["denominator"], &done["target"]), (&20.into(), &40.into(), &0.8.into()));
    assert_eq!(found["by_month"][0]["first"], "2025-01-01");
    assert_eq!((&found["onboarded"]["late"]["events"], &found["onboarded"]["causal"]), (&5.into(), &false.into()));
    let ja = room.done(&ask(&["--lang", "ja", "report", "onboarding"])).replace('\n', "");
    for said in [
        "2024年8月1日〜2025年7月31日",
        "50.0%です（目標80.0%）",
        "データの取り込み（解約5社・12.5%、停滞中15社）",
        "因果関係ではありません",
    ] {
        assert!(ja.contains(said), "{said}: {ja}");
    }
    let en = room.said(&ask(&["--lang", "en", "report", "onboarding"]));
    for said in [
        "50.0% of customers complete",
        "“onboarding” (5 customers)",
        "The import (5 left, 12.5%, 15 stuck in it now)",
        "Not causal:",
    ] {
        assert!(en.contains(said), "{said}: {en}");
    }
    let out = room.dir().join("o.html");
    room.done(&["--lang", "ja", "report", "onboarding", "--month", "2025-07", "--out", out.to_str().unwrap()]);
    let page = fs::read_to_string(out).unwrap();
    assert!(page.matches("<svg").count() == 3 && page.contains("<table>") && !page.contains("://"), "{page}");
}

#[test]
fn without_customers_the_onboarding_report_says_what_to_import() {
    let room = Room::new();
    room.at(0);
    let en = room.said(&["--lang", "en", "report", "onboarding"]);
    assert!(en.contains("No customer has started within the last year"), "{en}");
    room.done(&["--lang", "ja", "report", "onboarding", "--out", room.dir().join("o.html").to_str().unwrap()]);
}

/// February 2026: 34 customers of ¥10,000, two of them leave; one said why.
#[test]
fn the_monthly_report_counts_what_a_person_would_count() {
    let room = story();
    let found = room.json(&["report", "monthly", "--month", "2026-02", "--json"]);
    let moved = &found["mrr_movements"];
    let amounts = ["opening", "new", "expansion", "churn", "closing"].map(|k| moved[k].as_i64().unwrap());
    assert_eq!((amounts, &found["balanced"]), ([340_000, 0, 0, -20_000, 320_000], &true.into()), "{found}");
    let churn = found["figures"].as_array().unwrap().iter().find(|f| f["kpi"] == "logo_churn").unwrap();
    assert_eq!((&churn["now"]["numerator"], &churn["now"]["denominator"]), (&2.into(), &34.into()));
    assert_eq!(
        (&churn["before"], &churn["reached"], &churn["now"]["reference"]),
        (&0.0.into(), &false.into(), &0.05.into())
    );
    let reason = &found["reasons"][0];
    assert_eq!(
        (&reason["accounts"], &reason["mrr"], &reason["quotes"][0]),
        (&1.into(), &10_000.into(), &"人数のわりに高い".into())
    );
    assert_eq!((&found["no_reason"], &found["health"][11]["unknown"]), (&1.into(), &32.into()));
    let ja = room.done(&["--lang", "ja", "report", "monthly", "--month", "2026-02"]).replace('\n', "");
    for said in [
        "解約率は5.9%（目標0.5%）",
        "0.5% 未達",
        "参考：解約率は月5.0%未満",
        "期末と一致しています",
        "「人数のわりに高い」",
        "理由の記録がない解約：1社",
    ] {
        assert!(ja.contains(said), "{said}: {ja}");
    }
    let en = room.said(&["--lang", "en", "report", "monthly", "--month", "2026-02"]);
    for said in [
        "5.9% of customers left (target 0.5%)",
        "-¥20,000 since the month before",
        "Reference only",
        "add up to the closing",
    ] {
        assert!(en.contains(said), "{said}: {en}");
    }
    let out = room.dir().join("m.html");
    room.done(&["--lang", "ja", "report", "monthly", "--month", "2026-02", "--out", out.to_str().unwrap()]);
    let page = fs::read_to_string(out).unwrap();
    assert!(page.contains("&lt;b&gt;価格&lt;") && !page.contains("<b>価格") && !page.contains("://"), "{page}");
}

#[test]
fn who_stays_is_told_by_the_month_of_the_start() {
    let room = story();
    let found = room.json(&["kpi", "--by", "cohort", "--month", "2025-12", "--json"]);
    let row = &found["cohorts"]["rows"][0];
    let there: Vec<u64> = row["there"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!((&row["n"], there), (&40.into(), vec![40, 40, 40, 40, 39, 34, 34, 34, 34, 34, 34, 34]));
    assert_eq!((&found["cohorts"]["revenue"][5], &row["there_mrr"][5]), (&0.85.into(), &340_000.into()));
    let en = room.said(&["--lang", "en", "kpi", "--by", "cohort", "--month", "2025-12"]);
    assert!(en.contains("2025-01 40 100% 100% 100% 100% 98% 85% 85%"), "{en}");
}

/// December to February: one of the targets can be judged, and it is missed; the reason is one nobody gave before.
#[test]
fn the_quarterly_review_says_what_was_missed_and_what_is_new() {
    let room = story();
    let found = room.json(&["report", "quarterly", "--month", "2026-02", "--json"]);
    assert_eq!(found["reached"], serde_json::json!([0, 1]), "{found}");
    let churn = found["figures"].as_array().unwrap().iter().find(|f| f["kpi"] == "logo_churn").unwrap();
    assert_eq!((&churn["now"]["numerator"], &churn["now"]["denominator"]), (&2.into(), &(34 * 3).into()), "a month");
    let kpi = room.json(&["kpi", "--month", "2026-02", "--json"]);
    assert!(kpi["targets_reached"]["of"].as_u64() >= Some(3) && kpi["targets_reached"]["reached"] == 0, "{kpi}");
    assert!(
        room.said(&["--lang", "en", "kpi", "--month", "2026-02"]).contains("Targets reached: 0 of 3 by weight (0%)")
    );
    // Lifetime value, churn and use are in the quarter's review and in the month's report.
    let month = room.json(&["report", "monthly", "--month", "2026-02", "--json"]);
    for kpi in ["ltv", "logo_churn", "active_user_rate"] {
        assert!(month["kpis"].get(kpi).is_some() && found["kpis"].get(kpi).is_some(), "{kpi}");
    }
    assert!(found["kpis"]["ltv"]["value"].as_f64().is_some() && month["kpis"]["ltv"]["value"].as_f64().is_some());
    assert_eq!((&found["new_reasons"][0], &found["period"][0]), (&"<b>価格</b>".into(), &"2025-12-01".into()));
    assert_eq!((&found["roadmap"][0]["phase"], &found["roadmap"][1]["there"]), (&"onboarding".into(), &20.into()));
    let ja = room.done(&["--lang", "ja", "report", "quarterly", "--month", "2026-02"]).replace('\n', "");
    for said in [
        "2025年12月〜2026年2月",
        "目標を決めた指標（1件）は、目標に届きませんでした",
        "データの取り込み",
        "新しい解約理由：<b>価格</b>",
        "解約率：2.0%（目標0.5%）",
        "1か月あたり",
    ] {
        assert!(ja.contains(said), "{said}: {ja}");
    }
    let whole = room.json(&["report", "quarterly", "--json"]);
    assert_eq!(whole["period"], serde_json::json!(["2025-10-01", "2026-01-01"]), "the last full calendar quarter");
    assert_eq!(whole["new_reasons"], serde_json::json!([]));
}
