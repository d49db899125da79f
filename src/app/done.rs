//! `GET|POST /d/{token}`: a customer says that a task of the shared plan is done. GET only shows a page, because mail
//! scanners follow links; the page's button does it.

use std::sync::Arc;

use super::{
    heir,
    token::{Purpose, Tokens},
    unsubscribe::Html,
};
use crate::{
    model::{
        fact::{Act, FactBody, Incoming},
        instant::Instant,
        locale::Locale,
    },
    store::api::{Result, Store},
    words::plan,
};

/// The handlers and what they need.
#[derive(Clone)]
pub struct Done {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The signing keys.
    pub tokens: Arc<Tokens>,
}

/// The page with the button. The same for every token, known or not; changes nothing.
pub fn get_page(locale: Locale) -> Html {
    let form = format!("<form method=\"post\"><button type=\"submit\">{}</button></form>", plan::page_button(locale));
    super::unsubscribe::page(locale, plan::page_title(locale), plan::page_ask(locale), &form)
}

/// The page after the POST. The same for every token.
pub fn done_page(locale: Locale) -> Html {
    super::unsubscribe::page(locale, plan::page_title(locale), plan::page_done(locale), "")
}

impl Done {
    /// Records that the token's task is done; twice is once. An unknown token changes nothing and gets the same
    /// answer. Error: the store.
    pub async fn post(&self, token: &str, now: Instant) -> Result<()> {
        let Some(claims) = self.tokens.read(Purpose::Done, token) else { return Ok(()) };
        let Some(account) = heir::account(self.store.as_ref(), claims.account).await? else { return Ok(()) };
        let fact = Incoming {
            account: Some(account.key),
            contact: None,
            occurred_at: now,
            received_at: now,
            source: "done-link".to_owned(),
            event_id: format!("{}:{}", claims.account.0, claims.subject),
            body: FactBody::Command(Act::TaskDone { task: claims.subject }),
        };
        self.store.append(vec![fact]).await.map(|_| ())
    }
}
