//! Cells of exported tables.

/// One cell that a spreadsheet shows and never computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvCell(String);

impl CsvCell {
    /// A text: `'` goes before what would begin a formula, full-width signs included, because Excel
    /// and LibreOffice read those as formulas too. NUL is removed.
    pub fn text(data: &str) -> CsvCell {
        let data: String = data.chars().filter(|c| *c != '\0').collect();
        let first = data.trim_start_matches([' ', '\u{3000}']).chars().next();
        let risky = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'));
        CsvCell(if risky { format!("'{data}") } else { data })
    }

    /// A number; negative ones stay numbers. Infinite and undefined ones are empty.
    pub fn number(value: f64) -> CsvCell {
        CsvCell(if value.is_finite() { value.to_string() } else { String::new() })
    }

    /// A whole number.
    pub fn int(value: i64) -> CsvCell {
        CsvCell(value.to_string())
    }

    /// An empty cell.
    pub fn empty() -> CsvCell {
        CsvCell(String::new())
    }

    /// The cell's content, not yet quoted for CSV.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<[u8]> for CsvCell {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =1", "\0=1", "　＠x"] {
            assert!(CsvCell::text(formula).as_str().starts_with('\''), "{formula:?}");
        }
        assert_eq!(CsvCell::text("株式会社アクメ").as_str(), "株式会社アクメ");
        assert_eq!(CsvCell::number(-0.4).as_str(), "-0.4");
        assert_eq!(CsvCell::number(f64::NAN).as_str(), "");
    }
}
