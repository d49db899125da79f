//! One file of `knowledge/`: a question with its answer, in sections.

use crate::{
    model::locale::Locale,
    rulebook::template::doc::{self, Block, text_of},
};

/// Longest article read, in bytes; the rest is left out.
const LONGEST: usize = 200_000;

/// An article.
#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    /// Its file, as people name it: `knowledge/seats.en.md`.
    pub path: String,
    /// The file's name without folder, language and ending: the same in both languages.
    pub name: String,
    /// Its language.
    pub locale: Locale,
    /// Whether customers may read it (`for: customers`). Everything else is for the team.
    pub public: bool,
    /// Its first heading, else its name.
    pub title: String,
    /// What stands under the title and under each further heading, in order. Never empty.
    pub sections: Vec<Section>,
}

/// A heading and what stands under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The heading; empty = what stands under the article's title.
    pub heading: String,
    /// What stands under it, without further headings.
    pub blocks: Vec<Block>,
}

impl Article {
    /// Reads a file; none where its name has no language (`README.md`) or nothing is in it.
    pub fn read(path: &str, text: &str) -> Option<Article> {
        let stem = path.rsplit('/').next()?.strip_suffix(".md")?;
        let (name, language) = stem.rsplit_once('.')?;
        let locale = Locale::ALL.into_iter().find(|l| l.code() == language)?;
        let mut end = text.len().min(LONGEST);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let (public, body) = front(&text[..end]);
        let (title, sections) = sections(doc::parse(body));
        let title = title.unwrap_or_else(|| name.replace(['-', '_'], " "));
        let article = Article { path: path.to_owned(), name: name.to_owned(), locale, public, title, sections };
        (!article.sections.is_empty()).then_some(article)
    }
}

/// The lines between two `---` at the top: whether they say `for: customers`; and the rest of the file.
fn front(text: &str) -> (bool, &str) {
    let text = text.trim_start_matches('\u{feff}');
    let begun = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"));
    let Some((head, body)) = begun.and_then(|rest| rest.split_once("\n---")) else { return (false, text) };
    let is = |line: &str| line.split_once(':').is_some_and(|(k, v)| k.trim() == "for" && v.trim() == "customers");
    (head.lines().any(is), body.trim_start_matches(['-', '\r']))
}

/// The first heading of the first level, and the blocks under every heading.
fn sections(blocks: Vec<Block>) -> (Option<String>, Vec<Section>) {
    let (mut title, mut all) = (None, vec![Section { heading: String::new(), blocks: Vec::new() }]);
    for block in blocks {
        match block {
            Block::Heading(1, text) if title.is_none() => title = Some(text_of(&text)),
            Block::Heading(_, text) => all.push(Section { heading: text_of(&text), blocks: Vec::new() }),
            other => all.extend_last(other),
        }
    }
    all.retain(|section| !section.blocks.is_empty());
    (title, all)
}

trait ExtendLast {
    fn extend_last(&mut self, block: Block);
}

impl ExtendLast for Vec<Section> {
    fn extend_last(&mut self, block: Block) {
        if let Some(section) = self.last_mut() {
            section.blocks.push(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_article_has_a_title_sections_and_readers() {
        let text = "---\nfor: customers\n---\n# Seats\n\nFirst.\n\n## More seats\n\n- a\n\n### Even more\n\nb\n";
        let read = Article::read("knowledge/seats.en.md", text).unwrap();
        assert_eq!(
            (read.name.as_str(), read.locale, read.public, read.title.as_str()),
            ("seats", Locale::En, true, "Seats")
        );
        let headings: Vec<&str> = read.sections.iter().map(|s| s.heading.as_str()).collect();
        assert_eq!(headings, ["", "More seats", "Even more"]);
    }

    #[test]
    fn who_says_nothing_writes_for_the_team_and_without_a_language_it_is_no_article() {
        for text in
            ["# A\n\nb", "---\nfor: team\n---\n# A\n\nb", "---\nfor: customer\n---\nb", "---\nfor: customers\nb"]
        {
            assert!(!Article::read("knowledge/a.ja.md", text).unwrap().public, "{text}");
        }
        assert_eq!(Article::read("knowledge/README.md", "# A\n\nb"), None);
        assert_eq!(Article::read("knowledge/a.en.md", "# only a title"), None);
        assert_eq!(Article::read("knowledge/set-up.en.md", "b").unwrap().title, "set up");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(---\n)?.{0,60}\n(---)?#{0,3} .{0,60}") {
            let _ = Article::read("knowledge/a.ja.md", &text);
        }
    }
}
