//! Findings in the reader's language. Checks write their sentences in English; here each is recognised by its
//! constant parts and said in Japanese with the same values in it. A sentence nobody translated yet stays as it is.

use super::{findings_ja::sentences, many};
use crate::model::{
    diagnostic::{Diagnostic, Severity},
    locale::Locale,
};

/// The page that has one section for each rule.
pub const PAGE: &str = "docs/checks.md";

/// `finding` with message and help in `locale`.
pub fn localized(locale: Locale, finding: &Diagnostic) -> Diagnostic {
    let told = |text: &str| sentence(locale, text);
    Diagnostic { message: told(&finding.message), help: told(&finding.help), ..finding.clone() }
}

/// One sentence of a check in `locale`.
pub fn sentence(locale: Locale, english: &str) -> String {
    match locale {
        Locale::En => english.to_owned(),
        Locale::Ja => japanese(english, 0).unwrap_or_else(|| english.to_owned()),
    }
}

/// Whether a Japanese sentence exists.
pub fn is_known(english: &str) -> bool {
    english.is_empty() || japanese(english, 0).is_some()
}

/// How bad, as people say it.
pub fn severity(locale: Locale, severity: Severity) -> &'static str {
    match (locale, severity) {
        (Locale::En, Severity::Error) => "error",
        (Locale::En, Severity::Warning) => "warning",
        (Locale::En, Severity::Hint) => "hint",
        (Locale::Ja, Severity::Error) => "エラー",
        (Locale::Ja, Severity::Warning) => "警告",
        (Locale::Ja, Severity::Hint) => "ヒント",
    }
}

/// The word before what to do.
pub fn help(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "help",
        Locale::Ja => "直し方",
    }
}

/// The word before the section that explains the rule.
pub fn see(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "see",
        Locale::Ja => "説明",
    }
}

/// The last line of `check`.
pub fn summary(locale: Locale, playbooks: usize, errors: usize, others: usize) -> String {
    match locale {
        Locale::En => format!(
            "{playbooks} playbook{}, {errors} error{}, {others} other finding{}",
            many(playbooks),
            many(errors),
            many(others)
        ),
        Locale::Ja => format!("プレイブック {playbooks} 件、エラー {errors} 件、その他の指摘 {others} 件"),
    }
}

/// What `check --fix` did about one finding.
pub fn mended(locale: Locale, finding: &Diagnostic) -> String {
    let Some(fix) = &finding.fix else { return String::new() };
    let (place, old, new) = (&fix.place, &fix.old, &fix.new);
    let at = format!("{}:{}:{}", place.file, place.line, place.column);
    match locale {
        Locale::En => format!("mended {at}: {old}  →  {new}"),
        Locale::Ja => format!("直しました {at}：{old}  →  {new}"),
    }
}

/// How much `check --fix` did, or would do.
pub fn mended_count(locale: Locale, count: usize, dry: bool) -> String {
    match (locale, dry) {
        (Locale::En, false) => format!("{count} mended; what is left needs your decision"),
        (Locale::En, true) => format!("{count} would be mended; nothing was written"),
        (Locale::Ja, false) => format!("{count} か所を直しました。残りはご判断が必要です"),
        (Locale::Ja, true) => format!("{count} か所を直せます（まだ何も書き換えていません）"),
    }
}

/// The best fitting sentence: the one with the longest constant part. Values that are phrases of their own are
/// translated too, but not what stands in backquotes: that is a name.
fn japanese(english: &str, depth: usize) -> Option<String> {
    let fitting = sentences().filter_map(|(en, ja)| Some((en.len(), ja, values(en, english)?)));
    let Some((_, ja, values)) = fitting.max_by_key(|(constant, ..)| *constant) else { return keyed(english, depth) };
    let phrase = |value: &Part| if depth < 3 && !value.is_name { japanese(value.text, depth + 1) } else { None };
    let said: Vec<String> = values.iter().map(|v| phrase(v).unwrap_or_else(|| v.text.to_owned())).collect();
    Some(filled(ja, &said))
}

