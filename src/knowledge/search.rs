//! Which section answers a question: ranked by BM25, accepted only where enough of the question is in it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    article::{Article, Section},
    units::{asked, written},
};
use crate::{model::locale::Locale, rulebook::template::plain::unwrapped};

/// BM25: how fast a repeated word stops counting, and how much length counts (Robertson and Zaragoza 2009).
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// A word of the heading counts as often as this.
const IN_HEADING: f64 = 3.0;
/// A word that stands only in the text is so much evidence, one of a heading is 1.
const IN_TEXT: f64 = 0.6;
/// So much of the question must be in the section, weighed by how rare each word is.
const ENOUGH: f64 = 0.55;

/// The section that answers.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    /// Its article.
    pub article: &'a Article,
    /// The section.
    pub section: &'a Section,
    /// How much of the question is in it, 0..1.
    pub coverage: f64,
}

/// The sections of one language.
#[derive(Clone, Debug)]
pub struct Index {
    /// Which.
    pub locale: Locale,
    entries: Vec<Entry>,
    /// In how many articles a term stands.
    articles_with: BTreeMap<String, usize>,
    articles: usize,
    mean_length: f64,
}

#[derive(Clone, Debug)]
struct Entry {
    article: usize,
    section: usize,
    /// How often each term stands in it.
    counts: BTreeMap<String, f64>,
    heading: BTreeSet<String>,
    length: f64,
}

impl Index {
    /// An index of the articles in `locale`.
    pub fn of(articles: &[Article], locale: Locale) -> Index {
        let mut index =
            Index { locale, entries: Vec::new(), articles_with: BTreeMap::new(), articles: 0, mean_length: 1.0 };
        for (at, article) in articles.iter().enumerate().filter(|(_, a)| a.locale == locale) {
            let entries: Vec<Entry> =
                article.sections.iter().enumerate().map(|(i, s)| Entry::of(at, i, article, s)).collect();
            let terms: BTreeSet<&String> = entries.iter().flat_map(|e| e.counts.keys()).collect();
            terms.into_iter().for_each(|term| *index.articles_with.entry(term.clone()).or_default() += 1);
            index.articles += 1;
            index.entries.extend(entries);
        }
        let total: f64 = index.entries.iter().map(|e| e.length).sum();
        index.mean_length = (total / index.entries.len().max(1) as f64).max(1.0);
        index
    }

    /// The best section of those that hold enough of the question.
    pub fn best<'a>(&self, articles: &'a [Article], question: &str, public: bool) -> Option<Hit<'a>> {
        let units = asked(question);
        let hit = |entry: &Entry| {
            let article = articles.get(entry.article).filter(|a| a.public || !public)?;
            let section = article.sections.get(entry.section)?;
            let coverage = self.coverage(entry, &units);
            (coverage >= ENOUGH).then_some((self.score(entry, &units), Hit { article, section, coverage }))
        };
        let found = self.entries.iter().filter_map(hit);
        // Of equals the first: an article's beginning before its details.
        found.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, hit)| hit)
    }

    fn score(&self, entry: &Entry, units: &[Vec<String>]) -> f64 {
        let norm = K1 * (1.0 - B + B * entry.length / self.mean_length);
        let term = |term: &String| {
            let count = entry.counts.get(term).copied().unwrap_or(0.0);
            self.rarity(term) * count * (K1 + 1.0) / (count + norm)
        };
        units.iter().flatten().map(term).sum()
    }

    fn coverage(&self, entry: &Entry, units: &[Vec<String>]) -> f64 {
        let (mut found, mut all) = (0.0, 0.0);
        for unit in units {
            let terms = unit.len() as f64;
            let weight = unit.iter().map(|term| self.rarity(term)).sum::<f64>() / terms;
            found += weight * unit.iter().map(|term| entry.evidence(term)).sum::<f64>() / terms;
            all += weight;
        }
        if all > 0.0 { found / all } else { 0.0 }
    }

    /// How much a term tells: the fewer articles have it, the more. What stands nowhere is as rare as what stands once.
    fn rarity(&self, term: &str) -> f64 {
        let with = self.articles_with.get(term).copied().unwrap_or(1).max(1) as f64;
        let all = self.articles as f64;
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }
}

impl Entry {
    fn of(at: usize, number: usize, article: &Article, section: &Section) -> Entry {
        let heads = [&article.title, &article.also, &section.heading, &section.also];
        let heading: Vec<String> = heads.into_iter().flat_map(|text| written(text)).collect();
        let text = written(&unwrapped(&section.blocks));
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        text.iter().for_each(|term| *counts.entry(term.clone()).or_default() += 1.0);
        heading.iter().for_each(|term| *counts.entry(term.clone()).or_default() += IN_HEADING);
        let length = counts.values().sum();
        Entry { article: at, section: number, counts, heading: heading.into_iter().collect(), length }
    }

    fn evidence(&self, term: &str) -> f64 {
        match (self.heading.contains(term), self.counts.contains_key(term)) {
            (true, _) => 1.0,
            (false, true) => IN_TEXT,
            (false, false) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Library, *};

    fn library(files: &[(&str, &str)]) -> Library {
        Library::new(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn the_score_is_the_formula_worked_out_by_hand() {
        // Two articles; "seat" stands in one: ln(1 + 1.5/1.5) = ln 2. In its section: heading 3 + text 1 = 4 of length 5,
        // the other has 4 (3 heading + 1): mean 4.5. 4·2.2 ÷ (4 + 1.2·(0.25 + 0.75·5/4.5)) × ln 2.
        let library = library(&[("k/a.en.md", "# seats\n\nseat blue"), ("k/b.en.md", "# login\n\npage")]);
        let index = Index::of(&library.articles, Locale::En);
        let by_hand = 4.0 * 2.2 / (4.0 + 1.2 * (0.25 + 0.75 * 5.0 / 4.5)) * std::f64::consts::LN_2;
        assert!((index.score(&index.entries[0], &asked("seats")) - by_hand).abs() < 1e-12);
    }

    #[test]
    fn a_word_nobody_wrote_counts_against_an_answer() {
        let library =
            library(&[("k/a.en.md", "# Import customers\n\nOpen the settings."), ("k/b.en.md", "# Log in\n\nPage.")]);
        assert!(library.answer("import customers", Locale::En, false).is_some());
        assert!(library.answer("saml settings", Locale::En, false).is_none());
        assert!(library.answer("how do I do that", Locale::En, false).is_none());
    }

    #[test]
    fn customers_get_what_is_for_customers_and_the_language_of_the_question_comes_first() {
        let library = library(&[
            ("k/a.en.md", "# Seats\n\ninside"),
            ("k/b.en.md", "---\nfor: customers\n---\n# Seats of members\n\noutside"),
            ("k/b.ja.md", "# 席\n\nSeats"),
        ]);
        let path =
            |question, asker, public| library.answer(question, asker, public).map(|hit| hit.article.path.as_str());
        assert_eq!(path("seats", Locale::En, false), Some("k/a.en.md"));
        assert_eq!(path("seats", Locale::En, true), Some("k/b.en.md"));
        assert_eq!(path("seats", Locale::Ja, false), Some("k/b.ja.md"));
        assert_eq!(path("members", Locale::Ja, false), Some("k/b.en.md"), "the other language where one has nothing");
        assert_eq!(path("席", Locale::En, false), Some("k/b.ja.md"));
    }
}
