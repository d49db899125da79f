//! Message steps: who gets it, whether they may, when, and with which values.

use std::collections::BTreeSet;

use super::{
    plan::PLAN_VALUE,
    standing::is_personal,
    steps::{Flow, Taken, done, record},
    work::{RunView, Work},
};
use crate::{
    model::{
        contact::Contact,
        ids::{ContactId, MessageKey, stable_hash},
        instant::Instant,
        locale::Locale,
        message::{Audience, ChannelKind, Class, Planned},
        run::{Arm, Run},
        snapshot::{ContactQuery, Need},
        value::{Props, Value},
    },
    rulebook::{
        playbook::{Hold, MessageStep, Playbook, Step, To},
        schedule::window::{SendWindow, ZoneOf},
        template::Template,
        types::Rulebook,
    },
    words::sentence,
};
use jiff::tz::TimeZone;

/// The mark of a notice about which a person was told that it waits.
const ALARMED: &str = "alarmed";
/// How many contacts a `where` may be asked of.
const CANDIDATES: u32 = 200;

/// One person or channel a message goes to.
#[derive(Clone, Debug)]
struct Recipient {
    contact: Option<ContactId>,
    address: String,
    audience: Audience,
}

/// What one message says.
#[derive(Default)]
struct Content {
    template: String,
    topic: String,
    locale: Locale,
    vars: Props,
    sender: String,
}

/// The answer to "who gets it".
enum Found {
    Some(Vec<Recipient>),
    /// Contacts must be loaded first.
    Loading,
    /// Nobody, for a reason; `true` = somebody may still turn up.
    Nobody(&'static str, bool),
}

impl Work<'_> {
    pub(super) fn take_message(
        &mut self,
        playbook: &Playbook,
        run: &mut Run,
        step: &Step,
        message: &MessageStep,
        taken: &Taken<'_>,
    ) -> Flow {
        let flow = self.send_or_hold(playbook, run, step, message, taken);
        let notice = message.class.unwrap_or(playbook.class) == Class::Notice;
        if matches!(flow, Flow::Stay) && notice && run.arm == Arm::Treated {
            self.watch_notice(playbook, run, step, message);
        }
        flow
    }

    /// A notice has no limit; where others would be given up, a person hears of it, once.
    fn watch_notice(&mut self, playbook: &Playbook, run: &mut Run, step: &Step, message: &MessageStep) {
        let limit = self.longest_hold(playbook, run, message);
        if limit > self.now {
            run.until = Some(run.until.map_or(limit, |until| until.min(limit)));
        } else if record(run, step).marks.insert(ALARMED.to_owned(), self.now).is_none() {
            self.ask_csm(playbook, &format!("{}:held", step.id), sentence::notice_task);
        }
    }

    fn send_or_hold(
        &mut self,
        playbook: &Playbook,
        run: &mut Run,
        step: &Step,
        message: &MessageStep,
        taken: &Taken<'_>,
    ) -> Flow {
        if taken.entering {
            run.hold_until = self.hold_until(playbook, run, message);
        }
        let over = run.hold_until.is_some_and(|until| self.now >= until);
        if over && !taken.entering {
            return self.give_up(playbook, run, step, message);
        }
        if let Some(held) = self.held(playbook) {
            return self.hold(run, step, held.until, &held.reason);
        }
        if run.arm == Arm::Holdout {
            return self.pass_by(playbook, run, step, message, taken);
        }
        if self.audience(playbook, message) == Audience::Team && self.snoozed(&playbook.name, &step.id, message.channel)
        {
            return self.skip(run, step, "snoozed", Props::new());
        }
        match self.recipients(playbook, run, message) {
            Found::Loading => self.stay(run, None, "loading"),
            Found::Nobody(why, true) if !taken.at_once => self.hold(run, step, None, why),
            Found::Nobody(why, _) => self.skip(run, step, why, Props::new()),
            Found::Some(list) if self.too_many(playbook, &list) && !taken.at_once => {
                self.hold(run, step, None, "needs_approval")
            }
            Found::Some(list) => self.hand_over(playbook, run, step, message, &list, taken),
        }
    }

