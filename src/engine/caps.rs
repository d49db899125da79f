//! Frequency caps: within one account when a message is planned, and by address over all accounts when
//! it is about to leave.

use super::work::Work;
use crate::{
    model::{
        instant::{DAY, Instant},
        message::{Audience, Class, Planned},
        state::SendRecord,
    },
    rulebook::types::{Cap, CapPeriod},
};

/// Sends older than this no longer count against any cap.
const KEPT: i64 = 400 * DAY;
/// More sends than this are not remembered: caps beyond it are pointless.
pub(super) const MOST: usize = 512;

impl Work<'_> {
    /// Whether a cap is full for this message: when a place is free again, and which message took it.
    pub fn capped(&self, planned: &Planned) -> Option<(Instant, String)> {
        if planned.class == Class::Notice || planned.audience == Audience::Team {
            return None;
        }
        let own = |cap: &Cap, send: &SendRecord| !cap.per_contact || send.address == planned.address;
        let full = |cap: &Cap| self.full(cap, planned, &self.state.sends, &own);
        self.rulebook.model.caps.iter().filter_map(full).max_by_key(|f| f.0)
    }

    /// The same for a message that is about to leave, counted by address over all accounts.
    pub fn capped_at_address(&self, planned: &Planned) -> Option<(Instant, String)> {
        if planned.class == Class::Notice || planned.audience == Audience::Team {
            return None;
        }
        // Places by address do not say which messages asked a survey: those count within one account.
        let caps = self.rulebook.model.caps.iter().filter(|cap| cap.per_contact && !cap.survey);
        let full = |cap: &Cap| self.full(cap, planned, &self.snapshot.address_sends, &|_, _| true);
        caps.filter_map(full).max_by_key(|f| f.0)
    }

    fn full(
        &self,
        cap: &Cap,
        planned: &Planned,
        sends: &[SendRecord],
        own: &dyn Fn(&Cap, &SendRecord) -> bool,
    ) -> Option<(Instant, String)> {
        let applies = cap.channel.is_none_or(|c| c == planned.channel)
            && cap.class.is_none_or(|c| c == planned.class)
            && (!cap.survey || self.asks(&planned.template));
        if !applies {
            return None;
        }
        let since = self.cap_since(cap);
        let counts = |s: &&SendRecord| {
            s.at > since
                && cap.channel.is_none_or(|c| c.word() == s.channel)
                && cap.class.is_none_or(|c| c.word() == s.class)
                && (!cap.survey || (!s.survey.is_empty() && s.survey != planned.run.0))
                && own(cap, s)
        };
        let mut inside: Vec<&SendRecord> = sends.iter().filter(counts).collect();
        if cap.survey {
            // Of a survey's mails the last one counts.
            let later = |s: &SendRecord| sends.iter().any(|o| o.survey == s.survey && o.at > s.at && own(cap, o));
            inside.retain(|s| !later(s));
        }
        let times = cap.times as usize;
        if inside.len() < times {
            return None;
        }
        let winner = inside.last().map(|s| s.by.clone()).unwrap_or_default();
        let oldest = inside.len().checked_sub(times.max(1)).and_then(|i| inside.get(i)).map_or(self.now, |s| s.at);
        Some((self.cap_free(cap, oldest), winner))
    }

    fn cap_since(&self, cap: &Cap) -> Instant {
        let today = self.now.date(&self.zone);
        let first = match cap.calendar {
            None => return self.now.plus(-cap.per),
            Some(CapPeriod::Day) => today,
            Some(CapPeriod::Week) => {
                today.saturating_sub(jiff::Span::new().days(i64::from(today.weekday().to_monday_zero_offset())))
            }
            Some(CapPeriod::Month) => today.first_of_month(),
        };
        Instant::start_of(first, &self.zone).plus(-1)
    }

    fn cap_free(&self, cap: &Cap, oldest: Instant) -> Instant {
        let today = self.now.date(&self.zone);
        let ahead = match cap.calendar {
            None => return oldest.plus(cap.per),
            Some(CapPeriod::Day) => today.tomorrow(),
            Some(CapPeriod::Week) => {
                today.checked_add(jiff::Span::new().days(7 - i64::from(today.weekday().to_monday_zero_offset())))
            }
            Some(CapPeriod::Month) => today.last_of_month().tomorrow(),
        };
        ahead.map_or(Instant::MAX, |d| Instant::start_of(d, &self.zone))
    }

    /// The message takes its place.
    pub fn count_send(&mut self, planned: &Planned) {
        if planned.audience == Audience::Team || planned.class == Class::Notice {
            return;
        }
        let oldest = self.now.plus(-KEPT);
        self.state.sends.retain(|s| s.at > oldest);
        let extra = (self.state.sends.len() + 1).saturating_sub(MOST);
        self.state.sends.drain(..extra);
        let survey = if self.asks(&planned.template) { planned.run.0.clone() } else { String::new() };
        self.state.sends.push(SendRecord {
            at: self.now,
            key: planned.key.0.clone(),
            channel: planned.channel.word().to_owned(),
            class: planned.class.word().to_owned(),
            address: planned.address.clone(),
            by: format!("{}/{}", planned.playbook, planned.step),
            survey,
        });
    }
}
