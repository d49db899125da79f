//! Alerts about health: states of the account, each announced when it begins (`alert.raised`).

use super::work::{Cause, Work};
use crate::{
    model::{
        instant::Instant,
        score::ScoreKind,
        state::HealthState,
        value::{Props, Value},
    },
    rulebook::types::{Alert, AlertKind},
};

/// `health.change_7d` looks this many days back.
const WEEK: i32 = 8;

impl Work<'_> {
    /// Whether an alert is on, and when that may change by time alone.
    pub fn read_alert(&mut self, index: usize) -> (Value, Option<Instant>) {
        let rulebook = self.rulebook;
        let Some(alert) = rulebook.model.alerts.get(index) else { return (Value::Missing, None) };
        self.settle_score(ScoreKind::Health);
        let on = self.state.health.as_ref().is_some_and(|health| !self.is_churned() && self.alert_holds(alert, health));
        if on && !self.state.alerts.contains_key(&alert.name) {
            self.state.alerts.insert(alert.name.clone(), self.now);
            self.announce_alert(alert);
        } else if !on {
            self.state.alerts.remove(&alert.name);
        }
        let next = [self.score_next[ScoreKind::Health.index()], self.alert_next(alert, on)].into_iter().flatten().min();
        (Value::Bool(on), next)
    }

    fn alert_holds(&self, alert: &Alert, health: &HealthState) -> bool {
        match &alert.kind {
            AlertKind::Drop(by, within) => {
                let everybody = self.world.dips.get(&alert.name).copied().unwrap_or(0.0).max(0.0);
                health.fall(self.now.day(&self.zone), *within).is_some_and(|fall| fall - everybody >= *by)
            }
            // The band it had when it was first seen was not entered.
            AlertKind::Enters(band) => health.band == *band && health.previous_band.is_some(),
            AlertKind::Stays(band, length) => {
                health.band == *band && length.after(health.band_since, &self.zone, self.calendar) <= self.now
            }
        }
    }

    /// When an alert may begin or end by time alone. A fall never begins so: days only leave what a score is compared
    /// with, and the day that comes in ended with the present score.
    fn alert_next(&self, alert: &Alert, on: bool) -> Option<Instant> {
        let health = self.state.health.as_ref().filter(|_| !self.is_churned())?;
        match &alert.kind {
            AlertKind::Drop(..) => on.then(|| self.now.next_midnight(&self.zone)),
            AlertKind::Enters(_) => None,
            AlertKind::Stays(band, length) => {
                let at = length.after(health.band_since, &self.zone, self.calendar);
                (health.band == *band && at > self.now).then_some(at)
            }
        }
    }

    fn announce_alert(&mut self, alert: &Alert) {
        let health = self.state.health.as_ref();
        let score = health.and_then(|h| h.score).map_or(Value::Missing, Value::Num);
        let band = health.map_or(Value::Missing, |h| Value::text(&h.band));
        let props = [("alert", Value::text(&alert.name)), ("score", score), ("band", band)];
        let props: Props = props.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if !self.silent {
            self.note_with("alert", "health", "", alert.name.clone(), props.clone());
        }
        self.emit("alert.raised", props, &Cause::default());
    }

    /// How many days of scores something looks back on.
    pub fn days_watched(&self) -> i32 {
        let widest = self.rulebook.model.alerts.iter().filter_map(|a| match a.kind {
            AlertKind::Drop(_, within) => Some(i32::from(within) + 1),
            _ => None,
        });
        widest.max().unwrap_or(0).max(WEEK)
    }
}
