//! All announced holidays since 1955, where the list is at hand.

use jiff::civil::Date;
use shirube::rulebook::schedule::japan;

#[test]
fn every_announced_holiday_follows_from_the_law() {
    let Some(folder) = std::env::var_os("TEST_DATA") else {
        println!("skipped: TEST_DATA names no folder");
        return;
    };
    let path = std::path::Path::new(&folder).join("japan").join("syukujitsu.csv");
    let bytes = std::fs::read(path).expect("japan/syukujitsu.csv in TEST_DATA");
    let (text, _, _) = encoding_rs::SHIFT_JIS.decode(&bytes);
    let announced: Vec<Date> = text.lines().skip(1).filter_map(date).collect();
    let last = announced.last().expect("a list").year();
    let computed: Vec<Date> = (1955..=last).flat_map(|year| japan::holidays(year).map(|(on, _)| on)).collect();
    assert_eq!(computed, announced);
}

fn date(line: &str) -> Option<Date> {
    let mut parts = line.split(',').next()?.split('/');
    let mut number = || parts.next()?.parse::<i16>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
