//! Mending what is certain: edits within one line, everything around them stays as it was written.

use std::collections::BTreeMap;

use crate::model::diagnostic::{Diagnostic, Fix};

/// `files` after the fixes of `findings`, and the findings that were mended. Only changed files are in the answer.
/// A fix whose old text does not stand where it should, or that touches another one, is left out.
pub fn apply<'f>(
    files: &BTreeMap<String, String>,
    findings: &'f [Diagnostic],
) -> (BTreeMap<String, String>, Vec<&'f Diagnostic>) {
    let (mut changed, mut mended) = (BTreeMap::new(), Vec::new());
    for (path, text) in files {
        let here = findings.iter().filter_map(|d| Some((d, d.fix.as_deref()?)));
        let mut edits: Vec<_> = here
            .filter(|(_, fix)| *fix.place.file == **path)
            .filter_map(|(d, fix)| Some((offset(text, fix)?, fix, d)))
            .collect();
        // From the end of the file to its beginning, so that offsets stay true.
        edits.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
        let (mut now, mut free) = (text.clone(), text.len());
        for (at, fix, finding) in edits {
            if at + fix.old.len() > free {
                continue;
            }
            now.replace_range(at..at + fix.old.len(), &fix.new);
            free = at;
            mended.push(finding);
        }
        if now != *text {
            changed.insert(path.clone(), now);
        }
    }
    mended.sort_by(|a, b| a.place.cmp(&b.place));
    (changed, mended)
}

/// Byte offset of the text that is replaced, if it stands there (perhaps behind a quote) as a whole word.
fn offset(text: &str, fix: &Fix) -> Option<usize> {
    let mut start = 0;
    for _ in 1..fix.place.line {
        start += text[start..].find('\n')? + 1;
    }
    let line = text[start..].lines().next()?;
    let at = line.char_indices().map(|(at, _)| at).nth(fix.place.column.saturating_sub(1) as usize)?;
    let quote = usize::from(line[at..].starts_with(['"', '\'']) && !fix.old.starts_with(['"', '\'']));
    let at = at + quote;
    let rest = line.get(at..)?.strip_prefix(fix.old.as_str())?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let cut = fix.old.ends_with(word) && rest.starts_with(word);
    (!cut && !fix.old.is_empty()).then_some(start + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::diagnostic::Place;

    fn fix(line: u32, column: u32, old: &str, new: &str) -> Diagnostic {
        Diagnostic::error("x", &Place { file: "a".into(), line, column }, "m", "h").mended(old, new)
    }

    fn applied(text: &str, fixes: &[Diagnostic]) -> (String, usize) {
        let files = BTreeMap::from([("a".to_owned(), text.to_owned())]);
        let (changed, mended) = apply(&files, fixes);
        (changed.get("a").cloned().unwrap_or_else(|| text.to_owned()), mended.len())
    }

    #[test]
    fn several_edits_of_a_line_keep_what_is_around_them() {
        let text = "# 名前\r\n- {id: a, emial: \"x/y\", 名: wiat}  # so\r\n";
        let fixes = [fix(2, 11, "emial", "email"), fix(2, 28, "wiat", "wait"), fix(2, 18, "x/y", "x/z")];
        let expected = "# 名前\r\n- {id: a, email: \"x/z\", 名: wait}  # so\r\n";
        assert_eq!(applied(text, &fixes), (expected.to_owned(), 3));
    }

    #[test]
    fn what_does_not_stand_there_or_overlaps_is_left_alone() {
        assert_eq!(applied("abc: 1\n", &[fix(1, 1, "abd", "x"), fix(9, 1, "a", "x"), fix(1, 99, "a", "x")]).1, 0);
        assert_eq!(applied("abcd: 1\n", &[fix(1, 1, "abc", "x")]).1, 0, "part of a longer word");
        assert_eq!(applied("abc: 1\n", &[fix(1, 1, "abc: 1", "y"), fix(1, 6, "1", "2")]), ("abc: 2\n".to_owned(), 1));
    }
}
