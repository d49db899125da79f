//! What has to be fetched from Amazon: certificates, and the confirmation of a subscription.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::Client;

/// No certificate is larger.
const LARGEST: usize = 64 << 10;
/// Amazon has a handful at a time.
const KEPT: usize = 16;

/// Fetches, and keeps what was fetched. Only addresses that were judged before may be asked for.
#[derive(Debug)]
pub struct Amazon {
    client: Client,
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Amazon {
    /// Errors: no HTTP client can be built.
    pub fn new() -> Result<Amazon, String> {
        // An error says that another caller was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("shirube/0.1")
            .build();
        Ok(Amazon { client: client.map_err(|e| format!("no HTTP client can be built: {e}"))?, kept: Mutex::default() })
    }

    /// A certificate (PEM). Errors: it cannot be fetched.
    pub async fn certificate(&self, url: &str) -> Result<Vec<u8>, String> {
        if let Some(known) = self.kept().get(url) {
            return Ok(known.clone());
        }
        let bytes = self.get(url).await?;
        let mut kept = self.kept();
        if kept.len() < KEPT {
            kept.insert(url.to_owned(), bytes.clone());
        }
        Ok(bytes)
    }

    /// Calls an address; what it answers matters to nobody. Errors: it did not answer with success.
    pub async fn call(&self, url: &str) -> Result<(), String> {
        self.get(url).await.map(drop)
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        // Without the address: it may hold a token.
        let said = |e: reqwest::Error| e.without_url().to_string();
        let mut answer = self.client.get(url).send().await.map_err(said)?.error_for_status().map_err(said)?;
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(said)? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > LARGEST {
                return Err("the answer is too long".to_owned());
            }
        }
        Ok(bytes)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
