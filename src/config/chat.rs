//! `slack:` and `discord:` — how people are reached and ask.

use std::collections::BTreeMap;

use super::{
    people::Level,
    reader::{Section, Text},
    secret::{SIGNING_BYTES, Secret},
    url,
};
use crate::model::diagnostic::Place;

/// Slack settings.
#[derive(Clone, Debug)]
pub struct Slack {
    /// How Slack reaches us.
    pub mode: SlackMode,
    /// Base of the Web API, without a trailing slash.
    pub api_url: String,
    /// `xoxb-…`; present unless off.
    pub bot_token: Option<Secret>,
    /// `xapp-…`; present in socket mode.
    pub app_token: Option<Secret>,
    /// Verifies requests; present in http mode.
    pub signing_secret: Option<Secret>,
    /// The slash command.
    pub command: String,
    /// Workspaces that may ask; empty = nobody.
    pub teams: Vec<String>,
    /// Users and user groups with what they may do.
    pub users: BTreeMap<String, Level>,
    /// Channels in which answers may be shown; named also if customers read them.
    pub channels: Vec<String>,
    /// Channels in which customers ask, with the key of their account where one is named.
    pub customer_channels: BTreeMap<String, Option<String>>,
}

/// How Slack reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlackMode {
    /// Not at all.
    Off,
    /// We open the connection: no public port.
    Socket,
    /// Slack calls our public endpoint.
    Http,
}

/// Discord settings.
#[derive(Clone, Debug)]
pub struct Discord {
    /// How Discord reaches us.
    pub mode: DiscordMode,
    /// Base of the API, without a trailing slash.
    pub api_url: String,
    /// Bot token; present unless off.
    pub token: Option<Secret>,
    /// Verifies interactions; 64 hexadecimal digits; present in http mode.
    pub public_key: Option<String>,
    /// The application's id; present unless off.
    pub application_id: Option<String>,
    /// Servers that may ask; empty = nobody.
    pub guilds: Vec<String>,
    /// Users and roles with what they may do.
    pub users: BTreeMap<String, Level>,
    /// Channels in which answers may be shown.
    pub channels: Vec<String>,
    /// Channels in which customers ask, with the key of their account where one is named.
    pub customer_channels: BTreeMap<String, Option<String>>,
}

/// How Discord reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscordMode {
    /// Not at all.
    Off,
    /// We open the connection: no public port.
    Gateway,
    /// Discord calls our public endpoint.
    Http,
}

const SLACK_MODES: [(&str, SlackMode); 3] =
    [("socket", SlackMode::Socket), ("http", SlackMode::Http), ("off", SlackMode::Off)];
const DISCORD_MODES: [(&str, DiscordMode); 3] =
    [("gateway", DiscordMode::Gateway), ("http", DiscordMode::Http), ("off", DiscordMode::Off)];

/// Reads `slack:`.
pub fn slack(mut section: Section<'_>) -> Slack {
    let slack = Slack {
        mode: section.word("mode", &SLACK_MODES).unwrap_or(SlackMode::Off),
        api_url: section.parsed("api_url", url::web).unwrap_or_else(|| "https://slack.com/api".to_owned()),
        bot_token: section.secret("bot_token", 1),
        app_token: section.secret("app_token", 1),
        signing_secret: section.secret("signing_secret", SIGNING_BYTES),
        command: section.parsed("command", command).unwrap_or_else(|| "/cs".to_owned()),
        teams: ids(&mut section, "teams"),
        users: levels(&mut section),
        channels: ids(&mut section, "channels"),
        customer_channels: customer_channels(&mut section, slack_channel),
    };
    check_slack(&section, &slack);
    section.finish();
    slack
}

/// Reads `discord:`.
pub fn discord(mut section: Section<'_>) -> Discord {
    let discord = Discord {
        mode: section.word("mode", &DISCORD_MODES).unwrap_or(DiscordMode::Off),
        api_url: section.parsed("api_url", url::web).unwrap_or_else(|| "https://discord.com".to_owned()),
        token: section.secret("token", 1),
        public_key: section.parsed("public_key", public_key),
        application_id: section.parsed("application_id", snowflake),
        guilds: ids(&mut section, "guilds"),
        users: levels(&mut section),
        channels: ids(&mut section, "channels"),
        customer_channels: customer_channels(&mut section, discord_channel),
    };
    check_discord(&section, &discord);
    section.finish();
    discord
}

