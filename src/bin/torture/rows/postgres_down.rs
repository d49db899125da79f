//! DB5: the database server is killed again and again.

use std::sync::atomic::Ordering;

use shirube::model::message::Delivery;
use tokio::process::Child;

use crate::{
    Error,
    life::{Life, pause},
    oracle::truth,
    postgres::Postgres,
    rig::Folder,
    row::{Measured, Size},
    sink::Sink,
};

/// DB5.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let Some(cluster) = Postgres::start().await? else { return Ok(Measured::skipped("PostgreSQL is not installed")) };
    let (times, messages, mut chance) = (size.pick(6, 50), size.pick(800, 10_000), size.chance());
    let (folder, sink) = (Folder::new("down")?, Sink::start(None).await?);
    sink.state.pace.store(60_000, Ordering::Relaxed);
    let life = Life { store: cluster.url(), lease: 6, ..Life::on_file(folder.path(), sink.at.port()) };
    life.seed(messages, Delivery::AtMostOnce).await?;
    let (mut restarts, mut child) = (0, life.begin(&[])?);
    let longest = if size.quick { 3_000 } else { 40_000 };
    for _ in 0..times {
        pause(chance.between(longest / 8, longest)).await;
        cluster.kill().await?;
        pause(chance.between(0, 2_000)).await;
        cluster.begin().await?;
        restarts += again(&mut child, &life).await?;
    }
    sink.state.pace.store(0, Ordering::Relaxed);
    // As its service manager would: until it ends well.
    for _ in 0..10 {
        if child.wait().await?.success() {
            break;
        }
        restarts += 1;
        child = life.begin(&[])?;
    }
    pause(6_500).await;
    life.live().await?;
    let truth = truth(&life.store, &sink, messages).await?;
    let says = format!("server killed {times} times, ours started again {restarts} times: {}", truth.told());
    Ok(Measured::new(truth.clean() && truth.open == 0, says))
}

/// Starts it again where it has ended with an error.
async fn again(child: &mut Child, life: &Life) -> Result<usize, Error> {
    match child.try_wait()? {
        Some(status) if !status.success() => {
            *child = life.begin(&[])?;
            Ok(1)
        }
        _ => Ok(0),
    }
}
