//! Systems of `sources:` that have an API: as configured, and what `doctor` says about them.

use std::collections::BTreeMap;

use super::{assemble::Running, exit::Failure, project::Project};
use crate::{
    app::pull::{self, Pulls},
    config::{self, SourceKind},
    model::{instant::Instant, locale::Locale, safe::SafeUrl},
    source::{
        pull::Trouble,
        system::{System, Vendor, hubspot, intercom, stripe},
    },
    words::{pulls as said, systems as say},
};

/// Asked once in ten minutes unless something else is said: what is urgent comes by webhook.
const USUAL: i64 = 10 * 60 * 1_000_000;

/// The systems of the configuration.
pub fn systems(project: &Project) -> Result<Vec<System>, Failure> {
    let all = project.config.sources.iter().filter_map(|(name, source)| system(project, name, source));
    all.collect()
}

/// One, if its kind has an API and it is no table or mapped webhook.
pub fn system(project: &Project, name: &str, source: &config::Source) -> Option<Result<System, Failure>> {
    let (vendor, usual) = match source.kind {
        SourceKind::Stripe => (Vendor::Stripe, stripe::API),
        SourceKind::Hubspot => (Vendor::Hubspot, hubspot::API),
        SourceKind::Intercom => (Vendor::Intercom, intercom::API),
        SourceKind::Salesforce => (Vendor::Salesforce, ""),
        SourceKind::Zendesk => (Vendor::Zendesk, ""),
        _ => return None,
    };
    // With a mapping its payloads mean what that says.
    let own = source.system.as_ref().filter(|own| source.map.is_none() || own.token.is_some())?;
    let api = own.api.as_deref().unwrap_or(usual);
    let api = match SafeUrl::new(api) {
        Ok(api) => api,
        Err(why) => return Some(Err(Failure::refused(format!("sources.{name}.api: {why}")))),
    };
    Some(Ok(System {
        name: name.to_owned(),
        vendor,
        api,
        token: own.token.as_ref().map(|token| token.inner().clone()),
        account_key: own.account_key.clone(),
        attributes: own.attributes.clone(),
        user: own.user.clone(),
        customers: own.customers.clone(),
        colleagues: colleagues(project),
        every: own.every.map_or(USUAL, |every| i64::try_from(every.as_micros()).unwrap_or(i64::MAX)),
    }))
}

/// Keys of our colleagues by their address.
fn colleagues(project: &Project) -> BTreeMap<String, String> {
    let people = project.config.people.iter();
    people.filter_map(|(key, person)| Some((person.email.as_ref()?.as_str().to_lowercase(), key.clone()))).collect()
}

/// A line of `doctor`.
type Line = (String, Result<String, String>);

/// What `doctor` says of each: whether its token works and what it may not read, whether its webhooks are signed, what
/// waits.
pub async fn checks(running: &Running, all: &Pulls, locale: Locale) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    for system in &all.systems {
        let check = format!("source {}", system.name);
        let signed = running.project.config.sources.get(&system.name).is_some_and(|source| !source.secrets.is_empty());
        lines.push((check.clone(), token(running, all, system, locale).await?));
        // Salesforce sends nothing that is signed.
        if system.vendor != Vendor::Salesforce {
            let hook = if signed { Ok(say::signed(locale, &system.name)) } else { Err(say::unsigned(locale)) };
            lines.push((check.clone(), hook));
        }
        let (waits, oldest) = running.shell.store.system_waits(&system.name).await?;
        if waits > 0 {
            let zone = running.shell.rulebook().model.workspace.zone.clone();
            let oldest = oldest.map(|at: Instant| at.short(&zone)).unwrap_or_default();
            let said = say::waits(locale, waits, &oldest);
            lines.push((check, if system.token.is_some() { Ok(said) } else { Err(said) }));
        }
    }
    Ok(lines)
}

async fn token(
    running: &Running,
    all: &Pulls,
    system: &System,
    locale: Locale,
) -> Result<Result<String, String>, Failure> {
    if system.token.is_none() {
        return Ok(Err(say::no_token(locale)));
    }
    let standing = pull::standing(running.shell.store.as_ref(), &system.name).await?;
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let why = |(permission, trouble): &(String, Trouble)| {
        let why = said::fault(locale, trouble.fault, &trouble.detail);
        if trouble.fault == said::Fault::Scope { say::may_not(locale, permission, &trouble.detail) } else { why }
    };
    Ok(match all.allowed(system).await {
        Ok(()) => Ok(say::token_works(locale, standing.good.map(|at| at.rfc3339(&zone)).as_deref())),
        Err(missing) => Err(missing.iter().map(why).collect::<Vec<_>>().join("; ")),
    })
}
