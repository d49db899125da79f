//! D10: a backup of an hour ago comes back in the middle of a campaign.

use std::sync::atomic::Ordering;

use shirube::model::message::OutboxState;

use crate::{
    Error,
    oracle::{rows, truth},
    rig::{Project, until},
    row::{Chance, Measured, Size, of},
    sink::Sink,
};

const CUSTOMERS: usize = 60;

/// D10.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let (times, mut chance) = (size.pick(4, 50), size.chance());
    let (mut doubled, mut lost, mut not_held, mut maybe, mut again) = (0, 0, 0, 0, 0);
    for n in 0..times {
        let sink = Sink::start(None).await?;
        sink.state.pace.store(60_000, Ordering::Relaxed);
        let project = Project::new("backup", CUSTOMERS, sink.at.port()).await?;
        cut_short(&project, &sink, &mut chance).await?;
        // A mail whose conversation the dead daemon had begun may still be written down.
        let journal = n.is_multiple_of(2);
        if !journal {
            std::fs::remove_file(project.path().join("sent.journal"))?;
        }
        let before = sink.accepted().len();
        project.must(&["tick"]).await?;
        let held = rows(&project.url()).await?.iter().filter(|r| r.state == OutboxState::Held).count();
        not_held += usize::from(sink.accepted().len() != before || held == 0);
        if journal {
            project.must(&["resume", "--all", "--yes"]).await?;
            sink.state.pace.store(0, Ordering::Relaxed);
            project.finish(10).await?;
            let truth = truth(&project.url(), &sink, CUSTOMERS).await?;
            (doubled, lost, maybe) = (doubled + truth.doubled, lost + truth.lost, maybe + truth.maybe);
            again += CUSTOMERS;
        }
    }
    let says = format!(
        "{times} restores: not held first {}; mailed twice {}, lost {lost}, maybe_sent {maybe}; every other one without its \
         journal",
        of(not_held, times),
        of(doubled, again)
    );
    Ok(Measured::new(doubled == 0 && lost == 0 && not_held == 0, says))
}

/// Some mails, a backup, some more mails, kill -9, and the backup is put back.
async fn cut_short(project: &Project, sink: &Sink, chance: &mut Chance) -> Result<(), Error> {
    project.must(&["event", "go"]).await?;
    let mut daemon = project.daemon()?;
    let first = chance.index(15) + 3;
    until("the first mails", || sink.accepted().len() >= first).await?;
    project.must(&["backup", "old.db"]).await?;
    let more = (sink.accepted().len() + chance.index(10) + 3).min(CUSTOMERS - 5);
    until("more mails", || sink.accepted().len() >= more).await?;
    daemon.kill().await?;
    project.must(&["restore", "old.db"]).await.map(drop)
}
