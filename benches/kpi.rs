//! A month's KPIs over many customers with two years of history.
//!
//! `cargo bench --bench kpi`; `SHIRUBE_BENCH_ACCOUNTS=100000` chooses the size. Prints the median of five rounds beside the
//! limit (2 s for 100,000 accounts), and what it takes to derive everything of everybody. Under `cargo test` it does a
//! small round only.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and may fail")]

use std::{path::Path, sync::Arc, time::Instant as Stopwatch};

use shirube::{
    app::{
        reload::{go_live, read_project},
        shell::Shell,
    },
    clock::{Clock, VirtualClock},
    model::{
        fact::{FactBody, Incoming},
        ids::AccountId,
        instant::{DAY, HOUR, Instant, day_number},
        money::{Currency, Money},
        value::{Props, Value},
    },
    rulebook::load::load,
    store::{self, Mode, api::Subscription},
};

/// So many accounts come in and are decided one by one; the others are their copies.
const GROWN: usize = 2_000;
/// Seconds for 100,000 accounts.
const LIMIT: f64 = 2.0;
const ROUNDS: usize = 5;
/// Contracts of an account: one a year, the last one still running (one in twenty has left).
const YEARS: i32 = 3;

fn main() {
    let full = std::env::args().any(|arg| arg == "--bench");
    let asked = std::env::var("SHIRUBE_BENCH_ACCOUNTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(a_month(if full { asked } else { 100 }));
}

fn now() -> Instant {
    Instant::parse("2026-05-20T10:30:00+09:00").unwrap()
}

/// What was heard of one customer in two years: attributes, logins and key features of late, a meeting a quarter, a note a
/// month, an answer to a survey each half year.
fn heard(n: usize) -> Vec<Incoming> {
    let today = day_number(now().date(&jiff::tz::TimeZone::UTC));
    let attrs = Props::from([
        ("status".to_owned(), Value::text("active")),
        ("touch".to_owned(), Value::text("tech")),
        ("seats".to_owned(), Value::Num(20.0)),
        ("plan".to_owned(), Value::text(if n.is_multiple_of(3) { "standard" } else { "light" })),
        ("mrr".to_owned(), Value::Money(Money { amount_minor: 50_000, currency: Currency::JPY })),
        ("contract_start".to_owned(), Value::Date(today - 365 * YEARS + 200)),
    ]);
    let fact = |at: Instant, what: &str, body| Incoming {
        account: Some(format!("a{n}")),
        contact: None,
        occurred_at: at,
        received_at: now(),
        source: "csv:bench".to_owned(),
        event_id: format!("{what}{n}:{}", at.0),
        body,
    };
    let mut all = vec![fact(now(), "attrs", FactBody::AccountAttrs { attrs })];
    let mut event = |days: usize, name: &str, props: Props| {
        let at = now().plus(-(days as i64) * DAY - (n % 7) as i64 * HOUR);
        all.push(fact(at, name, FactBody::event(name, props)));
    };
    for month in 0..24 {
        event(30 * month + 3, "login", Props::new());
        event(30 * month + 5, "note.added", Props::new());
    }
    for day in 0..20 {
        event(day + n % 5, "login", Props::new());
        event(day + n % 9, "key_feature.used", Props::new());
    }
    for quarter in 0..8 {
        event(91 * quarter + 9, "meeting.held", Props::new());
    }
    for half in 0..4 {
        let score = Value::Num((n % 11) as f64);
        event(
            182 * half + 25,
            "survey.responded",
            Props::from([("kind".into(), Value::text("nps")), ("score".into(), score)]),
        );
    }
    all
}

/// One contract a year.
fn contracts(n: usize, account: shirube::model::ids::AccountId) -> Vec<Subscription> {
    let first = day_number(now().date(&jiff::tz::TimeZone::UTC)) - 365 * YEARS + 200;
    let last = YEARS - 1;
    let one = |year: i32| {
        let start = first + 365 * year;
        let open = year == last && !n.is_multiple_of(20);
        let end = if open { None } else { Some(start + if year == last { 140 + (n % 60) as i32 } else { 365 }) };
        Subscription {
            key: format!("s{n}-{year}"),
            account,
            start,
            end,
            mrr_minor: 50_000 + i64::from(year) * 1_000,
            currency: "JPY".into(),
            plan: "standard".into(),
            seats: Some(20),
        }
    };
    (0..YEARS).map(one).collect()
}

async fn a_month(size: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.db").display().to_string();
    let store = store::open(&path, Mode::Rehearsal).await.unwrap();
    let files = read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let book = go_live(store.as_ref(), load(&files).0.unwrap(), &files, now().plus(-DAY)).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at(now()));
    let shell = Shell::new(Arc::clone(&store), clock, book).await.unwrap();
    let watch = Stopwatch::now();
    let grown = size.min(GROWN);
    for some in (0..grown).collect::<Vec<_>>().chunks(200) {
        store.append(some.iter().flat_map(|n| heard(*n)).collect()).await.unwrap();
    }
    while shell.turn(now()).await.unwrap().accounts > 0 {}
    let mut rows = Vec::new();
    for n in 0..grown {
        let account = store.account_by_key(&format!("a{n}")).await.unwrap().unwrap().id;
        rows.extend(contracts(n, account));
    }
    store.put_subscriptions(rows).await.unwrap();
    while shell.turn(now()).await.unwrap().accounts > 0 {}
    copy(&path, size, grown).await;
    println!("{size} accounts (filled in {:.0} s)", watch.elapsed().as_secs_f64());

    let month = |text: &str| day_number(text.parse().unwrap());
    let (from, to) = (month("2026-04-01"), month("2026-05-01"));
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let watch = Stopwatch::now();
        let report = shell.kpis(from, to, now()).await.unwrap();
        took.push(watch.elapsed().as_secs_f64());
        assert!(report.kpis["logo_churn"].denominator as usize > size / 2, "nobody is counted");
        assert!(report.kpis["active_user_rate"].denominator as usize > size / 2, "nobody's use is known");
    }
    took.sort_by(f64::total_cmp);
    let limit = LIMIT * size as f64 / 100_000.0;
    let middle = took[ROUNDS / 2];
    println!(
        "KPIs of a month: {middle:.2} s (best {:.2}, worst {:.2}), {:.2} of the limit {limit:.2} s",
        took[0],
        took[ROUNDS - 1],
        middle / limit
    );
    let watch = Stopwatch::now();
    let contracts = store.subscriptions().await.unwrap().len();
    println!("  of it {contracts} contracts: {:.2} s", watch.elapsed().as_secs_f64());
    let (watch, mut rows, mut after) = (Stopwatch::now(), 0, AccountId::WORKSPACE);
    loop {
        let page = store.rows(after, 2_000).await.unwrap();
        let Some(last) = page.last() else { break };
        (after, rows) = (last.account, rows + page.len());
    }
    println!("  of it {rows} rows read: {:.2} s", watch.elapsed().as_secs_f64());
    let watch = Stopwatch::now();
    let at = |day: i32| Instant::start_of_day(day, &jiff::tz::TimeZone::UTC);
    let said = store.said(at(from), at(to), None).await.unwrap();
    println!("  of it {} answers and events of one month: {:.2} s", said.facts.len(), watch.elapsed().as_secs_f64());
    let (watch, mut seen) = (Stopwatch::now(), 0);
    shell.scan(None, now(), |_, _| seen += 1).await.unwrap();
    assert!(seen >= size);
    println!("everything derived of everybody: {:.2} s", watch.elapsed().as_secs_f64());
}

