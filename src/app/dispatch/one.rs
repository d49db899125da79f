//! One message from its claim to its outcome.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use async_trait::async_trait;

use super::{
    BodyError, Parts, alarm,
    breaker::{self, Why},
    committer::{Committer, Leave},
    endpoints, hold, retry,
    tenure::Tenure,
};
use crate::{
    channel::{Body, Gate},
    engine::Recheck,
    model::{
        instant::{HOUR, Instant, MINUTE},
        message::{Audience, ChannelKind, Class, OutboxState, Receipt, SendError},
        world::World,
    },
    store::api::{Claimed, Dispatch},
};

/// Reason of a suppression that even a notice respects.
pub const DEAD_ADDRESS: &str = "dead_address";

/// Gate states.
const CLOSED: u8 = 0;
const OPEN: u8 = 1;
const REFUSED: u8 = 2;

/// A message on its way through a channel.
pub struct One {
    /// Everything shared.
    pub parts: Arc<Parts>,
    /// Where steps become durable.
    pub committer: Committer,
    /// The row.
    pub claimed: Claimed,
    /// The world of the claim.
    pub world: Arc<World>,
    /// The lease of its claim.
    pub tenure: Arc<Tenure>,
    /// How the gate stands.
    pub gate: Arc<AtomicU8>,
}

/// What one message came to, before it is written down.
enum End {
    Sent(String),
    Wait {
        until: Instant,
        why: String,
        counted: bool,
    },
    Final {
        state: OutboxState,
        why: String,
        suppress: bool,
    },
    /// The store has put it back already.
    Nothing,
}

impl One {
    /// Carries the message as far as it goes. A panic on the way freezes this message alone.
    pub async fn carry(self) {
        let (gate, parts, committer) = (self.gate.clone(), self.parts.clone(), self.committer.clone());
        let row = self.claimed.row.clone();
        // A set of one: when the worker is stopped, what it carries stops with it.
        let mut task = tokio::task::JoinSet::new();
        task.spawn(self.run());
        if task.join_next().await.is_some_and(|ended| ended.is_err()) {
            let begun = gate.load(Ordering::Acquire) == OPEN;
            let state = if begun { OutboxState::MaybeSent } else { OutboxState::Frozen };
            let (key, account) = (row.planned.key.clone(), row.planned.account);
            tracing::error!(key = %key.0, "sending this message panicked; it is {}", state.word());
            let detail = "a panic while sending; see the log".to_owned();
            let step = Dispatch::End { key, account, fence: row.fence, state, detail, suppress: false };
            parts.tally.count(&step);
            committer.outcome(step, begun).await;
        }
    }

    async fn run(self) {
        let end = self.decide().await;
        let end = self.heard(end).await;
        let begun = self.gate.load(Ordering::Acquire) == OPEN;
        if let Some(step) = self.step(end) {
            self.parts.tally.count(&step);
            match &step {
                Dispatch::End { suppress: true, .. } => {
                    let hash = self.parts.store.address_hash(&self.claimed.row.planned.address);
                    self.committer.dead(step, begun, hash).await;
                }
                _ => self.committer.outcome(step, begun).await,
            }
        }
        if self.parts.breakers.take_changed()
            && let Err(error) = alarm::publish(&self.parts).await
        {
            tracing::warn!(%error, "alarms could not be written down");
        }
    }

    async fn decide(&self) -> End {
        let (now, planned) = (self.parts.clock.now(), &self.claimed.row.planned);
        match self.verdict(now) {
            Recheck::Skip { why } => return self.skip(why),
            Recheck::Defer { until, why } => return wait(until, why),
            Recheck::Go => {}
        }
        if let Some(until) = self.resting(now) {
            return wait(until, "refused_by_policy".to_owned());
        }
        if let Some(until) = self.complained(now) {
            return wait(until, "too_many_complaints".to_owned());
        }
        if let Some(until) = self.dead_list(now) {
            return wait(until, "too_many_dead_mailboxes".to_owned());
        }
        if let Some((until, why)) = self.parts.breakers.blocking(planned, now) {
            return wait(until, format!("paused after: {why}"));
        }
        match self.body().await {
            Ok(body) => self.send(body).await,
            Err(BodyError::Skip(why)) => self.skip(why),
            Err(BodyError::Broken(why)) => End::Final { state: OutboxState::Failed, why, suppress: false },
            Err(BodyError::Later(why)) => self.again(why, false),
        }
    }

