//! Taking what points to a person out of rows written as JSON, without touching a number or a name of ours.

/// What stands in the place of what was erased.
pub const ERASED: &str = "[erased]";
/// Shorter texts are too likely to mean something else: only a whole value counts.
const SHORT: usize = 6;

/// Fields that hold words of ours: a person who is called `Admin` or `Event` does not change them.
const OURS: [&str; 28] = [
    "kind",
    "act",
    "outcome",
    "channel",
    "class",
    "audience",
    "delivery",
    "state",
    "arm",
    "result",
    "phase",
    "base_phase",
    "band",
    "previous_band",
    "playbook",
    "playbook_hash",
    "version",
    "step",
    "template",
    "topic",
    "sender",
    "run",
    "hash",
    "id",
    "role",
    "waiting",
    "locale",
    "source",
];

/// Texts by which a person is recognised.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Anywhere in a text, longest first; lower case, as JSON writes them.
    within: Vec<String>,
    /// Only as a whole value.
    whole: Vec<String>,
}

impl Marks {
    /// Adds a text; `name`: a person's name counts inside other texts, however short it is.
    pub fn add(&mut self, text: &str, name: bool) {
        let text = text.trim();
        let long = text.chars().count() >= SHORT || (name && text.chars().count() >= 2);
        let list = if long { &mut self.within } else { &mut self.whole };
        let written = escaped(text);
        if !written.is_empty() && !list.contains(&written) {
            list.push(written);
            list.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
        }
    }

    /// Patterns for `lower(column) LIKE … ESCAPE '!'` that find every row `blanked` may change.
    pub fn patterns(&self) -> Vec<String> {
        let like = |text: &String| text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let within = self.within.iter().map(|mark| format!("%{}%", like(mark)));
        within.chain(self.whole.iter().map(|mark| format!("%\"{}\"%", like(mark)))).collect()
    }

    /// The same for an address of a page, where anything but letters and digits may be written as `%40`.
    pub fn url_patterns(&self) -> Vec<String> {
        let like = |text: &String| text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let plain = |mark: &String| mark.replace("\\\"", "\"").replace("\\\\", "\\");
        let form = |mark: &String| form_urlencoded::byte_serialize(plain(mark).as_bytes()).collect::<String>();
        let path = |mark: &String| form(mark).replace('+', "%20");
        let ways = self.within.iter().flat_map(|mark| [mark.clone(), form(mark), path(mark)]);
        let ways: std::collections::BTreeSet<String> = ways.map(|way| way.to_lowercase()).collect();
        ways.iter().map(|way| format!("%{}%", like(way))).collect()
    }

    /// The same for a page: names stand in it as HTML writes them, and without quotes.
    pub fn page_patterns(&self) -> Vec<String> {
        let like = |text: String| text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let plain = |mark: &String| mark.replace("\\\"", "\"").replace("\\\\", "\\");
        let within = self.within.iter().flat_map(|mark| [mark.clone(), html(&plain(mark))]);
        let within = within.map(|mark| format!("%{}%", like(mark)));
        within.chain(self.whole.iter().map(|mark| format!("%>{}<%", like(html(&plain(mark)))))).collect()
    }

    /// Whether a page names somebody: where `page_patterns` would find it, and for lists too long to ask a database.
    pub fn stands_in(&self, page: &str) -> bool {
        let page = page.to_ascii_lowercase();
        let plain = |mark: &String| mark.replace("\\\"", "\"").replace("\\\\", "\\");
        self.within.iter().any(|mark| page.contains(mark.as_str()) || page.contains(&html(&plain(mark))))
            || self.whole.iter().any(|mark| page.contains(&format!(">{}<", html(&plain(mark)))))
    }

