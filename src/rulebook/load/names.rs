//! Which names conditions may use: gathered before anything is compiled, so that order in the file does not matter.

use std::collections::{BTreeMap, BTreeSet};

use super::order;
use crate::{
    model::{
        diagnostic::{Diagnostic, nearest},
        feature::metric_of,
        score::{Reading, ScoreKind},
    },
    rulebook::{
        attributes,
        expr::schema::{Schema, Type},
        slots::{SlotSource, Slots},
        types::AttrType,
        yaml::{Entry, Kind, Node, values},
    },
};

/// KPIs the daily pass computes; those about a feature besides.
pub const KPIS: &[&str] = &[
    "logo_churn",
    "logo_churn_events",
    "logo_churn_daily",
    "logo_churn_incl_new",
    "logo_churn_year",
    "mrr_churn_gross",
    "mrr_churn_net",
    "quick_ratio",
    "quick_ratio_reactivated",
    "churn_loss_year",
    "stickiness",
    "seat_utilisation",
    "grr",
    "nrr",
    "nrr_movements",
    "retention",
    "early_churn",
    "renewal_rate",
    "renewal_rate_mrr",
    "onboarding_completion",
    "ttfv_median_days",
    "days_to_setup",
    "arpa",
    "ltv",
    "ltv_plain",
    "ltv_to_cac",
    "cac_payback_months",
    "nps",
    "nps_accounts",
    "nps_change",
    "nps_response",
    "csat",
    "csat_mean",
    "csat_response",
    "ces",
    "ces_easy",
    "ces_net",
    "ces_response",
    "tickets_per_account",
    "resolution_hours",
    "csat_tickets",
    "active_user_rate",
    "upsell_rate",
    "upsell_mrr_rate",
    "cross_sell_rate",
    "cross_sell_mrr_rate",
    "expansion_mrr",
    "health_green_share",
    "meeting_rate",
];

/// Whether a KPI of this name exists.
pub fn is_kpi(name: &str) -> bool {
    KPIS.contains(&name) || metric_of(name).is_some_and(is_name)
}

/// Whether conditions can say this name: `[a-z][a-z0-9_]*` and no word of the language.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !matches!(
            text,
            "true"
                | "false"
                | "null"
                | "in"
                | "as"
                | "if"
                | "else"
                | "for"
                | "while"
                | "return"
                | "var"
                | "let"
                | "has"
                | "now"
        )
}

/// Reports a name that conditions could not say.
pub fn check_name(entry: &Entry, what: &str, out: &mut Vec<Diagnostic>) -> bool {
    check_text(&entry.key, &entry.place, what, out)
}

/// The same for a name given as a value.
pub fn check_text(name: &str, place: &crate::model::diagnostic::Place, what: &str, out: &mut Vec<Diagnostic>) -> bool {
    let good = is_name(name);
    if !good {
        let message = format!("`{}` cannot be the name of {what}", values::shorten(name));
        let help = "use lower-case letters, digits and `_`, beginning with a letter";
        out.push(Diagnostic::error("bad-name", place, message, help));
    }
    good
}

/// The names of one project.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Attributes of accounts, built in and declared.
    pub account: BTreeMap<String, AttrType>,
    /// Attributes of contacts, built in and declared.
    pub contact: BTreeMap<String, AttrType>,
    /// Metrics in file order with their type.
    pub metrics: Vec<(String, Type)>,
    /// Which of them are values of a contact.
    pub per_contact: BTreeSet<String>,
    /// Scores that conditions can name: `expansion` only where the model has it, so that others carry no slot for it.
    pub scores: Vec<ScoreKind>,
    /// Alerts in file order.
    pub alerts: Vec<String>,
    /// Milestones in file order.
    pub milestones: Vec<String>,
    /// Segments in file order.
    pub segments: Vec<String>,
    /// Phases in file order.
    pub phases: Vec<String>,
    /// Playbooks, ascending.
    pub playbooks: Vec<String>,
    /// Topics of templates.
    pub topics: BTreeSet<String>,
    /// KPIs that have a target.
    pub targets: Vec<String>,
}

