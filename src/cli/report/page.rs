//! A report as one HTML file that needs nothing else and prints well.

use minijinja::{
    AutoEscape, Environment, context,
    value::{Serde, Value},
};
use serde::Serialize;

use crate::model::{
    locale::Locale,
    reply::{Part, Reply},
};

const PAGE: &str = include_str!("page.html");

/// A chart with the heading it belongs to.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The heading of its section.
    pub under: String,
    /// Before the section's text, or after it.
    pub first: bool,
    /// What it shows.
    pub title: String,
    /// The drawing; nothing is shown where it is empty.
    pub svg: String,
}

impl Figure {
    /// A chart that stands before its section's text.
    pub fn first(under: &str, title: &str, svg: String) -> Figure {
        Figure { under: under.to_owned(), first: true, title: title.to_owned(), svg }
    }
}

/// A column of the chain from the result to the work.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its title.
    pub title: String,
    /// Names and figures.
    pub rows: Vec<(String, String)>,
}

/// What stands beside the text.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Charts.
    pub figures: Vec<Figure>,
    /// A heading, and the chain below it.
    pub chain: Option<(String, Vec<Column>)>,
}

/// A heading with what is below it.
#[derive(Debug, Default, Serialize)]
struct Section<'a> {
    heading: &'a str,
    parts: Vec<&'a Part>,
    before: Vec<&'a Figure>,
    after: Vec<&'a Figure>,
    chain: &'a [Column],
}

/// The page.
///
/// # Errors
/// The template does not fit the data: a fault of ours.
pub fn html(reply: &Reply, extras: &Extras, locale: Locale) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let sections = sections(reply, extras);
    let data = context! {
        title => reply.title.as_str(),
        footer => reply.footer.as_str(),
        sections => Value::from(Serde(sections)),
        lang => locale.code(),
    };
    environment.render_str(PAGE, data).map(|page| joined(&page)).map_err(|e| e.to_string())
}

/// A sign stays on the line of its amount: browsers break `+¥834,712` behind the sign (UAX 14).
fn joined(page: &str) -> String {
    let amounts = ["¥", "$", "€", "£"].into_iter().flat_map(|symbol| ["+", "-"].map(|sign| (sign, symbol)));
    amounts.fold(page.to_owned(), |page, (sign, symbol)| {
        page.replace(&format!("{sign}{symbol}"), &format!("{sign}&NoBreak;{symbol}"))
    })
}

fn sections<'a>(reply: &'a Reply, extras: &'a Extras) -> Vec<Section<'a>> {
    let mut all = vec![Section::default()];
    for part in &reply.parts {
        match (part, all.last_mut()) {
            (Part::Heading(heading), _) => all.push(opened(heading, extras)),
            (_, Some(section)) => section.parts.push(part),
            (_, None) => {}
        }
    }
    all
}

fn opened<'a>(heading: &'a str, extras: &'a Extras) -> Section<'a> {
    let mine = |first: bool| {
        extras.figures.iter().filter(move |f| f.under == heading && f.first == first && !f.svg.is_empty()).collect()
    };
    let chain = extras.chain.as_ref().filter(|(under, _)| under == heading);
    Section {
        heading,
        parts: Vec::new(),
        before: mine(true),
        after: mine(false),
        chain: chain.map_or(&[][..], |(_, columns)| columns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_stood_at_the_end_of_a_line_and_its_amount_on_the_next() {
        let reply = Reply::new(Locale::Ja, "t".to_owned()).line("当月のMRRは¥9,000,000（+¥834,712、-$5.00）です");
        let page = html(&reply, &Extras::default(), Locale::Ja).unwrap();
        assert!(page.contains("+&NoBreak;¥834,712") && page.contains("-&NoBreak;$5.00"), "{page}");
    }
}
