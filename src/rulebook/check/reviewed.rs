//! Playbooks nobody looked over for half a year.

use jiff::civil::Date;

use super::Book;
use crate::model::{diagnostic::Diagnostic, instant::day_number};

/// Days after which a review is old.
pub const MOST: i32 = 180;

/// Every `reviewed:` older than that.
pub fn check(book: &Book<'_>, today: Date, out: &mut Vec<Diagnostic>) {
    let age = |on: Date| day_number(today) - day_number(on);
    let old = book.rulebook.playbooks.iter().filter_map(|p| p.reviewed.map(|on| (p, on)));
    for (playbook, on) in old.filter(|(_, on)| age(*on) > MOST) {
        let message = format!("`{}` was last reviewed {} days ago", playbook.name, age(on));
        let help = "look whether it still says what you mean, then set `reviewed:` to today";
        out.push(Diagnostic::warning("old-review", &book.in_playbook(playbook, "reviewed"), message, help));
    }
}
