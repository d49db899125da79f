//! What rests costs nothing: a day of idle accounts, and an idle daemon.
//!
//! `cargo bench --bench idle`; `SHIRUBE_BENCH_ACCOUNTS=1000000` chooses the size. Prints decisions and writes of 24
//! virtual hours (bar: 0 outside the daily pass), then start to ready and resident memory of `shirube run`
//! beside their limits. Under `cargo test` it does a small round only.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and may fail")]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant as Stopwatch},
};

use shirube::{
    app::{
        reload::{go_live, read_project},
        shell::Shell,
    },
    clock::{Clock, VirtualClock},
    model::{
        fact::{FactBody, Incoming},
        instant::{DAY, HOUR, Instant, day_number},
        value::{Props, Value},
    },
    rulebook::load::load,
    store::{self, Mode},
};

/// So many accounts come in and are decided one by one; the others are their copies.
const GROWN: usize = 5_000;
/// Limits of the performance budget.
const READY_MS: f64 = 300.0;
const RSS_MIB: f64 = 40.0;

fn main() {
    let full = std::env::args().any(|arg| arg == "--bench");
    let asked = std::env::var("SHIRUBE_BENCH_ACCOUNTS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(a_day_of_sleep(if full { asked } else { 200 }));
    if full {
        daemon();
    }
}

fn now() -> Instant {
    Instant::parse("2026-05-20T10:30:00+09:00").unwrap()
}

/// Customers of three years, last seen 500 days ago, with a renewal in 200 days.
fn sleeper(n: usize, zone: &jiff::tz::TimeZone) -> [Incoming; 2] {
    let today = day_number(now().date(zone));
    let attrs = Props::from([
        ("status".to_owned(), Value::text("active")),
        ("touch".to_owned(), Value::text("tech")),
        ("contract_start".to_owned(), Value::Date(today - 1_100)),
        ("renewal_date".to_owned(), Value::Date(today + 200)),
    ]);
    let fact = |at: Instant, what: &str, body| Incoming {
        account: Some(format!("a{n}")),
        contact: None,
        occurred_at: at,
        received_at: now(),
        source: "csv:bench".to_owned(),
        event_id: format!("{what}{n}"),
        body,
    };
    let seen = now().plus(-500 * DAY);
    [
        fact(now(), "attrs", FactBody::AccountAttrs { attrs }),
        fact(seen, "login", FactBody::event("login", Props::new())),
    ]
}

async fn a_day_of_sleep(size: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.db").display().to_string();
    let store = store::open(&path, Mode::Rehearsal).await.unwrap();
    let files = read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let book = go_live(store.as_ref(), load(&files).0.unwrap(), &files, now().plus(-DAY)).await.unwrap();
    let zone = book.model.workspace.zone.clone();
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at(now()));
    let shell = Shell::new(Arc::clone(&store), clock, book).await.unwrap();
    let watch = Stopwatch::now();
    let grown = size.min(GROWN);
    store.append((0..grown).flat_map(|n| sleeper(n, &zone)).collect()).await.unwrap();
    // What moves by itself (phases, scores of the first weeks) comes to rest.
    let rest = now().plus(30 * DAY);
    for day in [0, 10, 30] {
        shell.turn(now().plus(day * DAY)).await.unwrap();
    }
    copy(&path, size).await;
    let filled = watch.elapsed().as_secs_f64();
    let before = fingerprint(&path).await;
    let (mut decided, mut passes, mut hours) = (0, 0, Vec::new());
    for hour in 1..=24 {
        let watch = Stopwatch::now();
        let done = shell.turn(rest.plus(hour * HOUR)).await.unwrap();
        decided += done.accounts;
        passes += usize::from(done.accounts > 0);
        hours.push(watch.elapsed().as_secs_f64());
    }
    hours.sort_by(f64::total_cmp);
    let after = fingerprint(&path).await;
    println!(
        "{size} idle accounts (filled in {filled:.0} s): 24 hours took {:.2} s ({:.2} s of it the longest: the daily pass; the middle one {:.1} ms), {decided} decisions in {passes} turns (the workspace's own: KPIs, digests), {} account rows written",
        hours.iter().sum::<f64>(),
        hours[23],
        hours[12] * 1e3,
        after - before
    );
    assert_eq!(after, before, "an idle account was written");
    assert!(decided <= passes, "somebody beside the workspace was decided");
}

