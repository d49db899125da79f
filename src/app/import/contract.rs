//! What a changed subscription means for its account, as events.

use crate::{
    model::{
        fact::{FactBody, Incoming},
        ids::stable_hash,
        instant::Instant,
        money::{Currency, Money},
        value::{Props, Value},
    },
    source::table::{Draft, Options},
    store::api::Subscription,
};

/// The events of one row: `contract.started`, or what changed (`contract.renewed`, `.cancelled`,
/// `.upgraded`, `.downgraded`, else `.changed`). They carry no account yet.
pub(super) fn changes(
    old: Option<&Subscription>,
    new: &Subscription,
    draft: &Draft,
    options: &Options,
) -> Vec<Incoming> {
    let Some(old) = old else {
        let start = Instant::start_of_day(new.start, options.file_zone());
        return vec![event("contract.started", None, new, start.min(draft.as_of), draft, options)];
    };
    let end = match (old.end, new.end) {
        (was, is) if was == is => None,
        (Some(was), Some(is)) if is < was => Some("contract.cancelled"),
        (None, Some(_)) => Some("contract.cancelled"),
        _ => Some("contract.renewed"),
    };
    let comparable = old.currency == new.currency;
    let price = match new.mrr_minor.cmp(&old.mrr_minor) {
        std::cmp::Ordering::Greater if comparable => Some("contract.upgraded"),
        std::cmp::Ordering::Less if comparable => Some("contract.downgraded"),
        _ => None,
    };
    let mut names: Vec<&str> = [end, price].into_iter().flatten().collect();
    if names.is_empty() {
        names.push("contract.changed");
    }
    names.into_iter().map(|name| event(name, Some(old), new, draft.as_of, draft, options)).collect()
}

fn event(
    name: &str,
    old: Option<&Subscription>,
    new: &Subscription,
    at: Instant,
    draft: &Draft,
    options: &Options,
) -> Incoming {
    let mut props = Props::from([("subscription".to_owned(), Value::text(&new.key))]);
    describe(&mut props, "", new);
    if let Some(old) = old {
        describe(&mut props, "old_", old);
    }
    // A contract may go to and fro: every import that changes it is an event of its own.
    let moment = format!("{}:{}", options.now.0, draft.line);
    Incoming {
        event_id: stable_hash(&["contract", name, &new.key, &moment]),
        ..fact(options, at, FactBody::event(name, props))
    }
}

fn describe(props: &mut Props, prefix: &str, row: &Subscription) {
    let mut put = |name: &str, value: Value| props.insert(format!("{prefix}{name}"), value);
    put("plan", Value::text(&row.plan));
    put("start", Value::Date(row.start));
    if let Some(end) = row.end {
        put("end", Value::Date(end));
    }
    if let Some(currency) = Currency::parse(&row.currency) {
        put("mrr", Value::Money(Money { amount_minor: row.mrr_minor, currency }));
    }
    if let Some(seats) = row.seats {
        put("seats", Value::Num(seats as f64));
    }
}

/// The account of a subscription that came first: nothing but its key.
pub(super) fn bare(key: &str, options: &Options) -> Incoming {
    Incoming {
        account: Some(key.to_owned()),
        event_id: format!("account:{key}"),
        ..fact(options, options.now, FactBody::AccountAttrs { attrs: Props::new() })
    }
}

fn fact(options: &Options, occurred_at: Instant, body: FactBody) -> Incoming {
    Incoming {
        account: None,
        contact: None,
        occurred_at,
        received_at: options.now,
        source: options.mapping.source.clone().unwrap_or_else(|| "csv:subscriptions".to_owned()),
        event_id: String::new(),
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::table::Kind;

    fn row(mrr_minor: i64, end: Option<i32>) -> Subscription {
        Subscription {
            key: "s1".into(),
            account: Default::default(),
            plan: "light".into(),
            start: 100,
            end,
            mrr_minor,
            currency: "JPY".into(),
            seats: Some(3),
        }
    }

    fn names(old: Option<Subscription>, new: Subscription) -> Vec<String> {
        let options = Options::new(Kind::Subscriptions, Instant(1_700_000_000_000_000));
        let draft = Draft { as_of: options.now, ..Draft::default() };
        let name = |fact: Incoming| match fact.body {
            FactBody::Event { name, .. } => name,
            other => format!("{other:?}"),
        };
        changes(old.as_ref(), &new, &draft, &options).into_iter().map(name).collect()
    }

    #[test]
    fn a_contract_says_what_changed() {
        assert_eq!(names(None, row(100, None)), ["contract.started"]);
        assert_eq!(names(Some(row(100, None)), row(150, None)), ["contract.upgraded"]);
        assert_eq!(names(Some(row(100, None)), row(50, Some(200))), ["contract.cancelled", "contract.downgraded"]);
        assert_eq!(names(Some(row(100, Some(200))), row(100, Some(565))), ["contract.renewed"]);
        assert_eq!(names(Some(row(100, Some(565))), row(100, Some(200))), ["contract.cancelled"]);
        assert_eq!(names(Some(row(100, Some(200))), row(100, None)), ["contract.renewed"]);
        let moved = Subscription { plan: "pro".into(), ..row(100, None) };
        assert_eq!(names(Some(row(100, None)), moved), ["contract.changed"]);
        let dollars = Subscription { currency: "USD".into(), ..row(900, None) };
        assert_eq!(names(Some(row(100, None)), dollars), ["contract.changed"]);
    }
}
