//! `GET|POST /u/{token}`: refusing further mail. GET only shows a page, because mail scanners follow
//! links; POST (RFC 8058: from the mail program itself, or by the page's button) does it.

use std::sync::Arc;

use super::{
    journal::{Journal, Record},
    token::{Claims, Purpose, Tokens},
};
use crate::{
    model::{
        contact::Contact,
        fact::{FactBody, Incoming},
        instant::Instant,
        locale::Locale,
    },
    store::api::{Result, Store, StoreError},
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
        let Some(claims) = self.tokens.read(Purpose::Unsub, token) else { return Ok(()) };
        let Some(id) = claims.contact else { return Ok(()) };
        let Some(contact) = self.store.contact(claims.account, id).await? else { return Ok(()) };
        if let Some(address) = contact.email() {
            self.suppress(address, &claims.subject, now).await?;
        }
        self.record(&claims, &contact, now).await
    }

    async fn suppress(&self, address: &str, topic: &str, now: Instant) -> Result<()> {
        let hash = self.store.address_hash(address);
        self.store.suppress(&hash, topic, "unsubscribed", true, now).await?;
        let Some(journal) = self.journal.clone() else { return Ok(()) };
        let record = Record::Suppressed(hash, topic.to_owned(), true, now);
        let written = tokio::task::spawn_blocking(move || journal.append(&[record], true)).await;
        match written {
            Ok(done) => done.map_err(|e| StoreError::Engine(e.to_string())),
            Err(e) => Err(StoreError::Engine(e.to_string())),
        }
    }

    async fn record(&self, claims: &Claims, contact: &Contact, now: Instant) -> Result<()> {
        let Some(account) = self.store.snapshot(claims.account).await? else { return Ok(()) };
        let fact = Incoming {
            account: Some(account.key),
            contact: Some(contact.key.clone()),
            occurred_at: now,
            received_at: now,
            source: "unsubscribe".to_owned(),
            event_id: format!("{}:{}:{}:{}", claims.account.0, contact.id.0, claims.subject, now.0),
            body: FactBody::Subscription { topic: claims.subject.clone(), subscribed: false },
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
    Html(format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>\
         body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#1a1a1a;background:#fff}}\
         button{{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.4rem;background:#1d4ed8;color:#fff;cursor:pointer}}\
         button:focus-visible{{outline:3px solid #f59e0b;outline-offset:2px}}</style></head>\
         <body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>",
        locale.code()
    ))
}

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
