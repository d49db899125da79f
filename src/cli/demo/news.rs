//! What happens now and then: announcements to everybody, and the incidents, meetings and renewals of single customers.

use super::{
    customers::{Customer, Story},
    days::{Span, fact, seed},
};
use crate::model::{
    fact::{FactBody, Incoming},
    value::{Props, Value},
};

/// The day of the seminar.
const SEMINAR: i32 = 33;

/// What is announced to everybody on a day: facts about no customer.
pub fn announced(span: &Span, day: i32) -> Vec<Incoming> {
    let texts = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), Value::text(*v))).collect();
    let (name, props): (&str, Props) = match day {
        12 => ("newsletter.published", texts(&[("topic", "tips"), TIP[0], TIP[1], TIP[2], TIP[3]])),
        18 => {
            let mut props: Props = texts(&[("seminar", "closing"), ("hour", "14:00"), TALK[0], TALK[1]]);
            props.insert("day".to_owned(), Value::Date(span.first + SEMINAR));
            ("seminar.announced", props)
        }
        25 => ("release.published", texts(&RELEASE)),
        47 => ("case.published", texts(&[("case", "aoba"), CASE[0], CASE[1]])),
        _ => return Vec::new(),
    };
    let at = span.at(day, 9, 30);
    vec![Incoming {
        account: None,
        contact: None,
        occurred_at: at,
        received_at: at,
        source: "csv:demo".to_owned(),
        event_id: format!("{name}:{day}"),
        body: FactBody::event(name, props),
    }]
}

const TIP: [(&str, &str); 4] = [
    ("title", "月末を楽にする3つの設定"),
    ("title_en", "Three settings for month-end"),
    ("lead", "どれも5分で終わり、翌月から効いてきます。"),
    ("lead_en", "Five minutes each, and they help from next month on."),
];
const TALK: [(&str, &str); 2] = [("title", "月末締めを半日で終える"), ("title_en", "Month-end in half a day")];
const RELEASE: [(&str, &str); 2] = [("title", "入金消し込みの自動化"), ("title_en", "Payments match themselves")];
const CASE: [(&str, &str); 2] =
    [("title", "請求業務を月8時間短縮した会計事務所"), ("title_en", "Eight hours of invoicing saved a month")];

/// What happens with one customer on a day, besides everyday use.
pub fn moments(customer: &Customer, span: &Span, day: i32, out: &mut Vec<Incoming>) {
    let dice = seed(&customer.key);
    let one_in = |n: u64, of: u64| dice % n == of;
    let mut say = |hour: i64, who: Option<usize>, name: &str, props: &[(&str, &str)]| {
        let who = who.and_then(|i| customer.people.get(i)).map(|p| p.0.as_str());
        let props = props.iter().map(|(k, v)| ((*k).to_owned(), Value::text(*v))).collect();
        let id = format!("{name}:{}:{day}", customer.key);
        out.push(fact(customer, who, span.at(day, hour, 20), id, FactBody::event(name, props)));
    };
    let keen = customer.story == Story::Healthy;
    match day {
        7 if one_in(40, 5) => say(3, None, "invoice.failed", &[("invoice_id", "n-1")]),
        11 if one_in(80, 5) => say(9, None, "invoice.paid", &[("invoice_id", "n-1")]),
        16 if one_in(12, 4) => say(13, Some(0), "feature.started", &[("feature", feature(customer))]),
        17 if one_in(24, 4) => say(10, Some(0), "feature.finished", &[("feature", feature(customer))]),
        24 if keen && one_in(4, 1) => say(11, Some(1), "seminar.registered", &[("seminar", "closing")]),
        SEMINAR if keen && one_in(8, 1) => say(15, Some(1), "seminar.attended", &[("seminar", "closing")]),
        41 if one_in(25, 3) => {
            let (ja, en) = ("請求書の送信が遅れています", "Invoices are sent late");
            say(10, None, "incident.opened", &[("incident_id", "i-1"), ("title", ja), ("title_en", en)]);
            say(15, None, "incident.resolved", &[("incident_id", "i-1")]);
        }
        _ => {}
    }
    if customer.plan == "business" && (day + 90) % 30 == (dice % 30) as i32 && !one_in(3, 0) {
        say(14, None, "meeting.held", &[]);
    }
    changes(customer, span, day, out);
}

fn feature(customer: &Customer) -> &'static str {
    if customer.japanese { "入金の消し込み" } else { "Payment matching" }
}

/// A new colleague; a champion with another job; a renewal.
fn changes(customer: &Customer, span: &Span, day: i32, out: &mut Vec<Incoming>) {
    let at = span.at(day, 10, 40);
    if day == 29 && seed(&customer.key) % 20 == 2 {
        let (name, locale) = if customer.japanese { ("森 陽子", "ja") } else { ("Grace Hill", "en") };
        let email = format!("newcomer@{}.test", customer.key);
        let attrs = [("key", "newcomer"), ("name", name), ("email", &email), ("role", "member"), ("locale", locale)];
        let attrs = attrs.map(|(k, v)| (k.to_owned(), Value::text(v))).into();
        let id = format!("contact:{}:newcomer", customer.key);
        out.push(fact(customer, Some("newcomer"), at, id, FactBody::ContactAttrs { attrs }));
    }
    if day == 36
        && seed(&customer.key) % 45 == 7
        && let Some((person, ..)) = customer.people.get(1)
    {
        let attrs = Props::from([("role".to_owned(), Value::text("member"))]);
        let id = format!("role:{}:{person}", customer.key);
        out.push(fact(customer, Some(person), at, id, FactBody::ContactAttrs { attrs }));
    }
    if day == customer.renewal - 3 && customer.story != Story::Churning {
        let id = format!("renewed:{}:{day}", customer.key);
        out.push(fact(customer, None, at, id.clone(), FactBody::event("contract.renewed", Props::new())));
        let attrs = Props::from([("renewal_date".to_owned(), Value::Date(span.first + customer.renewal + 365))]);
        out.push(fact(customer, None, at, format!("{id}:date"), FactBody::AccountAttrs { attrs }));
    }
}
