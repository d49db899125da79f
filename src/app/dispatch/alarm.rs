//! What people should know about sending: shown by `doctor` and the chat, told once as a fact of the workspace.

use super::{
    Parts,
    breaker::{self, Alarm},
};
use crate::{
    model::{
        fact::{FactBody, Incoming},
        instant::{DAY, Instant},
        message::Planned,
        value::{Props, Value},
    },
    store::api::{Result, Store},
};

/// The cursor that holds the alarms of the running daemon.
const CURSOR: &str = "alarms";

/// The event by which playbooks `for: workspace` learn of an alarm.
pub const STOPPED: &str = "sending.stopped";

/// The alarms of the daemon that sends.
pub async fn read(store: &dyn Store) -> Result<Vec<Alarm>> {
    let text = store.cursor(CURSOR).await?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Writes down what is alarming now, if that changed.
pub async fn publish(parts: &Parts) -> Result<()> {
    let text = serde_json::to_string(&parts.breakers.alarms()).unwrap_or_default();
    let old = parts.store.cursor(CURSOR).await?;
    if old.as_deref() != Some(&text) {
        parts.store.move_cursor(CURSOR, old.as_deref(), &text).await?;
    }
    Ok(())
}

/// Tells the workspace, once for each time something stops working.
pub async fn tell(store: &dyn Store, alarm: &Alarm, now: Instant) -> Result<()> {
    tracing::error!(what = %alarm.name, reason = %alarm.reason, "sending has stopped there; it is tried again, nothing is lost");
    let id = format!("{}:{}", alarm.name, alarm.since.0);
    store.append(vec![fact(&alarm.name, &alarm.reason, &id, now)]).await.map(|_| ())
}

/// That a recipient's server refuses us: once a day and domain, whoever notices it.
pub fn refusal(planned: &Planned, reason: &str, now: Instant) -> Incoming {
    let what = breaker::domain(planned);
    fact(&what, reason, &format!("refused:{what}:{}", now.0.div_euclid(DAY)), now)
}

/// What the workspace is told: `what` has stopped, and why (without addresses); each `id` once.
pub fn fact(what: &str, reason: &str, id: &str, now: Instant) -> Incoming {
    let props: Props = [("what", what), ("reason", reason)].map(|(k, v)| (k.to_owned(), Value::text(v))).into();
    Incoming::own(format!("{STOPPED}:{id}"), FactBody::event(STOPPED, props), now)
}
