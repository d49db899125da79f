//! Model values as Jinja sees and prints them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::{civil::Date, tz::TimeZone};
use minijinja::value::{Object, ObjectRepr, Value as Jinja};

use super::context::RenderContext;
use crate::{
    model::{
        instant::{DAY, HOUR, date_of},
        locale::Locale,
        money::{Money, group_thousands},
        value::{Props, Value},
    },
    words::{Word, say},
};

/// A moment or a day that knows how its reader writes dates.
#[derive(Debug)]
pub(super) struct Day {
    /// The local date.
    pub date: Date,
    /// The local time, if it is a moment.
    pub time: Option<jiff::civil::Time>,
    locale: Locale,
}

impl Object for Day {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.style("long").unwrap_or_default())
    }
}

impl Day {
    /// `long` (2026年4月1日 / April 1, 2026), `short` (4/1, Apr 1), `weekday` (4月1日(水) / Wednesday,
    /// April 1), `time` (10:00), `datetime` (long and time), `iso`; other words are none.
    pub fn style(&self, style: &str) -> Option<String> {
        let ja = self.locale == Locale::Ja;
        let time = || self.time.map_or(String::new(), |t| t.strftime("%H:%M").to_string());
        let d = self.date;
        Some(match style {
            "long" if ja => format!("{}年{}月{}日", d.year(), d.month(), d.day()),
            "long" => d.strftime("%B %-d, %Y").to_string(),
            "short" if ja => format!("{}/{}", d.month(), d.day()),
            "short" => d.strftime("%b %-d").to_string(),
            "weekday" if ja => format!("{}月{}日({})", d.month(), d.day(), kanji(d)),
            "weekday" => d.strftime("%A, %B %-d").to_string(),
            "time" => time(),
            "datetime" => format!("{} {}", self.style("long")?, time()).trim_end().to_owned(),
            "iso" => d.to_string(),
            _ => return None,
        })
    }
}

fn kanji(date: Date) -> char {
    let names = ['月', '火', '水', '木', '金', '土', '日'];
    names[date.weekday().to_monday_zero_offset() as usize % 7]
}

/// An amount of money.
#[derive(Debug)]
pub(super) struct Amount(pub Money);

impl Object for Amount {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A local day for the reader of `ctx`.
pub(super) fn day(date: Date, locale: Locale) -> Jinja {
    Jinja::from_object(Day { date, time: None, locale })
}

/// `value` for Jinja; `Missing` is undefined.
pub(super) fn to_jinja(value: &Value, ctx: &RenderContext, zone: &TimeZone) -> Jinja {
    match value {
        Value::Missing => Jinja::UNDEFINED,
        Value::Bool(b) => Jinja::from(*b),
        Value::Num(n) if n.fract() == 0.0 && n.abs() < 9e15 => Jinja::from(*n as i64),
        Value::Num(n) => Jinja::from(*n),
        Value::Text(t) => Jinja::from(t.as_ref()),
        Value::Instant(at) => {
            let local = zone.to_datetime(at.timestamp());
            Jinja::from_object(Day { date: local.date(), time: Some(local.time()), locale: ctx.locale })
        }
        Value::Date(n) => day(date_of(*n), ctx.locale),
        Value::Duration(micros) => Jinja::from(length(*micros, ctx.locale)),
        Value::Money(m) => Jinja::from_object(Amount(*m)),
        Value::List(items) => Jinja::from(items.iter().map(|v| to_jinja(v, ctx, zone)).collect::<Vec<_>>()),
    }
}

fn length(micros: i64, locale: Locale) -> String {
    let (n, unit) = if micros.abs() >= 2 * DAY { (micros / DAY, Unit::Days) } else { (micros / HOUR, Unit::Hours) };
    match (locale, unit) {
        (Locale::Ja, Unit::Days) => format!("{n}日"),
        (Locale::Ja, Unit::Hours) => format!("{n}時間"),
        (Locale::En, Unit::Days) => format!("{n} days"),
        (Locale::En, Unit::Hours) => format!("{n} {}", if n == 1 { "hour" } else { "hours" }),
    }
}

enum Unit {
    Days,
    Hours,
}

/// Dotted names as nested maps: `account.name` → `{account: {name: …}}`. Every name in `reads` gets
/// its parents even without a value, so that `default` works on it.
pub(super) fn tree(vars: &Props, reads: &[String], ctx: &RenderContext) -> Jinja {
    let zone = ctx.time_zone();
    let mut root = Node::default();
    for name in reads {
        root.parents(name);
    }
    for (name, value) in vars.iter().filter(|(_, v)| !v.is_missing()) {
        root.insert(name, to_jinja(value, ctx, &zone));
    }
    for (name, value) in ambient(ctx, &zone) {
        root.insert(name, value);
    }
    root.into_jinja()
}

fn ambient(ctx: &RenderContext, zone: &TimeZone) -> Vec<(&'static str, Jinja)> {
    let mut out = vec![
        ("sender.name", Jinja::from(ctx.sender.name.as_str())),
        ("sender.title", Jinja::from(ctx.sender.title.as_str())),
        ("company.name", Jinja::from(ctx.company.name.as_str())),
        ("company.address", Jinja::from(ctx.company.address.as_str())),
        ("company.url", Jinja::from(ctx.company.url.as_str())),
        ("now", to_jinja(&Value::Instant(ctx.now), ctx, zone)),
        ("today", day(ctx.now.date(zone), ctx.locale)),
    ];
    out.extend(ctx.unsubscribe_url.as_deref().map(|url| ("unsubscribe_url", Jinja::from(url))));
    out
}

/// The names of [`ambient`], for the check.
pub(super) const AMBIENT: [&str; 8] = [
    "sender.name",
    "sender.title",
    "company.name",
    "company.address",
    "company.url",
    "now",
    "today",
    "unsubscribe_url",
];

#[derive(Default)]
struct Node {
    value: Option<Jinja>,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn at(&mut self, path: &str) -> &mut Node {
        path.split('.').fold(self, |node, part| node.children.entry(part.to_owned()).or_default())
    }

