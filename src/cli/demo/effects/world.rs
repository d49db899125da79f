//! The world of `demo --effects`: 800 customers who really answer to what they are sent. What each of them would do anyway,
//! and what a message adds, is drawn from its key; the verdicts know nothing of it.

use crate::{
    cli::demo::{
        chance::Chance,
        days::{Span, seed},
    },
    model::{
        fact::{FactBody, Incoming},
        instant::Instant,
        money::{Currency, Money},
        value::{Props, Value},
    },
};

/// Customers.
pub const CUSTOMERS: usize = 800;
/// Days of the story.
pub const DAYS: i32 = 66;

/// What is planted for one playbook: of a hundred customers, how many do it anyway, and of the others how many do it
/// because of the message.
#[derive(Clone, Copy, Debug)]
pub struct Planted {
    /// The playbook.
    pub playbook: &'static str,
    /// What makes a customer eligible.
    pub starts: &'static str,
    /// The day of the first customer's start.
    pub day: i32,
    /// Of a hundred: anyway.
    pub anyway: u64,
    /// Of a hundred of the rest: because of the message.
    pub message: u64,
    /// What they do; none = they cancel.
    pub act: Option<&'static str>,
}

/// One that helps (30 → 51 of 100), one that does nothing (8), one that harms (5 → 16 leave).
pub const PLANTED: [Planted; 3] = [
    Planted {
        playbook: "feature_guide",
        starts: "data.imported",
        day: 2,
        anyway: 30,
        message: 30,
        act: Some("key_feature.used"),
    },
    Planted {
        playbook: "monthly_letter",
        starts: "month.closed",
        day: 15,
        anyway: 8,
        message: 0,
        act: Some("seminar.registered"),
    },
    Planted { playbook: "early_offer", starts: "trial_seats.used", day: 28, anyway: 5, message: 12, act: None },
];

/// Days over which customers become eligible: not all at once.
const SPREAD: i32 = 12;
/// Days after their start within which they do it anyway, and after the message because of it.
const SOON: (u64, u64) = (9, 4);

/// A customer's key.
pub fn key(n: usize) -> String {
    format!("shop-{n:03}")
}

fn chance(key: &str, playbook: &str, why: &str) -> Chance {
    Chance::new(seed(&format!("{key}/{playbook}/{why}")))
}

fn fact(key: &str, at: Instant, id: String, body: FactBody) -> Incoming {
    Incoming {
        account: Some(key.to_owned()),
        contact: None,
        occurred_at: at,
        received_at: at,
        source: "csv:demo".to_owned(),
        event_id: id,
        body,
    }
}

/// The sheet of customers, each with one person.
pub fn arrivals(span: &Span) -> Vec<Incoming> {
    let at = span.at(0, 0, 30);
    let one = |n: usize| {
        let key = key(n);
        let japanese = n % 10 < 7;
        let locale = if japanese { "ja" } else { "en" };
        let name = if japanese { format!("{n:03}商店") } else { format!("Shop {n:03}") };
        let attrs = Props::from([
            ("name".to_owned(), Value::text(&name)),
            ("status".to_owned(), Value::text("active")),
            ("mrr".to_owned(), Value::Money(Money { amount_minor: 9_800, currency: Currency::JPY })),
            ("csm".to_owned(), Value::text("kei")),
            ("locale".to_owned(), Value::text(locale)),
            ("contract_start".to_owned(), Value::Date(span.first - 60 - (n % 300) as i32)),
        ]);
        let person = [("key", "owner"), ("role", "champion"), ("locale", locale)];
        let mut person: Props = person.map(|(k, v)| (k.to_owned(), Value::text(v))).into();
        person.insert("email".to_owned(), Value::text(format!("owner@{key}.test")));
        let account = fact(&key, at, format!("account:{key}"), FactBody::AccountAttrs { attrs });
        let person = Incoming {
            contact: Some("owner".to_owned()),
            ..fact(&key, at, format!("contact:{key}"), FactBody::ContactAttrs { attrs: person })
        };
        [account, person]
    };
    (0..CUSTOMERS).flat_map(one).collect()
}

/// What happens whoever is written to: the starts, and what customers do anyway.
pub fn anyway(span: &Span) -> Vec<Incoming> {
    let mut all = Vec::new();
    for key in (0..CUSTOMERS).map(key) {
        for planted in &PLANTED {
            let mut dice = chance(&key, planted.playbook, "anyway");
            let day = planted.day + dice.below(SPREAD as u64) as i32;
            let at = span.at(day, 9, dice.below(50) as i64);
            let id = format!("{}:{key}", planted.starts);
            all.push(fact(&key, at, id, FactBody::event(planted.starts, Props::new())));
            if dice.percent(planted.anyway) {
                let day = day + 1 + dice.below(SOON.0) as i32;
                all.extend(acts(&key, planted, span.at(day, 15, 20)));
            }
        }
    }
    all
}

/// What a customer does because of a message of `playbook` that reached it on `day`.
pub fn answer(key: &str, playbook: &str, day: i32, span: &Span) -> Vec<Incoming> {
    let Some(planted) = PLANTED.iter().find(|planted| planted.playbook == playbook) else { return Vec::new() };
    // Who does it anyway does it once.
    let mut before = chance(key, playbook, "anyway");
    before.below(SPREAD as u64);
    before.below(50);
    let mut dice = chance(key, playbook, "message");
    if before.percent(planted.anyway) || !dice.percent(planted.message) {
        return Vec::new();
    }
    acts(key, planted, span.at(day + 1 + dice.below(SOON.1) as i32, 16, 40))
}

fn acts(key: &str, planted: &Planted, at: Instant) -> Vec<Incoming> {
    match planted.act {
        Some(act) => vec![fact(key, at, format!("{act}:{key}"), FactBody::event(act, Props::new()))],
        None => {
            let attrs = Props::from([("status".to_owned(), Value::text("churned"))]);
            vec![fact(key, at, format!("cancel:{key}"), FactBody::AccountAttrs { attrs })]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::locale::Locale;
    use jiff::tz::TimeZone;

    fn share(of: impl Fn(&str) -> bool) -> f64 {
        (0..CUSTOMERS).filter(|n| of(&key(*n))).count() as f64 / CUSTOMERS as f64
    }

    #[test]
    fn customers_do_what_was_planted_and_a_letter_moves_nobody() {
        let span = Span { first: 20_000, zone: TimeZone::UTC, locale: Locale::En };
        let anyway = anyway(&span);
        for planted in &PLANTED {
            let id = |key: &str| planted.act.map_or(format!("cancel:{key}"), |act| format!("{act}:{key}"));
            let did = share(|key| anyway.iter().any(|fact| fact.event_id == id(key)));
            let moved = share(|key| !answer(key, planted.playbook, 20, &span).is_empty());
            let wanted = planted.anyway as f64 / 100.0;
            let because = (1.0 - wanted) * planted.message as f64 / 100.0;
            // Three standard errors of 800 draws.
            let near = |a: f64, b: f64| (a - b).abs() <= 3.0 * (b * (1.0 - b) / CUSTOMERS as f64).sqrt();
            assert!(near(did, wanted) && near(moved, because), "{}: {did} {moved}", planted.playbook);
        }
    }

    #[test]
    fn everybody_s_days_are_over_before_the_end() {
        let last = PLANTED.iter().map(|planted| planted.day).max().unwrap() + SPREAD;
        assert!(last + 21 < DAYS, "the offer's three weeks");
    }
}
