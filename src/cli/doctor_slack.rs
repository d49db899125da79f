//! `doctor`: what the Slack app may do, whether Socket Mode connects, and whether the channels that are named exist.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::assemble::Running;
use crate::{
    chat::manifest::SCOPES,
    config::{Config, Slack, SlackMode},
    model::{locale::Locale, message::ChannelKind},
    net,
    rulebook::{
        playbook::{Body, To},
        types::Rulebook,
    },
    words::slack_check as say,
};

/// How long Slack may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pages of channels that are read; a page has up to a thousand.
const PAGES: usize = 20;
/// Largest answer that is read, in bytes.
const MOST: usize = 8 << 20;

/// What Slack answered: the scopes of the token as its header names them, and the body.
struct Said {
    scopes: Option<String>,
    body: Value,
}

/// Name of the check, and the detail or what to mend. Nothing where Slack is off or has no token.
pub async fn checks(running: &Running, locale: Locale) -> Vec<(&'static str, Result<String, String>)> {
    let slack = &running.project.config.slack;
    let (true, Some(token)) = (slack.mode != SlackMode::Off, &slack.bot_token) else { return Vec::new() };
    net::tls_ready();
    let built =
        reqwest::Client::builder().timeout(PATIENCE).no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let Ok(client) = built else { return Vec::new() };
    let asker = Asker { client, slack };
    let mut all = vec![("slack.scopes", asker.scopes(token.expose(), locale).await)];
    if let (SlackMode::Socket, Some(app)) = (slack.mode, &slack.app_token) {
        all.push(("slack.socket", asker.socket(app.expose(), locale).await));
    }
    let wanted = named(&running.shell.rulebook(), &running.project.config);
    if !wanted.is_empty() {
        all.push(("slack.channels", asker.channels(token.expose(), &wanted, locale).await));
    }
    all
}

/// Channels that playbooks and digests post to, by name.
fn named(rulebook: &Rulebook, config: &Config) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for playbook in &rulebook.playbooks {
        for step in &playbook.steps {
            let Body::Message(message) = &step.body else { continue };
            if let (ChannelKind::Slack, Some(To::Channel(name))) =
                (message.channel, message.to.as_ref().or(playbook.to.as_ref()))
            {
                found.insert(name.clone());
            }
        }
    }
    found.extend(rulebook.model.digests.iter().filter_map(|digest| digest.slack.clone()));
    found.extend(config.slack.channels.iter().cloned());
    found.into_iter().filter_map(|name| name.strip_prefix('#').map(str::to_owned)).collect()
}

struct Asker<'a> {
    client: reqwest::Client,
    slack: &'a Slack,
}

impl Asker<'_> {
    async fn scopes(&self, token: &str, locale: Locale) -> Result<String, String> {
        let said = self.ask("auth.test", token, &[]).await.map_err(|why| say::no_answer(locale, &why))?;
        let Some(granted) = said.scopes else { return Ok(say::scopes_unsaid(locale).to_owned()) };
        let granted: BTreeSet<&str> = granted.split(',').map(str::trim).collect();
        let missing: Vec<&str> = SCOPES.into_iter().filter(|scope| !granted.contains(scope)).collect();
        match missing.is_empty() {
            true => Ok(say::scopes(locale, SCOPES.len())),
            false => Err(say::missing_scopes(locale, &missing.join(", "))),
        }
    }

    async fn socket(&self, token: &str, locale: Locale) -> Result<String, String> {
        let said = self.ask("apps.connections.open", token, &[]).await;
        said.map(|_| say::socket(locale).to_owned()).map_err(|why| say::no_socket(locale, &why))
    }

    async fn channels(&self, token: &str, wanted: &BTreeSet<String>, locale: Locale) -> Result<String, String> {
        let (mut missing, mut cursor) = (wanted.clone(), String::new());
        for _ in 0..PAGES {
            let form = [
                ("types", "public_channel,private_channel"),
                ("exclude_archived", "true"),
                ("limit", "1000"),
                ("cursor", &cursor),
            ];
            let said = self.ask("conversations.list", token, &form).await;
            let body = said.map_err(|why| say::no_answer(locale, &why))?.body;
            for channel in body["channels"].as_array().into_iter().flatten() {
                missing.remove(channel["name"].as_str().unwrap_or_default());
            }
            let next = body["response_metadata"]["next_cursor"].as_str().unwrap_or_default().to_owned();
            if next.is_empty() || missing.is_empty() {
                break;
            }
            cursor = next;
        }
        if missing.is_empty() {
            return Ok(say::channels(locale, wanted.len()));
        }
        let names: Vec<String> = missing.iter().map(|name| format!("#{name}")).collect();
        Err(say::missing_channels(locale, &names.join(" ")))
    }

    /// Calls a method. Error: Slack's word (`invalid_auth`), or what the network said; never the token.
    async fn ask(&self, method: &str, token: &str, form: &[(&str, &str)]) -> Result<Said, String> {
        let url = format!("{}/{method}", self.slack.api_url);
        let sent = self.client.post(url).bearer_auth(token).form(form).send().await;
        let answer = sent.map_err(|error| error.without_url().to_string())?;
        let scopes = answer.headers().get("x-oauth-scopes").and_then(|text| text.to_str().ok()).map(str::to_owned);
        let status = answer.status();
        let read = net::body(answer, MOST).await.map_err(|error| error.without_url().to_string())?;
        let body: Value = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if body["ok"] == true {
            return Ok(Said { scopes, body });
        }
        Err(body["error"].as_str().map_or_else(|| format!("HTTP {}", status.as_u16()), str::to_owned))
    }
}
