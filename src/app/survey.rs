//! `GET|POST /s/{token}`: a contact answers a survey. GET only shows the page with the number of the link chosen, because
//! mail scanners follow every link; the page's button answers. An answer given again corrects the one before.

use std::sync::Arc;

use super::{
    heir,
    token::{Claims, Purpose, Tokens},
    unsubscribe::{Html, framed, page},
};
use crate::{
    model::{
        fact::{Fact, FactBody, Incoming},
        ids::{AccountId, ContactId, RunId},
        instant::{DAY, Instant},
        locale::Locale,
        safe::clean_lines,
        survey::{self, Kind},
        value::{Props, Value},
    },
    rulebook::template::html::escape,
    store::api::{Result, Store},
    words::survey as words,
};

/// Whole days for which a link takes answers.
const OPEN_DAYS: i64 = 90;
/// Longest comment, in characters; the rest is cut.
pub const COMMENT: usize = 2_000;
/// Answers that one contact may give to one survey: corrections end somewhere.
const CORRECTIONS: usize = 20;
/// The run of a preview: its links show the page and record nothing.
const PREVIEW: &str = "preview";
/// The source of answers by link.
const SOURCE: &str = "survey-link";

/// The handlers and what they need.
#[derive(Clone)]
pub struct Surveys {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The signing keys.
    pub tokens: Arc<Tokens>,
    /// Whom the question is about; may be empty.
    pub company: String,
}

/// Which survey a link answers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Survey {
    kind: Kind,
    account: AccountId,
    contact: ContactId,
    /// The same for every mail of one run to its reader: a reminder asks no second question.
    name: String,
}

/// What came of a POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer stands.
    Noted(u8),
    /// No number was chosen: the form again, with what was written.
    Unanswered(Form),
    /// The link takes no answers.
    Closed,
}

/// The page's form as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Which scale.
    pub kind: Kind,
    /// The number chosen.
    pub score: Option<u8>,
    /// What is written in the box.
    pub comment: String,
}

/// A form's fields as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The number, if it was one.
    pub score: Option<u8>,
    /// The comment: no control characters, at most [`COMMENT`] characters.
    pub comment: String,
}

impl Sent {
    /// Reads a form or a query. Of a field given twice the first counts.
    pub fn read(bytes: &[u8]) -> Sent {
        let field = |wanted: &str| {
            form_urlencoded::parse(bytes).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let comment = clean_lines(&field("comment").unwrap_or_default());
        Sent {
            score: field("score").and_then(|score| score.parse().ok()),
            comment: comment.trim().chars().take(COMMENT).collect(),
        }
    }
}

impl Surveys {
    /// The form behind a link, with the query's number chosen; none for a link that is forged, over or nobody's. Changes
    /// nothing. Error: the store.
    pub async fn form(&self, token: &str, query: &[u8], now: Instant) -> Result<Option<Form>> {
        let Some(survey) = self.survey(token, now).await? else { return Ok(None) };
        let chosen = Sent::read(query).score.filter(|score| survey.kind.answers().contains(score));
        Ok(Some(Form { kind: survey.kind, score: chosen, comment: String::new() }))
    }

    /// Records the answer: the fact `survey.responded {kind, score, comment, survey}` of the link's contact. The same
    /// answer again changes nothing, another one corrects it. Error: the store; say 503.
    pub async fn post(&self, token: &str, body: &[u8], now: Instant) -> Result<Outcome> {
        let Some(survey) = self.survey(token, now).await? else { return Ok(Outcome::Closed) };
        let sent = Sent::read(body);
        let Some(score) = sent.score.filter(|score| survey.kind.answers().contains(score)) else {
            return Ok(Outcome::Unanswered(Form { kind: survey.kind, score: None, comment: sent.comment }));
        };
        if survey.name != PREVIEW {
            self.record(&survey, score, &sent.comment, now).await?;
        }
        Ok(Outcome::Noted(score))
    }

    async fn survey(&self, token: &str, now: Instant) -> Result<Option<Survey>> {
        let read = self.tokens.read(Purpose::Survey, token).and_then(|claims| read(&claims, now));
        let Some(survey) = read else { return Ok(None) };
        let found = heir::reader(self.store.as_ref(), survey.account, survey.contact).await?;
        Ok(found.map(|(account, contact)| Survey { account, contact: contact.id, ..survey }))
    }

