//! The `shirube` command.

use std::process::ExitCode;

use shirube::app::render;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|arg| arg == render::SUBCOMMAND) {
        return match render::child::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    ExitCode::SUCCESS
}
