//! `store:` — where everything is kept.

use super::{
    reader::{Section, Text},
    secret::Secret,
};

/// The store's address.
#[derive(Clone, Debug)]
pub enum Store {
    /// One file, relative to the project folder.
    Sqlite(String),
    /// A PostgreSQL URL; secret, because it may hold a password.
    Postgres(Secret),
}

impl Default for Store {
    fn default() -> Store {
        Store::Sqlite("shirube.db".to_owned())
    }
}

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Store {
    let store = section.text("url").and_then(|text| store(&section, &text)).unwrap_or_default();
    section.finish();
    store
}

fn store(section: &Section<'_>, text: &Text) -> Option<Store> {
    let refuse = |says: &str, help: &str| {
        section.error(&text.place, "url", says, help);
        None
    };
    if let Some(path) = text.text.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return match path {
            "" => refuse("no file is named", "write `sqlite:shirube.db`"),
            _ => Some(Store::Sqlite(path.to_owned())),
        };
    }
    if !text.text.starts_with("postgres://") && !text.text.starts_with("postgresql://") {
        return refuse("this is no store", "write `sqlite:shirube.db` or `postgres://user@host/database`");
    }
    if text.literal && super::url::password(&text.text).is_some() {
        let help =
            "write `url: ${env:DATABASE_URL}` and set that variable; then replace the password: it has been in a file";
        return refuse("a password must not stand in the file", help);
    }
    Secret::new(text.text.clone(), 1).ok().map(Store::Postgres)
}
