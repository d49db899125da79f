//! D1: kill -9 at random points of a campaign; what arrived against what the store says.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use shirube::{
    model::message::OutboxState,
    store::{self, api::Mode},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{Error, print, say, sink::Sink};

/// C of the promise: the driver's default number of sessions.
const SESSIONS: usize = 8;
/// Nothing in a campaign takes longer.
const PATIENCE: Duration = Duration::from_secs(300);

struct Options {
    kills: usize,
    messages: usize,
    pace: u64,
    seed: u64,
    json: bool,
}

fn options(arguments: &[&str]) -> Result<Options, Error> {
    let mut options = Options { kills: 50, messages: 1500, pace: 50, seed: 1, json: false };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if *word == "--json" {
            options.json = true;
            continue;
        }
        let value = words.next().ok_or(crate::USAGE)?;
        match *word {
            "--kills" => options.kills = value.parse()?,
            "--messages" => options.messages = value.parse()?,
            "--pace-ms" => options.pace = value.parse()?,
            "--seed" => options.seed = value.parse()?,
            _ => return Err(crate::USAGE.into()),
        }
    }
    Ok(options)
}

/// What the kills did.
#[derive(Default)]
struct Lives {
    /// Kills that hit a living campaign.
    kills: usize,
    /// `maybe_sent` found by each restart.
    unknown: Vec<usize>,
    /// From start to the first mail at the sink.
    first_mail: Vec<Duration>,
}

