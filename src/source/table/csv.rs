//! Cells from delimited text, RFC 4180 read leniently, with exact line numbers and bounded memory.
//!
//! A quote that is never closed would swallow the rest of the file. Here a record may span at most
//! [`MAX_RECORD_LINES`] lines and [`MAX_RECORD`] bytes; beyond that only its first line is refused and
//! reading goes on with the line after it.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

/// Most columns of a file.
pub(super) const MAX_COLUMNS: usize = 2_000;
/// Most bytes of one record.
pub(super) const MAX_RECORD: usize = 1 << 20;
/// Most lines of one record.
pub(super) const MAX_RECORD_LINES: usize = 1_000;

/// A record or what is wrong with its line.
#[derive(Debug, PartialEq)]
pub(super) enum Cells {
    /// The cells, unescaped.
    Good(Vec<String>),
    /// The reason's code and the line as far as it was read.
    Bad(&'static str, String),
}

/// Reads records.
pub(super) struct CsvReader<R> {
    lines: Lines<R>,
    delimiter: char,
}

struct Lines<R> {
    inner: R,
    /// Lines read ahead and given back.
    back: VecDeque<(u64, String, bool)>,
    next: u64,
}

impl<R: BufRead> CsvReader<R> {
    /// Reads from the start of `inner`, which is UTF-8.
    pub(super) fn new(inner: R, delimiter: char) -> CsvReader<R> {
        CsvReader { lines: Lines { inner, back: VecDeque::new(), next: 1 }, delimiter }
    }

    /// The next record that is not a blank line, with the number of its first line.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Cells)>> {
        loop {
            let Some((line, text, too_long)) = self.lines.next()? else { return Ok(None) };
            if too_long {
                return Ok(Some((line, Cells::Bad("line_too_long", text))));
            }
            if text.trim_end_matches(['\r', '\n']).is_empty() {
                continue;
            }
            return self.record(line, text).map(Some);
        }
    }

    fn record(&mut self, first: u64, text: String) -> io::Result<(u64, Cells)> {
        let mut cells = Split::new(self.delimiter);
        cells.line(&text);
        let mut taken = Vec::new();
        let mut bytes = text.len();
        while cells.open {
            let more = if taken.len() < MAX_RECORD_LINES && bytes < MAX_RECORD { self.lines.next()? } else { None };
            let Some(more) = more.filter(|m| !m.2) else {
                self.lines.give_back(taken);
                return Ok((first, Cells::Bad("quote_not_closed", text.trim_end().to_owned())));
            };
            bytes += more.1.len();
            cells.line(&more.1);
            taken.push(more);
        }
        Ok((first, Cells::Good(cells.finish())))
    }
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> io::Result<Option<(u64, String, bool)>> {
        if let Some(line) = self.back.pop_front() {
            return Ok(Some(line));
        }
        let (bytes, too_long) = read_line(&mut self.inner)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let number = self.next;
        self.next += 1;
        Ok(Some((number, String::from_utf8_lossy(&bytes).into_owned(), too_long)))
    }

    fn give_back(&mut self, lines: Vec<(u64, String, bool)>) {
        for line in lines.into_iter().rev() {
            self.back.push_front(line);
        }
    }
}

/// One line with its end; what goes beyond `MAX_RECORD` is read and thrown away.
pub(super) fn read_line(inner: &mut impl BufRead) -> io::Result<(Vec<u8>, bool)> {
    let (mut line, mut too_long) = (Vec::new(), false);
    loop {
        let buffer = inner.fill_buf()?;
        let end = buffer.iter().position(|b| *b == b'\n').map(|at| at + 1);
        let n = end.unwrap_or(buffer.len());
        let room = MAX_RECORD.saturating_sub(line.len());
        too_long |= n > room;
        line.extend_from_slice(&buffer[..n.min(room)]);
        inner.consume(n);
        if end.is_some() || n == 0 {
            return Ok((line, too_long));
        }
    }
}

