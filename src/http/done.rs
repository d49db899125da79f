//! `/d/{token}`: the page shows, only POST changes (mail scanners follow every GET).

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};

use super::unsubscribe::{guarded, language};
use crate::{
    app::{
        done::{self, Done},
        unsubscribe::trouble_page,
    },
    clock::Clock,
    model::locale::Locale,
};

/// What the routes need.
#[derive(Clone)]
pub struct Doing {
    /// The handlers.
    pub done: Done,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// The language where the browser names none of ours.
    pub locale: Locale,
}

/// The routes.
pub fn routes(doing: Doing) -> Router {
    Router::new().route("/d/{token}", get(page).post(finish)).with_state(doing)
}

async fn page(State(doing): State<Doing>, headers: HeaderMap) -> Response {
    guarded(StatusCode::OK, done::get_page(language(&headers, doing.locale)).0)
}

async fn finish(State(doing): State<Doing>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    match doing.done.post(&token, doing.clock.now()).await {
        Ok(()) => guarded(StatusCode::OK, done::done_page(language(&headers, doing.locale)).0),
        Err(error) => {
            tracing::error!(%error, "a task could not be recorded as done");
            let page = trouble_page(language(&headers, doing.locale));
            guarded(StatusCode::SERVICE_UNAVAILABLE, page.0)
        }
    }
}
