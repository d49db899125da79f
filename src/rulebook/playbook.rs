//! A checked playbook.

use std::collections::BTreeMap;

use super::{
    expr::Program,
    schedule::{cron::CronSchedule, length::Length, window::SendWindow, window::ZoneOf},
    types::Holdout,
};
use crate::model::{
    diagnostic::Place,
    locale::Bilingual,
    message::{Action, ChannelKind, Class, Delivery},
    value::Value,
};

/// One file of `playbooks/`.
#[derive(Clone, Debug)]
pub struct Playbook {
    /// Its name; the file's stem.
    pub name: String,
    /// Its title.
    pub title: Bilingual,
    /// What it is for.
    pub purpose: Bilingual,
    /// The phase it serves.
    pub phase: Option<String>,
    /// Who the subject of a run is.
    pub subject: Subject,
    /// The class of its messages.
    pub class: Class,
    /// What starts it.
    pub start: Start,
    /// Who may start, how often.
    pub enroll: Enroll,
    /// What ends it.
    pub exits: Vec<Exit>,
    /// What it is meant to reach.
    pub goal: Option<Goal>,
    /// What is measured for the effect.
    pub outcome: Option<Outcome>,
    /// The send window for customers.
    pub window: Option<SendWindow>,
    /// How long a message may be held.
    pub hold_at_most: Hold,
    /// Default recipients.
    pub to: Option<To>,
    /// Higher goes first; default 50.
    pub priority: i32,
    /// What a reply does.
    pub on_reply: OnReply,
    /// What an edit does to running enrollments.
    pub on_change: OnChange,
    /// What waits for a person's approval.
    pub approve: Option<Approve>,
    /// Whether churned accounts may start and stay.
    pub include_churned: bool,
    /// Its own holdout; none = only the global one; `Some(0 %)` with `holdout: none` = not even that.
    pub holdout: Option<Holdout>,
    /// `holdout: none`: the global holdout does not apply.
    pub no_holdout: bool,
    /// Guardrails that pause it when they are crossed, beside complaints, which always do: `opt_outs`, `tickets`.
    pub pause_on: Vec<&'static str>,
    /// For reports.
    pub tags: Vec<String>,
    /// When a person last looked over it.
    pub reviewed: Option<jiff::civil::Date>,
    /// Feeds its conditions depend on (analysed): held while one is stale.
    pub feeds: Vec<String>,
    /// Every step, flat; `steps[0]` is the first. Nested lists are linked by index.
    pub steps: Vec<Step>,
    /// Hash of what a run depends on: everything but titles, purpose, start, enrollment and what is measured.
    pub hash: String,
    /// Where it begins.
    pub place: Place,
}

impl Playbook {
    /// A step by id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.id == id)
    }

    /// Every condition and date that is awaited: what starts a run, ends it, or lets it go on.
    pub fn awaited(&self) -> Vec<&Program> {
        let mut all: Vec<&Program> = match &self.start {
            Start::When { cond, .. } => vec![cond],
            Start::Dated { date, .. } => vec![&date.base],
            Start::On { .. } | Start::Cron { .. } | Start::Manual => Vec::new(),
        };
        let triggers = self.exits.iter().map(|e| &e.on).chain(self.goal.iter().map(|g| &g.on));
        all.extend(triggers.filter_map(Trigger::condition));
        for step in &self.steps {
            match &step.body {
                Body::Wait(Wait::Until(date, _)) => all.push(&date.base),
                Body::WaitFor(wait) => {
                    all.extend(wait.branches.iter().filter_map(|b| b.0.condition()));
                    all.extend(wait.until.iter().map(|d| &d.base));
                }
                _ => {}
            }
        }
        all
    }

    /// Whether a run of it can be ended or moved on by an event of this name.
    pub fn listens(&self, event: &str) -> bool {
        let on = |t: &Trigger| matches!(t, Trigger::On { event: name, .. } if name == event);
        let waits = |s: &Step| matches!(&s.body, Body::WaitFor(wait) if wait.branches.iter().any(|b| on(&b.0)));
        self.exits.iter().any(|e| on(&e.on)) || self.goal.iter().any(|g| on(&g.on)) || self.steps.iter().any(waits)
    }
}

/// The subject of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One run per account.
    Account,
    /// One run per contact.
    Contact,
    /// One run about no customer.
    Workspace,
}

