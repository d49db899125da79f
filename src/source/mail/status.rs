//! Status codes (RFC 3463) and SMTP reply codes as they are written in reports and in prose.

use super::report::Raw;

/// The most telling status that is written, if any is: the server's own before the report's, a precise one
/// before `x.0.0`, anything before `4.4.7` (it expired, after something else).
pub fn written(raw: &Raw) -> Option<String> {
    let mut all: Vec<String> = codes(&raw.diagnostic);
    let told = codes(&raw.status);
    if let Some(agreed) = told.first().filter(|code| all.contains(code) && !code.ends_with(".4.7")) {
        return Some(agreed.clone());
    }
    all.extend(told);
    all.extend(codes(&raw.text));
    let best = all.iter().map(|code| precision(code)).max()?;
    all.into_iter().find(|code| precision(code) == best)
}

fn precision(code: &str) -> u8 {
    let mut numbers = code.split('.').skip(1);
    match (code, numbers.next(), numbers.next()) {
        ("4.4.7" | "5.4.7", ..) => 1,
        (_, Some("0"), Some("0")) => 0,
        (_, _, Some("0")) => 1,
        _ => 2,
    }
}

/// A positive status in a server's answer.
pub fn positive(text: &str) -> Option<String> {
    all(text, b"2").into_iter().next()
}

/// Statuses of failures, in the order they are written.
pub fn codes(text: &str) -> Vec<String> {
    all(text, b"45")
}

/// `D.D.D` that is no part of a version, an IP address or a longer number.
fn all(text: &str, classes: &[u8]) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for at in 0..bytes.len() {
        let before = at.checked_sub(1).and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
        if before.is_ascii_alphanumeric() || matches!(before, b'.' | b'_' | b'/') || !classes.contains(&bytes[at]) {
            continue;
        }
        if let Some(code) = code(&bytes[at..]) {
            found.push(code);
        }
    }
    found
}

fn code(bytes: &[u8]) -> Option<String> {
    let (class, rest) = bytes.split_first()?;
    let (subject, rest) = number(rest)?;
    let (detail, rest) = number(rest)?;
    let next = rest.first().copied().unwrap_or(b' ');
    let more = next == b'.' && rest.get(1).is_some_and(u8::is_ascii_digit);
    let fits = subject <= 7 && !next.is_ascii_alphanumeric() && !more && next != b'/';
    fits.then(|| format!("{}.{subject}.{detail}", char::from(*class)))
}

/// `.123` at the beginning.
fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let rest = bytes.strip_prefix(b".")?;
    let length = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=3).contains(&length) {
        return None;
    }
    let (digits, rest) = rest.split_at(length);
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// The reply code of the failure.
pub fn reply_code(raw: &Raw) -> Option<u16> {
    any_reply(&raw.diagnostic).or_else(|| any_reply(&raw.text))
}

/// The first reply code above 199 that stands where one can stand: at the beginning of a line, after `said:`,
/// a bracket or a quote, and before a status or words.
pub fn any_reply(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    for at in 0..bytes.len().saturating_sub(2) {
        let before = at.checked_sub(1).and_then(|i| bytes.get(i)).copied().unwrap_or(b'\n');
        if !matches!(before, b' ' | b'\n' | b'\t' | b'<' | b'(' | b'"' | b'\'' | b':' | b';' | b',') {
            continue;
        }
        let next = bytes.get(at + 3).copied().unwrap_or(b'\n');
        let digits = bytes.get(at..at + 3).unwrap_or_default();
        let fits = matches!(digits, [b'2' | b'4' | b'5', b'0'..=b'7', b'0'..=b'9']) && !counts(&bytes[at + 3..]);
        if fits && matches!(next, b' ' | b'-' | b'\n' | b'\r' | b'\t' | b'.' | b':' | b'#' | b',' | b'>' | b')') {
            let said = std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok());
            if said.is_some_and(|code: u16| code >= 400) || text.trim_start().starts_with("25") {
                return said;
            }
        }
    }
    None
}

/// Whether the number before is an amount of something: `500 KB`.
fn counts(after: &[u8]) -> bool {
    let word: Vec<u8> = after.trim_ascii_start().iter().copied().take_while(u8::is_ascii_alphabetic).take(10).collect();
    let units =
        ["kb", "mb", "gb", "kib", "mib", "bytes", "seconds", "minutes", "hours", "days", "recipients", "messages"];
    after.first() == Some(&b' ') && units.iter().any(|unit| word.eq_ignore_ascii_case(unit.as_bytes()))
}

/// Whether the trouble may pass, by what is written.
pub fn passing(raw: &Raw) -> bool {
    let text = raw.text.to_lowercase();
    reply_code(raw).is_some_and(|code| (400..500).contains(&code))
        || ["warning message only", "retry timeout exceeded"].iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_found_in_prose_and_versions_and_addresses_are_none() {
        assert_eq!(codes("550-5.7.1 [192.0.2.5] (#5.1.10)."), ["5.7.1", "5.1.10"]);
        assert_eq!(codes("Sendmail 8.14.4/8.14.4 v5.1.2 5.1.2.3 192.5.1.1 mta-5.9.1 x"), Vec::<String>::new());
    }

    #[test]
    fn a_precise_status_of_the_server_wins() {
        let raw = |status: &str, diagnostic: &str| Raw {
            status: status.into(),
            diagnostic: diagnostic.into(),
            ..Raw::default()
        };
        assert_eq!(written(&raw("5.0.0", "550 5.1.1 no")).as_deref(), Some("5.1.1"));
        assert_eq!(written(&raw("4.4.7", "expired <421 4.4.2 timed out>")).as_deref(), Some("4.4.2"));
        assert_eq!(written(&raw("4.4.7", "")).as_deref(), Some("4.4.7"));
        assert_eq!(written(&raw("", "no such user")), None);
    }

    #[test]
    fn a_reply_code_is_no_port_and_no_year() {
        assert_eq!(any_reply("host a[192.0.2.4]:25 said: 550 5.1.1 no"), Some(550));
        assert_eq!(any_reply("<<< 421-busy"), Some(421));
        assert_eq!(any_reply("after 500 KB, in 2024, at port:587"), None);
        assert_eq!(any_reply("over 500 recipients, error 452 4.5.3 too many"), Some(452));
        assert_eq!(any_reply("no code"), None);
    }
}
