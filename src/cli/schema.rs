//! `schema`: JSON Schemas for editors.

use super::{Exit, Failure};
use crate::{config, rulebook::json_schema};

/// Options of `schema`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which file: model, playbook, test or config.
    #[arg(default_value = "playbook")]
    kind: String,
}

/// Prints the schema of one kind of file.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let known = || format!("{}, config", json_schema::KINDS.join(", "));
    let schema = match args.kind.as_str() {
        "config" => config::SCHEMA,
        kind => json_schema::schema(kind)
            .ok_or_else(|| Failure::usage(format!("`{kind}` has no schema; there are: {}", known())))?,
    };
    anstream::println!("{schema}");
    Ok(Exit::Done)
}
