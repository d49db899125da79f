//! Ninety days of 10,000 customers under the starter kit, on one core, without store.
//!
//! `cargo bench --bench simulate`; `SHIRUBE_BENCH_ACCOUNTS=1000` chooses the size. Prints seconds beside the bar (12 s of
//! one core for 10,000 accounts), once without new facts and once where everybody goes on as in the last four weeks. Under
//! `cargo test` it does a small round only.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and may fail")]

use std::{path::Path, time::Instant as Stopwatch};

use shirube::{
    app::reload::read_project,
    model::{
        fact::{Fact, FactBody},
        ids::{AccountId, ContactId},
        instant::{DAY, HOUR, Instant, MINUTE, day_number},
        money::{Currency, Money},
        value::{Props, Value},
        world::World,
    },
    rulebook::{load::load, types::Rulebook},
    simulate::{account::Account, habits, portfolio::Portfolio},
};

/// Seconds for 10,000 accounts and 90 days.
const BAR: f64 = 12.0;
const DAYS: i64 = 90;

fn main() {
    let full = std::env::args().any(|arg| arg == "--bench");
    let asked = std::env::var("SHIRUBE_BENCH_ACCOUNTS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let size = if full { asked } else { 20 };
    let files = read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let rulebook = Rulebook { number: 1, ..load(&files).0.unwrap() };
    let now = Instant::parse("2026-05-20T10:30:00+09:00").unwrap();
    let accounts: Vec<Account> = (1..=size).map(|n| customer(n as u64, &rulebook, now)).collect();
    let daily = every_day_anew(&accounts, &rulebook, now);
    println!("the peer: every account looked at every day, nothing known beforehand: {daily:.1} us an account and day");
    for habits in [0, 28] {
        let mut all = Portfolio::new(accounts.clone(), World::default(), rulebook.clone(), now);
        if habits > 0 {
            all.accounts.iter_mut().for_each(|a| habits::go_on(a, now, now.plus(DAYS * DAY), habits));
        }
        let facts: usize = all.accounts.iter().map(|a| a.inbox.len()).sum();
        let before: i64 = all.accounts.iter().map(|a| a.rev).sum();
        let (mut lines, watch, used) = (0, Stopwatch::now(), core_seconds());
        for day in 1..=DAYS {
            all.advance(now.plus(day * DAY), &mut |_| lines += 1).unwrap();
        }
        let (wall, seconds) = (watch.elapsed().as_secs_f64(), core_seconds() - used);
        let decisions = all.accounts.iter().map(|a| a.rev).sum::<i64>() - before;
        let bar = BAR * size as f64 / 10_000.0;
        let each = seconds * 1e6 / (size as f64 * DAYS as f64);
        println!(
            "simulate {DAYS} days x {size} accounts, {} playbooks, {facts} facts: {seconds:.2} s of one core ({wall:.2} s by the clock), {each:.1} us an account and day, {:.2} of the peer, {:.2} of the bar {bar:.1} s; {decisions} decisions of {:.1} us, {lines} lines",
            rulebook.playbooks.len(),
            each / daily,
            seconds / bar,
            seconds * 1e6 / decisions.max(1) as f64,
        );
    }
}

/// What a schedule costs that looks at every account every day: microseconds for one, by the same engine, without what is
/// known of when anything can change and without values kept from the day before.
fn every_day_anew(accounts: &[Account], rulebook: &Rulebook, now: Instant) -> f64 {
    let some = &accounts[..accounts.len().min(1_000)];
    let cold: Vec<Account> = some.to_vec();
    let used = core_seconds();
    for account in &cold {
        account.decide(&World::default(), rulebook, now.plus(DAY)).unwrap();
    }
    (core_seconds() - used) * 1e6 / cold.len() as f64
}

/// How long this thread has had a core: other work on the machine does not count.
fn core_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Repeatable chance: what `of` draws is below `below`.
fn draw(seed: u64, below: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % below
}

fn fact(contact: Option<i64>, at: Instant, received: Instant, what: &str, body: FactBody) -> Fact {
    Fact {
        seq: 0,
        account: AccountId(1),
        contact: contact.map(ContactId),
        occurred_at: at,
        received_at: received,
        source: "csv:bench".to_owned(),
        event_id: format!("{what}{}{}", at.0, contact.unwrap_or_default()),
        body,
    }
}

/// A customer of one to 700 days with three people: six of ten use the product on most days, the others less and
/// less, rarely, or never finish the setup.
fn customer(n: u64, rulebook: &Rulebook, now: Instant) -> Account {
    let today = day_number(now.date(&rulebook.model.workspace.zone));
    let age = 1 + draw(n, 700) as i32;
    let story = draw(n ^ 0xa11, 10);
    let mut account = Account::new(AccountId(n as i64), &format!("customer-{n}"));
    account.record(fact(None, now, now, "row", FactBody::AccountAttrs { attrs: row(n, today, age) }));
    let people: Vec<i64> = (0..3).map(|i| n as i64 * 10 + i).collect();
    for (person, role) in people.iter().zip(["admin", "champion", "member"]) {
        let body = FactBody::ContactAttrs { attrs: person_row(*person, role) };
        account.record(fact(Some(*person), now, now, "person", body));
    }
    for back in (1..=age.min(90)).rev() {
        let at = now.plus(-i64::from(back) * DAY);
        for person in &people {
            let seed = (*person as u64) << 12 | back as u64;
            let often = [70, 70, 65, 60, 60, 55, 8, 8, back as u64 / 2, back as u64 / 3][story as usize];
            if draw(seed, 100) >= often {
                continue;
            }
            let at = at.plus(draw(seed ^ 7, 480) as i64 * MINUTE - HOUR);
            account.record(fact(Some(*person), at, now, "login", FactBody::event("login", Props::new())));
            if draw(seed ^ 9, 100) < 20 {
                account.record(fact(Some(*person), at, now, "key", FactBody::event("key_feature.used", Props::new())));
            }
        }
    }
    let steps = if matches!(story, 6 | 7) { 2 } else { 4 };
    for step in (0..steps).filter(|step| step * 4 < age) {
        let at = now.plus(-i64::from(age - step * 4) * DAY);
        account.record(fact(None, at, now, "step", FactBody::event("setup.step_done", Props::new())));
    }
    if steps == 4 && age > 18 {
        let at = now.plus(-i64::from(age - 18) * DAY);
        account.record(fact(None, at, now, "invoice", FactBody::event("invoice.sent", Props::new())));
    }
    account.advance(&World::default(), rulebook, now).unwrap();
    account
}

fn row(n: u64, today: i32, age: i32) -> Props {
    Props::from([
        ("name".to_owned(), Value::text(format!("顧客{n}株式会社"))),
        ("status".to_owned(), Value::text("active")),
        ("plan".to_owned(), Value::text("standard")),
        (
            "mrr".to_owned(),
            Value::Money(Money { amount_minor: 9_800 + draw(n, 200_000) as i64, currency: Currency::JPY }),
        ),
        ("seats".to_owned(), Value::Num(5.0)),
        ("csm".to_owned(), Value::text("kei")),
        ("locale".to_owned(), Value::text("ja")),
        ("timezone".to_owned(), Value::text(if n.is_multiple_of(5) { "America/New_York" } else { "Asia/Tokyo" })),
        ("contract_start".to_owned(), Value::Date(today - age)),
        ("renewal_date".to_owned(), Value::Date(today + (365 - age % 365))),
    ])
}

fn person_row(id: i64, role: &str) -> Props {
    Props::from([
        ("key".to_owned(), Value::text(format!("p{id}"))),
        ("name".to_owned(), Value::text("佐藤 結衣")),
        ("email".to_owned(), Value::text(format!("p{id}@customer.test"))),
        ("role".to_owned(), Value::text(role)),
        ("locale".to_owned(), Value::text("ja")),
    ])
}
