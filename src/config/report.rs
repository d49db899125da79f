//! `report:` — what the executive report needs and no customer data says.

use super::reader::Section;

/// What the team and a new customer cost; major units of the workspace's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// People in customer success; 0.5 = half of somebody's time.
    pub people: Option<f64>,
    /// Tools, a month.
    pub tool_cost: Option<f64>,
    /// Sales and marketing for one new customer.
    pub cac: Option<f64>,
    /// What is left of revenue after what serving it costs, 0..1.
    pub gross_margin: Option<f64>,
}

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Report {
    let report = Report {
        people: section.amount("people"),
        tool_cost: section.amount("tool_cost"),
        cac: section.amount("cac"),
        gross_margin: section.share("gross_margin"),
    };
    section.finish();
    report
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::config::{Lookup, load};

    fn read(text: &str) -> Result<super::Report, String> {
        let lookup = Lookup { env: &|_| None, file: &|_| Err(String::new()) };
        let config = load(text, &BTreeMap::new(), &lookup);
        config.map(|config| config.report).map_err(|findings| format!("{findings:?}"))
    }

    #[test]
    fn amounts_and_shares_are_read_as_people_write_them() {
        let report = read("report: {people: 0.5, tool_cost: \"50,000\", cac: 150000, gross_margin: 80%}").unwrap();
        assert_eq!((report.people, report.tool_cost, report.cac), (Some(0.5), Some(50_000.0), Some(150_000.0)));
        assert_eq!(
            (report.gross_margin, read("report: {gross_margin: 0.8}").unwrap().gross_margin),
            (Some(0.8), Some(0.8))
        );
    }

    #[test]
    fn what_is_no_amount_is_refused_where_it_stands() {
        for text in ["people: -1", "tool_cost: many", "cac: .nan", "gross_margin: 80", "gross_margin: 0", "people: [1]"]
        {
            assert!(read(&format!("report:\n  {text}\n")).is_err(), "{text}");
        }
    }
}
