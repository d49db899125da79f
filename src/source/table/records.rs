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
