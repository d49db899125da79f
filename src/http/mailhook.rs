//! `POST /webhooks/mail/{provider}`: bounces and complaints as mail providers tell them. The body arrives whole and at
//! most 1 MiB long (`http::limited`), and is judged before anything in it is read.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};

use crate::{
    app::returned::Intake,
    clock::Clock,
    model::ids::stable_hash,
    source::provider::{Provider, Refused, Request, Told, amazon::Amazon},
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
}

/// The route.
pub fn routes(hooks: Hooks) -> Router {
    Router::new().route("/webhooks/mail/{provider}", post(told)).with_state(hooks)
}

/// A provider nobody configured is answered like one that proves nothing.
async fn told(State(hooks): State<Hooks>, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some((name, provider)) = hooks.providers.get_key_value(name.as_str()) else {
        return StatusCode::UNAUTHORIZED;
    };
    match hooks.read(provider, &headers, &body).await {
        Ok(told) => hooks.take(name, told).await,
        Err(Trouble::Refused(refused)) => {
            tracing::warn!(provider = name, %refused, "what a mail provider's webhook told was refused");
            StatusCode::UNAUTHORIZED
        }
        Err(Trouble::Later(why)) => {
            tracing::warn!(provider = name, why, "a mail provider's webhook could not be judged; it will try again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
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
    async fn read(&self, provider: &Provider, headers: &HeaderMap, body: &[u8]) -> Result<Told, Trouble> {
        let now = self.clock.now();
        let Provider::Ses(topic) = provider else {
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            return Ok(provider.read(&Request { header: &header, body, now })?);
        };
        let envelope = topic.open(body, now)?;
        let certificate = self.amazon.certificate(&envelope.certificate).await;
        envelope.verify(&certificate.map_err(|e| Trouble::Later(format!("Amazon's certificate: {e}")))?)?;
        if let Some(url) = envelope.confirms(topic) {
            self.amazon.call(&url).await.map_err(|e| Trouble::Later(format!("confirming the subscription: {e}")))?;
            tracing::info!("the subscription of the topic for returned mail is confirmed");
        }
        Ok(envelope.told())
    }

    async fn take(&self, name: &str, told: Told) -> StatusCode {
        match self.done(name, told).await {
            Ok(true) => StatusCode::OK,
            Ok(false) => {
                tracing::warn!(
                    provider = name,
                    "what a mail provider's webhook told came a second time; it was refused"
                );
                StatusCode::UNAUTHORIZED
            }
            Err(error) => {
                tracing::error!(provider = name, %error, "what a mail provider told could not be recorded");
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Whether it was done; not where its proof was used before.
    async fn done(&self, name: &str, told: Told) -> crate::store::api::Result<bool> {
        let now = self.clock.now();
        if let Some((token, until)) = &told.once
            && !self.intake.store.remember(&stable_hash(&["mail hook", name, token]), *until, now).await?
        {
            return Ok(false);
        }
        for mail in &told.mails {
            let done = self.intake.take(mail, now).await?;
            let words: Vec<&str> = done.iter().map(|did| did.word()).collect();
            tracing::info!(provider = name, done = words.join(" "), "a mail provider told of mail");
        }
        Ok(true)
    }
}
