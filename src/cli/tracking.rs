//! The tracking API as this project is configured, and what `doctor` says about it.

use std::{collections::BTreeMap, sync::Arc};

use super::{assemble::Running, check, exit::Failure, system};
use crate::{
    app::track::Trust,
    config::{Secret, Source, SourceKind},
    http::{
        hook::Hooks,
        metrics::Metrics,
        track::{Tracking, hashed},
    },
    model::locale::Locale,
    source::hook::{Hook, Reads, Scheme, read_map},
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
        horizon: horizon(running),
        locale: running.shell.rulebook().model.workspace.locale,
    }
}

fn horizon(running: &Running) -> i64 {
    i64::try_from(running.project.config.retention.events.as_micros()).unwrap_or(i64::MAX)
}

/// The systems that may call `/webhooks/NAME`. Errors name the mapping's file, line and what to write.
pub fn hooks(running: &Running, metrics: &Arc<Metrics>) -> std::result::Result<Hooks, Failure> {
    let mut hooks = BTreeMap::new();
    for (name, source) in &running.project.config.sources {
        if let Some(hook) = hook(running, name, source)? {
            hooks.insert(name.clone(), hook);
        }
    }
    let locale = running.shell.rulebook().model.workspace.locale;
    let (shell, metrics) = (Arc::clone(&running.shell), Arc::clone(metrics));
    Ok(Hooks { shell, hooks: Arc::new(hooks), horizon: horizon(running), locale, metrics })
}

/// A source that is a webhook of a kind that is understood.
fn hook(running: &Running, name: &str, source: &Source) -> std::result::Result<Option<Hook>, Failure> {
    if source.secrets.is_empty() {
        return Ok(None);
    }
    let secrets = || source.secrets.iter().map(|secret| secret.inner().clone()).collect();
    let own = |scheme, reads| Hook { name: name.to_owned(), scheme, secrets: secrets(), reads };
    let Some(file) = &source.map else {
        let Some(system) = system::system(&running.project, name, source) else { return Ok(None) };
        let scheme = match source.kind {
            SourceKind::Stripe => Scheme::Stripe,
            SourceKind::Hubspot => Scheme::Hubspot { address: address(running, name)? },
            SourceKind::Zendesk => Scheme::Zendesk,
            SourceKind::Intercom => Scheme::Intercom,
            _ => return Ok(None),
        };
        return Ok(Some(own(scheme, Reads::System(Box::new(system?)))));
    };
    let scheme = match source.kind {
        SourceKind::Standard => Some(Scheme::Standard),
        SourceKind::Stripe => Some(Scheme::Stripe),
        SourceKind::Generic => None,
        SourceKind::Zendesk => Some(Scheme::Zendesk),
        SourceKind::Intercom => Some(Scheme::Intercom),
        SourceKind::Hubspot => Some(Scheme::Hubspot { address: address(running, name)? }),
        SourceKind::Salesforce | SourceKind::Csv => return Ok(None),
    };
    let text = std::fs::read_to_string(running.project.path(file));
    let text = text.map_err(|e| Failure::refused(format!("sources.{name}.map: {file} cannot be read: {e}")))?;
    let map = read_map(&text, file)
        .map_err(|found| Failure::findings(format!("sources.{name}.map: {file} cannot be used"), found))?;
    let usual = Scheme::Plain { header: "X-Signature".to_owned(), prefix: String::new(), base64: false };
    let scheme = scheme.unwrap_or_else(|| map.signature.clone().unwrap_or(usual));
    Ok(Some(own(scheme, Reads::Map(Box::new(map)))))
}

/// Where a system calls us, as it knows it: HubSpot signs that as well.
fn address(running: &Running, name: &str) -> std::result::Result<String, Failure> {
    let public = running.project.config.http.public_url.as_ref();
    let public = public.ok_or_else(|| {
        Failure::refused(format!("sources.{name}: HubSpot signs the address it calls; set http.public_url to it"))
    })?;
    Ok(format!("{}/webhooks/{name}", public.trim_end_matches('/')))
}

/// A line of `doctor`.
type Line = (String, std::result::Result<String, String>);

/// A line for every source that calls us.
fn sources(running: &Running, locale: Locale) -> Vec<Line> {
    let asked = |name: &str, source: &Source| system::system(&running.project, name, source).is_some();
    let all = running.project.config.sources.iter();
    // Tables are told of with what is pulled, and so is what has an API.
    let all = all.filter(|(name, source)| source.kind != SourceKind::Csv && !asked(name, source));
    let line = |(name, source): (&String, &Source)| {
        let said = match hook(running, name, source) {
            Ok(Some(_)) => Ok(say::listens(locale, name)),
            Ok(None) => Err(say::not_heard(locale)),
            Err(failure) => Err(failure.findings.first().map_or(failure.says, |first| check::told(locale, first))),
        };
        (format!("source {name}"), said)
    };
    all.map(line).collect()
}

/// The lines of `doctor`: (check, what is right or what to mend). None while nobody sends anything.
pub async fn doctor(running: &Running, locale: Locale) -> Result<Vec<Line>> {
    let http = &running.project.config.http;
    let parked = running.shell.store.parked().await?;
    let keys = http.write_keys.len() + http.browser_keys.len();
    let mut lines = sources(running, locale);
    if keys == 0 && parked.calls == 0 {
        return Ok(lines);
    }
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let oldest = parked.oldest.map(|at| at.short(&zone)).unwrap_or_default();
    lines.push(("tracking".to_owned(), Ok(say::state(locale, keys, parked.calls, parked.people, &oldest))));
    if parked.dropped > 0 {
        lines.push(("tracking".to_owned(), Err(say::given_up(locale, parked.dropped))));
    }
    Ok(lines)
}
