//! The daemon: evaluate, dispatch, listen, reload; until told to stop.

use std::{sync::Arc, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{Notify, watch},
};

use super::{assemble::Running, bounce, exit::Failure, front, providers, pull, tracking, watch::Watch};
use crate::{
    app::{
        dispatch::Dispatcher, journal::Journal, preferences, returned::Intake, shell::Shell, unsubscribe::Unsubscribe,
    },
    http::{self, health::Health, unsubscribe::Leaving},
    model::locale::Locale,
    source::provider::amazon::Amazon,
    words::told,
};

/// The longest the ring rests: clocks, other daemons and digests are looked at this often.
const REST: Duration = Duration::from_secs(1);
/// The project's files are looked at this often.
const LOOK: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or Ctrl-C, then drains; says what it does in `locale`.
pub async fn serve(running: Arc<Running>, roles: &[String], locale: Locale) -> Result<(), Failure> {
    let has = |role: &str| roles.iter().any(|r| r == role);
    let (stop, stopping) = watch::channel(false);
    // From the first moment on: whoever sees it listen may end it.
    let asked_to_stop = stop_signal();
    let (dispatcher, report, journal) = running.dispatcher().await?;
    tracing::info!(queued = report.queued, maybe_sent = report.maybe_sent, "ready");
    if let Some(why) = &report.held {
        tracing::warn!(why, "everything is held; `shirube resume --all` lets it go");
    }
    let mut tasks = tokio::task::JoinSet::new();
    let wake = dispatcher.wake();
    let watch = Arc::new(Watch::new(Arc::clone(&running), dispatcher.outlook(), has("evaluate")));
    if has("http") || has("chat") {
        listen(&running, &journal, &watch, &stopping, has("chat"), locale).await?;
    }
    if has("evaluate") {
        let intake = bounce::intake(&running.project, &running.shell.store, &journal);
        if let Some(mailbox) = bounce::mailbox(&running.project)? {
            tasks.spawn(bounce::read_forever(Arc::clone(&running), intake.clone(), mailbox, stopping.clone()));
        }
        tasks.spawn(turn_forever(Arc::clone(&running), Arc::clone(&watch), intake, wake, stopping.clone()));
        let tables = pull::pulls(&running.project)?;
        if tables.any() {
            tasks.spawn(pull::forever(Arc::clone(&running), tables, stopping.clone()));
        }
        tasks.spawn(reload_forever(Arc::clone(&running), Arc::clone(&watch), stopping.clone()));
    }
    if has("dispatch") {
        tasks.spawn(send_forever(dispatcher, stopping.clone()));
    }
    anstream::eprintln!("{}", told::running(locale));
    let ended_early = tokio::select! {
        () = asked_to_stop => false,
        Some(_) = tasks.join_next() => true,
    };
    let _ = stop.send(true);
    while tasks.join_next().await.is_some() {}
    if ended_early { Err(Failure::refused(told::ended_early(locale))) } else { Ok(()) }
}

async fn send_forever(dispatcher: Dispatcher, stopping: watch::Receiver<bool>) {
    if let Err(error) = dispatcher.run(stopping).await {
        tracing::error!(%error, "sending has stopped");
    }
}

async fn turn_forever(
    running: Arc<Running>,
    watch: Arc<Watch>,
    intake: Intake,
    wake: Arc<Notify>,
    mut stopping: watch::Receiver<bool>,
) {
    let shell = &running.shell;
    let folders = bounce::folders(&running.project);
    while !*stopping.borrow() {
        if let Err(error) = intake.collect(&folders, shell.clock.now()).await {
            tracing::error!(%error, "mail that came in could not be recorded; it is tried again");
        }
        let began = shell.clock.now();
        let turned = shell.turn(began).await;
        watch.turned(began, &turned);
        match turned {
            Ok(turned) if turned.messages > 0 => wake.notify_waiters(),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "a turn failed; it is tried again"),
        }
        let _ = tokio::time::timeout(REST, stopping.wait_for(|stop| *stop)).await;
    }
}

/// A changed file or SIGHUP reloads; a broken rulebook is said once and the last good one stays.
async fn reload_forever(running: Arc<Running>, watch: Arc<Watch>, mut stopping: watch::Receiver<bool>) {
    let (mut said, mut seen) = (String::new(), None);
    // Without this SIGHUP would end the daemon.
    let mut asked = signal(SignalKind::hangup()).ok();
    while !*stopping.borrow() {
        let (shell, before) = (&running.shell, seen.clone());
        match shell.reload_changed(&running.project.dir, &mut seen, shell.clock.now()).await {
            // What is on disk was judged before.
            Ok(Ok(_)) if seen == before => {}
            Ok(Ok(_)) => {
                said.clear();
                watch.rulebook(false);
            }
            Ok(Err(findings)) => {
                watch.rulebook(true);
                let text = findings.iter().map(super::check::plain).collect::<Vec<_>>().join("\n");
                if text != said {
                    tracing::error!("the changed rulebook has errors; the last good one stays live\n{text}");
                    said = text;
                }
            }
            Err(error) => tracing::error!(%error, "the rulebook could not be reloaded"),
        }
        tokio::select! {
            _ = tokio::time::timeout(LOOK, stopping.wait_for(|stop| *stop)) => {}
            Some(()) = hung_up(&mut asked) => seen = None,
        }
    }
}

