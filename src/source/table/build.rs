//! From cells to a draft.

use std::sync::Arc;

use super::{
    ColumnPlan, Draft, DraftEvent, Field, Kind, On, Options, Plan, Reject, SubscriptionRow, Warnings, dates,
    fields::FORMER_KEY, mapping::Via, numbers, records::Record, text, words,
};
use crate::{
    model::{
        ids::stable_hash,
        instant::Instant,
        money::{Currency, Money},
        safe::CsvCell,
        value::{Props, Value},
    },
    rulebook::types::AttrType,
};

/// A cell that could not be read: the reason's code.
type Bad = &'static str;

/// Reads one row.
pub(super) fn draft(record: Record, plan: &Plan, options: &Options, warnings: &mut Warnings) -> Result<Draft, Reject> {
    let row = Row { record: &record, plan, options };
    match row.read(warnings) {
        Ok(mut draft) => {
            draft.cells = record.cells;
            Ok(draft)
        }
        Err((code, detail)) => Err(Reject::new(record.line, code, &detail, record.cells)),
    }
}

struct Row<'a> {
    record: &'a Record,
    plan: &'a Plan,
    options: &'a Options,
}

type Fault = (Bad, String);

impl Row<'_> {
    fn read(&self, warnings: &mut Warnings) -> Result<Draft, Fault> {
        let mut fields = Fields::default();
        self.constants(&mut fields)?;
        let row_currency = self.row_currency();
        for (index, column) in self.plan.columns.iter().enumerate() {
            if let Some(field) = &column.field {
                let value = self.value(index, column, row_currency)?;
                self.judge(field, &value, column, warnings);
                fields.put(field, value);
            }
        }
        let mut draft = Draft { line: self.record.line, as_of: self.as_of()?, ..Draft::default() };
        self.keys(&mut draft, &fields)?;
        self.attributes(&mut draft, fields.account, fields.contact);
        match self.options.kind {
            Kind::Accounts | Kind::Contacts => {}
            Kind::Subscriptions => {
                draft.subscription = Some(self.subscription(&draft, &fields.subscription, warnings)?)
            }
            Kind::Events => draft.events = self.events(&draft, fields.event, warnings)?,
        }
        Ok(draft)
    }

    fn cell(&self, column: usize) -> &str {
        self.record.cells.get(column).map_or("", |c| c.trim())
    }

    fn constants(&self, fields: &mut Fields) -> Result<(), Fault> {
        for (path, value) in &self.options.mapping.constants {
            let field = Field::parse(path, self.options.kind);
            let ty = field.ty(self.options).map_err(|()| ("unknown_constant", path.clone()))?.unwrap_or(AttrType::Text);
            let reader = Reader::plain(self.options, &ty);
            let read = reader.read(&value.cell()).map_err(|code| (code, path.clone()))?;
            fields.put(&field, read);
        }
        Ok(())
    }

    fn row_currency(&self) -> Option<Currency> {
        let on = if self.options.kind == Kind::Subscriptions { On::Subscription } else { On::Account };
        self.plan.find(on, "currency").and_then(|c| Currency::parse(&text::fold(self.cell(c))))
    }

    fn value(&self, index: usize, column: &ColumnPlan, currency: Option<Currency>) -> Result<Value, Fault> {
        let cell = self.cell(index);
        let mapped = column.map.get(&text::fold(cell).to_lowercase()).map_or(cell, String::as_str);
        let reader = Reader { field: column.field.as_ref(), ..Reader::of(self.options, column, currency) };
        reader.read(mapped).map_err(|code| (code, format!("{} = `{}`", column.header, shorten(cell))))
    }

    /// Faults that one value shows by itself.
    fn judge(&self, field: &Field, value: &Value, column: &ColumnPlan, warnings: &mut Warnings) {
        let line = self.record.line;
        let negative = match value {
            Value::Num(n) => *n < 0.0,
            Value::Money(m) => m.amount_minor < 0,
            _ => false,
        };
        let counts = matches!(field.name.as_str(), "mrr" | "arr" | "seats" | "usage_count") || field.on == On::Event;
        if negative && counts {
            warnings.add("negative_number", line, &column.header);
        }
        let day = match value {
            Value::Date(day) => Some(*day),
            Value::Instant(at) => Some(at.day(self.options.file_zone())),
            _ => None,
        };
        let past = matches!(field.name.as_str(), "created_at" | "at") || field.name.starts_with("last_login");
        if past && day.is_some_and(|d| d > self.options.now.day(self.options.file_zone())) {
            warnings.add("future_date", line, &column.header);
        }
        if field.name == "email" && value.as_text().is_some_and(|t| !words::looks_like_email(t)) {
            warnings.add("bad_email", line, &column.header);
        }
    }

    /// The date the sheet speaks of: a column, a literal, else the moment of the import.
    fn as_of(&self) -> Result<Instant, Fault> {
        let Some(said) = &self.options.mapping.as_of else { return Ok(self.options.now) };
        let cell = self.plan.as_of.map_or(said.as_str(), |c| self.cell(c));
        let order = self.plan.as_of.map_or(super::DateOrder::Ymd, |c| self.plan.columns[c].order);
        let moment = dates::scan(cell).and_then(|s| s.read(order));
        moment
            .map(|m| m.instant(self.options.file_zone()))
            .ok_or_else(|| ("bad_date", format!("as_of = `{}`", shorten(cell))))
    }

    fn keys(&self, draft: &mut Draft, fields: &Fields) -> Result<(), Fault> {
        let text_of = |props: &Props, name: &str| props.get(name).and_then(Value::as_text).map(str::to_owned);
        let composite = || {
            let parts: Vec<&str> = self.plan.key.iter().map(|c| self.cell(*c)).collect();
            (!parts.is_empty() && parts.iter().all(|p| !p.is_empty())).then(|| parts.join("/"))
        };
        let own = |kind: Kind| if self.options.kind == kind { composite() } else { None };
        let by_column = self.plan.account.map(|(c, via)| (self.cell(c).to_owned(), via)).filter(|(k, _)| !k.is_empty());
        match by_column {
            Some((key, Some(Via::Subscription))) => draft.via = Some(key),
            Some((key, None)) => draft.account = Some(key),
            None => {}
        }
        draft.account = own(Kind::Accounts)
            .or(draft.account.take())
            .or_else(|| text_of(&fields.account, "key"))
            .or_else(|| text_of(&fields.account, "name").filter(|_| draft.via.is_none()));
        draft.contact = own(Kind::Contacts)
            .or_else(|| text_of(&fields.contact, "key"))
            .or_else(|| text_of(&fields.contact, "email"))
            .or_else(|| text_of(&fields.contact, "name"));
        let lost = draft.account.is_none() && draft.via.is_none() && !self.options.mapping.announcement;
        if lost {
            return Err(("no_account", String::new()));
        }
        if self.options.kind == Kind::Contacts && draft.contact.is_none() {
            return Err(("no_contact", String::new()));
        }
        let too_long = |key: &Option<String>| key.as_ref().is_some_and(|k| k.chars().count() > 200);
        if too_long(&draft.account) || too_long(&draft.contact) || too_long(&draft.via) {
            return Err(("key_too_long", String::new()));
        }
        Ok(())
    }

    fn attributes(&self, draft: &mut Draft, mut account: Props, contact: Props) {
        if matches!(self.options.kind, Kind::Subscriptions | Kind::Events) {
            return;
        }
        account.remove("key");
        account.remove("currency");
        let former = account.remove(FORMER_KEY);
        if self.options.kind == Kind::Accounts {
            draft.former = former.and_then(|key| Some(key.as_text()?.trim().to_owned())).filter(|key| !key.is_empty());
        }
        if let Some(arr) = account.remove("arr")
            && account.get("mrr").is_none_or(Value::is_missing)
        {
            account.insert("mrr".into(), monthly(&arr));
        }
        if self.options.kind == Kind::Accounts {
            draft.account_attrs = account;
        }
        if draft.contact.is_some() {
            draft.contact_attrs = contact;
            draft.contact_attrs.remove("key");
            if let Some(Value::Bool(yes)) = draft.contact_attrs.remove("subscribed") {
                draft.contact_attrs.insert("opted_out".into(), Value::Bool(!yes));
            }
        }
    }

    fn subscription(&self, draft: &Draft, fields: &Props, warnings: &mut Warnings) -> Result<SubscriptionRow, Fault> {
        let text_of = |name: &str| fields.get(name).and_then(Value::as_text).unwrap_or_default().to_owned();
        let day = |name: &str| match fields.get(name) {
            Some(Value::Date(day)) => Some(*day),
            _ => None,
        };
        let account = draft.account.clone().ok_or(("no_account", String::new()))?;
        let start = day("start").ok_or(("no_start", String::new()))?;
        let end = day("end");
        if end.is_some_and(|end| end < start) {
            warnings.add("end_before_start", self.record.line, "");
        }
        let money = |name: &str| match fields.get(name) {
            Some(Value::Money(money)) => Some(*money),
            _ => None,
        };
        let annual = money("arr").map(|m| Money { amount_minor: (m.amount_minor as f64 / 12.0).round() as i64, ..m });
        let mrr = money("mrr").or(annual).unwrap_or(Money { amount_minor: 0, currency: self.options.currency });
        let plan = text_of("plan");
        let parts: Vec<&str> = self.plan.key.iter().map(|c| self.cell(*c)).collect();
        let key = if parts.is_empty() { text_of("key") } else { parts.join("/") };
        let made_up = || stable_hash(&["subscription", &account, &plan, &start.to_string()]);
        Ok(SubscriptionRow {
            key: if key.is_empty() { made_up() } else { key },
            plan,
            start,
            end,
            mrr_minor: mrr.amount_minor,
            currency: mrr.currency.code().to_owned(),
            seats: fields.get("seats").and_then(Value::as_num).map(|n| n as i64),
            account,
        })
    }

    fn events(&self, draft: &Draft, fields: Props, warnings: &mut Warnings) -> Result<Vec<DraftEvent>, Fault> {
        if self.plan.events.is_empty() {
            return Ok(vec![self.event(draft, fields)?]);
        }
        let mut events = Vec::new();
        for columns in &self.plan.events {
            let at = self.value(columns.at, &self.plan.columns[columns.at], None)?;
            let Value::Instant(at) = at else { continue };
            let mut props = Props::new();
            for (name, column) in &columns.props {
                let value = self.value(*column, &self.plan.columns[*column], None)?;
                if !value.is_missing() {
                    props.insert(name.clone(), value);
                }
            }
            let id = columns.id.map(|c| self.cell(c).to_owned()).filter(|id| !id.is_empty());
            events.push(finish_event(draft, columns.name.clone(), at, id, props));
        }
        if events.windows(2).any(|pair| pair[1].at < pair[0].at) {
            warnings.add("end_before_start", self.record.line, "");
        }
        if events.is_empty() { Err(("no_time", String::new())) } else { Ok(events) }
    }

    fn event(&self, draft: &Draft, mut fields: Props) -> Result<DraftEvent, Fault> {
        let Some(Value::Instant(at)) = fields.remove("at") else { return Err(("no_time", String::new())) };
        let named = fields.remove("name");
        let name =
            self.options.mapping.event.clone().or_else(|| named.as_ref().and_then(Value::as_text).map(str::to_owned));
        let name = name.ok_or(("no_event", String::new()))?;
        let parts: Vec<&str> = self.plan.key.iter().map(|c| self.cell(*c)).collect();
        let id = fields.remove("id").and_then(|v| v.as_text().map(str::to_owned));
        let id = if parts.is_empty() { id } else { Some(parts.join("/")) };
        fields.retain(|_, value| !value.is_missing());
        Ok(finish_event(draft, name, at, id, fields))
    }
}

