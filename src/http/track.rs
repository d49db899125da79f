//! `POST /v1/…` (Segment, RudderStack), `/batch`, `/capture`, `/i/v0/e/` (PostHog): events of products.
//!
//! A 200 means that everything the answer calls accepted, parked or duplicate is on disk. What a customer's data says
//! never reaches a log.

use std::{collections::HashMap, io::Read, sync::Arc};

use axum::{
    Json as Body, Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::Engine as _;
use flate2::read::MultiGzDecoder;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::unsubscribe::language;
use crate::{
    app::{shell::Shell, track::Trust},
    model::{instant::Instant, locale::Locale, track::API},
    source::track::{self, Dialect, Json, Kind},
    words::track::help,
};

/// Most bytes of a Segment request, inflated.
const SEGMENT: usize = 500 * 1024;
/// Most bytes of any other request, inflated.
const INFLATED: usize = 4 << 20;
/// What browsers may send along.
const HEADERS: &str = "authorization, content-type, content-encoding, anonymousid";

/// A key, only as its hash.
type Key = [u8; 32];

/// What the routes need.
#[derive(Clone)]
pub struct Tracking {
    /// Takes calls in.
    pub shell: Arc<Shell>,
    /// Keys of servers and of browsers.
    pub keys: Arc<Vec<(Key, Trust)>>,
    /// Sites whose pages may send, e.g. `https://app.example.com`.
    pub origins: Arc<Vec<String>>,
    /// How long repeats are recognised, in microseconds.
    pub horizon: i64,
    /// The language where the sender names none of ours.
    pub locale: Locale,
}

/// A key as it is kept.
pub fn hashed(key: &str) -> Key {
    Sha256::digest(key.as_bytes()).into()
}

/// The routes.
pub fn routes(tracking: Tracking) -> Router {
    let mut router = Router::new();
    for kind in Kind::ALL {
        let word = kind.word();
        router = at(router, &format!("/v1/{word}"), Dialect::Segment(Some(kind)));
        router = at(router, &format!("/v1/{}", &word[..1]), Dialect::Segment(Some(kind)));
    }
    for path in ["/v1/batch", "/v1/b", "/v1/import"] {
        router = at(router, path, Dialect::Segment(None));
    }
    for path in ["/batch", "/batch/", "/capture", "/capture/", "/i/v0/e", "/i/v0/e/", "/e/"] {
        router = at(router, path, Dialect::PostHog);
    }
    router.with_state(tracking)
}

fn at(router: Router<Tracking>, path: &str, dialect: Dialect) -> Router<Tracking> {
    let take = move |State(state): State<Tracking>, Query(query): Query<Asked>, headers: HeaderMap, body: Bytes| async move {
        let locale = language(&headers, state.locale);
        let answer = match state.take(dialect, &query, &headers, &body, locale).await {
            Ok(answer) => Body(answer).into_response(),
            Err(refusal) => refusal.response(locale),
        };
        state.for_browsers(&headers, answer)
    };
    let may = |State(state): State<Tracking>, headers: HeaderMap| async move {
        state.for_browsers(&headers, StatusCode::NO_CONTENT.into_response())
    };
    router.route(path, post(take).options(may))
}

/// The query of the address.
type Asked = HashMap<String, String>;

/// A request of which nothing was taken.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    reason: &'static str,
    detail: String,
}

impl Refusal {
    fn new(status: StatusCode, reason: &'static str) -> Refusal {
        Refusal { status, reason, detail: String::new() }
    }

    fn bad(reason: &'static str, detail: String) -> Refusal {
        Refusal { status: StatusCode::BAD_REQUEST, reason, detail }
    }

