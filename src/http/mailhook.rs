//! `POST /webhooks/mail/{provider}`: bounces and complaints as mail providers tell them. The body arrives whole and at
//! most as long as that provider's may be (1 MiB; mails that come in: 80 MiB, after the password), and is judged before
//! anything in it is read.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use tower_http::timeout::TimeoutLayer;

use super::metrics::Metrics;
use crate::{
    app::returned::Intake,
    clock::Clock,
    http::PATIENCE,
    model::ids::stable_hash,
    source::provider::{
        Provider, Refused, Request, Told,
        amazon::{self, Amazon},
    },
};

/// What the route needs.
#[derive(Clone)]
pub struct Hooks {
    /// Who may tell us, by the name in the address.
    pub providers: Arc<BTreeMap<&'static str, Provider>>,
    /// Does what is told.
    pub intake: Intake,
    /// Fetches Amazon's certificates.
    pub amazon: Arc<Amazon>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Counts who was turned away.
    pub metrics: Arc<Metrics>,
}

/// The route, with limits of its own.
pub fn routes(hooks: Hooks) -> Router {
    Router::new()
        .route("/webhooks/mail/{provider}", post(told))
        .layer(DefaultBodyLimit::disable())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
        .with_state(hooks)
}

/// A provider nobody configured is answered like one that proves nothing.
async fn told(State(hooks): State<Hooks>, Path(name): Path<String>, headers: HeaderMap, body: Body) -> StatusCode {
    let Some((name, provider)) = hooks.providers.get_key_value(name.as_str()) else {
        return StatusCode::UNAUTHORIZED;
    };
    let body = match provider.admits(&|name| text(&headers, name)) {
        Ok(()) => to_bytes(body, provider.most()).await,
        Err(refused) => return hooks.unheard(name, &refused),
    };
    let Ok(body) = body else { return StatusCode::PAYLOAD_TOO_LARGE };
    match hooks.read(provider, &headers, &body).await {
        Ok(told) => hooks.take(name, told, &body).await,
        Err(Trouble::Refused(refused)) => hooks.unheard(name, &refused),
        Err(Trouble::Later(why)) => {
            tracing::warn!(provider = name, why, "a mail provider's webhook could not be judged; it will try again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Why nothing was read.
enum Trouble {
    Refused(Refused),
    Later(String),
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Trouble {
        Trouble::Refused(refused)
    }
}

impl Hooks {
    fn unheard(&self, name: &str, refused: &Refused) -> StatusCode {
        tracing::warn!(provider = name, %refused, "what a mail provider's webhook told was refused");
        self.metrics.add("shirube_webhooks_refused_total", &[("source", name)], 1);
        StatusCode::UNAUTHORIZED
    }

    async fn read(&self, provider: &Provider, headers: &HeaderMap, body: &[u8]) -> Result<Told, Trouble> {
        let now = self.clock.now();
        let Provider::Ses(topic) = provider else {
            let header = |name: &str| text(headers, name);
            return Ok(provider.read(&Request { header: &header, body, now })?);
        };
        let envelope = topic.open(body, now)?;
        let certificate = match self.amazon.certificate(&envelope.certificate).await {
            Ok(certificate) => certificate,
            Err(amazon::Trouble::Absent) => return Err(Refused::Wrong.into()),
            Err(amazon::Trouble::Later(why)) => return Err(Trouble::Later(format!("Amazon's certificate: {why}"))),
        };
        envelope.verify(&certificate)?;
        if let Some(url) = envelope.confirms(topic) {
            self.amazon.call(&url).await.map_err(|e| Trouble::Later(format!("confirming the subscription: {e}")))?;
            tracing::info!("the subscription of the topic for returned mail is confirmed");
        }
        Ok(envelope.told())
    }

    async fn take(&self, name: &str, told: Told, body: &[u8]) -> StatusCode {
        match self.done(name, told, body).await {
            Ok(true) => StatusCode::OK,
            Ok(false) => {
                tracing::warn!(
                    provider = name,
                    "what a mail provider's webhook told came with the proof of something else; it was refused"
                );
                StatusCode::UNAUTHORIZED
            }
            Err(error) => {
                tracing::error!(provider = name, %error, "what a mail provider told could not be recorded");
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Whether it was done; not where its proof came with something else before. The same may come again: what could
    /// not be recorded the first time must not be lost.
    async fn done(&self, name: &str, told: Told, body: &[u8]) -> crate::store::api::Result<bool> {
        let now = self.clock.now();
        if let Some((token, until)) = &told.once {
            let proof = stable_hash(&["mail hook", name, token]);
            let came = stable_hash(&[&String::from_utf8_lossy(body)]);
            if !self.intake.store.remember_with(&proof, &came, *until, now).await? {
                return Ok(false);
            }
        }
        for mail in &told.mails {
            let done = self.intake.take(mail, now).await?;
            let words: Vec<&str> = done.iter().map(|did| did.word()).collect();
            tracing::info!(provider = name, done = words.join(" "), "a mail provider told of mail");
        }
        Ok(true)
    }
}
