//! `playbooks/NAME.test.yaml`: tests of playbooks on virtual time, as data (language reference, section 5).

mod read;

use std::collections::BTreeMap;

pub use read::parse;

use crate::model::{
    diagnostic::Place,
    instant::Instant,
    value::{Props, Value},
};

/// One test.
#[derive(Clone, Debug)]
pub struct PlaybookTest {
    /// What it shows, in a sentence.
    pub name: String,
    /// The playbook under test.
    pub playbook: String,
    /// The world at the start.
    pub given: Given,
    /// What happens, in order.
    pub when: Vec<Line>,
    /// What must have come of it.
    pub then: Then,
    /// Where it stands.
    pub place: Place,
}

/// The world at the start. Derived values fixed here hold until a fact in `when` changes them.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The moment the rulebook is live and the account arrives as new.
    pub now: Instant,
    /// The account's attributes; `key`, `name`, `touch` … and declared ones.
    pub account: Props,
    /// Its contacts.
    pub contacts: Vec<GivenContact>,
    /// Our people: name → attributes (`name`, `email`, `slack`, `discord`).
    pub people: BTreeMap<String, Props>,
    /// Metrics fixed to a value.
    pub metrics: Props,
    /// `health.NAME` fixed to a value (`score`, `band` …).
    pub health: Props,
    /// `expansion.NAME` fixed to a value.
    pub expansion: Props,
    /// The phase, fixed.
    pub phase: Option<String>,
    /// Milestones fixed as reached or not.
    pub milestones: BTreeMap<String, bool>,
    /// Alerts fixed as on or off.
    pub alerts: BTreeMap<String, bool>,
    /// Segments fixed.
    pub segments: BTreeMap<String, bool>,
    /// KPI values (for `for: workspace`).
    pub kpis: Props,
    /// Events before `now`.
    pub events: Vec<TestEvent>,
    /// `treated` (default) or `holdout`.
    pub holdout: bool,
    /// The arm each split takes, by step id; the first where not named.
    pub arms: BTreeMap<String, String>,
}

/// A contact of the account.
#[derive(Clone, Debug)]
pub struct GivenContact {
    /// Its key.
    pub key: String,
    /// Its attributes (`email`, `role`, `locale`, `consent` …).
    pub attrs: Props,
}

/// An event with its moment.
#[derive(Clone, Debug)]
pub struct TestEvent {
    /// When it happened.
    pub at: Instant,
    /// Its name.
    pub event: String,
    /// The contact's key; none = it belongs to the account.
    pub contact: Option<String>,
    /// Its properties.
    pub props: Props,
    /// Where it stands.
    pub place: Place,
}

/// One line of `when`.
#[derive(Clone, Debug)]
pub enum Line {
    /// Something is recorded.
    Event(TestEvent),
    /// Attributes of the account change at a moment.
    Account(Instant, BTreeMap<String, Value>),
    /// Time passes: so many local days after the previous line.
    Days(u32),
    /// A person completes the task of this step at a moment.
    TaskDone(Instant, String),
    /// Attributes of a contact (by key) change at a moment.
    Contact(Instant, String, Props),
    /// Somebody decides something at a moment; `enroll` and `unenroll` may name one contact (by key).
    Command(Instant, Command, Option<String>),
}

/// What somebody may decide in a test, about the playbook under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Says to be on the message of this step.
    Ack(String),
    /// Pauses the account.
    Pause,
    /// Lets the account, and what waits for an answer about a reply, go on.
    Resume,
    /// Starts the playbook by hand.
    Enroll,
    /// Ends its run by hand.
    Unenroll,
    /// Sets the health band until a moment.
    Override(String, Instant),
}

/// What must have come of it. `sent` and `tasks` are complete where given.
#[derive(Clone, Debug, Default)]
pub struct Then {
    /// Messages in order.
    pub sent: Option<Vec<ExpectSent>>,
    /// Tasks in order.
    pub tasks: Option<Vec<ExpectTask>>,
    /// Steps that must not have sent.
    pub not_sent: Vec<String>,
    /// How the run stands at the end: `running`, `succeeded`, `exited`, `moved`, `failed`, `completed`, `never`.
    pub state: Option<String>,
    /// Whether the goal was reached, also after the last step.
    pub goal: Option<ExpectGoal>,
    /// Account attributes at the end.
    pub account: Props,
    /// Events that shirube must have recorded, in order; others may come between.
    pub events: Vec<ExpectEvent>,
}

/// What is expected of the goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectGoal {
    /// Reached at some time.
    Reached,
    /// Reached at this moment.
    At(Instant),
    /// Not reached.
    Missed,
}

/// An event expected from shirube.
#[derive(Clone, Debug)]
pub struct ExpectEvent {
    /// Its name.
    pub event: String,
    /// When, if it matters.
    pub at: Option<Instant>,
    /// Properties it must have.
    pub props: Props,
    /// Where it stands.
    pub place: Place,
}

/// An expected message.
#[derive(Clone, Debug)]
pub struct ExpectSent {
    /// The step.
    pub step: String,
    /// When, if it matters.
    pub at: Option<Instant>,
    /// The address or channel, if it matters.
    pub to: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// An expected task.
#[derive(Clone, Debug)]
pub struct ExpectTask {
    /// The step.
    pub step: String,
    /// Who owns it.
    pub owner: Option<String>,
    /// By when.
    pub due: Option<Instant>,
    /// Where it stands.
    pub place: Place,
}
