//! Day buckets as short text: `20560=1 1=2 3=0.5` is day 20560, the next day, and three days later.
//! A state is read and written with every decision, and day buckets are most of it.

use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// An amount of a bucket.
pub trait Amount: Copy {
    /// Writes it so that `read` gives the same again.
    fn write(self, out: &mut String);
    /// Reads what `write` wrote.
    fn read(text: &str) -> Option<Self>;
}

impl Amount for f64 {
    fn write(self, out: &mut String) {
        let whole = self as i64;
        let _ =
            if whole as f64 == self && whole.abs() < 1 << 52 { write!(out, "{whole}") } else { write!(out, "{self}") };
    }

    fn read(text: &str) -> Option<f64> {
        match text.as_bytes() {
            [digit @ b'0'..=b'9'] => Some(f64::from(digit - b'0')),
            _ => text.parse().ok(),
        }
    }
}

impl Amount for u32 {
    fn write(self, out: &mut String) {
        let _ = write!(out, "{self}");
    }

    fn read(text: &str) -> Option<u32> {
        text.parse().ok()
    }
}

/// Writes buckets.
pub fn serialize<A: Amount, S: Serializer>(days: &[(i32, A)], serializer: S) -> Result<S::Ok, S::Error> {
    let (mut text, mut before) = (String::with_capacity(days.len() * 5), 0);
    for (day, amount) in days {
        if !text.is_empty() {
            text.push(' ');
        }
        let _ = write!(text, "{}=", i64::from(*day) - before);
        amount.write(&mut text);
        before = i64::from(*day);
    }
    serializer.serialize_str(&text)
}

/// Reads buckets.
pub fn deserialize<'de, A: Amount, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(i32, A)>, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    let mut before = 0_i64;
    let mut one = |part: &str| {
        let (step, amount) = part.split_once('=')?;
        before = before.checked_add(step.parse().ok()?)?;
        Some((i32::try_from(before).ok()?, A::read(amount)?))
    };
    let parts = text.split(' ').filter(|part| !part.is_empty());
    parts.map(|part| one(part).ok_or_else(|| D::Error::custom("day buckets cannot be read"))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Both {
        #[serde(with = "super")]
        sums: Vec<(i32, f64)>,
        #[serde(with = "super")]
        counts: Vec<(i32, u32)>,
    }

    #[test]
    fn the_first_day_is_whole_and_the_others_are_steps() {
        let both = Both { sums: vec![(20_560, 1.0), (20_561, 2.0), (20_564, 0.5)], counts: Vec::new() };
        assert_eq!(serde_json::to_string(&both).unwrap(), r#"{"sums":"20560=1 1=2 3=0.5","counts":""}"#);
    }

    #[test]
    fn what_is_no_bucket_is_refused() {
        for text in ["x", "1=", "=1", "1=x", "99999999999=1", "1 2"] {
            let json = serde_json::json!({"sums": text, "counts": ""});
            assert!(serde_json::from_value::<Both>(json).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(
            sums in proptest::collection::vec((any::<i32>(), proptest::num::f64::NORMAL | proptest::num::f64::ZERO), 0..40),
            counts in proptest::collection::vec((any::<i32>(), any::<u32>()), 0..40),
        ) {
            let both = Both { sums, counts };
            let text = serde_json::to_string(&both).unwrap();
            prop_assert_eq!(serde_json::from_str::<Both>(&text).unwrap(), both);
        }
    }
}
