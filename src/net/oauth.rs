//! Access tokens by OAuth 2.0 (RFC 6749): a refresh token (section 6) or the application's own credentials (section 4.4).

use std::{fmt, sync::Arc, time::Duration};

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{body, client};
use crate::model::safe::SafeUrl;

/// So long the server may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// A token is not used in its last moments.
const BEFORE_END: Duration = Duration::from_secs(120);
/// How long a token is good where the server does not say.
const USUAL: u64 = 300;
/// More bytes than any answer has.
const MOST: usize = 64 * 1024;

/// What we show for a token.
#[derive(Clone)]
pub struct Grant {
    /// The address tokens come from.
    pub token_url: SafeUrl,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Option<SecretString>,
    /// A person's lasting consent.
    pub refresh_token: Option<SecretString>,
    /// What the token is for.
    pub scope: Option<String>,
}

/// Tokens of one application; clones share the one that is good.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    grant: Grant,
    client: Client,
    good: Mutex<Option<(SecretString, Instant)>>,
}

/// Never a secret.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.0.grant.token_url.as_str())
    }
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// The server could not be asked, or has trouble of its own: time may mend it.
    #[error("no token: {0}")]
    Later(String),
    /// It refuses what we show.
    #[error("no token: the server answered {0}; check oauth")]
    Refused(String),
}

/// A token, and whether it was asked for just now.
#[derive(Clone)]
pub struct Token {
    /// What is shown.
    pub text: SecretString,
    /// It was not used before: if it is refused, another one will be too.
    pub fresh: bool,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    expires_in: Option<u64>,
    error: Option<String>,
}

impl Tokens {
    /// Nothing is asked yet. Errors: no client can be built.
    pub fn new(grant: Grant) -> Result<Tokens, String> {
        let client = client(grant.token_url.side()).timeout(PATIENCE).build().map_err(|e| e.to_string())?;
        Ok(Tokens(Arc::new(Inner { grant, client, good: Mutex::new(None) })))
    }

    /// A token that is good for two more minutes at least; asked for only when the last one ends. Errors say what the
    /// server said in one word, never a secret.
    pub async fn token(&self) -> Result<Token, NoToken> {
        let mut good = self.0.good.lock().await;
        if let Some((token, _)) = good.as_ref().filter(|(_, until)| Instant::now() < *until) {
            return Ok(Token { text: token.clone(), fresh: false });
        }
        let (token, lasts) = self.ask().await?;
        let until = Instant::now() + Duration::from_secs(lasts).saturating_sub(BEFORE_END);
        *good = Some((token.clone(), until));
        Ok(Token { text: token, fresh: true })
    }

    /// The last token was refused: the next one is a new one.
    pub async fn forget(&self) {
        *self.0.good.lock().await = None;
    }

    async fn ask(&self) -> Result<(SecretString, u64), NoToken> {
        let Inner { grant, client, .. } = &*self.0;
        let kind = if grant.refresh_token.is_some() { "refresh_token" } else { "client_credentials" };
        let mut form = vec![("grant_type", kind), ("client_id", grant.client_id.as_str())];
        form.extend(grant.client_secret.as_ref().map(|s| ("client_secret", s.expose_secret())));
        form.extend(grant.refresh_token.as_ref().map(|s| ("refresh_token", s.expose_secret())));
        form.extend(grant.scope.as_ref().map(|s| ("scope", s.as_str())));
        let url = grant.token_url.as_str();
        let unreachable = |e: reqwest::Error| NoToken::Later(format!("{url} cannot be reached: {}", e.without_url()));
        let answer = client.post(url).form(&form).send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = body(answer, MOST).await.map_err(unreachable)?.unwrap_or_default();
        let said: Option<Answer> = serde_json::from_slice(&body).ok();
        let error = said.as_ref().and_then(|s| s.error.as_deref()).map(word).unwrap_or_default();
        match said.and_then(|s| Some((s.access_token?, s.expires_in.unwrap_or(USUAL)))) {
            Some((token, lasts)) if status.is_success() => Ok((SecretString::from(token), lasts)),
            _ if status.is_server_error() || status.as_u16() == 429 => {
                Err(NoToken::Later(format!("the server answered {} {error}", status.as_u16())))
            }
            _ => Err(NoToken::Refused(format!("{} {error}", status.as_u16()))),
        }
    }
}

/// An error code is a word; whatever else a server writes stays out of logs.
fn word(error: &str) -> String {
    error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect()
}

/// What a login by token says (XOAUTH2, as Google and Microsoft document it), before it is written in base64.
pub fn bearer(user: &str, token: &Token) -> String {
    format!("user={user}\u{1}auth=Bearer {}\u{1}\u{1}", token.text.expose_secret())
}
