//! Which column means what, and how its cells are read.

use std::collections::BTreeMap;

use super::{
    DateOrder, Field, Kind, On, Options, TableError, Warnings,
    aliases::{self, Meaning},
    infer::{Reading, Stats},
    mapping::Via,
    text,
};
use crate::{
    model::{locale::Locale, money::Currency},
    rulebook::types::AttrType,
};

/// One column as understood.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnPlan {
    /// The header as written.
    pub header: String,
    /// What it means; none = not imported.
    pub field: Option<Field>,
    /// The type of its cells.
    pub ty: AttrType,
    /// Order of dates that leave it open.
    pub order: DateOrder,
    /// Whether two orders fit every date.
    pub ambiguous: bool,
    /// Whether the comma is the decimal sign.
    pub decimal_comma: bool,
    /// Currency of amounts that name none.
    pub currency: Option<Currency>,
    /// Cell (folded) → what stands there instead.
    pub map: BTreeMap<String, String>,
    /// The first few different cells.
    pub samples: Vec<String>,
    /// Cells that say something.
    pub filled: u64,
    pub(super) known_ty: Option<AttrType>,
    pub(super) used: bool,
    pub(super) fixed_order: Option<DateOrder>,
    pub(super) stats: Stats,
}

/// All columns of a file.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In the file's order.
    pub columns: Vec<ColumnPlan>,
    /// Columns of the composite key.
    pub(super) key: Vec<usize>,
    /// Column that leads to the account, and whether by a subscription.
    pub(super) account: Option<(usize, Option<Via>)>,
    /// Column of the sheet's date.
    pub(super) as_of: Option<usize>,
    /// Several events a row: (time, id, properties) by column.
    pub(super) events: Vec<EventColumns>,
    pub(super) only: Vec<(usize, String)>,
    pub(super) skip: Vec<(usize, String)>,
}

/// Columns of one of several events.
#[derive(Clone, Debug)]
pub(super) struct EventColumns {
    pub name: String,
    pub at: usize,
    pub id: Option<usize>,
    pub props: Vec<(String, usize)>,
}

impl Plan {
    /// The column that means `field`.
    pub fn find(&self, on: On, name: &str) -> Option<usize> {
        let wanted = |c: &ColumnPlan| c.field.as_ref().is_some_and(|f| f.on == on && f.name == name);
        self.columns.iter().position(wanted)
    }

    /// The column with this header.
    pub(super) fn by_header(&self, header: &str) -> Option<usize> {
        let exact = self.columns.iter().position(|c| c.header == header);
        let key = text::key(header);
        exact.or_else(|| self.columns.iter().position(|c| !key.is_empty() && text::key(&c.header) == key))
    }

    /// Adds a column by its header, settling what it means.
    pub(super) fn add(&mut self, header: &str, options: &Options, owner: bool, line: u64, warnings: &mut Warnings) {
        let mut column = ColumnPlan::new(header.trim());
        column.settle(options, owner, line, warnings);
        let taken = column.field.as_ref().is_some_and(|f| self.find(f.on, &f.name).is_some());
        if taken {
            warnings.add("column_twice", line, &column.header);
            column.field = None;
        }
        self.columns.push(column);
    }

