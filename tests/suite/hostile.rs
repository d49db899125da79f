//! Files nobody writes by mistake: each ends in a finding at a place, quickly and in little memory, never in a panic.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use proptest::prelude::*;
use shirube::rulebook::{
    load::load,
    testfile,
    yaml::{MAX_FINDINGS, fault},
};

/// Most one file may take, in milliseconds, with everything around it; unoptimised code is ten times as slow.
const MOST_MS: u128 = if cfg!(debug_assertions) { 500 } else { 50 };
/// Most memory all of them may take, in KiB: the growth of this process's largest size.
const MOST_KIB: u64 = 32 * 1024;

/// (what it is, its text, the rule of the finding).
fn files() -> Vec<(&'static str, String, &'static str)> {
    let bomb = (1..10).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        let m = n - 1;
        format!("{text}a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}, *a{m}]\n")
    });
    vec![
        ("a bomb of aliases", bomb, "yaml-anchor"),
        ("an alias of itself", "a: &a [*a]\n".to_owned(), "yaml-anchor"),
        ("a merge key", "a: &a {b: 1}\nc: {<<: *a}\n".to_owned(), "yaml-anchor"),
        ("a scalar of 10 MB", format!("a: {}\n", "x".repeat(10 << 20)), "too-big"),
        ("a key of 200 KB", format!("{}: 1\n", "k".repeat(200_000)), "yaml"),
        ("a quoted scalar that never ends", format!("a: \"{}", "x\n".repeat(100_000)), "yaml"),
        ("100,000 lines", "a: 1\n".repeat(100_000), "too-big"),
        ("50,000 items", "- a\n".repeat(50_000), "too-big"),
        ("brackets 200,000 deep", "[".repeat(200_000), "yaml"),
        ("braces 200,000 deep", "{".repeat(200_000), "yaml"),
        ("lists in lists by dashes", "- ".repeat(100_000), "too-big"),
        ("mappings by indentation", (0..500).map(|n| format!("{}a:\n", " ".repeat(n))).collect(), "too-big"),
        ("a key twice", "metrics: {}\nmetrics: {}\n".to_owned(), "duplicate-key"),
        ("NO for a word", "workspace: {locale: NO}\n".to_owned(), "unknown-word"),
        ("yes for true", "touch: {a: yes}\n".to_owned(), "wrong-type"),
        ("a tag", "metrics: !!python/object:os.system {}\n".to_owned(), "unquoted"),
        ("a binary tag", "metrics: !!binary aGk=\n".to_owned(), "unquoted"),
        ("a NUL", "metrics: {a: \u{0}}\n".to_owned(), "not-text"),
        ("another encoding", "# 日\u{fffd}\u{fffd}\n".to_owned(), "not-text"),
        ("an escape sequence", "# \u{1b}[31mred\n".to_owned(), "not-text"),
        ("a huge number", "targets: {logo_churn: 1e999}\n".to_owned(), "wrong-type"),
        ("a number that is none", "targets: {logo_churn: NaN}\n".to_owned(), "wrong-type"),
        ("a length beyond time", "feeds: {csv: {stale_after: 99999999999999999999d}}\n".to_owned(), "bad-length"),
        ("a condition of brackets", format!("segments: {{a: '{}'}}\n", "(".repeat(3_000)), "condition-too-deep"),
        ("a condition of 100 KB", format!("segments: {{a: '{}'}}\n", "stuck && ".repeat(11_000)), "condition-too-long"),
        ("a complex key", "? [a, b]\n: c\n".to_owned(), "bad-key"),
        ("a directive", "%YAML 9.9\n---\na: 1\n".to_owned(), "yaml"),
        ("documents only", "---\n---\n---\n".to_owned(), "empty-file"),
    ]
}

