//! What is tried with one input.

use std::collections::BTreeMap;

use shirube::{
    rulebook::{load::load, testfile},
    source::mail,
};

/// The files a text could be.
const AS: [&str; 5] =
    ["model.yaml", "playbooks/p.yaml", "content.yaml", "templates/a/b.ja.md", "templates/layouts/standard.mjml"];

/// Loads `text` as every kind of file.
pub fn load_as_everything(text: &str) {
    for path in AS {
        let (rulebook, found) = load(&BTreeMap::from([(path.to_owned(), text.to_owned())]));
        assert!(rulebook.is_some() || !found.is_empty(), "refused without a word");
    }
    drop(testfile::parse("playbooks/p.test.yaml", text));
}

/// Reads bytes as a mail that came in.
pub fn read_mail(bytes: &[u8]) {
    assert!(!mail::read(bytes).heard.is_empty(), "a mail says at least that it says nothing");
}
