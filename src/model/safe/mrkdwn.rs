//! Slack's mrkdwn.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Markup, clean_lines, code_lines, quoted, safe_url};

/// mrkdwn in which customer data can neither mention, link nor format. Post it with
/// `"verbatim": true`, or Slack turns bare addresses inside data into links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MrkdwnSafe(String);

impl MrkdwnSafe {
    /// Data or prose, escaped. Same as [`Markup::text`].
    pub fn new(data: &str) -> MrkdwnSafe {
        MrkdwnSafe(escape(data))
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn wrap(self, mark: char) -> MrkdwnSafe {
        let inner = self.0.trim();
        if inner.is_empty() || inner.contains('\n') { self } else { MrkdwnSafe(format!("{mark}{inner}{mark}")) }
    }
}

impl Markup for MrkdwnSafe {
    fn text(data: &str) -> Self {
        MrkdwnSafe::new(data)
    }
    fn then(mut self, next: Self) -> Self {
        self.0.push_str(&next.0);
        self
    }
    fn bold(self) -> Self {
        self.wrap('*')
    }
    fn italic(self) -> Self {
        self.wrap('_')
    }
    fn strike(self) -> Self {
        self.wrap('~')
    }
    fn code(data: &str) -> Self {
        MrkdwnSafe(entities(&code_lines(data).replace('\n', " "))).wrap('`')
    }
    fn code_block(data: &str) -> Self {
        MrkdwnSafe(format!("```\n{}\n```", entities(&code_lines(data))))
    }
    fn link(url: &str, label: Self) -> Self {
        match safe_url(url) {
            Some(url) if !label.is_empty() => {
                let label = label.0.replace(['|', '\n'], " ");
                MrkdwnSafe(format!("<{}|{}>", url.replace('&', "&amp;"), unlinked(&label)))
            }
            _ => label,
        }
    }
    fn quote(self) -> Self {
        MrkdwnSafe(quoted(&self.0))
    }
    fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// A link inside a link would end the outer one: of an inner `<url|text>` the text stays.
fn unlinked(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    let mut rest = label;
    while let Some((before, tail)) = rest.split_once('<') {
        out.push_str(before);
        let (inner, after) = tail.split_once('>').unwrap_or((tail, ""));
        out.push_str(inner.split_once(' ').map_or(inner, |(_, text)| text));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Slack has no escape for `* _ ~` and the back quote: where one stands at the edge of a word, where
/// it could format, a look-alike takes its place. Inside a word (`setup_done`) it stays.
fn escape(data: &str) -> String {
    let text = clean_lines(data);
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let word = inside(before) && inside(chars.peek().copied());
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '`' => out.push('ˋ'),
            '*' if !word => out.push('∗'),
            '_' if !word => out.push('ˍ'),
            '~' if !word => out.push('∼'),
            c => out.push(c),
        }
        before = Some(c);
    }
    out
}

impl fmt::Display for MrkdwnSafe {
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
        let name = MrkdwnSafe::new("<!channel> & <https://evil.test|Acme> *x* `y` setup_done");
        assert_eq!(name.as_str(), "&lt;!channel&gt; &amp; &lt;https://evil.test|Acme&gt; ∗x∗ ˋyˋ setup_done");
        assert_eq!(MrkdwnSafe::new("> not a quote").as_str(), "&gt; not a quote");
    }

    #[test]
    fn our_own_markup_is_markup() {
        let line = MrkdwnSafe::text("Acme ").bold().then(MrkdwnSafe::text(" & co"));
        assert_eq!(line.as_str(), "*Acme* &amp; co");
        let link = MrkdwnSafe::link("https://a.test/?a=1&b=2", MrkdwnSafe::text("a|b"));
        assert_eq!(link.as_str(), "<https://a.test/?a=1&amp;b=2|a b>");
        assert_eq!(MrkdwnSafe::link("javascript:x", MrkdwnSafe::text("a")).as_str(), "a");
        let nested = MrkdwnSafe::link("https://a.test", MrkdwnSafe::link("https://b.test", MrkdwnSafe::text("inner")));
        assert_eq!(nested.as_str(), "<https://a.test|inner>");
    }

    proptest! {
        #[test]
        fn no_data_yields_a_control_sequence(s in any::<String>()) {
            let safe = MrkdwnSafe::new(&s);
            let harmful = ['<', '>', '`', '\r', '\u{202e}'];
            prop_assert!(!safe.as_str().contains(harmful));
        }
    }
}
