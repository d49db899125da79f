//! The Japanese of what checks say, one file a topic. Left: the English sentence with `{}` for each value in it;
//! right: the same in Japanese, `{}` in the same order or `{0}`, `{1}` by number.

mod channels;
mod conditions;
mod files;
mod installation;
mod lints;
mod model;
mod nouns;
mod playbook;
mod settings;
mod tables;
mod templates;
mod times;

/// (English, Japanese).
pub type Sentence = (&'static str, &'static str);

const TOPICS: [&[Sentence]; 12] = [
    nouns::SENTENCES,
    files::SENTENCES,
    conditions::SENTENCES,
    times::SENTENCES,
    model::SENTENCES,
    playbook::SENTENCES,
    lints::SENTENCES,
    templates::SENTENCES,
    settings::SENTENCES,
    channels::SENTENCES,
    tables::SENTENCES,
    installation::SENTENCES,
];

/// Every sentence of every topic.
pub fn sentences() -> impl Iterator<Item = &'static Sentence> {
    TOPICS.into_iter().flatten()
}
