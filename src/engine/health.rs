//! Scores (health, readiness to grow): components, coverage, bands with hysteresis, caps, overrides.

use std::cmp::Reverse;

use super::work::{Cause, Work};
use crate::{
    model::{
        instant::Instant,
        score::{Reading, ScoreKind},
        shared::Shared,
        state::{ComponentValue, HealthState},
        value::{Props, Value},
    },
    rulebook::{
        expr::Program,
        slots::SlotSource,
        types::{Component, Missing, Scale, Scorecard},
    },
};

impl Work<'_> {
    /// Reads what conditions see of a score, brought up to now.
    pub fn read_score(&mut self, kind: ScoreKind, reading: Reading) -> (Value, Option<Instant>) {
        self.settle_score(kind);
        let next = self.score_next[kind.index()];
        let Some(score) = self.state.scored(kind) else { return (Value::Missing, next) };
        match reading {
            Reading::Score => (score.score.map_or(Value::Missing, Value::Num), next),
            Reading::Band => (Value::text(&score.band), next),
            Reading::PreviousBand => (score.previous_band.as_ref().map(Value::text).unwrap_or_default(), next),
            Reading::Coverage => (Value::Num(score.coverage), next),
            Reading::Change7d => self.change_7d(score, next),
        }
    }

    /// Against the score at the end of local day D−7.
    fn change_7d(&self, health: &HealthState, next: Option<Instant>) -> (Value, Option<Instant>) {
        let today = self.now.day(&self.zone);
        let moving = health.daily.iter().any(|d| d.0 > today - 8) && health.daily.len() > 1;
        let midnight = moving.then(|| self.now.next_midnight(&self.zone));
        let next = [next, midnight].into_iter().flatten().min();
        match (health.score, health.score_at(today - 7)) {
            (Some(now), Some(then)) => (Value::Num(now - then), next),
            _ => (Value::Missing, next),
        }
    }

    /// Forgets that scores were computed in this pass, and what a section that is gone had left.
    pub fn update_scores(&mut self) {
        self.score_fresh = [false; 2];
        if self.state.expansion.is_some() && self.rulebook.model.expansion.is_empty() {
            self.state.expansion = None;
        }
    }

    /// Brings a score up to now, once a pass over the slots.
    pub fn settle_score(&mut self, kind: ScoreKind) {
        if std::mem::replace(&mut self.score_fresh[kind.index()], true) {
            return;
        }
        self.update_score(kind);
        self.score_next[kind.index()] = self.soonest_score(kind);
    }

    fn update_score(&mut self, kind: ScoreKind) {
        let churned = self.state.attr_text("status") == Some("churned");
        let rulebook = self.rulebook;
        let card = match kind {
            ScoreKind::Health if churned && self.state.health.is_some() => return,
            ScoreKind::Expansion if churned => None,
            _ => rulebook.model.scorecards(kind).iter().find(|c| self.holds(&c.for_)),
        };
        match card {
            Some(card) => self.apply_scorecard(kind, card),
            None => *self.state.scored_mut(kind) = None,
        }
    }

    fn apply_scorecard(&mut self, kind: ScoreKind, card: &Scorecard) {
        let old = self.state.scored_mut(kind).take().filter(|h| h.scorecard == card.name);
        let known = old.as_ref().map(|h| h.components.as_slice()).unwrap_or_default();
        let components: Vec<_> = card.components.iter().map(|c| self.component(card, c)).collect();
        let same = known.len() == components.len() && known.iter().zip(&components).all(|(a, b)| b.is(a));
        let (score, coverage) = total(card, &components);
        let previous = old.as_ref().map(|h| h.band.as_str()).filter(|b| *b != "unknown");
        let judged = self.band_by_hand(kind).map(|band| (band, None));
        let (band, held_by) = judged.unwrap_or_else(|| self.band(card, score, coverage, previous));
        let today = self.now.day(&self.zone);
        let mut health = old.unwrap_or_default();
        if health.band != band {
            if !health.band.is_empty() {
                health.previous_band = Some(health.band.clone());
            }
            self.announce_band(kind, &health.band, &band);
            health.band_since = self.now;
            health.band = band;
        }
        if !same {
            health.components = components.iter().map(Measured::named).collect();
        }
        if (&health.scorecard, health.score, health.coverage) != (&card.name, score, coverage) {
            health.scorecard.clone_from(&card.name);
            (health.score, health.coverage) = (score, coverage);
        }
        if health.held_by != held_by {
            health.held_by = held_by;
        }
        if health.rulebook_hash != self.rulebook.hash {
            health.rulebook_hash.clone_from(&self.rulebook.hash);
        }
        remember_day(&mut health, today, &components, self.days_watched());
        *self.state.scored_mut(kind) = Some(health);
    }

    fn announce_band(&mut self, kind: ScoreKind, from: &str, to: &str) {
        if from.is_empty() {
            return;
        }
        let props = Props::from([("from".to_owned(), Value::text(from)), ("to".to_owned(), Value::text(to))]);
        self.emit(kind.event(), props, &Cause::default());
    }

    fn component<'c>(&self, card: &Scorecard, component: &'c Component) -> Measured<'c> {
        let value = component.measure.eval(&self.frame(None, None));
        let number = match &value {
            Value::Num(n) => Some(*n),
            Value::Bool(b) => Some(f64::from(u8::from(*b))),
            Value::Money(m) => Some(m.major()),
            _ => None,
        };
        let max = best(component, card.weighted);
        let raw = number.map(|n| give(&component.scale, n));
        let missing = raw.is_none();
        let points = match (raw, card.missing) {
            (Some(raw), _) if card.weighted => raw * component.weight / 100.0,
            (Some(raw), _) => raw,
            (None, Missing::Neutral) => max / 2.0,
            (None, _) => 0.0,
        };
        Measured { name: &component.name, value, points, max, missing, as_of: self.measured_at(component) }
    }

    /// The age of the data a component stands on: the newest of what it reads.
    fn measured_at(&self, component: &Component) -> Option<Instant> {
        let sources = &self.rulebook.slots.sources;
        let ages = component.measure.slots().iter().filter_map(|slot| match sources.get(*slot as usize)? {
            SlotSource::Metric(i) => {
                let metric = self.rulebook.model.metrics.get(*i)?;
                let state = self.state.metrics.get(&metric.name).filter(|s| s.seen);
                match (state, &metric.or) {
                    (Some(state), _) => state.last,
                    (None, Some(column)) => self.state.attrs.get(column).map(|a| a.as_of),
                    (None, None) => None,
                }
            }
            SlotSource::Account(name) => self.state.attrs.get(name).map(|a| a.as_of),
            _ => None,
        });
        ages.max()
    }

    /// A band of health that a person set and that still holds.
    fn band_by_hand(&self, kind: ScoreKind) -> Option<String> {
        let by_hand = self.state.override_band.as_ref().filter(|o| kind == ScoreKind::Health && self.now < o.until);
        by_hand.map(|o| o.band.clone())
    }

    /// The band by the score, and which cap keeps it down, if one does: the strictest, the first of equals.
    fn band(
        &self,
        card: &Scorecard,
        score: Option<f64>,
        coverage: f64,
        previous: Option<&str>,
    ) -> (String, Option<usize>) {
        let unknown = || ("unknown".to_owned(), None);
        let Some(score) = score.filter(|_| coverage >= card.min_coverage) else { return unknown() };
        let by_score = band_index(card, score, previous);
        let capped = card.caps.iter().enumerate().filter(|(_, c)| self.holds(&c.when));
        let strictest = capped.map(|(i, c)| (rank(card, &c.at_most), i)).max_by_key(|(rank, i)| (*rank, Reverse(*i)));
        let held = strictest.filter(|(allowed, _)| *allowed > by_score);
        let band = card.bands.get(held.map_or(by_score, |(allowed, _)| allowed));
        band.map_or_else(unknown, |band| (band.0.clone(), held.map(|(_, i)| i)))
    }

    /// When a score can next change by time alone.
    fn soonest_score(&self, kind: ScoreKind) -> Option<Instant> {
        let frame = self.frame(None, None);
        let by_hand = self.state.override_band.as_ref().filter(|_| kind == ScoreKind::Health);
        let mut next = by_hand.map(|o| o.until).filter(|until| *until > self.now);
        for card in self.rulebook.model.scorecards(kind) {
            next = soonest(next, card.for_.next_change(&frame));
            if card.for_.holds(&frame) {
                let conditions = card.caps.iter().map(|c| &c.when);
                let all = card.components.iter().flat_map(deciding).chain(conditions);
                return all.fold(next, |at, p| soonest(at, p.next_change(&frame)));
            }
        }
        next
    }
}

