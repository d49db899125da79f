//! The second pass: one draft a row, or a reject.

use std::{
    collections::{HashMap, HashSet},
    io::{Read, Seek},
};

use super::{
    Inspection, Kind, Options, Reject, TableError, Warnings, build,
    records::{Record, Records},
};
use crate::model::{instant::Instant, value::Props};

/// One interval of one product, accounts still by key.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscriptionRow {
    /// The source's key; unique.
    pub key: String,
    /// Key of the account.
    pub account: String,
    /// Plan or product.
    pub plan: String,
    /// First day (day number), inclusive.
    pub start: i32,
    /// Last day, exclusive; none = open.
    pub end: Option<i32>,
    /// Monthly revenue in minor units.
    pub mrr_minor: i64,
    /// Currency code.
    pub currency: String,
    /// Seats.
    pub seats: Option<i64>,
}

/// An event of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftEvent {
    /// Its name.
    pub name: String,
    /// When it happened.
    pub at: Instant,
    /// Its id in the source, made unique where the file repeats it with other content.
    pub id: String,
    /// Its properties.
    pub props: Props,
}

/// A row as understood, not yet compared with what is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// Line of the file, from 1.
    pub line: u64,
    /// Key of the account.
    pub account: Option<String>,
    /// A key the account had before, or the key of one that is the same.
    pub former: Option<String>,
    /// Key of the subscription that leads to the account.
    pub via: Option<String>,
    /// Key of the contact.
    pub contact: Option<String>,
    /// As of when attributes hold.
    pub as_of: Instant,
    /// Account attributes; missing = the cell was empty.
    pub account_attrs: Props,
    /// Contact attributes (with `consent`, `opted_out`, `do_not_contact`); missing = the cell was empty.
    pub contact_attrs: Props,
    /// Events.
    pub events: Vec<DraftEvent>,
    /// The subscription of the row.
    pub subscription: Option<SubscriptionRow>,
    /// Another row of the file has the same key.
    pub repeated: bool,
    /// The row as read, for a reject that is found out later.
    pub cells: Vec<String>,
}

/// Yields drafts and rejects.
pub struct Rows<'a, R> {
    records: Records<R>,
    found: &'a Inspection,
    options: &'a Options,
    /// What earlier rows with a repeated id said.
    seen: HashMap<u64, Said>,
    /// Faults found so far.
    pub warnings: Warnings,
    /// Rows read so far, without those that filters leave out.
    pub read: u64,
}

/// Earlier rows with one id.
#[derive(Default)]
struct Said {
    rows: u64,
    /// Their contents, where the id is an event's own.
    contents: HashSet<u64>,
}

/// Starts the second pass at the beginning of `reader`.
pub fn rows<'a, R: Read + Seek>(
    reader: R,
    found: &'a Inspection,
    options: &'a Options,
) -> Result<Rows<'a, R>, TableError> {
    let mut records = Records::open(reader, found.encoding, found.cr_only, found.shape)?;
    skip_header(&mut records, found.header_line)?;
    Ok(Rows { records, found, options, seen: HashMap::new(), warnings: Warnings::default(), read: 0 })
}

fn skip_header<R: Read + Seek>(records: &mut Records<R>, header: u64) -> Result<(), TableError> {
    if header > 0 {
        while matches!(records.next()?, Some(Ok(record)) if record.line < header) {}
    }
    Ok(())
}

