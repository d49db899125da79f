//! `Name: value` lines with folded continuations, as in headers and delivery reports.

use super::RECIPIENTS;

/// Fields in order, names in lower case, values on one line.
pub type Fields = Vec<(String, String)>;

/// The groups of fields in `text`, separated by empty lines; groups without fields are left out.
pub fn groups(text: &str) -> Vec<Fields> {
    let mut groups = vec![Fields::new()];
    for line in text.lines() {
        let fields = groups.len() - 1;
        let Some(group) = groups.get_mut(fields) else { continue };
        if line.trim().is_empty() {
            if !group.is_empty() {
                groups.push(Fields::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some(field) = field(line) {
            group.push(field);
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// One line as a field.
pub fn field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let fits = !name.is_empty() && name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    fits.then(|| (name.to_ascii_lowercase(), value.trim().to_owned()))
}

/// The first value of a field.
pub fn value<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty())
}

/// The first e-mail address in a text, in lower case where that does not matter: as written.
pub fn address(text: &str) -> Option<String> {
    let at = text.char_indices().find(|(i, c)| *c == '@' && addressed(text, *i)).map(|(i, _)| i)?;
    let (start, end) = (start(text, at), at + 1 + end(&text[at + 1..]));
    Some(text[start..end].trim_end_matches('.').to_owned())
}

/// The first so many addresses, each once.
pub fn distinct(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for one in all {
        if found.len() >= RECIPIENTS {
            break;
        }
        if found.iter().all(|known| !known.eq_ignore_ascii_case(&one)) {
            found.push(one);
        }
    }
    found
}

fn addressed(text: &str, at: usize) -> bool {
    start(text, at) < at && end(&text[at + 1..]) >= 3 && text[at + 1..at + 1 + end(&text[at + 1..])].contains('.')
}

fn start(text: &str, at: usize) -> usize {
    text[..at]
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || "!#$%&*+-/=?^_`{|}~.'".contains(c)))
        .map_or(0, |i| i + text[i..].chars().next().map_or(1, char::len_utf8))
}

fn end(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_end_at_empty_lines_and_folded_lines_go_on() {
        let found = groups("A: 1\n 2\n\nb-C:x\nno field\n\n\n");
        assert_eq!(found.len(), 2);
        assert_eq!(value(&found[0], "a"), Some("1 2"));
        assert_eq!(value(&found[1], "b-c"), Some("x"));
    }

    #[test]
    fn an_address_is_found_wherever_it_stands() {
        for text in ["<neko@example.jp>:", "rfc822;neko@example.jp", "宛先neko@example.jpは", "at @ neko@example.jp."]
        {
            assert_eq!(address(text).as_deref(), Some("neko@example.jp"), "{text}");
        }
        assert_eq!(address("neko@localhost"), None);
        assert_eq!(address("@example.jp"), None);
    }
}
