//! I3: a large file comes in; and is cut short.

use std::{
    io::{BufWriter, Write},
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    Error,
    rig::Project,
    row::{Measured, Size, of},
    sink::Sink,
};

const CUSTOMERS: usize = 1_000;

/// I3.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let (mib, kills, mut chance) = (size.pick(4, 1_024), size.pick(5, 50), size.chance());
    let sink = Sink::start(None).await?;
    let project = Project::new("large", CUSTOMERS, sink.at.port()).await?;
    let before = facts(&project).await?;
    let small = written(&project.path().join("small.csv"), 1)?;
    let mut halves = 0;
    for _ in 0..kills {
        let mut import = project.program(&["import", "events", "small.csv"])?.spawn()?;
        tokio::time::sleep(Duration::from_millis(chance.between(50, 2_000))).await;
        import.kill().await?;
        // Whoever turns the ring finishes what was made visible.
        project.must(&["tick"]).await?;
        let more = facts(&project).await? - before;
        halves += usize::from(more != 0 && more != small);
    }
    let rows = written(&project.path().join("large.csv"), mib)?;
    let (began, mut memory) = (Instant::now(), 0);
    let mut import = project.program(&["import", "events", "large.csv"])?.spawn()?;
    while import.try_wait()?.is_none() {
        memory = peak(&import).max(memory);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let took = began.elapsed().as_secs_f64();
    let came = facts(&project).await? - before;
    let (rate, whole) = (mib as f64 / took, came == rows || came == rows + small);
    let fast = cfg!(debug_assertions) || rate >= 20.0;
    let says = format!(
        "{mib} MiB, {rows} rows: {} MiB of memory, {rate:.1} MB/s{}, all there: {whole}; killed: half of it visible {}",
        memory / 1024,
        if cfg!(debug_assertions) { " (debug build, not judged)" } else { "" },
        of(halves, kills)
    );
    Ok(Measured::new(memory <= 200 * 1024 && whole && halves == 0 && fast, says))
}

/// Writes about so many MiB of logins; answers how many rows.
fn written(path: &Path, mib: usize) -> Result<usize, Error> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    let (mut bytes, mut rows) = (file.write(b"account,event,at,id,page\n")?, 0);
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    while bytes < mib << 20 {
        let (day, second) = (1 + rows % 28, rows % 86_400);
        let at = format!("2026-10-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60);
        let line = format!("a{},login,{at},{name}-{rows},/settings/members/invite\n", rows % CUSTOMERS);
        file.write_all(line.as_bytes())?;
        (bytes, rows) = (bytes + line.len(), rows + 1);
    }
    file.flush()?;
    Ok(rows)
}

/// The most memory it had, in KiB.
fn peak(child: &tokio::process::Child) -> usize {
    let status = child.id().map(|id| std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default());
    let text = status.unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

async fn facts(project: &Project) -> Result<usize, Error> {
    use sqlx::{ConnectOptions as _, Connection as _, Row as _, sqlite::SqliteConnectOptions};
    let options = SqliteConnectOptions::new().filename(project.path().join("shirube.db"));
    let mut connection = options.connect().await?;
    let row = sqlx::query("SELECT count(*) FROM fact WHERE event = 'login'").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?)?)
}
