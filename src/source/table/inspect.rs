//! The first pass: encoding, shape, columns, and which ids come twice.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    io::{Read, Seek, SeekFrom},
};

use super::{
    Kind, On, Options, Plan, Shape, TableError, Warnings, aliases,
    csv::{self, MAX_COLUMNS},
    encoding::{self, Encoding, Utf8Reader},
    records::{Record, Records},
    repeats::Repeats,
    text,
};

/// What the first pass found out.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The encoding, guessed or declared.
    pub encoding: Encoding,
    /// Whether it was guessed.
    pub guessed: bool,
    /// Delimited or NDJSON.
    pub shape: Shape,
    /// Line of the header (0 for NDJSON).
    pub header_line: u64,
    /// What the columns mean.
    pub plan: Plan,
    /// Rows after the header, good or not.
    pub rows: u64,
    /// Faults of the file as a whole.
    pub warnings: Warnings,
    pub(super) cr_only: bool,
    /// Hashes of ids (or whole rows, where there are none) that come more than once.
    pub(super) repeated: HashSet<u64>,
}

/// Reads the whole of `reader` once.
pub fn inspect<R: Read + Seek>(reader: &mut R, options: &Options) -> Result<Inspection, TableError> {
    let (guess, cr_only) = encoding::detect(reader)?;
    let declared = options.mapping.encoding;
    let encoding = declared.unwrap_or(guess);
    let head = head(reader, encoding, cr_only)?;
    let shape = shape(&head, options.mapping.delimiter)?;
    let mut found = Inspection {
        encoding,
        guessed: declared.is_none(),
        shape,
        header_line: 0,
        plan: Plan::default(),
        rows: 0,
        warnings: Warnings::default(),
        cr_only,
        repeated: HashSet::new(),
    };
    found.survey(reader, options)?;
    Ok(found)
}

