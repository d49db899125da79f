//! Webhooks of other systems: signed JSON becomes calls by a mapping of conditions, as `model.yaml` writes them.

mod map;
mod verify;

pub use self::{
    map::{Map, read_map},
    verify::{Refused, Request, Scheme},
};

/// One sender.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Its name in `sources:`, and the source of its facts.
    pub name: String,
    /// How it signs.
    pub scheme: Scheme,
    /// Verify what it sends: any of them.
    pub secrets: Vec<secrecy::SecretString>,
    /// What its payloads mean.
    pub reads: Reads,
}

/// What payloads mean.
#[derive(Clone, Debug)]
pub enum Reads {
    /// What a mapping says.
    Map(Box<Map>),
    /// What a system documents.
    System(Box<super::system::System>),
}