/// Splits lines into cells; `open` while a quoted cell goes on in the next line.
struct Split {
    delimiter: char,
    cells: Vec<String>,
    cell: String,
    open: bool,
    quoted: bool,
}

impl Split {
    fn new(delimiter: char) -> Split {
        Split { delimiter, cells: Vec::new(), cell: String::new(), open: false, quoted: false }
    }

    fn line(&mut self, text: &str) {
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if self.open {
                match c {
                    '"' if chars.peek() == Some(&'"') => {
                        chars.next();
                        self.cell.push('"');
                    }
                    '"' => self.open = false,
                    _ => self.cell.push(c),
                }
            } else if c == self.delimiter {
                self.end_cell();
            } else if c == '"' && self.cell.is_empty() && !self.quoted {
                (self.open, self.quoted) = (true, true);
            } else if c != '\n' && !(c == '\r' && chars.peek().is_none_or(|n| *n == '\n')) {
                self.cell.push(c);
            }
        }
    }

    fn end_cell(&mut self) {
        self.cells.push(std::mem::take(&mut self.cell));
        self.quoted = false;
    }

    fn finish(mut self) -> Vec<String> {
        self.end_cell();
        self.cells
    }
}

/// The delimiter that splits the first lines of `text` into the same number (> 1) of cells most often; else a comma.
pub(super) fn delimiter(text: &str) -> char {
    let mut best = (0, ',');
    for candidate in [',', '\t', ';', '|'] {
        let mut reader = CsvReader::new(text.as_bytes(), candidate);
        let mut widths = Vec::new();
        while let Ok(Some((_, Cells::Good(cells)))) = reader.next() {
            widths.push(cells.len());
            if widths.len() == 20 {
                break;
            }
        }
        // The last line may be cut off, so it has no say when there are others.
        if widths.len() > 2 {
            widths.pop();
        }
        let width = widths.iter().copied().max().unwrap_or(0);
        let alike = widths.iter().filter(|w| **w == width).count();
        let score = if width > 1 { alike * 1_000 + width } else { 0 };
        if score > best.0 {
            best = (score, candidate);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(u64, Cells)> {
        let mut reader = CsvReader::new(text.as_bytes(), ',');
        std::iter::from_fn(|| reader.next().unwrap()).collect()
    }

    fn good(cells: &[&str]) -> Cells {
        Cells::Good(cells.iter().map(|c| (*c).to_owned()).collect())
    }

    #[test]
    fn line_numbers_are_those_an_editor_shows() {
        let text = "a,b\r\n\r\n1,\"x\r\ny\"\r\n2,z\r\n";
        assert_eq!(all(text), [(1, good(&["a", "b"])), (3, good(&["1", "x\r\ny"])), (5, good(&["2", "z"]))]);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_one_line_only() {
        let rows = all("a,b\n1,\"oops\n2,x\n3,y\n");
        assert_eq!(rows[1], (2, Cells::Bad("quote_not_closed", "1,\"oops".into())));
        assert_eq!(rows[2..], [(3, good(&["2", "x"])), (4, good(&["3", "y"]))]);
    }

    #[test]
    fn quotes_inside_plain_cells_are_text() {
        assert_eq!(all("5\" disk,\"a\"\"b\"x\n"), [(1, good(&["5\" disk", "a\"bx"]))]);
    }

    #[test]
    fn the_delimiter_is_the_one_that_fits_all_lines() {
        assert_eq!(delimiter("a\tb,c\n1\t2\n3\t4,5\n"), '\t');
        assert_eq!(delimiter("a;b\n1,5;2\n"), ';');
        assert_eq!(delimiter("name\nx\n"), ',');
    }

    #[test]
    fn a_line_without_end_is_cut_and_refused() {
        let text = format!("a,b\n{}\n1,2\n", "x".repeat(MAX_RECORD + 10));
        let rows = all(&text);
        assert!(matches!(rows[1], (2, Cells::Bad("line_too_long", _))));
        assert_eq!(rows[2], (3, good(&["1", "2"])));
    }
}
