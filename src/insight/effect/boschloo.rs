//! Boschloo's exact test of two shares (R. D. Boschloo, Statistica Neerlandica 24, 1970): Fisher's one-sided p orders the
//! tables, and the chance of a table at most as likely is taken at the common share at which it is largest. Only the
//! sizes of the two groups are fixed, as they are in an experiment, not the number of events as well: never larger than
//! the one-sided p of Fisher's test that it begins with.

use serde::Serialize;

use super::proportions::{Counts, fisher};

/// More accounts than this need no exact test: the normal approximation holds.
const MOST: u64 = 2_000;
/// Common shares at which the chance is looked at first, denser towards 0 and 1, where it has its peaks.
const SHARES: usize = 400;
/// Peaks that are looked at closely.
const PEAKS: usize = 6;
/// How often the surroundings of a peak are narrowed.
const NARROWED: usize = 60;
/// Chances that differ by less than this, relatively, are equal: they are sums of many.
const TIE: f64 = 1e-10;

/// Two-sided p of both exact tests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Exact {
    /// Fisher's, which holds the number of events fixed as well: the verdict's where counts are small.
    pub fisher: f64,
    /// Boschloo's; none above 2,000 accounts.
    pub boschloo: Option<f64>,
}

/// Both exact tests; none where a group is empty.
pub fn exact(treated: Counts, control: Counts) -> Option<Exact> {
    let both = treated.n > 0 && control.n > 0;
    both.then(|| Exact { fisher: fisher(treated, control), boschloo: boschloo(treated, control) })
}

/// Two-sided p: twice the smaller one-sided p, at most 1. None: a group is empty, or both together have more than 2,000
/// accounts.
pub fn boschloo(treated: Counts, control: Counts) -> Option<f64> {
    if treated.n == 0 || control.n == 0 || treated.n + control.n > MOST {
        return None;
    }
    let other = |c: Counts| Counts { events: c.n.saturating_sub(c.events), ..c };
    // More without the event is fewer with it.
    let fewer = one_sided(treated, control);
    let more = one_sided(other(treated), other(control));
    Some((2.0 * fewer.min(more)).min(1.0))
}

/// The chance that the treated have as few events as this or fewer, against the control.
fn one_sided(treated: Counts, control: Counts) -> f64 {
    let region = Region::of(treated, control);
    let at = |angle: f64| region.chance(angle.sin().powi(2));
    let step = std::f64::consts::FRAC_PI_2 / SHARES as f64;
    let seen: Vec<f64> = (0..=SHARES).map(|n| at(n as f64 * step)).collect();
    let higher = |n: usize, m: Option<usize>| m.and_then(|m| seen.get(m)).is_none_or(|other| *other <= seen[n]);
    let mut peaks: Vec<usize> =
        (0..=SHARES).filter(|n| higher(*n, n.checked_sub(1)) && higher(*n, Some(n + 1))).collect();
    peaks.sort_by(|a, b| seen[*b].total_cmp(&seen[*a]));
    let close = peaks.iter().take(PEAKS).map(|n| {
        let middle = *n as f64 * step;
        highest(&at, (middle - step).max(0.0), (middle + step).min(std::f64::consts::FRAC_PI_2))
    });
    close.chain(seen.iter().copied()).fold(0.0, f64::max).min(1.0)
}

/// The highest value between two places, by golden section.
fn highest(of: &dyn Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let mut best = 0.0_f64;
    for _ in 0..NARROWED {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        let (left, right) = (of(a), of(b));
        best = best.max(left).max(right);
        if left < right { low = a } else { high = b }
    }
    best
}

/// The tables at most as likely as the one seen, by Fisher's one-sided p: with x events among the treated, all with
/// `from[x]` events or more among the control.
struct Region {
    n: u64,
    m: u64,
    /// By events among the treated.
    from: Vec<u64>,
    /// ln of n over k, and of m over k.
    ways: [Vec<f64>; 2],
}

impl Region {
    fn of(treated: Counts, control: Counts) -> Region {
        let (n, m) = (treated.n, control.n);
        let limit = below(treated.events.min(n), control.events.min(m), n, m) * (1.0 + TIE);
        // The more events among the treated, the more it takes among the control to be as unlikely.
        let mut from = Vec::new();
        let mut least = 0;
        for x in 0..=n {
            while least <= m && below(x, least, n, m) > limit {
                least += 1;
            }
            from.push(least);
        }
        Region { n, m, from, ways: [ways(n), ways(m)] }
    }

