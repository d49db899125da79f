//! Webhooks out: what an endpoint is told about a run. Signed, never redirected, never into a private
//! network. The key is the message's, so a receiver can drop repeats.

mod body;
mod sign;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::{Client, StatusCode, header::HeaderMap};
use secrecy::SecretString;

pub use body::webhook_body;

use super::{Body, Channel, Gate, pace::micros};
use crate::{
    model::{
        instant::Instant,
        message::{Delivery, Planned, Receipt, SendError},
        safe::{SafeUrl, Side},
    },
    net::{
        self,
        guard::{self, Closed},
    },
};

/// From the first byte of the request to the head of its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Larger bodies are not sent.
const LARGEST: usize = 1 << 20;

/// Where the time comes from: each attempt is signed with its own moment.
pub type Now = Arc<dyn Fn() -> Instant + Send + Sync>;

/// One receiver.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its address.
    pub url: SafeUrl,
    /// Sign what is sent: a signature each.
    pub secrets: Vec<SecretString>,
}

/// Posts to the endpoints of the configuration.
pub struct WebhookChannel {
    endpoints: BTreeMap<String, Endpoint>,
    outside: Client,
    here: Client,
    now: Now,
}

impl WebhookChannel {
    /// A channel to `endpoints`, by their names in `webhooks:`.
    pub fn new(endpoints: BTreeMap<String, Endpoint>, now: Now) -> Result<WebhookChannel, String> {
        for (name, endpoint) in &endpoints {
            let read = reqwest::Url::parse(endpoint.url.as_str()).ok();
            let host = read.as_ref().and_then(|url| url.host_str()).map(|h| h.trim_matches(['[', ']']));
            // The client reads addresses by its own rules: where the two differ, one of them is fooled.
            if host != Some(endpoint.url.host()) {
                return Err(format!("webhooks.{name}.url: its host is written in an odd way; write it plainly"));
            }
        }
        Ok(WebhookChannel { endpoints, outside: client(Side::Outside)?, here: client(Side::ThisMachine)?, now })
    }

    fn endpoint(&self, name: &str) -> Result<&Endpoint, SendError> {
        let reason = || format!("shirube.yaml has no `webhooks: {name}`; add its url and secret");
        self.endpoints.get(name).ok_or_else(|| SendError::Misdirected { reason: reason() })
    }

    async fn post(&self, endpoint: &Endpoint, planned: &Planned, body: &Body) -> Result<Receipt, SendError> {
        let (id, seconds) = (&planned.key.0, (self.now)().0.div_euclid(1_000_000));
        let client = if endpoint.url.side() == Side::Outside { &self.outside } else { &self.here };
        let request = client
            .post(endpoint.url.as_str())
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", sign::signatures(&endpoint.secrets, id, seconds, body))
            .body(body.clone());
        match request.send().await {
            // The answer's body is not read: nothing in it is of use, and it could be endless.
            Ok(answer) => judge(answer.status(), answer.headers(), &planned.address),
            Err(error) => Err(no_answer(&error, planned)),
        }
    }
}

fn client(side: Side) -> Result<Client, String> {
    net::client(side).timeout(PATIENCE).build().map_err(|e| format!("no HTTP client can be built: {e}"))
}

/// 2xx is success; everything else, a redirect too, is tried again by the schedule.
fn judge(status: StatusCode, headers: &HeaderMap, name: &str) -> Result<Receipt, SendError> {
    let code = status.as_u16();
    if status.is_success() {
        return Ok(Receipt { detail: format!("webhook {name} {code}") });
    }
    if code == 410 {
        let reason = format!("{name} answered 410: it wants no more; remove the step or the endpoint");
        return Err(SendError::Reject { reason, dead_address: false });
    }
    let asked = headers.get("retry-after").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let pause = asked.filter(|_| matches!(code, 429 | 503)).map(|s| micros(Duration::from_secs(s.min(3_600))));
    let hint = if status.is_redirection() { "; redirects are not followed, name the final address" } else { "" };
    Err(SendError::RetryAfter { reason: format!("{name} answered {code}{hint}"), after_micros: pause })
}

/// No answer: the receiver may have it. At least once is the rule, and it drops repeats by their id.
fn no_answer(error: &reqwest::Error, planned: &Planned) -> SendError {
    let name = &planned.address;
    if guard::is_closed(error) {
        return SendError::Misdirected { reason: format!("{name}: {Closed}") };
    }
    if error.is_connect() || error.is_builder() || planned.delivery == Delivery::AtLeastOnce {
        let reason = if error.is_timeout() { "did not answer in time" } else { "cannot be reached" };
        return SendError::RetryAfter { reason: format!("{name} {reason}"), after_micros: None };
    }
    SendError::Unknown { reason: format!("the connection to {name} broke before its answer") }
}

#[async_trait]
impl Channel for WebhookChannel {
    async fn send(&self, planned: &Planned, body: &Body, gate: &dyn Gate) -> Result<Option<Receipt>, SendError> {
        let endpoint = self.endpoint(&planned.address)?;
        if body.len() > LARGEST {
            return Err(SendError::Reject { reason: "larger than 1 MiB".to_owned(), dead_address: false });
        }
        if !gate.hand_over().await {
            return Ok(None);
        }
        self.post(endpoint, planned, body).await.map(Some)
    }

    fn sessions(&self) -> usize {
        4
    }

    async fn doctor(&self) -> Result<String, String> {
        for (name, endpoint) in &self.endpoints {
            let found = tokio::net::lookup_host((endpoint.url.host(), 0)).await;
            let found = found.map_err(|e| format!("webhooks.{name}: {} is not found ({e})", endpoint.url.host()))?;
            if guard::allowed(endpoint.url.side(), found).is_empty() {
                return Err(format!("webhooks.{name}: {}: {Closed}", endpoint.url.host()));
            }
        }
        Ok(format!("{} endpoint(s); names lead to addresses that may be called", self.endpoints.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::email::fixture::planned;

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_called() {
        let sent = client(Side::Outside).unwrap().post("https://localhost:9/hook").send().await;
        let refused = no_answer(&sent.unwrap_err(), &planned(1));
        assert!(matches!(refused, SendError::Misdirected { .. }), "{refused:?}");
    }

    #[test]
    fn an_answer_says_what_to_do_next() {
        let says = |code: u16| judge(StatusCode::from_u16(code).unwrap(), &HeaderMap::new(), "crm");
        assert!(says(200).is_ok() && says(204).is_ok());
        for code in [301, 307, 400, 404, 500, 503] {
            assert!(matches!(says(code), Err(SendError::RetryAfter { after_micros: None, .. })), "{code}");
        }
        assert!(matches!(says(410), Err(SendError::Reject { .. })));
    }

    #[test]
    fn an_odd_way_to_write_a_host_is_no_way_around() {
        for url in ["https://ⓔxample.com/", "https://0x7f.1/", "https://127.1/", "https://2130706433/"] {
            let made = SafeUrl::new(url).and_then(|url| {
                let endpoint = Endpoint { url, secrets: vec!["x".into()] };
                WebhookChannel::new(BTreeMap::from([("a".to_owned(), endpoint)]), Arc::new(|| Instant(0)))
            });
            assert!(made.is_err(), "{url}");
        }
    }
}
