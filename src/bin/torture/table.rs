//! The table: for a terminal, as JSON, and as `docs/reliability.md` holds it.

use serde_json::{Value, json};

use crate::row::{Measured, Row, Size};

/// A row that was run.
pub struct Line {
    /// The row.
    pub row: &'static Row,
    /// What came of it.
    pub measured: Measured,
    /// How long it took.
    pub seconds: f64,
}

/// Widths of the columns: together below 100.
const WIDTHS: [usize; 6] = [4, 23, 21, 33, 4, 5];
const HEAD: [&str; 6] = ["row", "what it shows", "target", "measured", "", "s"];

fn cells(line: &Line) -> [String; 6] {
    [
        line.row.id.to_owned(),
        line.row.shows.to_owned(),
        line.row.target.to_owned(),
        line.measured.says.clone(),
        line.measured.verdict.word().to_owned(),
        format!("{:.0}", line.seconds),
    ]
}

/// For a terminal.
pub fn text(lines: &[Line], foot: &str) -> String {
    let mut out = String::new();
    printed(&mut out, &HEAD.map(str::to_owned));
    out.push_str(&format!("{}\n", "-".repeat(WIDTHS.iter().sum::<usize>() + 5)));
    for line in lines {
        printed(&mut out, &cells(line));
    }
    out.push_str(&format!("\n{foot}\n"));
    out
}

fn printed(out: &mut String, cells: &[String; 6]) {
    let mut wrapped: Vec<Vec<String>> = Vec::new();
    for (cell, width) in cells.iter().zip(WIDTHS) {
        wrapped.push(wrap(cell, width));
    }
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    for n in 0..height {
        let mut line = String::new();
        for (part, width) in wrapped.iter().zip(WIDTHS) {
            let text = part.get(n).map_or("", String::as_str);
            line.push_str(&format!("{text:<width$} "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let full = lines.last().is_some_and(|l| !l.is_empty() && l.chars().count() + 1 + word.chars().count() > width);
        if full {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

/// For a document.
pub fn markdown(lines: &[Line], foot: &str) -> String {
    let mut out = String::from("| row | what it shows | target | measured | | s |\n|---|---|---|---|---|---|\n");
    for line in lines {
        let cells = cells(line).map(|cell| cell.replace('|', "/").replace('<', "&lt;"));
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out.push_str(&format!("\n{foot}\n"));
    out
}

/// For programs.
pub fn json(lines: &[Line], size: Size) -> Value {
    let rows: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({"row": line.row.id, "shows": line.row.shows, "target": line.row.target, "measured": line.measured.says,
                "verdict": line.measured.verdict.word(), "seconds": line.seconds})
        })
        .collect();
    json!({"rows": rows, "seed": size.seed, "quick": size.quick, "commit": commit(), "machine": machine()})
}

/// What the numbers hold for.
pub fn foot(size: Size) -> String {
    let how = if size.quick { "quick" } else { "full" };
    let build = if cfg!(debug_assertions) { "debug build" } else { "release build" };
    format!("Commit {}, seed {}, {how} sizes, {build}, {}.", commit(), size.seed, machine())
}

fn commit() -> String {
    let said = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let text = said.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
    if text.is_empty() { "unknown".to_owned() } else { text }
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: f64 = memory.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0.0);
    format!("{cores} cores, {:.0} GiB, {} {}", kib / 1_048_576.0, std::env::consts::OS, std::env::consts::ARCH)
}

/// Where the table stands in the document.
const BEGIN: &str = "<!-- table -->";
const END: &str = "<!-- end of table -->";

/// Puts the table in its place in a document; none where the marks are missing.
pub fn placed(document: &str, table: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
}
