//! What the parser must not meet: messages inside messages inside messages, a frame of its stack each.

use std::borrow::Cow;

/// More messages inside one another than anybody sends.
const LEVELS: usize = 50;

/// The types whose parts hold no messages.
const PLAIN: [&[u8]; 5] = [b"text/", b"image/", b"audio/", b"video/", b"application/"];

/// The mail as it may be parsed; none if it may only be read as text.
///
/// What a message is must stand in the open: an encoded one is kept as a part that is only decoded (its type becomes
/// `encoded`), and a digest, whose parts are messages without saying so, becomes a mere list.
pub fn guarded(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let odd: Vec<(usize, usize)> =
        values(bytes).filter(|(from, to)| !is_plain(&bytes[*from..*to])).take(LEVELS + 1).collect();
    if odd.len() > LEVELS {
        return None;
    }
    let mut mail = Cow::Borrowed(bytes);
    for (from, to) in odd {
        let value = bytes[from..to].to_ascii_lowercase();
        if value.contains(&b'(') {
            mail.to_mut()[from..to].fill(b'x');
        } else if let Some(at) = value.windows(6).position(|w| w == b"digest") {
            mail.to_mut()[from + at..from + at + 6].copy_from_slice(b"mixing");
        } else if !value.starts_with(b"multipart/") && value.len() >= 7 && is_encoded(bytes, from) {
            mail.to_mut()[from..from + 7].copy_from_slice(b"encoded");
        }
    }
    Some(mail)
}

/// Where the values of `Content-Type` stand, without their parameters; wherever a line may begin.
fn values(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    const NAME: &[u8] = b"content-type";
    let named = move |at: &usize| bytes.get(*at..at + NAME.len()).is_some_and(|n| n.eq_ignore_ascii_case(NAME));
    (0..bytes.len()).filter(|at| matches!(bytes.get(*at), Some(b'c' | b'C'))).filter(named).filter_map(|at| {
        let colon = at + NAME.len() + blanks(&bytes[at + NAME.len()..]);
        (bytes.get(colon) == Some(&b':')).then(|| {
            let from = colon + 1 + blanks(&bytes[colon + 1..]);
            (from, from + extent(&bytes[from..]))
        })
    })
}

fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// Up to the parameters, or to the end of a line that is not folded.
fn extent(bytes: &[u8]) -> usize {
    let ends = |(at, b): &(usize, &u8)| match b {
        b';' => true,
        b'\n' => !matches!(bytes.get(at + 1), Some(b' ' | b'\t')),
        _ => false,
    };
    bytes.iter().enumerate().find(ends).map_or(bytes.len(), |(at, _)| at)
}

fn is_plain(value: &[u8]) -> bool {
    let value = value.to_ascii_lowercase();
    let list = value.starts_with(b"multipart/") && !value.contains(&b'(') && !holds(&value, b"digest");
    list || PLAIN.iter().any(|kind| value.starts_with(kind))
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|w| w == word)
}

/// Whether the header around a position names an encoding that hides what it holds.
fn is_encoded(bytes: &[u8], at: usize) -> bool {
    let own = |line: &&[u8]| !line.trim_ascii().is_empty();
    let before = bytes[..at].rsplit(|b| *b == b'\n').take_while(own);
    let after = bytes[at..].split(|b| *b == b'\n').take_while(own);
    before.chain(after).any(hides)
}

fn hides(line: &[u8]) -> bool {
    const NAME: &[u8] = b"content-transfer-encoding";
    let line = line.to_ascii_lowercase();
    let Some(at) = line.windows(NAME.len()).position(|w| w == NAME) else { return false };
    let rest = line[at + NAME.len()..].trim_ascii_start();
    let encoding = rest.strip_prefix(b":").unwrap_or(rest).trim_ascii_start();
    !["7bit", "8bit", "binary"].iter().any(|open| encoding.starts_with(open.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(mail: &str) -> Option<String> {
        guarded(mail.as_bytes()).map(|m| String::from_utf8_lossy(&m).into_owned())
    }

    #[test]
    fn mails_that_are_sent_are_left_as_they_are() {
        for mail in [
            "Subject: x\n\nContent-Type",
            "Content-Type: multipart/report; boundary=\"digest(1)\"\n\n--digest(1)\nContent-Type: message/rfc822\n\nSubject: y\n\nz",
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nSubject: y\n\nz",
            "content-type :TEXT/HTML\ncontent-transfer-encoding: base64\n\nPGI+",
        ] {
            assert_eq!(seen(mail).as_deref(), Some(mail));
        }
    }

    #[test]
    fn messages_in_disguise_are_parts_like_others() {
        let encoded = "Content-Transfer-Encoding: base64\nContent-Type: message/rfc822; x=y\n\nU3ViamVjdDogeQo=";
        assert!(seen(encoded).unwrap().contains("Content-Type: encoded/rfc822; x=y"));
        let digest = "Content-Type: Multipart/Digest; boundary=b\n\n--b\n\nSubject: y";
        assert!(seen(digest).unwrap().contains("Multipart/mixing; boundary=b"));
        let comment = "Content-Type: (text/plain) message/rfc822\n\nSubject: y";
        assert!(!seen(comment).unwrap().contains("message"));
    }

    #[test]
    fn more_levels_than_anybody_sends_are_only_text() {
        assert!(seen(&"Content-Type: message/rfc822\n\n".repeat(50)).is_some());
        assert!(seen(&"Content-Type: message/rfc822\n\n".repeat(51)).is_none());
        assert!(seen(&"x CONTENT-TYPE\t:\n\tMessage/Global\n\n".repeat(51)).is_none());
    }
}
