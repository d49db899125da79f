//! `/healthz`, `/readyz` and `/metrics`.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::metrics::Metrics;

/// Whether the daemon can work.
#[async_trait]
pub trait Ready: Send + Sync {
    /// What hinders it; empty = ready. No addresses or names of customers.
    async fn hindrances(&self) -> Vec<String>;

    /// Brings the numbers of `/metrics` up to date; what cannot be read is left out.
    async fn measure(&self, metrics: &Metrics);
}

/// What these end points show.
#[derive(Clone)]
pub struct Health {
    /// Asked by `/readyz`.
    pub ready: Arc<dyn Ready>,
    /// Shown by `/metrics`.
    pub metrics: Arc<Metrics>,
}

/// The routes.
pub fn routes(state: Health) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(state)
}

async fn readyz(State(state): State<Health>) -> Response {
    let hindrances = state.ready.hindrances().await;
    if hindrances.is_empty() {
        (StatusCode::OK, "ready\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, hindrances.join("\n") + "\n").into_response()
    }
}

async fn metrics(State(state): State<Health>) -> Response {
    state.ready.measure(&state.metrics).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render()).into_response()
}
