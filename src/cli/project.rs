//! A project folder: its configuration and its rulebook.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::exit::Failure;
use crate::{
    app::reload::read_project,
    config::{self, Config, Lookup},
    model::diagnostic::{Diagnostic, Severity},
    rulebook::{load, types::Rulebook},
};

/// A project folder as found on disk.
pub struct Project {
    /// The folder.
    pub dir: PathBuf,
    /// `shirube.yaml` with the environment laid over it.
    pub config: Config,
    /// The rulebook's files by relative path.
    pub files: BTreeMap<String, String>,
}

impl Project {
    /// Reads the folder. Errors: no project there, or a configuration that cannot be used.
    pub fn open(dir: &Path) -> Result<Project, Failure> {
        let config = read_config(dir)?;
        let files = read_project(dir)?;
        if !files.contains_key("model.yaml") {
            let says = format!("{} has no model.yaml; `shirube init {}` writes one", dir.display(), dir.display());
            return Err(Failure::usage(says));
        }
        Ok(Project { dir: dir.to_owned(), config, files })
    }

    /// The checked rulebook with its warnings; errors are the failure.
    pub fn rulebook(&self) -> Result<(Rulebook, Vec<Diagnostic>), Failure> {
        match load::load(&self.files) {
            (Some(rulebook), findings) => Ok((rulebook, findings)),
            (None, findings) => {
                let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
                let says = format!("the rulebook has {errors} error(s); nothing was changed");
                Err(Failure::findings(says, findings))
            }
        }
    }

    /// A path of the configuration, relative to the project folder.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.join(relative)
    }
}

/// Reads `shirube.yaml` (all defaults where there is none) under the environment.
pub fn read_config(dir: &Path) -> Result<Config, Failure> {
    let path = dir.join(config::FILE);
    let text = if path.exists() { std::fs::read_to_string(&path)? } else { String::new() };
    config_of(dir, &text)
}

/// The configuration of the folder `dir` if `text` were its `shirube.yaml`.
pub fn config_of(dir: &Path, text: &str) -> Result<Config, Failure> {
    let variables: BTreeMap<String, String> = std::env::vars().collect();
    let env = |name: &str| std::env::var(name).ok();
    let file = |name: &str| {
        std::fs::read_to_string(dir.join(name)).map(|t| t.trim_end().to_owned()).map_err(|e| e.to_string())
    };
    config::load(text, &variables, &Lookup { env: &env, file: &file })
        .map_err(|findings| Failure::findings("the configuration cannot be used", findings))
}
