//! Systems a company already has: billing, CRM, help desk. A system is a way to sign, a fixed reading of its documented
//! shapes, and a paged pull with a cursor; all of it pure, the calls are made by one loop for all.

mod call;
mod contract;
pub mod hubspot;
pub mod intercom;
pub mod salesforce;
mod settle;
mod shape;
pub mod stripe;
mod ticket;
pub mod zendesk;

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use self::{
    call::{Caller, Refused},
    settle::settle,
};
use crate::{
    model::{ids::stable_hash, instant::Instant, safe::SafeUrl, system::Told},
    net::oauth::Grant,
    source::track::{Json, Options},
};

/// A vendor whose shapes are understood. Each is one module and one line in every `match` below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Billing.
    Stripe,
    /// CRM.
    Hubspot,
    /// CRM.
    Salesforce,
    /// Help desk.
    Zendesk,
    /// Help desk.
    Intercom,
}

/// One system as configured.
#[derive(Clone, Debug)]
pub struct System {
    /// Its name in `sources:`, and the source of its facts.
    pub name: String,
    /// Whose it is.
    pub vendor: Vendor,
    /// Where its API is.
    pub api: SafeUrl,
    /// What its API wants; without it nothing is pulled.
    pub token: Option<SecretString>,
    /// Where the account's own key stands in the system; empty = where the vendor's page says.
    pub account_key: Option<String>,
    /// Account attributes: ours by theirs.
    pub attributes: BTreeMap<String, String>,
    /// As whom it is asked, where its token needs a name beside it.
    pub user: Option<String>,
    /// What the system calls a customer; empty = what the vendor's page says.
    pub customers: Vec<String>,
    /// Our colleagues by their address.
    pub colleagues: BTreeMap<String, String>,
    /// How often it is asked (microseconds).
    pub every: i64,
}

/// How shapes are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The workspace's settings and the declared attributes.
    pub options: &'a Options,
    /// Where the account's own key stands.
    pub account_key: Option<&'a str>,
    /// Account attributes: ours by theirs.
    pub attributes: &'a BTreeMap<String, String>,
    /// What the system calls a customer; empty = the usual.
    pub customers: &'a [String],
    /// Our colleagues by their address.
    pub colleagues: &'a BTreeMap<String, String>,
}

impl Reading<'_> {
    /// How a colleague is called here; somebody we do not know is called by the address.
    fn colleague<'a>(&'a self, email: &'a str) -> &'a str {
        self.colleagues.get(email).map_or(email, String::as_str)
    }
}

/// What a webhook says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// In itself.
    pub told: Vec<Told>,
    /// That there is news to be pulled.
    pub look: bool,
}

/// One question to an API.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Path and query.
    pub path: String,
    /// What is posted; none = it is a GET.
    pub body: Option<String>,
}

impl Ask {
    /// A question without a body.
    pub fn get(path: String) -> Ask {
        Ask { path, body: None }
    }
}

/// How far a pull is; each vendor uses of it what it needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// Of which place (hash): another one is read from its beginning.
    pub place: String,
    /// What is being read; empty = nothing yet.
    pub part: String,
    /// The last thing that was read, as the vendor pages.
    pub after: String,
    /// What is read now is no older than this.
    pub since: Instant,
    /// The newest thing that was read in increments.
    pub seen: String,
    /// What becomes `seen` at the end of the walk.
    pub mark: String,
    /// What becomes `since` at the end of the walk.
    pub begun: Instant,
    /// Names that were read on the way: colleagues by their number there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

impl Cursor {
    /// One step of a walk through `parts`: to the next page, the next part, or the end, from where the next walk asks
    /// for what changed since this one began. Answers whether to go on.
    fn walk(&mut self, after: Option<String>, parts: &[&str]) -> bool {
        if let Some(after) = after {
            self.after = after;
            return true;
        }
        self.after.clear();
        let place = parts.iter().position(|part| *part == self.part).unwrap_or_default();
        match parts.get(place + 1) {
            Some(next) => {
                (*next).clone_into(&mut self.part);
                true
            }
            None => {
                self.part.clear();
                self.since = self.begun;
                false
            }
        }
    }
}

/// What one answer says.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The things.
    pub told: Vec<Told>,
    /// Where to go on.
    pub next: Cursor,
    /// Whether to go on at once.
    pub more: bool,
}

impl System {
    /// The place, as something that may be kept.
    pub fn place(&self) -> String {
        stable_hash(&["system", self.api.as_str()])
    }

    /// How its shapes are read.
    pub fn reading<'a>(&'a self, options: &'a Options) -> Reading<'a> {
        Reading {
            options,
            account_key: self.account_key.as_deref(),
            attributes: &self.attributes,
            customers: &self.customers,
            colleagues: &self.colleagues,
        }
    }

    /// What a webhook says.
    pub fn hook(&self, payload: &Json, options: &Options) -> Heard {
        let reading = self.reading(options);
        match self.vendor {
            Vendor::Stripe => stripe::hook(payload, &reading),
            Vendor::Hubspot => hubspot::hook(payload),
            Vendor::Zendesk => zendesk::hook(payload),
            Vendor::Intercom => intercom::hook(payload),
            // Its messages are not signed: a mapped webhook is.
            Vendor::Salesforce => Heard::default(),
        }
    }

