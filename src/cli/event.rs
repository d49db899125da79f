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
    rulebook::{
        playbook::{Playbook, Start},
        types::{Metric, MetricKind, Rulebook},
    },
    words::{refusal, sentence, survey::off_scale, told},
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
    if !is_name(&args.name) && !listened_to(&shell.rulebook(), &args.name) {
        return Err(Failure::usage(refusal::bad_event_name(cli.locale(), &args.name)));
    }
    let (pairs, names): (Vec<&String>, Vec<&String>) = args.rest.iter().partition(|w| w.contains('='));
    let account = match names.first() {
        None => None,
        Some(name) => match find::exact(shell, name).await? {
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

/// What an event is called: a word of letters and digits with `.`, `_`, `-` or `/` between them.
fn is_name(name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    name.starts_with(char::is_alphanumeric) && name.chars().all(inside) && name.chars().count() <= 200
}

/// Names with blanks come from products (`Signed Up`): those the rulebook asks for are meant as they are.
fn listened_to(rulebook: &Rulebook, name: &str) -> bool {
    let counted = |m: &Metric| match &m.kind {
        MetricKind::Count(event) | MetricKind::Days(event) | MetricKind::Last(event) | MetricKind::First(event) => {
            event == name
        }
        MetricKind::Latest(event, _) | MetricKind::Sum(event, _) | MetricKind::Distinct(event) => event == name,
        MetricKind::Change(event) => event == name,
        _ => false,
    };
    let starts = |p: &Playbook| matches!(&p.start, Start::On { event, .. } if event == name);
    rulebook.model.metrics.iter().any(counted) || rulebook.playbooks.iter().any(starts)
}

fn value(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse().ok().filter(|n: &f64| n.is_finite()).map_or_else(|| Value::text(text), Value::Num),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_is_refused_unless_the_rulebook_asks_for_it() {
        for good in ["login", "seminar.announced", "key_feature.used", "見積.依頼", "v2/export-done"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["bad name", "", ".x", "a=b", "a\nb", " login"] {
            assert!(!is_name(bad), "{bad:?}");
        }
        let model = "metrics: {signups: {count: Signed Up, over: 7d}}\n".to_owned();
        let book = crate::rulebook::load::load(&[("model.yaml".to_owned(), model)].into()).0.unwrap();
        assert!(listened_to(&book, "Signed Up") && !listened_to(&book, "bad name"));
    }
}
