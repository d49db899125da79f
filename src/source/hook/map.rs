//! The mapping: which payloads mean what. Every value is an expression over the payload, named `event`.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::verify::Scheme;
use crate::{
    model::{
        diagnostic::{Diagnostic, Place},
        ids::stable_hash,
        instant::Instant,
        track::{Call, Says},
        value::{Props, Value},
    },
    rulebook::{
        expr::{Program, Want, frame::Frame, schema::Schema},
        schedule::calendar::Calendar,
    },
    source::track::{Fault, Heard, Item, Json, Options, Times, Whose, id_of, reachable, read_moment, typed},
};

/// The largest mapping.
const LARGEST: usize = 256 * 1024;
/// Most rules.
const RULES: usize = 200;

type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMap {
    signature: Option<RawSignature>,
    id: Option<Text>,
    at: Option<Text>,
    rules: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignature {
    header: String,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    encoding: Encoding,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Hex,
    Base64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    when: Option<Text>,
    account: Option<Text>,
    contact: Option<Text>,
    event: Option<String>,
    #[serde(default)]
    props: BTreeMap<String, Text>,
    #[serde(default)]
    account_attributes: BTreeMap<String, Text>,
    #[serde(default)]
    contact_attributes: BTreeMap<String, Text>,
}

/// A mapping, compiled.
#[derive(Clone, Debug)]
pub struct Map {
    /// How a plain signature is written; none = `X-Signature`, hexadecimal.
    pub signature: Option<Scheme>,
    id: Option<Program>,
    at: Option<Program>,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    when: Option<Program>,
    account: Option<Program>,
    contact: Option<Program>,
    event: Option<String>,
    props: Vec<(String, Program)>,
    account_attributes: Vec<(String, Program)>,
    contact_attributes: Vec<(String, Program)>,
}

/// Reads a mapping file. The findings name the line and what to write instead.
pub fn read_map(text: &str, file: &str) -> Result<Map, Vec<Diagnostic>> {
    let file: Arc<str> = Arc::from(file);
    let start = Place { file: Arc::clone(&file), line: 1, column: 1 };
    if text.len() > LARGEST {
        return Err(vec![fault(&start, "the mapping is longer than 256 KiB", "split the source in two")]);
    }
    let raw: RawMap = serde_saphyr::from_str(text).map_err(|error| {
        let says = error.to_string();
        let place = error.location().map_or_else(|| start.clone(), |at| place_at(at, &file));
        vec![fault(&place, says.lines().next().unwrap_or_default(), "see docs/tracking.md for what a mapping may hold")]
    })?;
    let mut compiler = Compiler { file, findings: Vec::new() };
    let map = compiler.map(raw);
    let said = map
        .rules
        .iter()
        .all(|r| r.event.is_some() || !r.account_attributes.is_empty() || !r.contact_attributes.is_empty());
    if map.rules.is_empty() || map.rules.len() > RULES || !said {
        let help = "write 1 to 200 `rules`, each with `event`, `account_attributes` or `contact_attributes`";
        compiler.findings.push(fault(&start, "a rule that says nothing, or no rule at all", help));
    }
    if compiler.findings.is_empty() { Ok(map) } else { Err(compiler.findings) }
}

fn fault(place: &Place, message: &str, help: &str) -> Diagnostic {
    Diagnostic::error("source-map", place, message, help)
}

fn place_at(at: serde_saphyr::Location, file: &Arc<str>) -> Place {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).max(1);
    Place { file: Arc::clone(file), line: number(at.line()), column: number(at.column()) }
}

struct Compiler {
    file: Arc<str>,
    findings: Vec<Diagnostic>,
}

impl Compiler {
    fn map(&mut self, raw: RawMap) -> Map {
        let signature = raw.signature.map(|s| Scheme::Plain {
            header: s.header,
            prefix: s.prefix,
            base64: s.encoding == Encoding::Base64,
        });
        let (id, at) = (self.one(raw.id, Want::Any), self.one(raw.at, Want::Any));
        Map { signature, id, at, rules: raw.rules.into_iter().map(|rule| self.rule(rule)).collect() }
    }

    fn rule(&mut self, raw: RawRule) -> Rule {
        Rule {
            when: self.one(raw.when, Want::Condition),
            account: self.one(raw.account, Want::Any),
            contact: self.one(raw.contact, Want::Any),
            event: raw.event,
            props: self.several(raw.props),
            account_attributes: self.several(raw.account_attributes),
            contact_attributes: self.several(raw.contact_attributes),
        }
    }

