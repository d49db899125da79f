//! The day of each colleague as a message in the morning, and the app's page as text, on the built binary.

use std::fs;

use serde_json::{Value, json};

use super::house::{House, signature};

/// Blocks as a reader without pictures gets them.
fn as_text(blocks: &Value) -> String {
    let mut lines = Vec::new();
    for block in blocks.as_array().unwrap() {
        let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
        let all = |list: &Value| list.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
        lines.push(match block["type"].as_str().unwrap() {
            "header" => format!("# {}", text(&block["text"])),
            "section" if block["fields"].is_array() => all(&block["fields"]).join(" | "),
            "section" => text(&block["text"]),
            "context" => format!("({})", all(&block["elements"]).join(" ")),
            "actions" => {
                let buttons = block["elements"].as_array().unwrap().iter();
                buttons
                    .map(|one| format!("[{}]", text(one.get("text").unwrap_or(&one["placeholder"]))))
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            "divider" => "---".to_owned(),
            other => format!("<{other}>"),
        });
    }
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_s_page_as_text() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let daemon = house.start(&[]).await;
    let event = json!({"type": "event_callback", "team_id": "T1", "event_id": "EvU1",
        "event": {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"}});
    let (body, at) = (event.to_string(), house.seconds());
    assert_eq!(house.send("/slack/events", &body, at, &signature(&body, at)).await, 200);
    let page = house.slack.web.wait("/api/views.publish", 1).await.remove(0).body;
    daemon.end();
    let text = as_text(&page["view"]["blocks"]);
    assert_eq!(text, PAGE);
}

/// As its reader sees it, without the pictures.
const PAGE: &str = "\
# Kei の担当顧客: 3社
[顧客を名前で探す]
1. アクメ株式会社 — 不明 0/6
    理由: お客様の声 −1 · まず「お客様の声」を確認
[詳しく見る] [メモ] [通知を止める]
2. 古株一 — 不明 0/6
    理由: お客様の声 −1 · まず「お客様の声」を確認
[詳しく見る] [メモ] [通知を止める]
3. 古株二 — 不明 0/6
    理由: お客様の声 −1 · まず「お客様の声」を確認
[詳しく見る] [メモ] [通知を止める]
(2026-04-07 10:00 現在。開き直すと更新されます。)";

#[tokio::test(flavor = "multi_thread")]
async fn each_colleague_gets_their_day_in_the_morning_once() {
    let house = House::new(Some("2026-04-07T07:00:00+09:00")).await;
    let model = house.dir.join("model.yaml");
    let text = fs::read_to_string(&model).unwrap();
    let morning = "digests:\n  - {digest: morning, title: {ja: 今日の予定, en: Today}, cron: \"0 8 * * 1-5\", of: today, slack: people, email: \"@mia\"}\n";
    // Slack knows no other channel here.
    let text = ["sales", "product", "marketing", "support"]
        .iter()
        .fold(text, |t, name| t.replace(&format!("\"#{name}\""), "\"#cs\""));
    fs::write(&model, text.replacen("digests:\n", morning, 1)).unwrap();
    house.done(&["tick"]);
    assert!(house.posts("digest:morning").is_empty());
    house.at("2026-04-07T08:01:00+09:00");
    house.done(&["tick"]);
    house.done(&["tick"]);
    // Kei is the only one on Slack; Mia asked for a mail.
    let posts = house.posts("digest:morning");
    assert_eq!(posts.len(), 1, "{}", house.done(&["outbox", "list"]));
    assert_eq!(posts[0]["channel"], "U1");
    let shown = as_text(&posts[0]["blocks"]);
    assert!(shown.contains("2026-04-07") && shown.contains("自分のタスク"), "{shown}");
    let mail = house.smtp.accepted().into_iter().find(|m| m.to == ["mia@example.com"]).unwrap();
    assert!(String::from_utf8_lossy(&mail.bytes).contains("Subject: "));
    // On Saturday nobody is disturbed.
    for at in ["2026-04-11T08:01:00+09:00", "2026-04-11T10:01:00+09:00", "2026-04-11T12:01:00+09:00"] {
        house.at(at);
        house.done(&["tick"]);
    }
    assert_eq!(
        house.posts("digest:morning").len(),
        2,
        "what was missed is one post, and of Saturday there is none: {}",
        house.done(&["outbox", "list"])
    );
}
