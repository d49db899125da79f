//! Text that goes into a header or a log line, made harmless.

/// `text` without control, bidi and zero-width characters, white space squeezed, at most `max` bytes.
pub fn header(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    for c in text.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if is_hidden(c) || (c == ' ' && (out.is_empty() || out.ends_with(' '))) {
            continue;
        }
        if out.len() + c.len_utf8() > max {
            break;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// C0, DEL, C1, zero-width, bidi controls, tags, byte-order marks: nothing a reader can see.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A server's reply for logs and the ledger: one line, at most 200 bytes, addresses left out.
pub fn reply(text: &str) -> String {
    let words = text.split_whitespace().map(|w| if w.contains('@') { "<address>" } else { w });
    header(&words.collect::<Vec<_>>().join(" "), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_ends_or_turns_a_line_is_left() {
        assert_eq!(header("a\r\nBcc: x\u{202e}y\u{0}\tz", 80), "a Bcc: xy z");
        assert_eq!(header("\u{200b}\r\n", 80), "");
        assert_eq!(header("山田 太郎", 80), "山田 太郎");
        assert_eq!(header("山田", 4), "山");
    }

    #[test]
    fn a_reply_does_not_carry_an_address() {
        assert_eq!(reply("5.1.1 <taro@example.com>:\r\n User unknown"), "5.1.1 <address> User unknown");
    }
}
