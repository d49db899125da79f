//! The store's contract: the same tests over SQLite and PostgreSQL, each with a database of its own.

mod contract_dispatch;
mod contract_erase;
mod contract_facts;
mod contract_identity;
mod contract_import;
mod contract_keeping;
mod contract_links;
mod contract_system;
mod contract_track;
mod contract_workspace;
pub mod fixture;
mod migrations;
mod sqlite_only;

/// Runs every named contract on both engines.
macro_rules! contracts {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $name() { super::$name(crate::store::fixture::Fixture::sqlite().await).await; })*
        }
        mod on_postgres {
            $(#[tokio::test] async fn $name() {
                if let Some(fixture) = crate::store::fixture::Fixture::postgres().await { super::$name(fixture).await; }
            })*
        }
    };
}
use contracts;
