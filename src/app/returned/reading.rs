//! Which mail is being read: one that ends the program must not end it again at every start.
//!
//! No mail is known that does; this is for the one that is not known. The first time may have been a power cut or
//! somebody's `kill`, so such a mail is read once more, and only then set aside.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// So often a mail may end the program.
const PATIENCE: u32 = 2;

/// Notes that `path` is being read; `false` = it has ended the program too often. Where it cannot be noted, it is read.
pub fn begin(marks: &Path, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let before = fs::read_to_string(mark(marks)).unwrap_or_default();
    let times = match before.split_once(' ') {
        Some((times, known)) if known == name => times.parse().unwrap_or(0),
        _ => 0,
    };
    if times >= PATIENCE {
        end(marks);
        return false;
    }
    let noted = fs::create_dir_all(marks).and_then(|()| fs::write(mark(marks), format!("{} {name}", times + 1)));
    if let Err(error) = noted {
        tracing::debug!(%error, "what is being read cannot be noted");
    }
    true
}

/// It was read to its end.
pub fn end(marks: &Path) {
    // Nothing to remove where nothing could be noted.
    let _ = fs::remove_file(mark(marks));
}

fn mark(marks: &Path) -> PathBuf {
    marks.join(".shirube-reading")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_ended_the_program_twice_is_not_read_a_third_time() {
        let folder = tempfile::tempdir().unwrap();
        let (marks, bad, good) = (folder.path().join("tmp"), Path::new("new/1.bad"), Path::new("new/2.good"));
        assert!(begin(&marks, bad) && begin(&marks, bad), "perhaps it was a power cut");
        assert!(!begin(&marks, bad));
        for _ in 0..3 {
            assert!(begin(&marks, good));
            end(&marks);
        }
    }
}
