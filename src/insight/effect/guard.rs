//! Guardrails: what must not get worse while a playbook runs, whatever its outcome does.

use serde::Serialize;

use super::{
    dist::two_sided_z,
    power::ALPHA,
    proportions::{Counts, difference, newcombe},
};
use crate::insight::rate::wilson_at;

/// Complaints of a thousand messages above which mailbox providers act.
const COMPLAINTS: f64 = 0.001;
/// Returned messages of a hundred above which they do.
const BOUNCES: f64 = 0.05;
/// Points by which opt-outs may exceed those of the held-out.
const OPT_OUTS: f64 = 0.05;
/// Points by which accounts that open tickets may: many open one anyway.
const TICKETS: f64 = 0.10;
/// Fewer say nothing about the others.
const LEAST: u64 = 3;

/// One guardrail.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Guardrail {
    /// `complaints`, `bounces`, `opt_outs`, `tickets`.
    pub name: &'static str,
    /// How many.
    pub numerator: u64,
    /// Of how many.
    pub denominator: u64,
    /// The share that must not be exceeded; none where it takes those held out to say so, and nobody is.
    pub limit: Option<f64>,
    /// The same of those held out, where it is held against them.
    pub holdout: Option<Counts>,
    /// Share of the treated − share of those held out.
    pub diff: Option<f64>,
    /// Its 95 % interval (Newcombe's).
    pub ci95: Option<[f64; 2]>,
    /// It is exceeded beyond chance: the lower end of its one-sided 95 % interval lies above the limit.
    pub crossed: bool,
}

impl Guardrail {
    /// `events` of `n` against `limit`.
    pub fn of(name: &'static str, counts: Counts, limit: f64) -> Guardrail {
        let low = |c: Counts| wilson_at(two_sided_z(0.1), c.events, c.n)[0];
        let crossed = counts.events >= LEAST && counts.n > 0 && low(counts) > limit;
        Guardrail { limit: Some(limit), crossed, ..Guardrail::bare(name, counts) }
    }

    /// Against those held out: not more than `margin` above them. None: nobody is held out.
    fn against(name: &'static str, treated: Counts, holdout: Counts, margin: f64) -> Option<Guardrail> {
        let [low, _] = newcombe(treated, holdout, 0.1)?;
        Some(Guardrail {
            limit: holdout.rate().map(|rate| rate + margin),
            holdout: Some(holdout),
            diff: difference(treated, holdout),
            ci95: newcombe(treated, holdout, ALPHA),
            crossed: low > margin && treated.events >= LEAST,
            ..Guardrail::bare(name, treated)
        })
    }

    fn bare(name: &'static str, counts: Counts) -> Guardrail {
        let (numerator, denominator) = (counts.events, counts.n);
        Guardrail { name, numerator, denominator, limit: None, holdout: None, diff: None, ci95: None, crossed: false }
    }
}

/// Accounts in which a reader opted out, against those held out, who hear of other playbooks only: not more than five
/// points above them (without any: not more than five of a hundred).
pub fn of_opt_outs(treated: Counts, holdout: Counts) -> Guardrail {
    let against = Guardrail::against("opt_outs", treated, holdout, OPT_OUTS);
    against.unwrap_or_else(|| Guardrail::of("opt_outs", treated, OPT_OUTS))
}

/// Accounts that opened a ticket, against those held out: not more than ten points above them. Without any nothing says
/// how many would have anyway, and no limit is drawn.
pub fn of_tickets(treated: Counts, holdout: Counts) -> Guardrail {
    let against = Guardrail::against("tickets", treated, holdout, TICKETS);
    against.unwrap_or_else(|| Guardrail::bare("tickets", treated))
}

/// Complaints and returned messages of those that were sent.
pub fn of_messages(sent: u64, complained: u64, bounced: u64) -> Vec<Guardrail> {
    let all = |events: u64| Counts { n: sent.max(events), events };
    vec![Guardrail::of("complaints", all(complained), COMPLAINTS), Guardrail::of("bounces", all(bounced), BOUNCES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_crosses_no_guardrail() {
        let crossed = |n, events, limit| Guardrail::of("complaints", Counts { n, events }, limit).crossed;
        assert!(!crossed(0, 0, 0.001) && !crossed(100, 2, 0.001), "two are no pattern");
        assert!(!crossed(4_000, 5, 0.001), "0.125 % of 4,000 may be 0.1 %");
        assert!(crossed(1_000, 5, 0.001) && crossed(100, 12, 0.05));
        assert!(of_messages(10, 0, 0).iter().all(|g| !g.crossed));
        let out = |n, events, m, others| of_opt_outs(Counts { n, events }, Counts { n: m, events: others }).crossed;
        assert!(!out(200, 20, 200, 12) && out(200, 40, 200, 2), "readers who leave anyway are no harm");
        assert!(out(100, 15, 0, 0) && !out(100, 6, 0, 0));
    }

    /// statsmodels 0.15, `confint_proportions_2indep(…, method="newcomb")` at 95 % and 90 %.
    #[test]
    fn tickets_are_held_against_those_that_open_them_anyway() {
        let of = |a, n, b, m| of_tickets(Counts { n, events: a }, Counts { n: m, events: b });
        let found = of(60, 200, 20, 190);
        let [low, high] = found.ci95.unwrap();
        assert!(
            (low - 0.116_081_641_540_989).abs() < 1e-9 && (high - 0.270_650_878_069_367).abs() < 1e-9,
            "{low} {high}"
        );
        assert!((found.diff.unwrap() - 0.194_736_842_105_263).abs() < 1e-12, "{found:?}");
        assert!((found.limit.unwrap() - 0.205_263_157_894_737).abs() < 1e-12 && found.crossed, "{found:?}");
        assert!(!of(40, 200, 20, 190).crossed, "{:?}", of(40, 200, 20, 190));
        let alone = of(190, 200, 0, 0);
        assert_eq!((alone.limit, alone.diff, alone.crossed), (None, None, false));
    }
}
