//! `GET|POST /u/{token}`: refusing further mail. GET only shows a page, because mail scanners follow
//! links; POST (RFC 8058: from the mail program itself, or by the page's button) does it.

use std::sync::Arc;

use super::{
    heir,
    journal::{Journal, refusal::Suppression},
    token::{Claims, Purpose, Tokens},
};
use crate::{
    model::{
        contact::Contact,
        fact::{FactBody, Incoming},
        instant::Instant,
        locale::Locale,
    },
    store::api::{Result, Store},
    words::{Word, say},
};

/// A complete HTML page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Html(pub String);

/// The two handlers and what they need.
#[derive(Clone)]
pub struct Unsubscribe {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The signing keys.
    pub tokens: Arc<Tokens>,
    /// Beside the store, so that a restored backup does not forget a refusal.
    pub journal: Option<Arc<Journal>>,
}

/// The page with the button. The same for every token, known or not; changes nothing.
pub fn get_page(_token: &str, locale: Locale) -> Html {
    let form = format!(
        "<form method=\"post\"><button type=\"submit\">{}</button></form>",
        say(locale, Word::UnsubscribeButton)
    );
    page(locale, say(locale, Word::UnsubscribeTitle), say(locale, Word::UnsubscribeAsk), &form)
}

/// The page after the POST. The same for every token.
pub fn done_page(locale: Locale) -> Html {
    page(locale, say(locale, Word::UnsubscribeTitle), say(locale, Word::UnsubscribeDone), "")
}

impl Unsubscribe {
    /// Refuses further mail of the token's topic to the token's contact: the address is suppressed (from
    /// this commit on no message of that topic is handed over to it) and the fact is recorded. An unknown
    /// token changes nothing and gets the same answer. Error: the store; say 503, mail programs try again.
    pub async fn post(&self, token: &str, now: Instant) -> Result<()> {
        let Some((claims, contact)) = self.reader(token).await? else { return Ok(()) };
        self.set(&claims, &contact, &claims.subject, false, now).await
    }

    /// Whose token it is; none for a token nobody minted, or of somebody who is gone. Of an account that was merged
    /// since the mail went out the reader is found at the one that stays: the claims answered are about that one.
    pub(super) async fn reader(&self, token: &str) -> Result<Option<(Claims, Contact)>> {
        let Some(claims) = self.tokens.read(Purpose::Unsub, token) else { return Ok(None) };
        let Some(id) = claims.contact else { return Ok(None) };
        let found = heir::reader(self.store.as_ref(), claims.account, id).await?;
        Ok(found.map(|(account, contact)| (Claims { account, ..claims }, contact)))
    }

    /// The reader's own word on a topic (`*` = all): the address is suppressed, or no longer, and the fact recorded.
    pub(super) async fn set(
        &self,
        claims: &Claims,
        contact: &Contact,
        topic: &str,
        wanted: bool,
        now: Instant,
    ) -> Result<()> {
        if let Some(address) = contact.email() {
            let hash = self.store.address_hash(address);
            let word = Suppression { address: &hash, topic, reason: "unsubscribed", on: !wanted };
            word.say(self.store.as_ref(), self.journal.as_ref(), now).await?;
        }
        let id = if wanted { format!("{topic}:{}:on", now.0) } else { format!("{topic}:{}", now.0) };
        let body = FactBody::Subscription { topic: topic.to_owned(), subscribed: wanted };
        self.record(claims, contact, &id, body, now).await
    }

    /// Records what the reader said; each `id` once for each contact.
    pub(super) async fn record(
        &self,
        claims: &Claims,
        contact: &Contact,
        id: &str,
        body: FactBody,
        now: Instant,
    ) -> Result<()> {
        let Some(account) = self.store.snapshot(claims.account).await? else { return Ok(()) };
        let fact = Incoming {
            account: Some(account.key),
            contact: Some(contact.key.clone()),
            occurred_at: now,
            received_at: now,
            source: "unsubscribe".to_owned(),
            event_id: format!("{}:{}:{id}", claims.account.0, contact.id.0),
            body,
        };
        self.store.append(vec![fact]).await.map(|_| ())
    }
}

