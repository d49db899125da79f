//! `doctor`: every channel, credential, clock and permission; says how to mend.

use serde::Serialize;

use super::{Cli, Exit, Failure, assemble, desk};
use crate::{
    app::dispatch::alarm,
    config::{SlackMode, Transport},
    model::instant::Instant,
};

/// One check: the contract of `doctor --json`.
#[derive(Debug, Serialize)]
struct Line {
    check: String,
    ok: bool,
    detail: String,
    mend: String,
}

fn line(check: &str, result: Result<String, String>) -> Line {
    let (ok, detail, mend) = match result {
        Ok(detail) => (true, detail, String::new()),
        Err(mend) => (false, String::new(), mend),
    };
    Line { check: check.to_owned(), ok, detail, mend }
}

/// Checks everything that can be checked from here.
pub async fn run(cli: &Cli) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let config = &running.project.config;
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let day = |at: Instant| at.rfc3339(&zone);
    let mut lines = vec![
        line("rulebook", Ok(format!("{} playbooks", running.shell.rulebook().playbooks.len()))),
        line("store", running.shell.store.ping().await.map(|()| "answers".to_owned()).map_err(|e| e.to_string())),
    ];
    for (kind, channel) in assemble::channels(&running.project, &running.shell.clock)? {
        lines.push(line(kind.word(), channel.doctor().await));
    }
    for alarm in alarm::read(running.shell.store.as_ref()).await? {
        let mend = format!("waits since {}: {}; tried again at {}", day(alarm.since), alarm.reason, day(alarm.until));
        lines.push(line(&alarm.name, Err(mend)));
    }
    if config.http.public_url.is_none() && !matches!(config.email.transport, Transport::File(_)) {
        let mend = "set http.public_url: the unsubscribe links in mails must be reachable from outside";
        lines.push(line("public_url", Err(mend.to_owned())));
    }
    if config.slack.mode != SlackMode::Off && config.slack.teams.is_empty() {
        let mend = "slack.teams is empty, so nobody may ask; add your workspace's id (T…)";
        lines.push(line("slack.teams", Err(mend.to_owned())));
    }
    if config.company.name.is_empty() || config.company.address.is_empty() {
        let mend = "set company.name and company.address: the law asks for both in every mail";
        lines.push(line("company", Err(mend.to_owned())));
    }
    let bad = lines.iter().any(|l| !l.ok);
    if cli.json {
        desk::json(&lines);
    } else {
        for l in &lines {
            anstream::println!("{} {:<12} {}{}", if l.ok { "ok  " } else { "mend" }, l.check, l.detail, l.mend);
        }
    }
    Ok(if bad { Exit::Finding } else { Exit::Done })
}
