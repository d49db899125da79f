//! `/c/{token}`: a counted link of a mail. GET redirects to the URL that was kept with the message, and nowhere else.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::unsubscribe::{guarded, language};
use crate::{
    app::{
        links::{Links, nowhere_page},
        unsubscribe::trouble_page,
    },
    clock::Clock,
    model::{instant::Instant, locale::Locale},
};

/// What the routes need.
#[derive(Clone)]
pub struct Clicking {
    /// The handler.
    pub links: Links,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// The language where the browser names none of ours.
    pub locale: Locale,
}

/// The routes. HEAD gets the same answer and is no click.
pub fn routes(clicking: Clicking) -> Router {
    Router::new().route("/c/{token}", get(click).head(look)).with_state(clicking)
}

async fn click(State(clicking): State<Clicking>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let now = clicking.clock.now();
    answer(&clicking, &token, &headers, Some(now)).await
}

async fn look(State(clicking): State<Clicking>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    answer(&clicking, &token, &headers, None).await
}

async fn answer(clicking: &Clicking, token: &str, headers: &HeaderMap, now: Option<Instant>) -> Response {
    let locale = language(headers, clicking.locale);
    match clicking.links.follow(token, now).await {
        Ok(url) => redirect(url).unwrap_or_else(|| guarded(StatusCode::OK, nowhere_page(locale).0)),
        Err(error) => {
            tracing::error!(%error, "a link of a mail could not be followed");
            guarded(StatusCode::SERVICE_UNAVAILABLE, trouble_page(locale).0)
        }
    }
}

/// Not kept by caches, so that the next click comes here again; the page does not learn the token.
fn redirect(url: Option<String>) -> Option<Response> {
    let to = HeaderValue::from_str(&url?).ok()?;
    let rest = [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
    Some((StatusCode::FOUND, [(header::LOCATION, to)], rest).into_response())
}