    /// Its chance where both groups have the same share.
    fn chance(&self, share: f64) -> f64 {
        let [ours, theirs] = &self.ways;
        let at_least = upper(&chances(theirs, self.m, share));
        let ours = chances(ours, self.n, share);
        let tail = |least: &u64| usize::try_from(*least).ok().and_then(|least| at_least.get(least)).copied();
        ours.iter().zip(&self.from).map(|(chance, least)| chance * tail(least).unwrap_or(0.0)).sum()
    }
}

/// Fisher's one-sided p: the chance of x events or fewer among n where x + y of n + m have them.
fn below(x: u64, y: u64, n: u64, m: u64) -> f64 {
    let k = x + y;
    let (low, high) = (k.saturating_sub(m), k.min(n));
    let up = |x: u64| ((k - x) as f64 * (n - x) as f64) / ((x + 1) as f64 * (m + x + 1 - k) as f64);
    let (mut inside, mut all, mut weight) = (1.0, 1.0, 1.0);
    for x in x..high {
        weight *= up(x);
        all += weight;
    }
    weight = 1.0;
    for x in (low..x).rev() {
        weight /= up(x);
        inside += weight;
        all += weight;
    }
    if f64::is_finite(all) { inside / all } else { 0.0 }
}

/// ln of n over k, for every k.
fn ways(n: u64) -> Vec<f64> {
    let mut all = vec![0.0];
    let mut sum = 0.0;
    for k in 0..n {
        sum += ((n - k) as f64).ln() - ((k + 1) as f64).ln();
        all.push(sum);
    }
    all
}

/// Chances of 0, 1, … n events at a share.
fn chances(ways: &[f64], n: u64, share: f64) -> Vec<f64> {
    if share <= 0.0 || share >= 1.0 {
        let sure = if share <= 0.0 { 0 } else { ways.len() - 1 };
        return (0..ways.len()).map(|k| if k == sure { 1.0 } else { 0.0 }).collect();
    }
    let (yes, no) = (share.ln(), (-share).ln_1p());
    (0..=n).zip(ways).map(|(k, ways)| (ways + k as f64 * yes + (n - k) as f64 * no).exp()).collect()
}

/// Chances of at least 0, 1, … events.
fn upper(chances: &[f64]) -> Vec<f64> {
    let mut all: Vec<f64> = chances.to_vec();
    let mut sum = 0.0;
    all.iter_mut().rev().for_each(|chance| {
        sum += *chance;
        *chance = sum;
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(events: u64, n: u64) -> Counts {
        Counts { n, events }
    }

    /// scipy 1.17, `boschloo_exact` and `fisher_exact`.
    #[test]
    fn random_tables_agree_with_scipy() {
        let mut rows = 0;
        for line in include_str!("../../../tests/data/numbers/effect/boschloo.csv").lines().skip(1) {
            let cell: Vec<&str> = line.split(',').collect();
            let int = |i: usize| cell[i].parse::<u64>().unwrap();
            let (t, c) = (counts(int(0), int(1)), counts(int(2), int(3)));
            let (ours, theirs) = (boschloo(t, c).unwrap(), cell[4].parse::<f64>().unwrap());
            assert!((ours - theirs).abs() < 1e-6, "{line}: {ours}");
            let exact = cell[5].parse::<f64>().unwrap();
            assert!((fisher(t, c) - exact).abs() < 1e-9, "{line}");
            rows += 1;
        }
        assert_eq!(rows, 72);
    }

    #[test]
    fn it_is_symmetric_and_knows_when_it_is_not_needed() {
        let p = |a, n, b, m| boschloo(counts(a, n), counts(b, m));
        assert!((p(12, 200, 22, 190).unwrap() - 0.062_610_992_143).abs() < 1e-9);
        for (a, n, b, m) in [(1, 40, 6, 50), (0, 9, 4, 30), (17, 60, 3, 8)] {
            let (there, back) = (p(a, n, b, m).unwrap(), p(b, m, a, n).unwrap());
            let inside_out = p(n - a, n, m - b, m).unwrap();
            assert!((there - back).abs() < 1e-7 && (there - inside_out).abs() < 1e-9, "{there} {back} {inside_out}");
        }
        assert_eq!((p(0, 0, 1, 5), p(1, 1_500, 2, 501), p(0, 30, 0, 9)), (None, None, Some(1.0)));
    }
}
