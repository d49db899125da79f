//! What one call of `decide` carries along: the account as it changes, turn by turn.

use std::{
    cell::RefCell,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

use jiff::tz::TimeZone;

use crate::{
    model::{
        contact::Contact,
        decision::{Late, LedgerEntry, Recorded},
        estate::Handover,
        fact::FactBody,
        ids::{AccountId, ContactId, RunId},
        instant::Instant,
        message::Planned,
        money::Currency,
        run::{Run, Task},
        shared::Shared,
        snapshot::{Need, Snapshot},
        state::{AccountState, Heard},
        value::{Props, Value},
        warm::{Inputs, Rest},
        world::World,
    },
    rulebook::{
        expr::{
            Program,
            frame::{Frame, Path, Steps},
        },
        playbook::{Playbook, Subject},
        schedule::calendar::Calendar,
        types::Rulebook,
    },
};

/// An event waiting to be judged in this turn.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// Its name.
    pub name: String,
    /// Its properties.
    pub props: Props,
    /// The person it is about.
    pub contact: Option<ContactId>,
    /// The source's identity of it: the start cause.
    pub id: String,
    /// The run it belongs to (`message.*`, `task.done`).
    pub run: Option<RunId>,
    /// The playbook whose step or end caused it: it may not start that one again.
    pub origin: Option<String>,
    /// How many events led to this one within the turn.
    pub depth: u8,
    /// Older than `late_data`: counts, but starts nothing.
    pub late: bool,
    /// Told to everybody: of playbooks for contacts it may start every contact's.
    pub announced: bool,
    /// Metrics have counted it, or are not to.
    pub counted: bool,
}

