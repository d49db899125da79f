//! Puts the parts together: the one place that knows all of them.

use std::{collections::BTreeMap, sync::Arc};

use super::{bodies::MessageBodies, exit::Failure, project::Project};
use crate::{
    app::{
        dispatch::{Dispatcher, LiveJudge, Parts, Report, Settings},
        journal::Journal,
        reload::go_live,
        shell::Shell,
        token::Tokens,
        versions::keep_versions,
    },
    channel::{
        Channel,
        discord::DiscordChannel,
        email::{
            file::FileChannel,
            sender::address,
            smtp::{
                SmtpChannel,
                settings::{Limits, SmtpSettings, Tls},
            },
        },
        pace,
        slack::SlackChannel,
        webhook::{Endpoint, WebhookChannel},
    },
    clock::Clock,
    config::{self, Config, DiscordMode, SlackMode, Smtp, Transport},
    insight::costs::Costs,
    model::{
        message::ChannelKind,
        safe::{EmailAddress, SafeUrl},
    },
    net::oauth::{self, Grant},
    rulebook::{load::load, types::Rulebook},
    store::{
        api::{Mode, Store},
        open,
    },
};

/// Everything a running project shares.
pub struct Running {
    /// The folder and its configuration.
    pub project: Project,
    /// Store, clock, rulebook, world.
    pub shell: Arc<Shell>,
    /// Signs and reads links.
    pub tokens: Arc<Tokens>,
    /// Makes the bytes of messages.
    pub bodies: Arc<MessageBodies>,
}

/// Opens a project: store, rulebook, world. With `Mode::Daemon` the rulebook on disk goes live; a tool
/// works with it as it stands on disk under the number that is live.
pub async fn running(project: Project, mode: Mode, clock: Arc<dyn Clock>) -> Result<Running, Failure> {
    let store = open_store(&project, mode).await?;
    running_on(project, store, mode, clock).await
}

/// The same on a store that is open already.
pub async fn running_on(
    project: Project,
    store: Arc<dyn Store>,
    mode: Mode,
    clock: Arc<dyn Clock>,
) -> Result<Running, Failure> {
    let (rulebook, _) = project.rulebook()?;
    let before = store.rulebooks(1).await?.into_iter().next();
    let changed = before.as_ref().is_some_and(|b| b.1 != rulebook.hash);
    let mut rulebook = match before {
        // An edit goes live with the daemon or a tick; looking at it must not.
        Some((number, _, live_since, _)) if mode == Mode::Tool => Rulebook { number, live_since, ..rulebook },
        _ => go_live(store.as_ref(), rulebook, &project.files, clock.now()).await?,
    };
    keep_versions(store.as_ref(), &mut rulebook, &project.files, None).await?;
    let shell = Arc::new(Shell::new(Arc::clone(&store), clock, rulebook).await?);
    shell.set_costs(costs(&project.config));
    shell.reload_knowledge(&project.dir)?;
    if changed && mode != Mode::Tool {
        shell.begin_sweep().await?;
    }
    let people = &project.config;
    let locale = shell.rulebook().model.workspace.locale;
    let today = shell.clock.now().day(&shell.rulebook().model.workspace.zone);
    shell
        .change_world(|world| {
            world.people = people.people.iter().map(|(key, p)| (key.clone(), p.called(key, locale))).collect();
            world.names = people.people.iter().filter_map(|(key, p)| Some((key.clone(), p.name.clone()?))).collect();
            world.capacity = people.people.iter().filter_map(|(key, p)| Some((key.clone(), p.capacity?))).collect();
            world.handles = handles(people);
            world.fallbacks.clone_from(&people.owners);
            world.sees = people.people.iter().filter_map(|(key, p)| Some((key.clone(), p.sees.clone()?))).collect();
            world.away_filed =
                people.people.iter().filter_map(|(key, p)| Some((key.clone(), p.away.clone()?))).collect();
            world.settle_away(today);
        })
        .await?;
    let tokens = Tokens::load_or_create(&project.path("shirube.keys")).map_err(|e| Failure::refused(e.to_string()))?;
    let tokens = Arc::new(tokens);
    let bodies = Arc::new(MessageBodies::new(&project.config, Arc::clone(&shell), Arc::clone(&tokens))?);
    Ok(Running { project, shell, tokens, bodies })
}

/// What customers and the team cost.
fn costs(config: &Config) -> Costs {
    let said = config.report;
    Costs { people: said.people, tools: said.tool_cost, cac: said.cac, gross_margin: said.gross_margin }
}

/// Who is who on the chat platforms.
fn handles(config: &Config) -> BTreeMap<String, String> {
    let slack = ids(config, |p| p.slack.as_deref()).into_iter().map(|(key, id)| (format!("slack:{id}"), key));
    let discord = ids(config, |p| p.discord.as_deref()).into_iter().map(|(key, id)| (format!("discord:{id}"), key));
    // By the key, not the address: the store need not know it.
    let mail = ids(config, |p| p.email.as_ref().map(EmailAddress::as_str)).into_keys();
    slack.chain(discord).chain(mail.map(|key| (format!("email:{key}"), key))).collect()
}

