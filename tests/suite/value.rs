//! `report value ACCOUNT`: what a customer sees of their own month, on the built binary with the kit.

use std::fs;

use crate::effects::Room;

/// The kit on 3 May 2026, with two customers; acme was recorded from 25 February on.
fn room() -> Room {
    let room = Room::new();
    fs::remove_dir_all(room.dir().join("playbooks")).unwrap();
    for file in ["model.yaml", "shirube.yaml"] {
        fs::remove_file(room.dir().join(file)).unwrap();
    }
    room.at(0);
    room.done(&["init"]);
    room.import(
        "accounts",
        "key,name,contract_start,locale,plan,mrr,goals\nacme,アクメ商会,2026-02-20,ja,standard,98765,締めを早くする\n\
         zeta,Zeta Works,2026-02-20,en,standard,43210,\n",
    );
    room.import(
        "contacts",
        "account_key,key,name,email,role\nacme,a,佐藤,a@acme.test,champion\nacme,b,鈴木,b@acme.test,user\n",
    );
    let logins = [
        ("a", "02-25"),
        ("a", "03-05"),
        ("a", "03-05"),
        ("a", "03-20"),
        ("b", "03-20"),
        ("a", "04-02"),
        ("b", "04-03"),
        ("a", "04-30"),
        ("a", "05-01"),
    ];
    let hours = logins.iter().enumerate();
    let logins = hours.map(|(n, (who, day))| format!("acme,{who},login,2026-{day}T{:02}:30:00+09:00\n", 9 + n));
    let invoices =
        ["03-10T09", "03-11T09", "03-31T23", "04-01T00", "04-02T09", "04-03T09", "04-04T09", "04-30T23", "05-01T00"];
    let invoices = invoices.iter().map(|at| format!("acme,,invoice.sent,2026-{at}:30:00+09:00\n"));
    let all: Vec<String> = logins.chain(invoices).collect();
    // What happened by 12 March is told that day, the rest on 3 May.
    for (day, early) in [(10, true), (62, false)] {
        room.at(day);
        let rows: String = all
            .iter()
            .filter(|row| (row.contains("2026-02") || row.contains("03-05") || row.contains("03-1")) == early)
            .cloned()
            .collect();
        room.import("events", &format!("account_key,contact_key,event,date\n{rows}"));
        room.done(&["tick"]);
    }
    room
}

#[test]
fn the_page_and_the_mail_say_the_same_figures_beside_the_months_before() {
    let room = room();
    let found = room.json(&["--json", "report", "value", "acme"]);
    let values =
        |name: &str| found["used"].as_array().unwrap().iter().find(|u| u["metric"] == name).unwrap()["values"].clone();
    assert_eq!(
        found["months"],
        serde_json::json!(["2026-03-01", "2026-04-01"]),
        "February is recorded in part: {found}"
    );
    assert_eq!(values("invoices_last_month"), serde_json::json!([3.0, 5.0]));
    assert_eq!(values("days_last_month"), serde_json::json!([2.0, 3.0]));
    assert_eq!(values("people_last_month"), serde_json::json!([2.0, 2.0]), "who came in May again was there in April");
    let mail = room.done(&["preview", "report/monthly", "--account", "acme"]);
    for figure in ["5通", "3日", "2名"] {
        assert!(mail.contains(figure), "{figure}: {mail}");
    }
    // In the customer's language whatever the asker's is.
    let text = room.done(&["--lang", "en", "report", "value", "acme"]).replace('\n', "");
    for said in [
        "アクメ商会 様：2026年4月のご利用レポート",
        "発行した請求書 5（前月3）",
        "2026年3月12日：最初の請求書",
        "締めを早くする",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let march = room.json(&["--json", "report", "value", "acme", "--month", "2026-03"]);
    assert_eq!(
        (&march["months"], &march["used"][0]["values"]),
        (&serde_json::json!(["2026-03-01"]), &serde_json::json!([3.0]))
    );
    let first = march["reached"].as_array().unwrap().iter().find(|one| one["milestone"] == "first_value").unwrap();
    assert_eq!(first["new"], true, "{march}");
}

#[test]
fn nothing_of_ours_and_nobody_else_is_on_the_page() {
    let room = room();
    for lang in ["ja", "en"] {
        room.import("accounts", &format!("key,locale\nacme,{lang}\n"));
        room.done(&["tick"]);
        let out = room.dir().join("v.html");
        room.done(&["report", "value", "acme", "--out", out.to_str().unwrap()]);
        let page = fs::read_to_string(out).unwrap();
        let json = room.done(&["--json", "report", "value", "acme"]);
        assert!(page.contains(&format!("<html lang=\"{lang}\">")) && page.matches("<svg").count() == 3, "{page}");
        let body = page.split_once("</style>").unwrap().1;
        for text in [body, json.as_str()] {
            let text = text.to_lowercase();
            for never in [
                "score",
                "スコア",
                "health",
                "ヘルス",
                "band",
                "risk",
                "リスク",
                "危険",
                "churn",
                "解約",
                "mrr",
                "98,765",
                "98765",
                "zeta",
                "phase",
                "フェーズ",
                "導入期",
                "playbook",
                "施策",
                "<script",
                "http://",
                "https://",
            ] {
                assert!(!text.contains(never), "{never}: {text}");
            }
        }
    }
}

#[test]
fn their_side_of_the_plan_is_next_until_it_is_done() {
    let room = room();
    let text = || room.done(&["report", "value", "acme"]);
    assert!(text().contains("取引先データの取り込み") && !text().contains("キックオフ"), "{}", text());
    room.done(&["cs", "done", "acme", "plan/import_data"]);
    room.done(&["tick"]);
    assert!(!text().contains("取引先データの取り込み") && text().contains("メンバーの招待"), "{}", text());
}

#[test]
fn a_report_says_whose_it_must_be_and_a_month_that_is_not_over_is_refused() {
    let room = room();
    for (args, said) in [
        (vec!["report", "value"], "say which customer"),
        (vec!["report", "monthly", "acme"], "only `report value` takes a customer"),
        (vec!["report", "value", "acme", "--month", "2026-05"], "not over yet"),
    ] {
        let (code, _, err) = room.run(&[vec!["--lang", "en"], args].concat());
        assert!(code == 2 && err.contains(said), "{code} {err}");
    }
    assert_eq!(room.run(&["report", "value", "nobody"]).0, 1);
    let quiet = room.done(&["report", "value", "zeta"]);
    assert!(quiet.contains("No use is on record for 2026-04"), "{quiet}");
}
