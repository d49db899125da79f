//! Folding of widths and spelling, so that people's headers and cells are recognised.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// 全角 to 半角 and compatibility forms to plain ones (NFKC), trimmed. Plain ASCII is returned as it is.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect::<String>().trim().to_owned()) }
}

/// A header or word without case, width, spaces and punctuation: `Company Name` and `ｃｏｍｐａｎｙ＿ｎａｍｅ` are one.
pub(super) fn key(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric() || *c == 'ー').flat_map(char::to_lowercase).collect()
}

/// A header without its bracketed remark: `月額（円）` → `月額`.
pub(super) fn without_remark(text: &str) -> String {
    let folded = fold(text);
    let cut = folded.find(['(', '[', '【']).filter(|at| *at > 0).unwrap_or(folded.len());
    key(&folded[..cut])
}

/// `Usage Count` → `usage_count`: a name conditions can say, or none (e.g. Japanese headers).
pub(super) fn name(text: &str) -> Option<String> {
    let mut out = String::new();
    for c in fold(text).chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            ' ' | '_' | '-' | '.' | '/' if !out.is_empty() && !out.ends_with('_') => out.push('_'),
            ' ' | '_' | '-' | '.' | '/' | '(' | ')' | '?' => {}
            _ => return None,
        }
    }
    let out = out.trim_end_matches('_').to_owned();
    out.starts_with(|c: char| c.is_ascii_lowercase()).then_some(out)
}

/// Whether a cell says "nothing" in a column of numbers, dates or yes/no.
pub(super) fn nothing(folded: &str) -> bool {
    matches!(
        folded,
        "" | "-" | "--" | "ー" | "―" | "—" | "–" | "なし" | "未定" | "未設定" | "不明" | "\\N" | "#N/A" | "NaN"
    ) || ["n/a", "na", "null", "none", "nil"].iter().any(|w| folded.eq_ignore_ascii_case(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_compared_without_case_width_and_spaces() {
        assert_eq!(key("Ｃｏｍｐａｎｙ　Name"), "companyname");
        assert_eq!(key("会社 名"), "会社名");
        assert_eq!(without_remark("月額（円・税抜）"), "月額");
        assert_eq!(key("ﾕｰｻﾞｰ数"), "ユーザー数");
    }

    #[test]
    fn names_are_what_conditions_can_say() {
        assert_eq!(name("Usage Count (total)").as_deref(), Some("usage_count_total"));
        assert_eq!(name("備考"), None);
        assert_eq!(name("7d"), None);
    }
}
