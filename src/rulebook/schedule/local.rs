//! From what a wall clock shows to a moment, over daylight saving.

use jiff::{
    civil::DateTime,
    tz::{AmbiguousOffset, Offset, TimeZone},
};

use crate::model::instant::{DAY, Instant, SECOND, day_number};

/// The moment at which clocks in `zone` show `local`. A time that daylight saving skips is the first instant
/// after the gap; one that occurs twice is the first. So the mapping never goes backwards.
pub fn resolve(local: DateTime, zone: &TimeZone) -> Instant {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => shown(local, offset),
        AmbiguousOffset::Fold { before, .. } => shown(local, before),
        AmbiguousOffset::Gap { after, .. } => end_of_gap(shown(local, after), zone),
    }
}

/// What clocks in `zone` show at `at`.
pub fn clock(at: Instant, zone: &TimeZone) -> DateTime {
    zone.to_datetime(at.timestamp())
}

/// The moment at which a clock with a fixed `offset` shows `local`.
pub fn shown(local: DateTime, offset: Offset) -> Instant {
    let of_day = local.time().duration_since(jiff::civil::Time::midnight()).as_micros();
    let as_utc = i64::from(day_number(local.date())) * DAY + i64::try_from(of_day).unwrap_or(0);
    Instant(0).plus(as_utc - i64::from(offset.seconds()) * SECOND)
}

/// `before` is the skipped time read with the later offset: a moment shortly before the change.
fn end_of_gap(before: Instant, zone: &TimeZone) -> Instant {
    zone.following(before.timestamp()).next().map_or(before, |change| Instant::from(change.timestamp()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;

    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("test instant")
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("test zone")
    }

    #[test]
    fn every_minute_of_a_gap_is_its_end() {
        let ny = zone("America/New_York");
        for minute in [0, 1, 30, 59] {
            assert_eq!(resolve(datetime(2026, 3, 8, 2, minute, 0, 0), &ny), at("2026-03-08T03:00:00-04:00"));
        }
        assert_eq!(resolve(datetime(2026, 3, 8, 1, 59, 0, 0), &ny), at("2026-03-08T01:59:00-05:00"));
    }

    #[test]
    fn a_doubled_time_is_its_first() {
        assert_eq!(
            resolve(datetime(2026, 11, 1, 1, 30, 0, 0), &zone("America/New_York")),
            at("2026-11-01T01:30:00-04:00")
        );
    }

    #[test]
    fn half_hour_gap_midnight_gap_and_skipped_day() {
        let cases = [
            ("Australia/Lord_Howe", datetime(2026, 10, 4, 2, 15, 0, 0), "2026-10-04T02:30:00+11:00"),
            ("Atlantic/Azores", datetime(2026, 3, 29, 0, 20, 0, 0), "2026-03-29T01:00:00+00:00"),
            ("Pacific/Apia", datetime(2011, 12, 30, 13, 0, 0, 0), "2011-12-31T00:00:00+14:00"),
        ];
        for (name, local, expected) in cases {
            assert_eq!(resolve(local, &zone(name)), at(expected), "{name}");
        }
    }

    #[test]
    fn the_mapping_never_goes_backwards() {
        for name in ["America/New_York", "Australia/Lord_Howe", "Atlantic/Azores", "America/St_Johns"] {
            let zone = zone(name);
            for year in [2006, 2026] {
                let mut last = Instant::MIN;
                for minute in 0..366 * 48 {
                    let local = datetime(year, 1, 1, 0, 0, 0, 0).saturating_add(jiff::Span::new().minutes(minute * 30));
                    let next = resolve(local, &zone);
                    assert!(next >= last, "{name} {local}");
                    last = next;
                }
            }
        }
    }
}
