//! `shirube.yaml`: how this installation runs. Text and environment in, a typed [`Config`] or findings out.
//!
//! Nothing here decides who gets what: that is the rulebook. Secrets come by reference or from the
//! environment, never from the file itself.

mod bounce;
mod chat;
mod company;
mod email;
mod http;
mod limits;
mod oauth;
mod overlay;
mod people;
mod reader;
mod report;
mod secret;
mod store;
mod transport;
mod tree;
pub mod url;
mod webhooks;

use std::{cell::RefCell, collections::BTreeMap};

pub use bounce::{Bounce, Hooks, Imap, Proof};
pub use chat::{Discord, DiscordMode, Slack, SlackMode};
pub use company::Company;
pub use email::{Dkim, Email, Sender};
pub use http::Http;
pub use limits::{Delivery, Phases, Retention};
pub use oauth::OAuth;
pub use people::{Level, Person};
pub use reader::Lookup;
pub use report::Report;
pub use secret::Secret;
pub use store::Store;
pub use transport::{Smtp, Tls, Transport};
pub use webhooks::{Source, SourceKind, System, Table, TablePlace, Webhook};

use crate::model::diagnostic::Diagnostic;
use reader::{Reading, Section};

/// The JSON Schema of the file, for editors (`shirube schema config`).
pub const SCHEMA: &str = include_str!("schema.json");

/// The file's name in the project folder.
pub const FILE: &str = "shirube.yaml";

/// How this installation runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is kept.
    pub store: Store,
    /// What listens where.
    pub http: Http,
    /// Who writes, as the law asks to see it in every mail.
    pub company: Company,
    /// How mail leaves and comes back.
    pub email: Email,
    /// Slack; off unless configured.
    pub slack: Slack,
    /// Discord; off unless configured.
    pub discord: Discord,
    /// Colleagues by key.
    pub people: BTreeMap<String, Person>,
    /// Role → the person who stands in where an account has nobody.
    pub owners: BTreeMap<String, String>,
    /// Who may do what: keys of people and platform ids. Nobody else may do anything.
    pub permissions: BTreeMap<String, Level>,
    /// Endpoints that playbooks may call.
    pub webhooks: BTreeMap<String, Webhook>,
    /// What delivers facts.
    pub sources: BTreeMap<String, Source>,
    /// What the executive report needs.
    pub report: Report,
    /// Limits of handing messages over.
    pub delivery: Delivery,
    /// How long things are kept.
    pub retention: Retention,
}

/// Reads the file's `text` (empty if there is none) with `variables` (all of the environment) laid over it.
///
/// # Errors
/// Everything that is wrong, each with its file (or variable), line and column; no finding repeats a secret.
pub fn load(text: &str, variables: &BTreeMap<String, String>, lookup: &Lookup<'_>) -> Result<Config, Vec<Diagnostic>> {
    let mut root = tree::parse(FILE, text).map_err(|finding| vec![finding])?;
    let reading = Reading { lookup, findings: RefCell::new(overlay::apply(&mut root, variables)) };
    let config = read(Section::of(root, "", &reading));
    let findings = reading.findings.into_inner();
    match config {
        Some(config) if findings.is_empty() => Ok(config),
        _ => Err(findings),
    }
}

fn read(mut root: Section<'_>) -> Option<Config> {
    let people = people::people(&mut root);
    let email = email::read(root.section("email"));
    let config = Config {
        store: store::read(root.section("store")),
        http: http::read(root.section("http")),
        company: company::read(root.section("company")),
        email: email?,
        slack: chat::slack(root.section("slack")),
        discord: chat::discord(root.section("discord")),
        owners: people::owners(&mut root, &people),
        permissions: people::permissions(root.section("permissions"), &people),
        people,
        webhooks: webhooks::webhooks(&mut root),
        sources: webhooks::sources(&mut root),
        report: report::read(root.section("report")),
        delivery: limits::delivery(root.section("delivery")),
        retention: limits::retention(root.section("retention")),
    };
    root.finish();
    Some(config)
}

impl Config {
    /// What the Slack user `id` (or a group of theirs) may do.
    pub fn slack_level(&self, id: &str) -> Option<Level> {
        self.level(id, &self.slack.users, |person| person.slack.as_deref())
    }

    /// What the Discord user `id` (or a role of theirs) may do.
    pub fn discord_level(&self, id: &str) -> Option<Level> {
        self.level(id, &self.discord.users, |person| person.discord.as_deref())
    }

    fn level(&self, id: &str, users: &BTreeMap<String, Level>, of: fn(&Person) -> Option<&str>) -> Option<Level> {
        let known = self.people.iter().filter(|(_, person)| of(person) == Some(id)).map(|(key, _)| key.as_str());
        let named = known.chain([id]).filter_map(|name| self.permissions.get(name)).max();
        named.into_iter().chain(users.get(id)).max().copied()
    }
}

#[cfg(test)]
mod tests;
