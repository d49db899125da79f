//! `webhooks:` (out) and `sources:` (in).

use std::{collections::BTreeMap, time::Duration};

use super::{
    reader::Section,
    secret::{SIGNING_BYTES, Secret},
    url,
};
use crate::{model::safe::SafeUrl, rulebook::schedule::cron::CronSchedule};

/// An endpoint that playbooks may call.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where: https, or http on this machine.
    pub url: String,
    /// Sign what we send. More than one while a secret is changed: the receiver may believe either.
    pub secrets: Vec<Secret>,
}

/// Something that delivers facts.
#[derive(Clone, Debug)]
pub struct Source {
    /// How its data is to be understood.
    pub kind: SourceKind,
    /// Verify what it sends; there are some for webhooks, more than one while a secret is changed.
    pub secrets: Vec<Secret>,
    /// A mapping file, relative to the project folder.
    pub map: Option<String>,
    /// Where a table is taken from again and again; present for tables.
    pub table: Option<Table>,
    /// How a system is asked; present for kinds that have an API.
    pub system: Option<System>,
}

/// How a system's API is asked.
#[derive(Clone, Debug)]
pub struct System {
    /// What its API wants.
    pub token: Option<Secret>,
    /// Where its API is, if not where everybody's is.
    pub api: Option<String>,
    /// Where the account's own key stands in the system.
    pub account_key: Option<String>,
    /// Account attributes: ours by theirs.
    pub attributes: BTreeMap<String, String>,
    /// As whom it is asked, where its token needs a name beside it.
    pub user: Option<String>,
    /// What the system calls a customer; empty = the usual.
    pub customers: Vec<String>,
    /// How often it is asked.
    pub every: Option<Duration>,
}

/// A table that is taken in again and again.
#[derive(Clone, Debug)]
pub struct Table {
    /// Where it is.
    pub place: TablePlace,
    /// What its rows are: `accounts`, `contacts`, `subscriptions` or `events`.
    pub fills: &'static str,
    /// What new customers without a date are (`as: known` or `new`).
    pub known: Option<bool>,
    /// How often it is looked at.
    pub every: Option<Duration>,
    /// When it is looked at; instead of `every`.
    pub cron: Option<CronSchedule>,
    /// Largest body of an address that is read, in MiB.
    pub max_mib: u64,
    /// What an address is asked with: headers by their names.
    pub headers: Vec<(String, Secret)>,
    /// The names that lead to the list within an object of JSON; empty = the whole answer is the list.
    pub rows: Vec<String>,
}

/// Where a table is.
#[derive(Clone, Debug)]
pub enum TablePlace {
    /// Behind an https address, which is a secret: whoever has it reads the sheet.
    Url(Secret),
    /// A file, relative to the project folder.
    File(String),
    /// A folder whose files are taken in when they are new or have changed, relative to the project folder.
    Folder(String),
    /// Rows of a PostgreSQL.
    Database {
        /// Where it is, with its user.
        dsn: Secret,
        /// A file with the query, relative to the project folder.
        query: String,
        /// The column by which only what is new is asked for.
        cursor: Option<String>,
    },
}

/// What the rows of a table may be.
const TABLES: [(&str, &str); 4] =
    [("accounts", "accounts"), ("contacts", "contacts"), ("subscriptions", "subscriptions"), ("events", "events")];

/// MiB read of an address unless `max_mib` says otherwise, and at most.
const MIB: u64 = 256;
const MOST_MIB: i64 = 4_096;

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
    /// Salesforce, by pull.
    Salesforce,
    /// Any JSON, by `map`.
    Generic,
    /// A table (CSV, TSV, JSON, NDJSON) behind an address, in a file or in a folder, taken in again and again.
    Csv,
}

impl SourceKind {
    /// Whether it is asked, not only heard.
    pub fn has_api(self) -> bool {
        use SourceKind::{Hubspot, Intercom, Salesforce, Stripe, Zendesk};
        matches!(self, Stripe | Hubspot | Salesforce | Zendesk | Intercom)
    }
}

const KINDS: [(&str, SourceKind); 8] = [
    ("standard", SourceKind::Standard),
    ("stripe", SourceKind::Stripe),
    ("hubspot", SourceKind::Hubspot),
    ("zendesk", SourceKind::Zendesk),
    ("intercom", SourceKind::Intercom),
    ("salesforce", SourceKind::Salesforce),
    ("generic", SourceKind::Generic),
    ("csv", SourceKind::Csv),
];

