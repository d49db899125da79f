//! What playbooks did, gathered by a tag or by a segment of customers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::insight::{effect::verdict::Verdict, results::PlaybookRow};

/// Everything of one tag, or of one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Groups {
    /// The tag or the segment.
    pub name: String,
    /// Playbooks that did anything.
    pub playbooks: u64,
    /// Runs that began.
    pub started: u64,
    /// Runs that reached their goal.
    pub reached: u64,
    /// Messages handed over.
    pub sent: u64,
    /// Verdicts of these playbooks over all time, with how many have them; none by segment, where nobody is held out.
    pub verdicts: BTreeMap<&'static str, u64>,
}

/// Rows with the groups they belong to, and what is known of their playbook. A playbook of two tags counts in both.
pub fn gather<'a>(rows: impl Iterator<Item = (&'a PlaybookRow, &'a [String], Option<Verdict>)>) -> Vec<Groups> {
    let mut all: BTreeMap<&str, Groups> = BTreeMap::new();
    for (row, names, verdict) in rows.filter(|(row, ..)| !row.is_quiet()) {
        for name in names {
            let group = all.entry(name).or_insert_with(|| Groups { name: name.clone(), ..Groups::default() });
            group.playbooks += 1;
            group.started += row.started as u64;
            group.reached += row.reached as u64;
            group.sent += row.sent as u64;
            if let Some(verdict) = verdict {
                *group.verdicts.entry(verdict.word()).or_default() += 1;
            }
        }
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_playbook_counts_in_each_of_its_tags_and_a_quiet_one_in_none() {
        let row = |started, reached, sent| PlaybookRow { started, reached, sent, ..PlaybookRow::default() };
        let (one, two, quiet) = (row(5, 3, 9), row(2, 0, 2), row(0, 0, 0));
        let (usage, both) = (vec!["usage".to_owned()], vec!["usage".to_owned(), "voice".to_owned()]);
        let rows: [(&PlaybookRow, &[String], _); 3] =
            [(&one, &usage, Some(Verdict::Helps)), (&two, &both, Some(Verdict::NotEnoughData)), (&quiet, &both, None)];
        let found = gather(rows.into_iter());
        let told: Vec<_> = found.iter().map(|g| (g.name.as_str(), g.playbooks, g.started, g.reached, g.sent)).collect();
        assert_eq!(told, [("usage", 2, 7, 3, 11), ("voice", 1, 2, 0, 2)]);
        assert_eq!(found[0].verdicts, BTreeMap::from([("helps", 1), ("not_enough_data", 1)]));
    }
}