/// A sentence behind the key it is about: `slack.app_token: the environment variable APP is not set`.
fn keyed(english: &str, depth: usize) -> Option<String> {
    let (key, rest) = english.split_once(": ")?;
    let named =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'));
    if !named || depth > 0 {
        return None;
    }
    japanese(rest, depth + 1).map(|ja| format!("{key}：{ja}"))
}

/// `{}` takes the values in their order, `{0}`, `{1}` … by number. What a value brings along is not filled again.
fn filled(ja: &str, values: &[String]) -> String {
    let (mut told, mut rest, mut next) = (String::new(), ja, 0);
    while let Some((before, after)) = rest.split_once('{') {
        told.push_str(before);
        let close = after.find('}').filter(|end| after[..*end].bytes().all(|b| b.is_ascii_digit()));
        let Some(close) = close else {
            told.push('{');
            rest = after;
            continue;
        };
        let at = after[..close].parse().unwrap_or(next);
        next += 1;
        told.push_str(values.get(at).map_or("", String::as_str));
        rest = &after[close + 1..];
    }
    told + rest
}

/// What stands in the place of one `{}`.
struct Part<'t> {
    text: &'t str,
    /// Between backquotes.
    is_name: bool,
}

/// What stands in the places of `{}`, if `text` is built like `pattern`.
fn values<'t>(pattern: &str, text: &'t str) -> Option<Vec<Part<'t>>> {
    let mut parts = pattern.split("{}");
    let mut before = parts.next()?;
    let mut rest = text.strip_prefix(before)?;
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty().then(Vec::new) };
    let mut values = Vec::new();
    let value =
        |text, before: &str, after: &str| Part { text, is_name: before.ends_with('`') && after.starts_with('`') };
    for part in parts {
        let at = rest.find(part).filter(|_| !part.is_empty())?;
        values.push(value(&rest[..at], before, part));
        rest = &rest[at + part.len()..];
        before = part;
    }
    values.push(value(rest.strip_suffix(last)?, before, last));
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_is_not_many() {
        assert_eq!(summary(Locale::En, 1, 0, 1), "1 playbook, 0 errors, 1 other finding");
        assert_eq!(summary(Locale::En, 2, 1, 0), "2 playbooks, 1 error, 0 other findings");
    }

    /// `doctor` said it in English to a Japanese reader.
    #[test]
    fn a_sentence_about_a_key_is_found_behind_the_key() {
        let said = sentence(Locale::Ja, "slack.app_token: the environment variable APP is not set");
        assert_eq!(said, "slack.app_token：環境変数 APP がありません");
        let unknown = "slack.app_token: something else altogether";
        assert_eq!(sentence(Locale::Ja, unknown), unknown);
    }

    #[test]
    fn values_move_into_the_japanese_sentence() {
        assert_eq!(sentence(Locale::Ja, "did you mean `email`?"), "`email` のことですか？");
        assert_eq!(sentence(Locale::Ja, "a playbook needs `steps`"), "プレイブックには `steps` が必要です");
        assert_eq!(sentence(Locale::Ja, "a step has no key `emial`"), "ステップに `emial` というキーはありません");
        let files = "write templates/a/b.ja.md and templates/a/b.en.md";
        let said = "templates/a/b.ja.md と templates/a/b.en.md の二つのファイルを作ってください";
        assert_eq!(sentence(Locale::Ja, files), said, "a file is made, not written as a word");
        let said = "templates/a/b.ja.md というファイルを作ってください";
        assert_eq!(sentence(Locale::Ja, "write templates/a/b.ja.md"), said);
        assert_eq!(sentence(Locale::Ja, "no such sentence"), "no such sentence");
        assert_eq!(sentence(Locale::En, "a step has no key `emial`"), "a step has no key `emial`");
    }

    #[test]
    fn every_sentence_keeps_the_number_of_its_values() {
        for (en, ja) in sentences() {
            let values: Vec<String> = (0..en.matches("{}").count()).map(|i| format!("<{i}>")).collect();
            let told = filled(ja, &values);
            assert!(values.iter().all(|v| told.contains(v)) && !told.contains("{}"), "{en}");
        }
        let mut all: Vec<&str> = sentences().map(|(en, _)| *en).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|two| two[0] != two[1]), "one sentence twice");
    }
}
