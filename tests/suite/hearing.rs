//! The hand-over from sales and the hearing sheet, on the built binary.

use std::fs;

use serde_json::Value;

use crate::effects::Room;

const ASKED: &str = "attributes:\n  account: {promised: text, begins: date, users: number}\n\
    handover:\n  - {field: goals, asks: {ja: 導入の目的, en: Goal}, required: true}\n  \
    - {field: promised, asks: {ja: 約束したこと, en: What was promised}, required: true}\n  \
    - {field: begins, asks: {ja: 開始日, en: Start}}\n  - {field: users, asks: {ja: 利用人数, en: Users}}\n";

fn room() -> Room {
    let room = Room::new();
    let model = room.dir().join("model.yaml");
    fs::write(&model, format!("{}{ASKED}", fs::read_to_string(&model).unwrap())).unwrap();
    room.at(0);
    room.import("accounts", "key,name,contract_start\nacme,アクメ,2026-03-01\n");
    room.done(&["tick"]);
    room
}

fn answers(room: &Room) -> Vec<Value> {
    let all = room.json(&["--json", "hearing", "acme"])["answers"].as_array().unwrap().clone();
    all.into_iter().map(|one| one["answer"].clone()).collect()
}

#[test]
fn a_sheet_goes_out_is_filled_in_excel_and_comes_back_into_the_same_fields() {
    let room = room();
    let missing = |room: &Room| room.json(&["--json", "health", "acme"])["handover_missing"].clone();
    assert_eq!(missing(&room), serde_json::json!(["Goal", "What was promised"]));
    assert!(room.done(&["health", "acme", "--lang", "ja"]).contains("引き継ぎの未記入"));
    let file = room.dir().join("sheet.csv");
    let path = file.to_str().unwrap();
    room.done(&["hearing", "acme", "--out", path, "--lang", "ja"]);
    let sheet = fs::read_to_string(&file).unwrap();
    assert!(sheet.contains("項目,質問,回答") && sheet.contains("promised,約束したこと（必須）,"), "{sheet}");
    // As Excel saves it in Japan; a formula stays a text, commas and full-width digits are understood.
    let filled = sheet
        .replace("導入の目的（必須）,", "導入の目的（必須）,\"月次決算を30分に、残業を減らす\"")
        .replace("約束したこと（必須）,", "約束したこと（必須）,'=無料研修")
        .replace("開始日,", "開始日,2026年4月1日")
        .replace("利用人数,", "利用人数,１２");
    let (bytes, _, lost) = encoding_rs::SHIFT_JIS.encode(filled.trim_start_matches('\u{feff}'));
    assert!(!lost);
    fs::write(&file, &bytes).unwrap();
    assert!(room.done(&["hearing", "acme", "--read", path, "--lang", "ja"]).contains("4件の回答"));
    let goals = serde_json::json!(["月次決算を30分に", "残業を減らす"]);
    assert_eq!(answers(&room), [goals, "=無料研修".into(), "2026-04-01".into(), 12.into()]);
    assert_eq!(missing(&room), serde_json::json!([]));
    // What went out goes in again and is no news; an empty answer takes nothing away.
    room.done(&["hearing", "acme", "--out", path]);
    let before = answers(&room);
    let emptied = fs::read_to_string(&file).unwrap().replace("'=無料研修", "");
    fs::write(&file, emptied).unwrap();
    room.done(&["hearing", "acme", "--read", path]);
    assert_eq!(answers(&room), before);
    let page = room.dir().join("sheet.md");
    room.done(&["hearing", "acme", "--out", page.to_str().unwrap()]);
    assert!(fs::read_to_string(&page).unwrap().contains("| Start | 2026-04-01 |"));
}

#[test]
fn a_sheet_with_one_wrong_answer_changes_nothing_and_says_which() {
    let room = room();
    let file = room.dir().join("sheet.csv");
    let path = file.to_str().unwrap();
    for (rows, said) in [
        ("goals,,save time\nbegins,,someday\n", "someday"),
        ("goals,,save time\npromissed,,training\n", "did you mean promised?"),
        ("goals,,\n", "no answer"),
    ] {
        fs::write(&file, format!("field,question,answer\n{rows}")).unwrap();
        let (code, _, err) = room.run(&["hearing", "acme", "--read", path]);
        assert!(code == 1 && err.contains(said), "{said}: {code} {err}");
        assert!(answers(&room).iter().all(Value::is_null), "nothing was taken in");
    }
    assert_eq!(room.run(&["hearing", "nobody"]).0, 1);
    let model = room.dir().join("model.yaml");
    fs::write(&model, fs::read_to_string(&model).unwrap().replace(ASKED, "")).unwrap();
    let (code, _, err) = room.run(&["hearing", "acme"]);
    assert!(code == 1 && err.contains("handover"), "{err}");
}

#[test]
fn a_question_about_no_attribute_is_a_finding_with_the_nearest_one() {
    let room = room();
    let model = room.dir().join("model.yaml");
    let text = fs::read_to_string(&model).unwrap().replace("field: promised", "field: promise");
    fs::write(&model, format!("{text}  - {{field: goals, asks: {{ja: 目的, en: Goal}}}}\n")).unwrap();
    let (code, said, _) = room.run(&["check", "--lang", "en"]);
    assert!(
        code == 1 && said.contains("did you mean `promised`?") && said.contains("`goals` is asked twice"),
        "{said}"
    );
}
