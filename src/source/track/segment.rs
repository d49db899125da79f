//! Calls in the form of Segment's specification: Segment's and RudderStack's SDKs.

use super::{
    Heard, Kind, Place,
    fields::{self, Fault, Times, id, moment},
    json::Json,
    values::{Options, Whose, event_name, props, traits},
};
use crate::model::{
    ids::stable_hash,
    track::{Call, Says},
    value::{Props, Value},
};

/// One call of a batch (or a batch of one): what it says, with what is told about it.
pub(super) fn read(
    place: &Place<'_>,
    kind: Option<Kind>,
    options: &Options,
    told: &mut Vec<Fault>,
) -> Result<Heard, Fault> {
    let item = place.item;
    let kind = match kind {
        Some(kind) => kind,
        None => kind_of(item)?,
    };
    let call = head(place, kind, options)?;
    let mut first = Call { says: says(item, &call, kind, options, told)?, ..call.clone() };
    let company = company(item, &mut first, kind, options, told);
    let passing = if kind == Kind::Identify { None } else { in_passing(item, &call, options, told) };
    Ok(Heard::Calls([Some(first), passing, company].into_iter().flatten().collect()))
}

fn kind_of(item: &Json) -> Result<Kind, Fault> {
    let word = item.get("type").text().ok_or(("no_type", "type".to_owned()))?;
    Kind::parse(word).ok_or(("unknown_type", "type".to_owned()))
}

/// Who, when and which; says nothing yet.
fn head(place: &Place<'_>, kind: Kind, options: &Options) -> Result<Call, Fault> {
    let (item, batch) = (place.item, place.batch);
    let user = id(item, &["userId", "user_id"])?;
    let anonymous = id(item, &["anonymousId", "anonymous_id"])?;
    let group = match kind {
        Kind::Group => id(item, &["groupId", "group_id"])?.ok_or(("no_group", "groupId".to_owned()))?.into(),
        _ => match id(item, &["context.groupId", "context.group_id", "groupId"])? {
            Some(group) => Some(group),
            None => id(batch, &["context.groupId"])?,
        },
    };
    let named = user.is_some() || anonymous.is_some() || kind == Kind::Group;
    if !(named || group.is_some() && kind.is_event()) {
        return Err(("no_user", "userId".to_owned()));
    }
    let times = times(item, batch)?;
    let at = times.settle(options.now, options.horizon)?;
    let id = identity(place, &times, options)?;
    let says = Says::Person { traits: Props::new() };
    Ok(Call { id, at, received_at: options.now, source: None, weak: false, user, anonymous, group, says })
}

fn times(item: &Json, batch: &Json) -> Result<Times, Fault> {
    let either = |first, second| {
        moment(item, first).and_then(|found| found.map_or_else(|| moment(item, second), |at| Ok(Some(at))))
    };
    let sent = match moment(item, "sentAt")? {
        Some(sent) => Some(sent),
        None => moment(batch, "sentAt")?,
    };
    Ok(Times { original: either("originalTimestamp", "timestamp")?, sent })
}

/// The call's own id; without one its content, where that has a time. Else it is new each time it comes.
fn identity(place: &Place<'_>, times: &Times, options: &Options) -> Result<String, Fault> {
    let item = place.item;
    match id(item, &["messageId", "message_id"]) {
        Ok(Some(id)) => Ok(id),
        Err(("id_too_long", _)) => Ok(stable_hash(&["message", &item.get("messageId").to_string()])),
        Err(fault) => Err(fault),
        Ok(None) => Ok(super::made_up(place, times.original, options)),
    }
}

fn says(item: &Json, call: &Call, kind: Kind, options: &Options, told: &mut Vec<Fault>) -> Result<Says, Fault> {
    Ok(match kind {
        Kind::Track => {
            Says::Event { name: event_name(item.get("event"), "event")?, props: props(item.get("properties")) }
        }
        Kind::Page | Kind::Screen => Says::Event { name: kind.word().to_owned(), props: viewed(item) },
        Kind::Identify => {
            // RudderStack's browser library puts them into the context.
            let mut attrs = traits(item.get("context").get("traits"), Whose::Person, "context.traits", options, told);
            attrs.extend(traits(&without_company(item), Whose::Person, "traits", options, told));
            told.retain(|(_, field)| !field.ends_with(".company"));
            Says::Person { traits: attrs }
        }
        Kind::Group => Says::Group { traits: traits(item.get("traits"), Whose::Group, "traits", options, told) },
        Kind::Alias => {
            let previous = id(item, &["previousId", "previous_id"])?.ok_or(("no_previous", "previousId".to_owned()))?;
            if call.user.is_none() {
                return Err(("no_user", "userId".to_owned()));
            }
            Says::Same { previous }
        }
    })
}

/// A page or screen: its properties, name and category.
fn viewed(item: &Json) -> Props {
    let mut props = props(item.get("properties"));
    for name in ["name", "category"] {
        if let Some(text) = item.get(name).text() {
            props.entry(name.to_owned()).or_insert_with(|| Value::text(text));
        }
    }
    props
}

/// Traits of the person that came along with something else.
fn in_passing(item: &Json, call: &Call, options: &Options, told: &mut Vec<Fault>) -> Option<Call> {
    let attrs = traits(item.get("context").get("traits"), Whose::Person, "context.traits", options, told);
    call.user.as_ref().filter(|_| !attrs.is_empty())?;
    Some(Call { id: format!("{}#traits", call.id), says: Says::Person { traits: attrs }, ..call.clone() })
}

fn without_company(item: &Json) -> Json {
    let mut traits = item.get("traits").clone();
    if let Json::Map(map) = &mut traits {
        map.pairs.retain(|(name, value)| name != "company" || !matches!(value, Json::Map(_)));
    }
    traits
}

/// `traits.company: {id, name, …}` of an identify: where the person belongs.
fn company(item: &Json, call: &mut Call, kind: Kind, options: &Options, told: &mut Vec<Fault>) -> Option<Call> {
    let company = item.get("traits").get("company");
    if kind != Kind::Identify || !matches!(company, Json::Map(_)) {
        return None;
    }
    let key = fields::id(company, &["id"]).ok().flatten()?;
    let mut attrs = company.clone();
    if let Json::Map(map) = &mut attrs {
        map.pairs.retain(|(name, _)| name != "id");
    }
    let attrs = traits(&attrs, Whose::Group, "traits.company", options, told);
    call.group.get_or_insert_with(|| key.clone());
    let says = Says::Group { traits: attrs };
    Some(Call { id: format!("{}#company", call.id), group: Some(key), says, ..call.clone() })
}
