//! Layer 2: the answers in `knowledge/`: reading them, finding the one that fits, writing them as a page. Pure.

pub mod article;
pub mod page;
pub mod search;
pub mod units;

use std::collections::BTreeMap;

use crate::model::{ids::stable_hash, locale::Locale};
use article::Article;
use search::{Hit, Index};

/// Every article, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// By language, then by file name.
    pub articles: Vec<Article>,
    /// Tells one state of the files from another.
    pub stamp: String,
    indexes: Vec<Index>,
}

impl Library {
    /// Reads `knowledge/NAME.ja.md` and `NAME.en.md` by path; files without a language are no articles.
    pub fn new(files: &BTreeMap<String, String>) -> Library {
        let mut articles: Vec<Article> = files.iter().filter_map(|(path, text)| Article::read(path, text)).collect();
        articles.sort_by(|a, b| (a.locale, &a.name).cmp(&(b.locale, &b.name)));
        let indexes = Locale::ALL.iter().map(|locale| Index::of(&articles, *locale)).collect();
        Library { articles, stamp: stamp(files), indexes }
    }

    /// A library of the files as they are now; none where nothing has changed.
    pub fn renewed(&self, files: &BTreeMap<String, String>) -> Option<Library> {
        (self.stamp != stamp(files)).then(|| Library::new(files))
    }

    /// The section that answers `question`; none where nothing fits well enough. The language of the question is
    /// searched first (without Japanese letters: the asker's), then the other one. `public`: only articles for customers.
    pub fn answer(&self, question: &str, asker: Locale, public: bool) -> Option<Hit<'_>> {
        let first = if units::is_japanese(question) { Locale::Ja } else { asker };
        let mut order = self.indexes.iter().collect::<Vec<_>>();
        order.sort_by_key(|index| index.locale != first);
        order.into_iter().find_map(|index| index.best(&self.articles, question, public))
    }

    /// How many articles there are in `locale`; `public`: only those for customers.
    pub fn count(&self, locale: Locale, public: bool) -> usize {
        self.articles.iter().filter(|a| a.locale == locale && (a.public || !public)).count()
    }
}

fn stamp(files: &BTreeMap<String, String>) -> String {
    let all: Vec<&str> = files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]).collect();
    stable_hash(&all)
}
