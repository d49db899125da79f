//! Day counters: folded event by event, read in constant time, aware of when they next change.

use crate::{
    model::{
        ids::ContactId,
        instant::{Instant, date_of, day_number},
        state::MetricState,
        value::Value,
    },
    rulebook::{
        expr::frame::Path,
        types::{Metric, MetricKind, Window},
    },
};
use jiff::{civil::Date, tz::TimeZone};

/// Days kept where no window says how many are looked at.
const DAYS_KEPT: i32 = 400;
/// Days kept beyond those that are looked at: an account may move to a zone where it is still yesterday.
const DAYS_SPARE: i32 = 2;

/// Whole numbers up to this add up exactly, in whatever order.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// What one event adds to a metric.
pub(super) struct Sample<'a> {
    /// Local day it happened on.
    pub day: i32,
    /// When it happened.
    pub at: Instant,
    /// The property that `sum` and `latest` read.
    pub value: Value,
    /// The contact, with the day it was last active before (for this metric).
    pub contact: Option<(ContactId, Option<i32>)>,
    /// Today's local day: the edge of what is kept.
    pub today: i32,
    /// Marker for readability of call sites.
    pub metric: &'a Metric,
}

/// Folds one event; answers the contact's new last active day, if that moved.
pub(super) fn fold(state: &mut MetricState, sample: &Sample<'_>) -> Option<i32> {
    state.seen = true;
    state.first = Some(state.first.map_or(sample.at, |f| f.min(sample.at)));
    let newest = state.last.is_none_or(|l| sample.at >= l);
    if newest {
        state.last = Some(sample.at);
    }
    match &sample.metric.kind {
        MetricKind::Latest(..) if newest && !sample.value.is_missing() => {
            state.latest = sample.value.clone();
            None
        }
        MetricKind::Sum(..) => {
            add(state, sample, amount(&sample.value));
            None
        }
        MetricKind::Count(_) | MetricKind::Days(_) | MetricKind::Change(_) => {
            add(state, sample, 1.0);
            None
        }
        MetricKind::Distinct(_) => distinct(state, sample),
        _ => None,
    }
}

/// What a property adds to a sum; money in major units.
pub(super) fn amount(value: &Value) -> f64 {
    match value {
        Value::Num(n) => *n,
        Value::Money(m) => m.major(),
        _ => 0.0,
    }
}

fn add(state: &mut MetricState, sample: &Sample<'_>, amount: f64) {
    state.total += amount;
    if sample.metric.over == Window::All && !matches!(sample.metric.kind, MetricKind::Days(_) | MetricKind::Change(_)) {
        return;
    }
    match state.days.binary_search_by_key(&sample.day, |d| d.0) {
        Ok(i) => state.days[i].1 += amount,
        Err(i) => state.days.insert(i, (sample.day, amount)),
    }
    let oldest = sample.today.saturating_sub(days_kept(sample.metric));
    let gone = state.days.partition_point(|d| d.0 < oldest);
    state.days.drain(..gone);
}

/// How many days before today a metric may ever look at again.
fn days_kept(metric: &Metric) -> i32 {
    let windows = if matches!(metric.kind, MetricKind::Change(_)) { 2 } else { 1 };
    match metric.over {
        Window::Days(n) => windows * i32::from(n) + DAYS_SPARE,
        Window::ThisMonth => 31 + DAYS_SPARE,
        Window::LastMonth => 62 + DAYS_SPARE,
        Window::All => DAYS_KEPT,
    }
}

fn distinct(state: &mut MetricState, sample: &Sample<'_>) -> Option<i32> {
    let (_, before) = sample.contact?;
    if before.is_some_and(|day| day >= sample.day) {
        return None;
    }
    if let Some(day) = before.filter(|day| !stays(sample.metric.over, *day, sample.day)) {
        bump(&mut state.last_days, day, false);
    }
    bump(&mut state.last_days, sample.day, true);
    compact(&mut state.last_days, sample.today.saturating_sub(days_kept(sample.metric)));
    Some(sample.day)
}

