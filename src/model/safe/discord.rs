//! Discord's Markdown.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Markup, clean_lines, code_lines, quoted, safe_url};

/// Markdown for Discord in which customer data can neither mention, link nor format.
/// Post it with `allowed_mentions: {parse: []}` all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DiscordSafe(String);

impl DiscordSafe {
    /// Data or prose, escaped. Same as [`Markup::text`].
    pub fn new(data: &str) -> DiscordSafe {
        DiscordSafe(escape(data))
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn wrap(self, mark: &str) -> DiscordSafe {
        let inner = self.0.trim();
        if inner.is_empty() { self } else { DiscordSafe(format!("{mark}{inner}{mark}")) }
    }
}

impl Markup for DiscordSafe {
    fn text(data: &str) -> Self {
        DiscordSafe::new(data)
    }
    fn then(mut self, next: Self) -> Self {
        self.0.push_str(&next.0);
        self
    }
    fn bold(self) -> Self {
        self.wrap("**")
    }
    fn italic(self) -> Self {
        self.wrap("_")
    }
    fn strike(self) -> Self {
        self.wrap("~~")
    }
    fn code(data: &str) -> Self {
        DiscordSafe(code_lines(data).replace('\n', " ")).wrap("`")
    }
    fn code_block(data: &str) -> Self {
        DiscordSafe(format!("```\n{}\n```", code_lines(data)))
    }
    /// The angle brackets keep Discord from unfolding a preview.
    fn link(url: &str, label: Self) -> Self {
        match safe_url(url) {
            Some(url) if !label.is_empty() => DiscordSafe(format!("[{}](<{url}>)", label.0.replace('\n', " "))),
            _ => label,
        }
    }
    fn quote(self) -> Self {
        DiscordSafe(quoted(&self.0))
    }
    fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// A backslash before every ASCII punctuation mark that could begin something, so also `://` of a
/// bare address; `@` is parted from what follows, because a backslash does not stop `@everyone`.
fn escape(data: &str) -> String {
    let text = clean_lines(data);
    let mut out = String::with_capacity(text.len() + 8);
    let mut line_start = true;
    for c in text.chars() {
        match c {
            '@' => out.push_str("@\u{200b}"),
            '.' | '+' | ')' if !line_start && c != ')' => out.push(c),
            ',' | '!' | '?' | '%' | '\'' | '"' | ';' | '=' | '/' | '&' | '$' | '^' | '{' | '}' => out.push(c),
            c if c.is_ascii_punctuation() => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        line_start = c == '\n' || (line_start && (c.is_ascii_digit() || c == ' '));
    }
    out
}

impl fmt::Display for DiscordSafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_customer_name_can_neither_mention_nor_link_nor_format() {
        assert_eq!(DiscordSafe::new("@everyone <@123>").as_str(), "@\u{200b}everyone \\<@\u{200b}123\\>");
        assert_eq!(DiscordSafe::new("**b** [x](http://evil.test)").as_str(), r"\*\*b\*\* \[x\]\(http\://evil.test\)");
        assert_eq!(DiscordSafe::new("# h\n- l\n1. n").as_str(), "\\# h\n\\- l\n1\\. n");
    }

    #[test]
    fn our_own_markup_is_markup() {
        let link = DiscordSafe::link("https://a.test/(x)", DiscordSafe::text("続き").bold());
        assert_eq!(link.as_str(), "[**続き**](<https://a.test/%28x%29>)");
    }

    proptest! {
        #[test]
        fn every_mark_that_could_begin_something_is_escaped(s in any::<String>()) {
            let safe = DiscordSafe::new(&s);
            let mut escaped = false;
            for c in safe.as_str().chars() {
                prop_assert!(escaped || !"*_~`|<>[]()#:".contains(c), "{} in {:?}", c, safe);
                escaped = c == '\\' && !escaped;
            }
        }
    }
}