    /// A ghost sends nothing, and goes on when it would have sent: what follows begins as it does for the others.
    fn pass_by(
        &mut self,
        playbook: &Playbook,
        run: &mut Run,
        step: &Step,
        message: &MessageStep,
        taken: &Taken<'_>,
    ) -> Flow {
        let list = match self.recipients(playbook, run, message) {
            Found::Loading => return self.stay(run, None, "loading"),
            Found::Nobody(why, true) if !taken.at_once => return self.hold(run, step, None, why),
            Found::Nobody(..) => Vec::new(),
            Found::Some(list) => list,
        };
        let shut = list.iter().filter_map(|to| self.shut(playbook, message, to)).filter(|_| !taken.at_once);
        // The treated go on once the last of their people was written to.
        if let Some((until, why)) = shut.max_by_key(|(until, _)| until.unwrap_or(Instant::MAX)) {
            return self.hold(run, step, until, &why);
        }
        self.ghost(run, step);
        done(run, step, self.now);
        Flow::To(step.next)
    }

    /// More people than may be written to without a person's approval.
    fn too_many(&self, playbook: &Playbook, list: &[Recipient]) -> bool {
        let people = list.iter().filter(|r| r.audience == Audience::Customer).count();
        let most = playbook.approve.and_then(|a| a.recipients);
        most.is_some_and(|most| people > most as usize) && !self.world.approved.contains(&playbook.name)
    }

    fn give_up(&mut self, playbook: &Playbook, run: &mut Run, step: &Step, message: &MessageStep) -> Flow {
        let why = std::mem::take(&mut run.waiting);
        let flow = self.skip(run, step, &format!("hold_at_most:{why}"), Props::new());
        let limit = message.hold_at_most.unwrap_or(playbook.hold_at_most);
        if limit.exit {
            return Flow::End(crate::model::run::RunResult::Exited, "hold_at_most".to_owned());
        }
        flow
    }

    /// Keeps the message back until `until` (or until something changes), at most until `hold_until`.
    fn hold(&mut self, run: &mut Run, step: &Step, until: Option<Instant>, why: &str) -> Flow {
        if run.waiting != why && run.arm == Arm::Treated {
            let values = until.map(|at| Props::from([("until".to_owned(), Value::Instant(at))])).unwrap_or_default();
            self.note_with("hold", &run.playbook, &step.id, why, values);
        }
        self.stay(run, until, why)
    }

    fn hand_over(
        &mut self,
        playbook: &Playbook,
        run: &mut Run,
        step: &Step,
        message: &MessageStep,
        list: &[Recipient],
        taken: &Taken<'_>,
    ) -> Flow {
        let (mut wake, mut why, mut pending) = (None::<Instant>, String::new(), false);
        for to in list {
            let mark = format!("to:{}", to.address);
            if record(run, step).marks.contains_key(&mark) {
                continue;
            }
            if let Some((until, reason)) = self.shut(playbook, message, to).filter(|_| !taken.at_once) {
                pending = true;
                wake = [wake, until].into_iter().flatten().min();
                why = reason;
                continue;
            }
            match self.plan(playbook, run, step, message, to) {
                Err(reason) => self.refuse(run, step, message, to, &reason),
                Ok(planned) => match self.capped(&planned) {
                    Some((until, winner)) if !taken.at_once => {
                        pending = true;
                        wake = [wake, Some(until)].into_iter().flatten().min();
                        why = format!("cap:{winner}");
                        continue;
                    }
                    _ => {
                        self.watch(message, &planned);
                        self.put(run, step, planned);
                    }
                },
            }
            record(run, step).marks.insert(mark, self.now);
        }
        if pending {
            return self.hold(run, step, wake, &why);
        }
        done(run, step, self.now);
        Flow::To(step.next)
    }

    fn put(&mut self, run: &mut Run, step: &Step, planned: Planned) {
        record(run, step).marks.insert(format!("key:{}", planned.key.0), self.now);
        self.count_send(&planned);
        self.note_message("message", run, step, &planned.channel, planned.contact, "ready");
        self.messages.push(planned);
    }