/// Whether a contact that was last there on `before` counts there although it came again: windows of one calendar month
/// look at each month by itself.
fn stays(over: Window, before: i32, again: i32) -> bool {
    let month = |day: i32| date_of(day).first_of_month();
    matches!(over, Window::ThisMonth | Window::LastMonth) && month(before) != month(again)
}

/// One contact more or less whose last active day is `day`.
pub(super) fn bump(days: &mut Vec<(i32, u32)>, day: i32, up: bool) {
    match days.binary_search_by_key(&day, |d| d.0) {
        Ok(i) if up => days[i].1 += 1,
        Ok(i) => days[i].1 = days[i].1.saturating_sub(1),
        Err(i) if up => days.insert(i, (day, 1)),
        // Its bucket went into the one of all that is old, which bears the latest of their days.
        Err(i) => {
            if let Some(old) = days.get_mut(i) {
                old.1 = old.1.saturating_sub(1);
            }
        }
    }
    days.retain(|d| d.1 > 0);
}

/// Contacts last active before `oldest` share one bucket: the all-time number stays right.
fn compact(days: &mut Vec<(i32, u32)>, oldest: i32) {
    let old: u32 = days.iter().filter(|d| d.0 < oldest).map(|d| d.1).sum();
    if days.iter().filter(|d| d.0 < oldest).count() > 1 {
        days.retain(|d| d.0 >= oldest);
        days.insert(0, (oldest - 1, old));
    }
}

/// The moment a metric is read at.
pub(super) struct Reading<'a> {
    /// Logical time.
    pub now: Instant,
    /// The account's zone.
    pub zone: &'a TimeZone,
    /// Since when the account exists.
    pub account_start: Instant,
}

/// The value, and the moment it next changes by time alone. `Expr` is read elsewhere.
pub(super) fn read(metric: &Metric, state: &MetricState, at: &Reading<'_>) -> (Value, Option<Instant>) {
    match &metric.kind {
        MetricKind::Count(_) | MetricKind::Sum(..) if metric.unless.is_some() => super::unless::read(metric, state, at),
        MetricKind::Contacts(_) => (Value::Num(state.total), None),
        MetricKind::Last(_) => (state.last.map_or(Value::Missing, Value::Instant), None),
        MetricKind::First(_) => (state.first.map_or(Value::Missing, Value::Instant), None),
        MetricKind::Latest(..) => (state.latest.clone(), None),
        MetricKind::Count(_) | MetricKind::Sum(..) if metric.over == Window::All => (Value::Num(state.total), None),
        MetricKind::Count(_) | MetricKind::Sum(..) => windowed(metric.over, &state.days, at, |amount| amount),
        MetricKind::Days(_) => windowed(metric.over, &state.days, at, |_| 1.0),
        MetricKind::Distinct(_) => {
            let days: Vec<(i32, f64)> = state.last_days.iter().map(|d| (d.0, f64::from(d.1))).collect();
            windowed(metric.over, &days, at, |contacts| contacts)
        }
        MetricKind::Change(_) => change(metric.over, state, at),
        MetricKind::Expr(_) | MetricKind::Rank { .. } => (Value::Missing, None),
    }
}

/// What a metric reads at the coming midnights if nothing happens; none where only the next change is known. Sums of
/// fractions (and beyond 2^53) are not foretold: what is left after taking away is not what adding up again would give.
pub(super) fn path(metric: &Metric, state: &MetricState, at: &Reading<'_>) -> Option<Path> {
    let Window::Days(n) = metric.over else { return None };
    let (n, today) = (i32::from(n), at.now.day(at.zone));
    match &metric.kind {
        _ if metric.unless.is_some() || metric.per_contact => None,
        MetricKind::Count(_) | MetricKind::Sum(..) => sliding(&state.days, n, today, |amount| amount),
        MetricKind::Days(_) => sliding(&state.days, n, today, |_| 1.0),
        MetricKind::Distinct(_) => {
            let days: Vec<(i32, f64)> = state.last_days.iter().map(|d| (d.0, f64::from(d.1))).collect();
            sliding(&days, n, today, |contacts| contacts)
        }
        MetricKind::Change(_) => changing(state, n, today, at.account_start.day(at.zone) + 2 * n),
        _ => None,
    }
}

