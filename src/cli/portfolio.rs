//! The customers of the store in memory, for `plan`, `simulate` and `backtest`; and moments as people write them.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Write},
};

use jiff::{civil::Date, tz::TimeZone};

use super::{assemble::Running, exit::Failure};
use crate::{
    model::{
        ids::AccountId,
        instant::{DAY, Instant},
        locale::Locale,
    },
    rulebook::types::Rulebook,
    simulate::{account::Account, portfolio::Portfolio},
    store::api::Whole,
    words::refusal,
};

/// Accounts read at once.
const PAGE: usize = 500;

/// Every account as the store holds it, the workspace first; with `history` their recorded facts too.
pub async fn whole(running: &Running, history: bool) -> Result<Vec<Whole>, Failure> {
    let (mut after, mut all) = (AccountId(-1), Vec::new());
    loop {
        let page = running.shell.store.whole(after, PAGE, history).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = last.snapshot.account;
        all.extend(page);
    }
}

/// The portfolio as it stands at `now`, under the rulebook on disk.
pub async fn load(running: &Running, now: Instant, history: bool) -> Result<Portfolio, Failure> {
    let accounts = whole(running, history).await?.into_iter().map(Account::from).collect();
    let world = running.shell.world().as_ref().clone();
    let newest = running.shell.store.rulebooks(1).await?.into_iter().next();
    let live = newest.as_ref().map(|(number, hash, ..)| (*number, hash.as_str()));
    Ok(Portfolio::new(accounts, world, going_live(running.shell.rulebook().as_ref().clone(), live, now), now))
}

/// A rulebook that is not the live one goes live at `now` under the next number: its schedules count from then, and
/// whoever matches already stays out where it says so.
fn going_live(rulebook: Rulebook, live: Option<(i64, &str)>, now: Instant) -> Rulebook {
    match live {
        Some((number, hash)) if hash != rulebook.hash => Rulebook { number: number + 1, live_since: now, ..rulebook },
        _ => rulebook,
    }
}

/// What accounts are called, by key: by their name, with the key before it where two have the same: a narrow
/// column cuts the end, and the key must stay whole.
pub fn called<'a>(accounts: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> BTreeMap<String, String> {
    let named: Vec<(&str, &str)> = accounts.filter_map(|(key, name)| Some((key, name?))).collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    named.iter().for_each(|(_, name)| *times.entry(name).or_default() += 1);
    let told = |(key, name): (&str, &str)| match times.get(name) {
        Some(1) => (key.to_owned(), name.to_owned()),
        _ => (key.to_owned(), format!("{key} ({name})")),
    };
    named.into_iter().map(told).collect()
}

/// The same for accounts in memory.
pub fn names(accounts: &[Account]) -> BTreeMap<String, String> {
    called(accounts.iter().map(|a| (a.key.as_str(), a.state.attr_text("name"))))
}

/// `2026-12-01` (00:00 in the workspace's zone), an RFC 3339 moment, or `30d` after `from`.
pub fn moment(text: &str, from: Instant, zone: &TimeZone, locale: Locale) -> Result<Instant, Failure> {
    let days = text.trim_start_matches('+').strip_suffix('d').and_then(|n| n.parse::<i64>().ok());
    let date = || text.parse::<Date>().ok().filter(|_| text.len() == 10).map(|date| Instant::start_of(date, zone));
    match days {
        Some(days) if (0..=3_660).contains(&days) => Ok(from.plus(days * DAY)),
        _ => date().or_else(|| Instant::parse(text)).ok_or_else(|| Failure::usage(refusal::no_moment(locale, text))),
    }
}

/// A bar on a terminal, nothing elsewhere.
pub struct Progress(bool);

impl Progress {
    /// Shown only where somebody looks at it.
    pub fn new(json: bool) -> Progress {
        Progress(!json && std::io::stderr().is_terminal())
    }

    /// `done` of `all`.
    pub fn show(&self, done: usize, all: usize) {
        if self.0 {
            let filled = (40 * done).checked_div(all).unwrap_or(40).min(40);
            let bar = format!("{}{}", "#".repeat(filled), " ".repeat(40 - filled));
            let _ = write!(std::io::stderr(), "\r[{bar}] {done}/{all}");
        }
    }

    /// Takes the bar away.
    pub fn done(&self) {
        if self.0 {
            let _ = write!(std::io::stderr(), "\r{:60}\r", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_that_is_not_live_is_simulated_as_going_live() {
        let files = [("model.yaml".to_owned(), "targets: {logo_churn: 3%}\n".to_owned())].into();
        let book = crate::rulebook::load::load(&files).0.unwrap();
        let book = Rulebook { number: 4, ..book };
        let now = Instant::parse("2026-04-01T10:00:00+09:00").unwrap();
        let hash = book.hash.clone();
        assert_eq!(going_live(book.clone(), Some((4, &hash)), now).number, 4);
        assert_eq!(going_live(book.clone(), None, now).number, 4);
        let edited = going_live(book, Some((4, "another")), now);
        assert_eq!((edited.number, edited.live_since), (5, now));
    }

    #[test]
    fn accounts_are_called_by_their_name_and_namesakes_by_their_key_too() {
        let all = [("a", Some("Acme")), ("b", Some("Blue")), ("c", Some("Acme")), ("d", None)];
        let called = called(all.into_iter());
        let names: Vec<&str> = called.values().map(String::as_str).collect();
        assert_eq!(names, ["a (Acme)", "Blue", "c (Acme)"], "who has no name has only its key");
    }

    #[test]
    fn a_moment_is_a_date_an_instant_or_days_from_the_start() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let from = Instant::parse("2026-04-01T10:00:00+09:00").unwrap();
        let at = |text: &str| moment(text, from, &zone, Locale::En).ok();
        assert_eq!(at("2026-04-02"), Instant::parse("2026-04-02T00:00:00+09:00"));
        assert_eq!(at("2026-04-02T01:02:03Z"), Instant::parse("2026-04-02T01:02:03Z"));
        assert_eq!(at("2d"), Instant::parse("2026-04-03T10:00:00+09:00"));
        assert_eq!((at("soon"), at("2026-13-01"), at("-1d"), at("99999999999999d")), (None, None, None, None));
    }
}
