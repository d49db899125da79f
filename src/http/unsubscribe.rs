//! `/u/{token}`: the page shows, only POST changes (RFC 8058; mail scanners follow every GET).

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{
    app::unsubscribe::{self, Unsubscribe},
    clock::Clock,
    model::locale::Locale,
};

/// What the routes need.
#[derive(Clone)]
pub struct Leaving {
    /// The handlers.
    pub unsubscribe: Unsubscribe,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// The language where the browser names none of ours.
    pub locale: Locale,
}

/// The routes.
pub fn routes(leaving: Leaving) -> Router {
    Router::new().route("/u/{token}", get(page).post(leave)).with_state(leaving)
}

async fn page(State(leaving): State<Leaving>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let locale = language(&headers, leaving.locale);
    guarded(StatusCode::OK, unsubscribe::get_page(&token, locale).0)
}

async fn leave(State(leaving): State<Leaving>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    match leaving.unsubscribe.post(&token, leaving.clock.now()).await {
        Ok(()) => guarded(StatusCode::OK, unsubscribe::done_page(language(&headers, leaving.locale)).0),
        Err(error) => {
            tracing::error!(%error, "an unsubscription could not be recorded");
            let page = unsubscribe::trouble_page(language(&headers, leaving.locale));
            guarded(StatusCode::SERVICE_UNAVAILABLE, page.0)
        }
    }
}

/// The first language of the browser that is one of ours.
pub(super) fn language(headers: &HeaderMap, otherwise: Locale) -> Locale {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or("");
    wanted.split(',').find_map(|one| Locale::parse(one.split(';').next()?.trim())).unwrap_or(otherwise)
}

/// The token is in the address: no caches, no referrer, no frames, no scripts.
pub(super) fn guarded(status: StatusCode, page: String) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"),
    ];
    (status, headers, Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_language_of_ours_wins() {
        let headers = |text: &str| HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, text.parse().unwrap())]);
        assert_eq!(language(&headers("fr, en-US;q=0.9, ja;q=0.5"), Locale::Ja), Locale::En);
        assert_eq!(language(&headers("fr"), Locale::Ja), Locale::Ja);
        assert_eq!(language(&HeaderMap::new(), Locale::En), Locale::En);
    }
}
