//! One integration binary: stories, contracts and fakes. Most tests sit beside the code they test.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and may explain itself"
)]

mod absence;
mod answers;
mod by_hand;
mod catalogue;
mod cel;
mod chat;
mod check;
mod check_rules;
mod click_link;
mod constructs;
mod coverage;
mod crowd;
mod desk;
mod digests;
mod dispatch;
mod edit_walk;
mod effects;
mod fakes;
mod foresight;
mod foretold;
mod fuzzed;
mod hand_over;
mod health_golden;
mod hearing;
mod holidays;
mod hostile;
mod identity;
mod idle;
mod intake;
mod kit;
mod knowledge;
mod language;
mod lives;
mod made;
mod merged;
mod merged_links;
mod moved;
mod names;
mod next_change;
mod numbers;
mod plan_link;
mod playbook_tests;
mod properties;
mod properties_constructs;
mod readiness;
mod receivers;
mod refusals;
mod render;
mod report;
mod returned;
mod roll;
mod schema_files;
mod score;
mod seed;
mod share_link;
mod sheets;
mod shell;
mod sight;
mod smtp;
mod store;
mod stories;
mod story;
mod survey_link;
mod systems;
mod tables;
mod task_types;
mod tidy;
mod torture;
mod tracking;
mod traps;
mod value;
mod versions;
mod walk;
mod watch;
mod webhook;
mod wording;
mod world;
mod zones;
