//! shirube (道しるべ): customer-success automation for tech-touch customers.
//!
//! The layers, the ring and the invariants are described in `docs/architecture.md`.

pub mod app;
pub mod channel;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod engine;
pub mod http;
pub mod insight;
pub mod knowledge;
pub mod model;
pub mod net;
pub mod rulebook;
pub mod simulate;
pub mod source;
pub mod store;
pub mod words;

/// Reading everybody's state is mostly taking and giving back small pieces of memory: see `docs/performance.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
