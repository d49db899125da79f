//! Layer 3: SQLite and PostgreSQL behind one coarse seam. No business rules.
//!
//! Two classes of table. *Account tables*: primary key and every UNIQUE begin with the account id.
//! *Directory tables*: keyed by what they look up. A decision writes one account's tables only.

pub mod api;
