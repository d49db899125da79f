//! A webhook endpoint that has failed for days is off: what is for it fails at once, and once a day one
//! message tries whether it has come back.

use serde::{Deserialize, Serialize};

use crate::{
    model::instant::{DAY, Instant},
    store::api::{Result, Store},
};

/// Failing for this long without one success in between.
const GIVE_UP: i64 = 5 * DAY;

/// What is remembered of a failing endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Failing {
    since: Instant,
    tried: Instant,
}

/// Why nothing is sent to `name` now; none = try.
pub async fn off(store: &dyn Store, name: &str, now: Instant) -> Result<Option<String>> {
    let Some(failing) = read(store, name).await?.1 else { return Ok(None) };
    let off = now.since(failing.since) >= GIVE_UP && now.since(failing.tried) < DAY;
    Ok(off.then(|| {
        let days = now.since(failing.since) / DAY;
        format!("{name} is off: it has failed for {days} days; it is tried once a day, mend it")
    }))
}

/// Remembers how a try went.
pub async fn note(store: &dyn Store, name: &str, worked: bool, now: Instant) -> Result<()> {
    let (text, failing) = read(store, name).await?;
    let new = match (worked, failing) {
        (true, None) => return Ok(()),
        (true, Some(_)) => String::new(),
        (false, old) => {
            let failing = Failing { since: old.map_or(now, |f| f.since), tried: now };
            serde_json::to_string(&failing).unwrap_or_default()
        }
    };
    store.move_cursor(&cursor(name), text.as_deref(), &new).await.map(|_| ())
}

async fn read(store: &dyn Store, name: &str) -> Result<(Option<String>, Option<Failing>)> {
    let text = store.cursor(&cursor(name)).await?;
    let failing = text.as_deref().and_then(|t| serde_json::from_str(t).ok());
    Ok((text, failing))
}

fn cursor(name: &str) -> String {
    format!("endpoint:{name}")
}