/// The first part of the text.
pub(super) fn head<R: Read + Seek>(reader: &mut R, encoding: Encoding, cr_only: bool) -> Result<String, TableError> {
    reader.seek(SeekFrom::Start(0))?;
    let mut head = Vec::new();
    Utf8Reader::new(&mut *reader, encoding, cr_only).take(64 * 1024).read_to_end(&mut head)?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

pub(super) fn shape(head: &str, delimiter: Option<char>) -> Result<Shape, TableError> {
    let start = head.trim_start();
    if start.is_empty() {
        return Err(TableError::Empty);
    }
    let lower: String = start.chars().take(64).flat_map(char::to_lowercase).collect();
    if lower.starts_with("<!doctype") || lower.starts_with("<html") {
        let help =
            "it is a web page (a private sheet answers with its login page): share the sheet or download it as CSV";
        return Err(TableError::NotATable(help.into()));
    }
    if lower.starts_with("pk\u{3}\u{4}") {
        return Err(TableError::NotATable("it is an Excel or ZIP file: save it as CSV (UTF-8)".into()));
    }
    if start.starts_with('{') {
        return Ok(Shape::Ndjson);
    }
    Ok(Shape::Delimited(delimiter.unwrap_or_else(|| csv::delimiter(head))))
}

impl Inspection {
    fn survey<R: Read + Seek>(&mut self, reader: &mut R, options: &Options) -> Result<(), TableError> {
        let mut records = Records::open(reader, self.encoding, self.cr_only, self.shape)?;
        if let Shape::Delimited(_) = self.shape {
            self.read_header(&mut records, options)?;
            self.plan.link(options)?;
        }
        let mut repeats = Repeats::default();
        let mut names = Vec::new();
        while let Some(row) = records.next()? {
            self.rows += 1;
            let Ok(record) = row else { continue };
            if self.shape == Shape::Ndjson {
                self.new_columns(&record, options, &mut names)?;
            }
            let record = self.arrange(record);
            for (column, cell) in self.plan.columns.iter_mut().zip(&record.cells) {
                if column.field.is_some() || column.used {
                    column.stats.see(cell, record.line, column.known_ty.as_ref());
                }
            }
            repeats.see(self.identity(&record.cells, options));
        }
        if self.shape == Shape::Ndjson {
            self.plan.link(options)?;
        }
        self.repeated = repeats.found();
        let line = self.header_line.max(1);
        for column in &mut self.plan.columns {
            column.conclude(line, options.locale, &mut self.warnings);
        }
        self.name_as_key(options);
        Ok(())
    }

    fn read_header<R: Read + Seek>(&mut self, records: &mut Records<R>, options: &Options) -> Result<(), TableError> {
        let wanted = options.mapping.header.unwrap_or(0);
        let mut titles = 0;
        loop {
            let Some(row) = records.next()? else { return Err(TableError::Empty) };
            let Ok(record) = row else {
                return Err(TableError::NotATable("its first line cannot be read as column names".into()));
            };
            let filled = record.cells.iter().filter(|c| !c.trim().is_empty()).count();
            // A line with a single cell among several is a title above the table.
            let title = wanted == 0 && filled == 1 && record.cells.len() > 1 && titles < 10;
            if record.line < wanted || title {
                titles += 1;
                self.warnings.add("title_rows", record.line, "");
                continue;
            }
            return self.header(&record, options);
        }
    }

    fn header(&mut self, record: &Record, options: &Options) -> Result<(), TableError> {
        if record.cells.len() > MAX_COLUMNS {
            return Err(TableError::TooWide(record.cells.len()));
        }
        self.header_line = record.line;
        let owner = record.cells.iter().any(|h| aliases::is_owner(h));
        for header in &record.cells {
            self.plan.add(header, options, owner, record.line, &mut self.warnings);
        }
        Ok(())
    }

    fn new_columns(&mut self, record: &Record, options: &Options, names: &mut Vec<String>) -> Result<(), TableError> {
        for name in &record.names {
            if names.iter().any(|n| n == name) {
                continue;
            }
            if names.len() >= MAX_COLUMNS {
                return Err(TableError::TooWide(names.len() + 1));
            }
            names.push(name.clone());
            self.plan.add(name, options, false, record.line, &mut self.warnings);
        }
        Ok(())
    }

    /// The row with its cells in the order of the columns.
    pub(super) fn arrange(&self, record: Record) -> Record {
        if self.shape != Shape::Ndjson {
            return record;
        }
        let cell = |header: &str| {
            let at = record.names.iter().position(|n| n.trim() == header);
            at.and_then(|at| record.cells.get(at)).cloned().unwrap_or_default()
        };
        let cells = self.plan.columns.iter().map(|c| cell(&c.header)).collect();
        Record { line: record.line, cells, names: Vec::new() }
    }

    /// The hash of what makes a row itself: its id, else all of it.
    pub(super) fn identity(&self, cells: &[String], options: &Options) -> u64 {
        let plan = &self.plan;
        let mut columns = plan.key.clone();
        if columns.is_empty() {
            let own = match options.kind {
                Kind::Accounts => plan.account.map(|(c, _)| c),
                Kind::Contacts => plan.find(On::Contact, "key").or_else(|| plan.find(On::Contact, "email")),
                Kind::Subscriptions => plan.find(On::Subscription, "key"),
                Kind::Events => match plan.events.first() {
                    Some(event) => event.id,
                    None => plan.find(On::Event, "id"),
                },
            };
            columns.extend(own);
            if options.kind == Kind::Contacts {
                columns.extend(plan.account.map(|(c, _)| c));
            }
        }
        hash_cells(cells, &columns)
    }

    /// Whether events have an id of their own.
    pub(super) fn has_id(&self, options: &Options) -> bool {
        let plan = &self.plan;
        let id = match plan.events.first() {
            Some(event) => event.id,
            None => plan.find(On::Event, "id"),
        };
        id.is_some() || (options.kind == Kind::Events && !plan.key.is_empty())
    }

    fn name_as_key(&mut self, options: &Options) {
        let by_name = self.plan.find(On::Account, "key").is_none() && self.plan.find(On::Account, "name").is_some();
        if by_name && self.plan.key.is_empty() && options.mapping.account.is_none() {
            self.warnings.add("key_from_name", self.header_line.max(1), "");
        }
    }
}

/// Without columns, the hash of all cells.
pub(super) fn hash_cells(cells: &[String], columns: &[usize]) -> u64 {
    let mut hasher = DefaultHasher::new();
    if columns.is_empty() {
        cells.iter().for_each(|c| text::fold(c).hash(&mut hasher));
    }
    for column in columns {
        cells.get(*column).map(|c| text::fold(c)).hash(&mut hasher);
    }
    hasher.finish()
}
