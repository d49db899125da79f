//! From a planned message to the bytes that leave: template or digest, mail or chat.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use super::exit::Failure;
use crate::{
    app::{
        dispatch::{Bodies, BodyError},
        links,
        render::Renderer,
        shell::Shell,
        survey,
        token::{Claims, Purpose, Tokens},
    },
    channel::{
        Body, ChatContent,
        discord::discord_body,
        email::{
            compose::{ComposeError, Composer, Links, Mail},
            dkim::Dkim,
            sender::{Person, Senders},
        },
        slack::slack_body,
        webhook::webhook_body,
    },
    command::{digest, today},
    config::Config,
    engine::{PLAN_TASK, PLAN_VALUE},
    insight::digest::DigestData,
    model::{
        ids::MessageKey,
        message::{Audience, ChannelKind, Class, OutboxState, Planned},
        survey::Kind,
        value::Value,
    },
    rulebook::template::{
        Template,
        context::{Company, PlanLine, RenderContext, Sender},
        render::{ChatBody, RenderError, RenderedMail, Target},
    },
    rulebook::types::{DigestOf, Rulebook},
    store::api::OutboxRow,
};

/// A thread is followed back so far.
const LONGEST_THREAD: usize = 20;

/// What a mail continues.
#[derive(Default)]
struct Thread {
    /// Oldest first.
    keys: Vec<MessageKey>,
    /// The subject that all of them share.
    subject: Option<String>,
}

/// Makes messages with the live rulebook's templates.
pub struct MessageBodies {
    shell: Arc<Shell>,
    tokens: Arc<Tokens>,
    renderer: Renderer,
    composer: Composer,
    public_url: String,
    track_links: bool,
    company: Company,
}

impl MessageBodies {
    /// Reads senders, links and signature from the configuration. Rendering happens in a child process.
    pub fn new(config: &Config, shell: Arc<Shell>, tokens: Arc<Tokens>) -> Result<MessageBodies, Failure> {
        let renderer = std::env::current_exe().map_or_else(|_| Renderer::in_process(), Renderer::child);
        Ok(MessageBodies {
            shell,
            tokens,
            renderer,
            composer: composer(config)?,
            public_url: config.http.public_url.clone().unwrap_or_else(|| format!("http://{}", config.http.listen)),
            // Without a public address every link of the mail would be a dead one.
            track_links: config.email.track_links && config.http.public_url.is_some(),
            company: Company {
                name: config.company.name.clone(),
                address: config.company.address.clone(),
                url: config.company.url.clone(),
            },
        })
    }

    /// The same, rendering in this process: for the demo and previews.
    #[must_use]
    pub fn in_process(mut self) -> MessageBodies {
        self.renderer = Renderer::in_process();
        self
    }

    fn template(&self, planned: &Planned) -> Option<Template> {
        self.shell.rulebook().templates.get(&planned.template, planned.locale).cloned()
    }

    /// What a message's template may say beside its values.
    pub fn context(&self, planned: &Planned) -> RenderContext {
        let rulebook = self.shell.rulebook();
        let zone = planned.vars.get("account.timezone").and_then(Value::as_text).map(str::to_owned);
        let workspace = &rulebook.model.workspace;
        let key = planned.sender.strip_prefix("csm:");
        let own = key.and_then(|key| self.composer.senders.people.get(key)).map(|p| p.name.get(planned.locale));
        let own = own.filter(|name| !name.is_empty()).map(str::to_owned);
        let name = own.or_else(|| self.shell.world().people.get(key?).cloned());
        RenderContext {
            locale: planned.locale,
            zone: zone.or_else(|| workspace.zone.iana_name().map(str::to_owned)).unwrap_or_default(),
            now: planned.ready_at,
            currency: workspace.currency,
            sender: Sender {
                name: name.unwrap_or_else(|| self.composer.senders.default.name.get(planned.locale).to_owned()),
                title: String::new(),
            },
            company: self.company.clone(),
            unsubscribe_url: self.unsubscribe(planned),
            links: rulebook
                .links
                .iter()
                .map(|(name, link)| (name.clone(), link.get(planned.locale).to_owned()))
                .collect(),
            plan: self.plan(planned, &rulebook),
            surveys: self.surveys(planned),
            counted: BTreeMap::new(),
        }
    }

