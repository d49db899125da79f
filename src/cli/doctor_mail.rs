//! `doctor`: the mailbox that is read, and what receivers learn from DNS about our senders.

use std::collections::BTreeSet;

use super::{Failure, assemble::Running, bounce};
use crate::{
    channel::email::{
        dkim::Dkim,
        names::{Names, NoAnswer},
        standing::{self, Check, Found, Own, Signing},
        text,
    },
    config::{Config, Transport},
    model::locale::Locale,
    words::domain as say,
};

/// What was looked at, and how it is: in order (with a detail), only to be looked at by hand, or to be mended.
pub struct Told {
    /// `spf example.com`.
    pub check: String,
    /// The detail, or what to mend.
    pub said: Result<String, String>,
}

/// The mailbox, if one is read.
pub async fn mailbox(running: &Running) -> Result<Option<Told>, Failure> {
    let Some((settings, _)) = bounce::mailbox(&running.project)? else { return Ok(None) };
    let said = match settings.open().await {
        Ok(open) => {
            open.close().await;
            Ok(format!("{}:{} {}", settings.host, settings.port, settings.folder))
        }
        Err(error) => Err(format!("{}; email.bounce.imap", text::reply(&error.to_string()))),
    };
    Ok(Some(Told { check: "imap".to_owned(), said }))
}

/// SPF, DKIM and DMARC of every sender's domain; nothing where mail does not leave.
pub async fn domains(config: &Config, locale: Locale) -> Vec<Told> {
    let Transport::Smtp(smtp) = &config.email.transport else { return Vec::new() };
    let dkim = config.email.dkim.as_ref();
    let dkim = dkim.map(|d| Dkim { selector: &d.selector, domain: &d.domain, private_key: d.key.expose() });
    let key = dkim.and_then(|dkim| dkim.public());
    let own = dkim.map(|dkim| Own { selector: dkim.selector, domain: dkim.domain, key: key.as_ref() });
    let signing = Signing { host: &smtp.host, relay: standing::relay(&smtp.host), own };
    let relay = signing.relay.map_or(say::the_relay(locale), |relay| relay.name);
    let names = Names::new(config.email.resolver);
    let mut lines = Vec::new();
    for domain in senders(config) {
        let found = match &names {
            Ok(names) => standing::look(names, &domain, signing).await,
            Err(NoAnswer) => [Check::Spf, Check::Dkim, Check::Dmarc].map(|check| (check, Found::NoAnswer)).to_vec(),
        };
        for (check, found) in found {
            let said = said(locale, check, &found, relay, &domain);
            lines.push(Told { check: format!("{} {domain}", check.word()), said });
        }
    }
    lines
}

/// The domains that mail may come from: senders, and colleagues whose customers get mail from them.
fn senders(config: &Config) -> BTreeSet<String> {
    let named = std::iter::once(&config.email.from).chain(config.email.senders.values()).map(|sender| &sender.address);
    let people = config.people.values().filter_map(|person| person.email.as_ref());
    let domain = |address: &str| address.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    named.chain(people).map(|address| domain(address.as_str())).collect()
}

fn said(locale: Locale, check: Check, found: &Found, relay: &str, domain: &str) -> Result<String, String> {
    match found {
        Found::Fine(record) => Ok(say::fine(locale, record)),
        Found::ByHand => Ok(say::by_hand(locale, relay, domain)),
        Found::NoAnswer => Ok(say::no_answer(locale, check.word(), domain)),
        Found::Several => Err(say::several(locale).to_owned()),
        Found::Everybody => Err(say::everybody(locale).to_owned()),
        Found::Missing { at, add } => Err(say::missing(locale, at, add, relay)),
        Found::NotIncluded(include) => Err(say::not_included(locale, relay, include)),
        Found::TooLong(lookups) => Err(say::too_long(locale, *lookups)),
        Found::OtherKey { at, add } => Err(say::other_key(locale, at, add)),
        Found::Withdrawn(at) => Err(say::withdrawn(locale, at)),
        Found::OtherDomain(signed) => Err(say::other_domain(locale, signed, domain)),
    }
}
