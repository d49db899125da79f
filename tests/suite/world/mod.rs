//! A small world to tell stories in: virtual time, a real store (SQLite and PostgreSQL), a relay that remembers
//! every mail, stand-ins for the chats, and switches for faults. Stories speak of customers and days.
//!
//! `World::tell` ends with an inspection: a story that leaves anything in a queue fails.

mod outcome;
mod stories;

use std::{fs, io::Cursor, path::Path, sync::Arc};

use shirube::{
    app::{
        dispatch::Dispatcher,
        import::{Report, Settings, import},
        shell::Shell,
    },
    cli::{
        assemble::{Running, running_on},
        project::Project,
    },
    clock::{Clock, VirtualClock},
    model::{
        fact::{FactBody, Incoming},
        instant::{HOUR, Instant, SECOND},
        message::OutboxState,
        value::{Props, Value},
    },
    source::table::{Kind, Options},
    store::api::{Mode, OutboxRow, Store},
};

use crate::{
    fakes::{slack::FakeSlack, web::Call},
    smtp::sink::{At, Fault, Sink},
};
use outcome::Sent;

/// Everything a story can touch.
pub struct World {
    clock: Arc<VirtualClock>,
    running: Running,
    dispatcher: Dispatcher,
    mail: Sink,
    slack: FakeSlack,
    events: u64,
    _dir: tempfile::TempDir,
}

/// Tells every named story on both engines.
macro_rules! tell_all {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() {
                let f = crate::store::fixture::Fixture::sqlite().await;
                super::$name(f.store.clone()).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() {
                if let Some(f) = crate::store::fixture::Fixture::postgres().await { super::$name(f.store.clone()).await; }
            })*
        }
    };
}
use tell_all;

impl World {
    /// Tells a story that begins at `now` with the starter kit live, then looks for anything left over.
    pub async fn tell(store: Arc<dyn Store>, now: &str, story: impl AsyncFnOnce(&mut World)) {
        let mut world = World::begin(store, now).await;
        story(&mut world).await;
        world.nothing_is_left_over().await;
    }

    async fn begin(store: Arc<dyn Store>, now: &str) -> World {
        let dir = tempfile::tempdir().unwrap();
        let (mail, slack) = (Sink::start(None).await.unwrap(), FakeSlack::start().await);
        project(dir.path(), &mail, &slack);
        let clock = Arc::new(VirtualClock::at(Instant::parse(now).unwrap()));
        let project = Project::open(dir.path()).unwrap_or_else(|e| panic!("{e:?}"));
        let running = running_on(project, store, Mode::Daemon, clock.clone()).await.unwrap_or_else(|e| panic!("{e:?}"));
        let running = running.rendering_here().unwrap_or_else(|e| panic!("{e:?}"));
        let (dispatcher, _, _) = running.dispatcher().await.unwrap_or_else(|e| panic!("{e:?}"));
        let mut world = World { clock, running, dispatcher, mail, slack, events: 0, _dir: dir };
        world.turn().await;
        world
    }

    /// The live shell.
    pub fn shell(&self) -> &Shell {
        &self.running.shell
    }

    /// The present moment.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A sheet comes in.
    pub async fn import(&mut self, kind: Kind, sheet: &str) -> Report {
        let rulebook = self.shell().rulebook();
        let options =
            Options { account_attributes: rulebook.model.account_attributes.clone(), ..Options::new(kind, self.now()) };
        let settings = Settings { name: kind.word(), ..Settings::default() };
        let store = self.shell().store.as_ref();
        let report = import(store, &mut Cursor::new(sheet), &options, settings, Vec::new()).await.unwrap();
        self.shell().feed_arrived("csv", self.now()).await.unwrap();
        self.turn().await;
        report
    }

    /// A customer does something now.
    pub async fn event(&mut self, account: &str, name: &str, props: &[(&str, f64)]) {
        let props: Props = props.iter().map(|(n, v)| ((*n).to_owned(), Value::Num(*v))).collect();
        self.says(account, None, FactBody::event(name, props)).await;
    }

    /// Something becomes known of a customer (or of one of its people) now.
    pub async fn says(&mut self, account: &str, contact: Option<&str>, body: FactBody) {
        self.events += 1;
        let fact = Incoming {
            account: Some(account.to_owned()),
            contact: contact.map(str::to_owned),
            occurred_at: self.now(),
            received_at: self.now(),
            source: "api".to_owned(),
            event_id: format!("story-{}", self.events),
            body,
        };
        self.shell().store.append(vec![fact]).await.unwrap();
    }

