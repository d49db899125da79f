//! The five fields of POSIX cron as sets of numbers.

use super::cron::CronError;

/// What a field may say.
struct Kind {
    name: &'static str,
    low: u8,
    high: u8,
    names: &'static [&'static str],
    /// The number of the first name.
    base: u8,
    example: &'static str,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const KINDS: [Kind; 5] = [
    Kind { name: "minute", low: 0, high: 59, names: &[], base: 0, example: "`0`, `*/15` or `0,30`" },
    Kind { name: "hour", low: 0, high: 23, names: &[], base: 0, example: "`9`, `9-17` or `9,13`" },
    Kind { name: "day of the month", low: 1, high: 31, names: &[], base: 0, example: "`1`, `1,15` or `*`" },
    Kind { name: "month", low: 1, high: 12, names: &MONTHS, base: 1, example: "`4`, `jan,jul` or `*`" },
    Kind {
        name: "weekday",
        low: 0,
        high: 7,
        names: &WEEKDAYS,
        base: 0,
        example: "`1` or `mon` for Monday, `mon-fri` or `*`",
    },
];

/// One field: its numbers ascending, and whether it is literally `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The numbers, ascending; Sunday is 0.
    pub values: Vec<u8>,
    /// Written as `*`: this field restricts nothing.
    pub star: bool,
}

/// Reads minute, hour, day of the month, month, weekday.
pub fn parse(text: &str) -> Result<[Field; 5], CronError> {
    if let Some(shortcut) = text.trim().strip_prefix('@') {
        return Err(shortcut_error(shortcut));
    }
    let words = words(text);
    if words.len() != 5 {
        let message = format!("a cron text has five fields, this has {}", words.len());
        let help =
            "write minute hour day month weekday, as in `0 9 * * 1` (Mondays at 09:00); there are no seconds or years";
        return Err(error(words.get(5).map_or(0, |w| w.0), message, help));
    }
    let mut fields: Vec<Field> = Vec::with_capacity(5);
    for (kind, (column, word)) in KINDS.iter().zip(&words) {
        fields.push(field(word, *column, kind)?);
    }
    <[Field; 5]>::try_from(fields).map_err(|_| error(0, "a cron text has five fields".to_owned(), "write `0 9 * * 1`"))
}

fn field(word: &str, column: u32, kind: &Kind) -> Result<Field, CronError> {
    let mut values = Vec::new();
    let mut at = column;
    for part in word.split(',') {
        values.extend(part_values(part, at, kind)?);
        at += u32::try_from(part.chars().count()).unwrap_or(0) + 1;
    }
    if kind.high == 7 {
        values.iter_mut().for_each(|v| *v %= 7);
    }
    values.sort_unstable();
    values.dedup();
    Ok(Field { values, star: word == "*" })
}

/// The numbers of `*`, `*/n`, `a`, `a-b` or `a-b/n`.
fn part_values(part: &str, column: u32, kind: &Kind) -> Result<Vec<u8>, CronError> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    let single = range != "*" && !range.contains('-');
    let (from, to) = span(range, part, column, kind)?;
    let step = match step {
        None => 1,
        Some(_) if single => {
            let help = format!("write `{range}-{}/{}` if that is meant", last(kind), step.unwrap_or(""));
            return Err(error(column, format!("`{part}`: a step needs a range or `*` before the slash"), &help));
        }
        Some(step) => {
            number(step).filter(|n| (1..=last(kind).max(1)).contains(n)).ok_or_else(|| bad(part, column, kind))?
        }
    };
    Ok((from..=to).step_by(usize::from(step)).collect())
}

fn span(range: &str, part: &str, column: u32, kind: &Kind) -> Result<(u8, u8), CronError> {
    if range == "*" {
        return Ok((kind.low, last(kind)));
    }
    let Some((from, to)) = range.split_once('-') else {
        let one = value(range, kind).ok_or_else(|| bad(part, column, kind))?;
        return Ok((one, one));
    };
    let from = value(from, kind).ok_or_else(|| bad(part, column, kind))?;
    let mut to = value(to, kind).ok_or_else(|| bad(part, column, kind))?;
    if kind.high == 7 && to == 0 && from > 0 {
        to = 7;
    }
    if from > to {
        let message = format!("`{part}` runs backwards: a range cannot pass the end of the {}", around(kind));
        return Err(error(column, message, &format!("write a list, as in `{}`", wrapped(from, to, kind))));
    }
    Ok((from, to))
}

/// The highest number that is written; weekday 7 is a second name of Sunday.
fn last(kind: &Kind) -> u8 {
    if kind.high == 7 { 6 } else { kind.high }
}

fn around(kind: &Kind) -> &'static str {
    match kind.name {
        "minute" => "hour",
        "hour" => "day",
        "day of the month" => "month",
        "month" => "year",
        _ => "week",
    }
}

fn wrapped(from: u8, to: u8, kind: &Kind) -> String {
    let shown = |v: u8| match kind.names.get(usize::from(v.saturating_sub(kind.base))) {
        Some(name) => (*name).to_owned(),
        None => v.to_string(),
    };
    (from..=last(kind)).chain(kind.low..=to).map(shown).collect::<Vec<_>>().join(",")
}

fn value(text: &str, kind: &Kind) -> Option<u8> {
    let lower = text.to_ascii_lowercase();
    let named = kind.names.iter().zip(kind.base..).find(|(name, _)| **name == lower).map(|(_, n)| n);
    named.or_else(|| number(text)).filter(|n| (kind.low..=kind.high).contains(n))
}

fn number(text: &str) -> Option<u8> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn bad(part: &str, column: u32, kind: &Kind) -> CronError {
    let special = part.chars().find(|c| matches!(c, '?' | '#' | 'L' | 'W' | 'l' | 'w'));
    let known = special.filter(|_| kind.name == "day of the month" || kind.name == "weekday");
    let message = match known {
        Some(sign) => format!("`{part}`: `{sign}` is not part of POSIX cron"),
        None => format!("`{part}` is not a {} ({} to {})", kind.name, kind.low, kind.high),
    };
    error(column, message, &format!("write for example {}", kind.example))
}

fn shortcut_error(name: &str) -> CronError {
    let five = match name {
        "yearly" | "annually" => "0 0 1 1 *",
        "monthly" => "0 0 1 * *",
        "weekly" => "0 0 * * 0",
        "hourly" => "0 * * * *",
        _ => "0 0 * * *",
    };
    error(0, format!("`@{name}`: shortcuts are not read"), &format!("write the five fields, as in `{five}`"))
}

fn error(column: u32, message: String, help: &str) -> CronError {
    CronError { column, message, help: help.to_owned() }
}

/// The words of a text with the character each begins at.
fn words(text: &str) -> Vec<(u32, String)> {
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut inside = false;
    for (column, c) in (0u32..).zip(text.chars()) {
        match (c.is_whitespace(), inside, found.last_mut()) {
            (true, ..) => inside = false,
            (false, true, Some(word)) => word.1.push(c),
            _ => {
                found.push((column, c.to_string()));
                inside = true;
            }
        }
    }
    found
}
