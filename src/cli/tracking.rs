//! The tracking API as this project is configured, and what `doctor` says about it.

use std::sync::Arc;

use super::assemble::Running;
use crate::{
    app::track::Trust,
    config::Secret,
    http::track::{Tracking, hashed},
    model::locale::Locale,
    store::api::Result,
    words::track as say,
};

/// What its routes need.
pub fn tracking(running: &Running) -> Tracking {
    let config = &running.project.config;
    let of = |keys: &[Secret], trust| keys.iter().map(|key| (hashed(key.expose()), trust)).collect::<Vec<_>>();
    let keys = [of(&config.http.write_keys, Trust::Server), of(&config.http.browser_keys, Trust::Browser)].concat();
    Tracking {
        shell: Arc::clone(&running.shell),
        keys: Arc::new(keys),
        origins: Arc::new(config.http.browser_origins.clone()),
        horizon: i64::try_from(config.retention.events.as_micros()).unwrap_or(i64::MAX),
        locale: running.shell.rulebook().model.workspace.locale,
    }
}

/// The lines of `doctor`: (check, what is right or what to mend). None while nobody sends anything.
pub async fn doctor(running: &Running, locale: Locale) -> Result<Vec<(String, std::result::Result<String, String>)>> {
    let http = &running.project.config.http;
    let parked = running.shell.store.parked().await?;
    let keys = http.write_keys.len() + http.browser_keys.len();
    if keys == 0 && parked.calls == 0 {
        return Ok(Vec::new());
    }
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let oldest = parked.oldest.map(|at| at.short(&zone)).unwrap_or_default();
    let mut lines = vec![("tracking".to_owned(), Ok(say::state(locale, keys, parked.calls, parked.people, &oldest)))];
    if parked.dropped > 0 {
        lines.push(("tracking".to_owned(), Err(say::given_up(locale, parked.dropped))));
    }
    Ok(lines)
}