/// Reads `webhooks:`.
pub fn webhooks(root: &mut Section<'_>) -> BTreeMap<String, Webhook> {
    let mut found = BTreeMap::new();
    for (name, mut section) in root.named("webhooks") {
        let (url, secrets) = (section.parsed("url", url::web), section.secrets("secret", SIGNING_BYTES));
        if !section.has("url") {
            section.missing("url", "a webhook needs an address", "url: https://hooks.example.com/cs");
        }
        if !section.has("secret") {
            section.missing("secret", "what is sent is signed", "secret: ${env:CRM_WEBHOOK_SECRET}");
        }
        section.finish();
        if let Some(url) = url.filter(|_| !secrets.is_empty()) {
            found.insert(name, Webhook { url, secrets });
        }
    }
    found
}

/// Reads `sources:`. A source named like a known kind is of that kind.
pub fn sources(root: &mut Section<'_>) -> BTreeMap<String, Source> {
    let mut found = BTreeMap::new();
    for (name, mut section) in root.named("sources") {
        let implied = KINDS.iter().find(|(kind, _)| *kind == name).map(|(_, kind)| *kind);
        let table = table(&name, &mut section);
        let is_table = PLACES.iter().any(|key| section.has(key)).then_some(SourceKind::Csv);
        let kind = section.word("kind", &KINDS).or(is_table).or(implied);
        let map = section.text("map").map(|t| t.text);
        let system = system(&mut section, kind, table.as_ref());
        let source = Source {
            kind: kind.unwrap_or(SourceKind::Generic),
            secrets: section.secrets("secret", SIGNING_BYTES),
            map,
            table,
            system,
        };
        check_source(&section, kind, &source);
        section.finish();
        found.insert(name, source);
    }
    found
}

/// The keys of a system that has an API.
fn system(section: &mut Section<'_>, kind: Option<SourceKind>, table: Option<&Table>) -> Option<System> {
    let token = section.secret("token", 8);
    let api = section.text("api").and_then(|text| match SafeUrl::new(&text.text) {
        Ok(_) => Some(text.text),
        Err(why) => {
            section.error(&text.place, "api", "this address cannot be called", &why);
            None
        }
    });
    let account_key = section.text("account_key").map(|text| text.text);
    let attributes = section.named_texts("attributes").into_iter().map(|(ours, text)| (ours, text.text)).collect();
    let user = section.text("user").map(|text| text.text);
    let customers = section.texts("customers").into_iter().map(|text| text.text).collect();
    let given =
        ["token", "api", "account_key", "attributes", "user", "customers"].into_iter().find(|key| section.has(key));
    if !kind.is_some_and(SourceKind::has_api) {
        if let Some(key) = given {
            let help = format!("remove `{key}`, or write `kind: stripe`");
            section.error(&section.place.clone(), key, "only kinds that have an API take this", &help);
        }
        return None;
    }
    // `every` was read with the keys of tables.
    let every = if table.is_none() { section.duration("every") } else { None };
    // Theirs is an address of its own.
    let needs = match kind {
        Some(SourceKind::Zendesk) => Some("api: https://ACME.zendesk.com"),
        Some(SourceKind::Salesforce) => Some("api: https://ACME.my.salesforce.com"),
        _ => None,
    };
    if let Some(write) = needs.filter(|_| !section.has("api")) {
        section.missing("api", "every customer of theirs has an address of its own", write);
    }
    if kind == Some(SourceKind::Salesforce) && !section.has("user") {
        section.missing("user", "its token is the secret of a connected app", "user: CONSUMER-KEY");
    }
    if !matches!(kind, Some(SourceKind::Stripe)) && !section.has("token") && !section.has("map") {
        section.missing("token", "its webhooks only say that there is news", "token: ${env:NAME_TOKEN}");
    }
    Some(System { token, api, account_key, attributes, user, customers, every })
}

/// Where a table may be.
const PLACES: [&str; 4] = ["url", "file", "folder", "database"];

