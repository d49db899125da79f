//! The signed HTTP end points. The body arrives whole and at most 1 MiB long (`http::limited`).

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use super::{SlackFront, inbound, sign};
use crate::chat::replay;

/// `POST /slack/commands`, `/slack/interactions`, `/slack/options` and `/slack/events`.
pub fn routes(front: Arc<SlackFront>) -> Router {
    Router::new()
        .route("/slack/commands", post(commands))
        .route("/slack/interactions", post(interactions))
        .route("/slack/options", post(options))
        .route("/slack/events", post(events))
        .with_state(front)
}

type Front = State<Arc<SlackFront>>;

async fn commands(State(front): Front, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = admit(&front, &headers, &body).await {
        return refused;
    }
    if let Some(question) = inbound::slash(&inbound::form(&body)) {
        front.take(question);
    }
    StatusCode::OK.into_response()
}

async fn interactions(State(front): Front, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = admit(&front, &headers, &body).await {
        return refused;
    }
    if let Some(question) = payload(&body).as_ref().and_then(inbound::interaction) {
        front.take(question);
    }
    StatusCode::OK.into_response()
}

/// Names for what is being typed: the one answer that Slack takes from here and nowhere else.
async fn options(State(front): Front, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = admit(&front, &headers, &body).await {
        return refused;
    }
    let Some(payload) = payload(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    match front.options(&payload).await {
        Some(options) => Json(options).into_response(),
        None => StatusCode::OK.into_response(),
    }
}

fn payload(body: &[u8]) -> Option<Value> {
    inbound::form(body).get("payload").and_then(|text| serde_json::from_str(text).ok())
}

async fn events(State(front): Front, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = admit(&front, &headers, &body).await {
        return refused;
    }
    let Ok(event) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    if event["type"] == "url_verification" {
        return Json(json!({"challenge": event["challenge"]})).into_response();
    }
    if let Some(question) = inbound::event(&event) {
        front.take(question);
    }
    StatusCode::OK.into_response()
}

/// Signed, fresh and not seen before; or the answer to give instead.
async fn admit(front: &SlackFront, headers: &HeaderMap, body: &[u8]) -> Result<(), Response> {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let (signature, timestamp) = (header("x-slack-signature"), header("x-slack-request-timestamp"));
    let now = front.clock.now();
    if let Err(refused) = sign::verify(&front.settings.signing_secrets, signature, timestamp, body, now) {
        tracing::warn!(%refused, "a request to the Slack end points was refused");
        return Err(StatusCode::UNAUTHORIZED.into_response());
    }
    let key = replay::key("slack-signature", signature.unwrap_or(""));
    match front.replays.first(&key, now.plus(replay::KEEP), now).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            tracing::warn!("a request to the Slack end points came a second time and was refused");
            Err(StatusCode::UNAUTHORIZED.into_response())
        }
        Err(error) => {
            tracing::error!(error, "whether a request is a replay is unknown; it is refused");
            Err(StatusCode::SERVICE_UNAVAILABLE.into_response())
        }
    }
}
