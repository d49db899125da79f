//! The process under torture: a real store, journal, composer, SMTP driver and dispatcher.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use shirube::{
    app::{
        dispatch::{Bodies, BodyError, Dispatcher, Judge, Parts, Settings},
        journal::Journal,
    },
    channel::{
        Body, Channel,
        email::{
            compose::{Composer, Links, Mail},
            sender::{Person, Senders},
            smtp::{SmtpChannel, settings::SmtpSettings},
        },
    },
    clock::{Clock, SystemClock},
    engine::Recheck,
    model::{
        decision::Outcome,
        instant::{Instant, SECOND},
        message::{ChannelKind, OutboxState, Planned},
        snapshot::Snapshot,
        world::World,
    },
    store::{
        self,
        api::{Claimed, Mode, Store},
    },
};

use crate::{Error, print, seed};

/// What a relay that drops repeats reads.
pub const HEADER: &str = "Idempotency-Key";

struct AlwaysGo;

impl Judge for AlwaysGo {
    fn recheck(&self, _: &Claimed, _: &World, _: Instant) -> Recheck {
        Recheck::Go
    }
}

struct Welcome(Composer);

#[async_trait]
impl Bodies for Welcome {
    async fn body(&self, planned: &Planned) -> Result<Body, BodyError> {
        let mail = Mail {
            subject: "ようこそ",
            html: "<p>ようこそ。最初の一歩はこちらです。</p>",
            text: "ようこそ。最初の一歩はこちらです。",
            answers: &[],
        };
        self.0.compose(planned, &mail, &Links::default()).map_err(|e| BodyError::Broken(e.to_string()))
    }
}

/// The system's clock, ahead by so many microseconds.
struct Ahead(i64);

impl Clock for Ahead {
    fn now(&self) -> Instant {
        SystemClock.now().plus(self.0)
    }
}

/// Sends until nothing is open, then exits. Says `ready MAYBE` when it begins. The words are those of `Life`.
pub async fn run(words: &[&str]) -> Result<(), Error> {
    let [folder, url, numbers @ ..] = words else { return Err(crate::USAGE.into()) };
    let numbers = numbers.iter().map(|n| n.parse()).collect::<Result<Vec<i64>, _>>()?;
    let [port, window, ahead, lease] = numbers[..] else { return Err(crate::USAGE.into()) };
    let store = store::open(url, Mode::Daemon).await?;
    let (journal, found) = Journal::open(&Path::new(folder).join("sent.journal"))?;
    let mut parts = parts(store.clone(), Arc::new(journal), port, window)?;
    parts.clock = Arc::new(Ahead(ahead * SECOND));
    parts.settings = Settings { lease: lease * SECOND, batch: 16, ..Settings::default() };
    let (dispatcher, report) = Dispatcher::start(parts, &found).await?;
    print(&format!("ready {}", report.maybe_sent));
    if url.starts_with("postgres") {
        return beside_others(store.as_ref(), dispatcher, ahead).await;
    }
    loop {
        fold(store.as_ref(), Ahead(ahead * SECOND).now()).await?;
        dispatcher.dispatch_once().await?;
        if !any_open(store.as_ref()).await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// As the daemon does: sends and keeps house until nothing is open for anybody.
async fn beside_others(store: &dyn Store, dispatcher: Dispatcher, ahead: i64) -> Result<(), Error> {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut sending = tokio::spawn(async move { dispatcher.run(stopped).await });
    let all = async {
        loop {
            fold(store, Ahead(ahead * SECOND).now()).await?;
            if !any_open(store).await? {
                return Ok::<(), Error>(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        ended = &mut sending => ended?.map(drop)?,
        done = all => {
            done?;
            stop.send(true)?;
            sending.await??;
        }
    }
    Ok(())
}

/// What dispatch tells of a message holds back the account's next one until it was decided on.
async fn fold(store: &dyn Store, now: Instant) -> Result<(), Error> {
    let decide = |snapshot: &Snapshot| Outcome::Done(Box::new(seed::decision(snapshot, now, &|_| ())));
    while store.evaluate(now, 256, &decide).await?.accounts > 0 {}
    Ok(())
}

async fn any_open(store: &dyn Store) -> Result<bool, Error> {
    for state in [OutboxState::Queued, OutboxState::Claimed, OutboxState::HandingOver] {
        if !store.outbox(Some(state), None, 1).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn parts(store: Arc<dyn Store>, journal: Arc<Journal>, port: i64, window: i64) -> Result<Parts, Error> {
    let default = Person { name: "Example".into(), email: "hello@example.com".into() };
    let header = (window > 0).then(|| HEADER.to_owned());
    let senders = Senders { default, ..Senders::default() };
    let composer = Composer { senders, idempotency_header: header, ..Composer::default() };
    let mut settings = SmtpSettings::parse(&format!("smtp://127.0.0.1:{port}"), "bounce@example.com")?;
    settings.replay_window = (window > 0).then_some(window * SECOND);
    let smtp: Arc<dyn Channel> = Arc::new(SmtpChannel::new(settings));
    let channels = BTreeMap::from([(ChannelKind::Email, smtp)]);
    let (judge, bodies) = (Arc::new(AlwaysGo), Arc::new(Welcome(composer)));
    Ok(Parts::new(store, channels, judge, bodies, journal, Arc::new(SystemClock)))
}
