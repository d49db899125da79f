//! D1, D2, D3: kill -9 at chance's points of a campaign.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use shirube::model::message::Delivery;
use tokio::time::timeout;

use crate::{
    Error,
    life::{Life, ready},
    oracle::{Truth, truth},
    rig::{Folder, PATIENCE, percentile},
    row::{Chance, Measured, Size, of},
    sink::Sink,
};

/// C of the promise: the driver's default number of sessions.
pub const SESSIONS: usize = 8;
/// Longer than a message of unknown fate waits before it goes again, in seconds.
const LATER: i64 = 720;

/// How one of these rows is run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Kills.
    pub kills: usize,
    /// Messages.
    pub messages: usize,
    /// Milliseconds the relay takes before each mail's text, and after it.
    pub pace: [u64; 2],
    /// The step's policy.
    pub delivery: Delivery,
    /// Seconds within which the relay drops repeats.
    pub window: u64,
}

impl Plan {
    fn of(size: Size, delivery: Delivery, window: u64) -> Plan {
        let kills = size.pick(25, 1_000);
        Plan { kills, messages: size.pick(500, 10_000), pace: [100, 5], delivery, window }
    }
}

/// What the kills did.
#[derive(Default)]
pub struct Lives {
    /// Kills that hit a living campaign.
    pub kills: usize,
    /// `maybe_sent` found by each restart.
    pub unknown: Vec<usize>,
    /// From start to the first mail at the relay.
    pub first_mail: Vec<Duration>,
    /// Repeats the relay dropped.
    pub dropped: usize,
}

/// Kills by plan, then lets the campaign end; the clock goes on by twelve minutes between the last lives.
pub async fn killed(plan: Plan, chance: Chance) -> Result<(Truth, Lives), Error> {
    let folder = Folder::new("kills")?;
    let sink = Sink::start(Some(&folder.path().join("sink.log"))).await?;
    sink.state.slow.store(plan.pace[0] * 1000, Ordering::Relaxed);
    sink.state.pace.store(plan.pace[1] * 1000, Ordering::Relaxed);
    sink.state.drops_repeats.store(plan.window > 0, Ordering::Relaxed);
    let life = Life { window: plan.window, ..Life::on_file(folder.path(), sink.at.port()) };
    life.seed(plan.messages, plan.delivery).await?;
    let mut lives = kill_again_and_again(&plan, &life, &sink, chance).await?;
    sink.state.slow.store(0, Ordering::Relaxed);
    if plan.delivery == Delivery::AtLeastOnce || plan.window > 0 {
        for n in 1..=2 {
            Life { ahead: n * LATER, ..life.clone() }.live().await?;
        }
    }
    lives.dropped = sink.state.dropped.load(Ordering::Relaxed);
    Ok((truth(&life.store, &sink, plan.messages).await?, lives))
}

async fn kill_again_and_again(plan: &Plan, life: &Life, sink: &Sink, mut chance: Chance) -> Result<Lives, Error> {
    let mut lives = Lives::default();
    for n in 0..=plan.kills {
        let (before, started) = (sink.accepted().len(), Instant::now());
        let mut child = life.begin(&[])?;
        lives.unknown.push(ready(&mut child).await?);
        let last = n == plan.kills;
        let wait = if last { PATIENCE } else { Duration::from_millis(chance.between(5, 401)) };
        let first = arrival(sink, before, started);
        tokio::pin!(first);
        let ended = tokio::select! {
            ended = timeout(wait, child.wait()) => ended,
            // Noted on the way; then the kill's own time goes on.
            took = &mut first => {
                lives.first_mail.push(took);
                timeout(wait.saturating_sub(started.elapsed()), child.wait()).await
            }
        };
        match ended {
            Ok(status) if status.as_ref().is_ok_and(std::process::ExitStatus::success) => break,
            Ok(_) => return Err("the campaign failed; run it by hand to see why".into()),
            Err(_) if last => return Err("the campaign did not end".into()),
            Err(_) => {
                child.kill().await?;
                lives.kills += 1;
            }
        }
    }
    Ok(lives)
}

async fn arrival(sink: &Sink, before: usize, started: Instant) -> Duration {
    while sink.accepted().len() == before {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    started.elapsed()
}

/// Whether this is what D1 promises.
pub fn kept(truth: &Truth, lives: &Lives) -> bool {
    let most = lives.unknown.iter().copied().max().unwrap_or(0);
    truth.clean() && truth.open == 0 && most <= SESSIONS && truth.sent + truth.maybe == truth.planned
}

/// D1.
pub async fn at_most_once(size: Size) -> Result<Measured, Error> {
    let (truth, lives) = killed(Plan::of(size, Delivery::AtMostOnce, 0), size.chance()).await?;
    let most = lives.unknown.iter().copied().max().unwrap_or(0);
    let says = format!(
        "{} kills: lost in {}; {}; {:.2} maybe_sent a kill, most {most} of C = {SESSIONS}; start to first mail p99 {} ms",
        lives.kills,
        of(truth.lost, lives.kills),
        truth.told(),
        truth.maybe as f64 / lives.kills.max(1) as f64,
        percentile(&lives.first_mail, 99)
    );
    Ok(Measured::new(kept(&truth, &lives), says))
}

/// D2.
pub async fn at_least_once(size: Size) -> Result<Measured, Error> {
    let (truth, lives) = killed(Plan::of(size, Delivery::AtLeastOnce, 0), size.chance()).await?;
    let unknown: usize = lives.unknown.iter().sum();
    let passed = truth.lost == 0
        && truth.unlisted == 0
        && truth.unpredicted == 0
        && truth.doubled <= unknown
        && truth.maybe == 0;
    let says = format!(
        "{} kills: lost {}; twice {} of {} messages, unpredicted {}, all among the {unknown} that became maybe_sent; \
         maybe_sent at the end {}",
        lives.kills, truth.lost, truth.doubled, truth.planned, truth.unpredicted, truth.maybe
    );
    Ok(Measured::new(passed, says))
}

/// D3.
pub async fn idempotent(size: Size) -> Result<Measured, Error> {
    let (truth, lives) = killed(Plan::of(size, Delivery::AtMostOnce, 86_400), size.chance()).await?;
    let passed = truth.clean() && truth.maybe == 0 && truth.open == 0;
    let says = format!("{} kills: {}; repeats the relay dropped {}", lives.kills, truth.told(), lives.dropped);
    Ok(Measured::new(passed, says))
}
