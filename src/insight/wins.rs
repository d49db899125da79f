//! What went well with an account since a moment: milestones, a recovery, a renewal, a good word.

use serde::{Deserialize, Serialize};

use super::view::AccountView;
use crate::model::{
    fact::{Fact, FactBody},
    instant::{DAY, Instant},
    value::Value,
};

/// Events that are read for this.
pub const EVENTS: [&str; 3] = ["note.added", "contract.renewed", "contract.upgraded"];

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "win", rename_all = "snake_case")]
pub enum Win {
    /// A milestone was reached.
    Milestone {
        /// Its name.
        name: String,
    },
    /// Healthy again.
    Recovered,
    /// An event that is good news by itself.
    Event {
        /// Its name.
        name: String,
    },
    /// A positive note.
    Voice {
        /// Its words; empty where only the mark was recorded.
        text: String,
    },
}

/// The wins of `view` since `from`, newest first; `facts` are those of `EVENTS` about this account.
pub fn of(view: &AccountView, facts: &[&Fact], from: Instant) -> Vec<Win> {
    // What an account already had when it was first imported is no news.
    let news = if view.state.known { view.state.first_seen.plus(DAY) } else { Instant(i64::MIN) };
    let reached = view.state.milestones.iter().filter(|(_, at)| **at >= from && **at > news);
    let mut all: Vec<(Instant, Win)> = reached.map(|(name, at)| (*at, Win::Milestone { name: name.clone() })).collect();
    all.extend(recovered(view, from).map(|at| (at, Win::Recovered)));
    all.extend(facts.iter().filter(|f| f.occurred_at >= from).filter_map(|f| Some((f.occurred_at, told(f)?))));
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.into_iter().map(|(_, win)| win).collect()
}

fn recovered(view: &AccountView, from: Instant) -> Option<Instant> {
    let health = view.state.health.as_ref()?;
    let before = health.previous_band.as_deref();
    let better = health.band == "green" && matches!(before, Some("red" | "yellow"));
    (better && health.band_since >= from).then_some(health.band_since)
}

fn told(fact: &Fact) -> Option<Win> {
    let FactBody::Event { name, .. } = &fact.body else { return None };
    match name.as_str() {
        "note.added" if fact.body.prop("positive") == Value::Bool(true) => {
            Some(Win::Voice { text: fact.body.prop("text").as_text().unwrap_or_default().to_owned() })
        }
        "contract.renewed" | "contract.upgraded" => Some(Win::Event { name: name.clone() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ids::AccountId, state::HealthState, value::Props};

    fn fact(at: i64, name: &str, props: &[(&str, Value)]) -> Fact {
        let props: Props = props.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        Fact {
            seq: at,
            account: AccountId(1),
            contact: None,
            occurred_at: Instant(at),
            received_at: Instant(at),
            source: "test".into(),
            event_id: at.to_string(),
            body: FactBody::event(name, props),
        }
    }

    #[test]
    fn milestones_recoveries_renewals_and_good_words_count_and_only_since_then() {
        let mut view = AccountView::default();
        view.state.milestones =
            std::collections::BTreeMap::from([("old".to_owned(), Instant(5)), ("new".to_owned(), Instant(20))]).into();
        let health = HealthState {
            band: "green".into(),
            previous_band: Some("red".into()),
            band_since: Instant(15),
            ..HealthState::default()
        };
        view.state.health = Some(health.into());
        let good = fact(30, "note.added", &[("positive", Value::Bool(true)), ("text", Value::text("love it"))]);
        let (plain, renewed) = (fact(31, "note.added", &[]), fact(12, "contract.renewed", &[]));
        let wins = of(&view, &[&good, &plain, &renewed], Instant(10));
        let expected = [
            Win::Voice { text: "love it".into() },
            Win::Milestone { name: "new".into() },
            Win::Recovered,
            Win::Event { name: "contract.renewed".into() },
        ];
        assert_eq!(wins, expected);
        assert_eq!(of(&view, &[], Instant(21)), []);
    }

    #[test]
    fn what_an_account_had_when_it_came_is_no_win() {
        let mut view = AccountView::default();
        (view.state.known, view.state.first_seen) = (true, Instant(100));
        view.state.milestones = std::collections::BTreeMap::from([("a".to_owned(), Instant(100))]).into();
        assert_eq!(of(&view, &[], Instant(0)), []);
    }
}
