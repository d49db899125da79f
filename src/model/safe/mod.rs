//! Texts that are safe where they land: private fields, one constructor each, so that what a
//! channel accepts cannot be built from raw customer data by accident.
//!
//! All of them remove the same characters ([`clean`]): C0, DEL, C1, bidi and zero-width controls.

mod csv;
mod discord;
mod email;
mod header;
mod mrkdwn;
mod url;

pub use csv::CsvCell;
pub use discord::DiscordSafe;
pub use email::{AddressError, EmailAddress};
pub use header::{HeaderError, HeaderSafe};
pub use mrkdwn::MrkdwnSafe;
pub use url::{SafeUrl, Side, is_public};

/// Text with formatting for a chat, built only from data and these shapes.
pub trait Markup: Sized {
    /// Data or prose: can neither mention, link nor format. Newlines stay.
    fn text(data: &str) -> Self;
    /// Nothing.
    fn empty() -> Self {
        Self::text("")
    }
    /// `self`, then `next`.
    fn then(self, next: Self) -> Self;
    /// Bold.
    fn bold(self) -> Self;
    /// Italic.
    fn italic(self) -> Self;
    /// Struck through.
    fn strike(self) -> Self;
    /// A piece of code on one line; formatting inside is lost.
    fn code(data: &str) -> Self;
    /// Several lines of code.
    fn code_block(data: &str) -> Self;
    /// A link; only `http`, `https` and `mailto` become one, of anything else the label stays.
    fn link(url: &str, label: Self) -> Self;
    /// Quoted: every line marked.
    fn quote(self) -> Self;
    /// Whether nothing would be shown.
    fn is_empty(&self) -> bool;

    /// All `parts` with `between` in between.
    fn join(parts: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut out = Self::empty();
        for (i, part) in parts.into_iter().enumerate() {
            if i > 0 {
                out = out.then(Self::text(between));
            }
            out = out.then(part);
        }
        out
    }
}

/// Whether `c` is one of the characters no text of ours carries: controls (newline and tab
/// included), bidi marks, zero-width characters, tags, line and paragraph separators.
/// Variation selectors stay: Japanese names need them (葛󠄀).
pub fn is_control(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` on one line: breaks and tabs become one blank, other controls vanish, blanks at both ends go.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' | ' ' => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if is_control(c) => {}
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// As [`clean`], but newlines stay: for texts of several lines.
pub fn clean_lines(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !is_control(*c)).collect()
}

/// Code as chats take it: nothing in it ends it early.
fn code_lines(data: &str) -> String {
    clean_lines(data).replace('`', "ˋ")
}

/// Every line marked as quoted.
fn quoted(markup: &str) -> String {
    markup.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

/// `text` cut to `max` characters, the last of them `…` where something was cut.
pub fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// `url` if it is an absolute `http`, `https` or `mailto` address, with everything that could end
/// it early (blanks, quotes, brackets, controls, non-ASCII) percent-encoded.
pub fn safe_url(url: &str) -> Option<String> {
    let url = url.trim();
    let scheme = url.split(':').next()?.to_ascii_lowercase();
    let rest = url.get(scheme.len() + 1..)?;
    let fits = match scheme.as_str() {
        "http" | "https" => rest.strip_prefix("//").is_some_and(|host| host.starts_with(|c: char| c.is_alphanumeric())),
        "mailto" => rest.contains('@'),
        _ => false,
    };
    fits.then(|| encode(url))
}

fn encode(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '<' | '>' | '"' | '\'' | '`' | '|' | '\\' | '^' | '{' | '}' | '(' | ')' | '[' | ']' | ' ' | '*' => {
                percent(&mut out, c)
            }
            c if c.is_ascii_graphic() => out.push(c),
            c if is_control(c) => {}
            c => percent(&mut out, c),
        }
    }
    out
}

fn percent(out: &mut String, c: char) {
    let mut buffer = [0; 4];
    for byte in c.encode_utf8(&mut buffer).bytes() {
        out.push('%');
        out.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0').to_ascii_uppercase());
        out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0').to_ascii_uppercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn breaks_become_blanks_and_hidden_characters_vanish() {
        assert_eq!(clean("  Bcc:\r\n evil\u{202e}\u{200b}\0 "), "Bcc: evil");
        assert_eq!(clean("葛\u{e0100}城　花子"), "葛\u{e0100}城　花子");
    }

    #[test]
    fn only_plain_web_and_mail_addresses_become_links() {
        assert_eq!(safe_url("https://a.test/x y").as_deref(), Some("https://a.test/x%20y"));
        assert_eq!(safe_url("mailto:a@b.test").as_deref(), Some("mailto:a@b.test"));
        assert_eq!(safe_url("https://a.test/見る").as_deref(), Some("https://a.test/%E8%A6%8B%E3%82%8B"));
        for bad in
            ["javascript:alert(1)", "java\nscript:x", "data:text/html,x", "//evil", "https:", "https://", "", "x"]
        {
            assert_eq!(safe_url(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_cleaned_text_has_no_controls_and_cleaning_twice_changes_nothing(s in any::<String>()) {
            let once = clean(&s);
            prop_assert!(!once.chars().any(is_control));
            prop_assert_eq!(clean(&once), once);
        }

        #[test]
        fn a_safe_url_is_plain_ascii_without_delimiters(s in "(https?://|mailto:)?\\PC{0,40}") {
            if let Some(url) = safe_url(&s) {
                prop_assert!(url.chars().all(|c| c.is_ascii_graphic() && !"<>\"'`|()[]*".contains(c)));
            }
        }
    }
}
