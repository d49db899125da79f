//! What product hears: wishes and stumbling points of tagged notes, tickets and survey answers together, ranked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::topics::Speakers;
use crate::model::{
    fact::{Fact, FactBody},
    ids::AccountId,
    instant::Instant,
    money::Money,
    survey::{Kind, RESPONDED},
    value::Value,
};

/// Events that are read for this.
pub const EVENTS: [&str; 3] = ["note.added", "ticket.opened", RESPONDED];
/// Quotes kept of each topic.
const QUOTES: usize = 3;

/// Where something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A note of ours about a talk.
    Note,
    /// A ticket.
    Ticket,
    /// The comment of a survey answer.
    Survey,
}

impl Source {
    /// Its word in data.
    pub fn word(self) -> &'static str {
        match self {
            Source::Note => "note",
            Source::Ticket => "ticket",
            Source::Survey => "survey",
        }
    }
}

/// One wish or stumbling point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Want {
    /// What it is called: a topic of the digest's `words`, a tag, the subject of a ticket.
    pub topic: String,
    /// Customers that spoke of it in the period.
    pub accounts: usize,
    /// Their monthly revenue, each currency for itself.
    pub mrr: Vec<Money>,
    /// The first that was heard of it, as far back as one period before this one.
    pub since: Instant,
    /// How often in the period, by where it was said.
    pub heard: BTreeMap<Source, usize>,
    /// How often in the period before, of the same length.
    pub before: usize,
    /// The newest words about it.
    pub quotes: Vec<Quote>,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// The account's name.
    pub name: String,
    /// The words.
    pub text: String,
    /// Where.
    pub source: Source,
    /// When.
    pub at: Instant,
}

/// Topics and the other words people use for each: `{export: [csv, ダウンロード]}`.
pub type Words = BTreeMap<String, Vec<String>>;

/// The list of `facts` since `from`, the most customers first, then the most mentions; facts of accounts that are not
/// `known` do not count, nor do positive notes and the answers of those who are content (NPS 9 or 10, the highest CSAT
/// and CES): that is praise.
///
/// A note counts for its tags. A ticket or an answer counts for every topic (of `words`, or a tag of a note) whose name or
/// other word stands in it, and a ticket with none for its own subject.
pub fn rank(facts: &[Fact], words: &Words, known: &Speakers, from: Instant) -> Vec<Want> {
    let facts: Vec<(&Fact, Source)> = facts
        .iter()
        .filter(|f| known.contains_key(&f.account))
        .filter_map(|f| Some((f, source(f)?)))
        .filter(|(f, source)| !praises(f, *source))
        .collect();
    let vocabulary = Vocabulary::new(words, &facts);
    let mut about: BTreeMap<String, Vec<(&Fact, Source)>> = BTreeMap::new();
    for (fact, source) in facts {
        for topic in vocabulary.topics(fact, source) {
            about.entry(topic).or_default().push((fact, source));
        }
    }
    let mut all: Vec<Want> = about.into_iter().filter_map(|(topic, facts)| want(topic, facts, known, from)).collect();
    let times = |want: &Want| want.heard.values().sum::<usize>();
    all.sort_by(|a, b| (b.accounts, times(b), &a.topic).cmp(&(a.accounts, times(a), &b.topic)));
    all
}

fn source(fact: &Fact) -> Option<Source> {
    let FactBody::Event { name, .. } = &fact.body else { return None };
    match name.as_str() {
        "note.added" => Some(Source::Note),
        "ticket.opened" => Some(Source::Ticket),
        RESPONDED => Some(Source::Survey),
        _ => None,
    }
}

fn praises(fact: &Fact, source: Source) -> bool {
    match source {
        Source::Note => fact.body.prop("positive") == Value::Bool(true),
        Source::Ticket => false,
        Source::Survey => {
            let kind = fact.body.prop("kind").as_text().and_then(Kind::parse);
            let score = fact.body.prop("score").as_num();
            kind.zip(score).is_some_and(|(kind, score)| {
                let high = f64::from(kind.ends().1);
                score >= if kind == Kind::Nps { high - 1.0 } else { high }
            })
        }
    }
}

