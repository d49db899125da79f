//! Time as customer-success people speak of it: cron, lengths, windows, business calendars.

pub mod calendar;
pub mod cron;
mod cron_fields;
pub mod japan;
pub mod length;
pub mod local;
pub mod open;
pub mod window;
