//! `/u/{token}`: the page shows, only POST changes (RFC 8058; mail scanners follow every GET).

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

/// What stands behind the two methods. Unknown tokens get the same answers as known ones.
#[async_trait]
pub trait Unsubscribe: Send + Sync {
    /// The page for `token`, as HTML. Changes nothing.
    async fn page(&self, token: &str) -> String;

    /// Unsubscribes, and answers the page that says so. An error means that it could not be
    /// recorded: the sender of the request must try again.
    async fn post(&self, token: &str, body: &[u8]) -> Result<String, String>;
}

/// The routes.
pub fn routes(unsubscribe: Arc<dyn Unsubscribe>) -> Router {
    Router::new().route("/u/{token}", get(page).post(leave)).with_state(unsubscribe)
}

/// The token is in the address: no caches, no referrer, no frames, no scripts.
fn guarded(status: StatusCode, page: String) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"),
    ];
    (status, headers, Html(page)).into_response()
}

async fn page(State(behind): State<Arc<dyn Unsubscribe>>, Path(token): Path<String>) -> Response {
    guarded(StatusCode::OK, behind.page(&token).await)
}

async fn leave(
    State(behind): State<Arc<dyn Unsubscribe>>,
    Path(token): Path<String>,
    body: axum::body::Bytes,
) -> Response {
    match behind.post(&token, &body).await {
        Ok(page) => guarded(StatusCode::OK, page),
        Err(error) => {
            tracing::error!(error, "an unsubscription could not be recorded");
            guarded(
                StatusCode::SERVICE_UNAVAILABLE,
                "Please try again in a minute. / しばらくしてからもう一度お試しください。".to_owned(),
            )
        }
    }
}
