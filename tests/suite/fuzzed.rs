//! Bytes that somebody else wrote: the corpora below `tests/fuzz/corpus/` and changes of them, made from a seed. Whatever
//! comes, nobody panics, and nothing takes long. `SEED` and `ROUNDS` try others, and more of them.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use secrecy::SecretString;
use shirube::{
    channel::{Channel as _, email::smtp::SmtpChannel},
    source::mailbox::{Proof, Settings},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

#[expect(dead_code, reason = "shared with the targets of libFuzzer, which ask by name")]
#[path = "../fuzz/src/one.rs"]
mod one;

/// Changes of the corpus of each reader.
const ROUNDS: usize = 250;
/// Longest input after a change, in bytes.
const LONGEST: usize = 8 * 1024;
/// What one input may take; unoptimised code on a busy machine.
const MOST: Duration = Duration::from_secs(10);

/// Where else there are examples of what a reader reads.
const ALSO: &[(&str, &[&str])] = &[
    ("yaml", &["playbooks", "model.yaml", "content.yaml"]),
    ("template", &["templates/onboarding", "templates/layouts"]),
    ("mail", &["tests/data/mail"]),
    ("table", &["tests/data/csv-torture"]),
    ("system", &["tests/data/systems"]),
];

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// xorshift64: the same seed changes the same things.
struct Chance(u64);

impl Chance {
    fn of(name: &str) -> Chance {
        let seed = number("SEED", 1) as u64;
        let mixed = name.bytes().fold(seed.max(1), |sum, byte| sum.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte));
        Chance(mixed | 1)
    }

    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap()
    }
}

fn files(path: &Path, into: &mut Vec<Vec<u8>>) {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| files(entry, into));
    } else if let Ok(bytes) = fs::read(path) {
        into.push(bytes);
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    files(&root.join("tests/fuzz/corpus").join(name), &mut all);
    for folder in ALSO.iter().filter(|(own, _)| *own == name).flat_map(|(_, folders)| *folders) {
        files(&root.join(folder), &mut all);
    }
    assert!(!all.is_empty(), "{name} has no corpus");
    all
}

/// What readers stumble over.
const SLIPS: &[&[u8]] = &[
    b"\0",
    b"\r\n",
    b"\n",
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"=",
    b"%",
    b"\\",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe5\x90",
    b"((((",
    b"-",
    b"99999999999999999999",
    b"-1",
    b"1e999",
    b"NaN",
    b"null",
    b"\"\":",
    b"&a ",
    b"*a",
    b"\x1f\x8b\x08",
    b"=?utf-8?B?",
    b"--",
    b"9999-12-31T23:59:59Z",
    b"{2147483647}",
    b"\xf0\x9f\x98\x80",
    b"\xe2\x80\xae",
    b"{{",
    b"{%",
];

fn changed(corpus: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = corpus[chance.below(corpus.len())].clone();
    if bytes.len() > LONGEST {
        let from = chance.below(bytes.len() - LONGEST);
        bytes = bytes[from..from + LONGEST].to_vec();
    }
    for _ in 0..=chance.below(6) {
        let at = chance.below(bytes.len() + 1);
        let end = (at + chance.below(40)).min(bytes.len());
        match chance.below(6) {
            0 => drop(bytes.splice(at..at, SLIPS[chance.below(SLIPS.len())].iter().copied())),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                let times = 1 + chance.below(30);
                drop(bytes.splice(at..at, piece.repeat(times)));
            }
            3 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            4 => bytes.truncate(end),
            _ => {
                let other = &corpus[chance.below(corpus.len())];
                let from = chance.below(other.len() + 1);
                let to = (from + chance.below(80)).min(other.len());
                drop(bytes.splice(at..end, other[from..to].iter().copied()));
            }
        }
    }
    bytes
}

/// Every file of the corpus, then changes of it.
fn inputs(name: &str, rounds: usize) -> impl Iterator<Item = Vec<u8>> {
    let (corpus, mut chance) = (corpus(name), Chance::of(name));
    let all = corpus.clone();
    corpus.into_iter().chain((0..rounds).map(move |_| changed(&all, &mut chance)))
}

#[test]
fn no_reader_of_foreign_bytes_panics_or_takes_long() {
    let mut tried = 0;
    for (name, read) in one::TARGETS {
        let (begun, mut own) = (Instant::now(), 0);
        for bytes in inputs(name, number("ROUNDS", ROUNDS)) {
            let began = Instant::now();
            let done = std::panic::catch_unwind(|| read(&bytes));
            let seed = number("SEED", 1);
            assert!(done.is_ok(), "{name} panicked (SEED={seed}, input {own}): {:?}", String::from_utf8_lossy(&bytes));
            assert!(began.elapsed() < MOST, "{name} took {:?} (SEED={seed}, input {own})", began.elapsed());
            own += 1;
        }
        println!("{name}: {own} inputs in {:.1} s", begun.elapsed().as_secs_f64());
        tried += own;
    }
    assert!(tried >= one::TARGETS.len() * number("ROUNDS", ROUNDS));
}

/// Says these bytes to whoever connects, whatever they say, and hangs up.
async fn speaker(bytes: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            let bytes = bytes.clone();
            tokio::spawn(async move {
                let _ = line.write_all(&bytes).await;
                let _ = line.shutdown().await;
                let mut rest = [0; 1024];
                while matches!(line.read(&mut rest).await, Ok(n) if n > 0) {}
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_talks_nonsense_is_an_error_and_no_panic() {
    for bytes in inputs("imap", number("ROUNDS", 100)) {
        let port = speaker(bytes.clone()).await;
        let settings = Settings {
            host: "127.0.0.1".to_owned(),
            port,
            tls: false,
            ca: None,
            user: "u".to_owned(),
            proof: Proof::Password(SecretString::from("p")),
            folder: "INBOX".to_owned(),
            move_to: None,
        };
        let task = tokio::spawn(async move {
            if let Ok(mut mailbox) = settings.open().await {
                if let Ok(found) = mailbox.after(None).await {
                    for uid in found.into_iter().take(3) {
                        drop(mailbox.mail(uid).await);
                    }
                }
                mailbox.close().await;
            }
        });
        assert!(task.await.is_ok(), "panicked: {:?}", String::from_utf8_lossy(&bytes));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_talks_nonsense_is_a_failure_and_no_panic() {
    struct Open;
    #[async_trait::async_trait]
    impl shirube::channel::Gate for Open {
        async fn hand_over(&self) -> bool {
            true
        }
    }
    for (n, bytes) in inputs("smtp", number("ROUNDS", 100)).enumerate() {
        let port = speaker(bytes.clone()).await;
        let channel = Arc::new(SmtpChannel::new(crate::smtp::settings_to(port)));
        let planned = crate::made::planned(i64::try_from(n).unwrap());
        let body = b"Subject: x\r\n\r\nhi\r\n".to_vec();
        let task = tokio::spawn(async move { channel.send(&planned, &body, &Open).await.is_ok() });
        assert!(task.await.is_ok(), "panicked: {:?}", String::from_utf8_lossy(&bytes));
    }
}
