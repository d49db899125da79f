//! Layer 4: the shell around the pure core: inbox, evaluate, dispatch, reload. No cleverness.

mod activity;
mod announce;
mod contracts;
pub mod daily;
mod digest;
pub mod dispatch;
pub mod done;
pub mod effects;
pub mod executive;
mod feeds;
pub mod import;
pub mod journal;
mod kpis;
pub mod preferences;
pub mod pull;
pub mod reload;
pub mod render;
pub mod returned;
pub mod shell;
pub mod survey;
mod swap;
mod sweep;
pub mod token;
pub mod track;
pub mod unsubscribe;
pub mod versions;
mod views;
