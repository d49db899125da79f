//! What a whole column tells that one cell does not: order of dates, decimal sign, type.

use super::{
    DateOrder,
    dates::{self, Scanned},
    numbers, text,
};
use crate::{model::locale::Locale, rulebook::types::AttrType};

/// After this many cells without a single date, an untyped column is not one.
const GIVE_UP: u64 = 500;

/// What was seen in a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stats {
    /// Cells that say something.
    pub filled: u64,
    /// The first few different cells.
    pub samples: Vec<String>,
    /// Cells that are dates by themselves.
    pub fixed: u64,
    /// Cells whose order the column must tell, and how many of them each order can read.
    pub open: u64,
    pub by_order: [u64; 3],
    pub slashes: u64,
    pub with_time: u64,
    /// First line with an open date.
    pub open_line: u64,
    pub numbers_point: u64,
    pub numbers_comma: u64,
    pub leading_zero: bool,
    pub yes_no: u64,
}

/// How to read a column's cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    pub order: DateOrder,
    /// More than one order fits every cell.
    pub ambiguous: bool,
    /// Cells that the chosen order cannot read.
    pub contradicting: u64,
    pub decimal_comma: bool,
}

impl Stats {
    /// Takes in one cell; `ty` is the column's type when it is known.
    pub(super) fn see(&mut self, cell: &str, line: u64, ty: Option<&AttrType>) {
        let trimmed = cell.trim();
        if trimmed.is_empty() {
            return;
        }
        self.filled += 1;
        if self.samples.len() < 3 && !self.samples.iter().any(|s| s == trimmed) {
            self.samples.push(trimmed.chars().take(40).collect());
        }
        match ty {
            Some(AttrType::Date | AttrType::Instant) => self.see_date(trimmed, line),
            Some(AttrType::Number | AttrType::Money) => self.see_number(trimmed),
            Some(_) => {}
            None => {
                if self.dates() > 0 || self.filled < GIVE_UP {
                    self.see_date(trimmed, line);
                }
                self.see_number(trimmed);
                self.yes_no += u64::from(numbers::yes_no(trimmed, true).is_some());
            }
        }
    }

    fn dates(&self) -> u64 {
        self.fixed + self.open
    }

    fn see_date(&mut self, cell: &str, line: u64) {
        match dates::scan(cell) {
            Some(Scanned::Fixed(moment)) => {
                self.fixed += 1;
                self.with_time += u64::from(moment.time.is_some());
            }
            Some(open @ Scanned::Open { slash, time, .. }) => {
                if self.open == 0 {
                    self.open_line = line;
                }
                self.open += 1;
                self.slashes += u64::from(slash);
                self.with_time += u64::from(time.is_some());
                for (count, order) in self.by_order.iter_mut().zip(DateOrder::ALL) {
                    *count += u64::from(open.read(order).is_some());
                }
            }
            None => {}
        }
    }

    fn see_number(&mut self, cell: &str) {
        let point = numbers::number(cell, false).is_some();
        self.numbers_point += u64::from(point);
        self.numbers_comma += u64::from(numbers::number(cell, true).is_some());
        let digits = text::fold(cell);
        self.leading_zero |= digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    }

    /// How to read the column.
    pub(super) fn reading(&self, locale: Locale) -> Reading {
        let most = self.by_order.iter().copied().max().unwrap_or(0);
        let mut fitting = DateOrder::ALL.into_iter().zip(self.by_order).filter(|(_, n)| *n == most).map(|(o, _)| o);
        let first = fitting.next().unwrap_or(DateOrder::Ymd);
        let others = fitting.count();
        // Year last and nothing else to go by: slashes are the American habit, dashes and dots are not.
        let order = match first {
            DateOrder::Dmy if others > 0 && self.slashes * 2 > self.open => DateOrder::Mdy,
            // 24/04/01: the year goes first in Japanese, last in English.
            DateOrder::Ymd if others > 0 && locale == Locale::En => {
                let fits = |order| DateOrder::ALL.into_iter().zip(self.by_order).any(|(o, n)| o == order && n == most);
                let habit = if self.slashes * 2 > self.open { DateOrder::Mdy } else { DateOrder::Dmy };
                [habit, DateOrder::Dmy, DateOrder::Mdy].into_iter().find(|o| fits(*o)).unwrap_or(DateOrder::Ymd)
            }
            other => other,
        };
        Reading {
            order: if self.open == 0 { DateOrder::Ymd } else { order },
            ambiguous: self.open > 0 && others > 0,
            contradicting: self.open - most.min(self.open),
            decimal_comma: self.numbers_comma > self.numbers_point,
        }
    }

