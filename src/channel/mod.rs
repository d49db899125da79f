//! Layer 3: a message out, a receipt or a typed failure back. No rules, no store.

mod content;
#[cfg(feature = "discord")]
pub mod discord;
pub mod email;
pub mod file;
pub mod pace;
pub mod plain;
pub mod slack;
pub mod tls;
pub mod webhook;

use async_trait::async_trait;

pub use content::{ChatContent, label, press_words};

use crate::model::{
    instant::Instant,
    message::{Planned, Receipt, SendError},
};

/// Why a message for the team does not go to a channel of customers.
fn for_the_team_only(platform: &str) -> SendError {
    let reason = format!(
        "the channel is one of customers ({platform}.customer_channels) and this message is for the team only; use a channel of your own"
    );
    SendError::Misdirected { reason }
}

/// A rendered message: the exact bytes that leave, the same on every retry.
/// E-mail: the RFC 5322 message. Slack and Discord: the JSON request body.
pub type Body = Vec<u8>;

/// Called when the channel is about to hand over the first body byte. Durable commit of
/// `handing_over`; `false` = something changed since the claim, do not send.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Asks for leave to hand over.
    async fn hand_over(&self) -> bool;
}

/// One way out. The error says what to do next.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Sends `body` of `planned` after `gate` opened. `Ok(None)` = the gate stayed shut, nothing was sent.
    async fn send(&self, planned: &Planned, body: &Body, gate: &dyn Gate) -> Result<Option<Receipt>, SendError>;

    /// How many messages may be between gate and outcome at once (C of the promise).
    fn sessions(&self) -> usize;

    /// Whether an earlier attempt of `planned` (at about `at`) is there after all, where the platform can
    /// tell: `Some(Some(detail))` = it is, `Some(None)` = it is not, `None` = nobody knows.
    async fn evidence(&self, _planned: &Planned, _at: Instant) -> Option<Option<String>> {
        None
    }

    /// For how many microseconds handing the same key over again has no second effect (a file that is
    /// replaced, a relay with idempotency keys): then an unknown outcome is simply repeated.
    fn replay_window(&self) -> Option<i64> {
        None
    }

    /// Checks credentials and reachability, for `doctor`: a line that says what is fine, or what to mend.
    async fn doctor(&self) -> Result<String, String>;
}