#[test]
fn each_ends_in_a_finding_at_its_place() {
    let mut wrong = Vec::new();
    for (what, text, rule) in files() {
        let begin = Instant::now();
        let (rulebook, found) = load(&BTreeMap::from([("model.yaml".to_owned(), text)]));
        let took = begin.elapsed().as_millis();
        let rules: Vec<&str> = found.iter().map(|d| d.rule).collect();
        let placed = found.iter().all(|d| d.place.line > 0 && d.place.column > 0 && !d.help.is_empty());
        if rulebook.is_some() || !rules.contains(&rule) || !placed || found.len() > MAX_FINDINGS + 1 {
            wrong.push(format!("{what}: {rule} is not among {rules:?}"));
        }
        if took > MOST_MS {
            wrong.push(format!("{what} took {took} ms"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each mistake looks for the name that was meant, so there is an end to them.
#[test]
fn of_a_thousand_mistakes_the_first_few_hundred_are_told() {
    let lines: String = (0..1_200).map(|i| format!("  m{i}: {{expr: metric.zzzzzzzzzzzzzzz{i}x}}\n")).collect();
    let (rulebook, found) = load(&BTreeMap::from([("model.yaml".to_owned(), format!("metrics:\n{lines}"))]));
    assert!(rulebook.is_none());
    assert_eq!(found.len(), MAX_FINDINGS + 1);
    assert_eq!(found[MAX_FINDINGS].rule, "too-many");
}

/// The size of this process can only be measured where no other test grows it: the test runs itself again alone.
#[test]
fn none_takes_more_than_32_mib() {
    if std::env::var_os("HOSTILE_ALONE").is_none() {
        let me = std::env::current_exe().unwrap();
        let run = std::process::Command::new(me)
            .args(["--exact", "hostile::none_takes_more_than_32_mib", "--test-threads", "1"])
            .env("HOSTILE_ALONE", "1")
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
        return;
    }
    for (what, text, _) in files() {
        // What the file itself takes was there before.
        let input = BTreeMap::from([("model.yaml".to_owned(), text)]);
        let Some(before) = peak_kib() else {
            println!("skipped: no /proc here");
            return;
        };
        drop(load(&input));
        let grown = peak_kib().unwrap_or(before) - before;
        assert!(grown <= MOST_KIB, "{what} took {grown} KiB");
    }
}

fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.trim().trim_end_matches("kB").trim().parse().ok()
}

#[test]
fn a_file_that_is_too_long_is_read_far_enough_to_say_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.yaml"), "a: 1\n".repeat(1 << 20)).unwrap();
    let files = shirube::app::reload::read_project(folder.path()).unwrap();
    assert!(files["model.yaml"].len() <= 1 << 20);
    assert!(load(&files).1.iter().any(|d| d.rule == "too-big"));
}

#[test]
fn a_template_is_text_too() {
    let text = BTreeMap::from([
        ("model.yaml".to_owned(), "targets: {}\n".to_owned()),
        ("templates/a/b.ja.md".to_owned(), "日本\n語\u{0}".to_owned()),
        ("templates/a/b.en.md".to_owned(), "x".repeat(300 * 1024)),
    ]);
    let found = load(&text).1;
    let places: Vec<String> = found
        .iter()
        .filter(|d| d.place.file.starts_with("templates"))
        .map(|d| format!("{} {}:{}", d.rule, d.place.line, d.place.column))
        .collect();
    assert_eq!(places, ["too-big 1:1", "not-text 2:2"]);
    assert_eq!(fault("x", "普通の文章\t\r\n"), None);
}

fn kit() -> BTreeMap<String, String> {
    shirube::app::reload::read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// What slips in while one types.
const SLIPS: [&str; 18] =
    ["\"", "'", ":", ": ", " #", "{", "}", "[", "]", ",", "- ", "\n", "  ", "!", "&a", "%", "{{ ", "名"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// The kit's files with slips anywhere, lines lost, doubled and swapped.
    #[test]
    fn no_edit_of_the_kit_panics(
        which in any::<prop::sample::Index>(),
        slips in prop::collection::vec((any::<prop::sample::Index>(), 0..SLIPS.len(), 0..3_u8), 1..6),
    ) {
        let kit = kit();
        let paths: Vec<&String> = kit.keys().filter(|p| p.ends_with(".yaml") || p.ends_with(".md")).collect();
        let path = paths[which.index(paths.len())];
        let mut text: Vec<char> = kit[path].chars().collect();
        for (at, slip, how) in slips {
            let at = at.index(text.len() + 1);
            match how {
                0 => drop(text.splice(at..at, SLIPS[slip].chars())),
                1 => drop(text.drain(at..(at + slip + 1).min(text.len()))),
                _ => {
                    let piece: Vec<char> = text[at..(at + 5 * slip).min(text.len())].to_vec();
                    drop(text.splice(at..at, piece));
                }
            }
        }
        let text: String = text.into_iter().collect();
        if path.ends_with(".test.yaml") {
            drop(testfile::parse(path, &text));
        } else {
            let mut files = BTreeMap::from([("model.yaml".to_owned(), kit["model.yaml"].clone())]);
            files.insert(path.clone(), text);
            let (rulebook, found) = load(&files);
            prop_assert!(rulebook.is_some() || !found.is_empty());
            let chars: BTreeMap<&str, Vec<usize>> =
                files.iter().map(|(p, t)| (p.as_str(), t.lines().map(|l| l.chars().count()).collect())).collect();
            for d in found.iter().filter(|d| chars.contains_key(&*d.place.file)) {
                let lines = &chars[&*d.place.file];
                prop_assert!(d.place.line as usize <= lines.len() + 1, "{:?}", d);
            }
        }
    }
}