    /// Finds the columns that the mapping refers to, and checks that nothing needed is missing.
    pub(super) fn link(&mut self, options: &Options) -> Result<(), TableError> {
        let mapping = &options.mapping;
        let find = |plan: &Plan, header: &str| {
            plan.by_header(header).ok_or_else(|| {
                let names: Vec<&str> = plan.columns.iter().map(|c| c.header.as_str()).collect();
                let near = crate::model::diagnostic::nearest(header, names.iter().copied());
                let help = near.map_or_else(|| names.join(", "), |n| format!("did you mean `{n}`?"));
                TableError::Missing(format!("the mapping names the column `{header}`, which the file has not: {help}"))
            })
        };
        self.key = mapping.key.iter().map(|h| find(self, h)).collect::<Result<_, _>>()?;
        self.account = match &mapping.account {
            Some(account) => Some((find(self, &account.column)?, account.via)),
            None => self.find(On::Account, "key").or_else(|| self.find(On::Account, "name")).map(|c| (c, None)),
        };
        self.as_of = mapping.as_of.as_ref().and_then(|h| self.by_header(h));
        self.events = Vec::new();
        for event in &mapping.events {
            let id = event.id.as_deref().map(|h| find(self, h)).transpose()?;
            let prop = |(name, header): (&String, &String)| Ok((name.clone(), find(self, header)?));
            let props = event.props.iter().map(prop).collect::<Result<_, TableError>>()?;
            let at = find(self, &event.at)?;
            self.columns[at].known_ty = Some(AttrType::Instant);
            self.events.push(EventColumns { name: event.event.clone(), at, id, props });
        }
        let filter = |names: Vec<&String>| -> Result<Vec<(usize, String)>, TableError> {
            names.into_iter().map(|h| Ok((find(self, h)?, h.clone()))).collect()
        };
        let (only, skip) = (filter(mapping.only.keys().collect())?, filter(mapping.skip.keys().collect())?);
        (self.only, self.skip) = (only, skip);
        self.require(options)
    }

    fn require(&self, options: &Options) -> Result<(), TableError> {
        let has = |on, name: &str| self.find(on, name).is_some() || constant(options, on, name);
        let account = self.account.is_some() || !self.key.is_empty() || constant(options, On::Account, "key");
        let missing = match options.kind {
            Kind::Accounts if !account => "a column with the customer's key or name (e.g. `account_id`, `会社名`)",
            Kind::Contacts if self.account.is_none() && !constant(options, On::Account, "key") => {
                "a column with the customer's key or name (e.g. `account_id`, `会社名`)"
            }
            Kind::Contacts if !["key", "email", "name"].iter().any(|n| has(On::Contact, n)) && self.key.is_empty() => {
                "a column with the person's key, e-mail or name (e.g. `email`, `メール`)"
            }
            Kind::Subscriptions if self.account.is_none() => "a column with the customer's key (e.g. `account_id`)",
            Kind::Subscriptions if !has(On::Subscription, "start") => {
                "a column with the start (e.g. `start_date`, `開始日`)"
            }
            Kind::Events if self.account.is_none() && !options.mapping.announcement => {
                "a column with the customer's key (e.g. `account_id`); for events of no customer, a mapping with `announcement: true`"
            }
            Kind::Events if self.events.is_empty() && !has(On::Event, "at") => {
                "a column with the time (e.g. `timestamp`, `日時`)"
            }
            Kind::Events if self.events.is_empty() && options.mapping.event.is_none() && !has(On::Event, "name") => {
                "a column with the event's name (e.g. `event`), or a mapping with `event: login`"
            }
            _ => return Ok(()),
        };
        let headers: Vec<&str> = self.columns.iter().map(|c| c.header.as_str()).take(20).collect();
        let text = format!("{} need {missing}; the file has: {}", options.kind.word(), headers.join(", "));
        Err(TableError::Missing(text))
    }
}

fn constant(options: &Options, on: On, name: &str) -> bool {
    options.mapping.constants.keys().any(|k| Field::parse(k, options.kind) == Field::new(on, name))
}

impl ColumnPlan {
    fn new(header: &str) -> ColumnPlan {
        ColumnPlan {
            header: header.to_owned(),
            field: None,
            ty: AttrType::Text,
            order: DateOrder::Ymd,
            ambiguous: false,
            decimal_comma: false,
            currency: None,
            map: BTreeMap::new(),
            samples: Vec::new(),
            filled: 0,
            known_ty: None,
            used: false,
            fixed_order: None,
            stats: Stats::default(),
        }
    }