/// A window of `n` days that moves on.
fn sliding(days: &[(i32, f64)], n: i32, today: i32, each: fn(f64) -> f64) -> Option<Path> {
    let days = &days[days.partition_point(|d| d.0 <= today - n)..];
    let mut whole = 0.0;
    for (_, amount) in days {
        if amount.fract() != 0.0 {
            return None;
        }
        whole += amount.abs();
    }
    if whole > EXACT {
        return None;
    }
    let filled = || days.iter().filter(|d| d.1 != 0.0).map(|d| (d.0, each(d.1)));
    let mut sum: f64 = filled().filter(|d| d.0 <= today).map(|d| d.1).sum();
    let (mut leaving, mut entering) = (filled().peekable(), filled().filter(|d| d.0 > today).peekable());
    let mut path = Path::with_capacity(days.len());
    loop {
        let coming = [leaving.peek().map(|d| d.0 + n), entering.peek().map(|d| d.0)];
        let Some(day) = coming.into_iter().flatten().min() else { return Some(path) };
        sum -= leaving.next_if(|d| d.0 + n == day).map_or(0.0, |d| d.1);
        sum += entering.next_if(|d| d.0 == day).map_or(0.0, |d| d.1);
        path.push((day, Some(sum)));
    }
}

/// The change between two windows of `n` days that move on, known from day `of_age` on.
fn changing(state: &MetricState, n: i32, today: i32, of_age: i32) -> Option<Path> {
    let total: f64 = state.days.iter().map(|d| d.1.abs()).sum();
    if state.days.iter().any(|d| d.0 > today || d.1.fract() != 0.0) || total > EXACT {
        return None;
    }
    let (mut late, mut early) = two_windows(&state.days, n, today);
    let from = |day: i32| state.days[state.days.partition_point(|d| d.0 < day)..].iter().peekable();
    // Day by day one day goes from the late window into the early one, and one leaves that.
    let (mut crossing, mut leaving) = (from(today - n + 1), from(today - 2 * n + 1));
    let one = |day: i32| {
        let crosses = crossing.next_if(|d| d.0 == day - n).map_or(0.0, |d| d.1);
        late -= crosses;
        early += crosses - leaving.next_if(|d| d.0 == day - 2 * n).map_or(0.0, |d| d.1);
        (day, (day >= of_age && early != 0.0).then(|| (late - early) / early))
    };
    Some((today + 1..=today + 2 * n).map(one).collect())
}

/// What the last `n` days held, and the `n` days before them.
fn two_windows(days: &[(i32, f64)], n: i32, today: i32) -> (f64, f64) {
    let place = |day: i32| days.partition_point(|d| d.0 < day);
    let (first, middle, end) = (place(today - 2 * n + 1), place(today - n + 1), place(today + 1));
    let sum = |part: &[(i32, f64)]| part.iter().map(|d| d.1).sum();
    (sum(&days[middle..end]), sum(&days[first..middle]))
}

/// First and last local day of a window at `now`, and the first day of the next period where it is one.
fn bounds(over: Window, at: &Reading<'_>) -> (i32, i32, Option<Date>) {
    let day = at.now.day(at.zone);
    if let Window::Days(n) = over {
        return (day - i32::from(n) + 1, day, None);
    }
    let today = date_of(day);
    let month = today.first_of_month();
    let month_ahead = today.last_of_month().tomorrow().ok();
    match over {
        Window::Days(n) => (day - i32::from(n) + 1, day, None),
        Window::ThisMonth => (day_number(month), day, month_ahead),
        Window::LastMonth => {
            let last = day_number(month) - 1;
            (day_number(date_of(last).first_of_month()), last, month_ahead)
        }
        Window::All => (i32::MIN, day, None),
    }
}

