//! Collects the starter kit (model, playbooks, templates, knowledge at the repository root) and its presets into lists.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

/// Folders of the kit, at the repository root.
const FOLDERS: [&str; 3] = ["playbooks", "templates", "knowledge"];
/// Parts that `init --preset` exchanges.
const PRESETS: &str = "src/cli/presets";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut files: Vec<String> = ["model.yaml", "content.yaml", "shirube.yaml"].map(str::to_owned).into();
    files.retain(|name| root.join(name).exists());
    for folder in FOLDERS {
        walk(&root, folder, &mut files);
    }
    let mut presets = Vec::new();
    walk(&root, PRESETS, &mut presets);
    let mut out = String::new();
    list(&root, &mut out, "(path in the project folder, content), by path", "FILES", files);
    list(&root, &mut out, "(path in the repository, content) of every preset, by path", "PRESETS", presets);
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("kit.rs"), out)?;
    Ok(())
}

fn list(root: &Path, out: &mut String, about: &str, name: &str, mut files: Vec<String>) {
    files.sort();
    out.push_str(&format!("/// {about}.\npub const {name}: &[(&str, &str)] = &[\n"));
    for file in &files {
        println!("cargo::rerun-if-changed={file}");
        let path = root.join(file);
        out.push_str(&format!("    ({file:?}, include_str!({path:?})),\n"));
    }
    out.push_str("];\n");
}

fn walk(root: &Path, folder: &str, files: &mut Vec<String>) {
    println!("cargo::rerun-if-changed={folder}");
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            walk(root, &relative, files);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "md" || e == "mjml") {
            files.push(relative);
        }
    }
}
