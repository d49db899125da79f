//! What is new in a draft: compared with what is known, only changes become facts.

use super::{Assume, Draft, DraftEvent, Kind, Options, Reject, SubscriptionRow, Warnings, mapping::Empty};
use crate::model::{
    fact::{FactBody, Incoming},
    ids::{AccountId, stable_hash},
    instant::Instant,
    value::{Props, Value},
};

/// A subscription imported earlier.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscriptionSpan {
    /// Key of its account.
    pub account: String,
    /// First day (day number).
    pub start: i32,
    /// The day after the last one; none = open.
    pub end: Option<i32>,
}

/// What is known already; asked once a row.
pub trait Known {
    /// Present attributes of an account; none when it does not exist.
    fn account(&self, key: &str) -> Option<&Props>;
    /// Present attributes of a contact, with `consent` ("given", "refused"), `opted_out` and `do_not_contact`.
    fn contact(&self, account: &str, key: &str) -> Option<&Props>;
    /// Whether a key belongs to an account that was merged into the one it means now.
    fn merged(&self, account: &str) -> bool;
    /// Whether two keys mean one account.
    fn same(&self, one: &str, other: &str) -> bool;
    /// Whether others were merged into the account.
    fn took_in(&self, account: &str) -> bool;
    /// Whether a contact's key belongs to a record that another one has taken in.
    fn absorbed(&self, account: &str, key: &str) -> bool;
    /// A subscription.
    fn subscription(&self, key: &str) -> Option<SubscriptionSpan>;
    /// Something that differs whenever the account's recorded values may have changed in between.
    fn version(&self, account: &str) -> String;
}

/// A present value.
fn was(present: Option<&Props>, name: &str) -> Value {
    present.and_then(|p| p.get(name)).cloned().unwrap_or_default()
}

/// What a row comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// Line of the file, from 1.
    pub line: u64,
    /// Key of the account.
    pub account: Option<String>,
    /// Facts to record; none = nothing changed.
    pub facts: Vec<Incoming>,
    /// The row's own thing did not exist.
    pub new: bool,
    /// The subscription to put.
    pub subscription: Option<SubscriptionRow>,
}

/// Compares a draft with what is known.
pub fn settle(
    draft: &Draft,
    known: &impl Known,
    options: &Options,
    warnings: &mut Warnings,
) -> Result<Settled, Reject> {
    let mut out = Settled { line: draft.line, account: draft.account.clone(), ..Settled::default() };
    let span = draft.via.as_deref().and_then(|key| known.subscription(key));
    if let Some(via) = &draft.via {
        let Some(span) = &span else {
            return Err(Reject::new(draft.line, "unknown_subscription", via, draft.cells.clone()));
        };
        out.account = Some(span.account.clone());
    }
    let zone = options.file_zone();
    let maker = Maker { draft, options, account: out.account.clone(), source: source(options) };
    match options.kind {
        Kind::Accounts => maker.account_row(known, &mut out, warnings),
        Kind::Contacts => maker.contact_row(known, &mut out, warnings),
        Kind::Subscriptions => out.subscription = draft.subscription.clone(),
        Kind::Events => {
            let present = out.account.as_deref().map(|key| known.account(key));
            if present == Some(None) {
                warnings.add("unknown_account", draft.line, "");
            }
            let start =
                present.flatten().and_then(|p| day(p, "contract_start", zone).or_else(|| day(p, "created_at", zone)));
            let end = present.flatten().and_then(|p| day(p, "contract_end", zone));
            // The first event stands for the row: one fault a row.
            if let Some(at) = draft.events.first().map(|e| e.at.day(zone)) {
                let judged = match &span {
                    Some(s) => [
                        (at < s.start, "before_subscription_start"),
                        (s.end.is_some_and(|e| at > e), "after_subscription_end"),
                    ],
                    None => [
                        (start.is_some_and(|s| at < s), "before_account_start"),
                        (end.is_some_and(|e| at > e), "after_account_end"),
                    ],
                };
                judged.iter().filter(|(bad, _)| *bad).for_each(|(_, kind)| warnings.add(kind, draft.line, ""));
            }
            out.facts = draft.events.iter().map(|e| maker.event(e)).collect();
            out.new = true;
        }
    }
    Ok(out)
}

fn day(props: &Props, name: &str, zone: &jiff::tz::TimeZone) -> Option<i32> {
    match props.get(name)? {
        Value::Date(day) => Some(*day),
        Value::Instant(at) => Some(at.day(zone)),
        _ => None,
    }
}

/// The source's name in facts.
pub(super) fn source(options: &Options) -> String {
    options.mapping.source.clone().unwrap_or_else(|| format!("csv:{}", options.kind.word()))
}

struct Maker<'a> {
    draft: &'a Draft,
    options: &'a Options,
    account: Option<String>,
    source: String,
}