/// Every account has as many copies, row by row, as it takes to be `size` of them.
async fn copy(path: &str, size: usize) {
    use sqlx::Connection as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).pragma("synchronous", "OFF");
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let numbers: (i64, i64) = sqlx::query_as("SELECT min(account_id), max(account_id) FROM hot WHERE account_id > 0")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    for copy in 1..size.div_ceil(GROWN) {
        let (further, wanted) = ((numbers.1 - numbers.0 + 1) * copy as i64, size.saturating_sub(copy * GROWN));
        let last = numbers.0 + wanted as i64;
        for (table, columns, copied) in [
            ("account", "key, name, search", "key || 'x' || $1, name, search"),
            ("hot", "due, rev, gate, rulebook, now, band, phase, own_due, decided", ""),
            ("state", "body", ""),
            ("fact", "seq, occurred_at, received_at, source, event_id, event, body", ""),
        ] {
            let copied = if copied.is_empty() { columns } else { copied };
            let text = format!(
                "INSERT INTO {table} (account_id, {columns}) SELECT account_id + $1, {copied} FROM {table} \
                 WHERE account_id BETWEEN $2 AND $3 AND account_id < $4"
            );
            let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(further);
            query.bind(numbers.0).bind(numbers.1).bind(last).execute(&mut connection).await.unwrap();
        }
        let text = "INSERT INTO identity (kind, value, account_id) SELECT kind, value || 'x' || $1, account_id + $1 \
                    FROM identity WHERE kind = 'account' AND account_id BETWEEN $2 AND $3 AND account_id < $4";
        let query = sqlx::query(text).bind(further).bind(numbers.0).bind(numbers.1).bind(last);
        query.execute(&mut connection).await.unwrap();
    }
}

/// The sum of all revisions: every write of an account raises one.
async fn fingerprint(path: &str) -> i64 {
    use sqlx::{Connection as _, Row as _};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let row = sqlx::query("SELECT sum(rev) FROM hot WHERE account_id > 0").fetch_one(&mut connection).await.unwrap();
    row.get(0)
}

/// The built program in a fresh project: start to "listening", and memory a few seconds later.
fn daemon() {
    let program = env!("CARGO_BIN_EXE_shirube");
    let folder = tempfile::tempdir().unwrap();
    let init =
        Command::new(program).arg("--dir").arg(folder.path()).args(["init", "."]).current_dir(folder.path()).output();
    assert!(init.unwrap().status.success());
    let (mut ready, mut memory) = (Vec::new(), 0.0);
    for _ in 0..5 {
        let watch = Stopwatch::now();
        let mut child = Command::new(program)
            .arg("--dir")
            .arg(folder.path())
            .arg("run")
            .env("SHIRUBE_HTTP__LISTEN", "127.0.0.1:0")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Kept open until the end: a program whose stderr is gone is not an idle one.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("is running")));
        ready.push(watch.elapsed().as_secs_f64() * 1e3);
        // It turns once a second: what it takes at rest shows after a few turns.
        std::thread::sleep(Duration::from_secs(3));
        memory = resident(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    ready.sort_by(f64::total_cmp);
    println!("start to ready: {:.0} ms, {:.2} of the limit {READY_MS} ms", ready[2], ready[2] / READY_MS);
    println!("idle daemon: {memory:.1} MiB resident, {:.2} of the limit {RSS_MIB} MiB", memory / RSS_MIB);
}

/// MiB of the process and its children (rendering is one).
fn resident(id: u32) -> f64 {
    let own = |id: u32| {
        let text = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = text.lines().find(|l| l.starts_with("VmRSS")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok()).unwrap_or_default() / 1024.0
    };
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    own(id) + children.split_whitespace().filter_map(|c| c.parse().ok()).map(own).sum::<f64>()
}