    /// The page of each survey that the template asks: only a customer's contact answers, and nobody else in a channel.
    fn surveys(&self, planned: &Planned) -> BTreeMap<Kind, String> {
        let asked = self.template(planned).map(|template| template.surveys).unwrap_or_default();
        let own = planned.channel == ChannelKind::Email || planned.address.starts_with('@');
        let reader = planned.contact.filter(|_| own && planned.audience == Audience::Customer);
        let Some(reader) = reader else { return BTreeMap::new() };
        let link = |kind: Kind| {
            let subject = survey::subject(kind, planned.ready_at, &planned.run, reader);
            let claims = Claims { account: planned.account, contact: planned.contact, subject };
            format!("{}/s/{}", self.public_url.trim_end_matches('/'), self.tokens.mint(Purpose::Survey, &claims))
        };
        asked.into_iter().map(|kind| (kind, link(kind))).collect()
    }

    /// The shared plan as this message's reader sees it; customers get links for their own open tasks.
    fn plan(&self, planned: &Planned, rulebook: &Rulebook) -> Vec<PlanLine> {
        let Some(Value::List(told)) = planned.vars.get(PLAN_VALUE) else { return Vec::new() };
        let told: Vec<&str> = told.iter().filter_map(Value::as_text).collect();
        let phase = rulebook.model.journey.iter().find(|p| told.first() == Some(&p.name.as_str()));
        let Some(phase) = phase else { return Vec::new() };
        let day =
            |task: &str| told.iter().skip(1).find_map(|t| Some(t.strip_prefix(task)?.strip_prefix('=')?.to_owned()));
        let line = |task: &String, ours: bool| {
            let done = day(task);
            let linked = !ours && done.is_none() && planned.audience == Audience::Customer;
            let url = linked.then(|| self.done_link(planned, task));
            PlanLine { title: phase.task_title(task, planned.locale), ours, done, url }
        };
        let ours = phase.tasks_ours.iter().map(|task| line(task, true));
        ours.chain(phase.tasks_theirs.iter().map(|task| line(task, false))).collect()
    }

    fn done_link(&self, planned: &Planned, task: &str) -> String {
        let subject = format!("{PLAN_TASK}{task}");
        let claims = Claims { account: planned.account, contact: planned.contact, subject };
        format!("{}/d/{}", self.public_url.trim_end_matches('/'), self.tokens.mint(Purpose::Done, &claims))
    }

    fn unsubscribe(&self, planned: &Planned) -> Option<String> {
        if planned.audience == Audience::Team || planned.class == Class::Notice {
            return None;
        }
        let claims = Claims { account: planned.account, contact: planned.contact, subject: planned.topic.clone() };
        Some(format!("{}/u/{}", self.public_url.trim_end_matches('/'), self.tokens.mint(Purpose::Unsub, &claims)))
    }

    async fn mail(&self, planned: &Planned, template: &Template) -> Result<Body, BodyError> {
        let mail = self.rendered(planned, template).await.map_err(refused)?;
        let mail = self.counted(planned, template, mail).await?;
        let thread = self.thread(planned).await?;
        let subject = thread.subject.as_deref().unwrap_or(mail.subject.as_str());
        let parts = Mail { subject, html: &mail.html, text: &mail.text, answers: &thread.keys };
        let links = Links { unsubscribe: self.context(planned).unsubscribe_url, mailto: None };
        let planned = &self.addressed(planned)?;
        self.composer.compose(planned, &parts, &links).map_err(|e| match e {
            ComposeError::Recipient(why) => BodyError::Broken(format!("recipient: {why}")),
            ComposeError::Settings(why) => BodyError::Later(format!("email settings: {why}")),
        })
    }

