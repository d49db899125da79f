//! What a message says: its values, its template in the reader's language, its identity.

use super::{
    plan::PLAN_VALUE,
    recipients::Recipient,
    work::{RunView, Work},
};
use crate::{
    model::{
        ids::{MessageKey, stable_hash},
        locale::Locale,
        message::{Audience, ChannelKind, Class, Planned},
        run::Run,
        value::{Props, Value},
    },
    rulebook::{
        playbook::{MessageStep, Playbook, Step},
        template::Template,
        types::Rulebook,
    },
};

/// What one message says.
#[derive(Default)]
struct Content {
    template: String,
    topic: String,
    locale: Locale,
    vars: Props,
    sender: String,
}

impl Work<'_> {
    pub(super) fn plan(
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

    pub(super) fn template<'t>(rulebook: &'t Rulebook, name: &str, locale: Locale) -> Option<(&'t Template, Locale)> {
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
            "csm" => self.owner("csm").map(|p| format!("csm:{p}")).unwrap_or_default(),
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
