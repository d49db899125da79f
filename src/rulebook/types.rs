//! The checked rulebook: what `model.yaml`, `playbooks/` and `templates/` mean.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{
    expr::Program,
    playbook::Playbook,
    schedule::{calendar::Calendar, cron::CronSchedule, length::Length},
    slots::Slots,
    template::Templates,
};
use crate::model::{
    diagnostic::Place,
    locale::{Bilingual, Locale},
    message::ChannelKind,
    message::Class,
    money::Currency,
    score::ScoreKind,
};

/// Everything that decides. Immutable once loaded; identified by its hash.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// SHA-256 (base32) over every file's path and content.
    pub hash: String,
    /// The number it went live with; 0 until then.
    pub number: i64,
    /// When it went live.
    pub live_since: crate::model::instant::Instant,
    /// `model.yaml`.
    pub model: Model,
    /// Playbooks by name, ascending.
    pub playbooks: Vec<Playbook>,
    /// Older versions that running enrollments finish on (`on_change: drain`), told apart by name and hash.
    pub versions: Vec<Playbook>,
    /// Message templates.
    pub templates: Templates,
    /// `content.yaml`: named links.
    pub links: BTreeMap<String, Bilingual>,
    /// The numbered values conditions read.
    pub slots: Slots,
    /// Names that conditions about an account may use, for questions asked on the command line.
    pub schema: super::expr::schema::Schema,
}

impl Rulebook {
    /// A playbook by name.
    pub fn playbook(&self, name: &str) -> Option<&Playbook> {
        self.playbooks.binary_search_by(|p| p.name.as_str().cmp(name)).ok().map(|i| &self.playbooks[i])
    }

    /// The playbooks' names, as a list for people.
    pub fn names(&self) -> String {
        self.playbooks.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The version of a playbook with this content hash; the live one where that version is not kept.
    /// None: there is no playbook of that name any more.
    pub fn version(&self, name: &str, hash: &str) -> Option<&Playbook> {
        let live = self.playbook(name)?;
        let kept = || self.versions.iter().find(|p| p.name == name && p.hash == hash);
        Some(if live.hash == hash { live } else { kept().unwrap_or(live) })
    }

    /// A calendar by name, else the workspace's, else Monday to Friday.
    pub fn calendar(&self, name: Option<&str>) -> &Calendar {
        let model = &self.model;
        name.and_then(|n| model.calendars.get(n))
            .or_else(|| model.calendars.get(&model.workspace.calendar))
            .unwrap_or(&model.plain_calendar)
    }
}

/// `model.yaml`.
#[derive(Clone, Debug)]
pub struct Model {
    /// What success is, first of all.
    pub success: Vec<Success>,
    /// Declared attributes of accounts.
    pub account_attributes: BTreeMap<String, AttrType>,
    /// Declared attributes of contacts.
    pub contact_attributes: BTreeMap<String, AttrType>,
    /// What sales hands over and the hearing sheet asks, in file order.
    pub handover: Vec<Asked>,
    /// Metrics, in file order.
    pub metrics: Vec<Metric>,
    /// Segments, in file order.
    pub segments: Vec<Named>,
    /// Milestones, in file order.
    pub milestones: Vec<Milestone>,
    /// Phases, in file order.
    pub journey: Vec<Phase>,
    /// The touch rule.
    pub touch: Option<Touch>,
    /// Scorecards, first match wins.
    pub health: Vec<Scorecard>,
    /// Scorecards of how ready a customer is to grow, first match wins.
    pub expansion: Vec<Scorecard>,
    /// Alerts to the account's CSM.
    pub alerts: Vec<Alert>,
    /// KPI targets, as fractions or numbers.
    pub targets: BTreeMap<String, f64>,
    /// Targets of everybody in a role, by role and KPI: who is judged by them is judged by nothing else.
    pub role_targets: BTreeMap<String, BTreeMap<String, f64>>,
    /// What is said to be usual, by KPI: printed as a reference only, for months.
    pub references: BTreeMap<String, f64>,
    /// Key actions by the KPI they are for: times a month.
    pub kais: BTreeMap<String, BTreeMap<String, f64>>,
    /// Zone, language, calendar and limits of the workspace.
    pub workspace: Workspace,
    /// Feeds and when they are stale, in microseconds.
    pub feeds: BTreeMap<String, Length>,
    /// Calendars by name.
    pub calendars: BTreeMap<String, Calendar>,
    /// Monday to Friday, 09:00–18:00: where no calendar is named.
    pub plain_calendar: Calendar,
    /// Frequency caps.
    pub caps: Vec<Cap>,
    /// The global holdout.
    pub holdout: Holdout,
    /// Digests.
    pub digests: Vec<Digest>,
    /// What people call metrics, phases, components and so on.
    pub titles: super::titles::Titles,
}

impl Model {
    /// The scorecards of a score.
    pub fn scorecards(&self, kind: ScoreKind) -> &[Scorecard] {
        match kind {
            ScoreKind::Health => &self.health,
            ScoreKind::Expansion => &self.expansion,
        }
    }
}

/// A question about a new customer, answered by sales or by the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The account attribute that holds the answer.
    pub field: String,
    /// The question.
    pub asks: Bilingual,
    /// Without an answer the hand-over is not complete.
    pub required: bool,
}

