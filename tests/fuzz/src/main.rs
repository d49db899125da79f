//! Without libFuzzer: replays a corpus (the kit, the golden cases, what once broke something), then mutates it for ten
//! seconds (`SECONDS`) from a seed (`SEED`), and measures the memory and the time each input takes.

mod one;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// Counts what is allocated, and the most at one time.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(now, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpus = Vec::new();
    for folder in ["corpus", "../../playbooks", "../../templates", "../data/check", "../data/mail", "../../model.yaml"] {
        read(&root.join(folder), &mut corpus);
    }
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (mut chance, limit) = (number("SEED", 1), Duration::from_secs(number("SECONDS", 10)));
    let mut worst = (0, 0.0);
    corpus.iter().for_each(|text| measured(text, &mut worst));
    println!("{} files replayed; most memory {} KiB, longest {:.1} ms (five files in one)", corpus.len(), worst.0 / 1024, worst.1);
    let (begin, mut tried) = (Instant::now(), 0_u64);
    while begin.elapsed() < limit {
        let text = mutated(&corpus, &mut chance);
        measured(&text, &mut worst);
        tried += 1;
    }
    println!("{tried} mutations; most memory {} KiB, longest {:.1} ms", worst.0 / 1024, worst.1);
    assert!(worst.0 <= 32 << 20, "an input took more than 32 MiB");
}

fn measured(text: &str, worst: &mut (usize, f64)) {
    let before = NOW.load(Relaxed);
    MOST.store(before, Relaxed);
    let begin = Instant::now();
    one::load_as_everything(text);
    one::read_mail(text.as_bytes());
    worst.0 = worst.0.max(MOST.load(Relaxed) - before);
    worst.1 = worst.1.max(begin.elapsed().as_secs_f64() * 1e3);
}

fn read(path: &Path, into: &mut Vec<String>) {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| read(entry, into));
    } else if let Ok(bytes) = fs::read(path) {
        into.push(String::from_utf8_lossy(&bytes).into_owned());
    }
}

/// xorshift64: the same seed tries the same things.
fn next(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % below.max(1) as u64) as usize
}

fn mutated(corpus: &[String], chance: &mut u64) -> String {
    const SLIPS: &[&str] = &["\"", "'", ": ", " #", "{", "}", "[", "]", ",", "- ", "\n", "\t", "!", "&a ", "*a", "?", "|\n", "\u{0}", "名", "((((", "9999999999"];
    let mut text: Vec<char> = corpus[next(chance, corpus.len())].chars().collect();
    for _ in 0..1 + next(chance, 6) {
        let at = next(chance, text.len() + 1);
        let end = (at + next(chance, 40)).min(text.len());
        match next(chance, 4) {
            0 => drop(text.splice(at..at, SLIPS[next(chance, SLIPS.len())].chars())),
            1 => drop(text.drain(at..end)),
            2 => {
                let piece: Vec<char> = text[at..end].to_vec();
                drop(text.splice(at..at, piece));
            }
            _ => {
                let other: Vec<char> = corpus[next(chance, corpus.len())].chars().collect();
                let from = next(chance, other.len() + 1);
                let to = (from + next(chance, 60)).min(other.len());
                drop(text.splice(at..end, other[from..to].iter().copied()));
            }
        }
    }
    text.into_iter().collect()
}
