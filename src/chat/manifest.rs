//! The Slack app's manifest, for `shirube manifest slack`: least scopes, the user's own names.

use serde_json::{Value, json};

use crate::{command::spec, model::safe::shorten};

/// Bot scopes and what each is for. Nothing else is asked.
pub const SCOPES: [&str; 11] = [
    "app_mentions:read", // `@shirube …` in a thread
    "channels:history",  // is a message of unknown fate there? (by its key)
    "channels:read",     // is a channel shared with customers?
    "chat:write",
    "chat:write.public", // post without being invited first
    "commands",
    "groups:history",
    "groups:read", // the same question for private channels
    "im:history",
    "im:write",   // write to a CSM directly
    "users:read", // answer in the asker's language
];

/// The manifest (schema 2) for the slash command `command` (`/cs`). With a `public_url` Slack calls
/// us there; without one Socket Mode is used. The error says what to mend.
pub fn slack(command: &str, public_url: Option<&str>) -> Result<Value, String> {
    let fits = command.starts_with('/')
        && (2..=32).contains(&command.len())
        && command[1..].bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
    if !fits {
        return Err("slack.command must be `/` and 1 to 31 lower-case letters, digits, `-` or `_`".to_owned());
    }
    let base = public_url.map(|url| url.trim_end_matches('/'));
    if base.is_some_and(|url| !url.starts_with("https://") || url.len() > 2_900) {
        return Err("http.public_url must begin with https://, because Slack calls nothing else".to_owned());
    }
    Ok(manifest(command, base))
}

fn manifest(command: &str, base: Option<&str>) -> Value {
    let words: Vec<&str> = spec::SPECS.iter().map(|s| s.name).collect();
    let mut slash = json!({
        "command": command,
        "description": "Customer success: health, risk, playbooks, KPIs",
        "usage_hint": shorten(&words.join(" | "), 1_000),
        "should_escape": false,
    });
    let mut interactivity = json!({"is_enabled": true});
    let mut events = json!({"bot_events": ["app_home_opened", "app_mention"]});
    if let Some(base) = base {
        slash["url"] = json!(format!("{base}/slack/commands"));
        interactivity["request_url"] = json!(format!("{base}/slack/interactions"));
        interactivity["message_menu_options_url"] = json!(format!("{base}/slack/options"));
        events["request_url"] = json!(format!("{base}/slack/events"));
    }
    json!({
        "_metadata": {"major_version": 2, "minor_version": 0},
        "display_information": {
            "name": "shirube",
            "description": "Customer-success playbooks: who needs you today, and why",
            "background_color": "#2f4858",
        },
        "features": {
            "app_home": {"home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": true},
            "bot_user": {"display_name": "shirube", "always_online": true},
            "slash_commands": [slash],
        },
        "oauth_config": {"scopes": {"bot": SCOPES}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": false,
            "socket_mode_enabled": base.is_none(),
            "token_rotation_enabled": false,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_mode_without_an_address_and_three_addresses_with_one() {
        let socket = slack("/cs", None).unwrap();
        assert_eq!(socket["settings"]["socket_mode_enabled"], true);
        assert_eq!(socket["features"]["app_home"]["home_tab_enabled"], true);
        let events = &socket["settings"]["event_subscriptions"]["bot_events"];
        assert_eq!(*events, json!(["app_home_opened", "app_mention"]));
        assert!(socket.to_string().find("slack/commands").is_none());
        let http = slack("/success", Some("https://cs.example.test/")).unwrap();
        assert_eq!(http["features"]["slash_commands"][0]["url"], "https://cs.example.test/slack/commands");
        assert_eq!(
            http["settings"]["interactivity"]["message_menu_options_url"],
            "https://cs.example.test/slack/options"
        );
        assert_eq!(http["settings"]["socket_mode_enabled"], false);
    }

    #[test]
    fn names_and_lengths_keep_slacks_limits() {
        let made = slack("/cs", None).unwrap();
        let length = |v: &Value| v.as_str().unwrap().chars().count();
        assert!(length(&made["display_information"]["name"]) <= 35);
        assert!(length(&made["display_information"]["description"]) <= 140);
        assert!(length(&made["features"]["slash_commands"][0]["usage_hint"]) <= 1_000);
        for bad in ["cs", "/", "/CS", "/a b", "", "/日本"] {
            assert!(slack(bad, None).is_err(), "{bad}");
        }
        assert!(slack("/cs", Some("http://plain.example.test")).is_err());
    }
}
