//! The dispatcher with a real store, journal and relay on a virtual clock.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use shirube::{
    app::{
        dispatch::{Bodies, BodyError, Dispatcher, Judge, Parts, Report, Stats},
        journal::{Journal, restore::Start},
        token::{Claims, Purpose, Tokens},
        unsubscribe::Unsubscribe,
    },
    channel::{
        Body, Channel, Gate,
        email::{file::FileChannel, smtp::SmtpChannel},
    },
    clock::{Clock, VirtualClock},
    engine::Recheck,
    model::{
        decision::Outcome,
        instant::{DAY, HOUR, Instant, MINUTE, SECOND},
        message::{ChannelKind, Delivery, OutboxState, Planned, Receipt, SendError},
        world::World,
    },
    store::{
        self,
        api::{Claimed, Mode, OutboxRow, Store},
    },
};
use sqlx::{Connection as _, SqliteConnection};

use crate::{
    seed,
    smtp::{
        settings,
        sink::{At, Fault, Sink},
    },
};

pub const START: Instant = Instant(1_800_000_000_000_000);

/// Says the same about every message.
struct Always(Recheck);

impl Judge for Always {
    fn recheck(&self, _: &Claimed, _: &World, _: Instant) -> Recheck {
        self.0.clone()
    }
}

/// Other bytes each time it is asked.
#[derive(Default)]
struct Numbered(Mutex<u32>);

#[async_trait]
impl Bodies for Numbered {
    async fn body(&self, planned: &Planned) -> Result<Body, BodyError> {
        let mut n = self.0.lock().unwrap();
        *n += 1;
        Ok(format!("X-Shirube-Key: {}\r\nX-Render: {n}\r\n\r\nhi\r\n", planned.key.0).into_bytes())
    }
}

/// Does something between claim and hand-over, then sends through the real channel.
struct Meddling<F>(SmtpChannel, F);

#[async_trait]
impl<F> Channel for Meddling<F>
where
    F: Fn() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync,
{
    async fn send(&self, planned: &Planned, body: &Body, gate: &dyn Gate) -> Result<Option<Receipt>, SendError> {
        (self.1)().await;
        self.0.send(planned, body, gate).await
    }
    fn sessions(&self) -> usize {
        1
    }
    async fn doctor(&self) -> Result<String, String> {
        Ok(String::new())
    }
}

/// Bodies by a function of the plan.
pub struct Fixed(pub fn(&Planned) -> Body);

#[async_trait]
impl Bodies for Fixed {
    async fn body(&self, planned: &Planned) -> Result<Body, BodyError> {
        Ok((self.0)(planned))
    }
}

pub struct House {
    pub dir: tempfile::TempDir,
    pub clock: Arc<VirtualClock>,
}

