//! Any table as it stands: its columns and cells, whatever encoding and delimiter, one row at a time.

use std::io::{Read, Seek};

use super::{
    TableError, encoding, inspect, numbers,
    records::{Records, Shape},
};

/// A delimited file with a line of headings.
pub struct Sheet<R> {
    /// Headings, trimmed.
    pub columns: Vec<String>,
    /// Lines that are no rows.
    pub bad: u64,
    records: Records<R>,
}

impl<R: Read + Seek> Sheet<R> {
    /// Reads the headings. Errors: not readable, not a table, or one without headings (NDJSON).
    pub fn open(mut reader: R) -> Result<Sheet<R>, TableError> {
        let (encoding, cr_only) = encoding::detect(&mut reader)?;
        let head = inspect::head(&mut reader, encoding, cr_only)?;
        let shape = inspect::shape(&head, None)?;
        if shape == Shape::Ndjson {
            return Err(TableError::NotATable("it has no line of column names: save it as CSV".into()));
        }
        let mut records = Records::open(reader, encoding, cr_only, shape)?;
        let first = records.next()?.and_then(Result::ok).ok_or(TableError::Empty)?;
        let columns = first.cells.iter().map(|cell| cell.trim().to_owned()).collect();
        Ok(Sheet { columns, bad: 0, records })
    }

    /// The next row's line and cells; lines that are no rows are counted and passed over.
    pub fn next_row(&mut self) -> Result<Option<(u64, Vec<String>)>, TableError> {
        loop {
            match self.records.next()? {
                None => return Ok(None),
                Some(Ok(record)) => return Ok(Some((record.line, record.cells))),
                Some(Err(_)) => self.bad += 1,
            }
        }
    }

    /// Where a column stands.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name.trim())
    }
}

/// A cell as a number: yes and no are 1 and 0.
pub fn measure(cell: &str) -> Option<f64> {
    let yes = || numbers::yes_no(cell, false).map(|yes| f64::from(u8::from(yes)));
    numbers::number(cell, false).map(|n| n.value).or_else(yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn a_japanese_sheet_is_read_whatever_its_encoding_and_delimiter() {
        let (bytes, ..) = encoding_rs::SHIFT_JIS.encode("群\t 解約 \nあり\tはい\n\nなし\t0\n");
        let mut sheet = Sheet::open(Cursor::new(bytes.into_owned())).unwrap();
        assert_eq!((sheet.column("群"), sheet.column("解約"), sheet.column("x")), (Some(0), Some(1), None));
        assert_eq!(sheet.next_row().unwrap().unwrap().1, ["あり", "はい"]);
        assert_eq!(sheet.next_row().unwrap().unwrap(), (4, vec!["なし".to_owned(), "0".to_owned()]));
        assert!(sheet.next_row().unwrap().is_none());
        assert_eq!(
            (measure("はい"), measure("0"), measure("29.99"), measure("?")),
            (Some(1.0), Some(0.0), Some(29.99), None)
        );
        assert!(
            Sheet::open(Cursor::new(Vec::new())).is_err() && Sheet::open(Cursor::new(b"{\"a\": 1}".to_vec())).is_err()
        );
    }
}
