//! The verdict: helps, harms, no effect worth the name, not enough data, or a comparison that is broken.

use serde::Serialize;

use super::{
    proportions::{Counts, difference, newcombe, test},
    sequence::Watched,
    srm::ALARM,
};

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Better than without it.
    Helps,
    /// Worse than without it.
    Harms,
    /// Whatever it does is smaller than what was worth finding.
    NoEffectLargerThanMde,
    /// It may do much or nothing.
    NotEnoughData,
    /// The arms do not hold what the design says: nothing can be read from them.
    InvalidSrm,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Give it to everybody.
    Scale,
    /// End it.
    Stop,
    /// Keep it if it costs little, else put the effort elsewhere.
    Keep,
    /// Go on as it is until there is enough.
    KeepMeasuring,
    /// Its declared end has come without an answer: measure by what shows sooner, or begin a longer one.
    Renew,
    /// It may help, but readers complain: change what they complain about before it reaches more of them.
    Soften,
    /// Find out why the arms differ, and begin anew.
    Mend,
}

impl Verdict {
    /// The word in JSON and in lists of wording.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Helps => "helps",
            Verdict::Harms => "harms",
            Verdict::NoEffectLargerThanMde => "no_effect_larger_than_mde",
            Verdict::NotEnoughData => "not_enough_data",
            Verdict::InvalidSrm => "invalid_srm",
        }
    }

    /// What to do; `over` = it will not be measured any further.
    pub fn advice(self, over: bool) -> Advice {
        match self {
            Verdict::Helps => Advice::Scale,
            Verdict::Harms => Advice::Stop,
            Verdict::NoEffectLargerThanMde => Advice::Keep,
            Verdict::NotEnoughData if over => Advice::Renew,
            Verdict::NotEnoughData => Advice::KeepMeasuring,
            Verdict::InvalidSrm => Advice::Mend,
        }
    }
}

impl Advice {
    /// The word in JSON and in lists of wording.
    pub fn word(self) -> &'static str {
        match self {
            Advice::Scale => "scale",
            Advice::Stop => "stop",
            Advice::Keep => "keep",
            Advice::KeepMeasuring => "keep_measuring",
            Advice::Renew => "renew",
            Advice::Soften => "soften",
            Advice::Mend => "mend",
        }
    }

    /// What to do where readers complain beyond a limit: nothing that reaches more of them.
    pub fn guarded(self, crossed: bool) -> Advice {
        match self {
            Advice::Scale | Advice::KeepMeasuring | Advice::Renew if crossed => Advice::Soften,
            Advice::Keep if crossed => Advice::Stop,
            same => same,
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Churn: fewer is better.
    pub lower_is_better: bool,
    /// The smallest difference worth finding.
    pub mde: f64,
}

/// On what the answer rests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Basis {
    /// It goes on and is looked at again and again: what holds at all looks at once.
    Running(Watched),
    /// It is over, or its declared end has come: one look.
    Over,
}

/// The verdict over two shares at error `alpha`. `srm` are the p values of the arms' sizes against the design.
pub fn judge(question: Question, arms: (Counts, Counts), basis: Basis, srm: &[f64], alpha: f64) -> Verdict {
    if srm.iter().any(|p| *p < ALARM) {
        return Verdict::InvalidSrm;
    }
    let (treated, control) = arms;
    match basis {
        Basis::Running(watched) => {
            let found = watched.p.filter(|p| *p < alpha).and(watched.then);
            say(question, found, watched.ci)
        }
        Basis::Over => {
            let ci = newcombe(treated, control, alpha);
            let clear = test(treated, control).is_some_and(|(p, _)| p < alpha) && ci.is_some_and(without_zero);
            say(question, difference(treated, control).filter(|_| clear), ci)
        }
    }
}

