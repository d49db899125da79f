//! Sixty days, hour by hour, on a virtual clock.

use std::io::{IsTerminal, Write};

use super::{
    DAYS, customers,
    customers::Customer,
    days::{self, Span},
    growth, news,
};
use crate::{
    cli::{assemble::Running, exit::Failure, project::Project},
    clock::VirtualClock,
    model::{
        fact::Incoming,
        instant::{HOUR, Instant},
        locale::Locale,
    },
    store::api::Subscription,
};

/// What the replay counted.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Facts recorded.
    pub facts: usize,
    /// Messages planned.
    pub messages: usize,
    /// Messages sent.
    pub sent: u64,
}

/// History before the first day, so that trends have something to compare with.
const BEFORE: i32 = 90;

/// The sixty days that end with `end`'s day.
pub fn span(project: &Project, end: Instant, locale: Locale) -> Result<Span, Failure> {
    let zone = project.rulebook()?.0.model.workspace.zone;
    Ok(Span { first: end.day(&zone) - DAYS + 1, zone, locale })
}

/// Replays everything up to `end`.
pub async fn run(
    running: &Running,
    clock: &VirtualClock,
    span: &Span,
    end: Instant,
    quiet: bool,
) -> Result<Told, Failure> {
    let customers = customers::all(DAYS);
    let mut told = Told::default();
    let (dispatcher, _, _) = running.dispatcher().await?;
    arrive(running, span, &customers, &mut told).await?;
    let (mut at, mut day) = (span.at(0, 1, 0), Day::default());
    while at <= end {
        let today = at.day(&span.zone) - span.first;
        told.facts += feed(running, &day.between(&customers, span, at.plus(-HOUR), at)).await?;
        clock.set(at);
        if at == span.at(today, 1, 0) {
            running.shell.feed_arrived("csv", at).await?;
            say(quiet, today);
        }
        told.messages += running.shell.turn(at).await?.messages;
        told.sent += dispatcher.dispatch_once().await.map_err(|e| Failure::refused(e.to_string()))?.sent;
        at = at.plus(HOUR);
    }
    clock.set(end);
    told.facts += feed(running, &day.between(&customers, span, at.plus(-HOUR), end)).await?;
    told.messages += running.shell.turn(end).await?.messages;
    told.sent += dispatcher.dispatch_once().await.map_err(|e| Failure::refused(e.to_string()))?.sent;
    say_done(quiet);
    Ok(told)
}

/// The customer sheet and the events before the first day, as one import.
async fn arrive(running: &Running, span: &Span, all: &[Customer], told: &mut Told) -> Result<(), Failure> {
    let at = span.at(0, 0, 30);
    let known: Vec<&Customer> = all.iter().filter(|c| c.start < 0).collect();
    let mut facts: Vec<Incoming> = known.iter().flat_map(|c| days::arrival(c, span, at)).collect();
    let mut history: Vec<Incoming> = known
        .iter()
        .flat_map(|c| {
            (c.start.max(-730)..0).filter(|d| *d >= -BEFORE || *d - c.start < 40).flat_map(|d| days::day(c, span, d))
        })
        .collect();
    history.sort_by_key(|f| f.occurred_at);
    history.iter_mut().for_each(|f| f.received_at = at);
    facts.extend(history);
    told.facts += feed(running, &facts).await?;
    let mut list = Vec::new();
    for customer in all {
        if let Some(found) = running.shell.store.account_by_key(&customer.key).await? {
            let rows = growth::subscriptions(customer, span).into_iter();
            list.extend(rows.map(|row| Subscription { account: found.id, ..row }));
        }
    }
    running.shell.store.put_subscriptions(list).await?;
    Ok(())
}

/// One day of the replay, in order of time.
#[derive(Default)]
struct Day {
    number: Option<i32>,
    facts: Vec<Incoming>,
}

impl Day {
    /// What happens after `from`, until `to`; both of one day.
    fn between(&mut self, all: &[Customer], span: &Span, from: Instant, to: Instant) -> Vec<Incoming> {
        let number = from.day(&span.zone) - span.first;
        if self.number != Some(number) {
            let happens = |c: &Customer| joined(c, span, number).into_iter().chain(days::day(c, span, number));
            self.facts = all.iter().flat_map(happens).chain(news::announced(span, number)).collect();
            self.facts.sort_by_key(|f| f.received_at);
            self.number = Some(number);
        }
        self.facts.iter().filter(|f| f.received_at > from && f.received_at <= to).cloned().collect()
    }
}

/// New customers arrive at nine on their first day.
fn joined(customer: &Customer, span: &Span, day: i32) -> Vec<Incoming> {
    if customer.start == day && day >= 0 { days::arrival(customer, span, span.at(day, 9, 0)) } else { Vec::new() }
}

/// Appends facts, in portions.
pub(super) async fn feed(running: &Running, facts: &[Incoming]) -> Result<usize, Failure> {
    for chunk in facts.chunks(1_000) {
        running.shell.store.append(chunk.to_vec()).await?;
    }
    Ok(facts.len())
}

fn say(quiet: bool, day: i32) {
    let mut err = std::io::stderr();
    if quiet || !err.is_terminal() {
        return;
    }
    let _ = write!(err, "\rday {} of {DAYS}", day + 1);
}

fn say_done(quiet: bool) {
    if !quiet && std::io::stderr().is_terminal() {
        let _ = writeln!(std::io::stderr());
    }
}
