//! `check --explain RULE`: the section of a rule, without a network or the repository at hand.

use crate::{
    cli::{Exit, Failure},
    model::{diagnostic::nearest, locale::Locale},
    words::refusal,
};

const PAGE: &str = include_str!("../../../docs/checks.md");

/// Prints the section.
pub fn run(locale: Locale, rule: &str) -> Result<Exit, Failure> {
    match section(rule) {
        Some(text) => {
            anstream::println!("{text}");
            Ok(Exit::Done)
        }
        None => {
            let near = nearest(rule, rules());
            Err(Failure::usage(refusal::no_rule(locale, rule, near)))
        }
    }
}

/// Every rule that has a section, in the order of the page.
pub fn rules() -> impl Iterator<Item = &'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("### "))
}

fn section(rule: &str) -> Option<&'static str> {
    let start = PAGE.find(&format!("\n### {rule}\n"))? + 1;
    let body = start + 4;
    let end = ["\n### ", "\n## "].iter().filter_map(|next| PAGE[body..].find(next)).min();
    Some(PAGE[start..end.map_or(PAGE.len(), |e| body + e)].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let text = section("unknown-key").unwrap();
        assert!(text.starts_with("### unknown-key") && text.matches("###").count() == 1, "{text}");
        assert!(section("unknown").is_none());
    }
}