impl Names {
    /// Gathers from `model.yaml`, the playbooks' names and the templates' topics.
    pub fn gather(
        model: Option<&Node>,
        playbooks: Vec<String>,
        topics: BTreeSet<String>,
        out: &mut Vec<Diagnostic>,
    ) -> Names {
        let declared = model.and_then(|m| m.get("attributes"));
        let mut names = Names {
            account: built_in(attributes::ACCOUNT, attributes::account),
            contact: built_in(attributes::CONTACT, attributes::contact),
            playbooks,
            topics,
            ..Names::default()
        };
        if let Some(node) = model.and_then(|m| m.get("touch")) {
            names.account.insert("touch".into(), AttrType::Words(touch_words(node)));
        }
        declare(declared.and_then(|d| d.get("account")), &mut names.account, out);
        declare(declared.and_then(|d| d.get("contact")), &mut names.contact, out);
        names.milestones = keys(model, "milestones", "a milestone", out);
        names.segments = keys(model, "segments", "a segment", out);
        names.phases = phases(model);
        let metrics = keys(model, "metrics", "a metric", out);
        let of = |name: &str| model.and_then(|m| m.get("metrics")).and_then(|m| m.get(name));
        let per_contact = |name: &&String| of(name).and_then(|m| m.get("per")).is_some();
        names.per_contact = metrics.iter().filter(per_contact).cloned().collect();
        let has = |kind: &ScoreKind| *kind == ScoreKind::Health || model.is_some_and(|m| m.get(kind.word()).is_some());
        names.scores = ScoreKind::ALL.into_iter().filter(has).collect();
        names.alerts = alerts(model);
        names.targets = targets(model);
        names.metrics = metrics.into_iter().map(|m| (m.clone(), metric_type(of(&m), &names.account))).collect();
        names
    }

    /// The slots and the schema of model conditions (no event, run, contact or KPI).
    pub fn schema(&self, model: Option<&Node>, out: &mut Vec<Diagnostic>) -> (Slots, Schemas) {
        let mut build = Build::default();
        self.account.iter().for_each(|(n, t)| build.add(format!("account.{n}"), ty(t), SlotSource::Account(n.clone())));
        self.derived(&mut build);
        let account = std::mem::take(&mut build.schema);
        self.contact.iter().for_each(|(n, t)| build.add(format!("contact.{n}"), ty(t), SlotSource::Contact(n.clone())));
        for (i, (name, ty)) in self.metrics.iter().enumerate().filter(|(_, m)| self.per_contact.contains(&m.0)) {
            build.add(format!("metric.{name}"), ty.clone(), SlotSource::ContactMetric(i));
        }
        for topic in &self.topics {
            build.add(format!("contact.subscribed.{topic}"), Type::Bool, SlotSource::Subscribed(topic.clone()));
        }
        let contact = std::mem::take(&mut build.schema);
        KPIS.iter().for_each(|k| build.add(format!("kpi.{k}"), Type::Num, SlotSource::Kpi((*k).to_owned())));
        let features = self.targets.iter().map(String::as_str).filter(|name| !KPIS.contains(name));
        for name in features.clone() {
            build.add(format!("kpi.{name}"), Type::Num, SlotSource::Kpi(name.to_owned()));
        }
        for name in KPIS.iter().copied().chain(features) {
            build.add(format!("target.{name}"), Type::Num, SlotSource::Target(name.to_owned()));
        }
        let kpi = std::mem::take(&mut build.schema);
        let order = order::slots(&build.sources, model, self, out);
        let slots = Slots::new(build.sources, order);
        (slots, Schemas { account, contact: contact.names, kpi })
    }

