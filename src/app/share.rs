//! Reports that others may read by a link: a page as it was when the link was made, for a while, until it is taken back.

use std::sync::Arc;

use super::{
    token::{Claims, Purpose, Tokens},
    unsubscribe::Html,
};
use crate::{
    model::{
        ids::{AccountId, base32},
        instant::{DAY, Instant},
        locale::Locale,
    },
    store::api::{Result, SharedPage, Store, StoreError},
    words::share as say,
};

/// The longest a link may be good for.
pub const LONGEST: i64 = 366 * DAY;
/// Random bytes of an id.
const ID: usize = 15;

/// Makes links and shows what they lead to.
#[derive(Clone)]
pub struct Shares {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The signing keys.
    pub tokens: Arc<Tokens>,
}

impl Shares {
    /// Keeps `page` until `until`: the page's id, and the token of its link.
    pub async fn make(
        &self,
        title: &str,
        page: String,
        who: &str,
        at: Instant,
        until: Instant,
    ) -> Result<(String, String)> {
        let mut bytes = [0; ID];
        let random = rustls::crypto::ring::default_provider().secure_random;
        random.fill(&mut bytes).map_err(|_| StoreError::Engine("no randomness from the system".to_owned()))?;
        let id = base32(&bytes);
        let about = SharedPage { id: id.clone(), title: title.to_owned(), who: who.to_owned(), at, until };
        self.store.share(about, page).await?;
        let claims = Claims { account: AccountId(0), contact: None, subject: id.clone() };
        Ok((id, self.tokens.mint(Purpose::Share, &claims)))
    }

    /// The page behind a token. None, whether the token is forged, its page was taken back or its day is over.
    pub async fn page(&self, token: &str, now: Instant) -> Result<Option<String>> {
        match self.tokens.read(Purpose::Share, token) {
            Some(claims) => self.store.shared(&claims.subject, now).await,
            None => Ok(None),
        }
    }
}

/// What everybody sees who comes with a link that leads nowhere.
pub fn nothing(locale: Locale) -> Html {
    super::unsubscribe::page(locale, say::nothing_title(locale), say::nothing(locale), "")
}