impl House {
    pub fn new() -> House {
        House { dir: tempfile::tempdir().unwrap(), clock: Arc::new(VirtualClock::at(START)) }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub async fn store(&self) -> Arc<dyn Store> {
        self.open("s.db").await
    }

    pub async fn open(&self, name: &str) -> Arc<dyn Store> {
        store::open(&format!("sqlite:{}", self.path().join(name).display()), Mode::Daemon).await.unwrap()
    }

    pub async fn start(
        &self,
        store: &Arc<dyn Store>,
        channel: Arc<dyn Channel>,
        says: Recheck,
    ) -> (Dispatcher, Report) {
        self.start_with(store, ChannelKind::Email, channel, Arc::new(Numbered::default()), says).await
    }

    pub async fn start_with(
        &self,
        store: &Arc<dyn Store>,
        kind: ChannelKind,
        channel: Arc<dyn Channel>,
        bodies: Arc<dyn Bodies>,
        says: Recheck,
    ) -> (Dispatcher, Report) {
        let (journal, found) = Journal::open(&self.path().join("sent.journal")).unwrap();
        let channels = BTreeMap::from([(kind, channel)]);
        let judge = Arc::new(Always(says));
        let parts = Parts::new(store.clone(), channels, judge, bodies, Arc::new(journal), self.clock.clone());
        Dispatcher::start(parts, &found).await.unwrap()
    }
}

async fn rows(store: &Arc<dyn Store>) -> Vec<OutboxRow> {
    store.outbox(None, None, 100).await.unwrap()
}

/// Takes in the facts that sending and unsubscribing left.
async fn fold(store: &Arc<dyn Store>) {
    let decide = |s: &_| Outcome::Done(Box::new(seed::decision(s, START, &|_| ())));
    while store.evaluate(START, 10, &decide).await.unwrap().accounts > 0 {}
}

fn states(rows: &[OutboxRow]) -> Vec<OutboxState> {
    rows.iter().map(|r| r.state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ready_goes_once_over_smtp() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    assert_eq!(seed::queue(store.as_ref(), 30, START, &|_| ()).await.unwrap(), 30);
    let (dispatcher, report) = house.start(&store, Arc::new(SmtpChannel::new(settings(&sink))), Recheck::Go).await;
    assert_eq!(report.start, Start::Agrees);
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats { sent: 30, ..Stats::default() });
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats::default());
    assert_eq!(sink.accepted().len(), 30);
    assert!(states(&rows(&store).await).iter().all(|s| *s == OutboxState::Sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_appear_with_their_html_beside_them() {
    let house = House::new();
    let store = house.store().await;
    seed::queue(store.as_ref(), 3, START, &|_| ()).await.unwrap();
    let folder = house.path().join("outbox");
    let (dispatcher, _) = house.start(&store, Arc::new(FileChannel::new(&folder)), Recheck::Go).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 3);
    let names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.iter().filter(|n| n.ends_with(".eml")).count(), 3);
    assert!(names.iter().all(|n| !n.ends_with(".tmp")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skip_ends_a_message_and_a_deferral_keeps_it() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    seed::queue(store.as_ref(), 2, START, &|_| ()).await.unwrap();
    let smtp = || Arc::new(SmtpChannel::new(settings(&sink)));
    let later = Recheck::Defer { until: START.plus(HOUR), why: "window".into() };
    let (dispatcher, _) = house.start(&store, smtp(), later).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats { held: 2, ..Stats::default() });
    house.clock.set(START.plus(HOUR));
    let (dispatcher, _) = house.start(&store, smtp(), Recheck::Skip { why: "exit".into() }).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats { skipped: 2, ..Stats::default() });
    assert!(sink.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsubscribe_between_claim_and_hand_over_wins() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    seed::queue(store.as_ref(), 1, START, &|_| ()).await.unwrap();
    let planned = rows(&store).await[0].planned.clone();
    let tokens = Arc::new(Tokens::new([(1, vec![7; 32])].into()).unwrap());
    let claims = Claims { account: planned.account, contact: planned.contact, subject: planned.topic.clone() };
    let token = tokens.mint(Purpose::Unsub, &claims);
    let endpoint = Unsubscribe { store: store.clone(), tokens, journal: None };
    let meddle = move || -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        let (endpoint, token) = (endpoint.clone(), token.clone());
        Box::pin(async move { endpoint.post(&token, START).await.unwrap() })
    };
    let channel = Arc::new(Meddling(SmtpChannel::new(settings(&sink)), meddle));
    let (dispatcher, _) = house.start(&store, channel, Recheck::Go).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 0);
    assert!(sink.accepted().is_empty());
    // Once the fact is folded, the suppression ends the message whatever the re-check says.
    fold(&store).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats { skipped: 1, ..Stats::default() });
    assert!(rows(&store).await[0].detail.contains("unsubscribed"));
}