/// What decides a component's points: where they come in steps, whether each step is reached, else the measure itself.
fn deciding(component: &Component) -> &[Program] {
    if component.edges.is_empty() { std::slice::from_ref(&component.measure) } else { &component.edges }
}

fn soonest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    a.into_iter().chain(b).min()
}

/// One component as it was measured now.
struct Measured<'c> {
    name: &'c str,
    value: Value,
    points: f64,
    max: f64,
    missing: bool,
    as_of: Option<Instant>,
}

impl Measured<'_> {
    fn is(&self, known: &ComponentValue) -> bool {
        let numbers = self.points == known.points && self.max == known.max && self.missing == known.missing;
        numbers && self.as_of == known.as_of && self.value == known.value && self.name == known.name
    }

    fn named(&self) -> ComponentValue {
        let Measured { name, points, max, missing, as_of, .. } = *self;
        ComponentValue { name: name.to_owned(), value: self.value.clone(), points, max, missing, as_of }
    }
}

/// Keeps one entry a day on which something changed, back to the last one before D−`back`.
fn remember_day(health: &mut Shared<HealthState>, today: i32, components: &[Measured<'_>], back: i32) {
    let Some(score) = health.score else { return };
    let points = || components.iter().map(|c| c.points);
    match health.daily.last() {
        Some(last) if last.1 == score && last.2.iter().copied().eq(points()) => return,
        Some(last) if last.0 == today => {
            if let Some(last) = health.daily.last_mut() {
                (last.1, last.2) = (score, points().collect());
            }
        }
        _ => health.daily.push((today, score, points().collect())),
    }
    let before = health.daily.partition_point(|d| d.0 <= today - back);
    if before > 1 {
        health.daily.drain(..before - 1);
    }
}

/// (score, coverage). Points add; weights are renormalised over what is known.
fn total(card: &Scorecard, components: &[Measured<'_>]) -> (Option<f64>, f64) {
    let all: f64 = components.iter().map(|c| c.max).sum();
    let known: f64 = components.iter().filter(|c| !c.missing).map(|c| c.max).sum();
    let points: f64 = components.iter().map(|c| c.points).sum();
    let coverage = if all > 0.0 { known / all } else { 0.0 };
    let score = match card.missing {
        _ if components.iter().all(|c| c.missing) => None,
        Missing::Exclude if known > 0.0 => Some(points * all / known),
        Missing::Exclude => None,
        _ => Some(points),
    };
    (score.map(tidy), coverage)
}

/// Takes binary dust off a sum, so that 70 is 70 and not 69.99999999999999.
fn tidy(n: f64) -> f64 {
    (n * 1e9).round() / 1e9
}

fn best(component: &Component, weighted: bool) -> f64 {
    if weighted {
        return component.weight;
    }
    match &component.scale {
        Scale::Points(steps) => steps.iter().map(|s| s.1).fold(0.0, f64::max),
        Scale::Linear(..) => 100.0,
    }
}

fn give(scale: &Scale, n: f64) -> f64 {
    match scale {
        Scale::Points(steps) => {
            steps.iter().find(|(at_least, _)| at_least.is_none_or(|bound| n >= bound)).map_or(0.0, |s| s.1)
        }
        Scale::Linear(from, to) if from == to => {
            if n >= *to {
                100.0
            } else {
                0.0
            }
        }
        Scale::Linear(from, to) => ((n - from) / (to - from)).clamp(0.0, 1.0) * 100.0,
    }
}

fn rank(card: &Scorecard, band: &str) -> usize {
    card.bands.iter().position(|b| b.0 == band).unwrap_or(0)
}

/// A worse band is entered at its bound; a better one only at its bound + hysteresis.
fn band_index(card: &Scorecard, score: f64, previous: Option<&str>) -> usize {
    let at = |extra: f64| {
        let found = card.bands.iter().position(|b| b.1.is_none_or(|bound| score >= bound + extra));
        found.unwrap_or(card.bands.len().saturating_sub(1))
    };
    let raw = at(0.0);
    match previous.map(|p| rank(card, p)) {
        Some(old) if raw < old => at(card.hysteresis).min(old),
        _ => raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::expr::{Want, schema::Schema};

    fn card(hysteresis: f64) -> Scorecard {
        let place = Default::default();
        let for_ = Program::compile("true", &place, &Schema::default(), Want::Condition).unwrap();
        let bands = vec![("green".into(), Some(70.0)), ("yellow".into(), Some(40.0)), ("red".into(), None)];
        Scorecard {
            name: "c".into(),
            for_,
            components: vec![],
            weighted: true,
            missing: Missing::Exclude,
            bands,
            hysteresis,
            caps: vec![],
            min_coverage: 0.5,
        }
    }

    #[test]
    fn a_score_around_the_bound_gives_one_transition() {
        let card = card(3.0);
        let mut band = "yellow".to_owned();
        let mut seen = vec![];
        for score in [39.0, 41.0, 39.0, 41.0, 43.0] {
            band = card.bands[band_index(&card, score, Some(&band))].0.clone();
            seen.push(band.clone());
        }
        assert_eq!(seen, ["red", "red", "red", "red", "yellow"]);
    }

    #[test]
    fn bounds_are_half_open_and_numeric() {
        let card = card(0.0);
        let band = |score| card.bands[band_index(&card, score, None)].0.clone();
        assert_eq!([band(70.0), band(69.999), band(40.0), band(39.999)], ["green", "yellow", "yellow", "red"]);
    }

    #[test]
    fn a_linear_scale_may_fall() {
        let scale = Scale::Linear(5.0, 0.0);
        assert_eq!([give(&scale, 0.0), give(&scale, 2.5), give(&scale, 9.0)], [100.0, 50.0, 0.0]);
    }
}