    async fn record(&self, survey: &Survey, score: u8, comment: &str, now: Instant) -> Result<()> {
        let (account, contact) = (survey.account, survey.contact);
        let since = now.plus(-(OPEN_DAYS + 1) * DAY);
        let given = self.store.answers(account, contact, since, 10 * CORRECTIONS).await?;
        let earlier: Vec<&Props> = given.iter().filter_map(|fact| answer_to(fact, survey)).collect();
        let props = props(survey, score, comment);
        if earlier.first().is_some_and(|last| **last == props) || earlier.len() >= CORRECTIONS {
            return Ok(());
        }
        let (Some(snapshot), Some(person)) =
            (self.store.snapshot(account).await?, self.store.contact(account, contact).await?)
        else {
            return Ok(());
        };
        let fact = Incoming {
            account: Some(snapshot.key),
            contact: Some(person.key),
            occurred_at: now,
            received_at: now,
            source: SOURCE.to_owned(),
            // Numbered: of two that come at once one counts.
            event_id: format!("{}:{}:{}:{}:{}", account.0, contact.0, survey.kind.word(), survey.name, earlier.len()),
            body: FactBody::event(survey::RESPONDED, props),
        };
        self.store.append(vec![fact]).await.map(|_| ())
    }
}

/// What an answer to this survey says.
fn answer_to<'f>(fact: &'f Fact, survey: &Survey) -> Option<&'f Props> {
    let FactBody::Event { props, .. } = &fact.body else { return None };
    let text = |name: &str| props.get(name).and_then(Value::as_text);
    (text("survey") == Some(&survey.name) && text("kind") == Some(survey.kind.word())).then_some(props)
}

fn props(survey: &Survey, score: u8, comment: &str) -> Props {
    let mut props = Props::from([
        ("kind".to_owned(), Value::text(survey.kind.word())),
        ("score".to_owned(), Value::Num(f64::from(score))),
        ("survey".to_owned(), Value::text(&survey.name)),
    ]);
    if !comment.is_empty() {
        props.insert("comment".to_owned(), Value::text(comment));
    }
    props
}

/// What the token of a survey is about: which kind, the last day it takes answers, and who is asked by which run.
pub fn subject(kind: Kind, asked: Instant, run: &RunId, contact: ContactId) -> String {
    let name = if run.0 == PREVIEW { PREVIEW.to_owned() } else { survey::name(run, contact) };
    format!("{}:{}:{name}", kind.word(), asked.0.div_euclid(DAY) + OPEN_DAYS)
}

fn read(claims: &Claims, now: Instant) -> Option<Survey> {
    let mut parts = claims.subject.splitn(3, ':');
    let kind = Kind::parse(parts.next()?)?;
    let last: i64 = parts.next()?.parse().ok()?;
    let name = parts.next()?.to_owned();
    let open = now.0.div_euclid(DAY) <= last;
    open.then_some(Survey { kind, account: claims.account, contact: claims.contact?, name })
}

/// The page with the form; `amiss`: it was sent without a number.
pub fn form_page(form: &Form, amiss: bool, company: &str, locale: Locale) -> Html {
    let (few, many) = match form.kind {
        Kind::Nps => (6, 11),
        Kind::Csat => (5, 5),
        Kind::Ces => (7, 7),
    };
    let points: String = form.kind.answers().map(|score| point(score, form.score)).collect();
    let (low, high) = words::ends(locale, form.kind);
    let ends = form.kind.ends();
    let (low, high) = (words::named(locale, ends.0, low), words::named(locale, ends.1, high));
    let alert =
        if amiss { format!("<p role=\"alert\" class=\"amiss\">{}</p>", words::choose(locale)) } else { String::new() };
    let content = format!(
        "{alert}<form method=\"post\"><fieldset class=\"scale\"><legend>{}</legend><div class=\"points\" style=\"--few:{few};--many:{many}\">\
         {points}</div><p class=\"ends\"><span>{}</span><span>{}</span></p></fieldset>\
         <label for=\"comment\">{}</label><textarea id=\"comment\" name=\"comment\" rows=\"4\" maxlength=\"{COMMENT}\">\n{}</textarea>\
         <button type=\"submit\">{}</button></form>",
        escape(&words::question(locale, form.kind, company)),
        escape(&low),
        escape(&high),
        words::comment(locale),
        escape(&form.comment),
        words::button(locale)
    );
    framed(locale, words::title(locale), &content)
}