    /// The next question of a pull.
    pub fn ask(&self, cursor: &Cursor, options: &Options) -> Ask {
        match self.vendor {
            Vendor::Stripe => stripe::ask(cursor),
            Vendor::Hubspot => hubspot::ask(cursor, &self.reading(options)),
            Vendor::Salesforce => salesforce::ask(cursor, &self.reading(options)),
            Vendor::Zendesk => zendesk::ask(cursor, options.now),
            Vendor::Intercom => intercom::ask(cursor, options.now),
        }
    }

    /// What an answer says; none where it has not the documented shape.
    pub fn read(&self, cursor: &Cursor, answer: &Json, options: &Options) -> Option<Page> {
        let reading = self.reading(options);
        match self.vendor {
            Vendor::Stripe => stripe::read(cursor, answer, &reading),
            Vendor::Hubspot => hubspot::read(cursor, answer, &reading),
            Vendor::Salesforce => salesforce::read(cursor, answer, &reading),
            Vendor::Zendesk => zendesk::read(cursor, answer, &reading),
            Vendor::Intercom => intercom::read(cursor, answer, options.now),
        }
    }

    /// Headers of every call, the secret ones among them.
    pub fn headers(&self, session: Option<&SecretString>) -> Vec<(&'static str, SecretString)> {
        let own = self.token.as_ref().map(|token| match (&self.user, self.vendor) {
            (Some(user), Vendor::Zendesk) => call::basic(&format!("{user}/token"), token),
            _ => call::bearer(session.unwrap_or(token)),
        });
        let version = match self.vendor {
            Vendor::Stripe => Some(("stripe-version", SecretString::from(stripe::VERSION))),
            Vendor::Intercom => Some(("intercom-version", SecretString::from(intercom::VERSION))),
            Vendor::Hubspot | Vendor::Salesforce | Vendor::Zendesk => None,
        };
        own.map(|own| ("authorization", own)).into_iter().chain(version).collect()
    }

    /// What sessions are granted for; none where the token itself is enough.
    pub fn login(&self) -> Option<Grant> {
        match (self.vendor, &self.user, &self.token) {
            (Vendor::Salesforce, Some(user), Some(token)) => salesforce::login(&self.api, user, token),
            _ => None,
        }
    }

    /// Whether a refusal of this question means that the increments have a gap: then all is read again.
    pub fn lost(&self, cursor: &Cursor, status: u16) -> bool {
        match self.vendor {
            // Events are kept for 30 days; the last one that was read is gone.
            Vendor::Stripe => cursor.part == "events" && matches!(status, 400 | 404),
            // A walk that rested too long cannot go on.
            Vendor::Salesforce | Vendor::Zendesk | Vendor::Intercom => {
                !cursor.after.is_empty() && matches!(status, 400 | 404 | 422)
            }
            Vendor::Hubspot => false,
        }
    }

    /// Where to go on when this question is refused and the rest can be read without its answer: not every user may see
    /// deleted records, among which mergers stand.
    pub fn without(&self, cursor: &Cursor, status: u16) -> Option<Cursor> {
        let refused = matches!(status, 400 | 403 | 404);
        let can = self.vendor == Vendor::Salesforce && refused && cursor.after.is_empty();
        can.then(|| salesforce::without_mergers(cursor)).flatten()
    }

    /// How many questions its limit allows us, and in how many seconds.
    pub fn pace(&self) -> (usize, u64) {
        match self.vendor {
            Vendor::Stripe => (20, 1),
            // Searches: 5 a second for the whole account.
            Vendor::Hubspot => (4, 1),
            // Exports: 10 a minute.
            Vendor::Zendesk => (1, 7),
            Vendor::Intercom | Vendor::Salesforce => (10, 1),
        }
    }

    /// What the token must be allowed, as questions that a check may ask, with the name of the permission.
    pub fn permissions(&self) -> Vec<(&'static str, Ask)> {
        let get = |path: &str| Ask::get(path.to_owned());
        match self.vendor {
            Vendor::Stripe => vec![
                ("Events: read", get("/v1/events?limit=1")),
                ("Customers: read", get("/v1/customers?limit=1")),
                ("Subscriptions: read", get("/v1/subscriptions?limit=1")),
                ("Invoices: read", get("/v1/invoices?limit=1")),
            ],
            Vendor::Hubspot => vec![
                ("crm.objects.owners.read", get("/crm/v3/owners?limit=1")),
                ("crm.objects.companies.read", get("/crm/v3/objects/companies?limit=1")),
                ("crm.objects.contacts.read", get("/crm/v3/objects/contacts?limit=1")),
                ("crm.objects.deals.read", get("/crm/v3/objects/deals?limit=1")),
            ],
            Vendor::Salesforce => vec![
                ("Account: read", salesforce::query("SELECT Id FROM Account LIMIT 1")),
                ("Contact: read", salesforce::query("SELECT Id FROM Contact LIMIT 1")),
                ("Opportunity: read", salesforce::query("SELECT Id FROM Opportunity LIMIT 1")),
                ("Account: read deleted records", salesforce::mergers()),
            ],
            Vendor::Zendesk => vec![("tickets:read", get("/api/v2/incremental/tickets/sample.json?start_time=1"))],
            Vendor::Intercom => {
                vec![("Read conversations", get("/conversations?per_page=1")), ("Read admins", get("/me"))]
            }
        }
    }
}
