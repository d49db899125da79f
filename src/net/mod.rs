//! Below layer 3: what every call to the outside shares. Who may be called is judged in `model::safe`.

pub mod guard;
pub mod oauth;

use std::{sync::Arc, time::Duration};

use reqwest::{ClientBuilder, Response};

use crate::model::safe::Side;

/// Makes ring the process's TLS provider, if none is yet. Clients are built after this, because building one without
/// a provider panics.
pub fn tls_ready() {
    // An error says that another caller was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client for one side: no proxies, no redirects by itself, https only to the outside, names looked up under guard.
pub fn client(side: Side) -> ClientBuilder {
    tls_ready();
    ClientBuilder::new()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .https_only(side == Side::Outside)
        .dns_resolver(Arc::new(guard::Guard(side)))
        .connect_timeout(Duration::from_secs(5))
        .user_agent("shirube/0.1")
}

/// The body of an answer; none where it is larger than `most` bytes, whatever its sender says of its length.
pub async fn body(mut answer: Response, most: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if bytes.len() + piece.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}
