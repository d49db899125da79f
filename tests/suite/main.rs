//! One integration binary: stories, contracts and fakes. Most tests sit beside the code they test.

mod chat;
mod check;
mod fakes;
mod holidays;
mod store;
mod tables;
mod tidy;
