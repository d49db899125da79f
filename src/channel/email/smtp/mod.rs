//! The SMTP driver: one recipient per transaction, a pool of C sessions, hand-over between 354 and body.

pub mod outcome;
mod session;
pub mod settings;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use self::{
    outcome::{Phase, Trouble, classify},
    session::{Failure, Session, Way},
    settings::SmtpSettings,
};
use crate::{
    channel::{
        Body, Channel, Gate,
        email::{
            compose::{colleague, no_address},
            sender::address,
        },
    },
    model::message::{Planned, Receipt, SendError},
};

/// A relay and its open sessions.
pub struct SmtpChannel {
    settings: SmtpSettings,
    idle: Mutex<Vec<Session>>,
    permits: Semaphore,
}

impl SmtpChannel {
    /// Opens nothing yet; the first mail does.
    pub fn new(settings: SmtpSettings) -> SmtpChannel {
        let permits = Semaphore::new(settings.max_connections.max(1));
        SmtpChannel { settings, idle: Mutex::default(), permits }
    }

    /// Says QUIT on every idle connection: at the end of a run.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for session in idle {
            session.quit().await;
        }
    }

    /// A connection that has come as far as the 354. An old one may have been closed by the relay
    /// meanwhile: as nothing was accepted yet, a fresh one takes over once.
    async fn begun(&self, way: &Way, body: &[u8]) -> Result<Session, Failure> {
        if let Some(mut session) = self.reusable() {
            match session.begin(&self.settings, way, body).await {
                Ok(()) => return Ok(session),
                Err((Phase::Mail, Trouble::Line(_) | Trouble::Reply(421, _))) => {}
                Err(failure) => return Err(self.keep_after(session, failure).await),
            }
        }
        let mut session = Session::open(&self.settings).await?;
        match session.begin(&self.settings, way, body).await {
            Ok(()) => Ok(session),
            Err(failure) => Err(self.keep_after(session, failure).await),
        }
    }

    fn reusable(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|s| s.idle_since.elapsed() < self.settings.idle && s.used < self.settings.per_connection);
        idle.pop()
    }

    fn put_aside(&self, mut session: Session) {
        session.idle_since = tokio::time::Instant::now();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }

    /// A refused transaction is cleared with RSET; a broken line is dropped.
    async fn keep_after(&self, mut session: Session, failure: Failure) -> Failure {
        if failure.1.leaves_line_usable() && session.reset(self.settings.limits.command).await {
            self.put_aside(session);
        }
        failure
    }

    /// Whom it goes to; a colleague by the address in the configuration.
    fn recipient(&self, planned: &Planned) -> Result<lettre::Address, String> {
        match colleague(planned) {
            Some(key) => address(self.settings.people.get(key).ok_or_else(|| no_address(key))?),
            None => address(&planned.address),
        }
    }

    /// What a refusal means; of the one mailbox that everything is redirected to it says nothing about a customer's.
    fn judged(&self, phase: Phase, trouble: &Trouble) -> SendError {
        match classify(phase, trouble) {
            SendError::Reject { reason, .. } if self.settings.redirect_all_to.is_some() => {
                SendError::Reject { reason, dead_address: false }
            }
            meaning => meaning,
        }
    }

    async fn finish(&self, mut session: Session, body: &[u8]) -> Result<Receipt, SendError> {
        match session.body(self.settings.limits.reply, body).await {
            Ok(detail) => {
                self.put_aside(session);
                Ok(Receipt { detail })
            }
            Err((phase, trouble)) => {
                let failure = self.keep_after(session, (phase, trouble)).await;
                Err(self.judged(failure.0, &failure.1))
            }
        }
    }
}

#[async_trait]
impl Channel for SmtpChannel {
    async fn send(&self, planned: &Planned, body: &Body, gate: &dyn Gate) -> Result<Option<Receipt>, SendError> {
        let closed = |_| SendError::RetryAfter { reason: "shutting down".to_owned(), after_micros: None };
        let _permit = self.permits.acquire().await.map_err(closed)?;
        let to = match &self.settings.redirect_all_to {
            Some(to) => to.clone(),
            None => self.recipient(planned).map_err(|reason| SendError::Reject { reason, dead_address: false })?,
        };
        let way = Way { from: self.settings.envelope(&planned.key), to };
        let session = self.begun(&way, body).await.map_err(|(phase, trouble)| self.judged(phase, &trouble))?;
        if !gate.hand_over().await {
            // Not even QUIT: inside DATA it would be content. The relay drops what has no final dot.
            drop(session);
            return Ok(None);
        }
        self.finish(session, body).await.map(Some)
    }

    fn sessions(&self) -> usize {
        self.settings.max_connections.max(1)
    }

    fn replay_window(&self) -> Option<i64> {
        self.settings.replay_window
    }

    async fn doctor(&self) -> Result<String, String> {
        let place = format!("{}:{}", self.settings.host, self.settings.port);
        match Session::open(&self.settings).await {
            Ok(session) => {
                session.quit().await;
                Ok(format!("{place} answers; at most {} mails can be of unknown fate after a crash", self.sessions()))
            }
            Err((phase, trouble)) => Err(format!("{place}: {}; check email.transport", classify(phase, &trouble))),
        }
    }
}