impl<R: Read + Seek> Rows<'_, R> {
    /// The next row; none at the end. `Err` only when the file itself cannot be read.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot tell a broken file from a bad row")]
    pub fn next(&mut self) -> Result<Option<Result<Draft, Reject>>, TableError> {
        loop {
            let record = match self.records.next()? {
                None => return Ok(None),
                Some(Err(reject)) => {
                    self.read += 1;
                    return Ok(Some(Err(reject)));
                }
                Some(Ok(record)) => self.widen(record),
            };
            match record {
                Ok(record) if self.filtered(&record) => self.warnings.add("filtered", record.line, ""),
                Ok(record) => {
                    self.read += 1;
                    return Ok(Some(self.draft(record)));
                }
                Err(reject) => {
                    self.read += 1;
                    return Ok(Some(Err(reject)));
                }
            }
        }
    }

    /// Brings a row to the width of the header; extra empty cells are a spreadsheet's habit.
    fn widen(&self, record: Record) -> Result<Record, Reject> {
        let mut record = self.found.arrange(record);
        let width = self.found.plan.columns.len();
        while record.cells.len() > width && record.cells.last().is_some_and(|c| c.trim().is_empty()) {
            record.cells.pop();
        }
        if record.cells.len() == width {
            return Ok(record);
        }
        let detail = format!("{} / {width}", record.cells.len());
        Err(Reject::new(record.line, "ragged", &detail, record.cells))
    }

    fn filtered(&self, record: &Record) -> bool {
        let mapping = &self.options.mapping;
        let cell = |column: usize| record.cells.get(column).map_or("", String::as_str);
        let out = |(column, name): &(usize, String)| mapping.only.get(name).is_some_and(|v| !v.has(cell(*column)));
        let skipped = |(column, name): &(usize, String)| mapping.skip.get(name).is_some_and(|v| v.has(cell(*column)));
        self.found.plan.only.iter().any(out) || self.found.plan.skip.iter().any(skipped)
    }

    fn draft(&mut self, record: Record) -> Result<Draft, Reject> {
        let identity = self.found.identity(&record.cells, self.options);
        let repeated = self.found.repeated.contains(&identity);
        let mut draft = build::draft(record, &self.found.plan, self.options, &mut self.warnings)?;
        draft.repeated = repeated;
        if repeated {
            self.repeat(&mut draft, identity);
        }
        Ok(draft)
    }

    /// A repeated id is a fault of the file, but no reason to lose a row: the first row keeps the id, a
    /// later one with other content gets its own, the same row again is the same event. Without ids,
    /// equal rows are equal happenings and are counted.
    fn repeat(&mut self, draft: &mut Draft, identity: u64) {
        let own_id = self.options.kind == Kind::Events && self.found.has_id(self.options);
        let content = if own_id { content(draft) } else { 0 };
        let earlier = self.seen.entry(identity).or_default();
        let nth = earlier.rows;
        earlier.rows += 1;
        let again = own_id && !earlier.contents.insert(content);
        if nth == 0 {
            return;
        }
        if self.options.kind != Kind::Events {
            self.warnings.add("duplicate_key", draft.line, "");
        } else if !own_id {
            draft.events.iter_mut().for_each(|e| e.id = format!("{}#{nth}", e.id));
        } else {
            self.warnings.add("duplicate_id", draft.line, "");
            if !again {
                draft.events.iter_mut().for_each(|e| e.id = format!("{}~{content:016x}", e.id));
            }
        }
    }
}

/// What the row says, after reading: a re-saved sheet with other spellings says the same.
fn content(draft: &Draft) -> u64 {
    let events = draft.events.iter().flat_map(|e| {
        let props = serde_json::to_string(&e.props).unwrap_or_default();
        [e.name.clone(), e.at.0.to_string(), props]
    });
    let who = [draft.account.clone(), draft.via.clone(), draft.contact.clone()].map(Option::unwrap_or_default);
    let parts: Vec<String> = who.into_iter().chain(events).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let text = crate::model::ids::stable_hash(&parts);
    // The first 64 bits; stable over versions, unlike the standard hasher.
    text.bytes().take(13).fold(0u64, |acc, b| acc.rotate_left(5) ^ u64::from(b))
}

#[cfg(test)]
mod tests {
    use super::{super::inspect::hash_cells, *};

    #[test]
    fn the_hash_of_a_row_is_the_same_in_every_build() {
        let draft = Draft { account: Some("acme".into()), ..Draft::default() };
        assert_eq!(content(&draft), content(&draft.clone()));
        let other = Draft { account: Some("acm".into()), via: Some("e".into()), ..Draft::default() };
        assert_ne!(content(&draft), content(&other));
        assert_eq!(hash_cells(&["Ａ".into()], &[0]), hash_cells(&["A ".into()], &[0]));
    }
}
