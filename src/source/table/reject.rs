//! Rows that could not be taken, kept with line and reason.

use std::io::{self, Write};

use crate::model::{locale::Locale, safe::CsvCell};

use super::words;

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Line of the file, from 1.
    pub line: u64,
    /// Stable name of the reason, e.g. `bad_date`.
    pub code: &'static str,
    /// What it is about: the column and the cell.
    pub detail: String,
    /// The row as read.
    pub cells: Vec<String>,
}

impl Reject {
    /// A reject of `line`.
    pub fn new(line: u64, code: &'static str, detail: &str, cells: Vec<String>) -> Reject {
        Reject { line, code, detail: detail.to_owned(), cells }
    }

    /// The reason for people.
    pub fn reason(&self, locale: Locale) -> String {
        let said = words::reject(self.code, locale);
        if self.detail.is_empty() { said.to_owned() } else { format!("{said}: {}", self.detail) }
    }
}

/// Writes `FILE.rejects.csv`: line, reason, then the row's own cells under their headers, so that the
/// mended file can be imported again (`line` and `reason` are ignored there).
pub struct RejectsWriter<W: Write> {
    out: W,
    locale: Locale,
    headers: Vec<String>,
    /// Rows written so far.
    pub written: u64,
}

impl<W: Write> RejectsWriter<W> {
    /// A writer; nothing is written before the first reject.
    pub fn new(out: W, headers: &[String], locale: Locale) -> RejectsWriter<W> {
        RejectsWriter { out, locale, headers: headers.to_vec(), written: 0 }
    }

    /// Writes one row.
    pub fn write(&mut self, reject: &Reject) -> io::Result<()> {
        if self.written == 0 {
            let first = ["line", "reason"].into_iter().chain(self.headers.iter().map(String::as_str));
            line(&mut self.out, first)?;
        }
        self.written += 1;
        let (number, reason) = (reject.line.to_string(), reject.reason(self.locale));
        let cells = [number.as_str(), reason.as_str()].into_iter().chain(reject.cells.iter().map(String::as_str));
        line(&mut self.out, cells)
    }

    /// Flushes and gives the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn line<'a>(out: &mut impl Write, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        out.write_all(safe(cell).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// Quoted where needed; what a spreadsheet would run as a formula is made text, numbers stay numbers.
fn safe(cell: &str) -> String {
    let number = cell.parse::<f64>().is_ok();
    let text = if number { cell.to_owned() } else { CsvCell::text(cell).as_str().to_owned() };
    if text.contains([',', '"', '\n', '\r', '\'', '\t']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_in_a_rejected_row_stays_text() {
        let mut writer = RejectsWriter::new(Vec::new(), &["name".into(), "mrr".into()], Locale::En);
        let cells = vec!["=cmd|' /C calc'!A0".into(), "-5".into()];
        writer.write(&Reject::new(3, "bad_number", "mrr", cells)).unwrap();
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert!(text.starts_with("line,reason,name,mrr\r\n3,"), "{text}");
        assert!(text.ends_with(",\"'=cmd|' /C calc'!A0\",-5\r\n"), "{text}");
    }
}