    fn derived(&self, build: &mut Build) {
        let bands = |kind: ScoreKind| {
            Type::Text(Some(kind.bands().into_iter().chain(["unknown"]).map(str::to_owned).collect()))
        };
        for (i, (name, ty)) in self.metrics.iter().enumerate().filter(|(_, m)| !self.per_contact.contains(&m.0)) {
            build.add(format!("metric.{name}"), ty.clone(), SlotSource::Metric(i));
        }
        for kind in self.scores.iter().copied() {
            for reading in Reading::ALL {
                let ty = match reading {
                    Reading::Band | Reading::PreviousBand => bands(kind),
                    Reading::Score | Reading::Change7d | Reading::Coverage => Type::Num,
                };
                build.add(format!("{}.{}", kind.word(), reading.word()), ty, SlotSource::Scored(kind, reading));
            }
        }
        for (i, name) in self.alerts.iter().enumerate() {
            build.add(format!("alert.{name}"), Type::Bool, SlotSource::Alert(i));
        }
        build.add("phase", Type::Text(Some(self.phases.clone())), SlotSource::Phase);
        build.add("days_in_phase", Type::Num, SlotSource::DaysInPhase);
        build.add("stuck", Type::Bool, SlotSource::Stuck);
        for (i, name) in self.milestones.iter().enumerate() {
            build.add(format!("milestone.{name}"), Type::Bool, SlotSource::Milestone(i));
            build.add(format!("milestone_at.{name}"), Type::Instant, SlotSource::MilestoneAt(i));
        }
        for (i, name) in self.segments.iter().enumerate() {
            build.add(format!("segment.{name}"), Type::Bool, SlotSource::Segment(i));
        }
        let results = ["never", "running", "succeeded", "exited", "moved", "failed", "completed"];
        let results = Type::Text(Some(results.iter().map(|r| (*r).to_owned()).collect()));
        for name in &self.playbooks {
            build.add(format!("playbook.{name}"), results.clone(), SlotSource::Playbook(name.clone()));
            build.add(format!("playbook_at.{name}"), Type::Instant, SlotSource::PlaybookAt(name.clone()));
        }
    }
}

fn targets(model: Option<&Node>) -> Vec<String> {
    match model.and_then(|m| m.get("targets")).map(|n| &n.kind) {
        Some(Kind::Map(entries)) => entries.iter().map(|e| e.key.clone()).filter(|name| is_kpi(name)).collect(),
        _ => Vec::new(),
    }
}

/// The names in scope by place.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// Conditions about an account.
    pub account: Schema,
    /// What a contact adds.
    pub contact: BTreeMap<String, (Type, crate::rulebook::expr::schema::Source)>,
    /// Conditions of `for: workspace`.
    pub kpi: Schema,
}

impl Schemas {
    /// What is recorded about a contact, and nothing else.
    pub fn contact_only(&self) -> Schema {
        let recorded = self.contact.iter().filter(|(name, _)| name.starts_with("contact."));
        Schema { names: recorded.map(|(name, found)| (name.clone(), found.clone())).collect(), ..Schema::default() }
    }

    /// Everything a message may read: the account, its contact, KPIs and the event that started the run.
    pub fn messages(&self) -> Schema {
        let mut all = self.with_contact(&self.account);
        all.names.extend(self.kpi.names.clone());
        Schema { start: true, ..all }
    }

    /// Account and contact together.
    pub fn with_contact(&self, schema: &Schema) -> Schema {
        let mut both = schema.clone();
        both.names.extend(self.contact.clone());
        both
    }
}

#[derive(Default)]
struct Build {
    schema: Schema,
    sources: Vec<SlotSource>,
}

impl Build {
    fn add(&mut self, name: impl Into<String>, ty: Type, source: SlotSource) {
        self.schema.slot(name, ty, self.sources.len() as u32);
        self.sources.push(source);
    }
}

/// The type conditions see for an attribute.
pub fn ty(attr: &AttrType) -> Type {
    match attr {
        AttrType::Text => Type::Text(None),
        AttrType::Number => Type::Num,
        AttrType::Bool => Type::Bool,
        AttrType::Date => Type::Date,
        AttrType::Instant => Type::Instant,
        AttrType::Money => Type::Money,
        AttrType::Words(words) => Type::Text(Some(words.clone())),
        AttrType::List => Type::List,
    }
}

fn built_in(names: &[&str], of: fn(&str) -> Option<AttrType>) -> BTreeMap<String, AttrType> {
    names.iter().filter_map(|n| Some(((*n).to_owned(), of(n)?))).collect()
}

fn touch_words(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().map(|e| e.key.clone()).collect(),
        _ => Vec::new(),
    }
}

