//! The `shirube` command.

use std::{io::IsTerminal, process::ExitCode};

use shirube::{app::render, cli};

fn main() -> ExitCode {
    // The rendering child limits itself before anything else is started.
    if std::env::args_os().nth(1).is_some_and(|arg| arg == render::SUBCOMMAND) {
        return match render::child::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    shirube::channel::tls::ready();
    log();
    match cli::parse() {
        Ok(cli) => ExitCode::from(cli::main(cli).code()),
        Err(code) => ExitCode::from(code),
    }
}

/// Logs go to stderr; `SHIRUBE_LOG` sets the level (default: warnings, and our own news), `SHIRUBE_LOG_FORMAT=json` the form.
/// Colours only on a terminal, and never with `NO_COLOR`: a log file is read with other tools.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SHIRUBE_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new(
            "warn,shirube=info,sqlx=error,slack_morphism=off,serenity=off,tungstenite=off",
        )
    });
    let plain = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
    let colours = !plain && std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    match std::env::var("SHIRUBE_LOG_FORMAT").as_deref() {
        Ok("json") => lines.json().init(),
        _ => lines.init(),
    }
}