fn check_slack(section: &Section<'_>, slack: &Slack) {
    let begins = |secret: &Option<Secret>, with: &str| secret.as_ref().is_some_and(|s| s.expose().starts_with(with));
    if begins(&slack.bot_token, "xapp-") || begins(&slack.app_token, "xoxb-") {
        section.error(
            &section.place,
            "bot_token",
            "bot_token and app_token are exchanged",
            "bot_token begins with xoxb-, app_token with xapp-",
        );
    }
    if slack.mode != SlackMode::Off && !section.has("bot_token") {
        section.missing("bot_token", "slack.mode is not off", "bot_token: ${env:SLACK_BOT_TOKEN}");
    }
    if slack.mode == SlackMode::Socket && !section.has("app_token") {
        section.missing("app_token", "slack.mode is socket", "app_token: ${env:SLACK_APP_TOKEN}");
    }
    if slack.mode == SlackMode::Http && !section.has("signing_secret") {
        section.missing("signing_secret", "slack.mode is http", "signing_secret: ${env:SLACK_SIGNING_SECRET}");
    }
}

fn check_discord(section: &Section<'_>, discord: &Discord) {
    if discord.mode == DiscordMode::Off {
        return;
    }
    if !section.has("token") {
        section.missing("token", "discord.mode is not off", "token: ${env:DISCORD_TOKEN}");
    }
    if !section.has("application_id") {
        section.missing("application_id", "discord.mode is not off", "application_id: \"123456789012345678\"");
    }
    if discord.mode == DiscordMode::Http && !section.has("public_key") {
        section.missing("public_key", "discord.mode is http", "public_key: \"64 hexadecimal digits\"");
    }
}

fn ids(section: &mut Section<'_>, key: &'static str) -> Vec<String> {
    section.texts(key).into_iter().map(|text| text.text).collect()
}

/// `users:` is a list of ids that may look, or a mapping from id to level.
fn levels(section: &mut Section<'_>) -> BTreeMap<String, Level> {
    if section.is_list("users") {
        return ids(section, "users").into_iter().map(|id| (id, Level::Viewer)).collect();
    }
    let mut found = BTreeMap::new();
    for (id, Text { text, place, .. }) in section.named_texts("users") {
        match Level::parse(&text) {
            Some(level) => drop(found.insert(id, level)),
            None => {
                section.error(&place, &format!("users.{id}"), "this is no level", "write viewer, operator or admin")
            }
        }
    }
    found
}

/// `customer_channels:` is a list of ids, or a mapping from id to the key of an account.
fn customer_channels(
    section: &mut Section<'_>,
    fits: fn(&str) -> Result<(), &'static str>,
) -> BTreeMap<String, Option<String>> {
    let key = "customer_channels";
    let read: Vec<(String, Option<String>, Place)> = match section.is_list(key) {
        true => section.texts(key).into_iter().map(|text| (text.text, None, text.place)).collect(),
        false => {
            let named = section.named_texts(key).into_iter();
            named.map(|(id, text)| (id, Some(text.text).filter(|key| !key.is_empty()), text.place)).collect()
        }
    };
    let mut found = BTreeMap::new();
    for (id, account, place) in read {
        match fits(&id) {
            Ok(()) => drop(found.insert(id, account)),
            Err(help) => section.error(&place, key, &format!("`{id}` is no channel's id"), help),
        }
    }
    found
}

fn slack_channel(id: &str) -> Result<(), &'static str> {
    let fits =
        id.len() > 1 && id.starts_with(['C', 'G']) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if fits { Ok(()) } else { Err("write the id at the foot of the channel's details in Slack: C0123456789") }
}

fn discord_channel(id: &str) -> Result<(), &'static str> {
    let fits = snowflake(id).is_ok();
    if fits { Ok(()) } else { Err("copy the channel's id in Discord (developer mode): digits only, in quotes") }
}

fn command(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix('/').unwrap_or(text);
    let fits = (1..=31).contains(&bare.len())
        && bare.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
    if fits {
        Ok(format!("/{bare}"))
    } else {
        Err("write a slash command such as `/cs`: small letters, digits, - and _".to_owned())
    }
}

fn public_key(text: &str) -> Result<String, String> {
    let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if fits {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("copy the public key from the Discord developer portal: 64 hexadecimal digits, in quotes".to_owned())
    }
}

fn snowflake(text: &str) -> Result<String, String> {
    let fits = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits {
        Ok(text.to_owned())
    } else {
        Err("copy the id from the Discord developer portal: digits only, in quotes".to_owned())
    }
}
