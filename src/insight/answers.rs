//! Single answers to surveys: the last of each person, the scores beside the words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{survey, topics::Speakers};
use crate::model::{
    fact::{Fact, FactBody},
    ids::{AccountId, ContactId},
    instant::Instant,
    survey::{Kind, RESPONDED},
};

/// A person's last answer to surveys of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<'f> {
    /// Where it is recorded.
    pub fact: &'f Fact,
    /// Which survey.
    pub kind: Kind,
    /// The number, on the scale of `kind`.
    pub score: u8,
    /// What was written beside it; of a correction without words what was written before.
    pub comment: String,
}

/// `facts` as said by whoever their contacts are now: two contacts that turned out to be one person answer once.
pub fn by_person(facts: &mut [Fact], merged: &BTreeMap<(AccountId, ContactId), ContactId>) {
    for fact in facts {
        let now = fact.contact.and_then(|contact| merged.get(&(fact.account, contact)));
        fact.contact = now.copied().or(fact.contact);
    }
}

/// The last answer of each contact (or account) to each kind of survey; what lies off its scale takes no place.
pub fn last<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Vec<Answer<'f>> {
    let mut last: BTreeMap<(AccountId, Option<ContactId>, Kind), Answer<'f>> = BTreeMap::new();
    for new in facts.into_iter().filter_map(answer) {
        let key = (new.fact.account, new.fact.contact, new.kind);
        match last.get_mut(&key) {
            None => drop(last.insert(key, new)),
            Some(old) if (new.fact.occurred_at, new.fact.seq) < (old.fact.occurred_at, old.fact.seq) => {}
            Some(old) => {
                let same = new.fact.body.prop("survey").as_text() == old.fact.body.prop("survey").as_text();
                let kept = if same && new.comment.is_empty() { std::mem::take(&mut old.comment) } else { new.comment };
                *old = Answer { comment: kept, ..new };
            }
        }
    }
    last.into_values().collect()
}

fn answer(fact: &Fact) -> Option<Answer<'_>> {
    let named = matches!(&fact.body, FactBody::Event { name, .. } if name == RESPONDED);
    let kind = Kind::parse(fact.body.prop("kind").as_text()?).filter(|_| named)?;
    let score = kind.answer(fact.body.prop("score").as_num()?)?;
    let comment = fact.body.prop("comment").as_text().unwrap_or_default().trim().to_owned();
    Some(Answer { fact, kind, score, comment })
}

/// What a kind of survey came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Which.
    pub kind: Kind,
    /// Answers, one a person.
    pub answers: u64,
    /// NPS in points; CSAT as the share of 4 and 5; CES as the mean of 1 to 7.
    pub score: f64,
}

/// One person's number and words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Voice {
    /// The account's name.
    pub name: String,
    /// Which survey.
    pub kind: Kind,
    /// The number.
    pub score: u8,
    /// The words.
    pub comment: String,
    /// When.
    pub at: Instant,
}

