//! `webhooks:` (out) and `sources:` (in).

use std::{collections::BTreeMap, time::Duration};

use super::{
    reader::Section,
    secret::{SIGNING_BYTES, Secret},
    url,
};

/// An endpoint that playbooks may call.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where: https, or http on this machine.
    pub url: String,
    /// Signs what we send.
    pub secret: Secret,
}

/// Something that delivers facts.
#[derive(Clone, Debug)]
pub struct Source {
    /// How its data is to be understood.
    pub kind: SourceKind,
    /// Verifies what it sends; present for webhooks.
    pub secret: Option<Secret>,
    /// A mapping file, relative to the project folder.
    pub map: Option<String>,
    /// A file that is read again and again, relative to the project folder.
    pub file: Option<String>,
    /// How often `file` is read.
    pub every: Option<Duration>,
}

/// How a source's data is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Standard Webhooks.
    Standard,
    /// Stripe events.
    Stripe,
    /// HubSpot events.
    Hubspot,
    /// Zendesk events.
    Zendesk,
    /// Intercom events.
    Intercom,
    /// Any JSON, by `map`.
    Generic,
    /// A CSV file, read every so often.
    Csv,
}

const KINDS: [(&str, SourceKind); 7] = [
    ("standard", SourceKind::Standard),
    ("stripe", SourceKind::Stripe),
    ("hubspot", SourceKind::Hubspot),
    ("zendesk", SourceKind::Zendesk),
    ("intercom", SourceKind::Intercom),
    ("generic", SourceKind::Generic),
    ("csv", SourceKind::Csv),
];

/// Reads `webhooks:`.
pub fn webhooks(root: &mut Section<'_>) -> BTreeMap<String, Webhook> {
    let mut found = BTreeMap::new();
    for (name, mut section) in root.named("webhooks") {
        let (url, secret) = (section.parsed("url", url::web), section.secret("secret", SIGNING_BYTES));
        if !section.has("url") {
            section.missing("url", "a webhook needs an address", "url: https://hooks.example.com/cs");
        }
        if !section.has("secret") {
            section.missing("secret", "what is sent is signed", "secret: ${env:CRM_WEBHOOK_SECRET}");
        }
        section.finish();
        if let (Some(url), Some(secret)) = (url, secret) {
            found.insert(name, Webhook { url, secret });
        }
    }
    found
}

/// Reads `sources:`. A source named like a known kind is of that kind.
pub fn sources(root: &mut Section<'_>) -> BTreeMap<String, Source> {
    let mut found = BTreeMap::new();
    for (name, mut section) in root.named("sources") {
        let implied = KINDS.iter().find(|(kind, _)| *kind == name).map(|(_, kind)| *kind);
        let kind = section.word("kind", &KINDS).or(implied);
        let source = Source {
            kind: kind.unwrap_or(SourceKind::Generic),
            secret: section.secret("secret", SIGNING_BYTES),
            map: section.text("map").map(|t| t.text),
            file: section.text("file").map(|t| t.text),
            every: section.duration("every"),
        };
        check_source(&section, kind, &source);
        section.finish();
        found.insert(name, source);
    }
    found
}

fn check_source(section: &Section<'_>, kind: Option<SourceKind>, source: &Source) {
    match kind {
        None if !section.has("kind") => {
            section.missing(
                "kind",
                "its data must be understood",
                "kind: standard, stripe, hubspot, zendesk, intercom, generic or csv",
            );
        }
        None => {}
        Some(SourceKind::Csv) if source.file.is_none() => {
            section.missing("file", "kind is csv", "file: exports/accounts.csv")
        }
        Some(SourceKind::Csv) => {}
        Some(SourceKind::Generic) if source.map.is_none() => {
            section.missing("map", "kind is generic", "map: maps/NAME.yaml")
        }
        Some(_) if !section.has("secret") => {
            section.missing("secret", "unsigned data is refused", "secret: ${env:NAME_WEBHOOK_SECRET}")
        }
        Some(_) => {}
    }
}
