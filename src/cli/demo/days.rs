//! What sample customers do, day by day, as facts.

use super::{
    chance::Chance,
    customers::{Customer, Story},
    news,
};
use crate::model::{
    fact::{FactBody, Incoming},
    instant::{HOUR, Instant, MINUTE},
    locale::Locale,
    money::{Currency, Money},
    value::{Props, Value},
};
use jiff::tz::TimeZone;

/// The sixty days: the first day's number, the workspace's zone, the language of the team.
#[derive(Clone, Debug)]
pub struct Span {
    /// Day number of the first day.
    pub first: i32,
    /// The workspace's zone.
    pub zone: TimeZone,
    /// What the team writes its own records in.
    pub locale: Locale,
}

impl Span {
    /// The moment `hour:minute` on day `day` of the demo, in the workspace's zone.
    pub fn at(&self, day: i32, hour: i64, minute: i64) -> Instant {
        Instant::start_of_day(self.first + day, &self.zone).plus(hour * HOUR + minute * MINUTE)
    }
}

/// One fact of a customer, known when it happens.
pub fn fact(customer: &Customer, contact: Option<&str>, at: Instant, id: String, body: FactBody) -> Incoming {
    Incoming {
        account: Some(customer.key.clone()),
        contact: contact.map(str::to_owned),
        occurred_at: at,
        received_at: at,
        source: "csv:demo".to_owned(),
        event_id: id,
        body,
    }
}

/// The row of the customer sheet, and its people.
pub fn arrival(customer: &Customer, span: &Span, at: Instant) -> Vec<Incoming> {
    let locale = if customer.japanese { "ja" } else { "en" };
    let mut attrs = Props::from([
        ("name".to_owned(), Value::text(&customer.name)),
        ("status".to_owned(), Value::text("active")),
        ("plan".to_owned(), Value::text(customer.plan)),
        ("mrr".to_owned(), Value::Money(Money { amount_minor: customer.mrr, currency: Currency::JPY })),
        ("seats".to_owned(), Value::Num(customer.seats as f64)),
        ("csm".to_owned(), Value::text(customer.csm)),
        ("locale".to_owned(), Value::text(locale)),
        ("timezone".to_owned(), Value::text(customer.zone)),
        ("domain".to_owned(), Value::text(format!("{}.test", customer.key))),
        ("contract_start".to_owned(), Value::Date(span.first + customer.start)),
        ("renewal_date".to_owned(), Value::Date(span.first + customer.renewal)),
    ]);
    if !seed(&customer.key).is_multiple_of(3) {
        let goal =
            if customer.japanese { "月次決算を30分以内に終える" } else { "Close the month in 30 minutes" };
        attrs.insert("goals".to_owned(), Value::List([Value::text(goal)].into()));
    }
    let mut facts =
        vec![fact(customer, None, at, format!("account:{}", customer.key), FactBody::AccountAttrs { attrs })];
    for (key, name, role) in &customer.people {
        let mut attrs = Props::from([
            ("key".to_owned(), Value::text(key)),
            ("name".to_owned(), Value::text(name)),
            ("email".to_owned(), Value::text(format!("{key}@{}.test", customer.key))),
            ("role".to_owned(), Value::text(role)),
            ("locale".to_owned(), Value::text(locale)),
        ]);
        if *role != "member" && seed(&format!("{}:{key}", customer.key)).is_multiple_of(5) {
            attrs.insert("consent".to_owned(), Value::text("given"));
        }
        let id = format!("contact:{}:{key}", customer.key);
        facts.push(fact(customer, Some(key), at, id, FactBody::ContactAttrs { attrs }));
    }
    facts
}

/// What happens with a customer on one day.
pub fn day(customer: &Customer, span: &Span, day: i32) -> Vec<Incoming> {
    let age = day - customer.start;
    if age < 0 || (customer.story == Story::Churning && day > customer.cancels) {
        return Vec::new();
    }
    let mut chance = Chance::new(seed(&customer.key) ^ (day as u64).wrapping_mul(0x1000_0001));
    let mut out = Vec::new();
    usage(customer, span, day, &mut chance, &mut out);
    setup(customer, span, day, age, &mut out);
    voices(customer, span, day, &mut chance, &mut out);
    news::moments(customer, span, day, &mut out);
    if customer.story == Story::Churning && day == customer.cancels {
        cancel(customer, span, day, &mut out);
    }
    out
}