/// The keys of a table; none where it names no place.
fn table(name: &str, section: &mut Section<'_>) -> Option<Table> {
    let url = section.secret("url", 1).and_then(|url| checked_url(section, url)).map(TablePlace::Url);
    let file = section.text("file").map(|t| TablePlace::File(t.text));
    let folder = section.text("folder").map(|t| TablePlace::Folder(t.text));
    let database = database(section);
    let fills = section.word("fills", &TABLES);
    let known = section.word("as", &[("known", true), ("new", false)]);
    let places = PLACES.iter().filter(|key| section.has(key)).count();
    if places == 0 {
        return None;
    }
    let (every, cron) = (section.duration("every"), section.parsed("cron", cron));
    let max_mib = section.number("max_mib", 1..=MOST_MIB).map_or(MIB, i64::unsigned_abs);
    let place = section.place.clone();
    if places > 1 {
        section.error(
            &place,
            "url",
            "one source has one place",
            "write one of url, file, folder and database; make two sources of two",
        );
    }
    if section.has("every") && section.has("cron") {
        section.error(&place, "every", "it is looked at by `every` or by `cron`", "remove one of them");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) {
        section.error(&place, "fills", "the source's name becomes a file's name", "name it with a-z, 0-9, _ and -");
    }
    if !section.has("fills") {
        section.missing("fills", "the rows must be something", "fills: accounts");
    }
    let every = every.map(|every| every.max(Duration::from_secs(1)));
    let (headers, rows) = (headers(section), section.text("rows").map(|text| text.text).unwrap_or_default());
    let rows = rows.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Some(Table {
        place: url.or(file).or(folder).or(database)?,
        fills: fills?,
        known,
        every,
        cron,
        max_mib,
        headers,
        rows,
    })
}

/// Headers that an address is asked with. What has to do with the connection itself is not for a file to say.
fn headers(section: &mut Section<'_>) -> Vec<(String, Secret)> {
    let found = section.named_secrets("headers", 1);
    if section.has("headers") && !section.has("url") {
        let help = "remove `headers`, or name an address as `url`";
        section.error(&section.place.clone(), "headers", "only an address is asked with headers", help);
    }
    for (name, secret) in &found {
        let fits = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !name.is_empty();
        let ours =
            ["host", "connection", "content-length", "transfer-encoding"].contains(&name.to_ascii_lowercase().as_str());
        if !fits || ours || secret.expose().bytes().any(|b| b < 0x20 || b == 0x7f) {
            let help = "write a name such as Authorization or X-Api-Key, and a value of one line";
            section.error(&section.place.clone(), "headers", &format!("`{name}` cannot be sent"), help);
        }
    }
    found
}

/// A database, and what it is asked.
fn database(section: &mut Section<'_>) -> Option<TablePlace> {
    let dsn = section.secret("database", 1);
    let query = section.text("query").map(|text| text.text);
    let cursor = section.text("cursor").map(|text| text.text);
    if !section.has("database") {
        return None;
    }
    if !section.has("query") {
        section.missing("query", "a database must be asked something", "query: queries/usage.sql");
    }
    let dsn = dsn?;
    if !["postgres://", "postgresql://"].iter().any(|scheme| dsn.expose().starts_with(scheme)) {
        let help = "write postgres://READER@HOST/NAME where the reference leads to";
        section.error(&section.place.clone(), "database", "only PostgreSQL is asked", help);
    }
    Some(TablePlace::Database { dsn, query: query?, cursor })
}

/// An address that may be called; what is wrong is said without it.
fn checked_url(section: &Section<'_>, url: Secret) -> Option<Secret> {
    match SafeUrl::new(url.expose()) {
        Ok(_) => Some(url),
        Err(why) => {
            section.error(&section.place, "url", "this address cannot be called", &why);
            None
        }
    }
}

fn cron(text: &str) -> Result<CronSchedule, String> {
    CronSchedule::parse(text).map_err(|e| format!("{}; {}", e.message, e.help))
}

fn check_source(section: &Section<'_>, kind: Option<SourceKind>, source: &Source) {
    if source.table.is_some() && kind != Some(SourceKind::Csv) {
        let help = "remove `kind`; make another source for what is sent to us";
        section.error(&section.place, "kind", "url, file and folder are of tables", help);
    }
    match kind {
        None if !section.has("kind") => {
            section.missing(
                "kind",
                "its data must be understood",
                "kind: standard, stripe, hubspot, salesforce, zendesk, intercom, generic or csv; a table needs none, but url, file or folder",
            );
        }
        None => {}
        Some(SourceKind::Csv) if source.table.is_none() && !PLACES.iter().any(|key| section.has(key)) => section
            .missing(
                "url",
                "a table is somewhere",
                "url: ${env:CUSTOMERS_SHEET}, or file: exports/accounts.csv, or folder: inbox",
            ),
        Some(SourceKind::Csv) => {}
        Some(SourceKind::Generic) if source.map.is_none() => {
            section.missing("map", "kind is generic", "map: maps/NAME.yaml")
        }
        // What is only asked sends nothing that needs a signature.
        Some(_) if source.system.as_ref().is_some_and(|system| system.token.is_some()) => {}
        Some(_) if !section.has("secret") => {
            section.missing("secret", "unsigned data is refused", "secret: ${env:NAME_WEBHOOK_SECRET}")
        }
        Some(_) => {}
    }
}