    fn response(self, locale: Locale) -> Response {
        let mut text = json!({"success": false, "reason": self.reason, "help": help(locale, self.reason)});
        if !self.detail.is_empty() {
            text["detail"] = self.detail.into();
        }
        let mut response = (self.status, Body(text)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

impl Tracking {
    async fn take(
        &self,
        dialect: Dialect,
        query: &Asked,
        headers: &HeaderMap,
        body: &[u8],
        locale: Locale,
    ) -> Result<crate::app::track::Answer, Refusal> {
        let most = if matches!(dialect, Dialect::Segment(_)) { SEGMENT } else { INFLATED };
        let basic = basic(headers);
        // A key in the header is judged before the body is looked at.
        let early = basic.as_deref().map(|key| self.trust(key)).transpose()?;
        let body = understood(headers, body, most)?;
        let trust = match early {
            Some(trust) => trust,
            None => self.trust(track::key(&body).unwrap_or_default())?,
        };
        self.placed(headers, trust)?;
        let now = self.shell.clock.now();
        let sent = query.get("_").and_then(|text| text.parse::<i64>().ok());
        let sent = sent.and_then(|millis| millis.checked_mul(1_000)).map(Instant);
        let options = self.shell.tracking(now, self.horizon);
        let items =
            track::read(dialect, &body, sent, &options).map_err(|(reason, field)| Refusal::bad(reason, field))?;
        let taken = self.shell.track(items, API, trust, now, locale).await;
        taken.map_err(|error| {
            tracing::error!(%error, "tracked events could not be recorded; their sender will try again");
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy")
        })
    }

    /// Whose key it is. All keys are compared, each in the same time.
    fn trust(&self, key: &str) -> Result<Trust, Refusal> {
        let refuse = |reason| Err(Refusal::new(StatusCode::UNAUTHORIZED, reason));
        if self.keys.is_empty() {
            return refuse("no_keys");
        }
        if key.is_empty() {
            return refuse("no_key");
        }
        let given = hashed(key);
        let found = self.keys.iter().fold(
            None,
            |found, (known, trust)| {
                if bool::from(known.ct_eq(&given)) { Some(*trust) } else { found }
            },
        );
        found.map_or_else(|| refuse("wrong_key"), Ok)
    }

    /// A page may only send from a site that is named, and with a key that may be seen.
    fn placed(&self, headers: &HeaderMap, trust: Trust) -> Result<(), Refusal> {
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        if !self.allowed(origin) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "origin"));
        }
        if trust == Trust::Server {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "server_key"));
        }
        Ok(())
    }

    fn allowed(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| self.origins.iter().any(|known| known == origin))
    }

    /// What a browser needs to see before its page may read the answer.
    fn for_browsers(&self, headers: &HeaderMap, mut response: Response) -> Response {
        let Some(origin) = headers.get(header::ORIGIN).filter(|origin| self.allowed(origin)) else { return response };
        let out = response.headers_mut();
        out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
        out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        out.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
        out.insert(header::VARY, HeaderValue::from_static("Origin"));
        response
    }
}

/// The user name of `Authorization: Basic`.
fn basic(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = text.split_once(' ')?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?;
    let pair = String::from_utf8(bytes).ok()?;
    let user = pair.split_once(':').map_or(pair.as_str(), |(user, _)| user);
    (scheme.eq_ignore_ascii_case("basic")).then(|| user.to_owned())
}

/// The JSON in a body as it came, at most `most` bytes inflated; none where there is none.
pub fn read_body(body: &[u8], most: usize) -> Option<Json> {
    understood(&HeaderMap::new(), body, most).ok()
}

/// The JSON in a body, whatever its Content-Type says: SDKs write the wrong one.
fn understood(headers: &HeaderMap, body: &[u8], most: usize) -> Result<Json, Refusal> {
    let named = headers.get(header::CONTENT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !["", "gzip", "identity"].contains(&named.trim().to_ascii_lowercase().as_str()) {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoding"));
    }
    let plain = inflated(body, most)?;
    let plain = match plain.strip_prefix(b"data=") {
        Some(_) => form(&plain, most)?,
        None => plain,
    };
    Json::parse(&plain).map_err(|e| Refusal::bad("not_json", format!("line {}, column {}", e.line(), e.column())))
}

/// By the first bytes: what calls itself gzip is sometimes plain, and the other way round.
fn inflated(body: &[u8], most: usize) -> Result<Vec<u8>, Refusal> {
    let too_large = || Refusal::bad("body_too_large", String::new());
    if !body.starts_with(&[0x1f, 0x8b]) {
        return if body.len() > most { Err(too_large()) } else { Ok(body.to_vec()) };
    }
    let mut out = Vec::new();
    let read = MultiGzDecoder::new(body).take(most as u64 + 1).read_to_end(&mut out);
    read.map_err(|_| Refusal::bad("not_gzip", String::new()))?;
    if out.len() > most { Err(too_large()) } else { Ok(out) }
}

/// `data=…` of older browser libraries: JSON, in base64 or as it is.
fn form(body: &[u8], most: usize) -> Result<Vec<u8>, Refusal> {
    let data = form_urlencoded::parse(body).find(|(name, _)| name == "data").map(|(_, value)| value.into_owned());
    let data = data.unwrap_or_default();
    // In a form a plus sign that was not escaped has become a space.
    match base64::engine::general_purpose::STANDARD.decode(data.replace(' ', "+")) {
        Ok(bytes) => inflated(&bytes, most),
        Err(_) => Ok(data.into_bytes()),
    }
}
