//! `oauth:` — a token instead of a password, for mail servers that take none any more (Microsoft 365, Google Workspace).

use super::{reader::Section, secret::Secret};
use crate::model::safe::SafeUrl;

/// Where tokens are granted, and what we show there.
#[derive(Clone, Debug)]
pub struct OAuth {
    /// The address tokens come from.
    pub token_url: SafeUrl,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Option<Secret>,
    /// A person's lasting consent; none = the application asks in its own name (client credentials).
    pub refresh_token: Option<Secret>,
    /// What the token is for.
    pub scope: Option<String>,
}

/// Reads the section; none where it is not there, or something is wrong (then a finding says so).
pub fn read(mut section: Section<'_>) -> Option<OAuth> {
    if section.is_empty() {
        return None;
    }
    let (token_url, client_id) = (section.parsed("token_url", SafeUrl::new), section.text("client_id"));
    let (client_secret, refresh_token) = (section.secret("client_secret", 1), section.secret("refresh_token", 1));
    let scope = section.text("scope").map(|text| text.text);
    let proof = section.has("client_secret") || section.has("refresh_token");
    if !section.has("token_url") || !section.has("client_id") || !proof {
        let write = "oauth: {token_url: \"https://login.microsoftonline.com/TENANT/oauth2/v2.0/token\", client_id: \"…\", \
                     client_secret: \"${env:MAIL_CLIENT_SECRET}\", scope: \"https://outlook.office365.com/.default\"}";
        section.missing("token_url", "a token needs token_url, client_id and client_secret (or refresh_token)", write);
    }
    section.finish();
    Some(OAuth { token_url: token_url?, client_id: client_id?.text, client_secret, refresh_token, scope })
}