/// What was said, in one text.
fn text(fact: &Fact, source: Source) -> Option<String> {
    let keys: &[&str] = match source {
        Source::Note => &["text"],
        Source::Ticket => &["text", "subject"],
        Source::Survey => &["comment"],
    };
    let said = |key: &&str| fact.body.prop(key).as_text().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    keys.iter().find_map(said)
}

/// Every word by which a topic is known.
struct Vocabulary(Vec<(String, String)>);

impl Vocabulary {
    fn new(words: &Words, facts: &[(&Fact, Source)]) -> Vocabulary {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        for (topic, others) in words {
            for word in std::iter::once(topic).chain(others) {
                all.entry(plain(word)).or_insert_with(|| topic.clone());
            }
        }
        for tag in facts.iter().filter(|(_, source)| *source != Source::Survey).flat_map(|(fact, _)| tags(fact)) {
            all.entry(tag.clone()).or_insert(tag);
        }
        all.remove("");
        Vocabulary(all.into_iter().collect())
    }

    fn topics(&self, fact: &Fact, source: Source) -> BTreeSet<String> {
        let called = |tag: &String| self.0.iter().find(|(word, _)| word == tag).map(|(_, topic)| topic.clone());
        let mut found: BTreeSet<String> = tags(fact).iter().filter_map(called).collect();
        if source == Source::Note {
            return found;
        }
        let said =
            ["subject", "text", "comment"].map(|key| fact.body.prop(key).as_text().unwrap_or_default().to_owned());
        let said = plain(&said.join(" "));
        found.extend(self.0.iter().filter(|(word, _)| speaks_of(&said, word)).map(|(_, topic)| topic.clone()));
        let subject = fact.body.prop("subject").as_text().map(plain).filter(|s| !s.is_empty());
        if found.is_empty() && source == Source::Ticket {
            found.extend(subject);
        }
        found
    }
}

/// Tags of a note; tags or the category of a ticket.
fn tags(fact: &Fact) -> Vec<String> {
    let one = |value: Value| match value {
        Value::List(items) => items.iter().filter_map(Value::as_text).map(plain).collect::<Vec<String>>(),
        other => other.as_text().map(plain).into_iter().collect(),
    };
    let all = ["tags", "category"].into_iter().flat_map(|key| one(fact.body.prop(key)));
    all.filter(|tag| !tag.is_empty()).collect()
}

fn plain(text: &str) -> String {
    text.trim().nfkc().collect::<String>().to_lowercase()
}

/// Whether `word` stands in `text`: a Latin one as a word of its own, a Japanese one anywhere.
fn speaks_of(text: &str, word: &str) -> bool {
    let latin = |c: char| c.is_ascii_alphanumeric();
    text.match_indices(word).any(|(at, found)| {
        let before = text[..at].chars().next_back().is_some_and(latin) && word.starts_with(latin);
        let after = text[at + found.len()..].chars().next().is_some_and(latin) && word.ends_with(latin);
        !before && !after
    })
}

