//! Clocks around every change of offset from 2020 to 2035, in every IANA zone, against an oracle that counts minutes
//! (`tests/oracle/zones.py`).

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use shirube::{
    model::instant::{Instant, MINUTE},
    rulebook::schedule::{
        calendar::Calendar,
        cron::CronSchedule,
        length::Length,
        window::{SendWindow, ZoneOf, parse_days, parse_hours},
    },
};

const TABLE: &str = include_str!("../data/time/zones.tsv");
/// The version of the tz database the table was made with; the bundled one must be the same.
const TZDB: &str = "2026e";
const QUESTIONS: [&str; 9] = [
    "window mon-sun 02:10-02:50",
    "window mon-fri 10:00-17:00",
    "window sat-sun 00:15-01:45",
    "wait 1 calendar day",
    "wait 1 business day",
    "wait 4 business hours",
    "next midnight",
    "cron 30 2 * * *",
    "cron 15 0 * * *",
];
/// When each is asked, in minutes after the change.
const STARTS: [i64; 5] = [-1425, -1455, -1, 0, 15];

static WINDOWS: LazyLock<[SendWindow; 3]> = LazyLock::new(|| {
    [("mon-sun", "02:10-02:50"), ("mon-fri", "10:00-17:00"), ("sat-sun", "00:15-01:45")].map(|(days, hours)| {
        let (days, hours) = (parse_days(days).unwrap(), parse_hours(hours).unwrap());
        SendWindow { days, hours, zone: ZoneOf::Contact, calendar: None }
    })
});
static CRONS: LazyLock<[CronSchedule; 2]> =
    LazyLock::new(|| ["30 2 * * *", "15 0 * * *"].map(|text| CronSchedule::parse(text).unwrap()));

#[derive(Default)]
struct Tally {
    zones: usize,
    changes: usize,
    asked: [usize; 9],
    wrong: [usize; 9],
    examples: Vec<String>,
}

#[test]
fn every_change_of_every_zone_is_answered_as_counted_by_the_minute() {
    let tally = whole_table();
    println!("tz database {TZDB}: {} zones, {} changes of offset, 2020 to 2035", tally.zones, tally.changes);
    println!("| question | asked | mismatches |\n|---|---|---|");
    for (i, question) in QUESTIONS.iter().enumerate() {
        println!("| {question} | {} | {} |", tally.asked[i], tally.wrong[i]);
    }
    assert!(tally.zones >= 200 && tally.changes >= 2_000, "the table is not whole");
    assert!(tally.examples.is_empty(), "{}", tally.examples.join("\n"));
}

fn whole_table() -> Tally {
    let bundled = TimeZoneDatabase::bundled();
    let (mut answers, mut names, mut tally) = (BTreeMap::new(), Vec::new(), Tally::default());
    for line in TABLE.lines() {
        match line.split_once(' ').unwrap() {
            ("answers", rest) => {
                let mut numbers = rest.split(' ').map(|n| n.parse::<i64>().unwrap());
                answers.insert(numbers.next().unwrap(), numbers.collect::<Vec<i64>>());
            }
            ("zones", rest) => names = rest.split(',').collect(),
            (_, rest) => {
                tally.zones += names.len();
                // Zones of one line must be alike here too: each is looked at, the first asked everything.
                let zones: Vec<(&str, TimeZone)> = names.iter().map(|n| (*n, bundled.get(n).unwrap())).collect();
                rest.split(' ').for_each(|change| tally.change(&zones, change, &answers));
            }
        }
    }
    tally
}

impl Tally {
    fn change(&mut self, zones: &[(&str, TimeZone)], change: &str, answers: &BTreeMap<i64, Vec<i64>>) {
        let [at, before, after, number] = change.split(':').map(|n| n.parse::<i64>().unwrap()).collect::<Vec<_>>()[..]
        else {
            panic!("{change}");
        };
        let at = Instant(0).plus(at * MINUTE);
        for (name, zone) in zones {
            let offset = |at: Instant| i64::from(zone.to_offset(at.timestamp()).seconds()) / 60;
            assert_eq!((offset(at.plus(-1)), offset(at)), (before, after), "{name} at {at}");
            self.changes += 1;
        }
        let Some((name, zone)) = zones.first() else { return };
        for (i, expected) in answers[&number].iter().enumerate() {
            let (start, question) = (STARTS[i / 9], i % 9);
            let given = answer(question, at.plus(start * MINUTE), zone);
            self.asked[question] += 1;
            if given != Some(at.plus(expected * MINUTE)) {
                self.wrong[question] += 1;
                let expected = at.plus(expected * MINUTE).rfc3339(zone);
                let told = given.map_or_else(String::new, |at| at.rfc3339(zone));
                let from = at.plus(start * MINUTE).rfc3339(zone);
                self.examples.push(format!("{name}: {} from {from}: {told}, counted {expected}", QUESTIONS[question]));
            }
        }
    }
}

fn answer(question: usize, from: Instant, zone: &TimeZone) -> Option<Instant> {
    let plain = Calendar::plain();
    match question {
        0..=2 => WINDOWS[question].next_open(from, zone, &plain),
        3 => Some(Length::CalendarDays(1).after(from, zone, &plain)),
        4 => Some(Length::BusinessDays(1).after(from, zone, &plain)),
        5 => Some(Length::BusinessMinutes(240).after(from, zone, &plain)),
        6 => Some(from.next_midnight(zone)),
        _ => CRONS[question - 7].next_after(from, zone),
    }
}
