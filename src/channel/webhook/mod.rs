//! Webhooks out: what an endpoint is told about a run.

mod body;

pub use body::webhook_body;
