//! Sample customers: who they are and how they behave.

use super::{chance::Chance, names};

/// How a customer behaves over the sixty days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Uses the product every week.
    Healthy,
    /// Never finishes the setup.
    Stalling,
    /// Uses it less and less.
    Declining,
    /// Stops using it and cancels.
    Churning,
}

/// One sample customer.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The key people use.
    pub key: String,
    /// Display name.
    pub name: String,
    /// Japanese or English.
    pub japanese: bool,
    /// IANA zone.
    pub zone: &'static str,
    /// How it behaves.
    pub story: Story,
    /// Plan.
    pub plan: &'static str,
    /// Yen a month.
    pub mrr: i64,
    /// Seats paid for.
    pub seats: u64,
    /// Day of the contract's start, against the first day of the demo (negative = before).
    pub start: i32,
    /// Day of the next renewal, likewise.
    pub renewal: i32,
    /// Day on which it cancels, for `Churning`.
    pub cancels: i32,
    /// Its CSM.
    pub csm: &'static str,
    /// Contacts: key, name, role.
    pub people: Vec<(String, &'static str, &'static str)>,
}

/// How many sample customers.
pub const CUSTOMERS: usize = 200;
/// Of a hundred: healthy, stalling, declining; the rest cancels.
pub const SHARES: [u64; 3] = [58, 15, 17];
/// Customers who are there before the first day; the others join one by one.
const KNOWN: usize = 150;
/// Name, price, and how many seats more than people are paid for at most, plus one.
const PLANS: [(&str, i64, u64); 3] = [("starter", 9_800, 3), ("standard", 39_800, 3), ("business", 128_000, 4)];

/// Every customer; the first one is acme.
pub fn all(days: i32) -> Vec<Customer> {
    (0..CUSTOMERS).map(|n| if n == 0 { acme(days) } else { one(n, days) }).collect()
}

/// Acme joined three weeks before the end and stands at step two of four of its setup.
fn acme(days: i32) -> Customer {
    Customer {
        key: "acme".to_owned(),
        name: "アクメ株式会社".to_owned(),
        japanese: true,
        zone: "Asia/Tokyo",
        story: Story::Stalling,
        plan: "standard",
        mrr: 39_800,
        seats: 3,
        start: days - 21,
        renewal: days - 21 + 365,
        cancels: i32::MAX,
        csm: "kei",
        people: vec![("yui".to_owned(), "佐藤 結衣", "admin"), ("takumi".to_owned(), "中村 拓海", "member")],
    }
}

fn one(n: usize, days: i32) -> Customer {
    let mut chance = Chance::new(n as u64);
    let japanese = chance.percent(70);
    let (key, name) = names::company(japanese, n, &mut chance);
    let story = story(&mut chance);
    let (plan, price, spare) = PLANS[[0, 0, 0, 1, 1, 2][chance.below(6) as usize]];
    let start = if n < KNOWN {
        -(40 + chance.below(660) as i32)
    } else {
        ((n - KNOWN) as i32 * (days - 4)) / (CUSTOMERS - KNOWN) as i32
    };
    let mut customer = Customer {
        zone: if japanese { "Asia/Tokyo" } else { chance.pick::<&str>(&["America/New_York", "Europe/London"]) },
        mrr: price * (90 + chance.below(40) as i64) / 100,
        seats: chance.below(spare),
        renewal: next_year(start),
        cancels: days / 3 + chance.below((days / 2) as u64) as i32,
        csm: if chance.percent(60) { "kei" } else { "mio" },
        people: people(japanese, &mut chance),
        key,
        name,
        japanese,
        story,
        plan,
        start,
    };
    customer.seats += customer.people.len() as u64;
    customer
}

fn story(chance: &mut Chance) -> Story {
    let draw = chance.below(100);
    let stories = [Story::Healthy, Story::Stalling, Story::Declining];
    let mut upto = 0;
    for (share, story) in SHARES.iter().zip(stories) {
        upto += share;
        if draw < upto {
            return story;
        }
    }
    Story::Churning
}

/// Contracts run for a year: the first anniversary that is not before the first day.
fn next_year(start: i32) -> i32 {
    let mut renewal = start + 365;
    while renewal < 0 {
        renewal += 365;
    }
    renewal
}

fn people(japanese: bool, chance: &mut Chance) -> Vec<(String, &'static str, &'static str)> {
    let roles = ["admin", "champion", "member", "member"];
    let count = 2 + chance.below(3) as usize;
    (0..count)
        .map(|i| {
            let (name, local) = names::person(japanese, chance);
            (format!("{local}{}", i + 1), name, roles[i])
        })
        .collect()
}