/// What lies inside a window, and when that next changes by time alone.
pub(super) fn windowed(
    over: Window,
    days: &[(i32, f64)],
    at: &Reading<'_>,
    each: fn(f64) -> f64,
) -> (Value, Option<Instant>) {
    let (from, to, month_ahead) = bounds(over, at);
    let inside = &days[days.partition_point(|d| d.0 < from)..days.partition_point(|d| d.0 <= to)];
    // Nothing adds up to minus nothing.
    let total = inside.iter().filter(|d| d.1 != 0.0).map(|d| each(d.1)).sum::<f64>() + 0.0;
    // Days after `to` hold events with a time in the future; they enter day by day.
    let enters = days.get(days.partition_point(|d| d.0 <= to)).map(|d| d.0);
    let next = match over {
        Window::Days(n) => {
            let leaves = inside.iter().find(|d| d.1 != 0.0).map(|d| d.0 + i32::from(n));
            [leaves, enters].into_iter().flatten().min()
        }
        Window::All => None,
        _ if days.is_empty() => None,
        Window::LastMonth => month_ahead.map(day_number),
        Window::ThisMonth => month_ahead.map(day_number).into_iter().chain(enters).min(),
    };
    let next = next.map(|day| Instant::start_of_day(day, at.zone));
    (Value::Num(total), next)
}

