//! A relay that remembers: every accepted mail is appended to a file and synced before its 250.
//!
//! Used by the tests here and by `torture`. Faults are set per phase.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// Where a conversation can be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// Instead of the greeting.
    Connect,
    /// After EHLO.
    Ehlo,
    /// After MAIL.
    Mail,
    /// After RCPT.
    Rcpt,
    /// After DATA.
    Data,
    /// After the final dot.
    Dot,
}

impl At {
    /// All of them.
    pub const ALL: [At; 6] = [At::Connect, At::Ehlo, At::Mail, At::Rcpt, At::Data, At::Dot];
}

/// How.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This reply instead of the good one; a 421 also closes.
    Reply(String),
    /// Close without a word. At the dot, the mail was recorded before.
    Drop,
    /// Say nothing, keep the line open. At the dot, the mail was recorded before.
    Stall,
}

/// A mail that was accepted (or recorded and never answered).
#[derive(Clone, Debug)]
pub struct Accepted {
    /// `RCPT TO`.
    pub to: Vec<String>,
    /// `MAIL FROM`.
    pub from: String,
    /// The bytes, dots unstuffed.
    pub bytes: Vec<u8>,
}

/// The shared part of a sink.
#[derive(Default)]
pub struct State {
    faults: Mutex<BTreeMap<At, (Fault, usize)>>,
    accepted: Mutex<Vec<Accepted>>,
    record: Mutex<Option<File>>,
    /// Pause before the 250 after the dot, in microseconds.
    pub pace: AtomicU64,
    /// Pause before the 250 after RCPT, in microseconds.
    pub slow: AtomicU64,
    /// What came with a known `Idempotency-Key` is accepted and dropped.
    pub drops_repeats: AtomicBool,
    /// How many were dropped.
    pub dropped: AtomicUsize,
    /// Connections taken.
    pub connections: AtomicUsize,
    /// Conversations wait here until it says something else.
    held: watch::Sender<Option<At>>,
    /// How many wait.
    waiting: AtomicUsize,
}

/// A running sink; it ends with the runtime.
#[derive(Clone)]
pub struct Sink {
    /// Where it listens.
    pub at: SocketAddr,
    /// Its memory.
    pub state: Arc<State>,
}

impl Sink {
    /// Listens on a free port of this machine; mails are recorded in `record` too, if given.
    pub async fn start(record: Option<&Path>) -> std::io::Result<Sink> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        let state = Arc::new(State::default());
        if let Some(path) = record {
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            *lock(&state.record) = Some(file);
        }
        tokio::spawn(serve(listener, state.clone()));
        Ok(Sink { at, state })
    }

    /// Disturbs the next `times` conversations at `at`.
    pub fn fault(&self, at: At, fault: Fault, times: usize) {
        lock(&self.state.faults).insert(at, (fault, times));
    }

    /// Makes conversations wait at `at` before their good answer; `None` lets them all go on.
    pub fn hold(&self, at: Option<At>) {
        self.state.held.send_replace(at);
    }

    /// Conversations that wait.
    pub fn waiting(&self) -> usize {
        self.state.waiting.load(Ordering::SeqCst)
    }

    /// Everything accepted so far.
    pub fn accepted(&self) -> Vec<Accepted> {
        lock(&self.state.accepted).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        state.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(Talk::new(stream, state.clone()).run());
    }
}

struct Talk {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    state: Arc<State>,
    from: String,
    to: Vec<String>,
}

/// `None` ends the conversation.
type Go = Option<()>;

impl Talk {
    fn new(stream: TcpStream, state: Arc<State>) -> Talk {
        let _ = stream.set_nodelay(true);
        let (read, write) = stream.into_split();
        Talk { read: BufReader::new(read), write, state, from: String::new(), to: Vec::new() }
    }

    async fn run(mut self) {
        if self.answer(At::Connect, "220 sink.example ESMTP").await.is_none() {
            return;
        }
        while self.command().await.is_some() {}
    }