fn point(score: u8, chosen: Option<u8>) -> String {
    let checked = if chosen == Some(score) { " checked" } else { "" };
    format!(
        "<label><input type=\"radio\" name=\"score\" value=\"{score}\" required{checked}><span>{score}</span></label>"
    )
}

/// The page after the answer.
pub fn thanks_page(score: u8, locale: Locale) -> Html {
    page(locale, words::thanks(locale), &words::recorded(locale, score), "")
}

/// The page behind a link that takes no answers: the same whatever is wrong with it.
pub fn closed_page(locale: Locale) -> Html {
    page(locale, words::closed_title(locale), words::closed(locale), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_page_shows_every_number_and_the_links_one_is_chosen() {
        for (kind, few) in [(Kind::Nps, 11), (Kind::Csat, 5), (Kind::Ces, 7)] {
            for locale in Locale::ALL {
                let form = Form { kind, score: Some(5), comment: String::new() };
                let Html(page) = form_page(&form, false, "Acme & <Co>", locale);
                assert_eq!(page.matches("type=\"radio\"").count(), few, "{page}");
                assert_eq!(page.matches(" checked>").count(), 1);
                assert!(
                    page.contains("value=\"5\" required checked>") && page.contains("Acme &amp; &lt;Co&gt;"),
                    "{page}"
                );
                assert!(page.contains(&format!("lang=\"{}\"", locale.code())) && !page.contains("<script"), "{page}");
            }
        }
    }

    #[test]
    fn a_link_is_over_after_its_last_day() {
        let asked = Instant(20_000 * DAY + 5);
        let claims = |subject: String| Claims { account: AccountId(1), contact: Some(ContactId(2)), subject };
        let token = claims(subject(Kind::Ces, asked, &RunId("run1".into()), ContactId(2)));
        let open = |days: i64| read(&token, asked.plus(days * DAY));
        let name = survey::name(&RunId("run1".into()), ContactId(2));
        assert_eq!(open(90).map(|s| (s.kind, s.name)), Some((Kind::Ces, name)));
        assert_eq!(open(91), None);
        for wrong in ["", "nps", "nps:99999", "nsp:99999:x", "nps:x:y"] {
            assert_eq!(read(&claims(wrong.to_owned()), asked), None, "{wrong}");
        }
        assert_eq!(read(&Claims { contact: None, ..token }, asked), None, "a survey is a person's");
    }

    #[test]
    fn a_number_is_one_or_none() {
        for wrong in ["", "score=", "score=9.5", "score=-1", "score=300", "score=+9x", "Score=9", "\u{0}%%%"] {
            assert_eq!(Sent::read(wrong.as_bytes()).score, None, "{wrong}");
        }
        assert_eq!(Sent::read(b"score=9&score=1").score, Some(9));
    }

    proptest! {
        #[test]
        fn no_comment_leaves_its_box(comment in "\\PC{0,80}|[<>\"'&/a-z=\r\n\t ]{0,200}") {
            let body: String = form_urlencoded::Serializer::new(String::new()).append_pair("comment", &comment).finish();
            let sent = Sent::read(body.as_bytes());
            prop_assert!(sent.comment.chars().count() <= COMMENT);
            let form = Form { kind: Kind::Nps, score: None, comment: sent.comment };
            let Html(page) = form_page(&form, true, &comment, Locale::En);
            let plain = form_page(&Form { comment: String::new(), ..form }, true, "", Locale::En).0;
            // Whatever was written, the page has the same elements.
            prop_assert_eq!(page.matches('<').count(), plain.matches('<').count());
            prop_assert_eq!(page.matches('>').count(), plain.matches('>').count());
            prop_assert_eq!(page.matches('"').count(), plain.matches('"').count());
        }

        #[test]
        fn no_body_stops_the_reader(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            Sent::read(&body);
        }
    }
}
