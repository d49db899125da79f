//! Chat from end to end against the stand-ins.

#[cfg(feature = "discord")]
mod discord;
#[cfg(feature = "discord")]
mod guests;
mod slack_in;
mod slack_out;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use shirube::{
    channel::Gate,
    chat::{access::Access, replay::Replays},
    clock::VirtualClock,
    command::{
        desk::{Asker, Click, Desk},
        form::{self, Sheet},
        parse::Command,
        reply::{Form, Press, Reply, Target},
        roles::Role,
        spec::Completes,
    },
    model::{
        ids::{AccountId, MessageKey, RunId},
        instant::{Instant, SECOND},
        locale::Locale,
        message::{Action, Audience, ChannelKind, Planned},
        world::World,
    },
};
use tokio::sync::Semaphore;

/// The moment of every test, in seconds.
const NOW: i64 = 1_700_000_000;

fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::at(Instant(NOW * SECOND)))
}

fn access() -> Access {
    Access {
        teams: ["T1".to_owned(), "500".to_owned()].into(),
        users: [("U1", Role::Operator), ("U2", Role::Viewer), ("77", Role::Operator)]
            .map(|(user, role)| (user.to_owned(), role))
            .into(),
        channels: ["C1".to_owned(), "600".to_owned()].into(),
        customers: [("C7", Some("a4".to_owned())), ("607", None)].map(|(id, key)| (id.to_owned(), key)).into(),
        locale: Locale::En,
    }
}

/// The figures of the month `late` come once this is given.
static LATE: Semaphore = Semaphore::const_new(0);

/// Repeats what it is asked.
struct Echo;

#[async_trait]
impl Desk for Echo {
    async fn answer(&self, who: &Asker, command: Command) -> Reply {
        match command {
            Command::Health { account } if account == "panic" => panic!("{account}"),
            Command::Health { account } => Reply::new(who.locale, format!("health of {account}"))
                .field("Score", "62")
                .button("Open", Press::Ask("playbooks acme".to_owned())),
            other => {
                if matches!(&other, Command::Kpi { month: Some(month), .. } if month == "late") {
                    LATE.acquire().await.unwrap().forget();
                }
                Reply::new(who.locale, format!("{other:?}"))
            }
        }
    }

    async fn click(&self, who: &Asker, click: Click) -> Reply {
        let Click { action, target } = click;
        Reply::new(who.locale, format!("{action:?} {} {} by {}", target.account, target.what, who.who)).in_place()
    }

    async fn form(&self, who: &Asker, form: Form, target: &Target) -> Option<Sheet> {
        Some(form::sheet(form, target.account.clone(), &World::default(), who.locale))
    }

    async fn complete(&self, _: &Asker, what: Completes, typed: &str) -> Vec<(String, String)> {
        match what {
            Completes::Playbook => vec![("renewal".to_owned(), "Renewal (renewal)".to_owned())],
            _ => vec![(format!("{typed}i"), format!("Rei ({typed}i)"))],
        }
    }

    async fn suggest(&self, _: &Asker, typed: &str) -> Vec<String> {
        vec![format!("{typed}me")]
    }
}

/// Remembers in memory.
#[derive(Default)]
struct Seen(Mutex<HashSet<String>>);

#[async_trait]
impl Replays for Seen {
    async fn first(&self, key: &str, _: Instant, _: Instant) -> Result<bool, String> {
        Ok(self.0.lock().unwrap().insert(key.to_owned()))
    }
}

/// A gate that counts how often it was asked.
struct Counted {
    open: bool,
    asked: AtomicUsize,
}

impl Counted {
    fn open() -> Counted {
        Counted { open: true, asked: AtomicUsize::new(0) }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Gate for Counted {
    async fn hand_over(&self) -> bool {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.open
    }
}

fn planned(channel: ChannelKind, address: &str, audience: Audience) -> Planned {
    let key = MessageKey("abcdefghijklmnopqrstuvwxyz234567".to_owned());
    Planned {
        run: RunId("run".to_owned()),
        playbook: "renewal".to_owned(),
        playbook_hash: "hash".to_owned(),
        step: "nudge".to_owned(),
        audience,
        template: "renewal/nudge".to_owned(),
        topic: "renewal".to_owned(),
        locale: Locale::En,
        actions: vec![Action::Ack, Action::Snooze],
        priority: 0,
        ready_at: Instant(NOW * SECOND),
        ..Planned::bare(key, AccountId(12), channel, address)
    }
}
