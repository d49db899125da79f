//! The process under torture: a real store, journal, composer, SMTP driver and dispatcher.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use shirube::{
    app::{
        dispatch::{Bodies, BodyError, Dispatcher, Judge, Parts},
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
        instant::Instant,
        message::{ChannelKind, OutboxState, Planned},
        world::World,
    },
    store::{
        self,
        api::{Claimed, Mode, Store},
    },
};

use crate::{Error, print, seed};

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

/// Seeds the store if it is empty, sends until nothing is left, exits. Says `ready MAYBE` when it begins.
pub async fn run(folder: &str, port: &str, messages: &str) -> Result<(), Error> {
    let folder = Path::new(folder);
    let url = format!("sqlite:{}", folder.join("campaign.db").display());
    let store = store::open(&url, Mode::Daemon).await?;
    if store.outbox(None, None, 1).await?.is_empty() {
        seed::queue(store.as_ref(), messages.parse()?, SystemClock.now(), &|_| ()).await?;
    }
    let (journal, found) = Journal::open(&folder.join("sent.journal"))?;
    let parts = parts(store.clone(), Arc::new(journal), port)?;
    let (dispatcher, report) = Dispatcher::start(parts, &found).await?;
    print(&format!("ready {}", report.maybe_sent));
    loop {
        dispatcher.dispatch_once().await?;
        if store.outbox(Some(OutboxState::Queued), None, 1).await?.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn parts(store: Arc<dyn Store>, journal: Arc<Journal>, port: &str) -> Result<Parts, Error> {
    let default = Person { name: "Example".into(), email: "hello@example.com".into() };
    let composer = Composer { senders: Senders { default, ..Senders::default() }, ..Composer::default() };
    let settings = SmtpSettings::parse(&format!("smtp://127.0.0.1:{port}"), "bounce@example.com")?;
    let smtp: Arc<dyn Channel> = Arc::new(SmtpChannel::new(settings));
    let channels = BTreeMap::from([(ChannelKind::Email, smtp)]);
    let (judge, bodies) = (Arc::new(AlwaysGo), Arc::new(Welcome(composer)));
    Ok(Parts::new(store, channels, judge, bodies, journal, Arc::new(SystemClock)))
}