/// What starts a playbook.
#[derive(Clone, Debug)]
pub enum Start {
    /// A condition becomes true.
    When {
        /// The condition.
        cond: Program,
        /// It must hold this long.
        stable_for: Option<Length>,
    },
    /// An event arrives.
    On {
        /// Its name.
        event: String,
        /// Which ones.
        where_: Option<Program>,
    },
    /// A schedule fires.
    Cron {
        /// The schedule.
        schedule: CronSchedule,
        /// Whose clock.
        zone: ZoneOf,
        /// For whom.
        where_: Option<Program>,
        /// After downtime.
        missed: Missed,
    },
    /// A date comes near or has passed.
    Dated {
        /// The date, with its own ± LENGTH.
        date: DateExpr,
        /// `before` (true) or `after` the date.
        before: bool,
        /// By how much.
        by: Length,
        /// When that moment is already over.
        if_past: IfPast,
    },
    /// Only by hand.
    Manual,
}

/// A date with an offset.
#[derive(Clone, Debug)]
pub struct DateExpr {
    /// A date or an instant: attribute, `start.x`, `step.ID.x`, or a literal.
    pub base: Program,
    /// `+` (true) or `−` a length.
    pub offset: Option<(bool, Length)>,
}

/// Schedules missed while the daemon was down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Forget them.
    Skip,
    /// Run once.
    Once,
    /// Run each.
    All,
}

/// A dated start whose moment is over when it becomes known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfPast {
    /// Do not start (or, for a wait, leave out the steps up to the next wait).
    Skip,
    /// Start (go on) at once.
    Run,
    /// Tell the CSM instead.
    Alert,
    /// For a wait: end the run.
    Exit,
}

/// Who may start, how often.
#[derive(Clone, Debug)]
pub struct Enroll {
    /// Whether those who already match when it goes live start.
    pub existing: bool,
    /// Again after an ended run.
    pub again: Again,
    /// A start while a run is open.
    pub open: Open,
    /// `again` and `open` are judged per value of this.
    pub key: Option<Program>,
    /// Share of accounts, 0..100.
    pub rollout: f64,
}

/// Whether a playbook may run again for the same subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Again {
    /// Whenever it starts.
    Always,
    /// Once for ever.
    Never,
    /// So long after the end of the last run, at most so many times in so long.
    After {
        /// Since the end of the last run.
        after: Option<Length>,
        /// (times, per).
        at_most: Option<(u32, Length)>,
    },
}

/// What a start does while a run is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// Nothing.
    Ignore,
    /// Ends the open run and starts over.
    Restart,
    /// Runs beside it.
    Parallel,
}

/// What ends a run.
#[derive(Clone, Debug)]
pub struct Exit {
    /// The trigger.
    pub on: Trigger,
    /// Steps to do then (no waits): the first one's index.
    pub then: Option<usize>,
}

/// A condition or an event.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// A condition holds.
    When(Program),
    /// An event arrives.
    On {
        /// Its name.
        event: String,
        /// Which ones.
        where_: Option<Program>,
    },
}

impl Trigger {
    /// The condition, if it is one.
    pub fn condition(&self) -> Option<&Program> {
        match self {
            Trigger::When(when) => Some(when),
            Trigger::On { .. } => None,
        }
    }
}

/// What a run is meant to reach.
#[derive(Clone, Debug)]
pub struct Goal {
    /// The trigger.
    pub on: Trigger,
    /// From the start.
    pub within: Option<Length>,
    /// Steps to do then (no waits): the first one's index.
    pub then: Option<usize>,
}

/// What is measured for the effect.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The condition; none = churned.
    pub when: Option<Program>,
    /// From eligibility.
    pub within: Length,
    /// Whether it is better where it happens less often; of churn always.
    pub less_is_better: bool,
    /// The smallest difference worth finding, 0..1.
    pub mde: Option<f64>,
    /// The day on which the test ends and is judged once more.
    pub until: Option<jiff::civil::Date>,
}

/// How long a message may be held before it is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// For how long.
    pub at_most: Length,
    /// Then end the run (else skip the step).
    pub exit: bool,
}

/// What a reply does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnReply {
    /// Wait, and ask a person.
    Hold,
    /// End the run.
    Exit,
    /// Nothing.
    Continue,
}

/// What waits for a person's approval; once given it holds for the playbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approve {
    /// The first run.
    pub first_run: bool,
    /// A message to more than so many people.
    pub recipients: Option<u32>,
}