    fn insert(&mut self, path: &str, value: Jinja) {
        self.at(path).value = Some(value);
    }

    fn parents(&mut self, path: &str) {
        if let Some((parent, _)) = path.rsplit_once('.') {
            self.at(parent);
        }
    }

    fn into_jinja(self) -> Jinja {
        match self.value {
            Some(value) => value,
            None => self.children.into_iter().map(|(k, n)| (k, n.into_jinja())).collect::<BTreeMap<_, _>>().into(),
        }
    }
}

/// `value` as people read it, in `locale`.
pub(super) fn display(value: &Jinja, locale: Locale) -> String {
    use minijinja::value::ValueKind as K;
    match value.kind() {
        K::Undefined | K::None => String::new(),
        K::Bool => say(locale, if value.is_true() { Word::Yes } else { Word::No }).to_owned(),
        K::Number => number(f64::try_from(value.clone()).unwrap_or_default(), None, false),
        K::Seq | K::Iterable => {
            let items: Vec<String> =
                value.try_iter().map(|it| it.map(|v| display(&v, locale)).collect()).unwrap_or_default();
            items.join(say(locale, Word::ListSeparator))
        }
        _ => value.to_string(),
    }
}

/// A number with `digits` decimals (without: at most two, none of them a trailing zero).
pub fn number(n: f64, digits: Option<usize>, grouped: bool) -> String {
    let text = format!("{:.*}", digits.unwrap_or(2).min(9), n);
    let text = match digits {
        None => text.trim_end_matches('0').trim_end_matches('.'),
        Some(_) => text.as_str(),
    };
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = if grouped { group_thousands(whole) } else { whole.to_owned() };
    let sign = if text.chars().all(|c| matches!(c, '0' | '.')) { "" } else { sign };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_numbers() {
        assert_eq!(number(3.0, None, false), "3");
        assert_eq!(number(0.1 + 0.2, None, false), "0.3");
        assert_eq!(number(-1234567.5, Some(0), true), "-1,234,568");
        assert_eq!(number(-0.001, None, false), "0");
    }

    #[test]
    fn days_are_written_as_the_reader_writes_them() {
        let date = jiff::civil::date(2026, 4, 1);
        let ja = Day { date, time: None, locale: Locale::Ja };
        let en = Day { date, time: None, locale: Locale::En };
        assert_eq!(ja.style("long").unwrap(), "2026年4月1日");
        assert_eq!(ja.style("weekday").unwrap(), "4月1日(水)");
        assert_eq!(en.style("long").unwrap(), "April 1, 2026");
        assert_eq!(en.style("short").unwrap(), "Apr 1");
        assert_eq!(en.style("roman"), None);
    }
}