fn change(over: Window, state: &MetricState, at: &Reading<'_>) -> (Value, Option<Instant>) {
    let Window::Days(n) = over else { return (Value::Missing, None) };
    let n = i32::from(n);
    let today = at.now.day(at.zone);
    let (late, early) = two_windows(&state.days, n, today);
    let of_age = at.account_start.day(at.zone) + 2 * n;
    let moving = state.days.iter().any(|d| d.1 != 0.0 && d.0 > today - 2 * n);
    let next = if !moving {
        None
    } else if today < of_age {
        Some(Instant::start_of_day(of_age, at.zone))
    } else {
        Some(at.now.next_midnight(at.zone))
    };
    let known = today >= of_age && early != 0.0;
    (if known { Value::Num((late - early) / early) } else { Value::Missing }, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{diagnostic::Place, instant::DAY, state::OpenKey};
    use proptest::prelude::*;

    fn metric(kind: MetricKind, over: Window) -> Metric {
        Metric {
            name: "m".into(),
            kind,
            over,
            where_: None,
            or: None,
            hash: String::new(),
            unless: None,
            key: None,
            per_contact: false,
            place: Place::default(),
        }
    }

    fn tokyo() -> TimeZone {
        TimeZone::get("Asia/Tokyo").unwrap()
    }

    fn fold_at(state: &mut MetricState, metric: &Metric, at: Instant, today: i32) {
        let day = at.day(&tokyo());
        fold(state, &Sample { day, at, value: Value::Num(2.0), contact: None, today, metric });
    }

    #[test]
    fn a_window_of_seven_days_holds_today_and_the_six_before() {
        let metric = metric(MetricKind::Count("login".into()), Window::Days(7));
        let zone = tokyo();
        let first = Instant::parse("2026-04-01T23:59:00+09:00").unwrap();
        let mut state = MetricState::default();
        fold_at(&mut state, &metric, first, first.day(&zone));
        let reading = |now: &str| Reading { now: Instant::parse(now).unwrap(), zone: &zone, account_start: first };
        let leaves = Instant::parse("2026-04-08T00:00:00+09:00").unwrap();
        assert_eq!(read(&metric, &state, &reading("2026-04-07T23:59:59+09:00")), (Value::Num(1.0), Some(leaves)));
        assert_eq!(read(&metric, &state, &reading("2026-04-08T00:00:00+09:00")), (Value::Num(0.0), None));
    }

    #[test]
    fn change_is_missing_before_two_windows_have_passed() {
        let metric = metric(MetricKind::Change("login".into()), Window::Days(7));
        let zone = tokyo();
        let start = Instant::parse("2026-04-01T10:00:00+09:00").unwrap();
        let mut state = MetricState::default();
        for day in 0..7 {
            fold_at(&mut state, &metric, start.plus(day * DAY), start.day(&zone) + 6);
        }
        let at = |days: i64| Reading { now: start.plus(days * DAY), zone: &zone, account_start: start };
        assert_eq!(read(&metric, &state, &at(13)).0, Value::Missing);
        assert_eq!(read(&metric, &state, &at(14)).0, Value::Num(-1.0));
    }

    #[test]
    fn distinct_counts_a_contact_once_however_often_it_comes() {
        let metric = metric(MetricKind::Distinct("*".into()), Window::Days(30));
        let mut state = MetricState::default();
        let day = 20_000;
        let mut come = |contact: i64, before: Option<i32>, day: i32| {
            let at = Instant(i64::from(day) * DAY);
            let contact = Some((ContactId(contact), before));
            fold(&mut state, &Sample { day, at, value: Value::Missing, contact, today: day, metric: &metric })
        };
        assert_eq!(come(1, None, day), Some(day));
        assert_eq!(come(1, Some(day), day), None);
        assert_eq!(come(2, None, day + 1), Some(day + 1));
        assert_eq!(come(1, Some(day), day + 2), Some(day + 2));
        assert_eq!(state.last_days, vec![(day + 1, 1), (day + 2, 1)]);
    }

    #[test]
    fn who_came_last_month_and_again_this_month_was_missing_from_last_month() {
        let metric = metric(MetricKind::Distinct("login".into()), Window::LastMonth);
        let (mut state, mut before) = (MetricState::default(), None);
        let at = |text: &str| Instant::parse(&format!("{text}T10:00:00+09:00")).unwrap();
        let people = |state: &MetricState, text: &str| {
            read(&metric, state, &Reading { now: at(text), zone: &tokyo(), account_start: at("2026-01-01") }).0
        };
        for day in ["2026-04-02", "2026-04-20", "2026-05-02"] {
            let (at, today) = (at(day), at(day).day(&tokyo()));
            let contact = Some((ContactId(1), before));
            let sample = Sample { day: today, at, value: Value::Missing, contact, today, metric: &metric };
            before = fold(&mut state, &sample).or(before);
        }
        assert_eq!(people(&state, "2026-05-03"), Value::Num(1.0), "once, though twice in April and in May again");
        assert_eq!((people(&state, "2026-06-03"), people(&state, "2026-07-03")), (Value::Num(1.0), Value::Num(0.0)));
    }

    #[test]
    fn a_contact_that_comes_back_after_years_was_counted_twice() {
        let metric = metric(MetricKind::Distinct("*".into()), Window::All);
        let mut state = MetricState::default();
        let mut come = |contact: i64, before: Option<i32>, day: i32| {
            let at = Instant(i64::from(day) * DAY);
            let contact = Some((ContactId(contact), before));
            fold(&mut state, &Sample { day, at, value: Value::Missing, contact, today: day, metric: &metric });
        };
        let visits = [(1, None, 100), (2, None, 101), (3, None, 102), (4, None, 900), (1, Some(100), 901)];
        visits.into_iter().for_each(|(c, b, d)| come(c, b, d));
        assert_eq!(state.last_days.iter().map(|d| d.1).sum::<u32>(), 4);
    }

    #[test]
    fn sums_too_large_to_add_up_exactly_are_not_foretold() {
        let metric = metric(MetricKind::Sum("paid".into(), "amount".into()), Window::Days(7));
        let zone = tokyo();
        let now = Instant::parse("2026-04-05T10:00:00+09:00").unwrap();
        let today = now.day(&zone);
        let reading = Reading { now, zone: &zone, account_start: now };
        let of =
            |days: &[(i32, f64)]| path(&metric, &MetricState { days: days.to_vec(), ..Default::default() }, &reading);
        assert_eq!(of(&[(today - 1, 1e15), (today, 9.0)]).map(|path| path.len()), Some(2));
        // 1e17 + 9 is 1e17 + 16: taking both away leaves something, adding up nothing does not.
        assert_eq!(of(&[(today - 1, 1e17), (today, 9.0)]), None);
    }

    #[test]
    fn no_more_days_are_kept_than_a_window_looks_at() {
        let metric = metric(MetricKind::Count("login".into()), Window::Days(7));
        let mut state = MetricState::default();
        let start = Instant::parse("2026-01-01T10:00:00+09:00").unwrap();
        for day in 0..100 {
            let at = start.plus(day * DAY);
            fold_at(&mut state, &metric, at, at.day(&tokyo()));
        }
        assert_eq!(state.days.len(), 10);
    }

    proptest! {
        /// Never later than the true change: between now and the stated moment nothing moves.
        #[test]
        fn the_next_change_is_never_late(
            hours in proptest::collection::vec(0i64..2400, 0..20), now in 0i64..3000, n in 1u16..40, which in 0u8..7,
        ) {
            let zone = TimeZone::get("America/New_York").unwrap();
            let epoch = Instant::parse("2026-01-15T00:30:00-05:00").unwrap();
            let hour = 3_600_000_000;
            let (kind, over) = match which {
                0 => (MetricKind::Count("e".into()), Window::Days(n)),
                1 => (MetricKind::Days("e".into()), Window::Days(n)),
                2 => (MetricKind::Sum("e".into(), "p".into()), Window::ThisMonth),
                3 => (MetricKind::Count("e".into()), Window::LastMonth),
                4 | 5 => (MetricKind::Sum("e".into(), "p".into()), Window::Days(n)),
                _ => (MetricKind::Change("e".into()), Window::Days(n)),
            };
            let mut metric = metric(kind, over);
            metric.unless = (which == 5).then(|| "closed".to_owned());
            let now_at = epoch.plus(now * hour);
            let mut state = MetricState::default();
            for h in hours.iter().filter(|h| **h <= now) {
                let at = epoch.plus(h * hour);
                let day = at.day(&zone);
                if which == 5 {
                    let amount = (h % 3 > 0).then_some(2.0);
                    super::super::unless::by_key(&mut state, OpenKey { key: (h % 7).to_string(), at, day, amount });
                    continue;
                }
                fold(&mut state, &Sample { day, at, value: Value::Num(2.0), contact: None, today: now_at.day(&zone), metric: &metric });
            }
            let value = |at: Instant| read(&metric, &state, &Reading { now: at, zone: &zone, account_start: epoch });
            let (present, next) = value(now_at);
            let until = next.unwrap_or(now_at.plus(90 * DAY));
            let mut at = now_at;
            while at < until.min(now_at.plus(90 * DAY)) {
                prop_assert_eq!(&value(at).0, &present, "changed at {} before {:?}", at, next);
                at = at.plus(hour);
            }
            let reading = Reading { now: now_at, zone: &zone, account_start: epoch };
            let Some(path) = path(&metric, &state, &reading) else { return Ok(()) };
            for ahead in 1..100 {
                let day = now_at.day(&zone) + ahead;
                let foretold = path.iter().rev().find(|step| step.0 <= day);
                let foretold = foretold.map_or(present.clone(), |step| step.1.map_or(Value::Missing, Value::Num));
                prop_assert_eq!(foretold, value(Instant::start_of_day(day, &zone)).0, "{} days ahead", ahead);
            }
        }
    }
}
