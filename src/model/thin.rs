//! A few parts of an account's state, read from its stored form without the rest: questions that ask little of everybody
//! would otherwise spend their time on what they do not ask for.

use std::{borrow::Cow, collections::BTreeSet, fmt, marker::PhantomData};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor},
};

use super::state::{AccountState, MetricState};

/// Which parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Attributes by name.
    pub attrs: BTreeSet<String>,
    /// Metrics by name. Of the others it is known only whether anything was ever counted.
    pub metrics: BTreeSet<String>,
}

/// A state with these attributes and metrics, its milestones, who of its contacts are one, and when it was first heard of; everything else is empty.
/// Errors: text that is no state.
pub fn read(text: &str, parts: &Parts) -> serde_json::Result<AccountState> {
    let mut from = serde_json::Deserializer::from_str(text);
    let state = Thin(parts).deserialize(&mut from)?;
    from.end().map(|()| state)
}

struct Thin<'p>(&'p Parts);

impl<'de> DeserializeSeed<'de> for Thin<'_> {
    type Value = AccountState;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<AccountState, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Thin<'_> {
    type Value = AccountState;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an account's state")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<AccountState, M::Error> {
        let mut state = AccountState::default();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "first_seen" => state.first_seen = map.next_value()?,
                "known" => state.known = map.next_value()?,
                "merged" => state.merged = map.next_value()?,
                "milestones" => state.milestones = map.next_value()?,
                "attrs" => {
                    let wanted = map.next_value_seed(Wanted::of(&self.0.attrs))?;
                    state.attrs.extend(wanted.0);
                }
                "metrics" => {
                    let (wanted, others): (Vec<(String, MetricState)>, bool) =
                        map.next_value_seed(Wanted::of(&self.0.metrics))?;
                    state.metrics.extend(wanted.into_iter().map(|(name, metric)| (name, metric.into())));
                    if others {
                        let seen = MetricState { seen: true, ..MetricState::default() };
                        state.metrics.insert(String::new(), seen.into());
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(state)
    }
}

/// Of a value that is not wanted, whether anything was ever counted.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Seen {
    seen: bool,
}

/// Those entries of a map whose name is wanted, and whether any other one says `seen`.
struct Wanted<'p, T>(&'p BTreeSet<String>, PhantomData<T>);

impl<'p, T> Wanted<'p, T> {
    fn of(names: &'p BTreeSet<String>) -> Self {
        Wanted(names, PhantomData)
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Wanted<'_, T> {
    type Value = (Vec<(String, T)>, bool);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Wanted<'_, T> {
    type Value = (Vec<(String, T)>, bool);

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map of named parts")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut wanted, mut others) = (Vec::with_capacity(self.0.len()), false);
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if self.0.contains(key.as_ref()) {
                wanted.push((key.into_owned(), map.next_value()?));
            } else {
                others |= map.next_value::<Seen>()?.seen;
            }
        }
        Ok((wanted, others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ids::ContactId, instant::Instant, state::Attr, value::Value};

    #[test]
    fn what_is_wanted_is_as_stored_and_the_rest_is_left_out() {
        let mut state = AccountState { first_seen: Instant(7), known: true, ..AccountState::default() };
        state.merged.insert(ContactId(3), ContactId(4));
        for name in ["mrr", "name"] {
            let attr = Attr { value: Value::text("\"x\\ 日本"), as_of: Instant(1), source: "csv".into() };
            state.attrs.insert(name.into(), attr);
        }
        for (name, seen) in [("logins", true), ("other", true), ("never", false)] {
            let metric = MetricState { days: vec![(20_000, 2.0)], seen, ..MetricState::default() };
            state.metrics.insert(name.into(), metric.into());
        }
        state.milestones.insert("done".into(), Instant(9));
        state.phase = Some(("onboarding".into(), Instant(3)));
        let text = serde_json::to_string(&state).unwrap();
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let parts = Parts { attrs: set(&["mrr", "seats"]), metrics: set(&["logins", "never"]) };
        let thin = read(&text, &parts).unwrap();
        assert_eq!((thin.first_seen, thin.known, thin.phase.clone()), (Instant(7), true, None));
        assert_eq!((thin.attrs.len(), thin.attrs.get("mrr")), (1, state.attrs.get("mrr")));
        assert_eq!(thin.metrics.get("logins"), state.metrics.get("logins"));
        assert!(!thin.metrics.contains_key("other") && thin.metrics.values().filter(|m| m.seen).count() == 2);
        assert_eq!(thin.milestones, state.milestones);
        let none = read(&text, &Parts { metrics: set(&["never"]), ..Parts::default() }).unwrap();
        assert!(none.metrics.values().any(|m| m.seen), "something was counted, whatever it was");
        assert!(read("[]", &parts).is_err() && read("{\"attrs\": 3}", &parts).is_err());
    }
}