/// People by key with their id on one platform, or their address.
fn ids(config: &Config, id: fn(&config::Person) -> Option<&str>) -> BTreeMap<String, String> {
    config.people.iter().filter_map(|(key, p)| Some((key.clone(), id(p)?.to_owned()))).collect()
}

/// Opens the store that the configuration names.
pub async fn open_store(project: &Project, mode: Mode) -> Result<Arc<dyn Store>, Failure> {
    let url = match &project.config.store {
        config::Store::Sqlite(path) => format!("sqlite:{}", project.path(path).display()),
        config::Store::Postgres(url) => url.expose().to_owned(),
    };
    Ok(open(&url, mode).await?)
}

impl Running {
    /// What decides: the rulebook that is live, also where its files were edited meanwhile. An edit goes live with the
    /// daemon or a tick, never with an order or an import. None: this version of shirube cannot read what is live; then
    /// the daemon decides.
    pub async fn deciding(&self) -> Result<Option<Arc<Shell>>, Failure> {
        let store = &self.shell.store;
        let newest = store.rulebooks(1).await?.into_iter().next();
        let Some((number, _, live_since, content)) = newest.filter(|(_, hash, ..)| *hash != self.shell.rulebook().hash)
        else {
            return Ok(Some(Arc::clone(&self.shell)));
        };
        let files: BTreeMap<String, String> = serde_json::from_str(&content).unwrap_or_default();
        let Some(live) = load(&files).0 else {
            tracing::warn!(number, "the live rulebook cannot be read; the daemon decides");
            return Ok(None);
        };
        let mut live = Rulebook { number, live_since, ..live };
        keep_versions(store.as_ref(), &mut live, &files, None).await?;
        let shell = Shell::new(Arc::clone(store), Arc::clone(&self.shell.clock), live).await?;
        shell.set_costs(self.shell.costs());
        Ok(Some(Arc::new(shell)))
    }

    /// The same, rendering in this process: our own templates on our own sample data.
    pub fn rendering_here(mut self) -> Result<Running, Failure> {
        let bodies = MessageBodies::new(&self.project.config, Arc::clone(&self.shell), Arc::clone(&self.tokens))?;
        self.bodies = Arc::new(bodies.in_process());
        Ok(self)
    }

    /// A dispatcher for this project, after comparing the journal with the store.
    pub async fn dispatcher(&self) -> Result<(Dispatcher, Report, Arc<Journal>), Failure> {
        let (journal, found) =
            Journal::open(&self.project.path("sent.journal")).map_err(|e| Failure::refused(e.to_string()))?;
        let journal = Arc::new(journal);
        let shell = Arc::clone(&self.shell);
        let mut parts = Parts::new(
            Arc::clone(&self.shell.store),
            channels(&self.project, &self.shell.clock)?,
            Arc::new(LiveJudge(move || shell.rulebook())),
            Arc::clone(&self.bodies) as _,
            Arc::clone(&journal),
            Arc::clone(&self.shell.clock),
        );
        parts.settings = settings(&self.project.config, &self.shell);
        self.shell.store.resend_after(pace::micros(self.project.config.delivery.resend_wait));
        let (dispatcher, report) =
            Dispatcher::start(parts, &found).await.map_err(|e| Failure::refused(e.to_string()))?;
        Ok((dispatcher, report, journal))
    }
}

fn settings(config: &Config, shell: &Shell) -> Settings {
    let rulebook = shell.rulebook();
    let workspace = &rulebook.model.workspace;
    let now = shell.clock.now();
    let max_downtime = workspace.max_downtime.after(now, &workspace.zone, rulebook.calendar(None)).since(now);
    let micros = |d: std::time::Duration| i64::try_from(d.as_micros()).unwrap_or(i64::MAX);
    let trying_out = config.email.redirect_all_to.is_some();
    let lease = micros(config.delivery.lease);
    let (keep_bodies, keep_seen) = (micros(config.retention.bodies), micros(config.retention.events));
    Settings { lease, max_downtime, trying_out, keep_bodies, keep_seen, ..Settings::default() }
}

