//! I2: somebody saves broken files while the daemon works.

use std::{sync::atomic::Ordering, time::Duration};

use rustix::process::Signal;

use crate::{
    Error,
    life::pause,
    oracle::{rows, truth},
    rig::{GREETING, Project, playbook, signal, until},
    row::{Chance, Measured, Size, of},
    sink::Sink,
};

const CUSTOMERS: usize = 120;

/// I2.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let (times, mut chance) = (size.pick(40, 1_000), size.chance());
    let sink = Sink::start(None).await?;
    sink.state.pace.store(100_000, Ordering::Relaxed);
    let project = Project::new("broken", CUSTOMERS, sink.at.port()).await?;
    project.must(&["event", "go"]).await?;
    let mut daemon = project.program(&["run", "--role", "evaluate,dispatch,http"])?.spawn()?;
    until("the first mails", || sink.accepted().len() > 3).await?;
    let (good, mut crashed) = (playbook("hello", GREETING), 0);
    for _ in 0..times {
        project.write("playbooks/hello.yaml", &broken(&good, &mut chance))?;
        signal(&daemon, Signal::HUP);
        pause(chance.between(20, 80)).await;
        if daemon.try_wait()?.is_some() {
            crashed += 1;
            daemon = project.program(&["run", "--role", "evaluate,dispatch,http"])?.spawn()?;
            pause(1_000).await;
        }
    }
    let ready = reqwest_ready(project.http).await;
    project.write("playbooks/hello.yaml", &good)?;
    sink.state.pace.store(0, Ordering::Relaxed);
    let _ =
        tokio::time::timeout(Duration::from_secs(60), until("the rest", || sink.accepted().len() >= CUSTOMERS)).await;
    pause(500).await;
    daemon.kill().await?;
    let versions: std::collections::BTreeSet<String> =
        rows(&project.url()).await?.into_iter().map(|row| row.planned.playbook_hash).collect();
    project.finish(3).await?;
    let truth = truth(&project.url(), &sink, CUSTOMERS).await?;
    let passed = crashed == 0 && versions.len() == 1 && truth.clean() && ready;
    let says = format!(
        "ended by one {}; versions of the playbook that sent: {}; ready all the while: {ready}; {}",
        of(crashed, times),
        versions.len(),
        truth.told()
    );
    Ok(Measured::new(passed, says))
}

async fn reqwest_ready(port: u16) -> bool {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let Ok(mut line) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await else { return false };
    let ask = b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut answer = Vec::new();
    line.write_all(ask).await.is_ok()
        && line.read_to_end(&mut answer).await.is_ok()
        && answer.starts_with(b"HTTP/1.1 200")
}

/// The file as one should never save it.
fn broken(good: &str, chance: &mut Chance) -> String {
    let cut: String = good.chars().take(chance.index(good.len() / 2) + 20).collect();
    match chance.index(9) {
        0 => cut + "\n  - {",
        1 => good.replace("start:", "strat:"),
        2 => format!("{good}playbook: again\n"),
        3 => good.replace("email: t/hello", "email: t/nowhere"),
        4 => good.replace("{on: go}", "{when: account.seats >> \"x\"}"),
        5 => good.replace('\n', "\n\t"),
        6 => format!("{good}\u{0}\u{0}"),
        7 => "- ".repeat(60_000),
        _ => format!("a: &a [x]\nb: *a\n{good}"),
    }
}