    fn verdict(&self, now: Instant) -> Recheck {
        let planned = &self.claimed.row.planned;
        if planned.hold_until.is_some_and(|end| now >= end) {
            return Recheck::Skip { why: format!("hold_at_most is over; {}", self.claimed.row.detail) };
        }
        if let Some(reason) = &self.claimed.suppressed
            && (planned.class != Class::Notice || reason == DEAD_ADDRESS)
        {
            return Recheck::Skip { why: format!("suppressed: {reason}") };
        }
        self.parts.judge.recheck(&self.claimed, &self.world, now)
    }

    /// Until when no mail goes to this address, because its server refused us.
    fn resting(&self, now: Instant) -> Option<Instant> {
        let planned = &self.claimed.row.planned;
        if self.world.rests.is_empty() || planned.channel != ChannelKind::Email {
            return None;
        }
        let hash = self.parts.store.address_hash(&planned.address);
        self.world.rests.get(&hash).copied().filter(|until| *until > now)
    }

    /// Until when marketing of this sender waits, because too many readers complained.
    fn complained(&self, now: Instant) -> Option<Instant> {
        let planned = &self.claimed.row.planned;
        let marketing = planned.class == Class::Marketing && planned.channel == ChannelKind::Email;
        if marketing { hold::waits(&self.world, &hold::of_sender(&planned.sender), now) } else { None }
    }

    /// Until when the mails of this playbook wait, because too many mailboxes were dead. Notices have to go.
    fn dead_list(&self, now: Instant) -> Option<Instant> {
        let planned = &self.claimed.row.planned;
        let held = planned.channel == ChannelKind::Email
            && planned.audience == Audience::Customer
            && planned.class != Class::Notice;
        if held { hold::waits(&self.world, &hold::of_playbook(&planned.playbook), now) } else { None }
    }

    /// The first hand-over's bytes, if there was one: a retry never rewords.
    async fn body(&self) -> Result<Body, BodyError> {
        match &self.claimed.row.body {
            Some(body) => Ok(body.clone()),
            None => self.parts.bodies.body(&self.claimed.row.planned).await,
        }
    }

    async fn send(&self, body: Body) -> End {
        let planned = &self.claimed.row.planned;
        let Some(channel) = self.parts.channels.get(&planned.channel) else {
            return End::Final { state: OutboxState::Failed, why: "the channel is not set up".into(), suppress: false };
        };
        if let Some(why) = self.endpoint_off().await {
            return End::Final { state: OutboxState::Failed, why, suppress: false };
        }
        // Before anything goes a second time: is it there already?
        if self.claimed.row.resend_of.is_some()
            && let Some(Some(detail)) = channel.evidence(planned, self.claimed.row.at.min(planned.ready_at)).await
        {
            return End::Sent(detail);
        }
        let gate = Turnstile { one: self, body: &body };
        let answer = channel.send(planned, &body, &gate).await;
        self.note_endpoint(&answer).await;
        match answer {
            Ok(Some(receipt)) => {
                self.parts.breakers.close(planned);
                End::Sent(receipt.detail)
            }
            Ok(None) if self.gate.load(Ordering::Acquire) == REFUSED => End::Nothing,
            Ok(None) => wait(self.parts.clock.now(), "the hand-over could not be made durable in time".to_owned()),
            Err(error) => self.failed(error).await,
        }
    }

    /// Why a webhook's endpoint is not even tried. Nobody knows when the store does not answer: try.
    async fn endpoint_off(&self) -> Option<String> {
        let planned = &self.claimed.row.planned;
        if planned.channel != ChannelKind::Webhook {
            return None;
        }
        endpoints::off(self.parts.store.as_ref(), &planned.address, self.parts.clock.now()).await.unwrap_or_default()
    }

    async fn note_endpoint(&self, answer: &Result<Option<Receipt>, SendError>) {
        let planned = &self.claimed.row.planned;
        if planned.channel != ChannelKind::Webhook || matches!(answer, Ok(None)) {
            return;
        }
        let (store, now) = (self.parts.store.as_ref(), self.parts.clock.now());
        if let Err(error) = endpoints::note(store, &planned.address, answer.is_ok(), now).await {
            tracing::warn!(%error, "how an endpoint does could not be written down");
        }
    }

    async fn failed(&self, error: SendError) -> End {
        let planned = &self.claimed.row.planned;
        match error {
            SendError::RetryAfter { reason, after_micros: None } => self.again(reason, true),
            SendError::RetryAfter { reason, after_micros: Some(pause) } => {
                self.stop(breaker::whole(planned), pause, reason, false).await
            }
            SendError::Misconfigured { reason } => self.stop(breaker::sender(planned), 5 * MINUTE, reason, true).await,
            SendError::Misdirected { reason } => self.stop(breaker::domain(planned), 5 * MINUTE, reason, true).await,
            SendError::Reject { reason, dead_address } => {
                if reason.contains(" 5.7.") {
                    self.stop_domain(&reason).await;
                }
                End::Final { state: OutboxState::Failed, why: reason, suppress: dead_address }
            }
            SendError::Unknown { reason } => End::Final { state: OutboxState::MaybeSent, why: reason, suppress: false },
        }
    }