/// The verdict from a difference that is beyond chance (none = it is not) and the interval.
pub fn say(question: Question, found: Option<f64>, ci: Option<[f64; 2]>) -> Verdict {
    match found {
        Some(diff) if diff != 0.0 && (diff < 0.0) == question.lower_is_better => Verdict::Helps,
        Some(diff) if diff != 0.0 => Verdict::Harms,
        _ if ci.is_some_and(|[low, high]| -question.mde < low && high < question.mde) => Verdict::NoEffectLargerThanMde,
        _ => Verdict::NotEnoughData,
    }
}

/// Whether an interval lies wholly on one side of nothing.
pub fn without_zero([low, high]: [f64; 2]) -> bool {
    low > 0.0 || high < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHURN: Question = Question { lower_is_better: true, mde: 0.02 };

    fn over(question: Question, t: (u64, u64), c: (u64, u64)) -> Verdict {
        let counts = |(events, n)| Counts { n, events };
        judge(question, (counts(t), counts(c)), Basis::Over, &[0.4], 0.05)
    }

    #[test]
    fn each_verdict_has_its_case() {
        let goal = Question { lower_is_better: false, mde: 0.02 };
        assert_eq!(over(CHURN, (30, 1000), (60, 1000)), Verdict::Helps);
        assert_eq!(over(CHURN, (60, 1000), (30, 1000)), Verdict::Harms);
        assert_eq!(over(goal, (60, 1000), (30, 1000)), Verdict::Helps);
        assert_eq!(over(CHURN, (500, 10_000), (505, 10_000)), Verdict::NoEffectLargerThanMde);
        assert_eq!(over(CHURN, (12, 200), (22, 190)), Verdict::NotEnoughData, "relative delta would declare victory");
        assert_eq!(over(CHURN, (0, 0), (3, 9)), Verdict::NotEnoughData);
    }

    #[test]
    fn arms_that_do_not_fit_the_design_say_nothing() {
        let arms = (Counts { n: 940, events: 1 }, Counts { n: 60, events: 30 });
        assert_eq!(judge(CHURN, arms, Basis::Over, &[0.5, 2.5e-5], 0.05), Verdict::InvalidSrm);
    }

    #[test]
    fn while_it_runs_only_what_holds_at_every_look_counts() {
        let arms = (Counts { n: 1000, events: 30 }, Counts { n: 1000, events: 60 });
        assert_eq!(judge(CHURN, arms, Basis::Running(Watched::default()), &[], 0.05), Verdict::NotEnoughData);
        let crossed = Watched { looks: 9, ci: Some([-0.06, 0.001]), p: Some(0.01), then: Some(-0.03) };
        assert_eq!(judge(CHURN, arms, Basis::Running(crossed), &[], 0.05), Verdict::Helps, "once found it stays found");
    }

    #[test]
    fn every_verdict_has_a_word_and_an_advice() {
        let all = [Verdict::Helps, Verdict::Harms, Verdict::NoEffectLargerThanMde, Verdict::NotEnoughData];
        for verdict in all.into_iter().chain([Verdict::InvalidSrm]) {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.word());
        }
        let advice = all.map(|verdict| verdict.advice(false));
        assert_eq!(advice, [Advice::Scale, Advice::Stop, Advice::Keep, Advice::KeepMeasuring]);
        assert_eq!(Verdict::NotEnoughData.advice(true), Advice::Renew);
        for one in advice.into_iter().chain([Advice::Renew, Advice::Soften, Advice::Mend]) {
            assert_eq!(serde_json::to_value(one).unwrap(), one.word());
        }
    }

    #[test]
    fn what_readers_complain_about_is_not_widened() {
        let guarded = |advice: Advice| advice.guarded(true);
        assert_eq!((guarded(Advice::Scale), guarded(Advice::Keep)), (Advice::Soften, Advice::Stop));
        assert_eq!((guarded(Advice::Stop), Advice::Scale.guarded(false)), (Advice::Stop, Advice::Scale));
    }
}
