//! Tests of whole programs: text in, verdict out.

mod agreed;
mod checked;
mod differential;
mod explained;
mod hostile;
mod missing;
mod timed;

use jiff::tz::TimeZone;

use super::{Program, Want, frame::Frame, schema::Schema, schema::Type};
use crate::{
    model::{
        diagnostic::{Diagnostic, Place},
        instant::Instant,
        money::{Currency, Money},
        value::{Props, Value},
    },
    rulebook::schedule::calendar::Calendar,
};

/// Names for tests, with a value each.
pub(super) struct Stage {
    pub schema: Schema,
    pub values: Vec<Value>,
    pub next: Vec<Option<Instant>>,
    pub now: Instant,
    pub zone: TimeZone,
    pub calendar: Calendar,
    pub event: Props,
}

impl Stage {
    /// An account with one value of each type; everything called `no_…` is missing.
    pub fn new() -> Stage {
        let mut stage = Stage {
            schema: Schema { event: true, ..Schema::default() },
            values: Vec::new(),
            next: Vec::new(),
            now: Instant::parse("2026-04-15T10:30:00+09:00").unwrap(),
            zone: TimeZone::get("Asia/Tokyo").unwrap(),
            calendar: Calendar::plain(),
            event: Props::new(),
        };
        let at = |text: &str| Value::Instant(Instant::parse(text).unwrap());
        let bands = Type::Text(Some(["green", "yellow", "red", "unknown"].map(str::to_owned).to_vec()));
        stage.add("account.mrr", Type::Money, Value::Money(Money { amount_minor: 60_000, currency: Currency::JPY }));
        stage.add("account.seats", Type::Num, Value::Num(10.0));
        stage.add("account.plan", Type::Text(None), Value::text("pro"));
        stage.add("account.touch", Type::Text(Some(vec!["high".into(), "tech".into()])), Value::text("tech"));
        stage.add("account.goals", Type::List, Value::List(vec![Value::text("速さ"), Value::text("cost")].into()));
        stage.add("account.renewal_date", Type::Date, Value::Date(20_574)); // 2026-05-01
        stage.add("metric.logins_7d", Type::Num, Value::Num(2.0));
        stage.add("metric.last_login", Type::Instant, at("2026-04-10T23:59:59+09:00"));
        stage.add("health.band", bands, Value::text("red"));
        stage.add("milestone.setup_done", Type::Bool, Value::Bool(false));
        stage.add("playbook.win-back", Type::Text(Some(vec!["never".into(), "running".into()])), Value::text("never"));
        stage.add("account.no_num", Type::Num, Value::Missing);
        stage.add("account.no_text", Type::Text(None), Value::Missing);
        stage.add("account.no_bool", Type::Bool, Value::Missing);
        stage.add("account.no_at", Type::Instant, Value::Missing);
        stage.add("account.no_list", Type::List, Value::Missing);
        stage.event.insert("kind".into(), Value::text("nps"));
        stage.event.insert("score".into(), Value::Num(9.0));
        stage.event.insert("due".into(), Value::text("2026-04-20"));
        stage
    }

    pub fn add(&mut self, name: &str, ty: Type, value: Value) {
        self.schema.slot(name, ty, self.values.len() as u32);
        self.values.push(value);
        self.next.push(None);
    }

    pub fn frame(&self) -> Frame<'_> {
        Frame {
            now: self.now,
            zone: &self.zone,
            calendar: &self.calendar,
            currency: Currency::JPY,
            values: &self.values,
            next: &self.next,
            ahead: None,
            event: Some(&self.event),
            start: None,
            run: None,
        }
    }

    pub fn compile(&self, text: &str, want: Want) -> Result<Program, Vec<Diagnostic>> {
        Program::compile(text, &place(), &self.schema, want)
    }

    pub fn program(&self, text: &str) -> Program {
        self.compile(text, Want::Any).unwrap_or_else(|faults| panic!("{text}: {faults:#?}"))
    }

    pub fn eval(&self, text: &str) -> Value {
        self.program(text).eval(&self.frame())
    }

    /// The first fault as `column: message | help`.
    pub fn fault(&self, text: &str, want: Want) -> String {
        let faults = self.compile(text, want).err().unwrap_or_else(|| panic!("{text} is accepted"));
        format!("{}: {} | {}", faults[0].place.column, faults[0].message, faults[0].help)
    }
}

fn place() -> Place {
    Place { file: "model.yaml".into(), line: 3, column: 1 }
}

fn yes(b: bool) -> Value {
    Value::Bool(b)
}
