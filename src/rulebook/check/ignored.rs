//! Files that look like part of the rulebook and are not read.

use super::Book;
use crate::model::diagnostic::{Diagnostic, Place};

/// Playbooks in folders or with another ending, templates outside a topic's folder.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for path in book.files.keys() {
        let (message, help) = if path.starts_with("playbooks/") && !is_read(path) {
            ("this file is not read: playbooks are playbooks/NAME.yaml", "move it there, with the ending .yaml")
        } else if path.strip_prefix("templates/").is_some_and(|rest| rest.ends_with(".md") && !rest.contains('/')) {
            ("this file is not read: templates stand in a topic's folder", "move it to templates/TOPIC/NAME.ja.md")
        } else {
            continue;
        };
        let place = Place { file: path.as_str().into(), line: 1, column: 1 };
        out.push(Diagnostic::warning("ignored-file", &place, message, help));
    }
}

fn is_read(path: &str) -> bool {
    let name = path.trim_start_matches("playbooks/");
    !name.contains('/') && name.ends_with(".yaml")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, book_with};

    #[test]
    fn a_playbook_in_a_folder_or_with_another_ending_is_told() {
        let text = "playbook: a\n";
        let more = [
            ("playbooks/sub/a.yaml", text),
            ("playbooks/b.yml", text),
            ("templates/c.ja.md", text),
            ("playbooks/d.test.yaml", "test: x\n"),
            ("templates/team/e.ja.md", text),
        ];
        let found = book_with(MODEL, &[], &more);
        let files: Vec<&str> = found.iter().filter(|d| d.rule == "ignored-file").map(|d| &*d.place.file).collect();
        assert_eq!(files, ["playbooks/b.yml", "playbooks/sub/a.yaml", "templates/c.ja.md"]);
    }
}
