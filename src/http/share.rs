//! `GET /share/{token}`: a report that was given to read. Nothing can be changed here.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::Response,
    routing::get,
};

use super::unsubscribe::{guarded, language};
use crate::{
    app::{
        share::{self, Shares},
        unsubscribe::trouble_page,
    },
    clock::Clock,
    model::locale::Locale,
};

/// What the route needs.
#[derive(Clone)]
pub struct Sharing {
    /// The pages.
    pub shares: Shares,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// The language where the browser names none of ours.
    pub locale: Locale,
}

/// The route.
pub fn routes(sharing: Sharing) -> Router {
    Router::new().route("/share/{token}", get(page)).with_state(sharing)
}

async fn page(State(sharing): State<Sharing>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let locale = language(&headers, sharing.locale);
    let answer = match sharing.shares.page(&token, sharing.clock.now()).await {
        Ok(Some(page)) => guarded(StatusCode::OK, page),
        Ok(None) => guarded(StatusCode::NOT_FOUND, share::nothing(locale).0),
        Err(error) => {
            tracing::error!(%error, "a shared report could not be read");
            guarded(StatusCode::SERVICE_UNAVAILABLE, trouble_page(locale).0)
        }
    };
    unlisted(answer)
}

/// No search engine keeps it.
fn unlisted(mut answer: Response) -> Response {
    let name = HeaderName::from_static("x-robots-tag");
    answer.headers_mut().insert(name, HeaderValue::from_static("noindex, nofollow, noarchive"));
    answer
}