    /// The same mail with links that are counted, where that is asked for: to a customer's contact, never to the team.
    async fn counted(
        &self,
        planned: &Planned,
        template: &Template,
        mail: RenderedMail,
    ) -> Result<RenderedMail, BodyError> {
        let reader = planned.contact.filter(|_| self.track_links && planned.audience == Audience::Customer);
        let Some(reader) = reader.filter(|_| !mail.links.is_empty()) else { return Ok(mail) };
        let store = self.shell.store.as_ref();
        let counted = links::count(store, &self.tokens, &self.public_url, (planned, reader), &mail.links);
        let counted = counted.await.map_err(|e| BodyError::Later(e.to_string()))?;
        let (rulebook, context) = (self.shell.rulebook(), RenderContext { counted, ..self.context(planned) });
        self.renderer.mail(&rulebook.templates, template, &planned.vars, &context).await.map_err(refused)
    }

    /// The mails that this one continues, as far as they went out.
    async fn thread(&self, planned: &Planned) -> Result<Thread, BodyError> {
        let mut thread = Thread::default();
        let mut next = planned.thread.clone();
        while let Some(key) = next.filter(|_| thread.keys.len() < LONGEST_THREAD) {
            let row = self.shell.store.outbox_row(&key).await.map_err(|e| BodyError::Later(e.to_string()))?;
            let went_out = |row: &OutboxRow| matches!(row.state, OutboxState::Sent | OutboxState::MaybeSent);
            let Some((row, _)) = row.filter(|(row, _)| went_out(row)) else { break };
            // Answers keep the subject of the first mail: clients group by both.
            thread.subject = self.subject(&row.planned).await.map(|s| format!("Re: {s}")).or(thread.subject);
            thread.keys.insert(0, key);
            next = row.planned.thread;
        }
        Ok(if thread.subject.is_some() { thread } else { Thread::default() })
    }

    async fn subject(&self, planned: &Planned) -> Option<String> {
        let mail = self.rendered(planned, &self.template(planned)?).await.ok()?;
        Some(mail.subject.as_str().to_owned())
    }

    async fn rendered(&self, planned: &Planned, template: &Template) -> Result<RenderedMail, RenderError> {
        let rulebook = self.shell.rulebook();
        self.renderer.mail(&rulebook.templates, template, &planned.vars, &self.context(planned)).await
    }

    /// A colleague's address where the plan names a person (`@kei`).
    fn addressed(&self, planned: &Planned) -> Result<Planned, BodyError> {
        let Some(key) = planned.address.strip_prefix('@') else { return Ok(planned.clone()) };
        let person = self.composer.senders.people.get(key).filter(|p| !p.email.is_empty());
        let person = person.ok_or_else(|| BodyError::Later(format!("people.{key} has no e-mail address")))?;
        Ok(Planned { address: person.email.clone(), ..planned.clone() })
    }

    async fn chat(&self, planned: &Planned, template: &Template, target: Target) -> Result<Body, BodyError> {
        let context = self.context(planned);
        let chat = self.renderer.chat(template, target, &planned.vars, &context).await.map_err(refused)?;
        Ok(match chat.body {
            ChatBody::Slack { mrkdwn, blocks } => {
                slack_body(planned, &ChatContent::Text { plain: chat.text, markup: mrkdwn, blocks })
            }
            ChatBody::Discord { markdown } => {
                discord_body(planned, &ChatContent::Text { plain: chat.text, markup: markdown, blocks: Vec::new() })
            }
        })
    }

    async fn digest(&self, planned: &Planned) -> Result<Body, BodyError> {
        let data = planned.vars.get("data").and_then(Value::as_text).unwrap_or_default();
        let data: DigestData = serde_json::from_str(data).map_err(|e| BodyError::Broken(e.to_string()))?;
        let rulebook = self.shell.rulebook();
        let reply = match data.kind {
            DigestOf::Today => today::of_person(&self.shell, &planned.address, planned.locale, self.shell.clock.now())
                .await
                .map_err(|e| BodyError::Later(e.to_string()))?,
            _ => digest::reply(&data, &rulebook, planned.locale),
        };
        match planned.channel {
            // The rows carry their own buttons.
            ChannelKind::Slack => Ok(slack_body(&without_actions(planned), &ChatContent::Reply(reply))),
            ChannelKind::Discord => Ok(discord_body(&without_actions(planned), &ChatContent::Reply(reply))),
            ChannelKind::Email => self.digest_mail(planned, &crate::chat::text::render(&reply), &reply.title),
            ChannelKind::Webhook => Err(BodyError::Broken("digests do not go to webhooks".to_owned())),
        }
    }