    fn refuse(&mut self, run: &mut Run, step: &Step, message: &MessageStep, to: &Recipient, reason: &str) {
        record(run, step).skipped = Some(reason.to_owned());
        self.note_message("skip", run, step, &message.channel, to.contact, reason);
    }

    fn note_message(
        &mut self,
        kind: &str,
        run: &Run,
        step: &Step,
        channel: &ChannelKind,
        contact: Option<ContactId>,
        reason: &str,
    ) {
        self.note(kind, &run.playbook, &step.id, reason);
        if let Some(entry) = self.ledger.last_mut() {
            entry.contact = contact;
            channel.word().clone_into(&mut entry.channel);
        }
    }

    /// The window is shut for this recipient: until when.
    fn shut(&self, playbook: &Playbook, message: &MessageStep, to: &Recipient) -> Option<(Option<Instant>, String)> {
        let window = window_of(playbook, message, to.audience)?;
        let zone = self.zone_for(window.zone, to.contact);
        let calendar = self.rulebook.calendar(window.calendar.as_deref());
        if window.is_open(self.now, &zone, calendar) {
            return None;
        }
        Some((window.next_open(self.now, &zone, calendar), "window".to_owned()))
    }

    pub fn zone_for(&self, zone: ZoneOf, contact: Option<ContactId>) -> TimeZone {
        let own = || contact.and_then(|id| TimeZone::get(self.contacts.get(&id)?.text("timezone")?).ok());
        match zone {
            ZoneOf::Contact => own().unwrap_or_else(|| self.zone.clone()),
            ZoneOf::Account => self.zone.clone(),
            ZoneOf::Workspace => self.rulebook.model.workspace.zone.clone(),
        }
    }

    /// When the message is given up. A notice has no limit.
    fn hold_until(&self, playbook: &Playbook, run: &Run, message: &MessageStep) -> Option<Instant> {
        let notice = message.class.unwrap_or(playbook.class) == Class::Notice;
        (!notice).then(|| self.longest_hold(playbook, run, message))
    }

    fn longest_hold(&self, playbook: &Playbook, run: &Run, message: &MessageStep) -> Instant {
        let Hold { at_most, .. } = message.hold_at_most.unwrap_or(playbook.hold_at_most);
        let always = SendWindow { days: [true; 7], hours: (0, 1440), zone: ZoneOf::Account, calendar: None };
        let window = window_of(playbook, message, self.audience(playbook, message)).unwrap_or(&always);
        let zone = self.zone_for(window.zone, run.contact);
        let calendar = self.rulebook.calendar(window.calendar.as_deref());
        window.hold_until(run.since, at_most, &zone, calendar)
    }

    fn audience(&self, playbook: &Playbook, message: &MessageStep) -> Audience {
        match message.to.as_ref().or(playbook.to.as_ref()) {
            _ if message.channel == ChannelKind::Webhook => Audience::Team,
            Some(To::Team(_) | To::Channel(_)) => Audience::Team,
            _ => Audience::Customer,
        }
    }

    fn recipients(&mut self, playbook: &Playbook, run: &Run, message: &MessageStep) -> Found {
        if message.channel == ChannelKind::Webhook {
            return Found::Some(vec![team(message.template.clone())]);
        }
        let own = Some(&To::Contact).filter(|_| is_personal(playbook));
        let Some(to) = message.to.as_ref().or(playbook.to.as_ref()).or(own) else {
            return Found::Nobody("no_recipient", false);
        };
        match to {
            To::Channel(name) => Found::Some(vec![team(name.clone())]),
            To::Team(role) => match self.person(role) {
                Some(person) => Found::Some(vec![team(format!("@{person}"))]),
                None => Found::Nobody("no_owner", false),
            },
            To::Customer => self.customer_channel(message.channel),
            To::Contact => match run.contact.and_then(|id| self.contacts.get(&id)) {
                Some(contact) => address(contact, message.channel).map_or(Found::Nobody("no_address", true), |a| {
                    Found::Some(vec![Recipient { contact: Some(contact.id), address: a, audience: Audience::Customer }])
                }),
                None => Found::Nobody("no_contact", false),
            },
            To::Roles { roles, first, where_ } => {
                let class = message.class.unwrap_or(playbook.class);
                match self.by_role(run, message.channel, roles, where_.as_ref()) {
                    Found::Some(list) => Found::Some(self.first_of(list, *first, run, message, class)),
                    other => other,
                }
            }
        }
    }

