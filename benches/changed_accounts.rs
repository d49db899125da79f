//! 1,000 changed accounts among many, against the floor: the same rows read and upserted by raw batched SQL.
//!
//! `cargo bench --bench changed_accounts`; `SHIRUBE_BENCH_ACCOUNTS=100000,1000000` chooses the sizes. Prints
//! milliseconds and ratios of one run. Under `cargo test` it does a small round only.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and may fail")]

use std::{collections::BTreeMap, sync::Arc, time::Instant as Stopwatch};

use shirube::{
    model::{
        decision::{Decision, Outcome},
        fact::{FactBody, Incoming},
        instant::Instant,
        snapshot::Snapshot,
        state::MetricState,
        value::Props,
    },
    store::{self, Mode, Store},
};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};

const CHANGED: usize = 1_000;
const ROUNDS: usize = 5;

fn main() {
    let full = std::env::args().any(|arg| arg == "--bench");
    let sizes = std::env::var("SHIRUBE_BENCH_ACCOUNTS").unwrap_or_else(|_| "10000,100000".into());
    let sizes: Vec<usize> =
        if full { sizes.split(',').filter_map(|n| n.trim().parse().ok()).collect() } else { vec![200] };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut before: Option<f64> = None;
    for size in sizes {
        let (store_ms, floor_ms) = runtime.block_on(measure(size));
        println!("{size} accounts: store {store_ms:.1} ms, floor {floor_ms:.1} ms, ratio {:.2}", store_ms / floor_ms);
        if let Some(before) = before {
            println!("  against the size before: ratio {:.2}", store_ms / before);
        }
        before = Some(store_ms);
    }
}

/// Median milliseconds of (facts in and decided by the store, the same rows by raw SQL).
async fn measure(size: usize) -> (f64, f64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.db");
    let store = store::open(&path.display().to_string(), Mode::Daemon).await.unwrap();
    fill(&store, size).await;
    let changed = CHANGED.min(size);
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let facts: Vec<Incoming> = (0..changed).map(|n| login(n * (size / changed), round, size)).collect();
        store.append(facts).await.unwrap();
        let watch = Stopwatch::now();
        let done = store.evaluate(Instant(round as i64), changed, &decide).await.unwrap();
        ours.push(watch.elapsed().as_secs_f64() * 1e3);
        assert_eq!(done.accounts, changed);
        floor.push(raw(&path, size, changed).await);
    }
    (median(ours), median(floor))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn login(account: usize, round: usize, size: usize) -> Incoming {
    Incoming {
        account: Some(format!("a{account}")),
        contact: None,
        occurred_at: Instant(round as i64),
        received_at: Instant(round as i64),
        source: "bench".into(),
        event_id: format!("{round}:{account}:{size}"),
        body: FactBody::event("login", Props::new()),
    }
}

async fn fill(store: &Arc<dyn Store>, size: usize) {
    for start in (0..size).step_by(10_000) {
        let facts = (start..size.min(start + 10_000)).map(|n| login(n, 0, size)).collect();
        store.append(facts).await.unwrap();
        while store.evaluate(Instant(0), 10_000, &decide).await.unwrap().accounts > 0 {}
    }
}

/// A state of about 1.5 kB, one bucket of which moves.
fn decide(snapshot: &Snapshot) -> Outcome {
    let mut state = snapshot.state.clone();
    let metric = state.metrics.entry("logins".into()).or_insert_with(|| {
        let days = (0..100).map(|day| (20_000 + day, 1.0)).collect();
        MetricState { days, ..MetricState::default() }.into()
    });
    metric.total += 1.0;
    Outcome::Done(Box::new(Decision {
        account: snapshot.account,
        rev: snapshot.rev,
        state,
        runs: Vec::new(),
        tasks: Vec::new(),
        contacts: Vec::new(),
        removed: Vec::new(),
        contact_days: Vec::new(),
        messages: Vec::new(),
        cancelled: Vec::new(),
        late: Vec::new(),
        events: Vec::new(),
        ledger: Vec::new(),
        folded: snapshot.inbox.last().map(|fact| fact.seq),
        next_due: None,
        handover: None,
        turns: 1,
    }))
}

/// Reads the hot, cold and inbox rows of the same accounts and writes hot and cold back, in hundreds, in one
/// durable transaction.
async fn raw(path: &std::path::Path, size: usize, changed: usize) -> f64 {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("PRAGMA synchronous = FULL; PRAGMA cache_size = -32768").execute(&mut connection).await.unwrap();
    let ids: Vec<i64> = (0..changed).map(|n| (n * (size / changed)) as i64 + 1).collect();
    let watch = Stopwatch::now();
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let mut rows = BTreeMap::new();
    for part in ids.chunks(100) {
        let list = part.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let text = format!(
            "SELECT h.account_id, h.due, h.rev, s.body FROM hot h JOIN state s ON s.account_id = h.account_id \
             WHERE h.account_id IN ({list})"
        );
        for row in sqlx::query(AssertSqlSafe(text)).fetch_all(&mut *tx).await.unwrap() {
            rows.insert(row.get::<i64, _>(0), (row.get::<i64, _>(2), row.get::<String, _>(3)));
        }
        let text = format!("SELECT account_id, seq FROM inbox WHERE account_id IN ({list})");
        sqlx::query(AssertSqlSafe(text)).fetch_all(&mut *tx).await.unwrap();
    }
    let rows: Vec<_> = rows.into_iter().collect();
    for part in rows.chunks(100) {
        let places = vec!["(?, ?)"; part.len()].join(", ");
        let text = format!(
            "INSERT INTO state (account_id, body) VALUES {places} ON CONFLICT (account_id) DO UPDATE SET body = excluded.body"
        );
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (id, (_, body)) in part {
            query = query.bind(*id).bind(body.clone());
        }
        query.execute(&mut *tx).await.unwrap();
        let text = format!(
            "WITH v(id, rev) AS (VALUES {places}) UPDATE hot SET rev = v.rev, due = NULL FROM v WHERE hot.account_id = v.id"
        );
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (id, (rev, _)) in part {
            query = query.bind(*id).bind(*rev);
        }
        query.execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    watch.elapsed().as_secs_f64() * 1e3
}
