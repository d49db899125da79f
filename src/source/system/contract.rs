//! The versions of a contract as intervals in which nothing changed, whatever order they came in.

use crate::model::{
    instant::date_of,
    system::{Interval, Object, Stands, Terms, Version},
    value::{Props, Value},
};

/// Versions remembered of one contract; of a longer past the oldest is forgotten.
const VERSIONS: usize = 500;

/// Takes a version into its place.
pub(super) fn learn(past: &mut Vec<Version>, version: Version) {
    let by = |v: &Version| (v.at, v.by.clone());
    match past.binary_search_by_key(&by(&version), by) {
        // Of one version told twice everything is the same, unless its reader has learnt something.
        Ok(place) => past[place] = version,
        Err(place) => past.insert(place, version),
    }
    if past.len() > VERSIONS {
        past.remove(0);
    }
}

/// The intervals: the newest version says when it begins and ends, each one what held from its day on.
pub(super) fn intervals(id: &str, past: &[Version]) -> Vec<Interval> {
    let Some(newest) = past.last().map(|v| &v.terms) else { return Vec::new() };
    let Some(start) = newest.start.filter(|_| newest.stands != Stands::Draft) else { return Vec::new() };
    if newest.end.is_some_and(|end| end <= start) {
        return Vec::new();
    }
    let mut found: Vec<Interval> = Vec::new();
    for version in past.iter().filter(|v| v.terms.stands != Stands::Draft) {
        let begins = if found.is_empty() { start } else { version.day.max(start) };
        if newest.end.is_some_and(|end| begins >= end) {
            break;
        }
        // Of several versions of a day the last one holds.
        while found.last().is_some_and(|last| last.start >= begins) {
            found.pop();
        }
        if found.last().is_some_and(|last| same(last, &version.terms)) {
            continue;
        }
        if let Some(last) = found.last_mut() {
            last.end = Some(begins);
        }
        found.push(interval(id, begins, newest.end, &version.terms));
    }
    // What was taken back has left its predecessor with an end.
    if let Some(last) = found.last_mut() {
        last.end = newest.end;
    }
    if let Some(first) = found.first_mut() {
        first.key = id.to_owned();
        first.start = start;
    }
    found
}

fn interval(id: &str, start: i32, end: Option<i32>, terms: &Terms) -> Interval {
    Interval {
        key: format!("{id}@{}", date_of(start)),
        plan: terms.plan.clone(),
        start,
        end,
        mrr_minor: terms.mrr_minor,
        currency: terms.currency.clone(),
        seats: terms.seats,
    }
}

fn same(last: &Interval, terms: &Terms) -> bool {
    (&last.plan, last.mrr_minor, &last.currency, last.seats)
        == (&terms.plan, terms.mrr_minor, &terms.currency, terms.seats)
}

/// What all contracts of a customer say about it: `status`, and the first renewal that happens by itself.
pub(super) fn standing<'a>(contracts: impl Iterator<Item = &'a Object>) -> Props {
    let newest: Vec<&Terms> = contracts.filter_map(|object| object.past.last()).map(|v| &v.terms).collect();
    let any = |stands| newest.iter().any(|terms| terms.stands == stands);
    let status = [(Stands::Active, "active"), (Stands::Trial, "trial"), (Stands::Over, "churned")];
    let status = status.into_iter().find(|(stands, _)| any(*stands));
    let renews = newest.iter().filter(|t| t.stands == Stands::Active && t.end.is_none()).filter_map(|t| t.renews).min();
    let mut attrs = Props::from([("renewal_date".to_owned(), renews.map(Value::Date).unwrap_or_default())]);
    attrs.extend(status.map(|(_, word)| ("status".to_owned(), Value::text(word))));
    attrs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::instant::{DAY, Instant};

    fn version(day: i32, by: &str, mrr_minor: i64, end: Option<i32>) -> Version {
        let terms = Terms {
            stands: Stands::Active,
            plan: "pro".into(),
            mrr_minor,
            currency: "JPY".into(),
            start: Some(100),
            end,
            ..Terms::default()
        };
        Version { at: Instant(i64::from(day) * DAY), by: by.into(), day, terms }
    }

    fn of(versions: &[Version]) -> Vec<(i32, Option<i32>, i64)> {
        let mut past = Vec::new();
        versions.iter().for_each(|v| learn(&mut past, v.clone()));
        let mut turned = Vec::new();
        versions.iter().rev().for_each(|v| learn(&mut turned, v.clone()));
        assert_eq!(past, turned, "the order in which they come makes no difference");
        intervals("s", &past).into_iter().map(|i| (i.start, i.end, i.mrr_minor)).collect()
    }

    #[test]
    fn a_price_that_changes_ends_one_interval_and_begins_the_next() {
        let all = [version(100, "a", 500, None), version(130, "b", 800, None), version(130, "c", 900, None)];
        assert_eq!(of(&all), [(100, Some(130), 500), (130, None, 900)]);
        let ended = [all.to_vec(), vec![version(160, "d", 900, Some(190))]].concat();
        assert_eq!(of(&ended), [(100, Some(130), 500), (130, Some(190), 900)]);
        // Back to what it was on the same day: nothing had changed.
        let back = [version(100, "a", 500, None), version(130, "b", 800, None), version(130, "c", 500, None)];
        assert_eq!(of(&back), [(100, None, 500)]);
    }

    #[test]
    fn what_was_heard_of_late_reaches_back_to_its_beginning() {
        assert_eq!(of(&[version(400, "a", 500, None)]), [(100, None, 500)]);
        assert_eq!(of(&[version(400, "a", 500, Some(100))]), []);
        let keys = intervals("s", &[version(100, "a", 5, None), version(130, "b", 8, None)]);
        assert_eq!(keys.iter().map(|i| i.key.as_str()).collect::<Vec<_>>(), ["s", "s@1970-05-11"]);
    }
}