/// Adds declared attributes; a built-in text may be narrowed to a list of words, nothing else.
fn declare(node: Option<&Node>, into: &mut BTreeMap<String, AttrType>, out: &mut Vec<Diagnostic>) {
    let Some(Node { kind: Kind::Map(entries), .. }) = node else { return };
    for entry in entries {
        if !check_name(entry, "an attribute", out) {
            continue;
        }
        let Some(read) = attr_type(&entry.value, out) else { continue };
        let narrowed = matches!(read, AttrType::Words(_));
        match into.get(&entry.key) {
            Some(AttrType::Text | AttrType::Words(_)) if narrowed => {}
            Some(built_in) if *built_in != read => {
                let message = format!("`{}` is built in with another type", entry.key);
                let help = "leave it out, or narrow a built-in text to a list of words";
                out.push(Diagnostic::error("built-in", &entry.place, message, help));
                continue;
            }
            _ => {}
        }
        into.insert(entry.key.clone(), read);
    }
}

fn attr_type(node: &Node, out: &mut Vec<Diagnostic>) -> Option<AttrType> {
    if let Kind::List(_) = node.kind {
        return Some(AttrType::Words(values::texts(node, out)));
    }
    const TYPES: [(&str, u8); 7] =
        [("text", 0), ("number", 1), ("bool", 2), ("date", 3), ("instant", 4), ("money", 5), ("list", 6)];
    let types = [
        AttrType::Text,
        AttrType::Number,
        AttrType::Bool,
        AttrType::Date,
        AttrType::Instant,
        AttrType::Money,
        AttrType::List,
    ];
    values::word(node, &TYPES, out).and_then(|i| types.get(usize::from(i)).cloned())
}

fn keys(model: Option<&Node>, key: &str, what: &str, out: &mut Vec<Diagnostic>) -> Vec<String> {
    match model.and_then(|m| m.get(key)).map(|n| &n.kind) {
        Some(Kind::Map(entries)) => {
            entries.iter().filter(|e| check_name(e, what, out)).map(|e| e.key.clone()).collect()
        }
        _ => Vec::new(),
    }
}

fn phases(model: Option<&Node>) -> Vec<String> {
    match model.and_then(|m| m.get("journey")).map(|n| &n.kind) {
        Some(Kind::List(items)) => {
            items.iter().filter_map(|n| n.get("phase")?.scalar().map(|s| s.text.clone())).collect()
        }
        _ => Vec::new(),
    }
}

fn alerts(model: Option<&Node>) -> Vec<String> {
    match model.and_then(|m| m.get("alerts")).map(|n| &n.kind) {
        Some(Kind::List(items)) => items.iter().filter_map(super::health::alert_name).collect(),
        _ => Vec::new(),
    }
}

/// The type of a metric by its kind: `last` and `first` are moments, `latest` is what its column is (else anything).
fn metric_type(node: Option<&Node>, account: &BTreeMap<String, AttrType>) -> Type {
    let Some(node) = node else { return Type::Any };
    if node.get("last").is_some() || node.get("first").is_some() {
        return Type::Instant;
    }
    if node.get("latest").is_none() {
        return Type::Num;
    }
    let column = node.get("or").and_then(|o| o.scalar()).and_then(|s| s.text.strip_prefix("account."));
    column.and_then(|c| account.get(c)).map_or(Type::Any, ty)
}

/// One of `names`, or a finding with the nearest.
pub fn known<'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
    what: &str,
    rule: &'static str,
    place: &crate::model::diagnostic::Place,
    out: &mut Vec<Diagnostic>,
) -> bool {
    if names.clone().into_iter().any(|n| n == name) {
        return true;
    }
    let candidates = names.clone();
    let help = match nearest(name, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let all: Vec<&str> = names.into_iter().take(20).collect();
            if all.is_empty() {
                format!("there is no {what} yet: define it first")
            } else {
                format!("there are: {}", all.join(", "))
            }
        }
    };
    let found = Diagnostic::error(rule, place, format!("there is no {what} `{}`", values::shorten(name)), help);
    out.push(found.mended_if_typo(name, candidates));
    false
}
