//! Collects the starter kit (model, playbooks, templates at the repository root) into one list.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    for name in ["model.yaml", "content.yaml", "shirube.yaml"] {
        if root.join(name).exists() {
            files.push(name.to_owned());
        }
    }
    for folder in ["playbooks", "templates"] {
        println!("cargo::rerun-if-changed={folder}");
        walk(&root, &root.join(folder), &mut files);
    }
    files.sort();
    let mut out =
        String::from("/// (path in the project folder, content), by path.\npub const FILES: &[(&str, &str)] = &[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={file}");
        let path = root.join(file);
        out.push_str(&format!("    ({file:?}, include_str!({path:?})),\n"));
    }
    out.push_str("];\n");
    let target = PathBuf::from(env::var("OUT_DIR")?).join("kit.rs");
    fs::write(target, out)?;
    Ok(())
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            walk(root, &path, files);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "md" || e == "mjml") {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            files.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
}
