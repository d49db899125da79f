//! How far long work is: a bar on a terminal, plain lines elsewhere; always on stderr.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
};

/// Work of fewer parts is over before a line about it is read.
const SMALL: u64 = 50_000;
/// Cells of the bar.
const CELLS: u64 = 30;

/// One piece of work.
pub struct Bar {
    terminal: bool,
    /// What was said last: label and percent.
    last: Mutex<(String, u64)>,
}

impl Bar {
    /// A bar for the terminal that stderr may be.
    pub fn new() -> Bar {
        Bar { terminal: std::io::stderr().is_terminal(), last: Mutex::new((String::new(), 0)) }
    }

    /// `done` of `total` parts of what `label` says.
    pub fn show(&self, label: &str, done: u64, total: u64) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = next(&last, label, done, total, self.terminal) {
            *last = (label.to_owned(), percent(done, total));
            if self.terminal {
                anstream::eprint!("\r{line}\u{1b}[K");
            } else {
                anstream::eprintln!("{line}");
            }
        }
    }

    /// Leaves the line empty for what comes next.
    pub fn clear(&self) {
        if self.terminal && !self.last.lock().unwrap_or_else(PoisonError::into_inner).0.is_empty() {
            anstream::eprint!("\r\u{1b}[K");
        }
    }
}

fn percent(done: u64, total: u64) -> u64 {
    (done.min(total) * 100).checked_div(total).unwrap_or(100)
}

/// The line to write now, if any: every percent on a terminal, every tenth elsewhere.
fn next(last: &(String, u64), label: &str, done: u64, total: u64, terminal: bool) -> Option<String> {
    let now = percent(done, total);
    let same = last.0 == label;
    if terminal {
        let filled = usize::try_from(now * CELLS / 100).unwrap_or_default();
        let bar = format!("{}{}", "#".repeat(filled), " ".repeat(CELLS as usize - filled));
        return (!same || now > last.1).then(|| format!("[{bar}] {now:>3} %  {label}"));
    }
    let tenth = !same || now / 10 > last.1 / 10;
    (total >= SMALL && now >= 10 && tenth).then(|| format!("{label}: {done}/{total} ({now} %)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_every_tenth_and_small_work_is_silent() {
        let start = (String::new(), 0);
        assert_eq!(next(&start, "rows", 900, 1_000, false), None);
        assert_eq!(next(&start, "rows", 500, 100_000, false), None);
        assert_eq!(next(&start, "rows", 10_000, 100_000, false).unwrap(), "rows: 10000/100000 (10 %)");
        assert_eq!(next(&("rows".into(), 10), "rows", 19_999, 100_000, false), None);
        assert!(next(&("rows".into(), 10), "rows", 20_000, 100_000, false).is_some());
    }

    #[test]
    fn a_terminal_sees_a_bar_of_one_width() {
        let line = next(&(String::new(), 0), "rows", 1, 2, true).unwrap();
        assert_eq!(line, format!("[{}{}]  50 %  rows", "#".repeat(15), " ".repeat(15)));
        assert_eq!(next(&("rows".into(), 50), "rows", 1, 2, true), None);
        assert!(next(&(String::new(), 0), "rows", 0, 0, true).unwrap().contains("100 %"));
    }
}