/// Event names are part of the id, since two kinds of event of one row share its id.
fn finish_event(draft: &Draft, name: String, at: Instant, id: Option<String>, props: Props) -> DraftEvent {
    let id = match id {
        Some(id) => format!("{name}:{id}"),
        None => {
            let said = serde_json::to_string(&props).unwrap_or_default();
            let who = draft.account.as_deref().or(draft.via.as_deref()).unwrap_or_default();
            let whose = draft.contact.as_deref().unwrap_or_default();
            stable_hash(&[&name, who, whose, &at.0.to_string(), &said])
        }
    };
    DraftEvent { name, at, id, props }
}

fn monthly(annual: &Value) -> Value {
    match annual {
        Value::Money(m) => {
            Value::Money(Money { amount_minor: (m.amount_minor as f64 / 12.0).round() as i64, currency: m.currency })
        }
        other => other.clone(),
    }
}

fn shorten(cell: &str) -> String {
    cell.chars().take(40).collect()
}

#[derive(Default)]
struct Fields {
    account: Props,
    contact: Props,
    subscription: Props,
    event: Props,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let props = match field.on {
            On::Account => &mut self.account,
            On::Contact => &mut self.contact,
            On::Subscription => &mut self.subscription,
            On::Event => &mut self.event,
        };
        // A status cell may also say that the account is one of our own.
        if *field == Field::new(On::Account, "status") && value.as_text() == Some("internal") {
            props.insert("internal".into(), Value::Bool(true));
            return;
        }
        props.insert(field.name.clone(), value);
    }
}

