//! `/u/{token}`: the page shows, only POST changes (RFC 8058; mail scanners follow every GET).

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{
    app::{
        preferences::{self, Asked, Choice, Topic},
        unsubscribe::{self, Unsubscribe},
    },
    clock::Clock,
    model::locale::Locale,
    store::api::StoreError,
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
    /// What mail there is to choose from.
    pub topics: Topics,
}

/// The topics of the live rulebook, by language.
pub type Topics = Arc<dyn Fn(Locale) -> Vec<Topic> + Send + Sync>;

/// The routes.
pub fn routes(leaving: Leaving) -> Router {
    Router::new().route("/u/{token}", get(page).post(leave)).with_state(leaving)
}

async fn page(State(leaving): State<Leaving>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let locale = language(&headers, leaving.locale);
    match leaving.unsubscribe.choice(&token, (leaving.topics)(locale)).await {
        Ok(choice) => guarded(StatusCode::OK, shown(choice, &token, locale)),
        Err(error) => later(&error, locale),
    }
}

/// The reader's own topics; for a token nobody minted, a button that does nothing.
fn shown(choice: Option<Choice>, token: &str, locale: Locale) -> String {
    match choice.filter(|c| !c.topics.is_empty()) {
        Some(choice) => preferences::page(&choice, false, locale).0,
        None => unsubscribe::get_page(token, locale).0,
    }
}

async fn leave(State(leaving): State<Leaving>, Path(token): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let (locale, now) = (language(&headers, leaving.locale), leaving.clock.now());
    let done = match preferences::asked(&body) {
        Asked::OneClick => leaving.unsubscribe.post(&token, now).await.map(|()| None),
        asked => leaving.unsubscribe.choose(&token, &asked, (leaving.topics)(locale), now).await,
    };
    match done {
        Ok(Some(choice)) => guarded(StatusCode::OK, preferences::page(&choice, true, locale).0),
        Ok(None) => guarded(StatusCode::OK, unsubscribe::done_page(locale).0),
        Err(error) => later(&error, locale),
    }
}

fn later(error: &StoreError, locale: Locale) -> Response {
    tracing::error!(%error, "the page of a subscription could not be answered");
    guarded(StatusCode::SERVICE_UNAVAILABLE, unsubscribe::trouble_page(locale).0)
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
