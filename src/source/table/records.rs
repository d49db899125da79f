//! Rows of cells from either shape of file, under the columns that the first pass found.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::{
    MAX_CELL,
    csv::{Cells, CsvReader, read_line},
    encoding::{Encoding, Utf8Reader},
    json,
    reject::Reject,
};

/// The outer shape of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Cells between delimiters; the first line names the columns.
    Delimited(char),
    /// One JSON object a line.
    Ndjson,
}

/// A row as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// Line of the file, from 1.
    pub line: u64,
    /// Cells by column (delimited), or by name (NDJSON).
    pub cells: Vec<String>,
    /// Names of the cells (NDJSON only).
    pub names: Vec<String>,
}

/// Reads rows one by one.
pub(super) enum Records<R> {
    /// Delimited text.
    Csv(CsvReader<BufReader<Utf8Reader<R>>>),
    /// NDJSON and the number of the line read last.
    Json(BufReader<Utf8Reader<R>>, u64),
}

impl<R: Read + Seek> Records<R> {
    /// Starts at the beginning of `reader`.
    pub(super) fn open(mut reader: R, encoding: Encoding, cr_only: bool, shape: Shape) -> io::Result<Records<R>> {
        reader.seek(SeekFrom::Start(0))?;
        let text = BufReader::with_capacity(64 * 1024, Utf8Reader::new(reader, encoding, cr_only));
        Ok(match shape {
            Shape::Delimited(delimiter) => Records::Csv(CsvReader::new(text, delimiter)),
            Shape::Ndjson => Records::Json(text, 0),
        })
    }

    /// The next row that says anything.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Record, Reject>>> {
        loop {
            let row = match self {
                Records::Csv(reader) => reader.next()?.map(|(line, cells)| delimited(line, cells)),
                Records::Json(reader, line) => next_object(reader, line)?,
            };
            match row {
                Some(Ok(record)) if record.cells.iter().all(|c| c.trim().is_empty()) => {}
                Some(Ok(record)) => return Ok(Some(sound(record))),
                other => return Ok(other),
            }
        }
    }
}

fn delimited(line: u64, cells: Cells) -> Result<Record, Reject> {
    match cells {
        Cells::Good(cells) => Ok(Record { line, cells, names: Vec::new() }),
        Cells::Bad(code, text) => Err(Reject::new(line, code, "", vec![text])),
    }
}

fn next_object<R: BufRead>(reader: &mut R, line: &mut u64) -> io::Result<Option<Result<Record, Reject>>> {
    loop {
        let (bytes, too_long) = read_line(reader)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        *line += 1;
        let text = String::from_utf8_lossy(&bytes);
        if too_long {
            return Ok(Some(Err(Reject::new(*line, "line_too_long", "", vec![text.into_owned()]))));
        }
        if text.trim().is_empty() {
            continue;
        }
        return Ok(Some(match json::read(&text) {
            Ok(pairs) => {
                let (names, cells) = pairs.into_iter().unzip();
                Ok(Record { line: *line, cells, names })
            }
            Err(why) => Err(Reject::new(*line, "bad_json", &why, vec![text.trim_end().to_owned()])),
        }));
    }
}

/// Refuses what no sheet contains on purpose: control characters, undecodable bytes, monstrous cells.
fn sound(record: Record) -> Result<Record, Reject> {
    let mut fault = None;
    for cell in &record.cells {
        if cell.len() > MAX_CELL {
            fault = Some("cell_too_long");
        } else if cell.chars().any(|c| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || c == '\u{7f}') {
            fault = Some("control_character");
        } else if cell.contains('\u{FFFD}') {
            fault = Some("undecodable");
        }
    }
    match fault {
        Some(code) => Err(Reject::new(record.line, code, "", record.cells)),
        None => Ok(record),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Cursor, path::Path};

    use super::*;
    use crate::source::table::encoding;

    type Pairs = Vec<Vec<(String, String)>>;

    fn read(bytes: Vec<u8>) -> Pairs {
        let mut file = Cursor::new(bytes);
        let (guess, cr_only) = encoding::detect(&mut file).unwrap();
        let mut records = Records::open(file, guess, cr_only, Shape::Delimited(',')).unwrap();
        let header = records.next().unwrap().unwrap().unwrap().cells;
        let mut rows = Vec::new();
        while let Some(row) = records.next().unwrap() {
            rows.push(header.iter().cloned().zip(row.unwrap().cells).collect());
        }
        rows
    }

    #[test]
    fn all_eleven_torture_files_become_their_json() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/csv-torture");
        let mut pairs = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "csv") {
                continue;
            }
            let json = fs::read_to_string(path.with_extension("json")).unwrap();
            let expected: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&json).unwrap();
            let sorted = |mut row: Vec<(String, String)>| {
                row.sort();
                row
            };
            let expected: Pairs = expected
                .into_iter()
                .map(|row| sorted(row.into_iter().map(|(k, v)| (k, v.as_str().unwrap().to_owned())).collect()))
                .collect();
            let got: Pairs = read(fs::read(&path).unwrap()).into_iter().map(sorted).collect();
            assert_eq!(got, expected, "{}", path.display());
            pairs += 1;
        }
        assert_eq!(pairs, 11);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_rows_or_rejects(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
            let mut file = Cursor::new(bytes);
            let (guess, cr_only) = encoding::detect(&mut file).unwrap();
            for shape in [Shape::Delimited(','), Shape::Ndjson] {
                let mut records = Records::open(file.clone(), guess, cr_only, shape).unwrap();
                while records.next().unwrap().is_some() {}
            }
        }

        #[test]
        fn what_was_quoted_is_read_back(cells in proptest::collection::vec("[a-z\",\n あ]{1,8}", 2..5)) {
            proptest::prop_assume!(cells.iter().any(|c| !c.trim().is_empty()));
            let quoted: Vec<String> = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
            let text = format!("{}\n", quoted.join(","));
            let mut records = Records::open(Cursor::new(text), Encoding::Utf8, false, Shape::Delimited(',')).unwrap();
            let record = records.next().unwrap().unwrap().unwrap();
            proptest::prop_assert_eq!(record.cells, cells);
        }
    }
}
