//! Who could tell a story: customers with whom it went well, and what they said, where they agreed to be quoted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{answers, view::AccountView};
use crate::model::{
    contact::Contact,
    fact::{Fact, FactBody},
    ids::{AccountId, ContactId},
    instant::Instant,
    money::Money,
    survey::{Kind, RESPONDED},
    value::Value,
};

/// Events that are read for this.
pub const EVENTS: [&str; 4] = ["note.added", RESPONDED, "contract.renewed", "contract.upgraded"];
/// The attribute (`account.quotable`, `contact.quotable`) by which somebody agreed to be quoted. Unsaid = no.
pub const QUOTABLE: &str = "quotable";

/// What speaks for a customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// A success (by its milestone's name) was reached.
    Success(String),
    /// Recommends us: 9 or 10 of 10.
    Promoter,
    /// A positive note.
    GoodWord,
    /// Renewed.
    Renewed,
    /// Bought more.
    Upgraded,
}

/// Words that may be used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// The words.
    pub text: String,
    /// Who; none where it was our note of a talk.
    pub person: Option<String>,
    /// `survey` or `note`.
    pub source: &'static str,
    /// When.
    pub at: Instant,
}

/// One candidate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The account's key.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub csm: Option<String>,
    /// Monthly revenue.
    pub mrr: Option<Money>,
    /// What speaks for it, each once.
    pub signs: Vec<Sign>,
    /// What may be quoted, newest first.
    pub said: Vec<Said>,
    /// Good words that nobody agreed to have quoted.
    pub withheld: usize,
    /// Whether the company agreed to be named.
    pub may_name: bool,
}

/// The candidate of `view`, from its `facts` since `from` and the people who answered; none where nothing speaks for it,
/// where it has left, or where it is at risk. `success` are the milestones that prove one.
pub fn of(
    view: &AccountView,
    facts: &[&Fact],
    people: &BTreeMap<ContactId, Contact>,
    success: &[&str],
    from: Instant,
) -> Option<Candidate> {
    if !view.is_customer() || view.band() == "red" {
        return None;
    }
    let facts: Vec<&Fact> = facts.iter().copied().filter(|f| f.occurred_at >= from).collect();
    let mut signs: Vec<Sign> = success
        .iter()
        .filter(|name| view.state.milestones.contains_key(**name))
        .map(|name| Sign::Success((*name).to_owned()))
        .collect();
    let may_name = *view.value("account.quotable") == Value::Bool(true);
    let (mut said, mut withheld) = (Vec::new(), 0);
    for fact in facts.iter().filter(|f| is(f, "note.added") && f.body.prop("positive") == Value::Bool(true)) {
        signs.push(Sign::GoodWord);
        let text = fact.body.prop("text").as_text().unwrap_or_default().trim().to_owned();
        // Our note of what somebody said: theirs to give, if it says who; the company's otherwise.
        let allowed = fact.contact.map_or(may_name, |id| may_name && agreed(people.get(&id)));
        match (text.is_empty(), allowed) {
            (true, _) => {}
            (false, true) => said.push(Said { text, person: None, source: "note", at: fact.occurred_at }),
            (false, false) => withheld += 1,
        }
    }
    for answer in answers::last(facts.iter().copied()) {
        if answer.kind != Kind::Nps || answer.score < 9 {
            continue;
        }
        signs.push(Sign::Promoter);
        let person = answer.fact.contact.and_then(|id| people.get(&id));
        match (answer.comment.is_empty(), agreed(person)) {
            (true, _) => {}
            (false, true) => {
                let person = person.and_then(|p| p.text("name")).map(str::to_owned);
                said.push(Said { text: answer.comment, person, source: "survey", at: answer.fact.occurred_at });
            }
            (false, false) => withheld += 1,
        }
    }
    signs.extend(facts.iter().filter(|f| is(f, "contract.renewed")).map(|_| Sign::Renewed));
    signs.extend(facts.iter().filter(|f| is(f, "contract.upgraded")).map(|_| Sign::Upgraded));
    signs.sort();
    signs.dedup();
    said.sort_by(|a, b| (b.at, &a.text).cmp(&(a.at, &b.text)));
    let (account, name, csm) = (view.key.clone(), view.name(), view.text("account.csm").map(str::to_owned));
    let found = Candidate { account, name, csm, mrr: view.mrr(), signs, said, withheld, may_name };
    (!found.signs.is_empty()).then_some(found)
}

/// The contacts whose words are among `facts`: those whose agreement must be known.
pub fn speakers(facts: &[Fact]) -> BTreeMap<AccountId, Vec<ContactId>> {
    let mut all: BTreeMap<AccountId, Vec<ContactId>> = BTreeMap::new();
    for fact in facts.iter().filter(|f| is(f, RESPONDED) || is(f, "note.added")) {
        all.entry(fact.account).or_default().extend(fact.contact);
    }
    all
}

/// The most signs first, then the most revenue, then by key.
pub fn rank(all: &mut [Candidate]) {
    let money = |c: &Candidate| c.mrr.map_or(0.0, |m| m.major());
    all.sort_by(|a, b| {
        let more = b.signs.len().cmp(&a.signs.len()).then(money(b).total_cmp(&money(a)));
        more.then_with(|| a.account.cmp(&b.account))
    });
}

fn is(fact: &Fact, event: &str) -> bool {
    matches!(&fact.body, FactBody::Event { name, .. } if name == event)
}

/// Only who said yes, and nobody who is not to be contacted.
fn agreed(person: Option<&Contact>) -> bool {
    person.is_some_and(|p| !p.do_not_contact && p.attrs.get(QUOTABLE) == Some(&Value::Bool(true)))
}