    /// Time passes, from one moment at which something is due to the next.
    pub async fn hours(&mut self, hours: i64) {
        let until = self.now().plus(hours * HOUR);
        while self.now() < until {
            let next = self.next().await.unwrap_or(until).clamp(self.now().plus(SECOND), until);
            self.clock.set(next);
            self.turn().await;
        }
    }

    /// The next moment at which the daemon would wake: something due or ready, a digest, local midnight.
    async fn next(&self) -> Option<Instant> {
        let (shell, now) = (self.shell(), self.now());
        let zone = shell.rulebook().model.workspace.zone.clone();
        let midnight = Some(Instant::start_of_day(now.day(&zone) + 1, &zone));
        let due = shell.store.earliest_due().await.unwrap();
        let ready = shell.store.earliest_ready().await.unwrap();
        let digest = shell.next_digest().await.unwrap();
        [midnight, due, ready, digest].into_iter().flatten().min()
    }

    /// Days pass.
    pub async fn days(&mut self, days: i64) {
        self.hours(24 * days).await;
    }

    async fn turn(&mut self) {
        self.shell().turn(self.now()).await.unwrap();
        self.dispatcher.dispatch_once().await.unwrap();
    }

    /// The next `times` conversations with the relay are disturbed.
    pub fn relay_fails(&self, at: At, fault: Fault, times: usize) {
        self.mail.fault(at, fault, times);
    }

    /// Messages of a step that went out.
    pub async fn sent(&self, step: &str) -> Sent {
        let rows = self.outbox().await;
        let sent = rows.into_iter().filter(|r| r.planned.step == step && r.state == OutboxState::Sent);
        Sent { step: step.to_owned(), rows: sent.collect(), mails: self.mail.accepted() }
    }

    /// Texts posted to Slack.
    pub fn posted(&self) -> Vec<String> {
        let text = |call: &Call| call.body.to_string();
        self.slack.web.calls("/api/chat.postMessage").iter().map(text).collect()
    }

    async fn outbox(&self) -> Vec<OutboxRow> {
        self.shell().store.outbox(None, None, 10_000).await.unwrap()
    }

    async fn nothing_is_left_over(&self) {
        let now = self.now();
        let open = |row: &&OutboxRow| match row.state {
            OutboxState::Sent | OutboxState::Skipped => false,
            OutboxState::Queued | OutboxState::Held => row.not_before <= now,
            _ => true,
        };
        let rows = self.outbox().await;
        let left: Vec<String> =
            rows.iter().filter(open).map(|r| format!("{}: {:?} {}", r.planned.step, r.state, r.detail)).collect();
        assert!(left.is_empty(), "left in the outbox: {left:?}");
        assert_eq!(self.shell().store.apply_import().await.unwrap(), None, "an import is not finished");
        let due = self.shell().store.earliest_due().await.unwrap();
        assert!(due.is_none_or(|at| at > now), "an account is due since {due:?}");
        let handed_over = rows.iter().filter(|r| r.state == OutboxState::Sent && r.planned.channel.word() == "email");
        assert_eq!(self.mail.accepted().len(), handed_over.count(), "mails that the ledger does not know");
    }
}

/// The starter kit with a relay and a Slack on this machine.
fn project(dir: &Path, mail: &Sink, slack: &FakeSlack) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["playbooks", "templates"] {
        copy(&root.join(folder), &dir.join(folder));
    }
    for file in ["model.yaml", "content.yaml"] {
        fs::copy(root.join(file), dir.join(file)).unwrap();
    }
    fs::write(dir.join("token"), "xoxb-a-token-for-the-stand-in").unwrap();
    fs::write(dir.join("secret"), "8f742231b10e8888abcd99yyyzzz85a5").unwrap();
    let config = format!(
        "email: {{transport: \"smtp://{}?tls=none\", from: \"Example <cs@example.com>\"}}\n\
         slack:\n  mode: http\n  api_url: {}\n  bot_token: ${{file:token}}\n  signing_secret: ${{file:secret}}\n\
         \x20 teams: [T1]\n  channels: [C1]\n  users: {{U1: operator}}\n\
         people: {{kei: {{name: Kei, email: kei@example.com}}}}\nowners: {{csm: {{fallback: kei}}}}\n",
        mail.at,
        slack.api_url()
    );
    fs::write(dir.join("shirube.yaml"), config).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
