//! Rows of a product's own database: what its query gives from the cursor on goes the way of `import`.

use std::io::{Seek as _, SeekFrom};

use super::{End, Feed, Pulls, Standing, Stop, take};
use crate::{
    app::{import::temporary, shell::Shell},
    model::ids::stable_hash,
    source::pull::{Mark, Query, Trouble, hash, rows},
    words::pulls::Fault,
};

impl Pulls {
    /// Asks the database. The cursor moves once everything up to it was taken in; rows that were refused are asked for
    /// again, for their customer may come.
    pub(super) async fn database(
        &self,
        shell: &Shell,
        feed: &Feed,
        query: &Query,
        standing: &mut Standing,
        dry_run: bool,
    ) -> Result<End, Stop> {
        let (mapping, asked) = feed.mapping()?;
        let asked = stable_hash(&[&asked, &query.text, query.cursor.as_deref().unwrap_or_default()]);
        let same = standing.asked == asked;
        let from = standing.mark.etag.clone().filter(|_| same);
        let unreadable = |e: std::io::Error| Trouble::new(Fault::Unreadable, e.to_string());
        let mut spooled = temporary().map_err(unreadable)?;
        let found = rows(query, from.as_deref(), feed.most, &mut spooled.file).await?;
        // More rows of one moment than may be read at once: the next look would see the same ones.
        if found.cut && found.last == from {
            return Err(Trouble::new(Fault::TooLarge, (feed.most >> 20).to_string()).into());
        }
        spooled.file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let sum = hash(&mut spooled.file).map_err(unreadable)?;
        let end = if found.count == 0 || (!dry_run && same && standing.rejected == 0 && standing.hash == sum) {
            End::Unchanged
        } else {
            take::take(shell, feed, &mut spooled.file, mapping, &feed.name, dry_run).await?
        };
        let refused = matches!(&end, End::Taken(report, _) if report.summary.rejected > 0);
        let mark = if refused && !found.cut { from } else { found.last.or(from) };
        standing.note(asked, Mark { etag: mark, modified: None }, sum, &end);
        Ok(end)
    }
}