fn want(topic: String, mut facts: Vec<(&Fact, Source)>, known: &Speakers, from: Instant) -> Option<Want> {
    facts.sort_by_key(|(f, _)| std::cmp::Reverse(f.occurred_at));
    let since = facts.last()?.0.occurred_at;
    let (now, before): (Vec<_>, Vec<_>) = facts.into_iter().partition(|(f, _)| f.occurred_at >= from);
    let accounts: BTreeSet<AccountId> = now.iter().map(|(f, _)| f.account).collect();
    let mrr = Money::sums(accounts.iter().filter_map(|id| known.get(id)?.mrr));
    let mut heard: BTreeMap<Source, usize> = BTreeMap::new();
    now.iter().for_each(|(_, source)| *heard.entry(*source).or_default() += 1);
    let quote = |(f, source): &(&Fact, Source)| {
        // The subject of a ticket is the topic already.
        let text = text(f, *source).filter(|text| plain(text) != topic)?;
        Some(Quote { name: known.get(&f.account)?.name.clone(), text, source: *source, at: f.occurred_at })
    };
    let quotes = now.iter().filter_map(quote).take(QUOTES).collect();
    let want = Want { accounts: accounts.len(), mrr, since, heard, before: before.len(), quotes, topic };
    (want.accounts > 0).then_some(want)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        insight::topics::Speaker,
        model::{ids::ContactId, value::Props},
    };

    fn fact(account: i64, at: i64, name: &str, props: &[(&str, Value)]) -> Fact {
        let props: Props = props.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        Fact {
            seq: at,
            account: AccountId(account),
            contact: Some(ContactId(account)),
            occurred_at: Instant(at),
            received_at: Instant(at),
            source: "test".into(),
            event_id: at.to_string(),
            body: FactBody::event(name, props),
        }
    }

    fn note(account: i64, at: i64, tag: &str, positive: bool) -> Fact {
        let tags = Value::List([Value::text(tag)].into());
        let text = Value::text(format!("about {tag}"));
        fact(account, at, "note.added", &[("tags", tags), ("positive", Value::Bool(positive)), ("text", text)])
    }

    fn ticket(account: i64, at: i64, subject: &str) -> Fact {
        fact(account, at, "ticket.opened", &[("subject", Value::text(subject))])
    }

    fn answer(account: i64, at: i64, score: f64, comment: &str) -> Fact {
        let props = [("kind", Value::text("nps")), ("score", Value::Num(score)), ("comment", Value::text(comment))];
        fact(account, at, RESPONDED, &props)
    }

    fn known(ids: &[i64]) -> Speakers {
        ids.iter().map(|id| (AccountId(*id), Speaker { name: format!("A{id}"), ..Speaker::default() })).collect()
    }

    #[test]
    fn notes_tickets_and_answers_are_one_list_and_praise_is_left_out() {
        let facts = [
            note(1, 5, "export", false),
            note(1, 11, "Export", false),
            ticket(2, 12, "ＣＳＶ が開けない"),
            answer(3, 13, 6.0, "データのエクスポートが遅い"),
            answer(4, 14, 10.0, "csv export is great"),
            note(4, 15, "export", true),
            answer(5, 16, 3.0, "we exported nothing"),
            ticket(2, 17, "Invoice layout"),
            note(9, 18, "export", false),
        ];
        let words = Words::from([("export".to_owned(), vec!["CSV".to_owned(), "エクスポート".to_owned()])]);
        let all = rank(&facts, &words, &known(&[1, 2, 3, 4, 5]), Instant(10));
        let seen: Vec<_> = all.iter().map(|w| (w.topic.as_str(), w.accounts, w.since.0, w.before)).collect();
        assert_eq!(seen, [("export", 3, 5, 1), ("invoice layout", 1, 17, 0)]);
        let heard: Vec<(Source, usize)> = all[0].heard.clone().into_iter().collect();
        assert_eq!(heard, [(Source::Note, 1), (Source::Ticket, 1), (Source::Survey, 1)]);
        let quotes: Vec<_> = all[0].quotes.iter().map(|q| (q.name.as_str(), q.source, q.at.0)).collect();
        assert_eq!(quotes, [("A3", Source::Survey, 13), ("A2", Source::Ticket, 12), ("A1", Source::Note, 11)]);
        assert_eq!(all[1].quotes, [], "a subject is not quoted under itself");
    }

    #[test]
    fn a_latin_word_is_a_whole_word_and_a_japanese_one_stands_anywhere() {
        assert!(
            speaks_of("the csv, please", "csv") && speaks_of("csv出力", "csv") && speaks_of("予約票を印刷", "印刷")
        );
        assert!(!speaks_of("csvs", "csv") && !speaks_of("exports", "export") && !speaks_of("an app", "ap"));
    }
}