/// Moves the clock on before each mail is sent, in steps; after each the claims in hand are renewed or not.
fn slow_relay(
    house: &House,
    sink: &Sink,
    seconds: &'static [i64],
    renewed: &Arc<OnceLock<Dispatcher>>,
) -> Arc<dyn Channel> {
    let (clock, renewed) = (house.clock.clone(), renewed.clone());
    let wait = move || -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        let (clock, renewed) = (clock.clone(), renewed.clone());
        Box::pin(async move {
            for step in seconds {
                clock.set(clock.now().plus(step * SECOND));
                if let Some(dispatcher) = renewed.get() {
                    assert_eq!(dispatcher.renew().await.unwrap(), 1);
                }
            }
        })
    };
    Arc::new(Meddling(SmtpChannel::new(settings(sink)), wait))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_begun_in_the_last_third_of_a_lease_that_was_not_renewed() {
    for (seconds, sent) in [(&[39][..], 1), (&[41], 0), (&[61], 0), (&[90_000], 0)] {
        let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
        let store = house.store().await;
        seed::queue(store.as_ref(), 1, START, &|_| ()).await.unwrap();
        let channel = slow_relay(&house, &sink, seconds, &Arc::default());
        let (dispatcher, _) = house.start(&store, channel, Recheck::Go).await;
        assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, sent, "{seconds:?}");
        assert_eq!(sink.accepted().len() as u64, sent);
        assert_eq!(states(&rows(&store).await), [if sent > 0 { OutboxState::Sent } else { OutboxState::Queued }]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_renewed_lasts_as_long_as_the_work() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    seed::queue(store.as_ref(), 1, START, &|_| ()).await.unwrap();
    let renewed = Arc::new(OnceLock::new());
    let channel = slow_relay(&house, &sink, &[30, 30, 30, 30], &renewed);
    let (dispatcher, _) = house.start(&store, channel, Recheck::Go).await;
    assert!(renewed.set(dispatcher.clone()).is_ok());
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 1);
    assert_eq!(dispatcher.renew().await.unwrap(), 0, "nothing in hand, nothing to renew");
}

/// Time since the machine started: 0 so often, then a minute.
struct Late(AtomicU32);

impl Clock for Late {
    fn now(&self) -> Instant {
        START
    }
    fn since_boot(&self) -> Option<i64> {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| Some(n.saturating_sub(1))).unwrap();
        Some(if left > 0 { 0 } else { MINUTE })
    }
}

