//! `schema`: JSON Schemas for editors.

use std::path::{Path, PathBuf};

use super::{Cli, Exit, Failure};
use crate::{
    config,
    rulebook::json_schema,
    words::{refusal, told},
};

/// Options of `schema`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which file: model, playbook, test, content or config.
    #[arg(default_value = "playbook")]
    kind: String,
    /// Write all of them, and settings for VS Code, into this project folder.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

/// The folder of the schemas in a project.
const FOLDER: &str = ".schemas";

/// What VS Code's YAML extension (yaml-language-server) reads: which schema serves which files.
const SETTINGS: &str = r#"{
  "yaml.schemas": {
    ".schemas/model.json": "/model.yaml",
    ".schemas/content.json": "/content.yaml",
    ".schemas/config.json": "/shirube.yaml",
    ".schemas/playbook.json": ["/playbooks/*.yaml", "!/playbooks/*.test.yaml"],
    ".schemas/test.json": "/playbooks/*.test.yaml"
  },
  "yaml.format.enable": false
}
"#;

/// Prints the schema of one kind of file.
pub fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    if let Some(folder) = &args.write {
        let written = write(folder)?;
        anstream::println!("{}", told::schemas(cli.locale(), written, &folder.display().to_string()));
        return Ok(Exit::Done);
    }
    let known = || format!("{}, config", json_schema::KINDS.join(", "));
    let schema = match args.kind.as_str() {
        "config" => config::SCHEMA,
        kind => {
            json_schema::schema(kind).ok_or_else(|| Failure::usage(refusal::no_schema(cli.locale(), kind, &known())))?
        }
    };
    anstream::println!("{schema}");
    Ok(Exit::Done)
}

/// Every schema below `.schemas/` (always anew), and `.vscode/settings.json` unless there is one; answers how many.
pub fn write(folder: &Path) -> std::io::Result<usize> {
    let schemas = folder.join(FOLDER);
    std::fs::create_dir_all(&schemas)?;
    let all = json_schema::KINDS.iter().filter_map(|kind| Some((*kind, json_schema::schema(kind)?)));
    let mut written = 0;
    for (kind, text) in all.chain([("config", config::SCHEMA)]) {
        std::fs::write(schemas.join(format!("{kind}.json")), text)?;
        written += 1;
    }
    let settings = folder.join(".vscode/settings.json");
    if !settings.exists() {
        std::fs::create_dir_all(folder.join(".vscode"))?;
        std::fs::write(settings, SETTINGS)?;
        written += 1;
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_named_in_the_settings_is_written_and_settings_of_ones_own_stay() {
        let folder = std::env::temp_dir().join(format!("shirube-schemas-{}", std::process::id()));
        assert_eq!(write(&folder).unwrap(), 6);
        let settings: serde_json::Value = serde_json::from_str(SETTINGS).unwrap();
        for path in settings["yaml.schemas"].as_object().unwrap().keys() {
            assert!(folder.join(path).exists(), "{path}");
        }
        std::fs::write(folder.join(".vscode/settings.json"), "{}").unwrap();
        assert_eq!(write(&folder).unwrap(), 5);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
