//! `torture`: the rows of the reliability scorecard that need kills, faults and hours.
//!
//! `torture D1 [--kills 50] [--messages 1500] [--pace-ms 50] [--seed 1] [--json]`

mod campaign;
mod d1;
#[path = "../../../tests/suite/seed.rs"]
mod seed;
#[expect(dead_code, reason = "shared with the tests, which also set faults")]
#[path = "../../../tests/suite/smtp/sink.rs"]
mod sink;

use std::process::ExitCode;

const USAGE: &str = "usage: torture D1 [--kills N] [--messages N] [--pace-ms N] [--seed N] [--json]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["D1" | "d1", rest @ ..] => d1::run(rest).await,
        // The process that is killed: torture starts it itself.
        ["campaign", folder, port, messages] => campaign::run(folder, port, messages).await.map(|()| true),
        _ => Err(USAGE.into()),
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