/// A success definition.
#[derive(Clone, Debug)]
pub struct Success {
    /// Its name.
    pub name: String,
    /// What it says, from the customer's view.
    pub says: Bilingual,
    /// When it is reached.
    pub when: Program,
    /// By when after the contract's start.
    pub by: Option<Length>,
}

/// The type of a declared attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttrType {
    /// Free text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Bool,
    /// A local day.
    Date,
    /// A moment.
    Instant,
    /// Money.
    Money,
    /// One of these words.
    Words(Vec<String>),
    /// Free words, several at once (`goals`, `issues`, `needs`).
    List,
}

/// A condition with a name.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// When it holds.
    pub when: Program,
}

/// A metric of an account.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// What is computed.
    pub kind: MetricKind,
    /// Over which days.
    pub over: Window,
    /// Which events count.
    pub where_: Option<Program>,
    /// The account attribute that serves while no such event ever arrived.
    pub or: Option<String>,
    /// Hash of the definition; a change means folding again from history.
    pub hash: String,
    /// The event that closes what an event of this metric opened.
    pub unless: Option<String>,
    /// Which of them: the same value closes; none = it closes all before it.
    pub key: Option<Program>,
    /// A value of each contact instead of the account.
    pub per_contact: bool,
    /// Where it stands.
    pub place: Place,
}

/// What a metric computes. Event `*` is any event of a contact.
#[derive(Clone, Debug)]
pub enum MetricKind {
    /// Number of events.
    Count(String),
    /// Number of contacts with an event.
    Distinct(String),
    /// Number of local days with an event.
    Days(String),
    /// Moment of the last event.
    Last(String),
    /// Moment of the first event.
    First(String),
    /// Sum of a property: (event, property).
    Sum(String, String),
    /// A property of the latest event: (event, property).
    Latest(String, String),
    /// (last N days − N before) ÷ N before.
    Change(String),
    /// Computed from other values.
    Expr(Program),
    /// Number of contacts of whom this holds; it asks only what is recorded about the contact.
    Contacts(Program),
    /// Where the account stands among its like, 0..1, by the daily pass.
    Rank {
        /// The number that is compared.
        by: Program,
        /// Account attributes that make accounts alike.
        within: Vec<String>,
    },
}

/// The days a metric looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last N local days, today included.
    Days(u16),
    /// The current local month.
    ThisMonth,
    /// The month before.
    LastMonth,
    /// Everything.
    All,
}

impl MetricKind {
    /// The event it is computed from (`*` = any of a contact); none where it is computed from other values.
    pub fn event(&self) -> Option<&str> {
        match self {
            MetricKind::Count(e)
            | MetricKind::Distinct(e)
            | MetricKind::Days(e)
            | MetricKind::Last(e)
            | MetricKind::First(e)
            | MetricKind::Change(e)
            | MetricKind::Sum(e, _)
            | MetricKind::Latest(e, _) => Some(e),
            MetricKind::Expr(_) | MetricKind::Contacts(_) | MetricKind::Rank { .. } => None,
        }
    }
}

/// A milestone: reached once, never lost.
#[derive(Clone, Debug)]
pub struct Milestone {
    /// Its name.
    pub name: String,
    /// When it is reached.
    pub when: Program,
    /// The success it proves (time to first value is measured to this one).
    pub success: Option<String>,
}