    fn several(&mut self, raw: BTreeMap<String, Text>) -> Vec<(String, Program)> {
        raw.into_iter().filter_map(|(name, text)| Some((name, self.one(Some(text), Want::Any)?))).collect()
    }

    fn one(&mut self, text: Option<Text>, want: Want) -> Option<Program> {
        let text = text?;
        let schema = Schema { event: true, ..Schema::default() };
        let place = place_at(text.referenced, &self.file);
        Program::compile(&text.value, &place, &schema, want).map_err(|found| self.findings.extend(found)).ok()
    }
}

impl Map {
    /// What a payload of the source `name` says; none where no rule speaks of it.
    pub fn read(&self, name: &str, payload: &Json, options: &Options) -> Item {
        let mut told = Vec::new();
        let heard = self.heard(name, payload, options, &mut told);
        Item { id: None, heard: heard.unwrap_or_else(Heard::Refused), told }
    }

    fn heard(&self, name: &str, payload: &Json, options: &Options, told: &mut Vec<Fault>) -> Result<Heard, Fault> {
        if !matches!(payload, Json::Map(_)) {
            return Err(("not_an_object", String::new()));
        }
        if let Some(twice) = payload.twice() {
            return Err(("twice", twice.chars().filter(|c| !c.is_control()).take(60).collect()));
        }
        let props = reachable(payload);
        let calendar = Calendar::plain();
        let frame = Frame {
            now: options.now,
            zone: &options.zone,
            calendar: &calendar,
            currency: options.currency,
            values: &[],
            next: &[],
            ahead: None,
            event: Some(&props),
            start: None,
            run: None,
        };
        let value = |program: &Option<Program>| program.as_ref().map(|p| p.eval(&frame)).unwrap_or_default();
        let original = moment(&value(&self.at))?;
        let at = Times { original, sent: None }.settle(options.now, options.horizon)?;
        let said = id_of(&value(&self.id), "id")?;
        let id = said.unwrap_or_else(|| stable_hash(&["payload", &payload.to_string()]));
        let mut calls = Vec::new();
        let matching = |rule: &&Rule| rule.when.as_ref().is_none_or(|when| when.holds(&frame));
        for (n, rule) in self.rules.iter().enumerate().filter(|(_, rule)| matching(rule)) {
            let base = Call {
                id: format!("{name}:{id}:{n}"),
                at,
                received_at: options.now,
                source: Some(name.to_owned()),
                weak: false,
                user: id_of(&value(&rule.contact), "contact")?,
                anonymous: None,
                group: id_of(&value(&rule.account), "account")?,
                says: Says::Person { traits: Props::new() },
            };
            calls.extend(rule.calls(&base, &frame, options, told)?);
        }
        if calls.is_empty() { Ok(Heard::Ignored) } else { Ok(Heard::Calls(calls)) }
    }
}

impl Rule {
    /// The rule's event first, then attributes.
    fn calls(
        &self,
        base: &Call,
        frame: &Frame<'_>,
        options: &Options,
        told: &mut Vec<Fault>,
    ) -> Result<Vec<Call>, Fault> {
        if base.user.is_none() && base.group.is_none() {
            return Err(("no_customer", "account".to_owned()));
        }
        let mut calls = Vec::new();
        if let Some(event) = &self.event {
            let values = self.props.iter().map(|(name, program)| (name.clone(), program.eval(frame)));
            let props = values.filter(|(_, value)| !value.is_missing()).collect();
            calls.push(Call { says: Says::Event { name: event.clone(), props }, ..base.clone() });
        }
        let mut attributes = |list: &[(String, Program)], whose, path: &str| {
            let mut traits = Props::new();
            for (name, program) in list {
                match typed(name, &program.eval(frame), whose, options) {
                    Ok(Value::Missing) => {}
                    Ok(value) => {
                        traits.insert(name.clone(), value);
                    }
                    Err(code) => told.push((code, format!("{path}.{name}"))),
                }
            }
            traits
        };
        let group = attributes(&self.account_attributes, Whose::Group, "account_attributes");
        let person = attributes(&self.contact_attributes, Whose::Person, "contact_attributes");
        if !group.is_empty() && base.group.is_some() {
            calls.push(Call {
                id: format!("{}#account", base.id),
                says: Says::Group { traits: group },
                ..base.clone()
            });
        }
        if !person.is_empty() && base.user.is_some() {
            calls.push(Call {
                id: format!("{}#contact", base.id),
                says: Says::Person { traits: person },
                ..base.clone()
            });
        }
        Ok(calls)
    }
}

