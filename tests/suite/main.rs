//! One integration binary: stories, contracts and fakes. Most tests sit beside the code they test.

mod tables;
mod chat;
mod fakes;
