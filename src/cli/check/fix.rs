//! `check --fix`: in place, comments and formatting stay; `--dry-run` prints the difference.

use std::collections::BTreeMap;

use super::findings;
use crate::{
    cli::{Cli, Failure},
    model::diagnostic::Diagnostic,
    rulebook::check::fix,
    words::findings as say,
};

/// More rounds than this are not tried: one mended line can show what stood behind it.
const ROUNDS: usize = 8;
/// Lines shown around a change.
const CONTEXT: usize = 2;

/// Mends what is certain and writes it (or prints the difference); answers the files as they are now.
pub fn run(cli: &Cli, before: BTreeMap<String, String>, dry: bool) -> Result<BTreeMap<String, String>, Failure> {
    let (after, mended) = mended(cli, &before)?;
    for (path, text) in after.iter().filter(|(path, text)| before.get(*path) != Some(*text)) {
        if dry {
            anstream::print!("{}", diff(path, before.get(path).map_or("", String::as_str), text));
        } else {
            std::fs::write(cli.dir.join(path), text)?;
        }
    }
    for done in mended.iter().filter(|_| !dry) {
        anstream::eprintln!("{}", say::mended(cli.locale(), done));
    }
    anstream::eprintln!("{}", say::mended_count(cli.locale(), mended.len(), dry));
    Ok(if dry { before } else { after })
}

fn mended(
    cli: &Cli,
    before: &BTreeMap<String, String>,
) -> Result<(BTreeMap<String, String>, Vec<Diagnostic>), Failure> {
    let (mut files, mut done) = (before.clone(), Vec::new());
    for _ in 0..ROUNDS {
        let (_, found) = findings(cli, &files)?;
        let (changed, mended) = fix::apply(&whole(cli, before, &files), &found);
        if changed.is_empty() {
            break;
        }
        done.extend(mended.into_iter().cloned());
        files.extend(changed);
    }
    Ok((files, done))
}

/// The files that were read as they stand on disk: of one that is not UTF-8 or too long only a part was understood, and
/// writing it back would lose the rest.
fn whole(cli: &Cli, read: &BTreeMap<String, String>, files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let same = |path: &String| {
        let there = std::fs::read(cli.dir.join(path)).ok();
        there.as_deref() == read.get(path).map(String::as_bytes)
    };
    files.iter().filter(|(path, _)| same(path)).map(|(path, text)| (path.clone(), text.clone())).collect()
}

/// A unified difference; fixes stay within their lines, so both sides have the same number of them.
fn diff(path: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let changed: Vec<usize> = (0..old.len().min(new.len())).filter(|i| old[*i] != new[*i]).collect();
    let mut out = format!("--- a/{path}\n+++ b/{path}\n");
    let mut rest = changed.as_slice();
    while let Some(first) = rest.first() {
        let together = rest.windows(2).take_while(|two| two[1] - two[0] <= 2 * CONTEXT).count() + 1;
        let (from, to) = (first.saturating_sub(CONTEXT), (rest[together - 1] + CONTEXT + 1).min(old.len()));
        out += &format!("@@ -{},{} +{},{} @@\n", from + 1, to - from, from + 1, to - from);
        out += &hunk(&old[from..to], &new[from..to]);
        rest = &rest[together..];
    }
    out
}

/// Neighbouring changed lines stand together: all old ones, then all new ones.
fn hunk(old: &[&str], new: &[&str]) -> String {
    let (mut out, mut added) = (String::new(), String::new());
    for (before, after) in old.iter().zip(new) {
        if before == after {
            out += &std::mem::take(&mut added);
            out += &format!(" {before}\n");
        } else {
            out += &format!("-{before}\n");
            added += &format!("+{after}\n");
        }
    }
    out + &added
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_what_patch_takes() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let after = before.replace("2\n3\n", "zwei\ndrei\n").replace("\n11\n", "\nelf\n").replace("1zwei", "12");
        let shown = diff("p.yaml", before, &after);
        let expected = "--- a/p.yaml\n+++ b/p.yaml\n@@ -1,5 +1,5 @@\n 1\n-2\n-3\n+zwei\n+drei\n 4\n 5\n@@ -9,4 +9,4 @@\n 9\n 10\n-11\n+elf\n 12\n";
        assert_eq!(shown, expected);
    }
}
