//! Layer 5: HTTP end points over axum. The front ends bring their own routes; the composition root
//! puts them together, loopback and public listener apart.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode};
use tokio::{net::TcpListener, sync::watch};
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

pub mod click;
pub mod done;
pub mod health;
pub mod hook;
pub mod mailhook;
pub mod metrics;
pub mod share;
pub mod survey;
pub mod track;
pub mod unsubscribe;

/// Bytes of a request's body, whoever sends it.
pub const BODY: usize = 1 << 20;
/// From the first byte of a request to the last of its answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// `parts` as one router, with the limits that hold for every end point: 1 MiB bodies (a longer
/// one is refused before it is read), 10 seconds.
pub fn limited(parts: Vec<Router>) -> Router {
    parts
        .into_iter()
        .fold(Router::new(), Router::merge)
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
}

/// The loopback listener: `/healthz`, `/readyz`, `/metrics` and whatever is for the inside only.
pub fn inside(state: health::Health, parts: Vec<Router>) -> Router {
    limited(std::iter::once(health::routes(state)).chain(parts).collect())
}

/// The public listener: signed chat end points and the pages behind mails' links; nothing about the inside.
pub fn outside(parts: Vec<Router>) -> Router {
    limited(parts)
}

/// Serves `router` on `address` until `stop` turns true, then lets open requests finish. Answers the
/// address it listens on (for port 0) and the task. The error says what to mend.
pub async fn serve(
    address: SocketAddr,
    router: Router,
    mut stop: watch::Receiver<bool>,
) -> Result<(SocketAddr, tokio::task::JoinHandle<()>), String> {
    let listener = TcpListener::bind(address).await.map_err(|e| {
        format!("cannot listen on {address}: {e}; set http.listen or http.public_listen to a free address")
    })?;
    let bound = listener.local_addr().map_err(|e| format!("cannot listen on {address}: {e}"))?;
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let serving = axum::serve(listener, router).with_graceful_shutdown(stopped);
    let task = tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the HTTP listener ended");
        }
    });
    Ok((bound, task))
}
