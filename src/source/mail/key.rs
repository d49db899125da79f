//! Which of our messages a mail is about.

use super::opened::Opened;

/// Characters of a key: base32 of 160 bits.
const KEY: usize = 32;

/// The key named by the returned mail, by the address it was returned to (VERP), or by what it answers.
pub fn find(opened: &Opened) -> Option<String> {
    let own = ["in-reply-to", "references", "x-original-message-id", "original-message-id"];
    let to = ["to", "delivered-to", "x-original-to", "envelope-to"];
    header(&opened.original)
        .or_else(|| to.iter().filter_map(|name| opened.field(name)).find_map(verp))
        .or_else(|| opened.reports.iter().chain(&opened.feedback).find_map(|text| in_brackets(text)))
        .or_else(|| in_brackets(&opened.original))
        .or_else(|| own.iter().filter_map(|name| opened.field(name)).find_map(in_brackets))
        .or_else(|| in_brackets(&opened.human).filter(|_| opened.is_report))
}

/// `X-Shirube-Key: KEY`, which relays keep when they give the mail another Message-ID.
pub fn header(text: &str) -> Option<String> {
    let name = "x-shirube-key:";
    let lower = text.to_ascii_lowercase();
    let at = lower.find(name)? + name.len();
    let word = text.get(at..)?.split_whitespace().next()?;
    is_key(word).then(|| word.to_owned())
}

/// The last `<KEY@…>` (References name the newest last).
pub fn in_brackets(text: &str) -> Option<String> {
    let pieces = text.rsplit('<').filter_map(|piece| piece.split_once('@').map(|(local, _)| local));
    pieces.into_iter().find(|local| is_key(local)).map(str::to_owned)
}

/// `bounce+KEY@…` or `bounce+KEY=…@…`.
fn verp(text: &str) -> Option<String> {
    text.split(['+', '=', '@', '-', '<']).find(|piece| is_key(piece)).map(str::to_owned)
}

/// Whether a word has the form of our keys.
pub fn is_key(word: &str) -> bool {
    word.len() == KEY && word.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b))
}