    fn customer_channel(&self, channel: ChannelKind) -> Found {
        match self.state.attr_text(&format!("{}_channel", channel.word())) {
            Some(linked) => {
                Found::Some(vec![Recipient { contact: None, address: linked.to_owned(), audience: Audience::Customer }])
            }
            None => Found::Nobody("no_linked_channel", false),
        }
    }

    fn by_role(
        &mut self,
        run: &Run,
        channel: ChannelKind,
        roles: &[String],
        where_: Option<&crate::rulebook::expr::Program>,
    ) -> Found {
        if !self.has_asked(ContactQuery::first(roles.to_vec(), CANDIDATES)) {
            return Found::Loading;
        }
        // Facts of this turn may have added or changed people whom the store does not know yet.
        let rank = |c: &Contact| roles.iter().position(|r| c.text("role") == Some(r.as_str()));
        let mut people: Vec<(usize, ContactId)> =
            self.contacts.values().filter_map(|c| Some((if roles.is_empty() { 0 } else { rank(c)? }, c.id))).collect();
        people.sort_unstable();
        if people.is_empty() {
            match self.stand_in() {
                Some(first) => people.extend(first.map(|id| (0, id))),
                None => return Found::Loading,
            }
        }
        let (mut list, mut seen) = (Vec::new(), BTreeSet::new());
        for (_, id) in people {
            self.fill_contact(Some(id));
            let wanted = where_.is_none_or(|w| self.holds_for(w, run, None));
            let found = self.contacts.get(&id).and_then(|c| address(c, channel)).filter(|_| wanted);
            let Some(address) = found.filter(|a| seen.insert(a.to_lowercase())) else { continue };
            list.push(Recipient { contact: Some(id), address, audience: Audience::Customer });
        }
        self.fill_contact(run.contact);
        if list.is_empty() { Found::Nobody("no_recipient", true) } else { Found::Some(list) }
    }

    /// Whether the store has answered; asks it otherwise.
    fn has_asked(&mut self, query: ContactQuery) -> bool {
        let answered = self.snapshot.answers.iter().any(|(asked, _)| *asked == query);
        if !answered {
            self.needs.push(Need::Contacts(query));
        }
        answered
    }

    /// Where no contact of the account has a role at all (their sheet has no such column), the first one is meant.
    /// None in front: the contacts are not loaded yet.
    fn stand_in(&mut self) -> Option<Option<ContactId>> {
        let asked = self.has_asked(ContactQuery::first(Vec::new(), CANDIDATES));
        let has_role = |c: &Contact| c.text("role").is_some_and(|role| !role.is_empty());
        asked.then(|| {
            let first = self.contacts.values().find(|c| !c.attrs.is_empty()).map(|c| c.id);
            first.filter(|_| !self.contacts.values().any(|c| has_role(c)))
        })
    }

    /// The first so many who may be written to, and whoever was written to already. Where nobody may be, the first of
    /// all: then it is said why not.
    fn first_of(
        &self,
        list: Vec<Recipient>,
        first: Option<u32>,
        run: &Run,
        message: &MessageStep,
        class: Class,
    ) -> Vec<Recipient> {
        let Some(first) = first.map(|n| n as usize) else { return list };
        let at = run.at.as_ref().and_then(|step| run.steps.get(step));
        let fits = |to: &&Recipient| {
            let told = at.is_some_and(|step| step.marks.contains_key(&format!("to:{}", to.address)));
            let template = Self::template(self.rulebook, &message.template, self.locale_for(to));
            told || template.is_none_or(|(t, _)| self.permission(to, class, &t.topic).is_ok())
        };
        let fitting: Vec<Recipient> = list.iter().filter(fits).take(first).cloned().collect();
        if fitting.is_empty() { list.into_iter().take(first).collect() } else { fitting }
    }

