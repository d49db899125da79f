//! The page behind "unsubscribe": which topics a reader wants. GET shows it, only POST changes anything.

use std::collections::{BTreeMap, BTreeSet};

use super::unsubscribe::{Html, Unsubscribe, framed};
use crate::{
    model::{
        contact::Contact,
        fact::FactBody,
        instant::Instant,
        locale::Locale,
        message::{ChannelKind, Class},
    },
    rulebook::{
        playbook::{Body, Playbook, To},
        template::html::escape,
        titles::Titled,
        types::Rulebook,
    },
    store::api::Result,
    words::mail::{Page, page_words},
};

/// Every topic at once.
const ALL: &str = "*";

/// A topic that customers get mail of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic {
    /// Its name in templates.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Which of its mails need consent.
    pub consent: Needs,
}

/// Which mails of a topic are marketing, which goes only to those who have agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// None.
    #[default]
    Nothing,
    /// Some: the others come anyway.
    Some,
    /// All: without consent nothing of it comes.
    All,
}

/// What a POST asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// No more of the link's own topic: RFC 8058's one click, or anything we do not know.
    OneClick,
    /// These topics and no others.
    Only(BTreeSet<String>),
    /// Nothing at all.
    Nothing,
}

/// Reads a form. Whatever is not the page's own form is the one click of a mail program.
pub fn asked(body: &[u8]) -> Asked {
    let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let act = fields.iter().find(|(name, _)| name == "act").map(|(_, value)| value.as_str());
    match act {
        Some("save") => Asked::Only(fields.into_iter().filter(|(name, _)| name == "topic").map(|(_, v)| v).collect()),
        Some("none") => Asked::Nothing,
        _ => Asked::OneClick,
    }
}

/// The topics of all mails to customers that can be refused, by title.
pub fn topics(rulebook: &Rulebook, locale: Locale) -> Vec<Topic> {
    let mut found: BTreeMap<String, BTreeSet<Class>> = BTreeMap::new();
    for playbook in &rulebook.playbooks {
        for (template, class) in playbook.steps.iter().filter_map(|step| refusable(playbook, &step.body)) {
            let of = |l: &Locale| rulebook.templates.get(template, *l).map(|t| t.topic.clone());
            if let Some(name) = Locale::ALL.iter().find_map(of).filter(|topic| !topic.is_empty()) {
                found.entry(name).or_default().insert(class);
            }
        }
    }
    let topic = |(name, classes): (String, BTreeSet<Class>)| Topic {
        title: rulebook.title(Titled::Topic, &name, locale).to_owned(),
        consent: match classes.contains(&Class::Marketing) {
            true if classes.len() == 1 => Needs::All,
            true => Needs::Some,
            false => Needs::Nothing,
        },
        name,
    };
    let mut topics: Vec<Topic> = found.into_iter().map(topic).collect();
    topics.sort_by(|a, b| a.title.cmp(&b.title));
    topics
}

/// The template and class of a step that writes to customers and is no notice.
fn refusable<'p>(playbook: &'p Playbook, body: &'p Body) -> Option<(&'p str, Class)> {
    let Body::Message(message) = body else { return None };
    let to = message.to.as_ref().or(playbook.to.as_ref());
    let team = matches!(to, Some(To::Team(_) | To::Channel(_)));
    let class = message.class.unwrap_or(playbook.class);
    let wanted = message.channel == ChannelKind::Email && !team && class != Class::Notice;
    wanted.then_some((message.template.as_str(), class))
}

/// What one reader gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Each topic, and whether it is wanted.
    pub topics: Vec<(Topic, bool)>,
}

/// The page with the reader's choice; `saved` after a POST.
pub fn page(choice: &Choice, saved: bool, locale: Locale) -> Html {
    let words = page_words(locale);
    let rows: String = choice.topics.iter().map(|(topic, wanted)| row(topic, *wanted)).collect();
    let status = if saved { format!("<p role=\"status\" class=\"saved\">{}</p>", words.saved) } else { String::new() };
    framed(locale, words.title, &format!("{status}<p>{}</p>{}", words.ask, forms(&rows, words)))
}

fn forms(rows: &str, words: &Page) -> String {
    format!(
        "<form method=\"post\"><fieldset><legend>{}</legend><ul>{rows}</ul></fieldset>\
         <button type=\"submit\" name=\"act\" value=\"save\">{}</button></form>\
         <form method=\"post\"><p>{}</p><button type=\"submit\" class=\"quiet\" name=\"act\" value=\"none\">{}</button></form>",
        words.legend, words.save, words.none_ask, words.none
    )
}