/// Stopped in the middle of the commit, a daemon woke and sent what others had long taken for uncertain.
#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_that_became_durable_too_late_is_not_sent() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    seed::queue(store.as_ref(), 1, START, &|_| ()).await.unwrap();
    let (journal, found) = Journal::open(&house.path().join("sent.journal")).unwrap();
    let channel: Arc<dyn Channel> = Arc::new(SmtpChannel::new(settings(&sink)));
    let channels = BTreeMap::from([(ChannelKind::Email, channel)]);
    let judge = Arc::new(Always(Recheck::Go));
    // Asked at the claim, and before the hand-over; then it is late.
    let clock = Arc::new(Late(AtomicU32::new(2)));
    let parts = Parts::new(store.clone(), channels, judge, Arc::<Numbered>::default(), Arc::new(journal), clock);
    let (dispatcher, _) = Dispatcher::start(parts, &found).await.unwrap();
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 0);
    assert!(sink.accepted().is_empty());
    let row = rows(&store).await.remove(0);
    assert_eq!((row.state, row.attempts), (OutboxState::Queued, 0));
    assert!(row.detail.contains("could not be made durable in time"), "{}", row.detail);
    drop(dispatcher);
    // The same epoch begins again, so the journal is read: it knows that nothing left.
    let (dispatcher, report) = house.start(&store, Arc::new(SmtpChannel::new(settings(&sink))), Recheck::Go).await;
    assert_eq!((report.start, report.maybe_sent), (Start::Replayed { rows: 0, suppressions: 0 }, 0));
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_sends_the_bytes_of_the_first_hand_over() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    seed::queue(store.as_ref(), 1, START, &|_| ()).await.unwrap();
    sink.fault(At::Dot, Fault::Reply("451 4.3.0 later".into()), 1);
    let (dispatcher, _) = house.start(&store, Arc::new(SmtpChannel::new(settings(&sink))), Recheck::Go).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats { retried: 1, ..Stats::default() });
    let first = rows(&store).await[0].body.clone().unwrap();
    house.clock.set(START.plus(2 * MINUTE));
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats { sent: 1, ..Stats::default() });
    assert_eq!(sink.accepted()[0].bytes, first);
    assert!(String::from_utf8(first).unwrap().contains("X-Render: 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_stays_unknown_or_goes_again_by_policy() {
    for (delivery, arrivals) in [(Delivery::AtMostOnce, 1), (Delivery::AtLeastOnce, 2)] {
        let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
        let store = house.store().await;
        seed::queue(store.as_ref(), 1, START, &|p| p.delivery = delivery).await.unwrap();
        sink.fault(At::Dot, Fault::Drop, 1);
        let (dispatcher, _) = house.start(&store, Arc::new(SmtpChannel::new(settings(&sink))), Recheck::Go).await;
        assert_eq!(dispatcher.dispatch_once().await.unwrap().maybe_sent, 1);
        fold(&store).await;
        house.clock.set(START.plus(HOUR));
        dispatcher.dispatch_once().await.unwrap();
        let accepted = sink.accepted();
        assert_eq!(accepted.len(), arrivals, "{delivery:?}");
        assert!(accepted.iter().all(|mail| mail.bytes == accepted[0].bytes));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_sender_burns_no_attempts_and_a_dead_mailbox_is_suppressed() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    seed::queue(store.as_ref(), 1, START, &|_| ()).await.unwrap();
    let (dispatcher, _) = house.start(&store, Arc::new(SmtpChannel::new(settings(&sink))), Recheck::Go).await;
    sink.fault(At::Mail, Fault::Reply("550 5.1.8 bad sender".into()), 1);
    assert_eq!(dispatcher.dispatch_once().await.unwrap().held, 1);
    assert_eq!(rows(&store).await[0].attempts, 0);
    house.clock.set(START.plus(HOUR));
    sink.fault(At::Rcpt, Fault::Reply("550 5.1.1 unknown".into()), 1);
    assert_eq!(dispatcher.dispatch_once().await.unwrap().failed, 1);
    let row = &rows(&store).await[0];
    let hash = store.address_hash(&row.planned.address);
    assert!(store.suppressed(&hash, "onboarding").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_database_sends_nothing_again() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    seed::queue(store.as_ref(), 20, START, &|_| ()).await.unwrap();
    back_up(&house.path().join("s.db"), &house.path().join("backup.db")).await;
    house.clock.set(START.plus(MINUTE));
    let smtp = || Arc::new(SmtpChannel::new(settings(&sink)));
    let (dispatcher, _) = house.start(&store, smtp(), Recheck::Go).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 20);
    drop((dispatcher, store));
    let store = house.open("backup.db").await;
    house.clock.set(START.plus(HOUR));
    let (dispatcher, report) = house.start(&store, smtp(), Recheck::Go).await;
    assert_eq!(report.start, Start::Replayed { rows: 20, suppressions: 0 });
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 0);
    assert_eq!(sink.accepted().len(), 20);
    drop((dispatcher, store));
    // And without its journal nothing moves until somebody says so.
    std::fs::remove_file(house.path().join("sent.journal")).unwrap();
    let store = house.open("backup.db").await;
    seed::queue(store.as_ref(), 25, START.plus(HOUR), &|_| ()).await.unwrap();
    let (dispatcher, report) = house.start(&store, smtp(), Recheck::Go).await;
    assert!(matches!(report.start, Start::Held { .. }), "{report:?}");
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 0);
    shirube::app::dispatch::hold::release(store.as_ref(), house.clock.now()).await.unwrap();
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_very_moment_of_sending_is_older_too() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    seed::queue(store.as_ref(), 3, START, &|_| ()).await.unwrap();
    back_up(&house.path().join("s.db"), &house.path().join("backup.db")).await;
    let smtp = || Arc::new(SmtpChannel::new(settings(&sink)));
    let (dispatcher, _) = house.start(&store, smtp(), Recheck::Go).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 3);
    drop((dispatcher, store));
    // Same epoch, and every row carries the same time as the journal's records.
    let store = house.open("backup.db").await;
    let (dispatcher, report) = house.start(&store, smtp(), Recheck::Go).await;
    assert_eq!(report.start, Start::Replayed { rows: 3, suppressions: 0 });
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 0);
    assert_eq!(sink.accepted().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn opt_outs_and_dead_mailboxes_survive_a_restore() {
    let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
    let store = house.store().await;
    seed::queue(store.as_ref(), 2, START, &|_| ()).await.unwrap();
    back_up(&house.path().join("s.db"), &house.path().join("backup.db")).await;
    let rows_before = rows(&store).await;
    let (first, second) = (rows_before[0].planned.clone(), rows_before[1].planned.clone());
    let smtp = || Arc::new(SmtpChannel::new(settings(&sink)));
    sink.fault(At::Rcpt, Fault::Reply("550 5.1.1 unknown".into()), 1);
    let (dispatcher, _) = house.start(&store, smtp(), Recheck::Go).await;
    let stats = dispatcher.dispatch_once().await.unwrap();
    assert_eq!((stats.failed, stats.sent), (1, 1));
    let dead = rows(&store).await.into_iter().find(|r| r.state == OutboxState::Failed).unwrap().planned;
    let alive = if dead.key == first.key { second } else { first };
    drop((dispatcher, store));
    // The other one opts out; its record is the journal's last word.
    let store = house.store().await;
    let (journal, _) = Journal::open(&house.path().join("sent.journal")).unwrap();
    let tokens = Arc::new(Tokens::new([(1, vec![7; 32])].into()).unwrap());
    let claims = Claims { account: alive.account, contact: alive.contact, subject: alive.topic.clone() };
    let token = tokens.mint(Purpose::Unsub, &claims);
    Unsubscribe { store: store.clone(), tokens, journal: Some(Arc::new(journal)) }.post(&token, START).await.unwrap();
    drop(store);
    let store = house.open("backup.db").await;
    let (_, report) = house.start(&store, smtp(), Recheck::Go).await;
    assert!(matches!(report.start, Start::Replayed { suppressions: 2, .. }), "{report:?}");
    let why = async |planned: &Planned| {
        store.suppressed(&store.address_hash(&planned.address), &planned.topic).await.unwrap()
    };
    assert_eq!(why(&dead).await.as_deref(), Some("dead_address"), "even a notice respects it");
    assert_eq!(why(&alive).await.as_deref(), Some("unsubscribed"));
}

/// One consistent copy. Files of a database that was just dropped may still be closing: they are not touched.
async fn back_up(from: &Path, to: &Path) {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", from.display())).await.unwrap();
    sqlx::query("VACUUM INTO ?").bind(to.display().to_string()).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_gap_or_a_clock_that_went_back_holds_everything() {
    for jump in [20 * DAY, -HOUR] {
        let (house, sink) = (House::new(), Sink::start(None).await.unwrap());
        let store = house.store().await;
        let smtp = || Arc::new(SmtpChannel::new(settings(&sink)));
        let (_, report) = house.start(&store, smtp(), Recheck::Go).await;
        assert_eq!(report.held, None);
        seed::queue(store.as_ref(), 2, START.plus(jump.min(0)), &|_| ()).await.unwrap();
        house.clock.set(START.plus(jump));
        let (dispatcher, report) = house.start(&store, smtp(), Recheck::Go).await;
        assert!(report.held.is_some());
        assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 0);
    }
}