/// Runs the row; answers whether it passed.
pub async fn run(arguments: &[&str]) -> Result<bool, Error> {
    let options = options(arguments)?;
    let folder = std::env::temp_dir().join(format!("torture-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let sink = Sink::start(Some(&record_in(&folder))).await?;
    sink.state.pace.store(options.pace * 1000, Ordering::Relaxed);
    let lives = kill_again_and_again(&options, &folder, &sink).await?;
    let passed = report(&options, &folder, &lives).await?;
    if passed {
        std::fs::remove_dir_all(&folder)?;
    } else {
        say(&format!("kept for a look: {}", folder.display()));
    }
    Ok(passed)
}

async fn kill_again_and_again(options: &Options, folder: &Path, sink: &Sink) -> Result<Lives, Error> {
    let mut lives = Lives::default();
    let mut random = options.seed.max(1);
    for n in 0..=options.kills {
        let (before, started) = (sink.accepted().len(), Instant::now());
        let mut child = spawn(folder, sink.at.port(), options.messages)?;
        lives.unknown.push(ready(&mut child).await?);
        let last = n == options.kills;
        let wait = if last { PATIENCE } else { Duration::from_millis(5 + next(&mut random) % 396) };
        let first = arrival(sink, before, started);
        tokio::pin!(first);
        let ended = async {
            tokio::select! {
                ended = timeout(wait, child.wait()) => ended,
                // Noted on the way; then the kill's own time goes on.
                took = &mut first => {
                    lives.first_mail.push(took);
                    timeout(wait.saturating_sub(started.elapsed()), child.wait()).await
                }
            }
        };
        let ended = ended.await;
        match ended {
            Ok(status) if status.as_ref().is_ok_and(std::process::ExitStatus::success) => break,
            Ok(_) => return Err("the campaign failed; run it by hand to see why".into()),
            Err(_) if last => return Err("the campaign did not end".into()),
            Err(_) => {
                child.kill().await?;
                lives.kills += 1;
            }
        }
    }
    Ok(lives)
}

fn spawn(folder: &Path, port: u16, messages: usize) -> Result<Child, Error> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("campaign").arg(folder).arg(port.to_string()).arg(messages.to_string());
    command.stdout(Stdio::piped()).kill_on_drop(true);
    Ok(command.spawn()?)
}

/// Waits for `ready N`: the campaign begins to send, N messages of its predecessor are of unknown fate.
async fn ready(child: &mut Child) -> Result<usize, Error> {
    let output = child.stdout.take().ok_or("no output")?;
    let mut line = String::new();
    timeout(PATIENCE, BufReader::new(output).read_line(&mut line)).await??;
    let count = line.trim().strip_prefix("ready ").ok_or_else(|| format!("the campaign said {line:?}"))?;
    Ok(count.parse()?)
}

async fn arrival(sink: &Sink, before: usize, started: Instant) -> Duration {
    while sink.accepted().len() == before {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    started.elapsed()
}

/// xorshift64: the same kills for the same seed.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

async fn report(options: &Options, folder: &Path, lives: &Lives) -> Result<bool, Error> {
    let rows = rows(folder, options.messages).await?;
    let arrived = recorded(&record_in(folder))?;
    let seen: BTreeSet<&String> = arrived.iter().collect();
    let count = |state| rows.values().filter(|s| **s == state).count();
    let (sent, maybe) = (count(OutboxState::Sent), count(OutboxState::MaybeSent));
    let lost = rows.iter().filter(|(key, state)| **state != OutboxState::MaybeSent && !seen.contains(key)).count()
        + options.messages.saturating_sub(rows.len());
    let duplicates = arrived.len() - seen.len();
    let unlisted =
        seen.iter().filter(|key| !matches!(rows.get(**key), Some(OutboxState::Sent | OutboxState::MaybeSent))).count();
    let arrived_anyway = rows.iter().filter(|(k, s)| **s == OutboxState::MaybeSent && seen.contains(k)).count();
    let most = lives.unknown.iter().copied().max().unwrap_or(0);
    let passed = lost == 0 && duplicates == 0 && unlisted == 0 && most <= SESSIONS && sent + maybe == options.messages;
    let p99 = percentile(&lives.first_mail, 99);
    if options.json {
        print(&serde_json::json!({
            "row": "D1", "passed": passed, "kills": lives.kills, "messages": options.messages, "sent": sent,
            "maybe_sent": maybe, "maybe_sent_arrived": arrived_anyway, "lost": lost, "duplicates": duplicates,
            "unlisted": unlisted, "most_per_kill": most, "sessions": SESSIONS, "first_mail_p99_ms": p99, "seed": options.seed,
        }).to_string());
        return Ok(passed);
    }
    let bound = 3.0 / lives.kills.max(1) as f64 * 100.0;
    print(&format!(
        "D1  kill -9 x {} during {} messages (seed {}): {}",
        lives.kills,
        options.messages,
        options.seed,
        if passed { "PASS" } else { "FAIL" }
    ));
    print(&format!("  lost silently          {lost:>6}   (95 % bound {bound:.1} % per kill)"));
    print(&format!("  duplicates             {duplicates:>6}"));
    print(&format!("  accepted, not listed   {unlisted:>6}"));
    print(&format!("  sent                   {sent:>6}"));
    print(&format!("  maybe_sent             {maybe:>6}   of which the relay had {arrived_anyway}"));
    print(&format!(
        "  maybe_sent per kill    {:>6.2}   most {most}, sessions {SESSIONS}",
        maybe as f64 / lives.kills.max(1) as f64
    ));
    print(&format!("  start to first mail    {p99:>6}   ms, p99 of {} starts", lives.first_mail.len()));
    Ok(passed)
}

async fn rows(folder: &Path, messages: usize) -> Result<BTreeMap<String, OutboxState>, Error> {
    let url = format!("sqlite:{}", folder.join("campaign.db").display());
    let store = store::open(&url, Mode::Tool).await?;
    let rows = store.outbox(None, None, messages * 2).await?;
    Ok(rows.into_iter().map(|row| (row.planned.key.0, row.state)).collect())
}

fn record_in(folder: &Path) -> PathBuf {
    folder.join("sink.log")
}

/// Keys recorded by the sink, in order of arrival.
fn recorded(path: &Path) -> std::io::Result<Vec<String>> {
    let text = std::fs::read_to_string(path)?;
    Ok(text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn percentile(times: &[Duration], percent: usize) -> u128 {
    let mut sorted: Vec<u128> = times.iter().map(Duration::as_millis).collect();
    sorted.sort_unstable();
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(0)
}
