//! Every name conditions can read, with its value: one account's, or one reading's.

use std::sync::Arc;

use super::value::Value;

/// Names with values, in the order of the names: one piece of memory, however many there are. Names without a value
/// are left out; asking for one finds nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(Vec<(Arc<str>, Value)>);

impl Values {
    /// Out of pairs that come in the order of their names, each name once.
    pub fn sorted(pairs: impl Iterator<Item = (Arc<str>, Value)>) -> Values {
        let all: Vec<_> = pairs.filter(|(_, value)| !value.is_missing()).collect();
        debug_assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "names in order, each once");
        Values(all)
    }

    /// The value of a name; none where it has none.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).ok().map(|at| &self.0[at].1)
    }

    /// Gives a name a value.
    pub fn insert(&mut self, name: Arc<str>, value: Value) {
        match self.place(&name) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| (**known).cmp(name))
    }
}

impl<N: Into<Arc<str>>> Extend<(N, Value)> for Values {
    fn extend<I: IntoIterator<Item = (N, Value)>>(&mut self, pairs: I) {
        pairs.into_iter().for_each(|(name, value)| self.insert(name.into(), value));
    }
}

impl<N: Into<Arc<str>>> FromIterator<(N, Value)> for Values {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(pairs: I) -> Values {
        let mut all = Values::default();
        all.extend(pairs);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_and_one_without_a_value_is_not() {
        let pairs = [("a", Value::Num(1.0)), ("b", Value::Missing), ("c", Value::Num(3.0))];
        let mut values = Values::sorted(pairs.into_iter().map(|(name, value)| (Arc::from(name), value)));
        assert_eq!((values.get("a"), values.get("b"), values.get("d")), (Some(&Value::Num(1.0)), None, None));
        values.extend([("b", Value::Num(2.0)), ("a", Value::Num(0.0))]);
        let again: Values =
            [("c", Value::Num(3.0)), ("a", Value::Num(0.0)), ("b", Value::Num(2.0))].into_iter().collect();
        assert_eq!(values, again, "whatever the order they came in");
    }
}
