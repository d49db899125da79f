//! Once more, immediately before a message leaves: is it still right to send it?

use super::{messages::window_of, recipients::permitted, work::Work};
use crate::{
    model::{
        instant::{HOUR, Instant},
        message::{Audience, Planned},
        run::{Arm, Run},
        snapshot::Snapshot,
        world::World,
    },
    rulebook::{
        playbook::{Body, MessageStep, Playbook, Trigger},
        schedule::window::ZoneOf,
        types::Rulebook,
    },
};
use jiff::tz::TimeZone;

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recheck {
    /// Send it.
    Go,
    /// Not now: try again at `until`, because of `why`.
    Defer {
        /// When.
        until: Instant,
        /// Why.
        why: String,
    },
    /// Not any more, because of `why`. Final.
    Skip {
        /// Why.
        why: String,
    },
}

fn skip(why: impl Into<String>) -> Recheck {
    Recheck::Skip { why: why.into() }
}

/// Judges a planned message against the account as it is now (no pending facts). Exits, goals, the
/// step's `if`, consent, opt-outs, holdout, window, pauses and `hold_at_most`; suppression and the
/// fence are the store's part.
pub fn recheck(snapshot: &Snapshot, planned: &Planned, world: &World, rulebook: &Rulebook, now: Instant) -> Recheck {
    if planned.hold_until.is_some_and(|until| now >= until) {
        return skip("hold_at_most");
    }
    if planned.playbook.starts_with("digest:") {
        return if world.paused("*", now) { later(planned, now, None, "paused") } else { Recheck::Go };
    }
    let mut work = Work::new(snapshot, world, rulebook, now);
    work.now = now.max(snapshot.state.now);
    work.silent = true;
    work.refresh();
    let Some(playbook) = rulebook.version(&planned.playbook, &planned.playbook_hash) else {
        return skip("playbook_removed");
    };
    let run = snapshot.runs.iter().find(|r| r.id == planned.run);
    if let Some(why) = run.and_then(|run| work.left(playbook, run)) {
        return skip(why);
    }
    let step = playbook.step(&planned.step);
    if let (Some(run), Some(cond)) = (run, step.and_then(|s| s.cond.as_ref())) {
        work.fill_contact(work.whom(planned).or(run.contact));
        if !work.holds_for(cond, run, None) {
            return skip("if_false");
        }
    }
    if let Some(held) = work.held(playbook) {
        return later(planned, now, held.until, &held.reason);
    }
    if run.is_some_and(|r| r.reply_at.is_some()) {
        return later(planned, now, None, "reply");
    }
    if planned.audience == Audience::Team {
        return if work.snoozed(&planned.playbook, &planned.step, planned.channel) {
            skip("snoozed")
        } else {
            Recheck::Go
        };
    }
    let message = step.and_then(|s| match &s.body {
        Body::Message(m) => Some(m),
        _ => None,
    });
    match work.customer(planned, playbook, message) {
        Recheck::Go => work.capped_at_address(planned).map_or(Recheck::Go, |(free, winner)| {
            let until = planned.hold_until.map_or(free, |end| free.min(end)).max(now.plus(1));
            Recheck::Defer { until, why: format!("cap:{winner}") }
        }),
        other => other,
    }
}

fn later(planned: &Planned, now: Instant, until: Option<Instant>, why: &str) -> Recheck {
    let until = [until, planned.hold_until, Some(now.plus(HOUR))].into_iter().flatten().filter(|at| *at > now).min();
    Recheck::Defer { until: until.unwrap_or(now.plus(HOUR)), why: why.to_owned() }
}

impl Work<'_> {
    /// Why an open run would not send any more.
    fn left(&mut self, playbook: &Playbook, run: &Run) -> Option<String> {
        if run.arm == Arm::Holdout {
            return Some("held_out".to_owned());
        }
        if self.is_churned() && !playbook.include_churned {
            return Some("churned".to_owned());
        }
        if let Some(reason) = self.lost(playbook, run) {
            return Some(reason.to_owned());
        }
        for exit in &playbook.exits {
            if let Trigger::When(when) = &exit.on
                && self.fires(&exit.on, run, &[]).is_some()
            {
                return Some(format!("exit: {}", when.source()));
            }
        }
        let goal = playbook.goal.as_ref().filter(|g| matches!(g.on, Trigger::When(_)) && !run.goal_latched)?;
        let in_time = self.goal_ends(goal, run).is_none_or(|end| self.now <= end);
        (in_time && self.fires(&goal.on, run, &[]).is_some()).then(|| "goal".to_owned())
    }

    fn customer(&self, planned: &Planned, playbook: &Playbook, message: Option<&MessageStep>) -> Recheck {
        let contact = self.whom(planned).and_then(|id| self.contacts.get(&id));
        if planned.contact.is_some() && contact.is_none() {
            return skip("contact_removed");
        }
        if let Some(contact) = contact
            && let Err(why) = permitted(contact, planned.class, &planned.topic)
        {
            return skip(why);
        }
        let Some(window) = message.and_then(|m| window_of(playbook, m, planned.audience)) else { return Recheck::Go };
        let own = contact.and_then(|c| TimeZone::get(c.text("timezone")?).ok());
        let zone = match window.zone {
            ZoneOf::Contact => own.unwrap_or_else(|| self.zone.clone()),
            ZoneOf::Account => self.zone.clone(),
            ZoneOf::Workspace => self.rulebook.model.workspace.zone.clone(),
        };
        let calendar = self.rulebook.calendar(window.calendar.as_deref());
        if window.is_open(self.now, &zone, calendar) {
            return Recheck::Go;
        }
        let until = window.next_open(self.now, &zone, calendar);
        Recheck::Defer { until: until.unwrap_or(self.now.plus(HOUR)), why: "window".to_owned() }
    }
}
