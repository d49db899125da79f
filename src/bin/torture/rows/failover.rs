//! D11: four daemons on one PostgreSQL with a synchronous standby; two are killed, then the primary.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use shirube::model::{
    ids::MessageKey,
    message::{Delivery, OutboxState},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    process::Child,
    sync::watch,
};

use crate::{
    Error,
    life::{Life, pause, ready},
    oracle::{rows, truth},
    postgres::Postgres,
    rig::{Folder, PATIENCE, until},
    row::{Measured, Size},
    rows::kills::SESSIONS,
    sink::Sink,
};

const DAEMONS: usize = 4;
/// Seconds.
const LEASE: i64 = 6;

/// What stands before the servers and knows which of them is the primary.
struct Address {
    port: u16,
    primary: Arc<AtomicU16>,
    moved: watch::Sender<u16>,
}

impl Address {
    async fn before(port: u16) -> Result<Address, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = listener.local_addr()?.port();
        let at = Address { port: own, primary: Arc::new(port.into()), moved: watch::Sender::new(port) };
        let (primary, moved) = (at.primary.clone(), at.moved.clone());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (port, mut gone) = (primary.load(Ordering::SeqCst), moved.subscribe());
                tokio::spawn(async move {
                    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = gone.changed() => {}
                    }
                });
            }
        });
        Ok(at)
    }

    fn lead_to(&self, port: u16) {
        self.primary.store(port, Ordering::SeqCst);
        self.moved.send_replace(port);
    }
}

/// D11.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let Some(primary) = Postgres::start().await? else { return Ok(Measured::skipped("PostgreSQL is not installed")) };
    let standby = primary.follower().await?;
    let address = Address::before(primary.port()).await?;
    let url = format!("postgres://shirube@127.0.0.1:{}/postgres", address.port);
    let (messages, pace) = (size.pick(2_000, 100_000), size.pick(60_000, 5_000));
    let sink = Sink::start(None).await?;
    sink.state.pace.store(pace as u64, Ordering::Relaxed);
    let folders = (0..DAEMONS).map(|_| Folder::new("daemon")).collect::<Result<Vec<_>, _>>()?;
    let life =
        |folder: &Folder| Life { store: url.clone(), lease: LEASE, ..Life::on_file(folder.path(), sink.at.port()) };
    let lives: Vec<Life> = folders.iter().map(life).collect();
    let first = lives.first().ok_or("no daemon")?;
    first.seed(messages, Delivery::AtMostOnce).await?;
    let mut running = Vec::new();
    for life in &lives {
        let mut child = life.begin(&[])?;
        ready(&mut child).await?;
        running.push(child);
    }
    until("a quarter of the mails", || sink.accepted().len() >= messages / 4).await?;
    let dead = kill_two(&mut running).await?;
    let waited = given_up(&url, dead).await?;
    until("half of the mails", || sink.accepted().len() >= messages / 2).await?;
    let began = Instant::now();
    primary.kill().await?;
    standby.promote().await?;
    address.lead_to(standby.port());
    let (away, met) = (began.elapsed(), sink.accepted().len());
    let restarts = go_on(&mut running, &lives).await?;
    pause(LEASE.unsigned_abs() * 1_500).await;
    first.live().await?;
    let truth = truth(&url, &sink, messages).await?;
    // Two that were killed, two that lost their database.
    let bound = DAEMONS * SESSIONS;
    let whole = truth.open == 0 && truth.sent + truth.maybe == messages && truth.maybe <= bound;
    let says = format!(
        "{}; at most {bound} could be; what the two killed ones had in hand waited {:.1} s (lease {LEASE} s); primary gone \
         after {met} mails, another after {:.1} s, daemons started again {restarts} times",
        truth.told(),
        waited.as_secs_f64(),
        away.as_secs_f64()
    );
    Ok(Measured::new(truth.clean() && whole && met < messages, says))
}

/// Kills the last two; they stay dead.
async fn kill_two(running: &mut Vec<Child>) -> Result<Instant, Error> {
    let dead = Instant::now();
    for mut child in running.split_off(DAEMONS - 2) {
        child.kill().await?;
    }
    Ok(dead)
}

/// How long it took until others had everything that was in hand when they died.
async fn given_up(url: &str, dead: Instant) -> Result<Duration, Error> {
    let in_hand = async || {
        let all = rows(url).await?;
        let hand = |state| matches!(state, OutboxState::Claimed | OutboxState::HandingOver);
        let keys = all.into_iter().filter(|row| hand(row.state)).map(|row| (row.planned.key, row.fence));
        Ok::<BTreeSet<(MessageKey, i64)>, Error>(keys.collect())
    };
    let mut theirs = in_hand().await?;
    while !theirs.is_empty() {
        if dead.elapsed() > PATIENCE {
            return Err("what a dead daemon had is never given up".into());
        }
        pause(50).await;
        let now = in_hand().await?;
        theirs.retain(|one| now.contains(one));
    }
    Ok(dead.elapsed())
}

/// As their service manager would: each is started again until it ends well.
async fn go_on(running: &mut [Child], lives: &[Life]) -> Result<usize, Error> {
    let mut restarts = 0;
    for (child, life) in running.iter_mut().zip(lives) {
        let began = Instant::now();
        while !child.wait().await?.success() {
            if began.elapsed() > PATIENCE {
                return Err("a daemon does not come back".into());
            }
            pause(200).await;
            *child = life.begin(&[])?;
            restarts += 1;
        }
    }
    Ok(restarts)
}
