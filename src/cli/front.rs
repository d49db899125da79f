//! The chat front ends, as configured.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;

use super::{assemble::Running, exit::Failure};
use crate::{
    chat::{
        access::Access,
        discord::{self, DiscordFront, gateway::Gateway, sign::PublicKey},
        replay::StoreReplays,
        slack::{self, SlackFront, sign::SigningSecret, socket::Socket},
    },
    command::{office::Office, roles::Role},
    config::{Config, DiscordMode, Level, Secret, SlackMode},
};

/// Opens Socket Mode, and answers the routes of what is called over HTTP.
pub async fn routes(running: &Arc<Running>, stopping: &watch::Receiver<bool>) -> Result<Vec<axum::Router>, Failure> {
    let mut routes = Vec::new();
    routes.extend(slack(running, stopping).await?);
    routes.extend(discord(running, stopping).await?);
    Ok(routes)
}

fn office(running: &Arc<Running>) -> Arc<Office> {
    Arc::new(Office(Arc::clone(&running.shell)))
}

async fn slack(running: &Arc<Running>, stopping: &watch::Receiver<bool>) -> Result<Option<axum::Router>, Failure> {
    let config = &running.project.config;
    let (false, Some(token)) = (config.slack.mode == SlackMode::Off, &config.slack.bot_token) else { return Ok(None) };
    let secrets = config
        .slack
        .signing_secret
        .iter()
        .map(|s| SigningSecret::new(s.inner().clone()))
        .collect::<Result<Vec<_>, _>>();
    let settings = slack::Settings {
        api_url: config.slack.api_url.clone(),
        bot_token: token.inner().clone(),
        signing_secrets: secrets.map_err(Failure::refused)?,
        access: access(
            running,
            &config.slack.teams,
            (&config.slack.channels, &config.slack.customer_channels),
            people(config, &config.slack.users, |p| p.slack.as_deref()),
        ),
    };
    let replays = Arc::new(StoreReplays(Arc::clone(&running.shell.store)));
    let front = SlackFront::new(settings, office(running), replays, Arc::clone(&running.shell.clock))
        .map_err(Failure::refused)?;
    if config.slack.mode == SlackMode::Http {
        return Ok(Some(slack::http::routes(front)));
    }
    let Some(app_token) = &config.slack.app_token else { return Ok(None) };
    let socket = Socket::listen(&front, app_token.inner()).await.map_err(Failure::unreachable)?;
    let mut stopping = stopping.clone();
    tokio::spawn(async move {
        let _ = stopping.wait_for(|stop| *stop).await;
        socket.stop().await;
    });
    Ok(None)
}

async fn discord(running: &Arc<Running>, stopping: &watch::Receiver<bool>) -> Result<Option<axum::Router>, Failure> {
    let config = &running.project.config.discord;
    let (false, Some(token)) = (config.mode == DiscordMode::Off, &config.token) else { return Ok(None) };
    let front = discord_front(running, token)?;
    register(running, &front);
    if config.mode == DiscordMode::Http {
        return Ok(Some(discord::routes(front)));
    }
    let gateway = Gateway::listen(&front, &config.api_url, token.inner()).await.map_err(Failure::unreachable)?;
    let mut stopping = stopping.clone();
    tokio::spawn(async move {
        let _ = stopping.wait_for(|stop| *stop).await;
        gateway.stop().await;
    });
    Ok(None)
}

fn discord_front(running: &Arc<Running>, token: &Secret) -> Result<Arc<DiscordFront>, Failure> {
    let config = &running.project.config;
    let key = config.discord.public_key.as_deref().map(PublicKey::new).transpose().map_err(Failure::refused)?;
    let settings = discord::Settings {
        api_url: config.discord.api_url.clone(),
        token: token.inner().clone(),
        application_id: config.discord.application_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default(),
        public_key: key,
        access: access(
            running,
            &config.discord.guilds,
            (&config.discord.channels, &config.discord.customer_channels),
            people(config, &config.discord.users, |p| p.discord.as_deref()),
        ),
        at_first: discord::AT_FIRST,
    };
    let replays = Arc::new(StoreReplays(Arc::clone(&running.shell.store)));
    DiscordFront::new(settings, office(running), replays, Arc::clone(&running.shell.clock)).map_err(Failure::refused)
}

/// In the background: Discord's being away must not keep the daemon from starting.
fn register(running: &Arc<Running>, front: &Arc<DiscordFront>) {
    let (front, store) = (Arc::clone(front), Arc::clone(&running.shell.store));
    tokio::spawn(async move {
        match front.register(store.as_ref()).await {
            Ok(true) => tracing::info!("the command was registered with Discord"),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(error, "the command could not be registered with Discord; it is tried at the next start")
            }
        }
    });
}

fn access(
    running: &Running,
    teams: &[String],
    (channels, customers): (&[String], &BTreeMap<String, Option<String>>),
    users: BTreeMap<String, Role>,
) -> Access {
    Access {
        teams: teams.iter().cloned().collect(),
        users,
        channels: channels.iter().cloned().collect(),
        customers: customers.clone(),
        locale: running.shell.rulebook().model.workspace.locale,
    }
}

/// Platform ids with their roles: from the platform's own list, and from people with permissions.
fn people(
    config: &Config,
    listed: &BTreeMap<String, Level>,
    id: fn(&crate::config::Person) -> Option<&str>,
) -> BTreeMap<String, Role> {
    let role = |level: &Level| Role::parse(level.word());
    let mut users: BTreeMap<String, Role> = listed.iter().map(|(id, level)| (id.clone(), role(level))).collect();
    for (name, level) in &config.permissions {
        let platform = config.people.get(name).map_or(Some(name.as_str()), id);
        if let Some(id) = platform {
            let entry = users.entry(id.to_owned()).or_default();
            *entry = role(level).max(*entry);
        }
    }
    users
}
