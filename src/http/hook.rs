//! `POST /webhooks/{source}`: signed payloads of other systems. Who sent it is judged by the raw bytes before anything
//! in them is read, and a source nobody configured is answered like a wrong signature.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json as Body, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{metrics::Metrics, unsubscribe::language};
use crate::{
    app::{
        shell::Shell,
        track::{Said, Trust},
    },
    model::{
        ids::stable_hash,
        instant::{Instant, MINUTE},
        locale::Locale,
    },
    source::{
        hook::{Hook, Reads, Refused, Request, Scheme},
        track::Json,
    },
    store::api::Once,
    words::track::help,
};

/// A proof is remembered longer than it is believed.
const REMEMBERED: i64 = 15 * MINUTE;

/// What the route needs.
#[derive(Clone)]
pub struct Hooks {
    /// Takes what is told in.
    pub shell: Arc<Shell>,
    /// Senders by name.
    pub hooks: Arc<BTreeMap<String, Hook>>,
    /// How long repeats are recognised, in microseconds.
    pub horizon: i64,
    /// The language where the sender names none of ours.
    pub locale: Locale,
    /// Counts who was turned away.
    pub metrics: Arc<Metrics>,
}

/// The route.
pub fn routes(hooks: Hooks) -> Router {
    Router::new().route("/webhooks/{source}", post(told)).with_state(hooks)
}

async fn told(State(hooks): State<Hooks>, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let now = hooks.shell.clock.now();
    let Some(hook) = hooks.hooks.get(&name) else {
        // As much work as for one that is known.
        let _ = judged(&Scheme::Standard, &["nobody".into()], &headers, &body, now);
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let proof = judged(&hook.scheme, &hook.secrets, &headers, &body, now);
    match proof {
        Ok(proof) => hooks.take(hook, &body, proof, now, language(&headers, hooks.locale)).await,
        Err(refused) => hooks.turned_away(hook, &refused),
    }
}

fn judged(
    scheme: &Scheme,
    secrets: &[SecretString],
    headers: &HeaderMap,
    body: &[u8],
    now: Instant,
) -> Result<Option<String>, Refused> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request = Request { header: &header, body, now };
    // All are tried, so that how long it takes does not tell which one fits.
    let judged: Vec<_> = secrets.iter().map(|secret| scheme.verify(secret.expose_secret(), &request)).collect();
    let found = judged.iter().find(|one| one.is_ok()).or_else(|| judged.first());
    found.cloned().unwrap_or(Err(Refused::Wrong))
}

impl Hooks {
    fn turned_away(&self, hook: &Hook, refused: &Refused) -> Response {
        tracing::warn!(source = hook.name, %refused, "what a webhook told was refused");
        self.metrics.add("shirube_webhooks_refused_total", &[("source", &hook.name)], 1);
        StatusCode::UNAUTHORIZED.into_response()
    }

    /// A proof that may be used once is marked as used with what it brings: where that cannot be recorded, its sender
    /// comes again.
    async fn take(&self, hook: &Hook, body: &[u8], proof: Option<String>, now: Instant, locale: Locale) -> Response {
        let Ok(payload) = Json::parse(body) else {
            let text = json!({"success": false, "reason": "not_json", "help": help(locale, "not_json")});
            return (StatusCode::BAD_REQUEST, Body(text)).into_response();
        };
        let mark = |proof: String| stable_hash(&["hook", &hook.name, &proof]);
        let once = proof.map(|proof| Once { mark: mark(proof), until: now.plus(REMEMBERED) });
        let taken = match &hook.reads {
            Reads::Map(map) => {
                let options = self.shell.tracking(now, self.horizon);
                let mut item = [map.read(&hook.name, &payload, &options)];
                let said = Said { feed: &hook.name, trust: Trust::Server, once };
                self.shell.track_once(&mut item, said, now, locale).await
            }
            Reads::System(system) => self.shell.hear_system(system, &payload, self.horizon, once, now).await,
        };
        match taken {
            Ok(Some(answer)) => Body(answer).into_response(),
            Ok(None) => self.turned_away(hook, &Refused::Replayed),
            Err(error) => {
                tracing::error!(source = hook.name, %error, "what a webhook told could not be recorded; its sender will try again");
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }
}