/// A moment in any form; missing = now.
fn moment(value: &Value) -> Result<Option<Instant>, Fault> {
    let json = match value {
        Value::Missing => return Ok(None),
        Value::Num(n) => Json::Num(*n),
        Value::Instant(at) => return Ok(Some(*at)),
        other => Json::Text(other.to_string()),
    };
    read_moment(&json).map(Some).ok_or(("bad_time", "at".to_owned()))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::model::{instant::DAY, money::Currency};

    const MAP: &str = r#"
signature: {header: X-Crm-Signature, encoding: base64}
id: event.id
at: event.created
rules:
  - when: event.type == "deal.won"
    account: event.data.company.id
    contact: event.data.people.first.mail
    event: deal.won
    props: {amount: event.data.amount, big: event.data.amount > 100}
    account_attributes: {plan: event.data.plan, employees: event.data.size}
    contact_attributes: {email: event.data.people.first.mail}
  - when: event.type == "deal.lost"
    account: event.data.company.id
    event: deal.lost
"#;

    fn options() -> Options {
        Options {
            now: Instant(1_800_000_000_000_000),
            horizon: 400 * DAY,
            zone: TimeZone::UTC,
            currency: Currency::JPY,
            account_attributes: BTreeMap::new(),
            contact_attributes: BTreeMap::new(),
        }
    }

    fn read(payload: &str) -> Item {
        read_map(MAP, "maps/crm.yaml").unwrap().read("crm", &Json::parse(payload.as_bytes()).unwrap(), &options())
    }

    #[test]
    fn a_payload_becomes_an_event_and_attributes() {
        let item = read(
            r#"{"id": "e1", "type": "deal.won", "created": 1799999000, "data": {"company": {"id": 77}, "amount": 250,
                "plan": "pro", "size": 5, "people": [{"mail": "h@acme.example"}]}}"#,
        );
        let Heard::Calls(calls) = &item.heard else { panic!("{item:?}") };
        let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
        assert_eq!(ids, ["crm:e1:0", "crm:e1:0#account", "crm:e1:0#contact"]);
        assert_eq!((calls[0].group.as_deref(), calls[0].user.as_deref()), (Some("77"), Some("h@acme.example")));
        let props = [("amount".to_owned(), Value::Num(250.0)), ("big".to_owned(), Value::Bool(true))].into();
        assert_eq!(calls[0].says, Says::Event { name: "deal.won".into(), props });
        assert_eq!((calls[0].at, calls[0].source.as_deref()), (Instant(1_799_999_000_000_000), Some("crm")));
        assert_eq!(item.told, [("unknown_attribute", "account_attributes.employees".to_owned())]);
    }

    #[test]
    fn what_no_rule_speaks_of_is_ignored_and_what_names_nobody_is_refused() {
        assert_eq!(read(r#"{"id": "e1", "type": "deal.moved"}"#).heard, Heard::Ignored);
        assert_eq!(read(r#"{"type": "deal.lost"}"#).heard, Heard::Refused(("no_customer", "account".to_owned())));
        assert_eq!(read(r#"[1]"#).heard, Heard::Refused(("not_an_object", String::new())));
        assert_eq!(read(r#"{"type": "x", "type": "y"}"#).heard, Heard::Refused(("twice", "type".to_owned())));
        assert_eq!(read(r#"{"type": "x", "created": "soon"}"#).heard, Heard::Refused(("bad_time", "at".to_owned())));
    }

    #[test]
    fn a_wrong_mapping_is_told_by_line() {
        let faults = |text: &str| -> Vec<u32> {
            read_map(text, "m.yaml").unwrap_err().into_iter().map(|found| found.place.line).collect()
        };
        assert_eq!(faults("rules:\n  - event: x\n    account: account.key\n"), [3]);
        assert_eq!(faults("rules:\n  - event: x\n    acount: event.a\n").len(), 1);
        assert_eq!(faults("rules: []\n"), [1]);
        assert_eq!(faults("rules:\n  - account: event.a\n"), [1]);
        assert_eq!(faults("rules:\n  - event: x\n    when: event.a ==\n"), [3]);
    }
}
