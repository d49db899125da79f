//! C3: nothing ran for days.

use std::collections::BTreeMap;

use shirube::model::message::OutboxState;

use crate::{
    Error,
    oracle::rows,
    rig::{Project, playbook},
    row::{Measured, Size},
    sink::Sink,
};

const CUSTOMERS: usize = 5;

/// C3.
pub async fn run(_: Size) -> Result<Measured, Error> {
    let sink = Sink::start(None).await?;
    let three = after(&sink, "2026-04-09T12:00:00+09:00").await?;
    let sent = |name: &str| three.get(name).copied().unwrap_or(0) / CUSTOMERS;
    let counts = [sent("skips"), sent("makes_up_once"), sent("makes_up_all"), sent("patient"), sent("impatient")];
    let arrived = sink.accepted().len();
    let eight = after(&sink, "2026-04-14T12:00:00+09:00").await?;
    let quiet = sink.accepted().len() == arrived;
    let says = format!(
        "3 days: skip {}, once {}, all {}; held 30d {} sent, held 1d {} sent; 8 days: {} sent, {} held",
        counts[0],
        counts[1],
        counts[2],
        counts[3],
        counts[4],
        sink.accepted().len() - arrived,
        eight.get("held").copied().unwrap_or(0)
    );
    Ok(Measured::new(counts == [0, 1, 3, 1, 0] && quiet, says))
}

/// What was sent, by playbook, when the daemon comes back at `back`; and what is held.
async fn after(sink: &Sink, back: &str) -> Result<BTreeMap<String, usize>, Error> {
    let project = Project::new("off", CUSTOMERS, sink.at.port()).await?;
    let mail = "enroll: {again: always, open: parallel}\nhold_at_most: 30d\nsteps: [{id: mail, email: t/hello}]\n";
    for (name, missed) in [("skips", "skip"), ("makes_up_once", "once"), ("makes_up_all", "all")] {
        let start = format!("start: {{cron: \"0 10 * * *\", missed: {missed}}}\n");
        project.write(&format!("playbooks/{name}.yaml"), &playbook(name, &(start + mail)))?;
    }
    for (name, hold) in [("patient", "30d"), ("impatient", "1d")] {
        let rest = format!(
            "start: {{on: go}}\nenroll: {{again: never}}\nhold_at_most: {hold}\n\
             steps: [{{id: settle, wait: 1d}}, {{id: mail, email: t/hello}}]\n"
        );
        project.write(&format!("playbooks/{name}.yaml"), &playbook(name, &rest))?;
    }
    std::fs::remove_file(project.path().join("playbooks/hello.yaml"))?;
    for end in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(project.path().join(format!("shirube.db{end}")));
    }
    let _ = std::fs::remove_file(project.path().join("sent.journal"));
    let clock = |at: &str| project.write("clock", at);
    clock("2026-04-06T11:00:00+09:00")?;
    for words in [
        ["import", "accounts", "accounts.csv"].as_slice(),
        &["import", "contacts", "contacts.csv"],
        &["tick"],
        &["event", "go"],
        &["tick"],
    ] {
        project.must(&[words, &["--clock", "clock"]].concat()).await?;
    }
    clock(back)?;
    for _ in 0..3 {
        project.must(&["tick", "--clock", "clock"]).await?;
    }
    let mut counts = BTreeMap::new();
    for row in rows(&project.url()).await? {
        let name = match row.state {
            OutboxState::Sent => row.planned.playbook,
            OutboxState::Held => "held".to_owned(),
            _ => continue,
        };
        *counts.entry(name).or_insert(0) += 1;
    }
    Ok(counts)
}