/// A phase of the journey.
#[derive(Clone, Debug)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// Phases in order: left when this holds.
    pub until: Option<Program>,
    /// Phases out of order: hold while this is true.
    pub when: Option<Program>,
    /// A `when` phase counts only once this phase is reached.
    pub after: Option<String>,
    /// How long it usually takes.
    pub expected: Option<Length>,
    /// Stuck when longer than this.
    pub stuck_after: Option<Length>,
    /// The goal, for people.
    pub goal: Bilingual,
    /// What the customer does, feels, stumbles over and wants.
    pub customer: BTreeMap<String, Bilingual>,
    /// The shared plan: our tasks and theirs.
    pub tasks_ours: Vec<String>,
    /// Their tasks.
    pub tasks_theirs: Vec<String>,
    /// What people read instead of a task's name.
    pub task_titles: BTreeMap<String, Bilingual>,
    /// KPIs of this phase.
    pub kpi: Vec<String>,
}

impl Phase {
    /// Whether the shared plan has tasks in this phase.
    pub fn has_tasks(&self) -> bool {
        !self.tasks_ours.is_empty() || !self.tasks_theirs.is_empty()
    }

    /// A task's title; its name with blanks where it has none.
    pub fn task_title(&self, name: &str, locale: crate::model::locale::Locale) -> String {
        let title = self.task_titles.get(name).map(|t| t.get(locale)).filter(|t| !t.is_empty());
        title.map_or_else(|| name.replace('_', " "), str::to_owned)
    }
}

/// The touch model: by rank over all accounts, once a day.
#[derive(Clone, Debug)]
pub struct Touch {
    /// Tiers from the top: name, share of accounts, by which number. What remains is `rest`.
    pub tiers: Vec<(String, f64, Program)>,
    /// The tier of everybody else.
    pub rest: String,
}

/// A scorecard.
#[derive(Clone, Debug)]
pub struct Scorecard {
    /// Its name.
    pub name: String,
    /// For whom.
    pub for_: Program,
    /// Its components in order.
    pub components: Vec<Component>,
    /// Whether it weighs components of 0..100 (else it adds points).
    pub weighted: bool,
    /// What a missing component means.
    pub missing: Missing,
    /// Lower bounds, best band first: (band, at least); the last one has no bound.
    pub bands: Vec<(String, Option<f64>)>,
    /// A better band is entered at its bound plus this.
    pub hysteresis: f64,
    /// Bands capped by a condition.
    pub caps: Vec<BandCap>,
    /// Band `unknown` below this coverage, 0..1.
    pub min_coverage: f64,
}

impl Scorecard {
    /// Every condition and measure of it.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        let measures = self.components.iter().map(|c| &c.measure);
        std::iter::once(&self.for_).chain(measures).chain(self.caps.iter().map(|c| &c.when))
    }
}

/// A component of a scorecard.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// `usage`, `support`, `contract` …
    pub family: String,
    /// What is measured.
    pub measure: Program,
    /// How it becomes points.
    pub scale: Scale,
    /// Its weight; 0 = observe only. 1 where points add.
    pub weight: f64,
    /// Whether the measure reaches each step of points: while none of these changes, neither do its points. Empty where
    /// that is not known.
    pub edges: Vec<Program>,
}

/// From a measured number to points.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// First match from the top: (at least, give); none = otherwise.
    Points(Vec<(Option<f64>, f64)>),
    /// 0 at `from`, 100 at `to`, straight between, clamped; `from` may be above `to`.
    Linear(f64, f64),
}

/// What a component without data means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Leave it out and renormalise.
    Exclude,
    /// Half of what it could give.
    Neutral,
    /// Nothing.
    Worst,
}

/// A band that a condition caps.
#[derive(Clone, Debug)]
pub struct BandCap {
    /// When.
    pub when: Program,
    /// The best band then possible.
    pub at_most: String,
    /// Why, for people.
    pub because: Bilingual,
}

/// An alert about health: a state of the account that conditions read as `alert.NAME`.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Its name: as written, else `drop`, `enters_BAND`, `stays_BAND`.
    pub name: String,
    /// What is watched.
    pub kind: AlertKind,
}

