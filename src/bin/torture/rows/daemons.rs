//! D8: several daemons on one PostgreSQL, stopped beyond their lease, killed; and two on one file.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use shirube::model::message::Delivery;
use tokio::process::Child;

use crate::{
    Error,
    life::{Life, pause, ready},
    oracle::truth,
    postgres::Postgres,
    rig::{Folder, Project, ended, percentile, signal},
    row::{Chance, Measured, Size, of},
    sink::Sink,
};

/// Seconds; the longest final reply is a third of it.
const LEASE: i64 = 3;

/// D8.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let Some(cluster) = Postgres::start().await? else { return Ok(Measured::skipped("PostgreSQL is not installed")) };
    let (count, faults, messages) = (size.pick(3, 5), size.pick(12, 200), size.pick(1_500, 20_000));
    let sink = Sink::start(None).await?;
    sink.state.slow.store(300_000, Ordering::Relaxed);
    sink.state.pace.store(5_000, Ordering::Relaxed);
    let folders = (0..count).map(|_| Folder::new("daemon")).collect::<Result<Vec<_>, _>>()?;
    let lives: Vec<Life> = folders
        .iter()
        .map(|f| Life { store: cluster.url(), lease: LEASE, ..Life::on_file(f.path(), sink.at.port()) })
        .collect();
    lives.first().ok_or("no daemon")?.seed(messages, Delivery::AtMostOnce).await?;
    let mut running = Vec::new();
    for life in &lives {
        running.push(begin(life).await?);
    }
    let mut chance = size.chance();
    let done = disturb(&lives, &mut running, &mut chance, faults).await?;
    sink.state.slow.store(0, Ordering::Relaxed);
    let mut failed = 0;
    for child in &mut running {
        let status = ended(child, Duration::from_secs(120)).await?.ok_or("a daemon did not end")?;
        failed += usize::from(!status.success());
    }
    // What a killed one had is given up when its lease is over.
    pause(LEASE.unsigned_abs() * 1_000).await;
    lives.first().ok_or("no daemon")?.live().await?;
    let truth = truth(&cluster.url(), &sink, messages).await?;
    let passed = truth.clean() && truth.open == 0 && failed == 0 && done > 0;
    let says = format!("{count} daemons, {done} of {faults} faults met one at work, failed {failed}: {}", truth.told());
    Ok(Measured::new(passed, says))
}

async fn begin(life: &Life) -> Result<Child, Error> {
    let mut child = life.begin(&[])?;
    ready(&mut child).await?;
    Ok(child)
}

/// Every other fault stops one for longer than its lease, the others kill it.
async fn disturb(lives: &[Life], running: &mut [Child], chance: &mut Chance, faults: usize) -> Result<usize, Error> {
    let mut met = 0;
    for n in 0..faults {
        pause(chance.between(100, 700)).await;
        let at = chance.index(running.len());
        let (Some(child), Some(life)) = (running.get_mut(at), lives.get(at)) else { continue };
        if child.try_wait()?.is_some() {
            continue;
        }
        met += 1;
        if n.is_multiple_of(2) {
            signal(child, Signal::STOP);
            pause(LEASE.unsigned_abs() * 1_000 + chance.between(200, 1_500)).await;
            signal(child, Signal::CONT);
        } else {
            child.kill().await?;
            *child = begin(life).await?;
        }
    }
    Ok(met)
}

/// D8b: on a file there is one daemon.
pub async fn second(size: Size) -> Result<Measured, Error> {
    let times = size.pick(10, 100);
    let sink = Sink::start(None).await?;
    let project = Project::new("second", 1, sink.at.port()).await?;
    let _first = project.daemon()?;
    pause(1_000).await;
    let (mut odd, mut took) = (0, Vec::new());
    for _ in 0..times {
        let began = Instant::now();
        let status = project.call(&["run", "--role", "evaluate,dispatch"]).await?.status;
        odd += usize::from(status.code() != Some(75));
        took.push(began.elapsed());
    }
    let slowest = percentile(&took, 100);
    Ok(Measured::new(odd == 0 && slowest < 1_000, format!("not turned away {}; slowest {slowest} ms", of(odd, times))))
}
