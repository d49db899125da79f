//! Synthetic values: every template renders before it ever meets a customer.

use std::collections::BTreeMap;

use super::{
    Target, Template, Templates,
    context::RenderContext,
    render::{self, Job, RenderError, Rendered, render},
    tags::{Kind, Mention, mentions},
};
use crate::{
    model::{
        diagnostic::{Diagnostic, Place},
        instant::{DAY, Instant},
        locale::Locale,
        money::{Currency, Money},
        value::{Props, Value},
    },
    rulebook::expr::schema::Type,
};

/// Gmail cuts a mail whose HTML is larger than this, in bytes.
const CLIPPED_AT: usize = 102_000;

/// Which synthetic values.
#[derive(Clone, Copy)]
enum Mood {
    /// Large, true, the first word of a choice.
    Plenty,
    /// Zero, false, the last word of a choice.
    Nothing,
}

impl Templates {
    /// A job for every template × language × channel × two sets of synthetic values.
    pub fn sample_jobs(&self) -> Vec<Job> {
        let moods = [Mood::Plenty, Mood::Nothing];
        self.all.values().flat_map(|t| moods.into_iter().flat_map(|mood| self.jobs_of(t, mood))).collect()
    }

    /// Renders all samples with `run` (in a daemon: the child process) and says what went wrong.
    pub fn sample_render_all(&self, mut run: impl FnMut(&Job) -> Result<Rendered, RenderError>) -> Vec<Diagnostic> {
        let mut out: Vec<Diagnostic> = self.sample_jobs().iter().filter_map(|job| finding(job, run(job))).collect();
        out.dedup();
        out
    }

    /// [`Templates::sample_render_all`] in this process.
    pub fn sample_check(&self) -> Vec<Diagnostic> {
        self.sample_render_all(render)
    }

    fn jobs_of(&self, template: &Template, mood: Mood) -> Vec<Job> {
        let mut context = RenderContext::sample(template.locale);
        context.links = template.links.iter().map(|(n, _)| (n.clone(), format!("https://sample.test/{n}"))).collect();
        let vars = sample_values(template, mood);
        let job = |kind| Job::new(template, kind, &vars, &context);
        let mut out = vec![job(render::Kind::Chat(Target::Slack)), job(render::Kind::Chat(Target::Discord))];
        if let Some(layout) = self.layouts.get(&template.layout).filter(|_| !template.subject.is_empty()) {
            out.insert(0, job(render::Kind::Mail { layout: layout.html.clone() }));
        }
        out
    }
}

/// What to say about the result of one sample; nothing when all is well.
pub fn finding(job: &Job, result: Result<Rendered, RenderError>) -> Option<Diagnostic> {
    let place = |line| Place { file: job.file.as_str().into(), line, column: 1 };
    match result {
        Ok(Rendered::Mail(mail)) if mail.html.len() > CLIPPED_AT => {
            let message = format!("the mail is {} kB large: Gmail cuts it off at 102 kB", mail.html.len() / 1000);
            Some(Diagnostic::warning("mail-too-large", &place(1), message, "shorten the body or the layout"))
        }
        Ok(_) => None,
        Err(error) => {
            let line = match &error {
                RenderError::Missing { line, .. } | RenderError::Template { line, .. } => *line,
                _ => 1,
            };
            let message = format!("the template does not render with sample values: {error}");
            Some(Diagnostic::error(
                "template-render",
                &place(line),
                message,
                "mend the template; `preview` shows the result",
            ))
        }
    }
}

fn sample_values(template: &Template, mood: Mood) -> Props {
    let all = template.reads.iter().chain(&template.vars);
    let filters = first_filters(template);
    let value = |name: &String, ty: Type| {
        sample(name, &ty, filters.get(name).map_or("", String::as_str), template.locale, mood)
    };
    all.map(|(name, program)| (name.clone(), value(name, program.ty()))).collect()
}

/// The filter each name meets first: what its value must be like where its type is not known.
fn first_filters(template: &Template) -> BTreeMap<String, String> {
    let texts = [&template.subject, &template.preheader, &template.body];
    let mut out = BTreeMap::new();
    for text in texts {
        for pair in mentions(text).windows(2) {
            if let [Mention { kind: Kind::Name, name, .. }, Mention { kind: Kind::Filter, name: filter, .. }] = pair {
                out.insert(name.clone(), filter.clone());
            }
        }
    }
    out
}

fn untyped(name: &str, used_as: &str, locale: Locale, plenty: bool) -> Value {
    match used_as {
        "date" => Value::Date(20_544),
        "number" | "percent" | "plural" | "money" | "round" | "abs" | "int" => {
            Value::Num(if plenty { 12.0 } else { 0.0 })
        }
        _ => Value::text(sample_text(name, locale)),
    }
}

fn sample(name: &str, ty: &Type, used_as: &str, locale: Locale, mood: Mood) -> Value {
    let plenty = matches!(mood, Mood::Plenty);
    match ty {
        Type::Bool => Value::Bool(plenty),
        Type::Num => Value::Num(if plenty { 12.0 } else { 0.0 }),
        Type::Text(Some(words)) => {
            let word = if plenty { words.first() } else { words.last() };
            Value::text(word.map_or("word", String::as_str))
        }
        Type::Any => untyped(name, used_as, locale, plenty),
        Type::Text(None) => Value::text(sample_text(name, locale)),
        Type::Instant => Value::Instant(Instant(1_775_005_200_000_000)),
        Type::Date => Value::Date(20_544),
        Type::Duration => Value::Duration(3 * DAY),
        Type::Money => Value::Money(Money::from_major(if plenty { 120_000.0 } else { 0.0 }, Currency::JPY)),
        Type::List if plenty => Value::List(vec![Value::text("a"), Value::text("b")].into()),
        Type::List => Value::List(Vec::new().into()),
    }
}

fn sample_text(name: &str, locale: Locale) -> &'static str {
    match (name, locale) {
        ("account.name", Locale::Ja) => "株式会社アクメ",
        ("account.name", Locale::En) => "Acme Inc.",
        ("contact.name", Locale::Ja) => "佐藤結衣",
        ("contact.name", Locale::En) => "Yui Sato",
        ("contact.email", _) => "yui@acme.test",
        (_, Locale::Ja) => "見本",
        (_, Locale::En) => "sample",
    }
}