/// What an alert watches.
#[derive(Clone, Debug)]
pub enum AlertKind {
    /// The score fell by so much within so many days: below the best end of a day since then.
    Drop(f64, u16),
    /// The band became this, and still is.
    Enters(String),
    /// The band has been this for so long.
    Stays(String, Length),
}

/// The workspace's own settings.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its zone.
    pub zone: TimeZone,
    /// Its language.
    pub locale: Locale,
    /// Its calendar's name.
    pub calendar: String,
    /// Its currency.
    pub currency: Currency,
    /// Events older than this start nothing.
    pub late_data: Length,
    /// A longer downtime holds everything.
    pub max_downtime: Length,
}

/// A frequency cap.
#[derive(Clone, Debug)]
pub struct Cap {
    /// Which channel counts; none = every customer message.
    pub channel: Option<ChannelKind>,
    /// Only messages that ask a survey count; those of one run are one survey.
    pub survey: bool,
    /// Which class counts; none = service and marketing.
    pub class: Option<Class>,
    /// At most this many …
    pub times: u32,
    /// … in this many microseconds (rolling), or
    pub per: i64,
    /// per calendar day/week/month of the account instead.
    pub calendar: Option<CapPeriod>,
    /// Per address (else per account).
    pub per_contact: bool,
}

/// A calendar period of a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapPeriod {
    /// The local day.
    Day,
    /// Monday to Sunday.
    Week,
    /// The local month.
    Month,
}

/// A holdout: share of accounts, chosen by a hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Holdout {
    /// 0..100.
    pub percent: f64,
    /// Part of the hash.
    pub salt: String,
}

/// A digest for the team.
#[derive(Clone, Debug)]
pub struct Digest {
    /// Its name.
    pub name: String,
    /// When.
    pub cron: CronSchedule,
    /// Which accounts.
    pub where_: Program,
    /// The Slack channel, if any.
    pub slack: Option<String>,
    /// The Discord channel, if any.
    pub discord: Option<String>,
    /// The e-mail address or person, if any.
    pub email: Option<String>,
    /// At most so many rows.
    pub limit: usize,
    /// What its rows are.
    pub of: DigestOf,
    /// The period of wins, playbooks and topics.
    pub over: Length,
    /// What stands first among accounts.
    pub order: Order,
    /// Who is told of accounts that nobody took in time.
    pub late: Option<Late>,
    /// Topics of product and the other words people use for each.
    pub words: BTreeMap<String, Vec<String>>,
}

impl Digest {
    /// Where it goes: (channel, address).
    pub fn addresses(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [("slack", &self.slack), ("discord", &self.discord), ("email", &self.email)];
        all.into_iter().filter_map(|(channel, address)| Some((channel, address.as_deref()?)))
    }
}

/// Until when somebody takes a row of a digest, and who hears of it otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// So long after the row was posted first.
    pub within: Length,
    /// A role of ours, a person, or a `#channel`.
    pub to: String,
}

/// What the rows of a digest are.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DigestOf {
    /// Accounts for which the condition holds.
    #[default]
    Accounts,
    /// Accounts with something that went well.
    Wins,
    /// Playbooks and what they did.
    Playbooks,
    /// What events are about: tags of notes, subjects of tickets.
    Topics {
        /// The event.
        event: String,
        /// The property that names the topic.
        by: String,
    },
    /// Wishes and stumbling points of notes, tickets and surveys together.
    Product,
    /// Answers to surveys: scores beside comments.
    Answers,
    /// KPIs beside their targets and the period before.
    Kpis,
    /// The day of the one who reads it, as the command `today` says it.
    Today,
}

impl DigestOf {
    /// The word of `of:`.
    pub fn word(&self) -> &'static str {
        match self {
            DigestOf::Accounts => "accounts",
            DigestOf::Wins => "wins",
            DigestOf::Playbooks => "playbooks",
            DigestOf::Topics { .. } => "topics",
            DigestOf::Product => "product",
            DigestOf::Answers => "answers",
            DigestOf::Kpis => "kpis",
            DigestOf::Today => "today",
        }
    }
}

/// What stands first in a digest of accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Share of the score lost × MRR.
    #[default]
    Risk,
    /// The nearest renewal.
    Renewal,
    /// The most revenue.
    Revenue,
    /// The longest in its phase.
    Phase,
    /// Readiness to grow × MRR.
    Expansion,
}
