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
    /// Other words readers use for the whole of it (`also: シート, licence`): they count like words of the title.
    pub also: String,
    /// What stands under the title and under each further heading, in order. Never empty.
    pub sections: Vec<Section>,
}

/// A heading and what stands under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The heading; empty = what stands under the article's title.
    pub heading: String,
    /// Other words for it: a line `also: …` under the heading, which readers do not see.
    pub also: String,
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
        let (Front { public, also }, body) = front(&text[..end]);
        let (title, sections) = sections(doc::parse(body));
        let title = title.unwrap_or_else(|| name.replace(['-', '_'], " "));
        let article = Article { path: path.to_owned(), name: name.to_owned(), locale, public, title, also, sections };
        (!article.sections.is_empty()).then_some(article)
    }
}

/// What stands between two `---` at the top.
#[derive(Default)]
struct Front {
    public: bool,
    also: String,
}

/// The lines between two `---` at the top, and the rest of the file.
fn front(text: &str) -> (Front, &str) {
    let text = text.trim_start_matches('\u{feff}');
    let begun = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"));
    let Some((head, body)) = begun.and_then(|rest| rest.split_once("\n---")) else { return (Front::default(), text) };
    let value = |key: &str| head.lines().filter_map(|l| l.split_once(':')).find(|(k, _)| k.trim() == key);
    let public = value("for").is_some_and(|(_, v)| v.trim() == "customers");
    let also = value("also").map(|(_, v)| v.trim().to_owned()).unwrap_or_default();
    (Front { public, also }, body.trim_start_matches(['-', '\r']))
}

/// The first heading of the first level, and the blocks under every heading.
fn sections(blocks: Vec<Block>) -> (Option<String>, Vec<Section>) {
    let section = |heading: String| Section { heading, also: String::new(), blocks: Vec::new() };
    let (mut title, mut all) = (None, vec![section(String::new())]);
    for block in blocks {
        match block {
            Block::Heading(1, text) if title.is_none() => title = Some(text_of(&text)),
            Block::Heading(_, text) => all.push(section(text_of(&text))),
            other => all.extend_last(other),
        }
    }
    all.retain(|section| !section.blocks.is_empty());
    (title, all)
}

/// The other words of a line `also: …`.
fn also(block: &Block) -> Option<String> {
    let Block::Paragraph(text) = block else { return None };
    text_of(text).trim().strip_prefix("also:").map(|words| words.trim().to_owned())
}

trait ExtendLast {
    fn extend_last(&mut self, block: Block);
}

impl ExtendLast for Vec<Section> {
    fn extend_last(&mut self, block: Block) {
        let Some(section) = self.last_mut() else { return };
        match also(&block).filter(|_| section.blocks.is_empty() && section.also.is_empty()) {
            Some(words) => section.also = words,
            None => section.blocks.push(block),
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
    fn other_words_are_for_finding_and_not_for_reading() {
        let text = "---\nfor: customers\nalso: licence, シート\n---\n# Seats\n\nFirst.\n\n## More\n\nalso: buy, 追加\n\nalso: b\n";
        let read = Article::read("knowledge/seats.en.md", text).unwrap();
        assert_eq!((read.also.as_str(), read.sections[1].also.as_str()), ("licence, シート", "buy, 追加"));
        assert_eq!((read.sections[0].blocks.len(), read.sections[1].blocks.len()), (1, 1), "said once");
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
