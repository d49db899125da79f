//! The JSON a webhook receives.

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use crate::{channel::Body, model::message::Planned};

/// `{type, timestamp, data}` as Standard Webhooks suggests it; dotted names of the plan become objects
/// (`account.plan` → `data.account.plan`). The same plan gives the same bytes.
pub fn webhook_body(planned: &Planned) -> Body {
    let mut data = Map::new();
    for (name, value) in &planned.vars {
        let (group, key) = name.split_once('.').unwrap_or(("vars", name));
        let group = data.entry(group).or_insert_with(|| Json::Object(Map::new()));
        if let Json::Object(group) = group {
            group.insert(key.to_owned(), value.plain(&TimeZone::UTC));
        }
    }
    let kind = format!("{}.{}", planned.playbook, planned.step);
    json!({"type": kind, "timestamp": planned.ready_at.rfc3339(&TimeZone::UTC), "data": data}).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        channel::email::fixture::planned,
        model::{
            instant::Instant,
            message::ChannelKind,
            money::{Currency, Money},
            value::{Props, Value},
        },
    };

    #[test]
    fn dotted_names_become_objects_and_values_are_what_other_programs_read() {
        let money = Money { amount_minor: 120, currency: Currency::JPY };
        let vars = Props::from([
            ("account.mrr".to_owned(), Value::Money(money)),
            ("account.renewal_date".to_owned(), Value::Date(20_544)),
            ("run.started".to_owned(), Value::Instant(Instant::parse("2026-04-01T01:00:00Z").unwrap())),
            ("vars.score".to_owned(), Value::Num(3.0)),
        ]);
        let plan = Planned { channel: ChannelKind::Webhook, vars, ..planned(1) };
        let json: Json = serde_json::from_slice(&webhook_body(&plan)).unwrap();
        assert_eq!(json["data"]["account"]["mrr"], json!({"amount": 120.0, "currency": "JPY"}));
        assert_eq!(json["data"]["account"]["renewal_date"], "2026-04-01");
        assert_eq!(json["data"]["run"]["started"], "2026-04-01T01:00:00+00:00");
        assert_eq!(json["data"]["vars"]["score"], 3);
    }
}
