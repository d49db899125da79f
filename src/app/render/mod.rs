//! Rendering behind a wall: the pure work of `rulebook::template` in a child process that limits its
//! own memory and time, so that no template can take the daemon down.
//!
//! The child is this same binary (`shirube render-child`), long-lived, started at the first job,
//! without environment; it answers one job at a time over stdin and stdout. It is started anew
//! whenever it dies. A job that kills two children in a row is an error of that job.

pub mod child;
mod process;
mod wire;

use std::{path::PathBuf, time::Duration};

use tokio::sync::Mutex;

use crate::{
    model::{diagnostic::Diagnostic, value::Props},
    rulebook::template::{
        Job, Kind, RenderContext, RenderError, Rendered, RenderedChat, RenderedMail, Target, Template, Templates,
        render::render, sample,
    },
};
use process::Process;

/// The hidden subcommand that `main` hands to [`child::run`].
pub const SUBCOMMAND: &str = "render-child";
/// Longest a job may take, wall time.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// Renders messages: in a child process, or here.
pub struct Renderer {
    child: Option<Mutex<Slot>>,
}

/// One child process, and how to start it.
struct Slot {
    program: PathBuf,
    timeout: Duration,
    process: Option<Process>,
}

/// Why a job got no answer from a child.
#[derive(Debug)]
enum Lost {
    /// The child died or answered nonsense.
    Died,
    /// No answer in time.
    TimedOut,
    /// It could not be started at all.
    NoStart(String),
}

impl Renderer {
    /// Renders in this process: for `demo`, tests and one-off commands on trusted templates.
    pub fn in_process() -> Renderer {
        Renderer { child: None }
    }

    /// Renders in a child of `program` (the path of this binary), each job within [`TIMEOUT`].
    pub fn child(program: PathBuf) -> Renderer {
        Renderer::child_within(program, TIMEOUT)
    }

    /// As [`Renderer::child`] with another time limit.
    pub fn child_within(program: PathBuf, timeout: Duration) -> Renderer {
        Renderer { child: Some(Mutex::new(Slot { program, timeout, process: None })) }
    }

    /// Does one job.
    pub async fn render(&self, job: &Job) -> Result<Rendered, RenderError> {
        match &self.child {
            None => here(job),
            Some(slot) => slot.lock().await.render(job).await,
        }
    }

    /// A mail from `template` in its layout.
    pub async fn mail(
        &self,
        templates: &Templates,
        template: &Template,
        vars: &Props,
        context: &RenderContext,
    ) -> Result<RenderedMail, RenderError> {
        let file = template.place.file.to_string();
        let Some(layout) = templates.layouts.get(&template.layout) else {
            return Err(RenderError::Stopped { file, reason: format!("there is no layout `{}`", template.layout) });
        };
        let kind = Kind::Mail { layout: layout.html.clone() };
        match self.render(&Job::new(template, kind, vars, context)).await? {
            Rendered::Mail(mail) => Ok(mail),
            Rendered::Chat(_) => Err(RenderError::Stopped { file, reason: "the renderer answered another job".into() }),
        }
    }

    /// A chat message from `template`.
    pub async fn chat(
        &self,
        template: &Template,
        target: Target,
        vars: &Props,
        context: &RenderContext,
    ) -> Result<RenderedChat, RenderError> {
        match self.render(&Job::new(template, Kind::Chat(target), vars, context)).await? {
            Rendered::Chat(chat) => Ok(chat),
            Rendered::Mail(_) => {
                let file = template.place.file.to_string();
                Err(RenderError::Stopped { file, reason: "the renderer answered another job".into() })
            }
        }
    }

    /// Renders every template on synthetic values; what goes wrong are findings for `check` and reload.
    pub async fn check(&self, templates: &Templates) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        for job in templates.sample_jobs() {
            out.extend(sample::finding(&job, self.render(&job).await));
        }
        out.dedup();
        out
    }
}

/// A panic of one job stays an error of that job.
fn here(job: &Job) -> Result<Rendered, RenderError> {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| render(job)));
    result.unwrap_or_else(|_| Err(stopped(job, "it crashed the renderer")))
}

fn stopped(job: &Job, reason: impl Into<String>) -> RenderError {
    RenderError::Stopped { file: job.file.clone(), reason: reason.into() }
}

impl Slot {
    /// A child may have died of something older than this job, so a dead one is tried once more;
    /// the second death is the job's own.
    async fn render(&mut self, job: &Job) -> Result<Rendered, RenderError> {
        let frame = serde_json::to_vec(job).map_err(|e| stopped(job, format!("the job cannot be written: {e}")))?;
        for last in [false, true] {
            match self.attempt(&frame).await {
                Ok(answer) => return answer,
                Err(Lost::Died) if !last => {}
                Err(Lost::Died) => return Err(stopped(job, "it needs too much memory or time, or crashed")),
                Err(Lost::TimedOut) => return Err(stopped(job, format!("it took longer than {:?}", self.timeout))),
                Err(Lost::NoStart(why)) => {
                    return Err(stopped(job, format!("the render process does not start: {why}")));
                }
            }
        }
        Err(stopped(job, "it crashed"))
    }

    /// One try; a child that fails in any way is ended and forgotten.
    async fn attempt(&mut self, frame: &[u8]) -> Result<Result<Rendered, RenderError>, Lost> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.program).map_err(|e| Lost::NoStart(e.to_string()))?,
        };
        let answer = match tokio::time::timeout(self.timeout, process.ask(frame)).await {
            Ok(Ok(bytes)) => serde_json::from_slice(&bytes).map_err(|_| Lost::Died),
            Ok(Err(_)) => Err(Lost::Died),
            Err(_) => Err(Lost::TimedOut),
        };
        match answer {
            Ok(answer) => {
                self.process = Some(process);
                Ok(answer)
            }
            Err(lost) => {
                process.end().await;
                Err(lost)
            }
        }
    }
}
