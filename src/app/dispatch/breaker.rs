//! One relay or sender that refuses everything must not burn every message's attempts.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::model::{
    instant::{HOUR, Instant},
    message::Planned,
};

/// What is waiting until when, by name: `email`, `email/sender:billing`, `email/domain:example.com`.
#[derive(Debug, Default)]
pub struct Breakers(Mutex<BTreeMap<String, Open>>);

#[derive(Clone, Copy, Debug)]
struct Open {
    until: Instant,
    times: u32,
}

impl Breakers {
    /// Opens `name` for `wait`, twice as long each time it opens again without a success between, at
    /// most an hour. Answers until when.
    pub fn open(&self, name: &str, wait: i64, now: Instant) -> Instant {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(name.to_owned()).or_insert(Open { until: now, times: 0 });
        if entry.until > now {
            return entry.until; // another session has just seen the same
        }
        let longer = wait.saturating_mul(1 << entry.times.min(10)).clamp(wait, HOUR.max(wait));
        *entry = Open { until: now.plus(longer), times: entry.times + 1 };
        entry.until
    }

    /// Until when `name` is open, if it is.
    pub fn until(&self, name: &str, now: Instant) -> Option<Instant> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).map(|o| o.until).filter(|until| *until > now)
    }

    /// The longest wait of everything this message depends on.
    pub fn blocking(&self, planned: &Planned, now: Instant) -> Option<Instant> {
        names(planned).iter().filter_map(|name| self.until(name, now)).max()
    }

    /// A success: everything this message depended on works.
    pub fn close(&self, planned: &Planned) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.is_empty() {
            for name in names(planned) {
                all.remove(&name);
            }
        }
    }
}

/// The breaker of a whole channel.
pub fn channel(planned: &Planned) -> String {
    planned.channel.word().to_owned()
}

/// The breaker of one sender.
pub fn sender(planned: &Planned) -> String {
    format!("{}/sender:{}", planned.channel.word(), planned.sender)
}

/// The breaker of the recipient's domain; in chat, of the room.
pub fn domain(planned: &Planned) -> String {
    let domain = planned.address.rsplit('@').next().unwrap_or_default();
    format!("{}/domain:{}", planned.channel.word(), domain.to_ascii_lowercase())
}

fn names(planned: &Planned) -> [String; 3] {
    [channel(planned), sender(planned), domain(planned)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{channel::email::fixture::planned, model::instant::MINUTE};

    #[test]
    fn it_opens_longer_each_time_and_closes_with_a_success() {
        let (all, mail) = (Breakers::default(), planned(1));
        let first = all.open(&channel(&mail), MINUTE, Instant(0));
        assert_eq!(first, Instant(MINUTE));
        assert_eq!(all.open(&channel(&mail), MINUTE, Instant(1)), first);
        assert_eq!(all.blocking(&mail, Instant(1)), Some(first));
        assert_eq!(all.open(&channel(&mail), MINUTE, first), Instant(3 * MINUTE));
        all.close(&mail);
        assert_eq!(all.blocking(&mail, Instant(4)), None);
        assert_eq!(all.open(&channel(&mail), MINUTE, Instant(0)), Instant(MINUTE));
    }

    #[test]
    fn a_room_that_is_missing_stops_no_other_room() {
        let all = Breakers::default();
        let to = |address: &str| Planned {
            channel: crate::model::message::ChannelKind::Slack,
            address: address.into(),
            ..planned(1)
        };
        all.open(&domain(&to("#gone")), MINUTE, Instant(0));
        assert!(all.blocking(&to("#gone"), Instant(1)).is_some());
        assert!(all.blocking(&to("#cs"), Instant(1)).is_none());
    }

    #[test]
    fn a_sender_stops_only_its_own_messages() {
        let (all, mail) = (Breakers::default(), planned(1));
        all.open(&sender(&mail), MINUTE, Instant(0));
        let other = Planned { sender: "billing".into(), ..planned(2) };
        assert!(all.blocking(&mail, Instant(1)).is_some());
        assert!(all.blocking(&other, Instant(1)).is_none());
    }
}
