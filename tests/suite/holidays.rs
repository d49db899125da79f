//! Holidays and business days of Japan, against libraries of another language and the announced list.

use jiff::{
    civil::{Date, DateTime},
    tz::TimeZone,
};
use shirube::{
    model::instant::Instant,
    rulebook::schedule::{
        calendar::{Calendar, parse_closed},
        japan,
        length::Length,
        window::{SendWindow, ZoneOf, parse_days, parse_hours},
    },
};

const HOLIDAYS: &str = include_str!("../data/time/holidays.tsv");
const TOKYO: &str = include_str!("../data/time/tokyo.tsv");

#[test]
fn other_libraries_know_the_same_holidays_from_1955_to_2050() {
    assert_eq!(HOLIDAYS.lines().count(), 96);
    for line in HOLIDAYS.lines() {
        let year = line[..4].parse().unwrap();
        let mut ours = line[..4].to_owned();
        for (on, name) in japan::holidays(year) {
            let mark = match name {
                "振替休日" => "*",
                "国民の休日" => "+",
                _ => "",
            };
            ours.push_str(&format!(" {}/{}{mark}", on.month(), on.day()));
        }
        assert_eq!(ours, line);
    }
}

/// National holidays, 年末年始 and お盆 closed, as a company writes it in `model.yaml`.
fn company() -> Calendar {
    let closed = ["12-29/01-03", "08-13/08-16"].map(|text| parse_closed(text).unwrap()).to_vec();
    Calendar { name: "jp".to_owned(), japan: true, closed, hours: (600, 1080), ..Calendar::plain() }
}

#[test]
fn a_company_writes_its_closing_days_and_other_countries_in_its_model() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/language-constructs");
    let mut files = shirube::app::reload::read_project(&root).unwrap();
    files.retain(|name, _| !name.starts_with("playbooks/"));
    let model = files.get_mut("model.yaml").unwrap();
    let written = "  jp: {holidays: japan, closed: [\"12-29/01-03\", \"08-13/08-16\"], business_hours: \"10:00-18:00\"}\n  \
                   us: {closed: [\"07-04\", \"12-25\", 2026-11-26, 2027-11-25]}";
    *model = model.replace("  jp: {holidays: japan, business_hours: \"10:00-18:00\"}", written);
    let (rulebook, findings) = shirube::rulebook::load::load(&files);
    let rulebook = rulebook.unwrap_or_else(|| panic!("{findings:#?}"));
    assert_eq!(rulebook.calendar(Some("jp")).closed, company().closed);
    let closed = |calendar: &str, day: &str| !rulebook.calendar(Some(calendar)).is_business_day(day.parse().unwrap());
    let off =
        [("jp", "2026-08-14"), ("jp", "2026-12-30"), ("jp", "2026-09-22"), ("us", "2026-11-26"), ("us", "2029-07-04")];
    for (calendar, day) in off {
        assert!(closed(calendar, day), "{calendar} {day}");
    }
    for (calendar, day) in [("us", "2026-08-14"), ("us", "2026-09-22"), ("jp", "2026-11-26"), ("us", "2028-11-23")] {
        assert!(!closed(calendar, day), "{calendar} {day}");
    }
}

#[test]
fn days_and_hours_in_tokyo_are_as_counted_one_by_one() {
    let (zone, calendar) = (TimeZone::get("Asia/Tokyo").unwrap(), company());
    let at = |text: &str| {
        let local: DateTime = text.parse().unwrap();
        Instant::from(local.to_zoned(zone.clone()).unwrap().timestamp())
    };
    let short = |at: Instant| zone.to_datetime(at.timestamp()).strftime("%Y-%m-%dT%H:%M").to_string();
    let wrong: Vec<String> = TOKYO
        .lines()
        .filter_map(|line| {
            let [start, question, expected] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let given = match question.split_once(' ').unwrap() {
                ("between", day) => between(at(start).date(&zone), day, &calendar),
                ("window", _) => short(window().next_open(at(start), &zone, &calendar).unwrap()),
                ("after", length) => short(Length::parse(length).unwrap().after(at(start), &zone, &calendar)),
                (_, length) => short(Length::parse(length).unwrap().before(at(start), &zone, &calendar)),
            };
            (given != expected).then(|| format!("{line}, not {given}"))
        })
        .collect();
    println!("Asia/Tokyo: {} questions, {} mismatches", TOKYO.lines().count(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn between(from: Date, until: &str, calendar: &Calendar) -> String {
    calendar.business_days_between(from, until.parse().unwrap()).to_string()
}

fn window() -> SendWindow {
    let (days, hours) = (parse_days("mon-fri").unwrap(), parse_hours("10:00-17:00").unwrap());
    SendWindow { days, hours, zone: ZoneOf::Contact, calendar: Some("jp".to_owned()) }
}

/// All announced holidays since 1955, where the list is at hand.
#[test]
fn every_announced_holiday_follows_from_the_law() {
    let Some(folder) = std::env::var_os("TEST_DATA") else {
        println!("skipped: TEST_DATA names no folder");
        return;
    };
    let path = std::path::Path::new(&folder).join("japan").join("syukujitsu.csv");
    let bytes = std::fs::read(path).unwrap();
    let (text, _, _) = encoding_rs::SHIFT_JIS.decode(&bytes);
    let announced: Vec<Date> = text.lines().skip(1).filter_map(date).collect();
    let last = announced.last().unwrap().year();
    let computed: Vec<Date> = (1955..=last).flat_map(|year| japan::holidays(year).map(|(on, _)| on)).collect();
    println!("{} announced holidays, 1955 to {last}", announced.len());
    assert_eq!(computed, announced);
}

fn date(line: &str) -> Option<Date> {
    let mut parts = line.split(',').next()?.split('/');
    let mut number = || parts.next()?.parse::<i16>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
