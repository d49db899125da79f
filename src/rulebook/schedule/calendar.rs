//! Business days and hours.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// A named calendar: which days are worked, and between which hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its name in `model.yaml`; empty for the built-in "every Monday to Friday".
    pub name: String,
    /// Follow the national holidays of Japan (computed from the law).
    pub japan: bool,
    /// Closed every year, inclusive (month, day) ranges that may wrap the year's end: 12-29/01-03.
    pub closed: Vec<((i8, i8), (i8, i8))>,
    /// Single extra days off, with their name.
    pub extra: BTreeMap<Date, String>,
    /// Business hours as minutes of the day, half-open.
    pub hours: (u16, u16),
}
