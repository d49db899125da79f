//! One line of the journal: `KIND FIELD… CHECKSUM`.

use sha2::{Digest, Sha256};

use crate::model::{
    ids::{AccountId, MessageKey},
    instant::Instant,
};

/// What is written down outside the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A start: epoch of the store, when.
    Epoch(i64, Instant),
    /// The body of this message may leave from now on.
    Handing(MessageKey, AccountId, Instant),
    /// It was accepted.
    Sent(MessageKey, AccountId, Instant),
    /// It was not accepted.
    NotAccepted(MessageKey, AccountId, Instant),
    /// An address (HMAC) was suppressed for a topic, or (`false`) no longer is.
    Suppressed(String, String, bool, Instant),
    /// A contact was erased (pseudonym).
    Erased(String, Instant),
}

/// Bytes of the checksum at the end of a line, in hexadecimal digits.
const CHECK: usize = 10;

impl Record {
    /// The line with its checksum and newline.
    pub fn line(&self) -> String {
        let body = match self {
            Record::Epoch(n, at) => format!("e {n} {}", at.0),
            Record::Handing(key, account, at) => about("h", key, *account, *at),
            Record::Sent(key, account, at) => about("s", key, *account, *at),
            Record::NotAccepted(key, account, at) => about("n", key, *account, *at),
            Record::Suppressed(hash, topic, on, at) => {
                format!("u {} {} {} {}", quoted(hash), quoted(topic), u8::from(*on), at.0)
            }
            Record::Erased(who, at) => format!("x {} {}", quoted(who), at.0),
        };
        format!("{body} {}\n", check(&body))
    }

    /// Reads a line without its newline; `None` when it is not exactly what `line` writes.
    pub fn parse(line: &str) -> Option<Record> {
        let (body, sum) = line.rsplit_once(' ')?;
        if sum != check(body) {
            return None;
        }
        let fields: Vec<&str> = body.split(' ').collect();
        let at = |i: usize| fields.get(i)?.parse().ok().map(Instant);
        let message = || Some((MessageKey(unquoted(fields.get(1)?)?), AccountId(fields.get(2)?.parse().ok()?), at(3)?));
        match *fields.first()? {
            "e" => Some(Record::Epoch(fields.get(1)?.parse().ok()?, at(2)?)),
            "h" => message().map(|(k, a, t)| Record::Handing(k, a, t)),
            "s" => message().map(|(k, a, t)| Record::Sent(k, a, t)),
            "n" => message().map(|(k, a, t)| Record::NotAccepted(k, a, t)),
            "u" => Some(Record::Suppressed(
                unquoted(fields.get(1)?)?,
                unquoted(fields.get(2)?)?,
                *fields.get(3)? == "1",
                at(4)?,
            )),
            "x" => Some(Record::Erased(unquoted(fields.get(1)?)?, at(2)?)),
            _ => None,
        }
    }
}

fn about(kind: &str, key: &MessageKey, account: AccountId, at: Instant) -> String {
    format!("{kind} {} {} {}", quoted(&key.0), account.0, at.0)
}

fn check(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    digest[..CHECK / 2].iter().map(|b| format!("{b:02x}")).collect()
}

/// Anything that would end a field or a line, or could be a NUL of the unwritten part, is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c == '%' || c.is_whitespace() || c.is_control() {
            out.push_str(&format!("%{:x};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    if out.is_empty() { "%;".to_owned() } else { out }
}

fn unquoted(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('%') {
        out.push_str(before);
        let (code, after) = tail.split_once(';')?;
        if !code.is_empty() {
            out.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &str, number: i64) -> Vec<Record> {
        let (key, account, at) = (MessageKey(text.to_owned()), AccountId(number), Instant(number));
        vec![
            Record::Epoch(number, at),
            Record::Handing(key.clone(), account, at),
            Record::Sent(key.clone(), account, at),
            Record::NotAccepted(key, account, at),
            Record::Suppressed(text.to_owned(), text.to_owned(), number % 2 == 0, at),
            Record::Erased(text.to_owned(), at),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in any::<String>(), number in any::<i64>()) {
            for record in all(&text, number) {
                let line = record.line();
                prop_assert_eq!(line.matches('\n').count(), 1);
                prop_assert!(!line.contains('\0'));
                prop_assert_eq!(Record::parse(line.trim_end_matches('\n')), Some(record));
            }
        }

        #[test]
        fn a_changed_byte_is_noticed(at in 0usize..60, to in any::<u8>()) {
            let line = Record::Sent(MessageKey("abcdefghij".into()), AccountId(7), Instant(1_700_000_000_000_000)).line();
            let mut bytes = line.trim_end().as_bytes().to_vec();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            let read = std::str::from_utf8(&bytes).ok().and_then(Record::parse);
            prop_assert_eq!(read, None);
        }
    }
}