    fn plan(
        &mut self,
        playbook: &Playbook,
        run: &Run,
        step: &Step,
        message: &MessageStep,
        to: &Recipient,
    ) -> Result<Planned, String> {
        let class = message.class.unwrap_or(playbook.class);
        let content = self.content(run, step, message, to, class)?;
        let occurrence = run.steps.get(&step.id).map_or(0, |s| s.times.saturating_sub(1));
        let subject = to.contact.map_or_else(|| to.address.clone(), |c| c.0.to_string());
        Ok(Planned {
            key: key(run, &step.id, &subject, message.channel, occurrence),
            account: self.snapshot.account,
            run: run.id.clone(),
            playbook: playbook.name.clone(),
            playbook_hash: playbook.hash.clone(),
            step: step.id.clone(),
            occurrence,
            contact: to.contact.or(run.person()),
            channel: message.channel,
            address: to.address.clone(),
            audience: to.audience,
            class,
            template: content.template,
            topic: content.topic,
            locale: content.locale,
            vars: content.vars,
            sender: content.sender,
            delivery: message.delivery,
            actions: message.actions.clone(),
            priority: playbook.priority,
            ready_at: self.now,
            hold_until: run.hold_until,
            thread: if message.thread { earlier(run, &step.id, to, &subject) } else { None },
        })
    }

    fn content(
        &mut self,
        run: &Run,
        step: &Step,
        message: &MessageStep,
        to: &Recipient,
        class: Class,
    ) -> Result<Content, String> {
        let locale = self.locale_for(to);
        if message.channel == ChannelKind::Webhook {
            return Ok(Content { locale, vars: self.webhook_vars(run, step, message), ..Content::default() });
        }
        let (template, locale) = Self::template(self.rulebook, &message.template, locale).ok_or("no_template")?;
        if to.audience == Audience::Customer {
            self.permission(to, class, &template.topic)?;
        }
        Ok(Content {
            template: message.template.clone(),
            topic: template.topic.clone(),
            locale,
            vars: self.vars(template, run, to)?,
            sender: self.sender(&template.from),
        })
    }

    /// What a webhook is told, under dotted names: `run.*`, `account.*`, `contact.key`, `start.*` and the step's `vars.*`.
    fn webhook_vars(&self, run: &Run, step: &Step, message: &MessageStep) -> Props {
        let mut vars = Props::new();
        let mut say = |name: String, value: Value| {
            if !value.is_missing() {
                vars.insert(name, value);
            }
        };
        say("run.id".to_owned(), Value::text(&run.id.0));
        say("run.playbook".to_owned(), Value::text(&run.playbook));
        say("run.step".to_owned(), Value::text(&step.id));
        say("run.started".to_owned(), Value::Instant(run.started));
        self.state.attrs.iter().for_each(|(name, attr)| say(format!("account.{name}"), attr.value.clone()));
        say("account.key".to_owned(), Value::text(&self.snapshot.key));
        if let Some(contact) = run.contact.and_then(|id| self.contacts.get(&id)) {
            say("contact.key".to_owned(), Value::text(&contact.key));
        }
        run.start.iter().for_each(|(name, value)| say(format!("start.{name}"), value.clone()));
        self.compute(run, &message.vars).into_iter().for_each(|(name, value)| say(format!("vars.{name}"), value));
        vars
    }

    /// Whether this person may be written to, for this class and topic.
    fn permission(&self, to: &Recipient, class: Class, topic: &str) -> Result<(), String> {
        match to.contact.and_then(|id| self.contacts.get(&id)) {
            Some(contact) => permitted(contact, class, topic).map_err(str::to_owned),
            None => Ok(()),
        }
    }

    fn locale_for(&self, to: &Recipient) -> Locale {
        let own = to.contact.and_then(|id| self.contacts.get(&id)?.locale());
        let workspace = self.rulebook.model.workspace.locale;
        if to.audience == Audience::Team {
            return workspace;
        }
        own.or_else(|| Locale::parse(self.state.attr_text("locale")?)).unwrap_or(workspace)
    }

