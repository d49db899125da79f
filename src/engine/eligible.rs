//! What is frozen in the ledger when a run begins, of treated and held-out accounts alike: a comparison may look back at
//! where each stood, and never at what came after.

use super::work::Work;
use crate::{
    model::value::{Props, Value},
    rulebook::{
        playbook::Playbook,
        types::{MetricKind, Window},
    },
};

/// What the names of frozen values begin with.
pub const AT_START: &str = "at_start.";
/// Traits that are frozen besides the band: an effect may be told apart by them.
pub const TRAITS: &[&str] = &["plan", "touch", "phase", "locale"];
/// Days of usage that are frozen.
const DAYS: i32 = 28;

impl Work<'_> {
    /// Traits, the score, its components and the use of the last 28 days (of every metric that counts events over as long at
    /// least), where an effect may be measured: by a holdout or an outcome.
    pub fn frozen(&self, playbook: &Playbook) -> Props {
        let compared = self.rulebook.model.holdout.percent > 0.0 && !playbook.no_holdout;
        if !compared && playbook.holdout.is_none() && playbook.outcome.is_none() {
            return Props::new();
        }
        let mut frozen = self.frozen_usage();
        for trait_ in TRAITS {
            let value = match *trait_ {
                "phase" => self.state.phase.as_ref().map_or(Value::Missing, |(name, _)| Value::text(name)),
                "touch" => self.touch_tier(),
                name => self.state.attr(name),
            };
            if !value.is_missing() {
                frozen.insert(format!("{AT_START}{trait_}"), value);
            }
        }
        if let Some(health) = &self.state.health {
            let mut put = |name: String, value: Value| drop(frozen.insert(format!("{AT_START}{name}"), value));
            put("band".to_owned(), Value::text(&health.band));
            put("score".to_owned(), health.score.map_or(Value::Missing, Value::Num));
            for component in health.components.iter().filter(|c| !c.missing) {
                put(format!("component.{}", component.name), Value::Num(component.points));
            }
        }
        frozen
    }

    fn frozen_usage(&self) -> Props {
        let today = self.now.day(&self.zone);
        let mut usage = Props::new();
        for metric in &self.rulebook.model.metrics {
            let days = matches!(metric.kind, MetricKind::Days(_));
            let long = matches!(metric.over, Window::Days(over) if i32::from(over) >= DAYS);
            let counted = long && (days || matches!(metric.kind, MetricKind::Count(_))) && metric.unless.is_none();
            let Some(state) = self.state.metrics.get(&metric.name).filter(|_| counted && !metric.per_contact) else {
                continue;
            };
            let inside = state.days.iter().filter(|(day, _)| *day > today - DAYS && *day <= today);
            let sum = inside.map(|(_, n)| if days { f64::from(u8::from(*n > 0.0)) } else { *n }).sum();
            usage.insert(format!("{AT_START}usage_28d.{}", metric.name), Value::Num(sum));
        }
        usage
    }
}
