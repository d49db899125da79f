//! `event NAME [ACCOUNT] k=v…`: record an event by hand.

use super::{Cli, Exit, Failure, desk};
use crate::{
    command::{find, find::Found},
    model::{
        fact::{FactBody, Incoming},
        ids::stable_hash,
        survey,
        value::{Props, Value},
    },
    words::{sentence, survey::off_scale, told},
};

/// Options of `event`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The event's name, e.g. `meeting.held`.
    name: String,
    /// The account (key, name or domain), then properties as k=v.
    rest: Vec<String>,
}

/// Records the event.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let shell = &running.shell;
    let (pairs, names): (Vec<&String>, Vec<&String>) = args.rest.iter().partition(|w| w.contains('='));
    let account = match names.first() {
        None => None,
        Some(name) => match find::find(shell, name).await? {
            Found::One(row) => Some(row.key),
            Found::Nearest(_) => return Err(Failure::refused(sentence::no_account(cli.locale(), name))),
        },
    };
    let props: Props = pairs.iter().filter_map(|p| p.split_once('=')).map(|(k, v)| (k.to_owned(), value(v))).collect();
    if args.name == survey::RESPONDED && !survey::counts(&props) {
        let kind = props.get("kind").and_then(Value::as_text).and_then(survey::Kind::parse);
        return Err(Failure::usage(off_scale(cli.locale(), kind.unwrap_or(survey::Kind::Nps))));
    }
    let now = shell.clock.now();
    let fact = Incoming {
        account,
        contact: None,
        occurred_at: now,
        received_at: now,
        source: "cli".to_owned(),
        event_id: stable_hash(&[&args.name, &args.rest.join("\u{1f}"), &now.0.to_string()]),
        body: FactBody::event(&args.name, props),
    };
    shell.store.append(vec![fact]).await?;
    anstream::println!("{}", told::recorded(cli.locale(), &args.name));
    Ok(Exit::Done)
}

fn value(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse().ok().filter(|n: &f64| n.is_finite()).map_or_else(|| Value::text(text), Value::Num),
    }
}
