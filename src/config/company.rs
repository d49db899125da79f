//! `company:` — who writes, as the law asks to see it in every mail.

use super::reader::Section;

/// The sender as a company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// Company or product name.
    pub name: String,
    /// Postal address, on one line.
    pub address: String,
    /// Home page; may be empty.
    pub url: String,
}

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Company {
    let mut text = |key| section.text(key).map(|t| t.text).unwrap_or_default();
    let company = Company { name: text("name"), address: text("address"), url: text("url") };
    section.finish();
    company
}