/// A number of its own for each text.
pub fn seed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Of a hundred days, on how many it logs in.
fn activity(customer: &Customer, day: i32) -> u64 {
    match customer.story {
        Story::Healthy => 62,
        Story::Stalling => 16,
        Story::Declining => u64::try_from(60 - day.clamp(-20, 59)).unwrap_or(0) / 2 + 2,
        Story::Churning => u64::try_from(customer.cancels - day - 12).unwrap_or(0).min(45),
    }
}

fn usage(customer: &Customer, span: &Span, day: i32, chance: &mut Chance, out: &mut Vec<Incoming>) {
    let weekend = matches!((span.first + day + 3).rem_euclid(7), 5 | 6);
    let active = activity(customer, day) / if weekend { 6 } else { 1 };
    for (i, (person, ..)) in customer.people.iter().enumerate() {
        if !chance.percent(active) {
            continue;
        }
        let at = span.at(day, 8 + chance.below(10) as i64, chance.below(60) as i64);
        let id = |what: &str| format!("{what}:{}:{person}:{day}", customer.key);
        out.push(fact(customer, Some(person), at, id("login"), FactBody::event("login", Props::new())));
        let feature = if customer.story == Story::Stalling { 8 } else { 55 };
        if i == 0 && chance.percent(feature) {
            out.push(fact(customer, Some(person), at, id("key"), FactBody::event("key_feature.used", Props::new())));
        }
    }
}

/// Four setup steps, then the first invoice. Stalling customers stop after two.
fn setup(customer: &Customer, span: &Span, day: i32, age: i32, out: &mut Vec<Incoming>) {
    let done_by = [1, 4, 9, 14];
    let reached = if customer.story == Story::Stalling && customer.start > -60 { 2 } else { 4 };
    let person = customer.people.first().map(|p| p.0.as_str());
    let at = span.at(day, 11, 30);
    if let Some(step) = done_by[..reached].iter().position(|d| *d == age) {
        let props = Props::from([("step".to_owned(), Value::Num(step as f64 + 1.0))]);
        let id = format!("setup:{}:{step}", customer.key);
        out.push(fact(customer, person, at, id, FactBody::event("setup.step_done", props)));
    }
    if reached == 4 && age == 18 {
        let id = format!("invoice:{}", customer.key);
        out.push(fact(customer, person, at, id, FactBody::event("invoice.sent", Props::new())));
    }
    if reached == 4 && age == 32 {
        let minutes = if customer.story == Story::Healthy { 26.0 } else { 48.0 };
        let props = Props::from([("minutes".to_owned(), Value::Num(minutes))]);
        let id = format!("closing:{}", customer.key);
        out.push(fact(customer, person, at, id, FactBody::event("closing.finished", props)));
    }
}

/// What tickets are about.
const SUBJECTS: [&str; 4] =
    ["取り込みの文字化け", "請求書のレイアウト", "Importing customers", "Adding people and seats"];
/// What customers say, with the tag under which it is kept.
const WORDS: [(&str, &str); 4] = [
    ("入金の消し込みが一瞬で終わるようになった", "payments"),
    ("見積書も同じ画面で作りたい", "quotes"),
    ("Closing the month takes half an hour now", "closing"),
    ("We would love to send quotes from here, too", "quotes"),
];

fn note(day: i32) -> Props {
    let (text, tag) = WORDS[day.unsigned_abs() as usize % WORDS.len()];
    Props::from([
        ("positive".to_owned(), Value::Bool(true)),
        ("text".to_owned(), Value::text(text)),
        ("tags".to_owned(), Value::List(vec![Value::text(tag)].into())),
    ])
}

/// How long after it was opened a ticket of this day is solved: the same afternoon or evening.
fn solved_in(customer: &Customer, day: i32) -> i64 {
    let dice = seed(&format!("{}:{day}", customer.key)) / 97;
    HOUR + (dice % 420) as i64 * MINUTE
}

