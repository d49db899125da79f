//! `torture`: the rows of the reliability scorecard that need kills, faults and hours. See `docs/reliability.md`.
//!
//! `torture [ROW…] [--quick|--full] [--seed N] [--json] [--write docs/reliability.md]`

mod campaign;
mod life;
mod oracle;
mod postgres;
mod rig;
mod row;
mod rows;
#[path = "../../../tests/suite/seed.rs"]
mod seed;
#[expect(dead_code, reason = "shared with the tests, which also set faults")]
#[path = "../../../tests/suite/smtp/sink.rs"]
mod sink;
mod table;

use std::{process::ExitCode, time::Instant};

use row::{Measured, Row, Size, Verdict};
use table::Line;

const USAGE: &str =
    "usage: torture [ROW…] [--quick|--full] [--seed N] [--json] [--write FILE.md]; --list names the rows";

/// What was asked for.
struct Asked {
    rows: Vec<&'static Row>,
    size: Size,
    json: bool,
    write: Option<String>,
}

fn asked(words: &[&str]) -> Result<Asked, Error> {
    let mut asked = Asked { rows: Vec::new(), size: Size { quick: true, seed: 1 }, json: false, write: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--quick" => asked.size.quick = true,
            "--full" => asked.size.quick = false,
            "--json" => asked.json = true,
            "--seed" => asked.size.seed = words.next().ok_or(USAGE)?.parse()?,
            "--write" => asked.write = Some((*words.next().ok_or(USAGE)?).to_owned()),
            name => {
                let row = rows::ROWS.iter().find(|row| row.id.eq_ignore_ascii_case(name));
                asked.rows.push(row.ok_or_else(|| format!("there is no row {name}; {USAGE}"))?);
            }
        }
    }
    if asked.rows.is_empty() {
        asked.rows = rows::ROWS.iter().collect();
    }
    Ok(asked)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        // The processes that are killed: torture starts them itself.
        ["campaign", rest @ ..] => campaign::run(rest).await.map(|()| true),
        ["open", path] => open(path).await.map(|()| true),
        ["--list"] => {
            rows::ROWS.iter().for_each(|row| print(&format!("{:<5} {}", row.id, row.shows)));
            Ok(true)
        }
        words => run(words).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("{error}"));
            ExitCode::from(2)
        }
    }
}

async fn open(path: &str) -> Result<(), Error> {
    let store = shirube::store::open(path, shirube::store::Mode::Daemon).await?;
    store.close().await;
    Ok(())
}

/// Runs the rows one after the other; answers whether none failed.
async fn run(words: &[&str]) -> Result<bool, Error> {
    let asked = asked(words)?;
    let mut lines = Vec::new();
    for row in asked.rows {
        let began = Instant::now();
        // A row that cannot be run to its end shows nothing: that is no pass.
        let measured =
            (row.run)(asked.size).await.unwrap_or_else(|e| Measured::new(false, format!("did not end: {e}")));
        let line = Line { row, measured, seconds: began.elapsed().as_secs_f64() };
        say(&format!("{:<4} {} {:.0} s  {}", row.id, line.measured.verdict.word(), line.seconds, line.measured.says));
        lines.push(line);
    }
    let foot = table::foot(asked.size);
    if let Some(file) = &asked.write {
        let text = std::fs::read_to_string(file)?;
        let placed =
            table::placed(&text, &table::markdown(&lines, &foot)).ok_or("the file has no place for the table")?;
        std::fs::write(file, placed)?;
    }
    if asked.json {
        print(&serde_json::to_string_pretty(&table::json(&lines, asked.size))?);
    } else {
        print(&table::text(&lines, &foot));
    }
    Ok(lines.iter().all(|line| line.measured.verdict != Verdict::Fail))
}

/// Any failure of the harness itself.
type Error = Box<dyn std::error::Error + Send + Sync>;

#[expect(clippy::print_stderr, reason = "a command line program")]
fn say(line: &str) {
    eprintln!("{line}");
}

#[expect(clippy::print_stdout, reason = "a command line program; the table is its result")]
fn print(line: &str) {
    println!("{line}");
}
