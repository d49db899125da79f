//! When a message is tried again.

use super::settings::RETRIES;
use crate::model::{ids::stable_hash, instant::Instant, message::Planned};

/// The next attempt after `attempts` counted ones, or none: give up. Where a message may be held until
/// a moment, that moment ends it (the re-check then skips it), not the number of tries.
pub fn next(planned: &Planned, attempts: u32, now: Instant) -> Option<Instant> {
    let index = usize::try_from(attempts).unwrap_or(usize::MAX);
    let wait = match RETRIES.get(index) {
        Some(wait) => *wait,
        None => planned.hold_until.map(|_| RETRIES[RETRIES.len() - 1])?,
    };
    let at = now.plus(jittered(wait, &planned.key.0, attempts));
    Some(planned.hold_until.map_or(at, |end| at.min(end.plus(1))))
}

/// `wait` ± 10 %, always the same for one key and attempt, so that retries do not come in one wave.
pub fn jittered(wait: i64, key: &str, attempt: u32) -> i64 {
    let hash = stable_hash(&["jitter", key, &attempt.to_string()]);
    let thousandth = hash.bytes().take(6).fold(0_i64, |n, b| (n * 31 + i64::from(b)) % 201);
    wait / 1000 * (900 + thousandth) + wait % 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{channel::email::fixture::planned, model::instant::MINUTE};

    #[test]
    fn the_schedule_is_one_five_thirty_minutes_and_then_hours() {
        let mail = planned(1);
        let minutes = |n: u32| next(&mail, n, Instant(0)).map(|at| at.0 / MINUTE);
        for (n, want) in [(0, 1), (1, 5), (2, 30), (3, 120), (4, 300), (5, 600), (6, 600)] {
            let got = minutes(n).unwrap();
            assert!((want * 9 / 10..=want * 11 / 10).contains(&got), "{n}: {got}");
        }
        assert_eq!(minutes(7), None);
    }

    #[test]
    fn the_end_of_holding_cuts_the_schedule() {
        let mut mail = planned(1);
        mail.hold_until = Some(Instant(10));
        assert_eq!(next(&mail, 0, Instant(0)), Some(Instant(11)));
        assert_eq!(next(&mail, 50, Instant(0)), Some(Instant(11)));
    }

    #[test]
    fn jitter_depends_on_the_key_alone() {
        assert_eq!(jittered(MINUTE, "a", 1), jittered(MINUTE, "a", 1));
        let spread: std::collections::BTreeSet<i64> = (0..200).map(|n| jittered(MINUTE, &n.to_string(), 1)).collect();
        assert!(spread.len() > 80 && spread.iter().all(|w| (54 * MINUTE / 60..=66 * MINUTE / 60).contains(w)));
    }
}