/// The page where the store could not take it: the same for every token.
pub fn trouble_page(locale: Locale) -> Html {
    page(locale, say(locale, Word::TroubleTitle), say(locale, Word::TryAgain), "")
}

/// A small page that needs nothing but itself.
pub(super) fn page(locale: Locale, title: &str, text: &str, form: &str) -> Html {
    framed(locale, title, &format!("<p>{text}</p>{form}"))
}

/// The frame around a page's content (HTML).
pub(super) fn framed(locale: Locale, title: &str, content: &str) -> Html {
    Html(format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main><h1>{title}</h1>{content}</main></body></html>",
        locale.code()
    ))
}

/// Contrast of at least 4.5 in both schemes, a visible focus, targets of 44 pixels.
const STYLE: &str = ":root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--line:#737373;--act:#1d4ed8;--on:#fff;--good:#166534;--bad:#b91c1c}\
    @media (prefers-color-scheme:dark){:root{--ink:#f2f2f2;--paper:#171717;--line:#a3a3a3;--act:#93c5fd;--on:#0b1220;--good:#86efac;--bad:#fca5a5}}\
    body{font:1.1rem/1.7 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1rem;color:var(--ink);background:var(--paper)}\
    h1{font-size:1.5rem;line-height:1.3}fieldset{border:1px solid var(--line);border-radius:.4rem;padding:.5rem 1rem;margin:0 0 1rem}\
    legend{padding:0 .4rem;font-weight:600}ul{list-style:none;margin:0;padding:0}\
    label{display:flex;gap:.7rem;align-items:center;min-height:2.75rem;cursor:pointer}\
    input{width:1.25rem;height:1.25rem;accent-color:var(--act);flex:none}\
    button{font:inherit;min-height:2.75rem;padding:.5rem 1.4rem;border:1px solid var(--act);border-radius:.4rem;background:var(--act);color:var(--on);cursor:pointer}\
    button.quiet{background:transparent;color:var(--act)}form+form{margin-top:2.5rem;border-top:1px solid var(--line)}\
    .saved{color:var(--good);font-weight:600}.amiss{color:var(--bad);font-weight:600}\
    .scale{border:0;padding:0}.scale legend{padding:0}\
    .points{display:grid;grid-template-columns:repeat(var(--few),1fr);gap:.4rem;margin:.6rem 0}\
    @media (min-width:36rem){.points{grid-template-columns:repeat(var(--many),1fr)}}\
    .points label{position:relative;gap:0}.points input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}\
    .points span{flex:1;line-height:2.75rem;text-align:center;border:1px solid var(--line);border-radius:.4rem;font-variant-numeric:tabular-nums}\
    .points input:checked+span{background:var(--act);border-color:var(--act);color:var(--on);font-weight:700}\
    .points input:focus-visible+span{outline:3px solid #f59e0b;outline-offset:2px}\
    @media (forced-colors:active){.points input:checked+span{outline:3px solid}}\
    .ends{display:flex;justify-content:space-between;gap:1rem;margin:0 0 .6rem;font-size:.9rem}.ends span:last-child{text-align:right}\
    textarea{box-sizing:border-box;width:100%;margin:.2rem 0 1rem;padding:.6rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.4rem}\
    :focus-visible{outline:3px solid #f59e0b;outline-offset:2px}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_by_a_button_in_both_languages_and_never_names_the_token() {
        for locale in Locale::ALL {
            let Html(page) = get_page("secret-token", locale);
            assert!(page.contains("<form method=\"post\"><button type=\"submit\">"));
            assert!(page.contains(&format!("<html lang=\"{}\">", locale.code())));
            assert!(!page.contains("secret-token"));
            assert!(!done_page(locale).0.contains("<form"));
        }
    }
}