    /// A refusal by the recipient's server is heard like returned mail; a colleague's mailbox is never suppressed.
    async fn heard(&self, end: End) -> End {
        let End::Final { state: OutboxState::Failed, why, suppress } = end else { return end };
        let (parts, planned) = (&self.parts, &self.claimed.row.planned);
        let dead = match parts.intake().refused(planned, &why, suppress, parts.clock.now()).await {
            Ok(dead) => dead,
            Err(error) => {
                tracing::warn!(%error, "that a server refused a mailbox could not be recorded as a bounce");
                suppress && planned.audience == Audience::Customer
            }
        };
        End::Final { state: OutboxState::Failed, why, suppress: dead }
    }

    /// The domain refuses our reputation or authentication: everybody there would. The team is told by the same
    /// fact as when that mail came back.
    async fn stop_domain(&self, reason: &str) {
        let (parts, planned, now) = (&self.parts, &self.claimed.row.planned, self.parts.clock.now());
        let why = Why { reason: reason.to_owned(), mend: true };
        if parts.breakers.open(&breaker::domain(planned), HOUR, why, now).alarm.is_some()
            && let Err(error) = parts.store.append(vec![alarm::refusal(planned, reason, now)]).await
        {
            tracing::warn!(%error, "an alarm could not be written down");
        }
    }

    /// Opens the breaker `name`; the message waits, its attempt is not counted.
    async fn stop(&self, name: String, pause: i64, reason: String, mend: bool) -> End {
        let (parts, now) = (&self.parts, self.parts.clock.now());
        let opened = parts.breakers.open(&name, pause, Why { reason: reason.clone(), mend }, now);
        if let Some(alarm) = &opened.alarm
            && let Err(error) = alarm::tell(parts.store.as_ref(), alarm, now).await
        {
            tracing::warn!(%error, "an alarm could not be written down");
        }
        wait(opened.until, reason)
    }

    fn again(&self, why: String, counted: bool) -> End {
        let (now, row) = (self.parts.clock.now(), &self.claimed.row);
        match retry::next(&row.planned, row.attempts, now) {
            Some(until) => End::Wait { until, why, counted },
            None => {
                let why = format!("given up after {} attempts: {why}", row.attempts + 1);
                End::Final { state: OutboxState::Failed, why, suppress: false }
            }
        }
    }

    /// A resend that may no longer go stays what it was: nobody knows whether the first one arrived.
    fn skip(&self, why: String) -> End {
        match self.claimed.row.resend_of {
            Some(_) => {
                let why = format!("resend cancelled: {why}");
                End::Final { state: OutboxState::MaybeSent, why, suppress: false }
            }
            None => End::Final { state: OutboxState::Skipped, why, suppress: false },
        }
    }

    fn step(&self, end: End) -> Option<Dispatch> {
        let row = &self.claimed.row;
        let (key, account, fence) = (row.planned.key.clone(), row.planned.account, row.fence);
        match end {
            End::Sent(detail) => Some(Dispatch::Sent { key, account, fence, detail }),
            End::Wait { until, why, counted } => {
                Some(Dispatch::Requeue { key, account, fence, not_before: until, detail: why, counted })
            }
            End::Final { state, why, suppress } => {
                Some(Dispatch::End { key, account, fence, state, detail: why, suppress })
            }
            End::Nothing => {
                self.parts.tally.refused();
                None
            }
        }
    }
}

fn wait(until: Instant, why: String) -> End {
    End::Wait { until, why, counted: false }
}

/// The gate of one message: asks for the durable hand-over.
struct Turnstile<'a> {
    one: &'a One,
    body: &'a Body,
}

#[async_trait]
impl Gate for Turnstile<'_> {
    async fn hand_over(&self) -> bool {
        let (parts, row) = (&self.one.parts, &self.one.claimed.row);
        if self.one.gate.load(Ordering::Acquire) != CLOSED || !self.one.tenure.may_send(parts) {
            return false;
        }
        let (key, account) = (row.planned.key.clone(), row.planned.account);
        let step = Dispatch::HandOver { key, account, fence: row.fence, body: self.body.clone() };
        let leave = self.one.committer.hand_over(step).await;
        let state = match leave {
            Leave::Given => OPEN,
            Leave::Refused => REFUSED,
            Leave::Broken => CLOSED,
        };
        self.one.gate.store(state, Ordering::Release);
        // The commit may have taken longer than the lease: then nothing is sent, and that is written down.
        leave == Leave::Given && self.one.tenure.may_send(parts)
    }
}