/// What the accounts in `known` answered: each kind's score, and the answers with words, the lowest on their scale first,
/// of equal ones the newest.
pub fn heard(facts: &[Fact], known: &Speakers) -> (Vec<Summary>, Vec<Voice>) {
    let last = last(facts.iter().filter(|fact| known.contains_key(&fact.account)));
    let summary = |kind: Kind| {
        let scores: Vec<f64> = last.iter().filter(|a| a.kind == kind).map(|a| f64::from(a.score)).collect();
        let score = match kind {
            Kind::Nps => survey::nps(&scores)?.value,
            Kind::Csat => survey::csat(&scores).0 as f64 / survey::mean(kind, &scores)?.answers as f64,
            Kind::Ces => survey::mean(kind, &scores)?.value,
        };
        Some(Summary { kind, answers: scores.len() as u64, score })
    };
    let mut voices: Vec<Voice> = last
        .iter()
        .filter(|answer| !answer.comment.is_empty())
        .filter_map(|a| {
            let name = known.get(&a.fact.account)?.name.clone();
            Some(Voice { name, kind: a.kind, score: a.score, comment: a.comment.clone(), at: a.fact.occurred_at })
        })
        .collect();
    let height = |v: &Voice| {
        let (low, high) = v.kind.ends();
        u32::from(v.score - low) * 1_000 / u32::from(high - low)
    };
    voices.sort_by(|a, b| (height(a), b.at, &a.name).cmp(&(height(b), a.at, &b.name)));
    (Kind::ALL.into_iter().filter_map(summary).collect(), voices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        insight::topics::Speaker,
        model::value::{Props, Value},
    };

    fn said(seq: i64, account: i64, kind: &str, score: f64, comment: &str, survey: &str) -> Fact {
        let mut props = Props::from([
            ("kind".to_owned(), Value::text(kind)),
            ("score".to_owned(), Value::Num(score)),
            ("survey".to_owned(), Value::text(survey)),
        ]);
        if !comment.is_empty() {
            props.insert("comment".to_owned(), Value::text(comment));
        }
        Fact {
            seq,
            account: AccountId(account),
            contact: Some(ContactId(account)),
            occurred_at: Instant(seq),
            received_at: Instant(seq),
            source: "test".into(),
            event_id: seq.to_string(),
            body: FactBody::event(RESPONDED, props),
        }
    }

    fn known(ids: &[i64]) -> Speakers {
        ids.iter().map(|id| (AccountId(*id), Speaker { name: format!("A{id}"), ..Speaker::default() })).collect()
    }

    /// Two contacts of one account were merged; what both had answered stayed two answers.
    #[test]
    fn one_person_with_two_records_answers_once() {
        let own = |seq, contact| Fact { contact: Some(ContactId(contact)), ..said(seq, 1, "nps", seq as f64, "", "w") };
        let mut facts = [own(3, 7), own(9, 8), Fact { account: AccountId(2), ..own(5, 7) }];
        by_person(&mut facts, &BTreeMap::from([((AccountId(1), ContactId(7)), ContactId(8))]));
        let scores: Vec<(i64, u8)> = last(&facts).iter().map(|a| (a.fact.account.0, a.score)).collect();
        assert_eq!(scores, [(1, 9), (2, 5)], "the later one; the other account's contact 7 is somebody else");
    }

    #[test]
    fn the_lowest_are_heard_first_and_a_correction_keeps_its_words() {
        let facts = [
            said(1, 1, "nps", 2.0, "slow", "s"),
            said(2, 1, "nps", 4.0, "", "s"),
            said(3, 2, "nps", 10.0, "great", "t"),
            said(4, 2, "csat", 1.0, "rude", "u"),
            said(5, 3, "nps", 9.0, "", "v"),
            said(6, 4, "nps", 0.0, "not ours", "w"),
            said(7, 3, "nps", 12.0, "nonsense", "x"),
        ];
        let (summaries, voices) = heard(&facts, &known(&[1, 2, 3]));
        let told: Vec<(&str, u8, &str)> =
            voices.iter().map(|v| (v.name.as_str(), v.score, v.comment.as_str())).collect();
        assert_eq!(told, [("A2", 1, "rude"), ("A1", 4, "slow"), ("A2", 10, "great")]);
        let scores: Vec<(Kind, u64)> = summaries.iter().map(|s| (s.kind, s.answers)).collect();
        assert_eq!(scores, [(Kind::Nps, 3), (Kind::Csat, 1)]);
        assert!((summaries[0].score - 100.0 / 3.0).abs() < 1e-9 && summaries[1].score == 0.0);
    }

    #[test]
    fn words_to_another_survey_are_not_put_into_anybodys_mouth() {
        let facts = [said(1, 1, "nps", 2.0, "slow", "spring"), said(2, 1, "nps", 9.0, "", "autumn")];
        let (_, voices) = heard(&facts, &known(&[1]));
        assert_eq!(voices, []);
    }
}