    async fn command(&mut self) -> Go {
        let mut line = Vec::new();
        self.read.read_until(b'\n', &mut line).await.ok().filter(|n| *n > 0)?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb: String = line.chars().take(4).collect::<String>().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" | "HELO" => self.answer(At::Ehlo, "250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8").await,
            "MAIL" => {
                (self.from, self.to) = (inside(&line), Vec::new());
                self.answer(At::Mail, "250 2.1.0 ok").await
            }
            "RCPT" => {
                self.to.push(inside(&line));
                rest(&self.state.slow).await;
                self.answer(At::Rcpt, "250 2.1.5 ok").await
            }
            "DATA" => self.data().await,
            "QUIT" => {
                let _ = self.say("221 2.0.0 bye").await;
                None
            }
            "RSET" | "NOOP" => self.say("250 2.0.0 ok").await,
            _ => self.say("502 5.5.2 what?").await,
        }
    }

    async fn data(&mut self) -> Go {
        if self.fault(At::Data).is_some() {
            return self.answer(At::Data, "").await;
        }
        self.say("354 go on").await?;
        let bytes = self.body().await?;
        match self.fault(At::Dot) {
            Some(Fault::Reply(_)) => {}
            _ => self.keep(bytes)?,
        }
        rest(&self.state.pace).await;
        self.answer(At::Dot, "250 2.0.0 queued").await
    }

    async fn body(&mut self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let mut line = Vec::new();
            self.read.read_until(b'\n', &mut line).await.ok().filter(|n| *n > 0)?;
            if line == b".\r\n" {
                return Some(bytes);
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }

    /// Recorded durably before anybody is told.
    fn keep(&mut self, bytes: Vec<u8>) -> Go {
        let text = String::from_utf8_lossy(&bytes);
        let key = text.lines().find_map(|l| l.strip_prefix("X-Shirube-Key: ")).unwrap_or_default().trim().to_owned();
        if self.state.drops_repeats.load(Ordering::Relaxed) && self.known(&bytes) {
            self.state.dropped.fetch_add(1, Ordering::Relaxed);
            return Some(());
        }
        if let Some(file) = lock(&self.state.record).as_mut() {
            file.write_all(format!("{key} {}\n", self.to.join(",")).as_bytes()).ok()?;
            file.sync_data().ok()?;
        }
        let mail = Accepted { to: self.to.clone(), from: self.from.clone(), bytes };
        lock(&self.state.accepted).push(mail);
        Some(())
    }

    /// Whether a mail with this one's idempotency key was accepted before.
    fn known(&self, bytes: &[u8]) -> bool {
        let key = idempotency_key(bytes);
        key.is_some() && lock(&self.state.accepted).iter().any(|mail| idempotency_key(&mail.bytes) == key)
    }

    fn fault(&self, at: At) -> Option<Fault> {
        lock(&self.state.faults).get(&at).filter(|(_, times)| *times > 0).map(|(fault, _)| fault.clone())
    }

    async fn answer(&mut self, at: At, good: &str) -> Go {
        let fault = self.fault(at);
        if fault.is_some()
            && let Some((_, times)) = lock(&self.state.faults).get_mut(&at)
        {
            *times -= 1;
        }
        match fault {
            None => {
                self.pause(at).await;
                self.say(good).await
            }
            Some(Fault::Reply(text)) => {
                self.say(&text).await?;
                (!text.starts_with("421")).then_some(())
            }
            Some(Fault::Drop) => None,
            Some(Fault::Stall) => {
                // Until the other side gives up.
                let mut rest = Vec::new();
                let _ = tokio::io::AsyncReadExt::read_to_end(&mut self.read, &mut rest).await;
                None
            }
        }
    }

    async fn pause(&self, at: At) {
        let mut held = self.state.held.subscribe();
        if *held.borrow_and_update() == Some(at) {
            self.state.waiting.fetch_add(1, Ordering::SeqCst);
            let _ = held.wait_for(|held| *held != Some(at)).await;
            self.state.waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }

    async fn say(&mut self, text: &str) -> Go {
        self.write.write_all(format!("{text}\r\n").as_bytes()).await.ok()
    }
}

fn inside(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(a, _)| a.to_owned()).unwrap_or_default()
}

fn idempotency_key(mail: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(mail);
    text.lines().find_map(|line| line.strip_prefix("Idempotency-Key: ")).map(|key| key.trim().to_owned())
}

async fn rest(pause: &AtomicU64) {
    let micros = pause.load(Ordering::Relaxed);
    if micros > 0 {
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }
}