/// Notes after calls, tickets, answers to a survey.
fn voices(customer: &Customer, span: &Span, day: i32, chance: &mut Chance, out: &mut Vec<Incoming>) {
    let at = span.at(day, 15, chance.below(60) as i64);
    let (good, trouble) = match customer.story {
        Story::Healthy => (3, 1),
        Story::Stalling => (1, 5),
        Story::Declining => (1, 3),
        Story::Churning => (0, 4),
    };
    let person = customer.people.first().map(|p| p.0.as_str());
    let mut say = |name: &str, props: Props| {
        let id = format!("{name}:{}:{day}", customer.key);
        let who = person.filter(|_| name == "survey.responded");
        let at = if name == "ticket.closed" { at.plus(solved_in(customer, day)) } else { at };
        out.push(fact(customer, who, at, id, FactBody::event(name, props)));
    };
    if chance.percent(good) {
        say("note.added", note(day));
    }
    if chance.percent(trouble) {
        let ticket = Props::from([
            ("ticket_id".to_owned(), Value::text(format!("T-{}-{day}", customer.key))),
            ("subject".to_owned(), Value::text(SUBJECTS[day.unsigned_abs() as usize % SUBJECTS.len()])),
        ]);
        say("ticket.opened", ticket.clone());
        if day % 5 != 0 {
            say("ticket.closed", ticket);
        }
    }
    if chance.percent(1) {
        let score = if customer.story == Story::Healthy { 8 + chance.below(3) } else { 3 + chance.below(5) };
        let props =
            Props::from([("kind".to_owned(), Value::text("nps")), ("score".to_owned(), Value::Num(score as f64))]);
        say("survey.responded", props);
    }
}

/// Why customers leave, as the team writes it down, and how they put it themselves; nobody says more than a word now and then.
const REASONS: [([&str; 2], [&str; 2]); 4] = [
    (
        ["使いこなせなかった", "never got going"],
        ["設定の途中で手が止まってしまいました", "We got stuck half-way through the set-up"],
    ),
    (["費用", "price"], ["使う人数に対して割高に感じました", "Too expensive for the few of us who use it"]),
    (["社内の体制変更", "reorganisation"], ["", ""]),
    (
        ["他社製品への切り替え", "moved to a competitor"],
        ["会計ソフトと一体のものにまとめました", "We moved to one that comes with our accounting software"],
    ),
];

fn cancel(customer: &Customer, span: &Span, day: i32, out: &mut Vec<Incoming>) {
    let at = span.at(day, 17, 0);
    let id = format!("cancel:{}", customer.key);
    out.push(fact(customer, None, at, id.clone(), FactBody::event("contract.cancelled", Props::new())));
    let (reason, quote) = REASONS[(seed(&customer.key) % REASONS.len() as u64) as usize];
    let (reason, quote) = (reason[usize::from(span.locale == Locale::En)], quote[usize::from(!customer.japanese)]);
    let attrs = [("status", "churned"), ("churn_reason", reason), ("churn_quote", quote)];
    let attrs = attrs.map(|(name, text)| (name.to_owned(), Value::text(text))).into();
    out.push(fact(customer, None, at, format!("{id}:status"), FactBody::AccountAttrs { attrs }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::demo::{DAYS, customers},
        model::value::Value,
    };

    fn written(locale: Locale, attr: &str) -> Vec<(bool, String)> {
        let span = Span { first: 20_000, zone: TimeZone::UTC, locale };
        let said = |customer: &Customer| {
            let mut out = Vec::new();
            cancel(customer, &span, 10, &mut out);
            let text = |body: &FactBody| match body {
                FactBody::AccountAttrs { attrs } => attrs.get(attr).and_then(Value::as_text).map(str::to_owned),
                _ => None,
            };
            (customer.japanese, out.iter().find_map(|one| text(&one.body)).unwrap_or_default())
        };
        customers::all(DAYS).iter().map(said).collect()
    }

    #[test]
    fn churn_reasons_were_japanese_in_an_english_demo() {
        let ascii = |all: &[(bool, String)]| all.iter().filter(|(_, text)| text.is_ascii()).count();
        let (en, ja) = (written(Locale::En, "churn_reason"), written(Locale::Ja, "churn_reason"));
        assert_eq!((ascii(&en), ascii(&ja)), (en.len(), 0), "the team's own words");
        for (japanese, quote) in written(Locale::En, "churn_quote").iter().filter(|(_, quote)| !quote.is_empty()) {
            assert_ne!(*japanese, quote.is_ascii(), "what a customer said stays in their language: {quote}");
        }
    }
}
