//! Calls of product SDKs: taken in durably, answered one by one; what waits is placed once it is known whose it is.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use super::shell::Shell;
use crate::{
    model::{
        instant::{DAY, Instant, MINUTE, SECOND},
        locale::Locale,
        track::{Call, Says, Verdict},
        value::Props,
    },
    source::track::{Fault, Heard, Item, Options, settle},
    store::api::{Once, Result, Tracking},
    words::track::help,
};

/// How long calls wait until it is known whose they are.
pub const WAIT: i64 = 30 * DAY;
/// Most calls that wait.
pub const MOST: usize = 100_000;
/// People whose calls are placed in one transaction.
const SOME: usize = 100;
/// So often it is looked for calls that can be placed.
const LOOK: i64 = 10 * SECOND;

/// What became of a request: the contract of the tracking API.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// The request was understood; each event may still be refused.
    pub success: bool,
    /// 1, as PostHog's libraries expect it.
    pub status: u8,
    /// Events recorded, or saying nothing new.
    pub accepted: u64,
    /// Events that were recorded before.
    pub duplicate: u64,
    /// Events kept until it is known whose they are.
    pub parked: u64,
    /// Noise of the SDK that is not recorded.
    pub ignored: u64,
    /// Events that were not recorded, and why.
    pub rejected: Vec<Refused>,
    /// What of recorded events was not taken over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl Answer {
    /// What a system's webhook came to, or that there is news to look for; else nothing of it is listened to.
    pub fn of(verdicts: &[Verdict], look: bool) -> Answer {
        let count = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == wanted).count() as u64;
        Answer {
            success: true,
            status: 1,
            accepted: count(Verdict::Taken) + u64::from(look),
            duplicate: count(Verdict::Duplicate),
            parked: count(Verdict::Parked),
            ignored: u64::from(verdicts.is_empty() && !look),
            ..Answer::default()
        }
    }
}

/// An event that was not recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refused {
    /// Its place in the request, from 0.
    pub index: usize,
    /// The sender's id of it.
    #[serde(rename = "messageId", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The reason's code.
    pub reason: &'static str,
    /// The field it is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What to do.
    pub help: &'static str,
}

/// Something that was not taken over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Warning {
    /// The first event with it.
    pub index: usize,
    /// How many have it.
    pub count: u64,
    /// The reason's code.
    pub reason: &'static str,
    /// The field.
    pub field: String,
    /// What to do.
    pub help: &'static str,
}

/// What a sender may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A server of ours.
    Server,
    /// A browser, whose key everybody can read: events only.
    Browser,
}

/// Whose word something is.
#[derive(Debug)]
pub struct Said<'a> {
    /// The feed whose freshness is noted.
    pub feed: &'a str,
    /// What its sender may say.
    pub trust: Trust,
    /// The proof that it came with, if that may be used once.
    pub once: Option<Once>,
}

impl Shell {
    /// How calls that arrive at `now` are read; `horizon` is how long repeats are recognised, in microseconds.
    pub fn tracking(&self, now: Instant, horizon: i64) -> Options {
        let rulebook = self.rulebook();
        let model = &rulebook.model;
        Options {
            now,
            horizon,
            zone: model.workspace.zone.clone(),
            currency: model.workspace.currency,
            account_attributes: model.account_attributes.clone(),
            contact_attributes: model.contact_attributes.clone(),
        }
    }

    /// Takes understood items in; everything that is answered as taken is durable. Errors: nothing of it was recorded.
    /// `feed` is whose word it is: its freshness is noted.
    pub async fn track(
        &self,
        mut items: Vec<Item>,
        feed: &str,
        trust: Trust,
        now: Instant,
        locale: Locale,
    ) -> Result<Answer> {
        let taken = self.track_once(&mut items, Said { feed, trust, once: None }, now, locale).await?;
        Ok(taken.unwrap_or_default())
    }

