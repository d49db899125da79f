//! Guardrails: what must not get worse while a playbook runs, whatever its outcome does.

use serde::Serialize;

use super::{
    dist::two_sided_z,
    proportions::{Counts, newcombe},
};
use crate::insight::rate::wilson_at;

/// Complaints of a thousand messages above which mailbox providers act.
const COMPLAINTS: f64 = 0.001;
/// Returned messages of a hundred above which they do.
const BOUNCES: f64 = 0.05;
/// Points by which opt-outs may exceed those of the held-out.
const OPT_OUTS: f64 = 0.05;
/// Fewer say nothing about the others.
const LEAST: u64 = 3;

/// One guardrail.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Guardrail {
    /// `complaints`, `bounces`, `opt_outs`.
    pub name: &'static str,
    /// How many.
    pub numerator: u64,
    /// Of how many.
    pub denominator: u64,
    /// The share that must not be exceeded.
    pub limit: f64,
    /// It is exceeded beyond chance: the lower end of its one-sided 95 % interval lies above the limit.
    pub crossed: bool,
}

impl Guardrail {
    /// `events` of `n` against `limit`.
    pub fn of(name: &'static str, counts: Counts, limit: f64) -> Guardrail {
        let low = |c: Counts| wilson_at(two_sided_z(0.1), c.events, c.n)[0];
        let crossed = counts.events >= LEAST && counts.n > 0 && low(counts) > limit;
        Guardrail { name, numerator: counts.events, denominator: counts.n, limit, crossed }
    }
}

/// Accounts in which a reader opted out, against those held out, who hear of other playbooks only: not more than five
/// points above them (without any: not more than five of a hundred).
pub fn of_opt_outs(treated: Counts, holdout: Counts) -> Guardrail {
    let limit = holdout.rate().unwrap_or(0.0) + OPT_OUTS;
    let beyond = newcombe(treated, holdout, 0.1).map(|[low, _]| low > OPT_OUTS);
    match beyond {
        None => Guardrail::of("opt_outs", treated, OPT_OUTS),
        Some(beyond) => {
            let crossed = beyond && treated.events >= LEAST;
            Guardrail { limit, crossed, ..Guardrail::of("opt_outs", treated, 1.0) }
        }
    }
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
}
