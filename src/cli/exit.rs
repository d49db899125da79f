//! Exit codes, and how a failure is said.

use super::Cli;
use crate::{model::diagnostic::Diagnostic, store::api::StoreError, words::findings};

/// The process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: a finding or a refusal.
    Finding,
    /// 2: wrong usage.
    Usage,
    /// 3: something cannot be reached.
    Unreachable,
    /// 75: not now: another daemon holds the store, or a mail could not be kept; whoever called tries again.
    Held,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Finding => 1,
            Exit::Usage => 2,
            Exit::Unreachable => 3,
            Exit::Held => 75,
        }
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened and what to do next.
    pub says: String,
    /// Findings about files, if that is the reason.
    pub findings: Vec<Diagnostic>,
}

impl Failure {
    /// A refusal (exit 1).
    pub fn refused(says: impl Into<String>) -> Failure {
        Failure { exit: Exit::Finding, says: says.into(), findings: Vec::new() }
    }

    /// Wrong usage (exit 2).
    pub fn usage(says: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, ..Failure::refused(says) }
    }

    /// Something cannot be reached (exit 3).
    pub fn unreachable(says: impl Into<String>) -> Failure {
        Failure { exit: Exit::Unreachable, ..Failure::refused(says) }
    }

    /// Findings in files (exit 1).
    pub fn findings(says: impl Into<String>, findings: Vec<Diagnostic>) -> Failure {
        Failure { findings, ..Failure::refused(says) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let exit = match &error {
            StoreError::Held(_) => Exit::Held,
            StoreError::Unreachable(_) => Exit::Unreachable,
            _ => Exit::Finding,
        };
        Failure { exit, ..Failure::refused(error.to_string()) }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::refused(error.to_string())
    }
}

/// Says what went wrong on stderr and answers the exit code.
pub fn finish(cli: &Cli, done: Result<Exit, Failure>) -> Exit {
    match done {
        Ok(exit) => exit,
        Err(failure) => {
            for finding in &failure.findings {
                anstream::eprintln!("{}", super::check::told(cli.locale(), finding));
            }
            anstream::eprintln!("shirube: {}", findings::sentence(cli.locale(), &failure.says));
            failure.exit
        }
    }
}
