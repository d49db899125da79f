//! `schema`: JSON Schemas for editors.

use super::{Exit, Failure};
use crate::rulebook::json_schema;

/// Options of `schema`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which file: model, playbook or test.
    #[arg(default_value = "playbook")]
    kind: String,
}

/// Prints the schema of one kind of file.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let schema = json_schema::schema(&args.kind).ok_or_else(|| {
        Failure::usage(format!("`{}` has no schema; there are: {}", args.kind, json_schema::KINDS.join(", ")))
    })?;
    anstream::println!("{schema}");
    Ok(Exit::Done)
}
