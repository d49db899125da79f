//! `digest NAME`: show it now, or post it.

use std::io::IsTerminal;

use super::{Cli, Exit, Failure, ask::Form, desk};
use crate::{
    channel,
    chat::text,
    command::{digest as answer, today},
    insight::digest::{DigestData, DigestRow},
    model::instant::date_of,
    rulebook::types::{Digest, DigestOf},
    words::{refusal, told},
};

/// Options of `digest`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its name in `model.yaml`.
    name: String,
    /// slack (post it now), stdout, or a file.
    #[arg(long, default_value = "stdout")]
    to: String,
    /// Print the exact payload a platform would get.
    #[arg(long = "as", value_enum)]
    form: Option<Form>,
}

/// Shows or posts a digest.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let shell = &running.shell;
    let rulebook = shell.rulebook();
    let Some(digest) = rulebook.model.digests.iter().find(|d| d.name == args.name) else {
        let names: Vec<&str> = rulebook.model.digests.iter().map(|d| d.name.as_str()).collect();
        return Err(Failure::usage(refusal::no_digest(cli.locale(), &args.name, &names.join(", "))));
    };
    let now = shell.clock.now();
    if args.to == "slack" {
        return post(cli, &running, digest).await;
    }
    let data = shell.digest(digest, now).await?;
    let reply = match digest.of {
        DigestOf::Today => today::today(shell, &desk::asker(cli), now).await?,
        _ => answer::reply(&data, &rulebook, cli.locale()),
    };
    let shown = match args.form {
        Some(Form::Slack) => channel::slack::body::answer(&reply).to_string(),
        Some(Form::Discord) => channel::discord::body::answer(&reply).to_string(),
        _ if cli.json => contract(&data, &reply.title, &rulebook.model.workspace.zone),
        _ if args.to == "stdout" && std::io::stdout().is_terminal() => text::render(&reply),
        _ => text::whole(&reply),
    };
    match args.to.as_str() {
        "stdout" => anstream::println!("{shown}"),
        file => std::fs::write(file, shown)?,
    }
    Ok(Exit::Done)
}

fn contract(data: &DigestData, title: &str, zone: &jiff::tz::TimeZone) -> String {
    let row = |r: &DigestRow| {
        let reasons: Vec<&String> = r.reasons.iter().map(|(name, _)| name).collect();
        serde_json::json!({"account": r.account, "name": r.name, "band": r.band, "score": r.score,
            "change_7d": r.change_7d, "mrr": r.mrr, "reasons": reasons, "suggested": r.suggested, "new": r.fresh,
            "renewal": r.renewal.map(|day| date_of(day).to_string()), "acked": r.acked, "wins": r.wins})
    };
    let rows: Vec<_> = data.rows.iter().map(row).collect();
    serde_json::json!({"title": title, "as_of": data.as_of.rfc3339(zone), "kind": data.kind.word(), "rows": rows,
        "untaken": data.untaken, "since": data.since.map(|at| at.rfc3339(zone)), "unchanged": data.unchanged, "gone": data.left,
        "playbooks": data.playbooks, "kpis": data.kpis, "topics": data.topics, "wants": data.wants,
        "surveys": data.surveys, "voices": data.voices})
    .to_string()
}

async fn post(cli: &Cli, running: &super::assemble::Running, digest: &Digest) -> Result<Exit, Failure> {
    running.shell.post_digest_now(digest, running.shell.clock.now()).await?;
    let done = super::tick::turn_and_send(running, cli.locale()).await?;
    anstream::eprintln!("{}", told::sent(cli.locale(), done.sent));
    Ok(Exit::Done)
}