    /// The JSON with every mark inside its texts replaced; none where there is no mark. Names of fields stay, unless
    /// they are an address.
    pub fn blanked(&self, json: &str) -> Option<String> {
        let (mut out, mut rest, mut changed) = (String::with_capacity(json.len()), json, false);
        let mut within = "";
        while let Some(start) = rest.find('"') {
            let (before, tail) = rest.split_at(start + 1);
            out.push_str(before);
            let end = closing(tail);
            let (text, after) = tail.split_at(end);
            let field = after.strip_prefix('"').is_some_and(|next| next.trim_start().starts_with(':'));
            if field {
                within = text;
            }
            match self.blank(text, field || OURS.contains(&within)) {
                Some(new) => {
                    out.push_str(&new);
                    changed = true;
                }
                None => out.push_str(text),
            }
            let quote = usize::from(after.starts_with('"'));
            let (quote, next) = after.split_at(quote);
            out.push_str(quote);
            rest = next;
        }
        out.push_str(rest);
        changed.then_some(out)
    }

    /// `ours`: only an address goes.
    fn blank(&self, text: &str, ours: bool) -> Option<String> {
        if !ours && self.whole.iter().any(|mark| text.eq_ignore_ascii_case(mark)) {
            return Some(ERASED.to_owned());
        }
        let mut new = text.to_owned();
        for mark in self.within.iter().filter(|mark| !ours || mark.contains('@')) {
            let mut from = 0;
            while let Some(at) = find(&new.to_ascii_lowercase(), mark, from) {
                new.replace_range(at..at + mark.len(), ERASED);
                from = at + ERASED.len();
            }
        }
        (new != text).then_some(new)
    }
}

/// Where `mark` stands in `text`; one that is a word in Latin letters only where it is a word.
fn find(text: &str, mark: &str, from: usize) -> Option<usize> {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let mut from = from;
    while let Some(at) = text.get(from..)?.find(mark).map(|at| at + from) {
        let (before, after) = (text[..at].chars().next_back(), text[at + mark.len()..].chars().next());
        let cut = latin(before) && latin(mark.chars().next()) || latin(after) && latin(mark.chars().next_back());
        if !cut || mark.contains('@') {
            return Some(at);
        }
        from = at + mark.len();
    }
    None
}

/// The length of a JSON text up to its closing quote.
fn closing(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// Lower case in Latin letters, as JSON writes it.
fn escaped(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default().to_ascii_lowercase();
    json.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
}

/// As the template engine escapes a text.
fn html(text: &str) -> String {
    let each = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#x27;".to_owned(),
        '/' => "&#x2f;".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Marks {
        let mut marks = Marks::default();
        for (text, name) in [("Yui@acme.test", false), ("佐藤 結衣", true), ("Li", true), ("id", false)] {
            marks.add(text, name);
        }
        marks
    }

    #[test]
    fn a_name_is_found_in_a_page_as_html_writes_it() {
        let mut marks = Marks::default();
        marks.add("Sinead O'Brien \"Ann\"", true);
        marks.add("ab", false);
        let patterns = marks.page_patterns();
        assert!(patterns.contains(&"%sinead o&#x27;brien &quot;ann&quot;%".to_owned()), "{patterns:?}");
        assert!(patterns.contains(&"%>ab<%".to_owned()), "{patterns:?}");
    }

    #[test]
    fn what_points_to_a_person_goes_and_everything_else_stays_as_it_is() {
        let json =
            r#"{"id":1.10,"who":"id","n":"佐藤 結衣様 <yui@ACME.test>","l":"Li, Lima \"Li\"","yui@acme.test":[1e3]}"#;
        let blank = r#"{"id":1.10,"who":"[erased]","n":"[erased]様 <[erased]>","l":"[erased], Lima \"[erased]\"","[erased]":[1e3]}"#;
        assert_eq!(marks().blanked(json).as_deref(), Some(blank));
        assert_eq!(marks().blanked(blank), None);
    }

    #[test]
    fn texts_that_only_begin_alike_are_somebody_elses() {
        assert_eq!(marks().blanked(r#"{"a":"Lia","b":"idea","c":"結衣"}"#), None);
        let ours = r#"{"kind":"li","role":"id","source":"csv"}"#;
        assert_eq!(marks().blanked(ours), None, "words of ours");
    }
}
