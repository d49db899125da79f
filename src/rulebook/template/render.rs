//! A template and its values in, a mail or a chat message out. Pure.

use std::sync::Arc;

use minijinja::value::Value as Jinja;
use serde::{Deserialize, Serialize};

use super::{
    Layout, Template,
    context::RenderContext,
    doc::{self, Block},
    engine::{Output, Text, engine, run},
    footer,
    html::{escape, html},
    layout, links, plain, rich, scale, values,
};
use crate::model::{
    safe::{DiscordSafe, HeaderSafe, MrkdwnSafe, clean, shorten},
    value::Props,
};

/// Everything one rendering needs, as data: it crosses to the child process as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The template's file, for messages.
    pub file: String,
    /// Line of the file on which the body begins.
    pub body_line: u32,
    /// Subject as Jinja.
    pub subject: String,
    /// Preheader as Jinja.
    pub preheader: String,
    /// Body as Markdown with Jinja.
    pub body: String,
    /// Names the texts read.
    pub reads: Vec<String>,
    /// Their values.
    pub vars: Props,
    /// Reader, sender, company, links.
    pub context: RenderContext,
    /// What to make.
    pub kind: Kind,
}

/// What to make of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// A mail in this compiled layout.
    Mail {
        /// [`Layout::html`].
        layout: String,
    },
    /// A chat message.
    Chat(Target),
}

/// Which chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Slack.
    Slack,
    /// Discord.
    Discord,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rendered {
    /// A mail.
    Mail(RenderedMail),
    /// A chat message.
    Chat(RenderedChat),
}

/// A mail, ready to compose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RenderedMail {
    /// Subject.
    pub subject: HeaderSafe,
    /// What mail clients show beside the subject; may be empty.
    pub preheader: String,
    /// The HTML part, styles inlined.
    pub html: String,
    /// The text part: the same content, lines of at most 76 columns.
    pub text: String,
    /// The web addresses that links of the body lead to, each once, as they come: no link of layout or footer, no survey.
    #[serde(default)]
    pub links: Vec<String>,
}

/// A chat message, ready to post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RenderedChat {
    /// The whole message without markup: notifications, screen readers, logs of a demo.
    pub text: String,
    /// For the platform.
    pub body: ChatBody,
}

/// The platform's form of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ChatBody {
    /// Slack.
    Slack {
        /// For `text` of the message, or a section (post with `verbatim: true`).
        mrkdwn: MrkdwnSafe,
        /// Preferred: a `rich_text` block, in which data cannot be markup at all.
        blocks: Vec<serde_json::Value>,
    },
    /// Discord.
    Discord {
        /// Message content (not split; Discord takes 2,000 characters).
        markdown: DiscordSafe,
    },
}

/// Why a message was not rendered. Never contains a customer's data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum RenderError {
    /// A value is missing and the template has no `default` for it.
    #[error("{file}:{line}: `{name}` has no value: record it, or write `{name} | default(\"…\")`")]
    Missing {
        /// Template file.
        file: String,
        /// Line in it.
        line: u32,
        /// The value.
        name: String,
    },
    /// The template is at fault.
    #[error("{file}:{line}: {reason}")]
    Template {
        /// Template file.
        file: String,
        /// Line in it.
        line: u32,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The subject is empty once rendered.
    #[error("{file}: the subject is empty: give the template a `subject:`")]
    NoSubject {
        /// Template file.
        file: String,
    },
    /// The renderer gave up on this job: too slow, too big, or it crashed.
    #[error("{file}: rendering was stopped: {reason}")]
    Stopped {
        /// Template file.
        file: String,
        /// What happened.
        reason: String,
    },
}

impl Job {
    /// The job of rendering `template` for `vars`.
    pub fn new(template: &Template, kind: Kind, vars: &Props, context: &RenderContext) -> Job {
        let reads = template.reads.iter().chain(&template.vars).map(|(name, _)| name.clone()).collect();
        Job {
            file: template.place.file.to_string(),
            body_line: template.body_line,
            subject: template.subject.clone(),
            preheader: template.preheader.clone(),
            body: template.body.clone(),
            reads,
            vars: vars.clone(),
            context: context.clone(),
            kind,
        }
    }
}

