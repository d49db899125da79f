//! One relay or sender that refuses everything must not burn every message's attempts.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use crate::model::{
    instant::{HOUR, Instant},
    message::{ChannelKind, Planned},
};

/// What is waiting until when, by name: `email`, `email/sender:billing`, `email/domain:example.com`.
#[derive(Debug, Default)]
pub struct Breakers {
    all: Mutex<BTreeMap<String, Open>>,
    changed: AtomicBool,
}

#[derive(Clone, Debug)]
struct Open {
    until: Instant,
    times: u32,
    since: Instant,
    why: Why,
}

/// Why something waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Without addresses.
    pub reason: String,
    /// Somebody has to mend it; else it is expected to pass by itself.
    pub mend: bool,
}

/// What people should know: it waits, and will not mend itself, or has not for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What waits: `email`, `slack/domain:#cs` …
    pub name: String,
    /// Since when.
    pub since: Instant,
    /// The next try.
    pub until: Instant,
    /// Why, without addresses.
    pub reason: String,
}

/// A breaker that has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Until when.
    pub until: Instant,
    /// People are to be told, for the first time since it last worked.
    pub alarm: Option<Alarm>,
}

/// What passes by itself becomes an alarm when it has not passed after so many openings (a quarter of an hour).
const PATIENCE: u32 = 5;

impl Breakers {
    /// Opens `name` for `wait`, twice as long each time it opens again without a success between, at
    /// most an hour.
    pub fn open(&self, name: &str, wait: i64, why: Why, now: Instant) -> Opened {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let entry =
            all.entry(name.to_owned()).or_insert_with(|| Open { until: now, times: 0, since: now, why: why.clone() });
        if entry.until > now {
            return Opened { until: entry.until, alarm: None }; // another session has just seen the same
        }
        let known = entry.times > 0 && entry.is_alarm();
        let longer = wait.saturating_mul(1 << entry.times.min(10)).clamp(wait, HOUR.max(wait));
        *entry = Open { until: now.plus(longer), times: entry.times + 1, since: entry.since, why };
        self.changed.fetch_or(entry.is_alarm(), Ordering::Release);
        let alarm = (entry.is_alarm() && !known).then(|| entry.alarm(name));
        Opened { until: entry.until, alarm }
    }

    /// Until when `name` is open, if it is.
    pub fn until(&self, name: &str, now: Instant) -> Option<Instant> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).map(|o| o.until).filter(|until| *until > now)
    }

    /// The longest wait of everything this message depends on, and why it waits.
    pub fn blocking(&self, planned: &Planned, now: Instant) -> Option<(Instant, String)> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let open = names(planned).into_iter().filter_map(|name| all.get(&name)).filter(|open| open.until > now);
        open.max_by_key(|open| open.until).map(|open| (open.until, open.why.reason.clone()))
    }

    /// A success: everything this message depended on works.
    pub fn close(&self, planned: &Planned) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.is_empty() {
            for name in names(planned) {
                let alarm = all.remove(&name).is_some_and(|open| open.is_alarm());
                self.changed.fetch_or(alarm, Ordering::Release);
            }
        }
    }

    /// What people should know just now.
    pub fn alarms(&self) -> Vec<Alarm> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|(_, open)| open.is_alarm()).map(|(name, open)| open.alarm(name)).collect()
    }

    /// Whether the alarms changed since this was asked last.
    pub fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::AcqRel)
    }
}

impl Open {
    fn is_alarm(&self) -> bool {
        self.why.mend || self.times >= PATIENCE
    }

    fn alarm(&self, name: &str) -> Alarm {
        Alarm { name: name.to_owned(), since: self.since, until: self.until, reason: self.why.reason.clone() }
    }
}

/// The breaker of a whole channel.
pub fn channel(planned: &Planned) -> String {
    planned.channel.word().to_owned()
}

/// The breaker of what a busy or silent server stands for: the whole channel, or one endpoint.
pub fn whole(planned: &Planned) -> String {
    if planned.channel == ChannelKind::Webhook { domain(planned) } else { channel(planned) }
}

/// The breaker of one sender.
pub fn sender(planned: &Planned) -> String {
    format!("{}/sender:{}", planned.channel.word(), planned.sender)
}

/// The breaker of the recipient's domain; in chat, of the room; of a colleague known by key, theirs alone.
pub fn domain(planned: &Planned) -> String {
    if let (ChannelKind::Email, Some(key)) = (planned.channel, planned.address.strip_prefix('@')) {
        return format!("email/people:{key}");
    }
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

    fn why(mend: bool) -> Why {
        Why { reason: "no".into(), mend }
    }

    #[test]
    fn people_are_told_once_of_what_they_must_mend_and_late_of_what_passes() {
        let (all, mail) = (Breakers::default(), planned(1));
        let told = |mend: bool, at: Instant| all.open("x", MINUTE, why(mend), at).alarm.is_some();
        assert!(told(true, Instant(0)) && all.take_changed());
        assert!(!told(true, Instant(HOUR)));
        assert_eq!(all.alarms()[0].since, Instant(0));
        all.open(&channel(&mail), MINUTE, why(true), Instant(0));
        all.close(&mail);
        assert_eq!(all.alarms().len(), 1, "a success clears only what it used");
        let late: Vec<bool> =
            (0..6).map(|n| all.open("y", MINUTE, why(false), Instant(n * HOUR)).alarm.is_some()).collect();
        assert_eq!(late, [false, false, false, false, true, false]);
    }

    #[test]
    fn it_opens_longer_each_time_and_closes_with_a_success() {
        let (all, mail) = (Breakers::default(), planned(1));
        let open = |name: &str, at: i64| all.open(name, MINUTE, why(false), Instant(at)).until;
        let first = open(&channel(&mail), 0);
        assert_eq!(first, Instant(MINUTE));
        assert_eq!(open(&channel(&mail), 1), first);
        assert_eq!(all.blocking(&mail, Instant(1)), Some((first, "no".to_owned())));
        assert_eq!(open(&channel(&mail), first.0), Instant(3 * MINUTE));
        all.close(&mail);
        assert_eq!(all.blocking(&mail, Instant(4)), None);
        assert_eq!(open(&channel(&mail), 0), Instant(MINUTE));
    }

    #[test]
    fn a_room_that_is_missing_stops_no_other_room() {
        let all = Breakers::default();
        let to = |address: &str| Planned {
            channel: crate::model::message::ChannelKind::Slack,
            address: address.into(),
            ..planned(1)
        };
        all.open(&domain(&to("#gone")), MINUTE, why(true), Instant(0));
        assert!(all.blocking(&to("#gone"), Instant(1)).is_some());
        assert!(all.blocking(&to("#cs"), Instant(1)).is_none());
    }

    #[test]
    fn a_colleague_known_by_key_is_no_domain() {
        let to = |address: &str| Planned { address: address.into(), ..planned(1) };
        assert_eq!(domain(&to("@kei")), "email/people:kei");
        assert_eq!(domain(&to("kei@Our.Example")), "email/domain:our.example");
    }

    #[test]
    fn a_sender_stops_only_its_own_messages() {
        let (all, mail) = (Breakers::default(), planned(1));
        all.open(&sender(&mail), MINUTE, why(true), Instant(0));
        let other = Planned { sender: "billing".into(), ..planned(2) };
        assert!(all.blocking(&mail, Instant(1)).is_some());
        assert!(all.blocking(&other, Instant(1)).is_none());
    }
}
