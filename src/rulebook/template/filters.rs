//! The filters and functions a template may use: this list and nothing else.

use std::sync::Arc;

use minijinja::{
    Environment, Error, ErrorKind, filters as builtin,
    value::{Object, ObjectRepr, Value as Jinja, ValueKind},
};

use super::{
    context::{PlanLine, RenderContext},
    disguise::disguise,
    scale,
    values::{Amount, Day, display, number},
};
use crate::{
    model::{
        money::{Currency, Money},
        safe::{safe_url, shorten},
        survey::Kind,
    },
    words,
};

/// Every filter, for the check.
pub(super) const FILTERS: [&str; 24] = [
    "honorific",
    "default",
    "d",
    "date",
    "money",
    "number",
    "percent",
    "plural",
    "url",
    "urlencode",
    "band",
    "upper",
    "lower",
    "capitalize",
    "trim",
    "truncate",
    "replace",
    "length",
    "join",
    "first",
    "last",
    "round",
    "abs",
    "int",
];

/// Every `is` test, for the check.
pub(super) const TESTS: [&str; 6] = ["defined", "undefined", "odd", "even", "in", "none"];

/// Every function, for the check.
pub(super) const FUNCTIONS: [&str; 3] = ["link", "plan_checklist", "survey"];

/// Adds filters, tests and functions for a reader of `ctx`.
pub(super) fn install(env: &mut Environment<'_>, ctx: &Arc<RenderContext>) {
    add_plain(env);
    add_local(env, ctx);
    env.add_test("defined", minijinja::tests::is_defined);
    env.add_test("undefined", minijinja::tests::is_undefined);
    env.add_test("none", minijinja::tests::is_none);
    env.add_test("odd", minijinja::tests::is_odd);
    env.add_test("even", minijinja::tests::is_even);
    env.add_test("in", minijinja::tests::is_in);
    let context = Arc::clone(ctx);
    env.add_function("link", move |name: String| match context.links.get(&name) {
        Some(url) => Ok(url.clone()),
        None => Err(refuse(format!("no link `{name}` in content.yaml"))),
    });
    let context = Arc::clone(ctx);
    env.add_function("plan_checklist", move || Jinja::from_object(Checklist(checklist(&context))));
    let context = Arc::clone(ctx);
    env.add_function("survey", move |kind: String| {
        let kind = Kind::parse(&kind).filter(|kind| context.surveys.contains_key(kind));
        let kind = kind.ok_or_else(|| refuse("`survey` asks a contact nps, csat or ces; this message goes to none"))?;
        Ok(Jinja::from_object(Checklist(scale::mark(kind))))
    });
}

fn add_plain(env: &mut Environment<'_>) {
    env.add_filter("default", builtin::default);
    env.add_filter("d", builtin::default);
    env.add_filter("urlencode", builtin::urlencode);
    env.add_filter("upper", builtin::upper);
    env.add_filter("lower", builtin::lower);
    env.add_filter("capitalize", builtin::capitalize);
    env.add_filter("trim", builtin::trim);
    env.add_filter("replace", builtin::replace);
    env.add_filter("length", builtin::length);
    env.add_filter("first", builtin::first);
    env.add_filter("last", builtin::last);
    env.add_filter("round", builtin::round);
    env.add_filter("abs", builtin::abs);
    env.add_filter("int", builtin::int);
    env.add_filter("truncate", |text: String, max: Option<usize>| shorten(&text, max.unwrap_or(60)));
    env.add_filter("plural", plural);
    env.add_filter("number", |value: &Jinja, digits: Option<usize>| amount(value).map(|n| number(n, digits, true)));
    env.add_filter("percent", |value: &Jinja, digits: Option<usize>| {
        amount(value).map(|n| format!("{}%", number(n * 100.0, Some(digits.unwrap_or(0)), true)))
    });
    env.add_filter("url", |text: &Jinja| {
        let url = text.as_str().and_then(safe_url);
        url.ok_or_else(|| refuse("`url` needs an https:// or mailto: address"))
    });
}

fn add_local(env: &mut Environment<'_>, ctx: &Arc<RenderContext>) {
    let (locale, currency) = (ctx.locale, ctx.currency);
    env.add_filter("honorific", move |name: &Jinja| match name.as_str() {
        Some(name) if !name.trim().is_empty() => Ok(words::honorific(locale, name)),
        _ => Err(refuse("`honorific` needs a name")),
    });
    env.add_filter("band", move |word: String| words::band(locale, &word).to_owned());
    env.add_filter("date", date);
    env.add_filter("money", move |value: &Jinja, code: Option<String>| money(value, code, currency));
    env.add_filter("join", move |items: &Jinja, between: Option<String>| -> Result<String, Error> {
        let texts: Vec<String> = items.try_iter()?.map(|v| display(&v, locale)).collect();
        Ok(texts.join(between.as_deref().unwrap_or(words::say(locale, words::Word::ListSeparator))))
    });
}

/// `n | plural("step", "steps")`: the word that fits the number.
fn plural(value: &Jinja, one: String, many: String) -> Result<String, Error> {
    Ok(if amount(value)? == 1.0 { one } else { many })
}

fn date(value: &Jinja, style: Option<String>) -> Result<String, Error> {
    let day = value.downcast_object_ref::<Day>().ok_or_else(|| refuse("`date` needs a date or a moment"))?;
    let style = style.as_deref().unwrap_or("long");
    day.style(style).ok_or_else(|| refuse("date styles are: long, short, weekday, time, datetime, iso"))
}

fn money(value: &Jinja, code: Option<String>, default: Currency) -> Result<String, Error> {
    if let Some(Amount(money)) = value.downcast_object_ref::<Amount>() {
        return Ok(money.to_string());
    }
    let currency = match code {
        Some(code) => Currency::parse(&code).ok_or_else(|| refuse("`money` needs a currency such as \"JPY\""))?,
        None => default,
    };
    Ok(Money::from_major(amount(value)?, currency).to_string())
}

fn amount(value: &Jinja) -> Result<f64, Error> {
    if let Some(Amount(money)) = value.downcast_object_ref::<Amount>() {
        return Ok(money.major());
    }
    match value.kind() {
        ValueKind::Number => f64::try_from(value.clone()),
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        _ => Err(refuse("this filter needs a number")),
    }
}

/// A refusal whose text is ours, so it never repeats a customer's data.
fn refuse(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

/// Markdown of our own making: titles in it are disguised already.
#[derive(Debug)]
pub(super) struct Checklist(pub String);

impl Object for Checklist {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The plan as two lists, ✓ done and □ open; the customer's open tasks with their link.
fn checklist(ctx: &RenderContext) -> String {
    let mut text = String::new();
    for (ours, title) in [(true, words::plan::ours(ctx.locale)), (false, words::plan::theirs(ctx.locale))] {
        let lines: Vec<String> = ctx.plan.iter().filter(|l| l.ours == ours).map(|l| line(l, ctx)).collect();
        if !lines.is_empty() {
            text.push_str(&format!("\n\n**{title}**\n\n{}\n\n", lines.join("\n")));
        }
    }
    text
}

fn line(line: &PlanLine, ctx: &RenderContext) -> String {
    let title = disguise(&line.title);
    match (&line.done, line.url.as_deref().and_then(safe_url)) {
        (Some(day), _) => format!("- ✓ {title} ({})", disguise(day)),
        (None, Some(url)) => format!("- □ {title} [{}]({url})", words::plan::mark_done(ctx.locale)),
        (None, None) => format!("- □ {title}"),
    }
}
