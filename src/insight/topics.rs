//! What events are about, ranked: tags of notes, subjects of tickets. Each topic with the customers behind it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::view::AccountView;
use crate::model::{
    fact::Fact,
    ids::{AccountId, ContactId},
    instant::Instant,
    money::Money,
    value::Value,
};

/// Quotes kept of each topic.
const QUOTES: usize = 3;

/// One topic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    /// What it is called: the tag, the subject.
    pub topic: String,
    /// Events about it in the period.
    pub count: usize,
    /// Events about it in the period before, of the same length.
    pub before: usize,
    /// Customers that spoke of it.
    pub accounts: usize,
    /// Their monthly revenue, each currency for itself.
    pub mrr: Vec<Money>,
    /// The newest words about it: (account's name, what was said).
    pub quotes: Vec<(String, String)>,
}

/// Who may have spoken of it.
pub type Speakers = BTreeMap<AccountId, Speaker>;

/// A customer as topics need it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Speaker {
    /// Display name.
    pub name: String,
    /// Monthly revenue.
    pub mrr: Option<Money>,
    /// Contacts that turned out to be another one: theirs → whose they are.
    pub merged: BTreeMap<ContactId, ContactId>,
}

impl Speaker {
    /// The customer of a view.
    pub fn of(view: &AccountView) -> Speaker {
        Speaker { name: view.name(), mrr: view.mrr(), merged: view.state.merged.clone() }
    }
}

/// Topics of `facts` by the property `by` (a text, or a list of texts), the most customers first, then the most
/// events. `facts` reach back to one period before `from`; those of accounts that are not `known` do not count.
pub fn rank(facts: &[Fact], by: &str, known: &Speakers, from: Instant) -> Vec<Topic> {
    let mut about: BTreeMap<String, Vec<&Fact>> = BTreeMap::new();
    for fact in facts.iter().filter(|f| known.contains_key(&f.account)) {
        for topic in topics(&fact.body.prop(by)) {
            about.entry(topic).or_default().push(fact);
        }
    }
    let mut all: Vec<Topic> = about.into_iter().map(|(topic, facts)| one(topic, facts, known, from)).collect();
    all.retain(|topic| topic.count > 0);
    all.sort_by(|a, b| (b.accounts, b.count, &a.topic).cmp(&(a.accounts, a.count, &b.topic)));
    all
}

fn topics(value: &Value) -> BTreeSet<String> {
    let plain = |text: &str| text.trim().to_lowercase();
    let all: Vec<String> = match value {
        Value::List(items) => items.iter().filter_map(Value::as_text).map(plain).collect(),
        other => other.as_text().map(plain).into_iter().collect(),
    };
    all.into_iter().filter(|topic| !topic.is_empty()).collect()
}

fn one(topic: String, mut facts: Vec<&Fact>, known: &Speakers, from: Instant) -> Topic {
    facts.sort_by_key(|f| std::cmp::Reverse(f.occurred_at));
    let (now, before): (Vec<&Fact>, Vec<&Fact>) = facts.into_iter().partition(|f| f.occurred_at >= from);
    let accounts: BTreeSet<AccountId> = now.iter().map(|f| f.account).collect();
    let speakers = accounts.iter().filter_map(|id| known.get(id));
    let mrr = Money::sums(speakers.filter_map(|speaker| speaker.mrr));
    let quote = |f: &&Fact| {
        let text = f.body.prop("text").as_text().or(f.body.prop("subject").as_text()).map(str::to_owned)?;
        // The subject of a ticket is the topic already.
        if text.trim().to_lowercase() == topic {
            return None;
        }
        Some((known.get(&f.account)?.name.clone(), text))
    };
    let quotes = now.iter().filter_map(quote).take(QUOTES).collect();
    Topic { topic, count: now.len(), before: before.len(), accounts: accounts.len(), mrr, quotes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{fact::FactBody, money::Currency, value::Props};

    fn note(account: i64, at: i64, tags: &[&str], text: &str) -> Fact {
        let tags = Value::List(tags.iter().map(|tag| Value::text(*tag)).collect());
        let props = Props::from([("tags".to_owned(), tags), ("text".to_owned(), Value::text(text))]);
        Fact {
            seq: at,
            account: AccountId(account),
            contact: None,
            occurred_at: Instant(at),
            received_at: Instant(at),
            source: "test".into(),
            event_id: format!("{account}:{at}"),
            body: FactBody::event("note.added", props),
        }
    }

    fn view(id: i64, mrr: i64) -> AccountView {
        let mut view = AccountView { id: AccountId(id), key: format!("a{id}"), ..AccountView::default() };
        view.values.insert("account.mrr".into(), Value::Money(Money { amount_minor: mrr, currency: Currency::JPY }));
        view
    }

    #[test]
    fn a_subject_is_not_quoted_under_itself() {
        let ticket = |at: i64, text: Option<&str>| {
            let mut props = Props::from([("subject".to_owned(), Value::text("CSV Import "))]);
            props.extend(text.map(|text| ("text".to_owned(), Value::text(text))));
            Fact { body: FactBody::event("ticket.opened", props), ..note(1, at, &[], "") }
        };
        let known = [view(1, 100)].iter().map(|view| (view.id, Speaker::of(view))).collect();
        let all = rank(&[ticket(11, None), ticket(12, Some("it stops at 80 %"))], "subject", &known, Instant(10));
        assert_eq!(all[0].topic, "csv import");
        assert_eq!(all[0].quotes, [("a1".to_owned(), "it stops at 80 %".to_owned())]);
    }

    #[test]
    fn more_customers_outrank_more_words_and_quotes_are_the_newest() {
        let facts = [
            note(1, 11, &["Export"], "one"),
            note(2, 12, &["export", "export"], "two"),
            note(1, 13, &["search"], "a"),
            note(1, 14, &["search"], "b"),
            note(1, 15, &["search"], "c"),
            note(2, 3, &["search"], "before"),
            note(9, 16, &["export"], "not ours"),
            note(1, 17, &[], "no tag"),
        ];
        let views = [view(1, 100), view(2, 50)];
        let known = views.iter().map(|view| (view.id, Speaker::of(view))).collect();
        let all = rank(&facts, "tags", &known, Instant(10));
        let seen: Vec<_> = all.iter().map(|t| (t.topic.as_str(), t.accounts, t.count, t.before)).collect();
        assert_eq!(seen, [("export", 2, 2, 0), ("search", 1, 3, 1)]);
        assert_eq!(all[0].mrr[0].amount_minor, 150);
        assert_eq!(all[0].quotes[0], ("a2".to_owned(), "two".to_owned()));
    }
}