impl Maker<'_> {
    fn account_row(&self, known: &impl Known, out: &mut Settled, warnings: &mut Warnings) {
        let Some(key) = self.account.as_deref() else { return };
        if let Some(fact) = self.former(known, key, warnings) {
            let renamed = matches!(fact.body, FactBody::Renamed { .. });
            out.facts.push(fact);
            if renamed {
                // What else the row says is said of the same account, after it.
                let draft = Draft { former: None, ..self.draft.clone() };
                let (account, source) = (self.draft.former.clone(), self.source.clone());
                return Maker { draft: &draft, options: self.options, account, source }
                    .account_row(known, out, warnings);
            }
        }
        let present = known.account(key);
        out.new = present.is_none();
        let mut attrs = self.changes(&self.draft.account_attrs, present);
        // The row of an account that was merged says only what the other one does not.
        let (merged, took_in) = (known.merged(key), known.took_in(key));
        attrs.retain(|name, _| !merged || was(present, name).is_missing());
        // An empty cell does not clear what the other row of the same customer says.
        attrs.retain(|_, value| !(took_in && value.is_missing()));
        if out.new || !attrs.is_empty() {
            if out.new && !["created_at", "contract_start"].iter().any(|n| attrs.contains_key(*n)) {
                self.assume(&mut attrs, warnings);
            }
            let id = self.change_id("account", "", &attrs, present, &known.version(key));
            out.facts.push(self.fact(None, self.draft.as_of, id, FactBody::AccountAttrs { attrs }));
        }
        if self.draft.contact.is_some() {
            let new = out.new;
            self.contact_row(known, out, warnings);
            out.new = new;
        }
    }

    /// The row names another key of its customer: that account is this one, or becomes it.
    fn former(&self, known: &impl Known, key: &str, warnings: &mut Warnings) -> Option<Incoming> {
        let old = self.draft.former.as_deref().filter(|old| *old != key)?;
        known.account(old)?;
        let (kind, body) = match known.account(key) {
            Some(_) if known.same(old, key) => return None,
            Some(_) => ("account_merged", FactBody::Merged { into: key.to_owned(), other: AccountId::default() }),
            None => ("account_renamed", FactBody::Renamed { from: old.to_owned(), to: key.to_owned() }),
        };
        warnings.add(kind, self.draft.line, "");
        let id = stable_hash(&["former", old, key, &known.version(old)]);
        let fact = self.fact(None, self.draft.as_of, id, body);
        Some(Incoming { account: Some(old.to_owned()), ..fact })
    }

    /// Whoever comes without a date was there before, unless `--as new` says otherwise.
    fn assume(&self, attrs: &mut Props, warnings: &mut Warnings) {
        let assume = self.options.assume.unwrap_or(Assume::Known);
        attrs.insert("import_as".into(), Value::text(assume.word()));
        if self.options.assume.is_none() {
            warnings.add("assumed_known", self.draft.line, "");
        }
    }

    fn contact_row(&self, known: &impl Known, out: &mut Settled, warnings: &mut Warnings) {
        let (Some(account), Some(key)) = (self.account.as_deref(), self.draft.contact.as_deref()) else { return };
        let present = known.contact(account, key);
        out.new = present.is_none();
        let version = known.version(account);
        let mut wanted = self.draft.contact_attrs.clone();
        let (consent, opted_out) = (wanted.remove("consent"), wanted.remove("opted_out"));
        let mut attrs = self.changes(&wanted, present);
        // The row of a record that was merged says only what the other one does not.
        let absorbed = known.absorbed(account, key);
        let unsaid = |name: &str| !absorbed || was(present, name).is_missing();
        attrs.retain(|name, _| unsaid(name));
        if out.new || !attrs.is_empty() {
            // In a list of customers the customer's own date decides.
            if out.new && self.options.kind == Kind::Contacts && !attrs.contains_key("created_at") {
                self.assume(&mut attrs, warnings);
            }
            let id = self.change_id("contact", key, &attrs, present, &version);
            out.facts.push(self.fact(Some(key), self.draft.as_of, id, FactBody::ContactAttrs { attrs }));
        }
        let differs = |c: &Value| !c.is_missing() && *c != was(present, "consent") && unsaid("consent");
        if let Some(given) = consent.filter(differs) {
            let id =
                self.change_id("consent", key, &Props::from([("consent".into(), given.clone())]), present, &version);
            let body = FactBody::Consent { given: given.as_text() == Some("given") };
            out.facts.push(self.fact(Some(key), self.draft.as_of, id, body));
        }
        let stopped = was(present, "opted_out").as_bool().unwrap_or(false);
        if let Some(Value::Bool(stop)) =
            opted_out.filter(|v| v.as_bool().is_some_and(|b| b != stopped && (b || !absorbed)))
        {
            let id = self.change_id(
                "topic",
                key,
                &Props::from([("opted_out".into(), Value::Bool(stop))]),
                present,
                &version,
            );
            let body = FactBody::Subscription { topic: "*".into(), subscribed: !stop };
            out.facts.push(self.fact(Some(key), self.draft.as_of, id, body));
        }
    }

    /// Attributes whose value differs from the present one.
    fn changes(&self, wanted: &Props, present: Option<&Props>) -> Props {
        let keep = self.options.mapping.empty == Empty::Keep;
        let differs =
            |(name, value): &(&String, &Value)| **value != was(present, name) && !(keep && value.is_missing());
        wanted.iter().filter(differs).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// The same change from the same state is the same fact; coming back to an old value later is another.
    fn change_id(&self, what: &str, contact: &str, attrs: &Props, present: Option<&Props>, version: &str) -> String {
        let json = |p: &Props| serde_json::to_string(p).unwrap_or_default();
        let before: Props = attrs.keys().filter_map(|k| Some((k.clone(), present?.get(k)?.clone()))).collect();
        let account = self.account.as_deref().unwrap_or_default();
        stable_hash(&[what, account, contact, &json(attrs), &json(&before), version])
    }

    fn event(&self, event: &DraftEvent) -> Incoming {
        let body = FactBody::Event { name: event.name.clone(), props: event.props.clone() };
        self.fact(self.draft.contact.as_deref(), event.at, event.id.clone(), body)
    }

    fn fact(&self, contact: Option<&str>, occurred_at: Instant, event_id: String, body: FactBody) -> Incoming {
        Incoming {
            account: self.account.clone(),
            contact: contact.map(str::to_owned),
            occurred_at,
            received_at: self.options.now,
            source: self.source.clone(),
            event_id,
            body,
        }
    }
}
