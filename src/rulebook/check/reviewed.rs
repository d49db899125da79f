//! Playbooks nobody looked over for half a year.

use jiff::civil::Date;

use crate::{
    model::{diagnostic::Diagnostic, instant::day_number},
    rulebook::types::Rulebook,
};

/// Days after which a review is old.
pub const MOST: i32 = 180;

/// Findings that depend on the day: apart from `load`, which knows no clock.
pub fn check(rulebook: &Rulebook, today: Date) -> Vec<Diagnostic> {
    let age = |on: Date| day_number(today) - day_number(on);
    let old = rulebook.playbooks.iter().filter_map(|p| p.reviewed.map(|on| (p, on))).filter(|(_, on)| age(*on) > MOST);
    old.map(|(playbook, on)| {
        let message = format!("`{}` was last reviewed {} days ago", playbook.name, age(on));
        let help = "look whether it still says what you mean, then set `reviewed:` to today";
        Diagnostic::warning("old-review", &playbook.place, message, help)
    })
    .collect()
}
