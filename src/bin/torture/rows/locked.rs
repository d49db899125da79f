//! DB3: somebody opens the database with another tool and locks it.

use std::{
    process::Stdio,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use tokio::{io::AsyncWriteExt, process::Command};

use crate::{
    Error,
    oracle::truth,
    rig::{Project, has, percentile, until},
    row::{Measured, Size},
    sink::Sink,
};

const CUSTOMERS: usize = 200;

/// DB3.
pub async fn run(size: Size) -> Result<Measured, Error> {
    if !has("sqlite3") {
        return Ok(Measured::skipped("sqlite3 is not installed"));
    }
    let length = Duration::from_secs(size.pick(15, 30) as u64);
    let sink = Sink::start(None).await?;
    sink.state.pace.store(50_000, Ordering::Relaxed);
    let project = Project::new("locked", CUSTOMERS, sink.at.port()).await?;
    project.must(&["event", "go"]).await?;
    let mut daemon = project.daemon()?;
    until("the first mails", || sink.accepted().len() > 5).await?;
    let mut other = Command::new("sqlite3");
    other
        .arg("-cmd")
        .arg(".timeout 60000")
        .arg(project.path().join("shirube.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    let mut other = other.spawn()?;
    let mut typed = other.stdin.take().ok_or("no input")?;
    typed.write_all(b"BEGIN EXCLUSIVE;\n").await?;
    typed.flush().await?;
    let (began, mut took) = (Instant::now(), Vec::new());
    while began.elapsed() < length {
        let asked = Instant::now();
        project.must(&["health", "a1"]).await?;
        took.push(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let before = sink.accepted().len();
    typed.write_all(b"COMMIT;\n.quit\n").await?;
    drop(typed);
    other.wait().await?;
    // It may have given up a while ago and still be ending.
    until("the rest, or its end", || sink.accepted().len() >= CUSTOMERS || !matches!(daemon.try_wait(), Ok(None)))
        .await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let alive = daemon.try_wait()?.is_none();
    daemon.kill().await?;
    project.finish(3).await?;
    let truth = truth(&project.url(), &sink, CUSTOMERS).await?;
    let slow = percentile(&took, 99);
    let says = format!(
        "locked {} s after {before} mails: daemon {}; {}; {} answers meanwhile, p99 {slow} ms",
        length.as_secs(),
        if alive { "went on" } else { "ended" },
        truth.told(),
        took.len()
    );
    Ok(Measured::new(alive && truth.clean() && slow <= 1_000, says))
}
