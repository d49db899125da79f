//! Surveys that a mail asks: which there are, and which answers lie on their scale.

use serde::{Deserialize, Serialize};

use super::{
    ids::{ContactId, RunId, stable_hash},
    value::{Props, Value},
};

/// The event of an answer: `{kind, score, comment, survey}`.
pub const RESPONDED: &str = "survey.responded";
/// The event of a question that left: `{kind, survey}`.
pub const ASKED: &str = "survey.asked";

/// A kind of survey; each has one scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// "Would you recommend us?", 0 to 10.
    Nps,
    /// "How satisfied are you?", 1 to 5.
    Csat,
    /// "It was made easy" (CES 2.0), 1 to 7.
    Ces,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 3] = [Kind::Nps, Kind::Csat, Kind::Ces];

    /// The word used in templates, events and links.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Nps => "nps",
            Kind::Csat => "csat",
            Kind::Ces => "ces",
        }
    }

    /// The kind called `word`.
    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The lowest and the highest answer.
    pub fn ends(self) -> (u8, u8) {
        match self {
            Kind::Nps => (0, 10),
            Kind::Csat => (1, 5),
            Kind::Ces => (1, 7),
        }
    }

    /// Every answer there is, lowest first.
    pub fn answers(self) -> std::ops::RangeInclusive<u8> {
        let (low, high) = self.ends();
        low..=high
    }

    /// `score` as an answer: a whole number on the scale, or none.
    pub fn answer(self, score: f64) -> Option<u8> {
        self.answers().find(|answer| f64::from(*answer) == score)
    }
}

/// One person asked by one run, in whichever of its mails: 16 letters and digits.
pub fn name(run: &RunId, contact: ContactId) -> String {
    stable_hash(&["survey", &run.0, &contact.0.to_string()]).chars().take(16).collect()
}

/// Whether an answer (`survey.responded`) counts: of a kind with a scale only a whole number on it; of others anything.
pub fn counts(props: &Props) -> bool {
    let kind = props.get("kind").and_then(Value::as_text).and_then(Kind::parse);
    kind.is_none_or(|kind| props.get("score").and_then(Value::as_num).is_some_and(|s| kind.answer(s).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_on_the_scale_are_answers() {
        for (kind, low, high) in [(Kind::Nps, 0.0, 10.0), (Kind::Csat, 1.0, 5.0), (Kind::Ces, 1.0, 7.0)] {
            assert_eq!(Kind::parse(kind.word()), Some(kind));
            assert!(kind.answer(low).is_some() && kind.answer(high).is_some());
            for wrong in [low - 1.0, high + 1.0, 4.5, f64::NAN, f64::INFINITY] {
                assert_eq!(kind.answer(wrong), None, "{kind:?} {wrong}");
            }
        }
    }

    #[test]
    fn an_answer_off_the_scale_or_without_a_number_does_not_count() {
        let said = |kind: &str, score: Value| {
            counts(&Props::from([("kind".to_owned(), Value::text(kind)), ("score".to_owned(), score)]))
        };
        assert!(said("nps", Value::Num(10.0)) && said("exit", Value::text("price")));
        for wrong in [Value::Num(11.0), Value::Num(-1.0), Value::Num(9.5), Value::text(""), Value::Missing] {
            assert!(!said("nps", wrong.clone()), "{wrong:?}");
        }
        assert!(!said("csat", Value::Num(0.0)) && !said("ces", Value::Num(8.0)));
    }
}
