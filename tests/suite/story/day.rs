//! A day of a CS team in Slack, and the same day in Discord: the digest comes, somebody takes a customer, writes
//! a note, snoozes a nudge, leaves another until it reaches the manager; a customer replies, and the run waits.

use std::fs;

use super::{
    guild::Guild,
    house::{House, until},
    returned::{YUI, key, record},
};

const MORNING: &str = "2026-04-06T08:59:00+09:00";

/// A question to the CSM that goes to the manager after an hour without a press.
fn urgent(channel: &str) -> String {
    format!(
        "playbook: urgent\ntitle: {{ja: 至急, en: Urgent}}\nfor: account\nstart: {{on: help.urgent}}\nenroll: {{again: always}}\n\
         steps:\n  - {{id: tell, {channel}: story/asked, to: csm, actions: [ack, snooze], ack_within: 60m, escalate: manager}}\n"
    )
}

/// The house on a Monday morning, with a manager and a playbook that asks through `channel`.
async fn monday(channel: &str) -> House {
    let house = House::new(Some(MORNING)).await;
    fs::write(house.dir.join("playbooks/urgent.yaml"), urgent(channel)).unwrap();
    let path = house.dir.join("shirube.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        path,
        text.replace("owners: {csm: {fallback: kei}}", "owners: {csm: {fallback: kei}, manager: {fallback: mia}}"),
    )
    .unwrap();
    house
}

/// Yui answers this morning's mail.
async fn yui_replies(house: &House) {
    until("the first mail", async || house.smtp.accepted().len() == 1).await;
    record(house, "reply.eml", &key(house), YUI);
    let timeline = || house.done(&["--lang", "ja", "timeline", "acme"]);
    until("the reply is recorded", async || timeline().contains("返信")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_in_slack() {
    let house = monday("slack").await;
    let text = fs::read_to_string(house.dir.join("shirube.yaml")).unwrap();
    fs::write(house.dir.join("shirube.yaml"), text.replace("mia@example.com}", "mia@example.com, slack: U2}")).unwrap();
    let daemon = house.start(&[]).await;

    house.at("2026-04-06T09:00:00+09:00");
    let digest = house.post("digest:at-risk", 1).await;
    let acked = house.press(&digest, "ack acme\n").await;
    assert!(acked.to_string().contains("アクメ株式会社: Kei が対応中"), "{acked}");

    assert!(house.answer("note acme 請求の画面で迷っている #billing").await.contains("アクメ株式会社"));
    let told = house.answer("timeline acme").await;
    assert!(told.contains("請求の画面で迷っている"), "{told}");

    house.done(&["event", "help.asked", "acme", "n=1"]);
    let nudge = house.post("nudge", 1).await;
    assert!(house.press(&nudge, "snooze ").await.to_string().contains("まで"));
    house.done(&["event", "help.asked", "acme", "n=2"]);

    house.done(&["event", "help.urgent", "acme"]);
    assert_eq!(house.post("urgent", 1).await["channel"], "U1");
    house.at("2026-04-06T10:01:00+09:00");
    assert_eq!(house.post("urgent", 2).await["channel"], "U2", "nobody pressed for an hour");

    yui_replies(&house).await;
    let tasks = house.answer("tasks").await;
    assert!(tasks.contains("返信"), "{tasks}");
    let why = house.answer("explain acme onboarding").await;
    assert!(why.contains("返信"), "{why}");
    daemon.end();
    assert_eq!(house.posts("nudge").len(), 1, "a snoozed nudge is silent");
    assert_eq!((house.posts("urgent").len(), house.posts("digest:at-risk").len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_day_in_discord() {
    let house = monday("discord").await;
    let path = house.dir.join("playbooks/nudge.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("slack: story/asked", "discord: story/asked")).unwrap();
    let path = house.dir.join("model.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("    slack: \"#cs\"", "    discord: \"600\"")).unwrap();
    let guild = Guild::beside(&house).await;
    let daemon = house.start(&[]).await;

    house.at("2026-04-06T09:00:00+09:00");
    let digest = guild.post("600", 1).await;
    assert_eq!(digest["allowed_mentions"], serde_json::json!({"parse": []}));
    let taken = guild.press(&digest, "ack acme").await.to_string();
    assert!(taken.contains("Kei"), "{taken}");

    let noted = guild.ask("note", &[("account", "acme"), ("text", "請求の画面で迷っている #billing")]).await;
    assert!(noted.to_string().contains("アクメ株式会社"), "{noted}");
    let told = guild.ask("timeline", &[("account", "acme")]).await.to_string();
    assert!(told.contains("請求の画面で迷っている"), "{told}");
    let card = guild.ask("health", &[("account", "アクメ")]).await.to_string();
    assert!(card.contains("アクメ株式会社"), "{card}");

    // Both people have the same room of direct messages at the stand-in.
    house.done(&["event", "help.asked", "acme", "n=1"]);
    let nudge = guild.post("900", 1).await;
    assert!(guild.press(&nudge, "snooze ").await.to_string().contains("まで"));
    house.done(&["event", "help.asked", "acme", "n=2"]);

    house.done(&["event", "help.urgent", "acme"]);
    guild.post("900", 2).await;
    house.at("2026-04-06T10:01:00+09:00");
    guild.post("900", 3).await;
    let rooms = guild.discord.web.calls("/api/v10/users/@me/channels");
    assert_eq!(rooms.last().unwrap().body["recipient_id"], "78", "nobody pressed for an hour");

    yui_replies(&house).await;
    let tasks = guild.ask("tasks", &[]).await.to_string();
    assert!(tasks.contains("返信"), "{tasks}");
    daemon.end();
    assert_eq!(guild.discord.web.calls("/api/v10/channels/900/messages").len(), 3, "a snoozed nudge is silent");
    let posted = guild.discord.web.calls("/api/v10/channels/600/messages");
    let kpis = posted.iter().filter(|call| call.body.to_string().contains("KPI")).count();
    assert_eq!((posted.len(), kpis), (2, 1), "who is at risk at 9:00, the KPIs at 9:45");
}
