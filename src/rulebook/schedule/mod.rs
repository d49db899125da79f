//! Time as customer-success people speak of it: cron, lengths, windows, business calendars.

pub mod calendar;
pub mod cron;
pub mod length;
pub mod window;
