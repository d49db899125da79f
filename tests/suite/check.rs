//! Golden findings: each folder of `tests/data/check/` is a project, `expected.txt` what `check` says about it.
//! `UPDATE_GOLDEN=1` writes what is found now; look at the difference before you commit it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use shirube::{
    model::diagnostic::{Diagnostic, Severity},
    rulebook::{load::load, testfile},
};

/// The frame every case has.
const LAYOUT: &str = "<mjml><mj-body><mj-section><mj-column><mj-text>{{ body }} {{ footer }}</mj-text></mj-column></mj-section></mj-body></mjml>";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read_into(files: &mut BTreeMap<String, String>, base: &Path, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_into(files, base, &path);
        } else {
            let name = path.strip_prefix(base).unwrap().to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn shown(found: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| {
        let severity = format!("{:?}", d.severity).to_lowercase();
        let place = format!("{}:{}:{}", d.place.file, d.place.line, d.place.column);
        format!("{place}: {severity}[{}] {}\n    {}\n", d.rule, d.message, d.help)
    };
    found.iter().map(line).collect()
}

/// (the case's folder, what it should say, what `check` finds).
fn cases() -> Vec<(PathBuf, String, Vec<Diagnostic>)> {
    let base = root().join("tests/data/check");
    let mut folders: Vec<PathBuf> = fs::read_dir(&base).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let case = |case: PathBuf| {
        let mut files = BTreeMap::new();
        read_into(&mut files, &case, &case);
        let expected = files.remove("expected.txt").unwrap_or_default();
        files.insert("templates/layouts/standard.mjml".to_owned(), LAYOUT.to_owned());
        let (rulebook, mut found) = load(&files);
        let errors = found.iter().any(|d| d.severity == Severity::Error);
        assert_eq!(rulebook.is_none(), errors, "{}", case.display());
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".test.yaml")) {
            found.extend(testfile::parse(path, text).1);
        }
        (case, expected, found)
    };
    folders.into_iter().map(case).collect()
}

/// Everything the golden cases find.
pub fn findings_of_every_case() -> Vec<Diagnostic> {
    cases().into_iter().flat_map(|(_, _, found)| found).collect()
}

#[test]
fn every_case_says_what_it_said() {
    let cases = cases();
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for (case, expected, found) in cases {
        let now = shown(&found);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(case.join("expected.txt"), &now).unwrap();
        } else if now != expected {
            wrong.push(format!("== {}\n-- expected\n{expected}-- found\n{now}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The project folder at the repository's root is the starter kit: nothing in it may be an error.
#[test]
fn the_starter_kit_has_no_error_of_its_own() {
    let mut files = BTreeMap::new();
    for name in ["model.yaml", "content.yaml"] {
        files.insert(name.to_owned(), fs::read_to_string(root().join(name)).unwrap());
    }
    for folder in ["playbooks", "templates"] {
        read_into(&mut files, &root(), &root().join(folder));
    }
    let (_, found) = load(&files);
    let errors: Vec<Diagnostic> = found.into_iter().filter(|d| d.severity == Severity::Error).collect();
    assert_eq!(shown(&errors), "");
}

#[test]
fn hostile_files_end_in_findings_quickly() {
    let deep_steps = "playbook: p\nstart: {manual: true}\nsteps:\n".to_owned()
        + &(0..40).map(|i| format!("{}- {{id: a{i}, if: \"true\", then:\n", "  ".repeat(i))).collect::<String>();
    let texts = [
        "a: &a [1]\nb: [*a, *a]\n".to_owned(),
        "[".repeat(200_000),
        "{".repeat(200_000),
        "a: ".to_owned() + &"x".repeat(10 * 1024 * 1024),
        "- ".repeat(100_000),
        "steps: 1\nsteps: 2\n".to_owned(),
        "steps: [1, [2], {id: {a: b}}]\nstart: []\nplaybook: {x: y}\n".to_owned(),
        "\u{feff}\u{0}\u{1}".to_owned(),
        "!!binary x".to_owned(),
        "? - a\n: - b\n".to_owned(),
        deep_steps,
        String::new(),
        "---\n---\n---\n".to_owned(),
    ];
    let begin = Instant::now();
    for text in &texts {
        for path in ["model.yaml", "playbooks/p.yaml", "content.yaml"] {
            let (rulebook, found) = load(&BTreeMap::from([(path.to_owned(), text.clone())]));
            assert!(rulebook.is_none() && !found.is_empty(), "{path}");
        }
    }
    assert!(begin.elapsed().as_secs() < 20);
}