/// Every account has as many copies, row by row, as it takes to be `size` of them.
async fn copy(path: &str, size: usize, grown: usize) {
    use sqlx::Connection as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).pragma("synchronous", "OFF");
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let numbers: (i64, i64) = sqlx::query_as("SELECT min(account_id), max(account_id) FROM hot WHERE account_id > 0")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    for copy in 1..size.div_ceil(grown) {
        let further = (numbers.1 - numbers.0 + 1) * copy as i64;
        let last = numbers.0 + size.saturating_sub(copy * grown) as i64;
        for (table, columns, copied) in [
            ("account", "key, name, search", "key || 'x' || $1, name, search"),
            ("hot", "due, rev, gate, rulebook, now, band, phase, own_due, decided", ""),
            ("state", "body", ""),
            ("fact", "seq, occurred_at, received_at, source, event_id, event, body", ""),
            ("subscription", "key, start_day, body", "key, start_day, json_set(body, '$.account', account_id + $1)"),
        ] {
            let copied = if copied.is_empty() { columns } else { copied };
            let text = format!(
                "INSERT INTO {table} (account_id, {columns}) SELECT account_id + $1, {copied} FROM {table} \
                 WHERE account_id BETWEEN $2 AND $3 AND account_id < $4"
            );
            let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(further);
            query.bind(numbers.0).bind(numbers.1).bind(last).execute(&mut connection).await.unwrap();
        }
    }
}