/// Every way out that is configured.
pub fn channels(project: &Project, clock: &Arc<dyn Clock>) -> Result<BTreeMap<ChannelKind, Arc<dyn Channel>>, Failure> {
    let config = &project.config;
    let mut list: BTreeMap<ChannelKind, Arc<dyn Channel>> = BTreeMap::new();
    let mail: Arc<dyn Channel> = match &config.email.transport {
        Transport::File(folder) => Arc::new(FileChannel::new(project.path(folder))),
        Transport::Smtp(smtp) => Arc::new(SmtpChannel::new(smtp_settings(project, smtp)?)),
    };
    list.insert(ChannelKind::Email, mail);
    if let (true, Some(token)) = (config.slack.mode != SlackMode::Off, &config.slack.bot_token) {
        let slack = SlackChannel::new(&config.slack.api_url, token.inner()).map_err(Failure::refused)?;
        let slack = slack.with_people(ids(config, |p| p.slack.as_deref()));
        let slack = slack.with_customers(config.slack.customer_channels.keys().cloned().collect());
        list.insert(ChannelKind::Slack, Arc::new(slack));
    } else {
        list.insert(ChannelKind::Slack, Arc::new(crate::channel::file::ChatFolder::new(chat_folder(project), "slack")));
    }
    if let (true, Some(token)) = (config.discord.mode != DiscordMode::Off, &config.discord.token) {
        let discord = DiscordChannel::new(&config.discord.api_url, token.inner()).map_err(Failure::refused)?;
        let discord = discord.with_people(ids(config, |p| p.discord.as_deref()));
        let discord = discord.with_customers(config.discord.customer_channels.keys().cloned().collect());
        list.insert(ChannelKind::Discord, Arc::new(discord));
    } else {
        list.insert(
            ChannelKind::Discord,
            Arc::new(crate::channel::file::ChatFolder::new(chat_folder(project), "discord")),
        );
    }
    list.insert(ChannelKind::Webhook, webhooks(project, Arc::clone(clock))?);
    Ok(list)
}

/// The endpoints of the configuration; without any, what they would get is written into the folder.
fn webhooks(project: &Project, clock: Arc<dyn Clock>) -> Result<Arc<dyn Channel>, Failure> {
    if project.config.webhooks.is_empty() {
        return Ok(Arc::new(crate::channel::file::ChatFolder::new(chat_folder(project), "webhook")));
    }
    let mut endpoints = BTreeMap::new();
    for (name, hook) in &project.config.webhooks {
        let url = SafeUrl::new(&hook.url).map_err(|e| Failure::refused(format!("webhooks.{name}.url: {e}")))?;
        let secrets = hook.secrets.iter().map(|secret| secret.inner().clone()).collect();
        endpoints.insert(name.clone(), Endpoint { url, secrets });
    }
    let channel = WebhookChannel::new(endpoints, Arc::new(move || clock.now())).map_err(Failure::refused)?;
    Ok(Arc::new(channel))
}

/// Where chat messages go while no chat is connected: beside the mails.
fn chat_folder(project: &Project) -> std::path::PathBuf {
    match &project.config.email.transport {
        Transport::File(folder) => project.path(folder),
        Transport::Smtp(_) => project.path("outbox"),
    }
}

/// The certificates (PEM) of `email.ca_file`.
pub fn ca(project: &Project, file: &str) -> Result<Vec<u8>, Failure> {
    let fail = |e| Failure::refused(format!("email.ca_file: {file} cannot be read: {e}; name a PEM file"));
    std::fs::read(project.path(file)).map_err(fail)
}

/// Where tokens for a login come from.
pub fn tokens(from: &config::OAuth) -> Result<oauth::Tokens, Failure> {
    let inner = |secret: &Option<config::Secret>| secret.as_ref().map(|s| s.inner().clone());
    let grant = Grant {
        token_url: from.token_url.clone(),
        client_id: from.client_id.clone(),
        client_secret: inner(&from.client_secret),
        refresh_token: inner(&from.refresh_token),
        scope: from.scope.clone(),
    };
    oauth::Tokens::new(grant).map_err(Failure::refused)
}

fn smtp_settings(project: &Project, smtp: &Smtp) -> Result<SmtpSettings, Failure> {
    let config = &project.config;
    let email = &config.email;
    let bounce = email.bounce.address.as_ref().unwrap_or(&email.from.address);
    let redirect = email.redirect_all_to.as_ref().map(|a| address(a.as_str())).transpose().map_err(Failure::refused)?;
    let phases = &config.delivery.phases;
    Ok(SmtpSettings {
        host: smtp.host.clone(),
        port: smtp.port,
        tls: match smtp.tls {
            config::Tls::None => Tls::None,
            config::Tls::StartTls => Tls::StartTls,
            config::Tls::Implicit => Tls::Implicit,
        },
        ca: email.ca_file.as_ref().map(|file| ca(project, file)).transpose()?,
        user: smtp.user.clone(),
        password: smtp.password.as_ref().map(|p| p.inner().clone()),
        tokens: smtp.oauth.as_ref().map(tokens).transpose()?,
        bounce_to: address(bounce.as_str()).map_err(Failure::refused)?,
        verp: email.bounce.verp,
        redirect_all_to: redirect,
        people: ids(config, |p| p.email.as_ref().map(EmailAddress::as_str)),
        replay_window: email
            .idempotency_header
            .as_ref()
            .map(|_| i64::try_from(email.idempotency_window.as_micros()).unwrap_or(i64::MAX)),
        max_connections: usize::from(email.max_connections),
        per_connection: 100,
        idle: std::time::Duration::from_secs(60),
        limits: Limits { connect: phases.connect, command: phases.command, data: phases.data, reply: phases.reply },
        hello: None,
    })
}
