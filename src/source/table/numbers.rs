//! Numbers, amounts and yes/no as sheets write them.

use super::text;
use crate::model::money::Currency;

/// A number with what stood beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// The value; `12%` is 0.12.
    pub value: f64,
    /// The currency that was named.
    pub currency: Option<Currency>,
}

/// Reads `¥1,200,000`, `(1,234.5)`, `▲300`, `12%`, `1.2万円`, `12名`; with `comma` as decimal sign also `1.234,56`.
pub(super) fn number(cell: &str, comma: bool) -> Option<Number> {
    if cell.len() > 64 {
        return None;
    }
    let folded = text::fold(cell);
    let mut rest = folded.trim();
    let mut sign = 1.0;
    if let Some(inner) = rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
        (rest, sign) = (inner.trim(), -1.0);
    }
    let mut found = None;
    // Sign and currency may stand in either order.
    for _ in 0..2 {
        if let Some(inner) = rest.strip_prefix(['-', '−', '▲', '△']) {
            (rest, sign) = (inner.trim_start(), -sign);
        }
        rest = rest.strip_prefix('+').unwrap_or(rest);
        rest = currency_before(rest, &mut found);
    }
    rest = unit_after(rest, &mut found);
    let (rest, scale) = scaled(rest);
    let value = plain(rest.trim(), comma)? * scale * sign;
    value.is_finite().then_some(Number { value: if value == 0.0 { 0.0 } else { value }, currency: found })
}

fn currency_before<'a>(text: &'a str, found: &mut Option<Currency>) -> &'a str {
    for (mark, code) in [("¥", b"JPY"), ("\\", b"JPY"), ("US$", b"USD"), ("$", b"USD"), ("€", b"EUR"), ("£", b"GBP")]
    {
        if let Some(rest) = text.strip_prefix(mark) {
            *found = Some(Currency(*code));
            return rest.trim_start();
        }
    }
    let (head, tail) = text.split_at_checked(3).unwrap_or((text, ""));
    match Currency::parse(head).filter(|_| tail.starts_with(|c: char| c == ' ' || c.is_ascii_digit())) {
        Some(code) => {
            *found = Some(code);
            tail.trim_start()
        }
        None => text,
    }
}

fn unit_after<'a>(text: &'a str, found: &mut Option<Currency>) -> &'a str {
    const UNITS: [&str; 14] =
        ["席", "名", "人", "回", "件", "個", "日", "月", "ヶ月", "か月", "ユーザー", "アカウント", "/月", "/mo"];
    for (mark, code) in [("円", b"JPY"), ("€", b"EUR"), ("$", b"USD")] {
        if let Some(rest) = text.strip_suffix(mark) {
            *found = Some(Currency(*code));
            return rest.trim_end();
        }
    }
    let tail = text.len().checked_sub(3).and_then(|at| text.split_at_checked(at));
    if let Some((head, code)) = tail.and_then(|(head, code)| Some((head, Currency::parse(code)?)))
        && head.ends_with(|c: char| c == ' ' || c.is_ascii_digit())
    {
        *found = Some(code);
        return head.trim_end();
    }
    UNITS.iter().find_map(|u| text.strip_suffix(u)).map_or(text, str::trim_end)
}

fn scaled(text: &str) -> (&str, f64) {
    for (mark, scale) in [("%", 0.01), ("億", 1e8), ("万", 1e4), ("千", 1e3)] {
        if let Some(rest) = text.strip_suffix(mark) {
            return (rest, scale);
        }
    }
    (text, 1.0)
}

/// Digits with strict grouping by three; `comma` swaps the signs' meaning.
fn plain(text: &str, comma: bool) -> Option<f64> {
    let (group, point) = if comma { ('.', ',') } else { (',', '.') };
    let exponent = text.find(['e', 'E']).filter(|_| !comma).unwrap_or(text.len());
    let (mantissa, power) = text.split_at(exponent);
    let (whole, fraction) = mantissa.split_once(point).unwrap_or((mantissa, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(group);
    let first = groups.next()?;
    let grouped = whole.contains(group);
    let mut out = first.to_owned();
    for part in groups {
        if part.len() != 3 {
            return None;
        }
        out.push_str(part);
    }
    let sound = digits(&out) && digits(fraction) && (!grouped || (1..=3).contains(&first.len()));
    if !sound || (out.is_empty() && fraction.is_empty()) {
        return None;
    }
    format!("{out}.{fraction}0{power}").parse().ok()
}

/// Reads yes and no in both languages; `plain_words_only` leaves out 1, 0 and marks, which may be data.
pub(super) fn yes_no(cell: &str, plain_words_only: bool) -> Option<bool> {
    let folded = text::fold(cell).to_lowercase();
    match folded.as_str() {
        "true" | "yes" | "はい" => Some(true),
        "false" | "no" | "いいえ" => Some(false),
        _ if plain_words_only => None,
        "1" | "y" | "t" | "on" | "x" | "有" | "あり" | "有り" | "○" | "◯" | "〇" | "o" | "✓" | "✔" | "☑" | "済"
        | "済み" | "可" | "要" | "対象" => Some(true),
        "0" | "n" | "f" | "off" | "無" | "なし" | "無し" | "×" | "✗" | "☐" | "未" | "不可" | "不要" | "対象外"
        | "-" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        number(text, false).map(|n| n.value)
    }

    #[test]
    fn amounts_as_sheets_write_them() {
        let cases = [
            ("¥1,200,000", 1_200_000.0),
            ("1,200,000円", 1_200_000.0),
            ("￥１，２００", 1_200.0),
            ("-¥300", -300.0),
            ("¥-300", -300.0),
            ("(1,234.5)", -1_234.5),
            ("▲300", -300.0),
            ("△1,000円", -1_000.0),
            ("12%", 0.12),
            ("120万円", 1_200_000.0),
            ("1.5億", 150_000_000.0),
            ("12名", 12.0),
            ("$99.90", 99.9),
            ("USD 1,000", 1_000.0),
            ("1000 EUR", 1_000.0),
            (".5", 0.5),
            ("1e3", 1_000.0),
            ("-0", 0.0),
        ];
        for (text, expected) in cases {
            let got = value(text).unwrap_or(f64::NAN);
            assert!((got - expected).abs() < 1e-9, "{text}: {got}");
        }
        for text in ["", "abc", "1,2", "12,34,567", "1.2.3", "--", "¥", "2026-04-01", "A12", "1 2", "NaN", "inf"] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn european_amounts_need_a_comma_column() {
        assert_eq!(number("1.234,56", true).map(|n| n.value), Some(1_234.56));
        assert_eq!(number("1.234,56", false), None);
        assert_eq!(number("12,5", true).map(|n| n.value), Some(12.5));
    }

    #[test]
    fn the_currency_is_seen_on_either_side() {
        assert_eq!(number("1,000円", false).and_then(|n| n.currency), Some(Currency::JPY));
        assert_eq!(number("€5", false).and_then(|n| n.currency), Some(Currency(*b"EUR")));
        assert_eq!(number("12", false).and_then(|n| n.currency), None);
    }

    #[test]
    fn yes_and_no() {
        for text in ["TRUE", "はい", "有", "1", "○", "Ｙ"] {
            assert_eq!(yes_no(text, false), Some(true), "{text}");
        }
        for text in ["False", "いいえ", "無", "0", "×"] {
            assert_eq!(yes_no(text, false), Some(false), "{text}");
        }
        assert_eq!(yes_no("1", true), None);
        assert_eq!(yes_no("maybe", false), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,30}", comma: bool) {
            let _ = number(&text, comma);
        }
    }
}