    /// The same for what a proof may bring only once: none where it was used before.
    pub async fn track_once(
        &self,
        items: &mut [Item],
        said: Said<'_>,
        now: Instant,
        locale: Locale,
    ) -> Result<Option<Answer>> {
        let Said { feed, trust, once } = said;
        if trust == Trust::Browser {
            items.iter_mut().for_each(events_only);
        }
        let (mut calls, mut first) = (Vec::new(), Vec::with_capacity(items.len()));
        for item in items.iter() {
            first.push(calls.len());
            if let Heard::Calls(said) = &item.heard {
                calls.extend(said.iter().cloned());
            }
        }
        let taken = !calls.is_empty();
        let verdicts = if taken { self.settled(calls, Vec::new(), once, now).await? } else { Some(Vec::new()) };
        let Some(verdicts) = verdicts else { return Ok(None) };
        // Pages of anybody say nothing of how fresh what our servers send is.
        let news = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Taken | Verdict::Parked));
        if news && trust == Trust::Server {
            self.arrived(feed, now).await;
        }
        Ok(Some(answer(items, &first, &verdicts, locale)))
    }

    /// Notes that a feed delivered, once a minute at most. What was said is recorded, whatever becomes of its freshness:
    /// its sender need not say it again.
    pub(super) async fn arrived(&self, feed: &str, now: Instant) {
        if self.world().feeds.get(feed).is_none_or(|last| now.since(*last) >= MINUTE) {
            let noted = self.feed_arrived(feed, now).await;
            noted.inspect_err(|error| tracing::error!(feed, %error, "a feed's freshness could not be noted")).ok();
        }
    }

    async fn settled(
        &self,
        calls: Vec<Call>,
        wake: Vec<String>,
        once: Option<Once>,
        now: Instant,
    ) -> Result<Option<Vec<Verdict>>> {
        self.store.track(Tracking { calls, wake, once, now, settle: Arc::new(settle) }).await
    }

    /// Records what waited and belongs somewhere by now, e.g. since its customer's domain was imported; gives up what
    /// waited too long. Looks every ten seconds at most.
    pub async fn place_parked(&self, now: Instant) -> Result<()> {
        if !self.looks_at_parked(now, LOOK) {
            return Ok(());
        }
        let mut last = Vec::new();
        loop {
            let people = self.store.placeable(SOME).await?;
            // Whoever is still there after having been looked at waits for something else.
            if people.is_empty() || people == last {
                break;
            }
            self.settled(Vec::new(), people.clone(), None, now).await?;
            last = people;
        }
        let waiting = self.store.parked().await?;
        let late = waiting.oldest.is_some_and(|oldest| oldest < now.plus(-WAIT));
        if late || waiting.calls > MOST as u64 {
            let dropped = self.store.drop_parked(now.plus(-WAIT), MOST).await?;
            tracing::warn!(dropped, "events were given up: nobody said in time whose they are");
        }
        Ok(())
    }
}

/// Leaves what everybody may say.
fn events_only(item: &mut Item) {
    let Heard::Calls(calls) = &mut item.heard else { return };
    if calls.iter().any(|call| matches!(call.says, Says::Same { .. } | Says::Group { .. })) {
        item.heard = Heard::Refused(("not_by_browser", "type".to_owned()));
        return;
    }
    let mut lost = false;
    for call in calls {
        call.weak = true;
        if let Says::Person { traits } = &mut call.says {
            lost |= !traits.is_empty();
            *traits = Props::new();
        }
    }
    if lost {
        item.told = vec![("not_by_browser", "traits".to_owned())];
    }
}

fn answer(items: &[Item], first: &[usize], verdicts: &[Verdict], locale: Locale) -> Answer {
    let mut answer = Answer { success: true, status: 1, ..Answer::default() };
    let mut told: BTreeMap<(&'static str, String), (usize, u64)> = BTreeMap::new();
    for (index, (item, place)) in items.iter().zip(first).enumerate() {
        let mut refuse = |(reason, field): Fault| {
            let help = help(locale, reason);
            answer.rejected.push(Refused { index, id: item.id.clone(), reason, field, help });
        };
        match (&item.heard, verdicts.get(*place)) {
            (Heard::Refused(fault), _) => refuse(fault.clone()),
            (Heard::Ignored, _) => answer.ignored += 1,
            (Heard::Calls(_), Some(Verdict::Refused(reason))) => refuse((reason, String::new())),
            (Heard::Calls(_), Some(Verdict::Duplicate)) => answer.duplicate += 1,
            (Heard::Calls(_), Some(Verdict::Parked)) => answer.parked += 1,
            (Heard::Calls(_), Some(Verdict::Taken) | None) => answer.accepted += 1,
        }
        for fault in item.told.iter().filter(|_| !matches!(item.heard, Heard::Refused(_))) {
            told.entry(fault.clone()).or_insert((index, 0)).1 += 1;
        }
    }
    let warning =
        |((reason, field), (index, count))| Warning { index, count, reason, field, help: help(locale, reason) };
    answer.warnings = told.into_iter().map(warning).collect();
    answer
}
