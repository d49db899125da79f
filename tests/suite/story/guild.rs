//! A guild of Discord around a house: posts that come there, questions and presses that come from there.

use std::fs;

use serde_json::{Value, json};

use super::house::{House, until};
use crate::fakes::discord::FakeDiscord;

const MINE: &str = "77";

/// The guild 500 with the channel 600, where Kei is 77 and Mia is 78.
pub struct Guild<'a> {
    pub discord: FakeDiscord,
    house: &'a House,
    asked: std::cell::Cell<u32>,
}

impl Guild<'_> {
    /// Beside Slack, which `house` has already; before the daemon starts.
    pub async fn beside(house: &House) -> Guild<'_> {
        let discord = FakeDiscord::start().await;
        let path = house.dir.join("shirube.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let text = text.replace("slack: U1}", "slack: U1, discord: \"77\"}");
        let text = text.replace("email: mia@example.com}", "email: mia@example.com, discord: \"78\"}");
        let section = format!(
            "discord: {{mode: http, api_url: \"{}\", token: \"${{env:SLACK_BOT}}\", application_id: \"42\", public_key: {},\n  guilds: [\"500\"], channels: [\"600\"], users: {{\"77\": admin}}}}\n",
            discord.web.url(""),
            discord.public_key()
        );
        fs::write(path, text + &section).unwrap();
        Guild { discord, house, asked: std::cell::Cell::new(0) }
    }

    /// Waits for the `count`-th message in `channel`.
    pub async fn post(&self, channel: &str, count: usize) -> Value {
        let path = format!("/api/v10/channels/{channel}/messages");
        until(&format!("message {count} in {channel}"), async || self.discord.web.calls(&path).len() >= count).await;
        self.discord.web.calls(&path).remove(count - 1).body
    }

    /// What Kei reads after typing `/cs NAME option: value …`.
    pub async fn ask(&self, name: &str, options: &[(&str, &str)]) -> Value {
        let options: Vec<_> = options.iter().map(|(n, v)| json!({"type": 3, "name": n, "value": v})).collect();
        self.interact(2, json!({"name": "cs", "options": [{"type": 1, "name": name, "options": options}]})).await
    }

    /// What Kei reads after pressing the first button of `message` that does `what`.
    pub async fn press(&self, message: &Value, what: &str) -> Value {
        let rows = message["components"].as_array().unwrap().iter().flat_map(|r| r["components"].as_array().unwrap());
        let ids: Vec<&str> = rows.filter_map(|button| button["custom_id"].as_str()).collect();
        let id = ids.iter().find(|id| id.split_once(' ').is_some_and(|(_, does)| does.starts_with(what)));
        self.interact(3, json!({"custom_id": id.unwrap_or_else(|| panic!("no button {what:?} among {ids:?}"))})).await
    }

    /// A signed interaction; the answer at once, or what took its place.
    async fn interact(&self, kind: u8, data: Value) -> Value {
        let id = self.asked.get() + 1;
        self.asked.set(id);
        let body = json!({"id": id.to_string(), "token": format!("tok{id}"), "type": kind, "guild_id": "500", "channel_id": "600",
            "locale": "ja", "member": {"user": {"id": MINE}}, "data": data})
        .to_string();
        let at = self.house.seconds().to_string();
        let signature = self.discord.sign(&at, &body);
        let (status, answer) = self.house.interaction(&at, &signature, &body).await;
        assert_eq!(status, 200, "{answer}");
        assert_ne!(self.house.interaction(&at, &signature, &body).await.0, 200, "a replayed interaction");
        if answer["type"] != 5 {
            return answer["data"].clone();
        }
        let late = format!("/api/v10/webhooks/42/tok{id}/messages/@original");
        self.discord.web.wait(&late, 1).await.remove(0).body
    }
}