fn row(topic: &Topic, wanted: bool) -> String {
    let checked = if wanted { " checked" } else { "" };
    let (name, title) = (escape(&topic.name), escape(&topic.title));
    format!("<li><label><input type=\"checkbox\" name=\"topic\" value=\"{name}\"{checked}> {title}</label></li>")
}

impl Unsubscribe {
    /// What the reader of `token` gets of `topics`; none for a token nobody minted.
    pub async fn choice(&self, token: &str, topics: Vec<Topic>) -> Result<Option<Choice>> {
        let Some((_, contact)) = self.reader(token).await? else { return Ok(None) };
        let mut all = Vec::new();
        for topic in topics {
            let comes = self.comes(&contact, &topic).await?;
            all.push((topic, comes));
        }
        Ok(Some(Choice { topics: all }))
    }

    /// Does what the page's form asks, and answers the choice as it is then; none for a token nobody minted.
    pub async fn choose(&self, token: &str, asked: &Asked, topics: Vec<Topic>, now: Instant) -> Result<Option<Choice>> {
        let Some((claims, contact)) = self.reader(token).await? else { return Ok(None) };
        let only = match asked {
            Asked::Only(only) => only.clone(),
            Asked::OneClick | Asked::Nothing => BTreeSet::new(),
        };
        let refused_all = contact.opted_out.contains(ALL) || !self.wanted(&contact, ALL).await?;
        if *asked == Asked::Nothing {
            self.set(&claims, &contact, ALL, false, now).await?;
        } else if refused_all && !only.is_empty() {
            self.set(&claims, &contact, ALL, true, now).await?;
        }
        let (mut all, mut agrees) = (Vec::new(), false);
        for topic in topics {
            let (want, comes) = (only.contains(&topic.name), self.comes(&contact, &topic).await?);
            // Once everything was refused, each topic has to be said again.
            if *asked != Asked::Nothing && (refused_all || want != comes) {
                self.set(&claims, &contact, &topic.name, want, now).await?;
            }
            agrees |= want && !comes && topic.consent != Needs::Nothing;
            all.push((topic, want));
        }
        if agrees && !consents(&contact) {
            // Ticked by the reader's own hand: without this the page would promise what never comes.
            let id = format!("consent:{}", now.0);
            self.record(&claims, &contact, &id, FactBody::Consent { given: true }, now).await?;
        }
        Ok(Some(Choice { topics: all }))
    }

    /// Whether mail of a topic comes: the reader wants it, and has agreed where all of it needs that.
    async fn comes(&self, contact: &Contact, topic: &Topic) -> Result<bool> {
        Ok((topic.consent != Needs::All || consents(contact)) && self.wanted(contact, &topic.name).await?)
    }

    /// Whether the reader wants a topic; what was refused a moment ago counts already. A mailbox that is dead or full
    /// hides no choice.
    async fn wanted(&self, contact: &Contact, topic: &str) -> Result<bool> {
        let Some(address) = contact.email() else { return Ok(contact.wants(topic)) };
        let hash = self.store.address_hash(address);
        let (all, one) = (self.store.suppression(&hash, ALL).await?, self.store.suppression(&hash, topic).await?);
        Ok(contact.wants(topic) && all.is_none() && one.is_none())
    }
}

fn consents(contact: &Contact) -> bool {
    contact.consent.as_ref().is_some_and(|consent| consent.given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pages_own_form_is_more_than_one_click() {
        for body in ["", "List-Unsubscribe=One-Click", "topic=a", "act=other", "\u{0}%%%"] {
            assert_eq!(asked(body.as_bytes()), Asked::OneClick, "{body}");
        }
        assert_eq!(asked(b"act=none&topic=a"), Asked::Nothing);
        assert_eq!(asked(b"topic=a&topic=b&act=save"), Asked::Only(["a".to_owned(), "b".to_owned()].into()));
        assert_eq!(asked(b"act=save"), Asked::Only(BTreeSet::new()));
    }

    #[test]
    fn the_page_names_every_topic_and_escapes_titles() {
        let topic = |name: &str, title: &str| Topic { name: name.into(), title: title.into(), consent: Needs::Nothing };
        let choice = Choice { topics: vec![(topic("a", "導入"), true), (topic("b", "<b>&"), false)] };
        for locale in Locale::ALL {
            let Html(html) = page(&choice, true, locale);
            assert!(html.contains("value=\"a\" checked> 導入</label>"), "{html}");
            assert!(html.contains("value=\"b\"> &lt;b&gt;&amp;</label>"), "{html}");
            assert!(html.contains("role=\"status\"") && html.contains(&format!("<html lang=\"{}\">", locale.code())));
            assert!(!html.contains("<script"), "no scripts");
        }
        assert!(!page(&choice, false, Locale::Ja).0.contains("role=\"status\""));
    }
}
