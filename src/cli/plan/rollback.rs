//! `rollback`: the files that are live, where the folder has an edit that is not; else those that were live before.

use std::{collections::BTreeMap, path::Path};

use super::checked;
use crate::{
    cli::{Cli, Exit, Failure, assemble, desk, project::Project},
    rulebook::load,
    store::api::Mode,
    words::outlook as say,
};

/// Puts the files back, also where the present ones are broken; the daemon takes them up like any edit.
pub async fn run(cli: &Cli) -> Result<Exit, Failure> {
    let project = Project::open(&cli.dir)?;
    let books = assemble::open_store(&project, Mode::Tool).await?.rulebooks(20).await?;
    // A broken edit has no hash: it is none that was live.
    let here = load::load(&project.files).0.map(|rulebook| rulebook.hash);
    let undone = books.first().is_some_and(|live| here.as_ref() != Some(&live.1));
    let Some((number, _, _, content)) = books.into_iter().find(|book| here.as_ref() != Some(&book.1)) else {
        return Err(Failure::refused(say::no_rollback(cli.locale())));
    };
    let files: BTreeMap<String, String> = serde_json::from_str(&content).unwrap_or_default();
    checked(&files, &say::rulebook(cli.locale(), number), cli.locale())?;
    let kept = put_back(&project.dir, &project.files, &files)?;
    if cli.json {
        desk::json(&serde_json::json!({"rulebook": number, "kept": kept}));
    } else {
        anstream::println!("{}", say::rolled_back(cli.locale(), number, &kept, undone));
    }
    Ok(Exit::Done)
}

/// Moves the present files aside and writes the others; answers the folder of those aside.
fn put_back(
    dir: &Path,
    present: &BTreeMap<String, String>,
    files: &BTreeMap<String, String>,
) -> Result<String, Failure> {
    let kept = (1..).map(|n| format!("rulebook.before-rollback-{n}")).find(|name| !dir.join(name).exists());
    let kept = kept.unwrap_or_default();
    for path in present.keys() {
        let aside = dir.join(&kept).join(path);
        std::fs::create_dir_all(aside.parent().unwrap_or(dir))?;
        std::fs::copy(dir.join(path), aside)?;
    }
    for (path, text) in files {
        let to = dir.join(path);
        std::fs::create_dir_all(to.parent().unwrap_or(dir))?;
        std::fs::write(to, text)?;
    }
    for path in present.keys().filter(|path| !files.contains_key(*path)) {
        std::fs::remove_file(dir.join(path))?;
    }
    Ok(kept)
}