    fn template<'t>(rulebook: &'t Rulebook, name: &str, locale: Locale) -> Option<(&'t Template, Locale)> {
        let all = &rulebook.templates.all;
        let mut order = vec![locale];
        order.extend(Locale::ALL);
        order.into_iter().find_map(|l| all.get(&(name.to_owned(), l)).map(|t| (t, l)))
    }

    /// Every value the template mentions; a missing one refuses the message unless the template says
    /// what else.
    fn vars(&mut self, template: &Template, run: &Run, to: &Recipient) -> Result<Props, String> {
        self.fill_contact(to.contact.or(run.contact));
        let view = RunView { run };
        let frame = self.frame(None, Some(&view));
        let mut vars = Props::new();
        for (name, program) in template.reads.iter().chain(&template.vars) {
            let value = program.eval(&frame);
            if value.is_missing() && !template.optional.contains(name) {
                return Err(format!("missing:{name}"));
            }
            vars.insert(name.clone(), value);
        }
        if template.checklist {
            vars.insert(PLAN_VALUE.to_owned(), self.plan_value(&run.playbook));
        }
        self.fill_contact(run.contact);
        Ok(vars)
    }

    fn sender(&self, from: &str) -> String {
        match from {
            "csm" => self.person("csm").map(|p| format!("csm:{p}")).unwrap_or_default(),
            named => named.to_owned(),
        }
    }
}

/// The identity of a message: the same for the same run, step, person, channel and time it is reached.
fn key(run: &Run, step: &str, subject: &str, channel: ChannelKind, occurrence: u32) -> MessageKey {
    let number = occurrence.to_string();
    MessageKey(stable_hash(&[&run.playbook, &run.id.0, step, subject, channel.word(), &number]))
}

/// The run's last mail to the same address.
fn earlier(run: &Run, step: &str, to: &Recipient, subject: &str) -> Option<MessageKey> {
    let mark = format!("to:{}", to.address);
    let before = run.steps.iter().filter(|(id, _)| *id != step).filter_map(|(id, record)| {
        let at = record.marks.get(&mark)?;
        let key = key(run, id, subject, ChannelKind::Email, record.times.saturating_sub(1));
        record.marks.contains_key(&format!("key:{}", key.0)).then_some((*at, record.done_at, key))
    });
    before.max_by_key(|(at, done, _)| (*at, *done)).map(|(.., key)| key)
}

/// Whether a contact may be written to: never against `do_not_contact`; notices pass topics; marketing
/// needs consent.
pub(super) fn permitted(contact: &Contact, class: Class, topic: &str) -> Result<(), &'static str> {
    if contact.do_not_contact {
        return Err("do_not_contact");
    }
    if class != Class::Notice && !contact.wants(topic) {
        return Err("opted_out");
    }
    if class == Class::Marketing && !contact.consent.as_ref().is_some_and(|c| c.given) {
        return Err("no_consent");
    }
    Ok(())
}

/// The window that governs a message: for customers the playbook's, for the team only the step's own.
pub(super) fn window_of<'p>(
    playbook: &'p Playbook,
    message: &'p MessageStep,
    audience: Audience,
) -> Option<&'p SendWindow> {
    let inherited = playbook.window.as_ref().filter(|_| audience == Audience::Customer);
    message.window.as_ref().or(inherited)
}

fn team(address: String) -> Recipient {
    Recipient { contact: None, address, audience: Audience::Team }
}

fn address(contact: &Contact, channel: ChannelKind) -> Option<String> {
    let found = match channel {
        ChannelKind::Email => contact.email().filter(|e| e.contains('@')).map(str::to_owned),
        ChannelKind::Slack => contact.text("slack_id").map(|id| format!("@{id}")),
        ChannelKind::Discord => contact.text("discord_id").map(|id| format!("@{id}")),
        ChannelKind::Webhook => None,
    };
    found.filter(|a| !a.trim().is_empty())
}