/// A mail from `template` in `layout`.
pub fn render_mail(
    t: &Template,
    layout: &Layout,
    vars: &Props,
    ctx: &RenderContext,
) -> Result<RenderedMail, RenderError> {
    mail(&Job::new(t, Kind::Mail { layout: layout.html.clone() }, vars, ctx), &layout.html)
}

/// A chat message from `template`.
pub fn render_chat(
    t: &Template,
    vars: &Props,
    target: Target,
    ctx: &RenderContext,
) -> Result<RenderedChat, RenderError> {
    chat(&Job::new(t, Kind::Chat(target), vars, ctx), target)
}

/// Does the job.
pub fn render(job: &Job) -> Result<Rendered, RenderError> {
    match &job.kind {
        Kind::Mail { layout } => mail(job, layout).map(Rendered::Mail),
        Kind::Chat(target) => chat(job, *target).map(Rendered::Chat),
    }
}

fn mail(job: &Job, layout: &str) -> Result<RenderedMail, RenderError> {
    let (ctx, values) = prepare(job);
    let lines = engine(&ctx, Output::Line);
    let line = |source| run(&lines, &Text { file: &job.file, line: 1, source }, &values);
    let subject =
        HeaderSafe::new(&line(&job.subject)?).map_err(|_| RenderError::NoSubject { file: job.file.clone() })?;
    let preheader = shorten(&clean(&line(&job.preheader)?), 150);
    let mut blocks = body(job, &ctx, &values)?;
    let links = links::turned(&mut blocks, &ctx.counted);
    let page = layout::fill(layout, |slot| match slot {
        "lang" => ctx.locale.code().to_owned(),
        "subject" => escape(subject.as_str()),
        "preheader" => escape(&preheader),
        "sender" => escape(&clean(&ctx.sender.name)),
        "company" => escape(&clean(&ctx.company.name)),
        "footer" => footer::html(&ctx),
        "body" => html(&blocks),
        _ => String::new(),
    });
    let html = inline_styles(&page).map_err(|_| stopped(job, "the layout's style sheet is broken"))?;
    let text = format!("{}\n\n{}\n", plain::plain(&blocks), footer::text(&ctx));
    Ok(RenderedMail { subject, preheader, html, text, links })
}

fn chat(job: &Job, target: Target) -> Result<RenderedChat, RenderError> {
    let (ctx, values) = prepare(job);
    let blocks = body(job, &ctx, &values)?;
    let body = match target {
        Target::Slack => ChatBody::Slack { mrkdwn: rich::markup(&blocks), blocks: rich::slack_blocks(&blocks) },
        Target::Discord => ChatBody::Discord { markdown: rich::markup(&blocks) },
    };
    Ok(RenderedChat { text: plain::unwrapped(&blocks), body })
}

fn prepare(job: &Job) -> (Arc<RenderContext>, Jinja) {
    (Arc::new(job.context.clone()), values::tree(&job.vars, &job.reads, &job.context))
}

fn body(job: &Job, ctx: &Arc<RenderContext>, values: &Jinja) -> Result<Vec<Block>, RenderError> {
    let text = Text { file: &job.file, line: job.body_line, source: &job.body };
    Ok(scale::placed(doc::parse(&run(&engine(ctx, Output::Markdown), &text, values)?), ctx))
}

fn stopped(job: &Job, reason: &str) -> RenderError {
    RenderError::Stopped { file: job.file.clone(), reason: reason.to_owned() }
}

/// Mail clients drop style sheets; media queries (phone, dark mode) must stay in one all the same.
fn inline_styles(page: &str) -> Result<String, css_inline::InlineError> {
    let options = css_inline::CSSInliner::options().load_remote_stylesheets(false).keep_at_rules(true);
    options.build().inline(page)
}
