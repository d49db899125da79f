//! D7: the daemon is asked to end while it sends.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    Error,
    life::pause,
    oracle::truth,
    rig::{Project, ended, open, percentile, signal},
    row::{Measured, Size, of},
    sink::Sink,
};

const CUSTOMERS: usize = 200;

/// D7.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let (times, mut chance) = (size.pick(20, 1_000), size.chance());
    let sink = Sink::start(None).await?;
    sink.state.pace.store(30_000, Ordering::Relaxed);
    let project = Project::new("terms", CUSTOMERS, sink.at.port()).await?;
    let (mut odd, mut took, mut rounds) = (0, Vec::new(), 0);
    for _ in 0..times {
        if open(&project.url()).await? < 20 {
            project.must(&["event", "go", &format!("round={rounds}")]).await?;
            rounds += 1;
        }
        let mut daemon = project.daemon()?;
        pause(chance.between(100, 900)).await;
        let asked = Instant::now();
        signal(&daemon, Signal::TERM);
        let status = ended(&mut daemon, Duration::from_secs(30)).await?;
        odd += usize::from(!status.is_some_and(|status| status.success()));
        took.push(asked.elapsed());
    }
    sink.state.pace.store(0, Ordering::Relaxed);
    project.finish(20).await?;
    let truth = truth(&project.url(), &sink, rounds * CUSTOMERS).await?;
    let passed = odd == 0 && truth.clean() && truth.maybe == 0 && truth.open == 0;
    let says = format!("ended otherwise {}; slowest {} ms; {}", of(odd, times), percentile(&took, 100), truth.told());
    Ok(Measured::new(passed, says))
}
