//! The mail providers of the configuration.

use std::collections::BTreeMap;

use super::exit::Failure;
use crate::{
    config::{Config, Secret},
    source::provider::{Provider, PublicKey, Topic},
};

/// Who may tell us of returned mail, by the name in the webhook's address. Errors say what to write where.
pub fn providers(config: &Config) -> Result<BTreeMap<&'static str, Provider>, Failure> {
    let hooks = &config.email.bounce.webhook;
    let mut found = BTreeMap::new();
    if let Some((arn, api_url)) = &hooks.ses {
        let topic = Topic::new(arn).map_err(|e| Failure::refused(format!("email.bounce.webhook.ses.topic: {e}")))?;
        let api_url = api_url.clone().unwrap_or(topic.api_url);
        found.insert("ses", Provider::Ses(Topic { api_url, ..topic }));
    }
    if !hooks.sendgrid.is_empty() {
        let keys = hooks.sendgrid.iter().map(|key| PublicKey::new(key)).collect::<Result<Vec<_>, _>>();
        let wrong = |e| Failure::refused(format!("email.bounce.webhook.sendgrid.public_key: {e}"));
        found.insert("sendgrid", Provider::Sendgrid(keys.map_err(wrong)?));
    }
    for (name, secrets, made) in by_secret(hooks) {
        if !secrets.is_empty() {
            found.insert(name, made(secrets.iter().map(|s| s.inner().clone()).collect()));
        }
    }
    Ok(found)
}

type Made = fn(Vec<secrecy::SecretString>) -> Provider;

fn by_secret(hooks: &crate::config::Hooks) -> [(&'static str, &[Secret], Made); 3] {
    [
        ("mailgun", &hooks.mailgun, Provider::Mailgun),
        ("postmark", &hooks.postmark, Provider::Postmark),
        ("resend", &hooks.resend, Provider::Resend),
    ]
}

/// The headers by which providers give our keys back, `{key}` in the key's place.
pub fn tags(config: &Config) -> Result<Vec<(String, String)>, Failure> {
    let tags = providers(config)?.into_values().filter_map(|provider| provider.tag("{key}"));
    Ok(tags.map(|(name, value)| (name.to_owned(), value)).collect())
}