/// Waits for SIGHUP; for ever where the system gives none.
async fn hung_up(asked: &mut Option<Signal>) -> Option<()> {
    match asked {
        Some(asked) => asked.recv().await,
        None => std::future::pending().await,
    }
}

/// Listens at once; ends when SIGTERM or Ctrl-C has come.
fn stop_signal() -> impl Future<Output = ()> {
    let both = signal(SignalKind::terminate()).and_then(|term| Ok((term, signal(SignalKind::interrupt())?)));
    async move {
        let Ok((mut term, mut interrupt)) = both else { return };
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

async fn listen(
    running: &Arc<Running>,
    journal: &Arc<Journal>,
    watch: &Arc<Watch>,
    stopping: &watch::Receiver<bool>,
    chat: bool,
    locale: Locale,
) -> Result<(), Failure> {
    let config = &running.project.config.http;
    let links = http::unsubscribe::routes(Leaving {
        unsubscribe: Unsubscribe {
            store: Arc::clone(&running.shell.store),
            tokens: Arc::clone(&running.tokens),
            journal: Some(Arc::clone(journal)),
        },
        clock: Arc::clone(&running.shell.clock),
        locale: running.shell.rulebook().model.workspace.locale,
        topics: topics(&running.shell),
    });
    let doing = http::done::routes(http::done::Doing {
        done: crate::app::done::Done { store: Arc::clone(&running.shell.store), tokens: Arc::clone(&running.tokens) },
        clock: Arc::clone(&running.shell.clock),
        locale: running.shell.rulebook().model.workspace.locale,
    });
    let asking = http::survey::routes(http::survey::Asking {
        surveys: crate::app::survey::Surveys {
            store: Arc::clone(&running.shell.store),
            tokens: Arc::clone(&running.tokens),
            company: running.project.config.company.name.clone(),
        },
        clock: Arc::clone(&running.shell.clock),
        locale: running.shell.rulebook().model.workspace.locale,
    });
    let clicking = http::click::routes(http::click::Clicking {
        links: crate::app::links::Links {
            store: Arc::clone(&running.shell.store),
            tokens: Arc::clone(&running.tokens),
        },
        clock: Arc::clone(&running.shell.clock),
        locale: running.shell.rulebook().model.workspace.locale,
    });
    let sharing = http::share::routes(http::share::Sharing {
        shares: crate::app::share::Shares {
            store: Arc::clone(&running.shell.store),
            tokens: Arc::clone(&running.tokens),
        },
        clock: Arc::clone(&running.shell.clock),
        locale: running.shell.rulebook().model.workspace.locale,
    });
    let mut public = vec![links, doing, asking, clicking, sharing];
    public.push(http::track::routes(tracking::tracking(running)));
    public.push(http::hook::routes(tracking::hooks(running, &watch.metrics)?));
    if chat {
        public.extend(front::routes(running, stopping).await?);
    }
    let health = Health { ready: Arc::clone(watch) as _, metrics: Arc::clone(&watch.metrics) };
    // Mail that comes in may be larger than other requests.
    let mails = mailhook(running, journal, watch)?.unwrap_or_default();
    match config.public_listen {
        Some(address) => {
            start(address, http::outside(public).merge(mails), stopping, locale).await?;
            start(config.listen, http::inside(health, Vec::new()), stopping, locale).await
        }
        None => start(config.listen, http::inside(health, public).merge(mails), stopping, locale).await,
    }
}

/// What mail providers call, if any is configured.
fn mailhook(running: &Arc<Running>, journal: &Arc<Journal>, watch: &Watch) -> Result<Option<axum::Router>, Failure> {
    let providers = providers::providers(&running.project.config)?;
    if providers.is_empty() {
        return Ok(None);
    }
    Ok(Some(http::mailhook::routes(http::mailhook::Hooks {
        providers: Arc::new(providers),
        intake: bounce::intake(&running.project, &running.shell.store, journal),
        amazon: Arc::new(Amazon::new().map_err(Failure::refused)?),
        clock: Arc::clone(&running.shell.clock),
        metrics: Arc::clone(&watch.metrics),
    })))
}

fn topics(shell: &Arc<Shell>) -> http::unsubscribe::Topics {
    let shell = Arc::clone(shell);
    Arc::new(move |locale| preferences::topics(&shell.rulebook(), locale))
}

async fn start(
    address: std::net::SocketAddr,
    router: axum::Router,
    stopping: &watch::Receiver<bool>,
    locale: Locale,
) -> Result<(), Failure> {
    let (bound, _task) = http::serve(address, router, stopping.clone()).await.map_err(Failure::refused)?;
    anstream::eprintln!("{}", told::listening(locale, &bound.to_string()));
    Ok(())
}
