//! One call of an API, under the guard of every call to the outside.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Response, header};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;

use super::{Ask, System};
use crate::{
    model::safe::Side,
    net::{self, guard},
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

/// Makes calls. Its clients are made when they are needed: reading the certificates of the world takes its time.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    outside: OnceLock<Client>,
    here: OnceLock<Client>,
    /// Sessions by system: they end by themselves, and then another one is had.
    sessions: Arc<Mutex<BTreeMap<String, SecretString>>>,
}

impl Caller {
    /// Asks, and reads the answer as JSON.
    pub async fn call(&self, system: &System, ask: &Ask) -> Result<Json, Refused> {
        let patient = async {
            let Some(login) = system.login() else { return self.asked(system, ask, None).await };
            let kept = self.sessions().get(&system.name).cloned();
            if let Some(session) = kept {
                match self.asked(system, ask, Some(&session)).await {
                    Err(Refused { status: Some(401), .. }) => drop(self.sessions().remove(&system.name)),
                    answered => return answered,
                }
            }
            let session = self.session(system, &login).await?;
            self.sessions().insert(system.name.clone(), session.clone());
            self.asked(system, ask, Some(&session)).await
        };
        timeout(PATIENCE, patient).await.unwrap_or(Err(Fault::Silent.into()))
    }

    fn sessions(&self) -> MutexGuard<'_, BTreeMap<String, SecretString>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn session(&self, system: &System, (path, form): &Login) -> Result<SecretString, Refused> {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.expose_secret())).collect();
        let url = format!("{}{path}", system.api.as_str().trim_end_matches('/'));
        let answer = self.client(system.api.side())?.post(url).form(&form).send().await;
        let answer = answer.map_err(|error| no_answer(&error))?;
        if !answer.status().is_success() {
            let refused = refused(answer).await;
            // What is wrong with a login is told by 400.
            let wrong = matches!(refused.status, Some(400 | 401 | 403));
            return Err(if wrong { Fault::Token.into() } else { refused });
        }
        let bytes = body(answer, REASON).await?.unwrap_or_default();
        let json = Json::parse(&bytes).map_err(|_| Trouble::from(Fault::Shape))?;
        super::shape::text(&json, "access_token").map(SecretString::from).ok_or_else(|| Fault::Shape.into())
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
        let bytes = body(answer, MOST).await?.ok_or_else(|| Trouble::new(Fault::TooLarge, (MOST >> 20).to_string()))?;
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

/// Where a session is had, and what is sent for it.
type Login = (&'static str, Vec<(&'static str, SecretString)>);

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

/// The body, if it is no larger than `most`.
async fn body(mut answer: Response, most: usize) -> Result<Option<Vec<u8>>, Trouble> {
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) if bytes.len() + piece.len() > most => return Ok(None),
            Ok(Some(piece)) => bytes.extend_from_slice(&piece),
            Ok(None) => return Ok(Some(bytes)),
            Err(error) if error.is_timeout() => return Err(Fault::Silent.into()),
            Err(_) => return Err(Fault::Broken.into()),
        }
    }
}

async fn refused(answer: Response) -> Refused {
    let status = answer.status().as_u16();
    let header = |name| answer.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let pause = header(header::RETRY_AFTER).and_then(|text| asked_to_wait(&text, header(header::DATE).as_deref()));
    let text = body(answer, REASON).await.ok().flatten().unwrap_or_default();
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
