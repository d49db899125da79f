//! One call of an API, under the guard of every call to the outside.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Response, header};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;

use super::{Ask, System};
use crate::{
    model::safe::Side,
    net::{
        self, guard,
        oauth::{NoToken, Tokens},
    },
    source::{
        pull::{Trouble, asked_to_wait},
        track::Json,
    },
    words::pulls::Fault,
};

/// All of one call.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two pieces of an answer.
const PAUSE: Duration = Duration::from_secs(30);
/// Largest answer.
const MOST: usize = 16 << 20;
/// Of a refusal so much is read, for its reason.
const REASON: usize = 64 << 10;

/// An answer that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub trouble: Trouble,
    /// The status, where there was an answer.
    pub status: Option<u16>,
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Refused {
        Refused { trouble, status: None }
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Refused {
        Trouble::from(fault).into()
    }
}

impl From<NoToken> for Refused {
    fn from(why: NoToken) -> Refused {
        match why {
            NoToken::Later(_) => Fault::Unreachable.into(),
            NoToken::Refused(_) => Fault::Token.into(),
        }
    }
}

/// Makes calls. Its clients are made when they are needed: reading the certificates of the world takes its time.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    outside: OnceLock<Client>,
    here: OnceLock<Client>,
    /// Sessions by system: they end by themselves, and then another one is had.
    sessions: Arc<Mutex<BTreeMap<String, Tokens>>>,
}

impl Caller {
    /// Asks, and reads the answer as JSON.
    pub async fn call(&self, system: &System, ask: &Ask) -> Result<Json, Refused> {
        let patient = async {
            let Some(tokens) = self.tokens(system)? else { return self.asked(system, ask, None).await };
            let session = tokens.token().await?;
            match self.asked(system, ask, Some(&session.text)).await {
                // It has ended early: another one is had.
                Err(Refused { status: Some(401), .. }) if !session.fresh => tokens.forget().await,
                answered => return answered,
            }
            let session = tokens.token().await?;
            self.asked(system, ask, Some(&session.text)).await
        };
        timeout(PATIENCE, patient).await.unwrap_or(Err(Fault::Silent.into()))
    }

    /// Where sessions are had for the token; none where the token itself is enough.
    fn tokens(&self, system: &System) -> Result<Option<Tokens>, Refused> {
        let Some(grant) = system.login() else { return Ok(None) };
        let mut all = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&system.name) {
            return Ok(Some(known.clone()));
        }
        let made = Tokens::new(grant).map_err(|e| Trouble::new(Fault::Unreachable, e))?;
        all.insert(system.name.clone(), made.clone());
        Ok(Some(made))
    }

    async fn asked(&self, system: &System, ask: &Ask, session: Option<&SecretString>) -> Result<Json, Refused> {
        let client = self.client(system.api.side())?;
        let url = format!("{}{}", system.api.as_str().trim_end_matches('/'), ask.path);
        let mut request = match &ask.body {
            None => client.get(url),
            Some(body) => client.post(url).header(header::CONTENT_TYPE, "application/json").body(body.clone()),
        };
        request = request.header(header::ACCEPT, "application/json");
        for (name, value) in system.headers(session) {
            let Ok(mut value) = header::HeaderValue::from_str(value.expose_secret()) else {
                return Err(Fault::Token.into());
            };
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|error| no_answer(&error))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(refused(answer).await);
        }
        let bytes = net::body(answer, MOST).await.map_err(|error| broken(&error))?;
        let bytes = bytes.ok_or_else(|| Trouble::new(Fault::TooLarge, (MOST >> 20).to_string()))?;
        Json::parse(&bytes).map_err(|_| Fault::Shape.into())
    }

    fn client(&self, side: Side) -> Result<&Client, Trouble> {
        let kept = if side == Side::Outside { &self.outside } else { &self.here };
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let made = net::client(side).read_timeout(PAUSE).build();
        let made = made.map_err(|e| Trouble::new(Fault::Unreachable, e.to_string()))?;
        Ok(kept.get_or_init(|| made))
    }
}

/// `Authorization: Basic …`.
pub(super) fn basic(user: &str, token: &SecretString) -> SecretString {
    format!("Basic {}", STANDARD.encode(format!("{user}:{}", token.expose_secret()))).into()
}

/// `Authorization: Bearer …`.
pub(super) fn bearer(token: &SecretString) -> SecretString {
    format!("Bearer {}", token.expose_secret()).into()
}

fn no_answer(error: &reqwest::Error) -> Trouble {
    if guard::is_closed(error) {
        return Fault::Inside.into();
    }
    if error.is_timeout() { Fault::Silent.into() } else { Fault::Unreachable.into() }
}

/// An answer that did not come to its end.
fn broken(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() { Fault::Silent.into() } else { Fault::Broken.into() }
}

async fn refused(answer: Response) -> Refused {
    let status = answer.status().as_u16();
    let header = |name| answer.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let pause = header(header::RETRY_AFTER).and_then(|text| asked_to_wait(&text, header(header::DATE).as_deref()));
    let text = net::body(answer, REASON).await.ok().flatten().unwrap_or_default();
    let fault = match status {
        401 => Fault::Token,
        403 => Fault::Scope,
        404 | 410 => Fault::Missing,
        429 => Fault::Busy,
        _ => Fault::Status,
    };
    let detail = if fault == Fault::Scope { reason(&text) } else { status.to_string() };
    Refused { trouble: Trouble { pause, ..Trouble::new(fault, detail) }, status: Some(status) }
}

/// What a refusal says of itself, for people: one line, and nothing that looks like a key.
fn reason(bytes: &[u8]) -> String {
    let json = Json::parse(bytes).unwrap_or_default();
    let said =
        ["error.message", "message", "error.title", "error"].iter().find_map(|path| super::shape::text(&json, path));
    let said = said.unwrap_or_default();
    let words = said.split_whitespace().filter(|word| !(word.contains('_') && word.len() > 16));
    words.collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(200).collect()
}