/// What an edit does to running enrollments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnChange {
    /// Finish on the version they started.
    Drain,
    /// Move by step id.
    Follow,
    /// Start over.
    Restart,
    /// End.
    Exit,
}

/// Recipients.
#[derive(Clone, Debug)]
pub enum To {
    /// The run's contact.
    Contact,
    /// Contacts by role, in preference order.
    Roles {
        /// Roles, best first.
        roles: Vec<String>,
        /// At most so many.
        first: Option<u32>,
        /// Which ones.
        where_: Option<Program>,
    },
    /// A role of our own team (`csm`, `manager`).
    Team(String),
    /// The account's linked Slack or Discord channel.
    Customer,
    /// A channel of ours, `#name`.
    Channel(String),
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Unique and stable: part of every idempotency key.
    pub id: String,
    /// What people call it; empty = its id.
    pub title: Bilingual,
    /// Skipped unless this holds.
    pub cond: Option<Program>,
    /// What it does.
    pub body: Body,
    /// The step after it (also out of a nested list); none = the run is complete.
    pub next: Option<usize>,
    /// Where it stands.
    pub place: Place,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Body {
    /// Sends.
    Message(MessageStep),
    /// Asks a person.
    Task(TaskStep),
    /// Waits for a length, or until a date.
    Wait(Wait),
    /// Waits for something to happen.
    WaitFor(WaitFor),
    /// Chooses once: indexes of the first steps.
    Branch {
        /// The condition.
        when: Program,
        /// Where true.
        then: Option<usize>,
        /// Where false or missing.
        otherwise: Option<usize>,
    },
    /// Chooses by stable hash: (arm, share, first step).
    Split(Vec<(String, u32, Option<usize>)>),
    /// Sets account attributes.
    Set(BTreeMap<String, SetValue>),
    /// Records an event.
    Event {
        /// Its name.
        name: String,
        /// Its properties.
        props: BTreeMap<String, SetValue>,
    },
    /// Ends the run.
    Stop(String),
}

/// A literal or a computed value.
#[derive(Clone, Debug)]
pub enum SetValue {
    /// As written.
    Literal(Value),
    /// Computed.
    Computed(Program),
}

/// A message step.
#[derive(Clone, Debug)]
pub struct MessageStep {
    /// Which channel.
    pub channel: ChannelKind,
    /// Which template; for a webhook, its name in `shirube.yaml`.
    pub template: String,
    /// What a webhook is told besides the run and the account.
    pub vars: BTreeMap<String, SetValue>,
    /// Recipients; the playbook's where none.
    pub to: Option<To>,
    /// Its own window.
    pub window: Option<SendWindow>,
    /// Its own class.
    pub class: Option<Class>,
    /// Its own limit.
    pub hold_at_most: Option<Hold>,
    /// Policy for an unknown outcome.
    pub delivery: Delivery,
    /// Buttons.
    pub actions: Vec<Action>,
    /// Somebody must acknowledge it within this time, else this role of ours gets it too.
    pub ack: Option<(Length, String)>,
    /// A mail that continues the run's last one to the same address, as an answer to it.
    pub thread: bool,
}

/// A task step.
#[derive(Clone, Debug)]
pub struct TaskStep {
    /// What to do.
    pub text: Bilingual,
    /// The role that owns it.
    pub owner: String,
    /// By when.
    pub due: Option<Length>,
    /// Distinguishes tasks; default the step id.
    pub reason: String,
    /// The role that gets it unless it is done when it is due.
    pub escalate: Option<String>,
    /// What kind of work it is: a name of `task_types:`.
    pub kind: Option<String>,
}

/// A wait by time.
#[derive(Clone, Debug)]
pub enum Wait {
    /// For a length.
    For(Length),
    /// Until a date.
    Until(DateExpr, IfPast),
}

/// A wait for something to happen.
#[derive(Clone, Debug)]
pub struct WaitFor {
    /// First true wins; the index is the first step of its list, none = go on.
    pub branches: Vec<(Trigger, Option<usize>)>,
    /// At most so long …
    pub at_most: Option<Length>,
    /// … or until a date.
    pub until: Option<DateExpr>,
    /// Where the time is over: first step, none = go on.
    pub otherwise: Option<usize>,
    /// Count events since this step (or `start`) instead of since the wait began.
    pub since: Option<String>,
}
