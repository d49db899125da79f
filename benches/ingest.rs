//! Events in over HTTP, durable before they are answered, beside the floor: the same rows by batched SQL.
//!
//! `cargo bench --bench ingest`; `SHIRUBE_BENCH_EVENTS=200000` and `SHIRUBE_BENCH_ACCOUNTS=100000` choose the sizes. Batches
//! of 100 events go through the real routes, sixteen at a time; then all of them again (repeats). Prints events a second
//! and ratios of one run. Under `cargo test` it does a small round only.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and may fail")]

use std::{sync::Arc, time::Instant as Stopwatch};

use axum::{Router, body::Body, http::Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use shirube::{
    app::{reload::go_live, shell::Shell, track::Trust},
    clock::{Clock, VirtualClock},
    http::{
        limited,
        track::{Tracking, hashed, routes},
    },
    model::{
        instant::{DAY, Instant},
        locale::Locale,
    },
    rulebook::load::load,
    store::{self, Mode},
};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tower::ServiceExt as _;

/// Events of one request.
const BATCH: usize = 100;
/// Requests under way at once.
const FLIGHT: usize = 16;
/// The bar of the performance budget, events a second.
const BAR: f64 = 20_000.0;
const MODEL: &str = "workspace: {timezone: Asia/Tokyo, locale: en}\n";

fn main() {
    let full = std::env::args().any(|arg| arg == "--bench");
    let size = |name: &str, usual: usize| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (events, accounts) = match full {
        true => (size("SHIRUBE_BENCH_EVENTS", 200_000), size("SHIRUBE_BENCH_ACCOUNTS", 100_000)),
        false => (2_000, 500),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(measure(events, accounts));
}

async fn measure(events: usize, accounts: usize) {
    let folder = tempfile::tempdir().unwrap();
    let router = router(folder.path()).await;
    // Everybody is known before the clock starts: one user a customer.
    let groups: Vec<Value> = (0..accounts).map(group).collect();
    send(&router, &groups).await;
    let tracks: Vec<Value> = (0..events).map(|n| track(n, accounts)).collect();
    let (seconds, answer) = send(&router, &tracks).await;
    assert_eq!(answer, (events as u64, 0));
    let (again, answer) = send(&router, &tracks).await;
    assert_eq!(answer, (0, events as u64));
    let floor = floor(&folder.path().join("floor.db"), &tracks).await;
    let rate = |seconds: f64| events as f64 / seconds;
    println!(
        "{events} events over {accounts} accounts: {:.0}/s over HTTP, floor {:.0}/s, ratio {:.2}; bar {BAR:.0}/s: {:.2}",
        rate(seconds),
        rate(floor),
        seconds / floor,
        rate(seconds) / BAR
    );
    println!("  the same again, all repeats: {:.0}/s", rate(again));
}

async fn router(folder: &std::path::Path) -> Router {
    let store = store::open(&folder.join("bench.db").display().to_string(), Mode::Daemon).await.unwrap();
    let files = std::collections::BTreeMap::from([("model.yaml".to_owned(), MODEL.to_owned())]);
    let now = Instant::parse("2026-11-10T12:00:00Z").unwrap();
    let (rulebook, findings) = load(&files);
    assert!(rulebook.is_some(), "{findings:?}");
    let rulebook = go_live(store.as_ref(), rulebook.unwrap(), &files, now).await.unwrap();
    let clock = Arc::new(VirtualClock::at(now)) as Arc<dyn Clock>;
    let shell = Arc::new(Shell::new(store, clock, rulebook).await.unwrap());
    let tracking = Tracking {
        shell,
        keys: Arc::new(vec![(hashed("wk"), Trust::Server)]),
        origins: Arc::default(),
        horizon: 400 * DAY,
        locale: Locale::En,
    };
    limited(vec![routes(tracking)])
}

fn group(n: usize) -> Value {
    json!({"type": "group", "messageId": format!("g{n}"), "userId": format!("user-{n}"), "groupId": format!("account-{n}"),
        "timestamp": "2026-11-10T10:00:00Z"})
}

fn track(n: usize, accounts: usize) -> Value {
    let user = n.wrapping_mul(7_919) % accounts;
    json!({"type": "track", "event": "Report Exported", "messageId": format!("node-next-1795386024547-{n:012}"),
        "userId": format!("user-{user}"), "timestamp": "2026-11-10T11:59:59.500Z",
        "properties": {"format": "pdf", "rows": n % 500, "project": "Quarter"},
        "context": {"library": {"name": "@segment/analytics-node", "version": "3.1.0"}}})
}

/// Sends everything in batches; answers seconds and how many were accepted and repeats.
async fn send(router: &Router, items: &[Value]) -> (f64, (u64, u64)) {
    let whole =
        |items: &[Value]| json!({"batch": items, "writeKey": "wk", "sentAt": "2026-11-10T12:00:00Z"}).to_string();
    let bodies: Vec<String> = items.chunks(BATCH).map(whole).collect();
    let watch = Stopwatch::now();
    let mut under_way = tokio::task::JoinSet::new();
    let (mut accepted, mut repeats) = (0, 0);
    for body in bodies {
        if under_way.len() == FLIGHT {
            count(under_way.join_next().await, &mut accepted, &mut repeats);
        }
        under_way.spawn(post(router.clone(), body));
    }
    while !under_way.is_empty() {
        count(under_way.join_next().await, &mut accepted, &mut repeats);
    }
    (watch.elapsed().as_secs_f64(), (accepted, repeats))
}

fn count(done: Option<Result<Value, tokio::task::JoinError>>, accepted: &mut u64, repeats: &mut u64) {
    let answer = done.unwrap().unwrap();
    *accepted += answer["accepted"].as_u64().unwrap();
    *repeats += answer["duplicate"].as_u64().unwrap();
}

async fn post(router: Router, body: String) -> Value {
    let response = router.oneshot(Request::post("/v1/batch").body(Body::from(body)).unwrap()).await.unwrap();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

/// The rows that these events leave, by batched statements, sixteen batches a durable transaction.
async fn floor(path: &std::path::Path, tracks: &[Value]) -> f64 {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let schema = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768; \
        CREATE TABLE seen (source TEXT NOT NULL, id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (source, id)) WITHOUT ROWID; \
        CREATE TABLE fact (account BIGINT NOT NULL, seq BIGINT NOT NULL, contact BIGINT, occurred BIGINT NOT NULL, \
        received BIGINT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL, event TEXT, body TEXT NOT NULL, PRIMARY KEY (account, seq)); \
        CREATE TABLE inbox (account BIGINT NOT NULL, received BIGINT NOT NULL, seq BIGINT NOT NULL, blocking BIGINT NOT NULL, \
        PRIMARY KEY (account, received, seq)) WITHOUT ROWID";
    sqlx::raw_sql(schema).execute(&mut connection).await.unwrap();
    let watch = Stopwatch::now();
    let mut seq = 0_i64;
    for group in tracks.chunks(BATCH * FLIGHT) {
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        for part in group.chunks(BATCH) {
            let rows = |width: &str| vec![width; part.len()].join(", ");
            let id = |item: &Value| item["messageId"].as_str().unwrap().to_owned();
            let text = format!("INSERT INTO seen VALUES {}", rows("('api', ?, 1)"));
            let query = part.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, item| query.bind(id(item)));
            query.execute(&mut *tx).await.unwrap();
            let text = format!("INSERT INTO fact VALUES {}", rows("(?, ?, 1, 1, 1, 'api', ?, 'Report Exported', ?)"));
            let first = seq;
            let query = part.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, item| {
                seq += 1;
                let account = item["userId"].as_str().unwrap()[5..].parse::<i64>().unwrap();
                query.bind(account).bind(seq).bind(id(item)).bind(item["properties"].to_string())
            });
            query.execute(&mut *tx).await.unwrap();
            let text = format!("INSERT INTO inbox VALUES {}", rows("(?, 1, ?, 1)"));
            let query = part.iter().zip(first..).fold(sqlx::query(AssertSqlSafe(text)), |query, (item, n)| {
                query.bind(item["userId"].as_str().unwrap()[5..].parse::<i64>().unwrap()).bind(n)
            });
            query.execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    watch.elapsed().as_secs_f64()
}
