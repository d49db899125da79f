//! DB1, DB2: no room, and an fsync that fails.

use std::{path::Path, process::Stdio, sync::atomic::Ordering, time::Duration};

use shirube::model::message::Delivery;

use crate::{
    Error,
    life::Life,
    oracle::truth,
    rig::{Folder, ended, has, is_root},
    row::{Measured, Size, of},
    sink::Sink,
};

const MESSAGES: usize = 400;
/// A life that is neither done nor stopped by then is killed.
const LONG: Duration = Duration::from_secs(20);

/// DB1, on a small file system in memory.
pub async fn full(size: Size) -> Result<Measured, Error> {
    let folder = Folder::new("full")?;
    let Some(small) = Small::mount(folder.path())? else { return Ok(Measured::skipped("needs root for a tmpfs")) };
    let (times, mut chance) = (size.pick(12, 200), size.chance());
    let sink = Sink::start(None).await?;
    sink.state.pace.store(10_000, Ordering::Relaxed);
    let life = Life::on_file(small.0, sink.at.port());
    life.seed(MESSAGES, Delivery::AtMostOnce).await?;
    let (mut stopped, mut hung) = (0, 0);
    for _ in 0..times {
        small.fill(chance.between(0, 400_000))?;
        let mut child = life.begin(&[])?;
        match ended(&mut child, LONG).await? {
            Some(status) => stopped += usize::from(!status.success()),
            None => hung += 1,
        }
        small.empty()?;
    }
    life.live().await?;
    let truth = truth(&life.store, &sink, MESSAGES).await?;
    let says = format!("{times} times full: stopped {stopped}, hung {hung}; {}; finished with room", truth.told());
    Ok(Measured::new(truth.clean() && truth.open == 0 && hung == 0, says))
}

/// A file system of 8 MiB.
struct Small<'a>(&'a Path);

impl Small<'_> {
    fn mount(at: &Path) -> Result<Option<Small<'_>>, Error> {
        if !is_root() {
            return Ok(None);
        }
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "none"]).arg(at).stderr(Stdio::null());
        Ok(mount.status().is_ok_and(|status| status.success()).then_some(Small(at)))
    }

    /// Leaves so many bytes.
    fn fill(&self, leave: u64) -> Result<(), Error> {
        let free = rustix::fs::statvfs(self.0)?;
        let length = (free.f_bavail * free.f_frsize).saturating_sub(leave);
        let _ = std::fs::write(self.0.join("filler"), vec![1_u8; usize::try_from(length)?]);
        Ok(())
    }

    fn empty(&self) -> Result<(), Error> {
        Ok(std::fs::remove_file(self.0.join("filler"))?)
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// DB2, by strace.
pub async fn broken(size: Size) -> Result<Measured, Error> {
    if !has("strace") {
        return Ok(Measured::skipped("strace is not installed"));
    }
    let (times, mut chance) = (size.pick(20, 200), size.chance());
    let folder = Folder::new("eio")?;
    let sink = Sink::start(None).await?;
    let life = Life::on_file(folder.path(), sink.at.port());
    let messages = times * 20;
    life.seed(messages, Delivery::AtMostOnce).await?;
    sink.state.pace.store(30_000, Ordering::Relaxed);
    let log = folder.path().join("strace").display().to_string();
    let (mut hit, mut stopped, mut again) = (0, 0, 0);
    for _ in 0..times {
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={}", chance.between(1, 30));
        let words = ["strace", "-f", "-y", "-o", &log, "-e", "trace=fsync,fdatasync", "-e", &inject];
        let mut child = life.begin(&words.map(str::to_owned))?;
        let status = ended(&mut child, LONG).await?;
        let text = std::fs::read_to_string(&log)?;
        if let Some((_, after)) = text.split_once("(INJECTED)") {
            hit += 1;
            stopped += usize::from(status.is_some_and(|status| !status.success()));
            again += usize::from(repeated(&text, after));
        }
    }
    sink.state.pace.store(0, Ordering::Relaxed);
    life.live().await?;
    let truth = truth(&life.store, &sink, messages).await?;
    let says = format!(
        "{hit} failed fsyncs: stopped {stopped}, the journal's tried again {}; {}",
        of(again, hit),
        truth.told()
    );
    Ok(Measured::new(truth.clean() && truth.open == 0 && again == 0 && hit > 0, says))
}

/// Whether the file whose fsync failed is synced once more by the same process.
fn repeated(text: &str, after: &str) -> bool {
    let file = |line: &str| line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(f, _)| f.to_owned());
    let failed = text.lines().find(|line| line.contains("(INJECTED)")).and_then(file);
    // SQLite writes the pages of a failed commit anew before it syncs its log again; the journal is never touched again.
    failed.is_some_and(|failed| {
        failed.ends_with(".journal") && after.lines().filter_map(file).any(|again| again == failed)
    })
}
