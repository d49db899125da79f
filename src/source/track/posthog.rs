//! Calls in PostHog's form.

use super::{
    Heard, Place,
    fields::{Fault, Times, id, moment},
    json::{Json, Map},
    values::{Options, Whose, event_name, props, traits},
};
use crate::model::{
    instant::Instant,
    track::{Call, Says},
    value::{Props, Value},
};

/// Names of group types that mean the customer, best first.
const GROUP_TYPES: [&str; 9] =
    ["company", "account", "organization", "organisation", "customer", "workspace", "tenant", "team", "project"];
/// Properties of PostHog's own that are worth keeping, and their names here.
const KEPT: [(&str, &str); 5] = [
    ("$current_url", "url"),
    ("$pathname", "path"),
    ("$title", "title"),
    ("$screen_name", "name"),
    ("$referrer", "referrer"),
];

/// One event: what it says, with what is told about it.
pub(super) fn read(
    place: &Place<'_>,
    sent: Option<Instant>,
    options: &Options,
    told: &mut Vec<Fault>,
) -> Result<Heard, Fault> {
    let item = place.item;
    let name = item.get("event").text().ok_or(("no_event", "event".to_owned()))?.to_owned();
    let own = item.get("properties");
    if name == "$groupidentify" {
        return group(place, sent, options, told);
    }
    if name.starts_with('$')
        && !["$identify", "$set", "$create_alias", "$merge_dangerously", "$pageview", "$screen"]
            .contains(&name.as_str())
    {
        return Ok(Heard::Ignored);
    }
    let call = head(place, sent, options)?;
    let mut calls = Vec::new();
    let said = person(item, options, told);
    match name.as_str() {
        "$identify" | "$set" => {
            let anonymous = id(own, &["$anon_distinct_id"])?.or(call.anonymous.clone());
            calls.push(Call { anonymous, says: Says::Person { traits: said }, ..call.clone() });
        }
        "$create_alias" | "$merge_dangerously" => {
            let previous = id(own, &["alias"])?.ok_or(("no_previous", "properties.alias".to_owned()))?;
            let user = call.user.clone().or(call.anonymous.clone());
            calls.push(Call { user, anonymous: None, says: Says::Same { previous }, ..call.clone() });
        }
        _ => {
            let name = match name.as_str() {
                "$pageview" => "page".to_owned(),
                "$screen" => "screen".to_owned(),
                _ => event_name(item.get("event"), "event")?,
            };
            calls.push(Call { says: Says::Event { name, props: kept(own) }, ..call.clone() });
            if !said.is_empty() && call.user.is_some() {
                let says = Says::Person { traits: said };
                calls.push(Call { id: format!("{}#set", call.id), says, ..call.clone() });
            }
        }
    }
    Ok(Heard::Calls(calls))
}

fn head(place: &Place<'_>, sent: Option<Instant>, options: &Options) -> Result<Call, Fault> {
    let item = place.item;
    let own = item.get("properties");
    let who = match id(item, &["distinct_id", "$distinct_id"])? {
        Some(who) => Some(who),
        None => id(own, &["distinct_id"])?,
    };
    let who = who.ok_or(("no_user", "distinct_id".to_owned()))?;
    let named = item.get("event").text() == Some("$identify");
    let (user, anonymous) = if is_visitor(own, &who) && !named { (None, Some(who)) } else { (Some(who), None) };
    let group = groups(own)?;
    bare(place, sent, options).map(|call| Call { user, anonymous, group, ..call })
}

/// When and which; nobody yet.
fn bare(place: &Place<'_>, sent: Option<Instant>, options: &Options) -> Result<Call, Fault> {
    let item = place.item;
    let offset = match item.get("offset") {
        Json::Num(millis) if millis.is_finite() && *millis >= 0.0 => Some(options.now.plus(-((*millis * 1e3) as i64))),
        _ => None,
    };
    let original = moment(item, "timestamp")?;
    let times = Times { original: original.or(offset), sent };
    let at = times.settle(options.now, options.horizon)?;
    let own = item.get("properties");
    let known = match id(item, &["uuid", "message_id", "messageId"])? {
        Some(id) => Some(id),
        None => id(own, &["$insert_id"])?,
    };
    let id = known.unwrap_or_else(|| super::made_up(place, original, options));
    let says = Says::Person { traits: Props::new() };
    Ok(Call {
        id,
        at,
        received_at: options.now,
        source: None,
        weak: false,
        user: None,
        anonymous: None,
        group: None,
        says,
    })
}

/// Nobody has said yet who this is: PostHog then uses the id of the device.
fn is_visitor(own: &Json, who: &str) -> bool {
    *own.get("$is_identified") == Json::Bool(false)
        || own.get("$device_id").text() == Some(who)
        || *own.get("$process_person_profile") == Json::Bool(false)
}

/// The customer among `$groups`: by the type that means one, or the only one there is.
fn groups(own: &Json) -> Result<Option<String>, Fault> {
    let groups = own.get("$groups");
    let by_type = GROUP_TYPES.iter().copied().find(|ty| !groups.get(ty).is_null());
    let only = groups.pairs().first().filter(|_| groups.pairs().len() == 1).map(|(ty, _)| ty.as_str());
    match by_type.or(only) {
        Some(ty) => id(groups, &[ty]).map_err(|(code, _)| (code, "properties.$groups".to_owned())),
        None => Ok(None),
    }
}

/// Attributes of a group. The `distinct_id` is random and nobody.
fn group(place: &Place<'_>, sent: Option<Instant>, options: &Options, told: &mut Vec<Fault>) -> Result<Heard, Fault> {
    let item = place.item;
    let own = item.get("properties");
    let ty = own.get("$group_type").text().unwrap_or_default();
    if !GROUP_TYPES.contains(&ty) {
        return Err(("other_group", "properties.$group_type".to_owned()));
    }
    let key = id(own, &["$group_key"])?.ok_or(("no_group", "properties.$group_key".to_owned()))?;
    let attrs = traits(own.get("$group_set"), Whose::Group, "properties.$group_set", options, told);
    let call = bare(place, sent, options)?;
    Ok(Heard::Calls(vec![Call { group: Some(key), says: Says::Group { traits: attrs }, ..call }]))
}

/// `$set_once`, then `$set`, beside the event or in its properties.
fn person(item: &Json, options: &Options, told: &mut Vec<Fault>) -> Props {
    let own = item.get("properties");
    let mut attrs = Props::new();
    for (place, name) in [(own, "$set_once"), (item, "$set_once"), (own, "$set"), (item, "$set")] {
        attrs.extend(traits(place.get(name), Whose::Person, name, options, told));
    }
    attrs
}

/// The properties without PostHog's own, but for a few.
fn kept(own: &Json) -> Props {
    let mine = |(name, _): &&(String, Json)| !name.starts_with('$') && name != "token" && name != "distinct_id";
    let pairs = own.pairs().iter().filter(mine).cloned().collect();
    let mut found = props(&Json::Map(Map { pairs, twice: None }));
    for (theirs, ours) in KEPT {
        if let Some(text) = own.get(theirs).text() {
            found.entry(ours.to_owned()).or_insert_with(|| Value::text(text));
        }
    }
    found
}
