//! Comparing and computing with two values: total, three-valued.

use std::{cmp::Ordering, sync::Arc};

use jiff::tz::TimeZone;

use super::{
    days::LONGEST,
    syntax::{Op, Sign},
};
use crate::model::{instant::Instant, money::Money, value::Value};

/// Whether `left OP right` holds; none = missing, or of kinds that do not compare.
pub(super) fn compare(left: &Value, op: Op, right: &Value, zone: &TimeZone) -> Option<bool> {
    if let (Value::Bool(a), Value::Bool(b)) = (left, right) {
        return op.is_equality().then(|| op.holds(a.cmp(b)));
    }
    order(left, right, zone).map(|order| op.holds(order))
}

/// How two values stand to each other.
fn order(left: &Value, right: &Value, zone: &TimeZone) -> Option<Ordering> {
    match (left, right) {
        (Value::Num(a), Value::Num(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Money(a), Value::Num(b)) => a.major().partial_cmp(b),
        (Value::Num(a), Value::Money(b)) => a.partial_cmp(&b.major()),
        (Value::Money(a), Value::Money(b)) => (a.currency == b.currency).then(|| a.amount_minor.cmp(&b.amount_minor)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        _ => Some(moment(left, zone)?.cmp(&moment(right, zone)?)),
    }
}

/// The instant of a moment or of a day's first instant.
pub(super) fn moment(value: &Value, zone: &TimeZone) -> Option<Instant> {
    match value {
        Value::Instant(at) => Some(*at),
        Value::Date(day) => Some(Instant::start_of_day(*day, zone)),
        _ => None,
    }
}

/// `left SIGN right`; missing where either is, where kinds do not fit, or where the result is no number.
pub(super) fn arith(left: &Value, sign: Sign, right: &Value, zone: &TimeZone) -> Value {
    match (left, right) {
        (Value::Num(a), Value::Num(b)) => num(numbers(*a, sign, *b)),
        (Value::Money(a), Value::Money(b)) => two_amounts(*a, sign, *b),
        (Value::Money(a), Value::Num(b)) => match sign {
            Sign::Rem => Value::Missing,
            _ => amount(numbers(a.major(), sign, *b), *a),
        },
        (Value::Num(a), Value::Money(b)) => match sign {
            Sign::Div | Sign::Rem => Value::Missing,
            _ => amount(numbers(*a, sign, b.major()), *b),
        },
        (Value::Duration(a), Value::Duration(b)) => two_lengths(*a, sign, *b),
        (Value::Duration(a), Value::Num(b)) if matches!(sign, Sign::Mul | Sign::Div) => {
            length(numbers(*a as f64, sign, *b))
        }
        (Value::Num(a), Value::Duration(b)) if sign == Sign::Mul => length(a * *b as f64),
        (Value::Text(a), Value::Text(b)) if sign == Sign::Add => Value::Text(Arc::from(format!("{a}{b}"))),
        _ => moments(left, sign, right, zone).unwrap_or_default(),
    }
}

/// `-value`.
pub(super) fn negative(value: &Value) -> Value {
    match value {
        Value::Num(n) => Value::Num(-n),
        Value::Duration(micros) => Value::Duration(micros.saturating_neg()),
        Value::Money(m) => Value::Money(Money { amount_minor: m.amount_minor.saturating_neg(), ..*m }),
        _ => Value::Missing,
    }
}

fn numbers(a: f64, sign: Sign, b: f64) -> f64 {
    match sign {
        Sign::Add => a + b,
        Sign::Sub => a - b,
        Sign::Mul => a * b,
        Sign::Div => a / b,
        Sign::Rem => a % b,
    }
}

fn num(n: f64) -> Value {
    if n.is_finite() { Value::Num(n) } else { Value::Missing }
}

fn amount(major: f64, like: Money) -> Value {
    if major.is_finite() { Value::Money(Money::from_major(major, like.currency)) } else { Value::Missing }
}

fn two_amounts(a: Money, sign: Sign, b: Money) -> Value {
    let minor = match sign {
        _ if a.currency != b.currency => None,
        Sign::Add => a.amount_minor.checked_add(b.amount_minor),
        Sign::Sub => a.amount_minor.checked_sub(b.amount_minor),
        Sign::Div => return num(a.amount_minor as f64 / b.amount_minor as f64),
        Sign::Mul | Sign::Rem => None,
    };
    minor.map_or(Value::Missing, |amount_minor| Value::Money(Money { amount_minor, ..a }))
}

fn length(micros: f64) -> Value {
    if micros.abs() <= LONGEST as f64 { Value::Duration(micros.round() as i64) } else { Value::Missing }
}

fn whole(micros: i64) -> Value {
    if micros.saturating_abs() <= LONGEST { Value::Duration(micros) } else { Value::Missing }
}

fn two_lengths(a: i64, sign: Sign, b: i64) -> Value {
    match sign {
        Sign::Add => whole(a.saturating_add(b)),
        Sign::Sub => whole(a.saturating_sub(b)),
        Sign::Div => num(a as f64 / b as f64),
        Sign::Mul | Sign::Rem => Value::Missing,
    }
}

fn moments(left: &Value, sign: Sign, right: &Value, zone: &TimeZone) -> Option<Value> {
    Some(match (left, sign, right) {
        (Value::Duration(d), Sign::Add, at) => Value::Instant(moment(at, zone)?.plus(*d)),
        (at, Sign::Add, Value::Duration(d)) => Value::Instant(moment(at, zone)?.plus(*d)),
        (at, Sign::Sub, Value::Duration(d)) => Value::Instant(moment(at, zone)?.plus(d.saturating_neg())),
        (a, Sign::Sub, b) => Value::Duration(moment(a, zone)?.since(moment(b, zone)?)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::money::Currency;

    fn yen(n: i64) -> Value {
        Value::Money(Money { amount_minor: n, currency: Currency::JPY })
    }

    #[test]
    fn money_computes_in_major_units() {
        let usd = |minor| Value::Money(Money { amount_minor: minor, currency: Currency(*b"USD") });
        let zone = TimeZone::UTC;
        assert_eq!(compare(&usd(500_001), Op::Gt, &Value::Num(5_000.0), &zone), Some(true));
        assert_eq!(compare(&usd(10), Op::Eq, &Value::Num(0.1), &zone), Some(true));
        assert_eq!(compare(&usd(10), Op::Lt, &yen(10), &zone), None);
        assert_eq!(arith(&yen(1_000), Sign::Mul, &Value::Num(0.3), &zone), yen(300));
        assert_eq!(arith(&yen(1_000), Sign::Div, &yen(0), &zone), Value::Missing);
        assert_eq!(arith(&yen(1_000), Sign::Div, &yen(250), &zone), Value::Num(4.0));
    }

    #[test]
    fn a_day_is_its_first_instant_beside_a_moment() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let midnight = Instant::start_of_day(20_000, &zone);
        assert_eq!(compare(&Value::Date(20_000), Op::Eq, &Value::Instant(midnight), &zone), Some(true));
        assert_eq!(
            arith(&Value::Date(20_000), Sign::Sub, &Value::Duration(1), &zone),
            Value::Instant(midnight.plus(-1))
        );
    }
}
