//! `/s/{token}`: the page shows with the number of the link chosen, only POST answers (mail scanners follow every GET).

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};

use super::unsubscribe::{guarded, language};
use crate::{
    app::{
        survey::{self, Outcome, Surveys},
        unsubscribe::trouble_page,
    },
    clock::Clock,
    model::locale::Locale,
    store::api::StoreError,
};

/// What the routes need.
#[derive(Clone)]
pub struct Asking {
    /// The handlers.
    pub surveys: Surveys,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// The language where the browser names none of ours.
    pub locale: Locale,
}

/// The routes.
pub fn routes(asking: Asking) -> Router {
    Router::new().route("/s/{token}", get(page).post(answer)).with_state(asking)
}

async fn page(
    State(asking): State<Asking>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let locale = language(&headers, asking.locale);
    let query = query.unwrap_or_default();
    match asking.surveys.form(&token, query.as_bytes(), asking.clock.now()).await {
        Ok(Some(form)) => guarded(StatusCode::OK, survey::form_page(&form, false, &asking.surveys.company, locale).0),
        Ok(None) => guarded(StatusCode::OK, survey::closed_page(locale).0),
        Err(error) => later(&error, locale),
    }
}

async fn answer(State(asking): State<Asking>, Path(token): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let locale = language(&headers, asking.locale);
    match asking.surveys.post(&token, &body, asking.clock.now()).await {
        Ok(Outcome::Noted(score)) => guarded(StatusCode::OK, survey::thanks_page(score, locale).0),
        Ok(Outcome::Unanswered(form)) => {
            let page = survey::form_page(&form, true, &asking.surveys.company, locale);
            guarded(StatusCode::UNPROCESSABLE_ENTITY, page.0)
        }
        Ok(Outcome::Closed) => guarded(StatusCode::OK, survey::closed_page(locale).0),
        Err(error) => later(&error, locale),
    }
}

fn later(error: &StoreError, locale: Locale) -> Response {
    tracing::error!(%error, "the answer to a survey could not be taken");
    guarded(StatusCode::SERVICE_UNAVAILABLE, trouble_page(locale).0)
}