    fn digest_mail(&self, planned: &Planned, text: &str, title: &str) -> Result<Body, BodyError> {
        let html = format!("<pre>{}</pre>", crate::rulebook::template::html::escape(text));
        let mail = Mail { subject: title, html: &html, text, answers: &[] };
        let planned = &self.addressed(planned)?;
        self.composer.compose(planned, &mail, &Links::default()).map_err(|e| BodyError::Later(e.to_string()))
    }
}

fn without_actions(planned: &Planned) -> Planned {
    Planned { actions: Vec::new(), ..planned.clone() }
}

#[async_trait]
impl Bodies for MessageBodies {
    async fn body(&self, planned: &Planned) -> Result<Body, BodyError> {
        if planned.playbook.starts_with("digest:") {
            return self.digest(planned).await;
        }
        if planned.channel == ChannelKind::Webhook {
            return Ok(webhook_body(planned));
        }
        let Some(template) = self.template(planned) else {
            return Err(BodyError::Broken(format!("there is no template {} any more", planned.template)));
        };
        match planned.channel {
            ChannelKind::Email => self.mail(planned, &template).await,
            ChannelKind::Slack => self.chat(planned, &template, Target::Slack).await,
            ChannelKind::Discord => self.chat(planned, &template, Target::Discord).await,
            ChannelKind::Webhook => Ok(webhook_body(planned)),
        }
    }
}

fn refused(error: RenderError) -> BodyError {
    match error {
        RenderError::Missing { name, .. } => BodyError::Skip(format!("missing:{name}")),
        RenderError::Stopped { .. } => BodyError::Later(error.to_string()),
        RenderError::Template { .. } | RenderError::NoSubject { .. } => BodyError::Broken(error.to_string()),
    }
}

fn composer(config: &Config) -> Result<Composer, Failure> {
    let email = &config.email;
    let sender = |s: &crate::config::Sender| Person {
        name: s.name.as_deref().unwrap_or_default().into(),
        email: s.address.as_str().to_owned(),
    };
    let person = |p: &crate::config::Person| Person {
        name: p.name.clone().unwrap_or_default(),
        email: p.email.as_ref().map(|e| e.as_str().to_owned()).unwrap_or_default(),
    };
    let dkim = email.dkim.as_ref().map(|d| {
        Dkim { selector: &d.selector, domain: &d.domain, private_key: d.key.expose() }
            .config()
            .map_err(Failure::refused)
    });
    Ok(Composer {
        senders: Senders {
            default: sender(&email.from),
            named: email.senders.iter().map(|(name, s)| (name.clone(), sender(s))).collect(),
            people: config.people.iter().map(|(name, p)| (name.clone(), person(p))).collect(),
        },
        domain: String::new(),
        redirect_all_to: email.redirect_all_to.as_ref().map(|a| a.as_str().to_owned()),
        idempotency_header: email.idempotency_header.clone(),
        tags: super::providers::tags(config)?,
        dkim: dkim.transpose()?,
    })
}

impl MessageBodies {
    /// A mail and its Slack form, for `preview`.
    pub async fn preview(
        &self,
        planned: &Planned,
    ) -> Result<(crate::rulebook::template::RenderedMail, String), RenderError> {
        let rulebook = self.shell.rulebook();
        let context = self.context(planned);
        let stopped =
            || RenderError::Stopped { file: planned.template.clone(), reason: "there is no such template".to_owned() };
        let template = self.template(planned).ok_or_else(stopped)?;
        let slack = self.renderer.chat(&template, Target::Slack, &planned.vars, &context).await?;
        let mail = self.renderer.mail(&rulebook.templates, &template, &planned.vars, &context).await?;
        let slack = match slack.body {
            ChatBody::Slack { mrkdwn, .. } => mrkdwn.as_str().to_owned(),
            ChatBody::Discord { .. } => String::new(),
        };
        Ok((mail, slack))
    }
}