    fn settle(&mut self, options: &Options, owner: bool, line: u64, warnings: &mut Warnings) {
        let header = self.header.clone();
        self.used = options
            .mapping
            .referred()
            .chain(options.mapping.as_of.as_deref())
            .any(|h| text::key(h) == text::key(&header));
        if header.is_empty() {
            return;
        }
        self.fixed_order = options.mapping.dates;
        if let Some(column) = options.mapping.column(&header) {
            if let Some(details) = column.details() {
                self.fixed_order = details.dates.or(self.fixed_order);
                self.currency = details.currency;
                self.map = details.map.iter().map(|(k, v)| (text::fold(k).to_lowercase(), v.cell())).collect();
            }
            if column.to() != "ignore" {
                self.take(Field::parse(column.to(), options.kind), options, line, warnings);
            }
            return;
        }
        match self.by_name(options) {
            Some(field) => self.take(field, options, line, warnings),
            None => self.by_alias(options, owner, line, warnings),
        }
    }

    /// A header spelt exactly like an attribute.
    fn by_name(&self, options: &Options) -> Option<Field> {
        let name = text::name(&self.header)?;
        let own = match options.kind {
            Kind::Accounts => On::Account,
            Kind::Contacts => On::Contact,
            Kind::Subscriptions => On::Subscription,
            Kind::Events => return None,
        };
        let field = Field::new(own, &name);
        field.ty(options).is_ok().then_some(field)
    }

    fn by_alias(&mut self, options: &Options, owner: bool, line: u64, warnings: &mut Warnings) {
        let header = self.header.clone();
        match aliases::meaning(&header, options, owner) {
            Meaning::Is(field, unsure) => {
                if unsure {
                    warnings.add("ambiguous_header", line, &format!("{header} → {}", field.path()));
                }
                self.take(field, options, line, warnings);
            }
            Meaning::Ignored => {}
            Meaning::Undeclared(field) => {
                warnings.add("undeclared_column", line, &format!("{header} → attributes: {}", field.path()));
            }
            Meaning::Unknown if self.used => {}
            Meaning::Unknown => match text::name(&header)
                .filter(|_| options.kind == Kind::Events && options.mapping.events.is_empty())
            {
                Some(name) => self.take(Field::new(On::Event, &name), options, line, warnings),
                None => warnings.add("unknown_column", line, &header),
            },
        }
    }

    fn take(&mut self, field: Field, options: &Options, line: u64, warnings: &mut Warnings) {
        match field.ty(options) {
            Ok(ty) => {
                self.known_ty = ty;
                self.field = Some(field);
            }
            Err(()) => {
                warnings.add("undeclared_column", line, &format!("{} → attributes: {}", self.header, field.path()));
            }
        }
    }

    /// Settles how cells are read, once the whole column was seen.
    pub(super) fn conclude(&mut self, line: u64, locale: Locale, warnings: &mut Warnings) {
        let Reading { order, ambiguous, contradicting, decimal_comma } = self.stats.reading(locale);
        self.ty = self.known_ty.clone().unwrap_or_else(|| self.stats.ty());
        self.order = self.fixed_order.unwrap_or(order);
        self.decimal_comma = decimal_comma;
        self.samples = std::mem::take(&mut self.stats.samples);
        self.filled = self.stats.filled;
        let dates = matches!(self.ty, AttrType::Date | AttrType::Instant) && (self.field.is_some() || self.used);
        self.ambiguous = dates && ambiguous && self.fixed_order.is_none();
        let said = format!("{}: {} ({})", self.header, self.order.pattern(), locale.code());
        let line = if self.stats.open_line > 0 { self.stats.open_line } else { line };
        if self.ambiguous {
            warnings.add("ambiguous_date", line, &said);
        } else if dates && contradicting > 0 && self.fixed_order.is_none() {
            warnings.add_many("mixed_date_order", contradicting, line, &said);
        }
    }
}