/// The account in the middle of being decided.
pub(super) struct Work<'a> {
    pub snapshot: &'a Snapshot,
    pub world: &'a World,
    pub rulebook: &'a Rulebook,
    /// Logical time.
    pub now: Instant,
    /// Wall time the caller asked for: how far turns may go.
    pub horizon: Instant,
    pub zone: TimeZone,
    pub calendar: &'a Calendar,
    pub currency: Currency,
    pub state: AccountState,
    /// Playbooks about this kind of subject, highest priority first, and lowest first; ties by name.
    pub highest_first: Rc<[&'a Playbook]>,
    pub lowest_first: Rc<[&'a Playbook]>,
    /// Open runs, oldest first.
    pub runs: Vec<Shared<Run>>,
    /// Runs that ended in this call.
    pub ended: Vec<Shared<Run>>,
    /// Ids of runs that changed.
    pub touched: BTreeSet<RunId>,
    pub tasks: Vec<Task>,
    pub touched_tasks: BTreeSet<String>,
    pub contacts: BTreeMap<ContactId, Shared<Contact>>,
    pub touched_contacts: BTreeSet<ContactId>,
    pub removed: BTreeSet<ContactId>,
    pub contact_days: BTreeMap<(ContactId, String), i32>,
    pub touched_days: BTreeSet<(ContactId, String)>,
    /// Slot values and when they can next change.
    pub values: Vec<Value>,
    pub next: Vec<Option<Instant>>,
    /// By kind of score: whether it was computed in this pass over the slots, and when it can next change by time alone.
    pub score_fresh: [bool; 2],
    pub score_next: [Option<Instant>; 2],
    /// What the values were computed from; none = they must all be computed.
    pub seen: Option<Inputs>,
    /// Which slots changed in the pass under way.
    pub changed: Vec<bool>,
    /// What is known of the account's own starts, highest priority first, and which of them are judged as things stand.
    pub rests: Vec<Option<Rest>>,
    pub judged: Vec<bool>,
    /// The ways of numbers, as far as they were asked for since the values were filled.
    pub ways: RefCell<BTreeMap<u32, Option<Path>>>,
    /// Slots about a contact hold somebody's values.
    pub contact_filled: bool,
    /// Since when the account exists, while slots are being filled.
    pub started: Option<Instant>,
    /// Which contact the contact slots are filled for.
    pub slots_of: Option<ContactId>,
    /// The contact whose starts and runs are being judged; none = the account's own.
    pub about: Option<ContactId>,
    /// Contacts to be judged in this turn.
    pub stirred: BTreeSet<ContactId>,
    /// Contacts heard of for the first time in this call.
    pub newcomers: BTreeSet<ContactId>,
    /// What happened in this turn that every contact hears of.
    pub heard: Vec<Heard>,
    /// When what contacts share next changes, as found at the end of the turn at that moment.
    pub shared_next: Option<(Instant, Option<Instant>)>,
    /// A page of everybody is being judged: what happened to the account concerns each of them.
    pub sweeping: bool,
    pub queue: VecDeque<Judged>,
    /// Nothing is announced: the baseline of a known account.
    pub silent: bool,
    pub messages: Vec<Planned>,
    pub cancelled: Vec<(String, String)>,
    pub late: Vec<Late>,
    pub events: Vec<Recorded>,
    pub ledger: Vec<LedgerEntry>,
    pub needs: Vec<Need>,
    pub folded: Option<i64>,
    /// What the account leaves to the one it is.
    pub left: Option<Box<Handover>>,
    pub turns: u32,
}

impl<'a> Work<'a> {
    /// Starts from a snapshot; values are not filled yet.
    pub fn new(snapshot: &'a Snapshot, world: &'a World, rulebook: &'a Rulebook, horizon: Instant) -> Work<'a> {
        let workspace = snapshot.account == AccountId::WORKSPACE;
        let mine = |p: &&Playbook| (p.subject == Subject::Workspace) == workspace;
        // Playbooks come by name, and sorting keeps that order among equals.
        let mut playbooks: Vec<&Playbook> = rulebook.playbooks.iter().filter(mine).collect();
        playbooks.sort_by_key(|p| p.priority);
        let lowest_first = Rc::from(playbooks.as_slice());
        playbooks.sort_by_key(|p| Reverse(p.priority));
        let mut work = Work {
            snapshot,
            world,
            rulebook,
            now: snapshot.state.now,
            horizon,
            zone: rulebook.model.workspace.zone.clone(),
            calendar: rulebook.calendar(None),
            currency: rulebook.model.workspace.currency,
            state: snapshot.state.clone(),
            highest_first: playbooks.into(),
            lowest_first,
            runs: snapshot.runs.clone(),
            ended: Vec::new(),
            touched: BTreeSet::new(),
            tasks: snapshot.tasks.clone(),
            touched_tasks: BTreeSet::new(),
            contacts: snapshot.contacts.clone(),
            touched_contacts: BTreeSet::new(),
            removed: BTreeSet::new(),
            contact_days: snapshot.contact_days.clone(),
            touched_days: BTreeSet::new(),
            values: Vec::new(),
            next: Vec::new(),
            score_fresh: [false; 2],
            score_next: [None; 2],
            seen: None,
            changed: Vec::new(),
            rests: Vec::new(),
            judged: Vec::new(),
            ways: RefCell::default(),
            contact_filled: false,
            started: None,
            slots_of: None,
            about: None,
            stirred: BTreeSet::new(),
            newcomers: BTreeSet::new(),
            heard: Vec::new(),
            shared_next: None,
            sweeping: false,
            queue: VecDeque::new(),
            silent: false,
            messages: Vec::new(),
            cancelled: Vec::new(),
            late: Vec::new(),
            events: Vec::new(),
            ledger: Vec::new(),
            needs: Vec::new(),
            folded: None,
            left: None,
            turns: 0,
        };
        // What is due before a new key is known was drawn with the old one too.
        for fact in &snapshot.inbox {
            if let FactBody::Renamed { from, .. } = &fact.body {
                work.fold_renamed(from);
            }
        }
        work.unsettle();
        work.warm_up();
        work
    }

    /// Takes zone, calendar and currency from the account's attributes.
    pub fn settle_zone(&mut self) {
        let workspace = &self.rulebook.model.workspace;
        let named = self.state.attr_text("timezone").and_then(|name| TimeZone::get(name).ok());
        self.zone = named.unwrap_or_else(|| workspace.zone.clone());
        self.settle_money();
    }

    /// Calendar and currency alone.
    pub fn settle_money(&mut self) {
        let workspace = &self.rulebook.model.workspace;
        self.calendar = self.rulebook.calendar(self.state.attr_text("calendar"));
        self.currency = match self.state.attrs.get("mrr").map(|attr| &attr.value) {
            Some(Value::Money(m)) => m.currency,
            _ => workspace.currency,
        };
    }

    /// What a condition about the account (and, where given, an event or a run) reads.
    pub fn frame<'b>(&'b self, event: Option<&'b Props>, run: Option<&'b RunView<'b>>) -> Frame<'b> {
        Frame {
            now: self.now,
            zone: &self.zone,
            calendar: self.calendar,
            currency: self.currency,
            values: &self.values,
            next: &self.next,
            ahead: Some(self),
            event,
            start: run.map(|r| &r.run.start),
            run: run.map(|r| r as &dyn Steps),
        }
    }

    /// Whether a condition about the account holds now.
    pub fn holds(&self, program: &Program) -> bool {
        program.holds(&self.frame(None, None))
    }

    /// Whether a condition of `run` holds now; contact slots must be filled first.
    pub fn holds_for(&self, program: &Program, run: &Run, event: Option<&Props>) -> bool {
        let view = RunView { run };
        program.holds(&self.frame(event, Some(&view)))
    }

    /// The playbook of a run, in the version it is pinned to.
    pub fn playbook_of(&self, run: &Run) -> Option<&'a Playbook> {
        self.rulebook.version(&run.playbook, &run.playbook_hash)
    }

    /// Marks a run as changed.
    pub fn touch(&mut self, id: &RunId) {
        self.touched.insert(id.clone());
    }

    /// Writes one line of the ledger.
    pub fn note(&mut self, kind: &str, playbook: &str, step: &str, reason: impl Into<String>) {
        self.note_with(kind, playbook, step, reason, Props::new());
    }

    /// Writes one line of the ledger with the values that decided.
    pub fn note_with(&mut self, kind: &str, playbook: &str, step: &str, reason: impl Into<String>, values: Props) {
        self.ledger.push(LedgerEntry {
            at: self.now,
            kind: kind.to_owned(),
            playbook: playbook.to_owned(),
            step: step.to_owned(),
            contact: self.about,
            channel: String::new(),
            reason: reason.into(),
            values,
        });
    }

    /// The values a condition read, for the ledger.
    pub fn inputs(&self, program: &Program, run: Option<&Run>, event: Option<&Props>) -> Props {
        let view = run.map(|run| RunView { run });
        let frame = self.frame(event, view.as_ref());
        program.explain(&frame).into_iter().flat_map(|r| r.inputs).collect()
    }

    /// Records an event of our own and queues it for judgement in this turn.
    pub fn emit(&mut self, name: &str, props: Props, cause: &Cause<'_>) {
        if self.silent {
            return;
        }
        let body = FactBody::event(name, props.clone());
        self.events.push(Recorded { at: self.now, contact: cause.contact, body });
        let depth = cause.depth.saturating_add(1);
        let number = if self.state.recorded.0 == self.now { self.state.recorded.1 + 1 } else { 1 };
        self.state.recorded = (self.now, number);
        self.queue.push_back(Judged {
            name: name.to_owned(),
            props,
            contact: cause.contact,
            id: format!("{}@{}#{number}", name, self.now.0),
            run: cause.run.cloned(),
            origin: cause.origin.map(str::to_owned),
            depth,
            late: false,
            announced: false,
            counted: false,
        });
    }
}

/// What led to an event of our own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cause<'a> {
    pub contact: Option<ContactId>,
    pub run: Option<&'a RunId>,
    pub origin: Option<&'a str>,
    pub depth: u8,
}

/// A run as its own conditions see it.
pub(super) struct RunView<'a> {
    pub run: &'a Run,
}

impl Steps for RunView<'_> {
    fn field(&self, step: &str, field: &str) -> Value {
        let Some(record) = self.run.steps.get(step) else {
            return if matches!(
                field,
                "done" | "skipped" | "met" | "sent" | "opened" | "clicked" | "replied" | "bounced"
            ) {
                Value::Bool(false)
            } else {
                Value::Missing
            };
        };
        match field {
            "done" => Value::Bool(record.done_at.is_some() || record.marks.contains_key("done")),
            "skipped" => Value::Bool(record.skipped.is_some()),
            "met" => Value::Bool(record.met),
            "sent" | "opened" | "clicked" | "replied" | "bounced" => Value::Bool(record.marks.contains_key(field)),
            other => record.caught.get(other).cloned().unwrap_or_default(),
        }
    }
}
