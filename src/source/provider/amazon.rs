//! What has to be fetched from Amazon: certificates, and the confirmation of a subscription.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::Client;
use tokio::time::Instant;

use crate::net;

/// No certificate is larger.
const LARGEST: usize = 64 << 10;
/// Amazon has a handful at a time.
const KEPT: usize = 16;
/// So many addresses are remembered at which there is no certificate.
const ABSENT: usize = 1_000;
/// So many certificates are fetched in a minute: whoever makes addresses up must not make us ask Amazon all day.
const A_MINUTE: u32 = 20;

/// Why there is no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Amazon has none at that address: it was made up.
    Absent,
    /// It cannot be fetched just now.
    Later(String),
}

/// Fetches, and keeps what was fetched. Only addresses that were judged before may be asked for.
#[derive(Debug)]
pub struct Amazon {
    client: Client,
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    absent: Mutex<BTreeSet<String>>,
    /// Fetches since a moment.
    fetches: Mutex<Option<(Instant, u32)>>,
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
        let client = client.map_err(|e| format!("no HTTP client can be built: {e}"))?;
        Ok(Amazon { client, kept: Mutex::default(), absent: Mutex::default(), fetches: Mutex::default() })
    }

    /// A certificate (PEM). Errors: there is none, or it cannot be fetched just now.
    pub async fn certificate(&self, url: &str) -> Result<Vec<u8>, Trouble> {
        if let Some(known) = lock(&self.kept).get(url) {
            return Ok(known.clone());
        }
        if lock(&self.absent).contains(url) {
            return Err(Trouble::Absent);
        }
        if !self.may_fetch(Instant::now()) {
            return Err(Trouble::Later("too many were asked for within a minute".to_owned()));
        }
        let bytes = match self.get(url).await {
            Ok(bytes) => bytes,
            Err(Trouble::Absent) => {
                let mut absent = lock(&self.absent);
                if absent.len() >= ABSENT {
                    absent.clear();
                }
                absent.insert(url.to_owned());
                return Err(Trouble::Absent);
            }
            Err(later) => return Err(later),
        };
        let mut kept = lock(&self.kept);
        if kept.len() < KEPT {
            kept.insert(url.to_owned(), bytes.clone());
        }
        Ok(bytes)
    }

    /// Calls an address; what it answers matters to nobody. Errors: it did not answer with success.
    pub async fn call(&self, url: &str) -> Result<(), String> {
        match self.get(url).await {
            Ok(_) => Ok(()),
            Err(Trouble::Absent) => Err("it was refused".to_owned()),
            Err(Trouble::Later(why)) => Err(why),
        }
    }

    /// Counts a fetch; `false` = there were too many.
    fn may_fetch(&self, now: Instant) -> bool {
        let mut fetches = lock(&self.fetches);
        let (since, count) =
            fetches.filter(|(since, _)| now.duration_since(*since) < Duration::from_secs(60)).unwrap_or((now, 0));
        *fetches = Some((since, count + 1));
        count < A_MINUTE
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, Trouble> {
        // Without the address: it may hold a token.
        let said = |e: reqwest::Error| match e.status() {
            // Too many requests or a slow moment pass: only what is not there is not there.
            Some(status) if matches!(status.as_u16(), 404 | 410) => Trouble::Absent,
            _ => Trouble::Later(e.without_url().to_string()),
        };
        let answer = self.client.get(url).send().await.map_err(said)?.error_for_status().map_err(said)?;
        let bytes = net::body(answer, LARGEST).await.map_err(said)?;
        bytes.ok_or_else(|| Trouble::Later("the answer is too long".to_owned()))
    }
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_addresses_do_not_make_us_ask_amazon_all_day() {
        let (amazon, now) = (Amazon::new().unwrap(), Instant::now());
        assert_eq!((0..100).filter(|_| amazon.may_fetch(now)).count(), 20);
        assert!(amazon.may_fetch(now + Duration::from_secs(61)));
    }
}