/// How one cell is read.
struct Reader<'a> {
    options: &'a Options,
    field: Option<&'a Field>,
    ty: &'a AttrType,
    order: super::DateOrder,
    comma: bool,
    currency: Currency,
}

impl<'a> Reader<'a> {
    fn of(options: &'a Options, column: &'a ColumnPlan, currency: Option<Currency>) -> Reader<'a> {
        let currency = column.currency.or(currency).or(options.mapping.currency).unwrap_or(options.currency);
        let (ty, order) = (&column.ty, column.order);
        Reader { options, field: None, ty, order, comma: column.decimal_comma, currency }
    }

    fn plain(options: &'a Options, ty: &'a AttrType) -> Reader<'a> {
        let currency = options.mapping.currency.unwrap_or(options.currency);
        Reader { options, field: None, ty, order: super::DateOrder::Ymd, comma: false, currency }
    }

    fn read(&self, cell: &str) -> Result<Value, Bad> {
        let cell = cell.trim();
        if cell.is_empty() {
            return Ok(Value::Missing);
        }
        let folded = text::fold(cell);
        let typed = !matches!(self.ty, AttrType::Text | AttrType::List);
        if typed && *self.ty != AttrType::Bool && text::nothing(&folded) {
            return Ok(Value::Missing);
        }
        let zone = self.options.file_zone();
        let moment = || dates::scan(cell).and_then(|s| s.read(self.order)).ok_or("bad_date");
        match self.ty {
            AttrType::Text => Ok(self.text(cell, &folded)),
            AttrType::Number => numbers::number(cell, self.comma).map(|n| Value::Num(n.value)).ok_or("bad_number"),
            AttrType::Money => numbers::number(cell, self.comma)
                .map(|n| Value::Money(Money::from_major(n.value, n.currency.unwrap_or(self.currency))))
                .ok_or("bad_amount"),
            AttrType::Bool => match numbers::yes_no(cell, false) {
                Some(yes) => Ok(Value::Bool(yes)),
                None if text::nothing(&folded) => Ok(Value::Missing),
                None => Err("bad_yes_no"),
            },
            AttrType::Date => moment().map(|m| Value::Date(m.day(zone))),
            AttrType::Instant => moment().map(|m| Value::Instant(m.instant(zone))),
            AttrType::Words(list) => self.word(cell, list).ok_or("unknown_word"),
            AttrType::List => Ok(list(cell)),
        }
    }

    /// Names stay as they are written; what programs compare is folded.
    fn text(&self, cell: &str, folded: &str) -> Value {
        match self.field.map(|f| (f.on, f.name.as_str())) {
            Some((_, "email")) => Value::text(folded),
            Some((_, "locale")) => Value::text(words::locale(folded)),
            Some((On::Contact, "role")) => Value::text(words::role(folded)),
            Some((On::Account, "touch")) => match words::touch(folded) {
                Some(tier) => Value::text(tier),
                None => Value::text(folded.to_lowercase()),
            },
            // The mark that keeps a spreadsheet from computing a cell is no part of it.
            _ => Value::text(unmarked(cell)),
        }
    }

    fn word(&self, cell: &str, list: &[String]) -> Option<Value> {
        let key = text::key(cell);
        let same = list.iter().find(|w| text::key(w) == key).map(String::as_str);
        let name = self.field.map_or("", |f| f.name.as_str());
        same.or_else(|| words::synonym(name, &key)).map(Value::text)
    }
}

/// `'=1+1` as an export writes it → `=1+1`.
fn unmarked(cell: &str) -> &str {
    let rest = cell.strip_prefix('\'').filter(|rest| CsvCell::text(rest).as_str() != *rest);
    rest.unwrap_or(cell)
}

fn list(cell: &str) -> Value {
    let items: Vec<Value> =
        cell.split(['、', ';', '；', '\n', '|']).map(str::trim).filter(|i| !i.is_empty()).map(Value::text).collect();
    Value::List(Arc::from(items))
}
