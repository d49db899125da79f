//! Reads the HTML part back out of a mail that `compose` made. Not a general MIME reader.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The decoded HTML part, if there is one.
pub fn html(mail: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(mail).ok()?;
    let boundary = between(text, "boundary=\"", "\"")?;
    let marker = format!("--{boundary}");
    let part = text.split(marker.as_str()).find(|p| p.contains("Content-Type: text/html"))?;
    let (head, body) = part.split_once("\r\n\r\n")?;
    let body = body.strip_suffix("\r\n").unwrap_or(body);
    if head.contains("Content-Transfer-Encoding: base64") {
        STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()
    } else if head.contains("Content-Transfer-Encoding: quoted-printable") {
        Some(unquote(body.as_bytes()))
    } else {
        Some(body.as_bytes().to_vec())
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inside, _)| inside)
}

fn unquote(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'=', [b'\r', b'\n', more @ ..]) => more,
            (b'=', [high, low, more @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(*high) << 4 | hex(*low));
                more
            }
            _ => {
                out.push(first);
                tail
            }
        };
    }
    out
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).map_or(0, |d| u8::try_from(d).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(encoding: &str, body: &str) -> String {
        format!(
            "Content-Type: multipart/alternative; boundary=\"=_b\"\r\n\r\n--=_b\r\nContent-Type: text/plain\r\n\r\nhi\r\n\
             --=_b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--=_b--\r\n"
        )
    }

    #[test]
    fn every_encoding_lettre_chooses_is_read_back() {
        assert_eq!(html(mail("7bit", "<p>x</p>").as_bytes()).unwrap(), b"<p>x</p>");
        assert_eq!(
            html(mail("quoted-printable", "<p>=C3=A9 =\r\n1=3D1</p>").as_bytes()).unwrap(),
            "<p>é 1=1</p>".as_bytes()
        );
        assert_eq!(html(mail("base64", "PHA+\r\n44GC").as_bytes()).unwrap(), "<p>あ".as_bytes());
        assert_eq!(html(b"no mail"), None);
    }
}
