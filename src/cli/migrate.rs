//! `migrate --from sqlite:FILE --to postgres://…`: the store moves, and nothing is sent twice.

use serde_json::json;

use super::{Cli, Exit, Failure, backup::without_password, desk, project::Project};
use crate::{store, words::keeping as say};

/// Options of `migrate`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The store as it is: sqlite:FILE.
    #[arg(long)]
    from: String,
    /// An empty PostgreSQL database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    to: String,
    /// A move was cut short and the database is still empty: begin anew.
    #[arg(long)]
    again: bool,
}

/// Copies in one go while the file is held, compares, and marks the file as moved.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let (project, locale) = (Project::open(&cli.dir)?, cli.locale());
    let path = args.from.strip_prefix("sqlite://").or(args.from.strip_prefix("sqlite:"));
    let postgres = args.to.starts_with("postgres://") || args.to.starts_with("postgresql://");
    let (Some(path), true) = (path, postgres) else { return Err(Failure::usage(say::move_what(locale))) };
    let place = project.path(path);
    if !place.is_file() {
        return Err(Failure::usage(say::no_such_file(locale, &place.display().to_string())));
    }
    let name = without_password(&args.to);
    let tables = store::transfer(&place, &args.to, &name, args.again, cli.clock()?.now()).await?;
    let rows = tables.iter().map(|table| table.rows).sum();
    if cli.json {
        let list: Vec<_> =
            tables.iter().map(|t| json!({"table": t.name, "rows": t.rows, "checksum": t.checksum})).collect();
        desk::json(&json!({"from": place.display().to_string(), "to": name, "rows": rows, "tables": list}));
    } else {
        anstream::println!("{}", say::moved(locale, &name, tables.len(), rows));
    }
    Ok(Exit::Done)
}
