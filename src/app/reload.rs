//! From files to a live rulebook. A broken edit never replaces a good one.

use std::{collections::BTreeMap, io::Read, path::Path};

use super::{shell::Shell, versions::keep_versions};
use crate::{
    model::{diagnostic::Diagnostic, instant::Instant},
    rulebook::{load, types::Rulebook},
    store::api::{Result, Store},
};

/// So much of a file is read: more than any file of a rulebook may have, so that the check can say so.
const FILE_MAX: u64 = 1 << 20;
/// More files than this are not read.
const FILES_MAX: usize = 2_000;

/// Reads a project's rulebook files: `model.yaml`, `content.yaml`, `playbooks/`, `templates/`, keyed by their path
/// relative to `dir` with `/`.
pub fn read_project(dir: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for name in ["model.yaml", "content.yaml"] {
        read_into(dir, &dir.join(name), &mut files)?;
    }
    for folder in ["playbooks", "templates"] {
        walk(dir, &dir.join(folder), 0, &mut files)?;
    }
    Ok(files)
}

/// Reads the articles of `knowledge/`, keyed like the rulebook's files. They decide nothing and are no part of it.
pub fn read_knowledge(dir: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    walk(dir, &dir.join("knowledge"), 0, &mut files)?;
    Ok(files)
}

/// Reads the playbooks that wait in `later/`: no part of the rulebook, but `check` knows what they are meant for.
pub fn read_later(dir: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    walk(dir, &dir.join("later").join("playbooks"), 0, &mut files)?;
    files.retain(|path, _| !path.ends_with(".test.yaml"));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, depth: usize, files: &mut BTreeMap<String, String>) -> std::io::Result<()> {
    if depth > 4 || !folder.is_dir() {
        return Ok(());
    }
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.filter_map(|e| e.ok()).map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if files.len() >= FILES_MAX || hidden {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, depth + 1, files)?;
        } else {
            read_into(root, &path, files)?;
        }
    }
    Ok(())
}

fn read_into(root: &Path, path: &Path, files: &mut BTreeMap<String, String>) -> std::io::Result<()> {
    let wanted = path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "md" || e == "mjml");
    if !wanted || !path.is_file() {
        return Ok(());
    }
    let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(FILE_MAX).read_to_end(&mut bytes)?;
    files.insert(relative, String::from_utf8_lossy(&bytes).into_owned());
    Ok(())
}

/// Gives a checked rulebook its number in the store: live from `now`, unless it already was.
pub async fn go_live(
    store: &dyn Store,
    mut rulebook: Rulebook,
    files: &BTreeMap<String, String>,
    now: Instant,
) -> Result<Rulebook> {
    let content = serde_json::to_string(files).unwrap_or_default();
    let newest = store.rulebooks(1).await?.into_iter().next();
    rulebook.number = store.put_rulebook(&rulebook.hash, &content, now).await?;
    rulebook.live_since = match newest {
        Some((number, _, since, _)) if number == rulebook.number => since,
        _ => now,
    };
    Ok(rulebook)
}

impl Shell {
    /// Reads the articles again, if they have changed.
    pub fn reload_knowledge(&self, dir: &Path) -> std::io::Result<()> {
        if let Some(library) = self.knowledge().renewed(&read_knowledge(dir)?) {
            self.set_knowledge(library);
        }
        Ok(())
    }

    /// The same where a file differs from what was read last time (`seen`); else only the articles are looked at. Answers
    /// what `reload` does.
    pub async fn reload_changed(
        &self,
        dir: &Path,
        seen: &mut Option<BTreeMap<String, String>>,
        now: Instant,
    ) -> Result<std::result::Result<bool, Vec<Diagnostic>>> {
        if let Err(error) = self.reload_knowledge(dir) {
            return Ok(Err(vec![unreadable(&error)]));
        }
        let files = match read_project(dir) {
            Ok(files) => files,
            Err(error) => return Ok(Err(vec![unreadable(&error)])),
        };
        if seen.as_ref() == Some(&files) {
            return Ok(Ok(false));
        }
        let done = self.take_up(&files, now).await?;
        *seen = Some(files);
        Ok(done)
    }

    /// Reads the project again. Good: it goes live and every account takes it in its turn. Broken: the
    /// last good one stays, and the findings are the answer.
    pub async fn reload(&self, dir: &Path, now: Instant) -> Result<std::result::Result<bool, Vec<Diagnostic>>> {
        self.reload_changed(dir, &mut None, now).await
    }

    async fn take_up(
        &self,
        files: &BTreeMap<String, String>,
        now: Instant,
    ) -> Result<std::result::Result<bool, Vec<Diagnostic>>> {
        let (rulebook, findings) = load::load(files);
        let Some(rulebook) = rulebook else { return Ok(Err(findings)) };
        if rulebook.hash == self.rulebook().hash {
            return Ok(Ok(false));
        }
        let before = self.rulebook();
        let mut live = go_live(self.store.as_ref(), rulebook, files, now).await?;
        keep_versions(self.store.as_ref(), &mut live, files, Some(&before)).await?;
        tracing::info!(number = live.number, "a new rulebook is live");
        self.set_rulebook(live);
        self.begin_sweep().await?;
        Ok(Ok(true))
    }
}

fn unreadable(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "unreadable",
        &Default::default(),
        format!("the project folder cannot be read: {error}"),
        "check the folder's path and permissions",
    )
}
