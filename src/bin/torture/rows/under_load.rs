//! DB7: backups while mails are sent, and the last one put back.

use std::{sync::atomic::Ordering, time::Instant};

use serde_json::Value;

use crate::{
    Error,
    rig::{Project, has},
    row::{Measured, Size, of},
    sink::Sink,
};

/// DB7.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let (times, customers) = (size.pick(8, 100), size.pick(400, 10_000));
    let sink = Sink::start(None).await?;
    sink.state.pace.store(20_000, Ordering::Relaxed);
    let project = Project::new("load", customers, sink.at.port()).await?;
    project.must(&["event", "go"]).await?;
    let mut daemon = project.daemon()?;
    let (mut bad, mut last) = (0, String::new());
    for n in 0..times {
        last = format!("backup-{n}.db");
        let told: Value = serde_json::from_str(&project.must(&["backup", &last, "--json"]).await?)?;
        let sound = !has("sqlite3") || sqlite(&project, &last, "PRAGMA integrity_check").await? == "ok";
        bad += usize::from(!sound || told["accounts"] != customers);
    }
    let alive = daemon.try_wait()?.is_none();
    daemon.kill().await?;
    let count = "SELECT (SELECT count(*) FROM account) || ' ' || (SELECT count(*) FROM outbox) || ' ' || (SELECT count(*) FROM fact)";
    let counted = sqlite(&project, &last, count).await?;
    let began = Instant::now();
    project.must(&["restore", &last]).await?;
    project.must(&["accounts", "--limit", "1"]).await?;
    let took = began.elapsed();
    let equal = sqlite(&project, "shirube.db", count).await? == counted;
    let says = format!(
        "{times} backups of {customers} customers: unsound {}; daemon {}; counts equal: {equal}; back in {} ms",
        of(bad, times),
        if alive { "went on" } else { "ended" },
        took.as_millis()
    );
    Ok(Measured::new(bad == 0 && alive && equal, says))
}

async fn sqlite(project: &Project, file: &str, ask: &str) -> Result<String, Error> {
    let mut command = tokio::process::Command::new("sqlite3");
    let out = command.arg(project.path().join(file)).arg(ask).output().await?;
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}
