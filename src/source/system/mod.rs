//! Systems a company already has: billing, CRM, help desk. A system is a way to sign, a fixed reading of its documented
//! shapes, and a paged pull with a cursor; all of it pure, the calls are made by one loop for all.

mod call;
mod contract;
mod settle;
mod shape;
pub mod stripe;

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use self::{
    call::{Caller, Refused},
    settle::settle,
};
use crate::{
    model::{ids::stable_hash, instant::Instant, safe::SafeUrl, system::Told},
    source::track::{Json, Options},
};

/// A vendor whose shapes are understood. Each is one module and one line in every `match` below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Billing.
    Stripe,
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
        Reading { options, account_key: self.account_key.as_deref(), attributes: &self.attributes }
    }

    /// What a webhook says.
    pub fn hook(&self, payload: &Json, options: &Options) -> Heard {
        let reading = self.reading(options);
        match self.vendor {
            Vendor::Stripe => stripe::hook(payload, &reading),
        }
    }

    /// The next question of a pull.
    pub fn ask(&self, cursor: &Cursor) -> Ask {
        match self.vendor {
            Vendor::Stripe => stripe::ask(cursor),
        }
    }

    /// What an answer says; none where it has not the documented shape.
    pub fn read(&self, cursor: &Cursor, answer: &Json, options: &Options) -> Option<Page> {
        let reading = self.reading(options);
        match self.vendor {
            Vendor::Stripe => stripe::read(cursor, answer, &reading),
        }
    }

    /// Headers of every call, the secret ones among them.
    pub fn headers(&self) -> Vec<(&'static str, SecretString)> {
        let bearer = self.token.as_ref().map(|token| ("authorization", call::bearer(token)));
        let version = match self.vendor {
            Vendor::Stripe => Some(("stripe-version", SecretString::from(stripe::VERSION))),
        };
        bearer.into_iter().chain(version).collect()
    }

    /// Whether a refusal of this question means that the increments have a gap: then all is read again.
    pub fn lost(&self, cursor: &Cursor, status: u16) -> bool {
        match self.vendor {
            // Events are kept for 30 days; the last one that was read is gone.
            Vendor::Stripe => cursor.part == "events" && matches!(status, 400 | 404),
        }
    }

    /// How many questions a second its limit allows us without asking more slowly.
    pub fn pace(&self) -> usize {
        match self.vendor {
            Vendor::Stripe => 20,
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
        }
    }
}
