//! `demo`: the main job on sample customers. Sixty days are replayed on virtual time through the real
//! store, engine and outbox; then it serves, with a prompt where `/cs …` works.

mod chance;
mod customers;
mod days;
mod effects;
mod growth;
mod names;
mod news;
mod prompt;
mod replay;
mod summary;

use std::{path::Path, sync::Arc};

use super::{
    Cli, Exit, Failure,
    assemble::{self, Running},
    guided, init, preset,
    project::Project,
};
use crate::{
    clock::{Clock, SystemClock, VirtualClock},
    model::locale::Locale,
    store::{api::Mode, open},
    words::refusal,
};

/// Options of `demo`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Stop after the summary.
    #[arg(long)]
    no_serve: bool,
    /// Another world: a playbook that helps, one that does nothing and one that harms, and the verdict on each.
    #[arg(long)]
    effects: bool,
}

/// The folder the demo lives in.
const FOLDER: &str = "demo";
/// Days replayed.
pub const DAYS: i32 = 60;

/// Builds `demo/`, replays, says what happened, and serves.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let folder = cli.dir.join(FOLDER);
    clear(&folder, cli.locale())?;
    if args.effects {
        return effects::run(cli, &folder).await;
    }
    prepare(&folder)?;
    let end = SystemClock.now();
    let clock = Arc::new(VirtualClock::at(end));
    let project = Project::open(&folder)?;
    let path = match &project.config.store {
        crate::config::Store::Sqlite(path) => project.path(path),
        crate::config::Store::Postgres(_) => {
            return Err(Failure::usage(refusal::demo_on_sqlite(cli.locale())));
        }
    };
    let store = open(&format!("sqlite:{}", path.display()), Mode::Rehearsal).await?;
    let span = replay::span(&project, end, cli.locale())?;
    clock.set(span.at(0, 0, 0));
    let running = assemble::running_on(project, store, Mode::Rehearsal, Arc::clone(&clock) as Arc<dyn Clock>)
        .await?
        .rendering_here()?;
    let told = replay::run(&running, &clock, &span, end, cli.json).await?;
    summary::print(cli, &running, &told, &span, end).await?;
    if args.no_serve || cli.json {
        return Ok(Exit::Done);
    }
    serve(cli, running, &folder).await
}

/// No demo of before.
fn clear(folder: &Path, locale: Locale) -> Result<(), Failure> {
    if folder.exists() {
        let ours = folder.join("model.yaml").exists() || std::fs::read_dir(folder)?.next().is_none();
        if !ours {
            return Err(Failure::usage(refusal::no_demo_folder(locale, &folder.display().to_string())));
        }
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}

/// A fresh folder: the starter kit and nothing else.
fn prepare(folder: &Path) -> Result<(), Failure> {
    init::write(folder, &begun_with(init::stamped(preset::files(&[]), SystemClock.now())))?;
    init::ignore(folder)?;
    Ok(())
}

/// What a team would switch on first; the kit's other playbooks wait in `later/`, as after `init --guided`.
const FIRST: [&str; 12] = [
    "onboarding",
    "stalled_onboarding",
    "first_value",
    "no_login",
    "usage_decline",
    "red_alert",
    "renewal",
    "renewal_result",
    "payment_failure",
    "community_nudge",
    "data_stopped",
    "sending_stopped",
];

fn begun_with(files: Vec<(String, String)>) -> Vec<(String, String)> {
    let waits = |path: &str| guided::playbook(path).is_some_and(|name| !FIRST.contains(&name));
    files.into_iter().map(|(path, text)| (if waits(&path) { format!("later/{path}") } else { path }, text)).collect()
}

async fn serve(cli: &Cli, replayed: Running, folder: &Path) -> Result<Exit, Failure> {
    drop(replayed);
    let running = assemble::running(Project::open(folder)?, Mode::Daemon, Arc::new(SystemClock)).await?;
    prompt::serve(cli, Arc::new(running)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_begins_with_playbooks_that_are_there_and_keeps_the_others() {
        let files = preset::files(&[]);
        let begun = begun_with(files.clone());
        let live: Vec<&str> = begun.iter().filter_map(|(path, _)| guided::playbook(path)).collect();
        assert!(FIRST.iter().all(|name| live.contains(name)), "{live:?}");
        assert_eq!(begun.len(), files.len());
        assert!(begun.iter().any(|(path, _)| path == "later/playbooks/nps_survey.yaml"));
    }
}