    /// The type of a column nobody gave one: only what every cell agrees on.
    pub(super) fn ty(&self) -> AttrType {
        let numbers = self.numbers_point.max(self.numbers_comma);
        if self.filled == 0 {
            AttrType::Text
        } else if self.yes_no == self.filled {
            AttrType::Bool
        } else if numbers == self.filled && !self.leading_zero {
            AttrType::Number
        } else if self.dates() == self.filled {
            if self.with_time > 0 { AttrType::Instant } else { AttrType::Date }
        } else {
            AttrType::Text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(cells: &[&str], ty: Option<&AttrType>) -> Stats {
        let mut stats = Stats::default();
        cells.iter().zip(2..).for_each(|(cell, line)| stats.see(cell, line, ty));
        stats
    }

    #[test]
    fn one_late_day_above_twelve_decides_the_whole_column() {
        let date = Some(&AttrType::Date);
        let reading = stats(&["01-02-2024", "05-06-2024", "28-02-2024"], date).reading(Locale::Ja);
        assert_eq!((reading.order, reading.ambiguous, reading.contradicting), (DateOrder::Dmy, false, 0));
        let reading = stats(&["01/02/2024", "02/28/2024"], date).reading(Locale::Ja);
        assert_eq!((reading.order, reading.ambiguous), (DateOrder::Mdy, false));
    }

    #[test]
    fn a_column_that_fits_two_orders_is_ambiguous() {
        let date = Some(&AttrType::Date);
        let reading = stats(&["01-02-2024", "05-06-2024"], date).reading(Locale::Ja);
        assert_eq!((reading.order, reading.ambiguous), (DateOrder::Dmy, true));
        assert_eq!(stats(&["01/02/2024"], date).reading(Locale::Ja).order, DateOrder::Mdy);
        let reading = stats(&["26/04/01"], date).reading(Locale::Ja);
        assert_eq!((reading.order, reading.ambiguous), (DateOrder::Ymd, true), "or 26 April 2001");
        let both = stats(&["06/04/01", "07/05/02"], date);
        assert_eq!(both.reading(Locale::Ja).order, DateOrder::Ymd);
        assert_eq!((both.reading(Locale::En).order, both.reading(Locale::En).ambiguous), (DateOrder::Mdy, true));
        let dots = stats(&["06.04.01"], date).reading(Locale::En);
        assert_eq!((dots.order, dots.ambiguous), (DateOrder::Dmy, true));
    }

    #[test]
    fn orders_that_contradict_each_other_are_counted() {
        let reading = stats(&["13-02-2024", "14-02-2024", "02-15-2024"], Some(&AttrType::Date)).reading(Locale::Ja);
        assert_eq!((reading.order, reading.contradicting), (DateOrder::Dmy, 1));
    }

    #[test]
    fn untyped_columns_become_what_all_cells_agree_on() {
        assert_eq!(stats(&["1", "2,000", ""], None).ty(), AttrType::Number);
        assert_eq!(stats(&["007", "012"], None).ty(), AttrType::Text);
        assert_eq!(stats(&["True", "FALSE"], None).ty(), AttrType::Bool);
        assert_eq!(stats(&["2024-01-01", "2024-01-02 3:00"], None).ty(), AttrType::Instant);
        assert_eq!(stats(&["2024-01-01", "soon"], None).ty(), AttrType::Text);
    }

    #[test]
    fn a_decimal_comma_is_seen_over_the_column() {
        let number = Some(&AttrType::Number);
        assert!(stats(&["1.234", "12,5", "7"], number).reading(Locale::Ja).decimal_comma);
        assert!(!stats(&["1,234", "12.5", "7"], number).reading(Locale::Ja).decimal_comma);
        assert!(!stats(&["1,234", "7"], number).reading(Locale::Ja).decimal_comma);
    }
}
