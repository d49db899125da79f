//! The web addresses of a body: which there are, and where they lead instead when they are counted.

use std::collections::BTreeMap;

use super::doc::{Block, Inline};

/// Turns the links that `counted` knows; answers the web addresses that were written, each once, in their order. What a
/// link says stays as it was written.
pub(super) fn turned(blocks: &mut [Block], counted: &BTreeMap<String, String>) -> Vec<String> {
    let mut work = Work { counted, found: Vec::new() };
    work.blocks(blocks);
    work.found
}

struct Work<'a> {
    counted: &'a BTreeMap<String, String>,
    found: Vec<String>,
}

impl Work<'_> {
    fn blocks(&mut self, blocks: &mut [Block]) {
        for block in blocks {
            match block {
                Block::Paragraph(text) | Block::Heading(_, text) => self.inlines(text),
                Block::Action { url, .. } => self.url(url),
                Block::List { items, .. } => items.iter_mut().for_each(|item| self.blocks(&mut item.blocks)),
                Block::Quote(inner) => self.blocks(inner),
                Block::Table(rows) => rows.iter_mut().flatten().for_each(|cell| self.inlines(cell)),
                Block::Code(_) | Block::Rule | Block::Scale(_) => {}
            }
        }
    }

    fn inlines(&mut self, parts: &mut [Inline]) {
        for part in parts {
            match part {
                Inline::Bold(inner) | Inline::Italic(inner) | Inline::Strike(inner) => self.inlines(inner),
                Inline::Link { url, label } => {
                    self.inlines(label);
                    self.url(url);
                }
                Inline::Text(_) | Inline::Code(_) | Inline::Break => {}
            }
        }
    }

    fn url(&mut self, url: &mut String) {
        let scheme = url.split("://").next().unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return;
        }
        if !self.found.contains(url) {
            self.found.push(url.clone());
        }
        if let Some(instead) = self.counted.get(url) {
            *url = instead.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{doc::parse, html::html, plain::plain},
        *,
    };

    const BODY: &str = "# [見出し](https://a.test/h)\n\n- **[手順](https://a.test/x?a=1&b=2)** と <https://a.test/auto>\n\n> [再度](https://a.test/h)\n\n\
        | 表 |\n|---|\n| [中](https://a.test/t) |\n\n`https://a.test/code` [返信](mailto:cs@a.test)\n\n[続ける](HTTPS://a.test/go)";

    #[test]
    fn every_web_address_of_a_link_is_found_once_and_no_other() {
        let mut blocks = parse(BODY);
        let before = blocks.clone();
        let found = turned(&mut blocks, &BTreeMap::new());
        let want = [
            "https://a.test/h",
            "https://a.test/x?a=1&b=2",
            "https://a.test/auto",
            "https://a.test/t",
            "HTTPS://a.test/go",
        ];
        assert_eq!(found, want);
        assert_eq!(blocks, before, "nothing is counted: nothing changes");
    }

    #[test]
    fn both_parts_of_a_mail_lead_to_the_same_place() {
        let mut blocks = parse(BODY);
        let found = turned(&mut blocks, &BTreeMap::new());
        let counted: BTreeMap<String, String> =
            found.iter().enumerate().map(|(n, url)| (url.clone(), format!("https://us.test/c/t{n}"))).collect();
        assert_eq!(turned(&mut blocks, &counted), found);
        let (page, text) = (html(&blocks), plain(&blocks));
        for link in counted.values() {
            assert!(page.contains(&format!("href=\"{link}\"")) && text.contains(link), "{link}\n{page}\n{text}");
        }
        assert!(!page.contains("href=\"https://a.test") && page.contains("mailto:cs@a.test"), "{page}");
        assert_eq!(page.matches("/c/t0").count(), 2, "{page}");
    }
}
