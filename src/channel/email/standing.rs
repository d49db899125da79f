//! Whether receivers can tell that our mail is ours: SPF, DKIM and DMARC of a sender's domain.

use super::{
    dkim::Public,
    names::{Answer, LOOKUPS, Names, NoAnswer, Spf},
};

/// What is known about a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relay {
    /// How it is called.
    pub name: &'static str,
    /// Its servers: names, or ends of names.
    hosts: &'static [&'static str],
    /// What the domain's SPF has to include; none = it writes from a domain of its own.
    pub include: Option<&'static str>,
    /// Where its DKIM keys are; empty = that differs from customer to customer.
    pub selectors: &'static [&'static str],
}

/// Relays whose records are known.
const RELAYS: [Relay; 7] = [
    Relay {
        name: "Google Workspace",
        hosts: &["smtp.gmail.com", "smtp-relay.gmail.com"],
        include: Some("_spf.google.com"),
        selectors: &["google"],
    },
    Relay {
        name: "Microsoft 365",
        hosts: &["smtp.office365.com", ".mail.protection.outlook.com"],
        include: Some("spf.protection.outlook.com"),
        selectors: &["selector1", "selector2"],
    },
    Relay { name: "Amazon SES", hosts: &[".amazonaws.com"], include: None, selectors: &[] },
    Relay { name: "SendGrid", hosts: &["smtp.sendgrid.net"], include: None, selectors: &["s1", "s2"] },
    Relay { name: "Mailgun", hosts: &["smtp.mailgun.org", "smtp.eu.mailgun.org"], include: None, selectors: &[] },
    Relay { name: "Postmark", hosts: &["smtp.postmarkapp.com"], include: None, selectors: &[] },
    Relay { name: "Resend", hosts: &["smtp.resend.com"], include: None, selectors: &["resend"] },
];

/// The relay behind a host, if it is one we know.
pub fn relay(host: &str) -> Option<Relay> {
    let host = host.to_ascii_lowercase();
    let fits = |known: &str| if known.starts_with('.') { host.ends_with(known) } else { host == known };
    RELAYS.into_iter().find(|relay| relay.hosts.iter().any(|known| fits(known)))
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Which servers may send.
    Spf,
    /// The signature's key.
    Dkim,
    /// What receivers do where neither fits.
    Dmarc,
}

impl Check {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Check::Spf => "spf",
            Check::Dkim => "dkim",
            Check::Dmarc => "dmarc",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// In order: the record, or why none is needed.
    Fine(String),
    /// Several records, of which receivers take none.
    Several,
    /// There is none: this one is to be added at this name.
    Missing {
        /// The name.
        at: String,
        /// Its text; empty = the provider's console shows it.
        add: String,
    },
    /// The relay is not allowed: this has to come into the record.
    NotIncluded(&'static str),
    /// It allows everybody.
    Everybody,
    /// It takes more look-ups than receivers make.
    TooLong(usize),
    /// Another key than the one we sign with is published: every signature fails.
    OtherKey {
        /// The name.
        at: String,
        /// The record that belongs there.
        add: String,
    },
    /// The key is withdrawn (`p=` is empty), at this name.
    Withdrawn(String),
    /// The signature's domain is not the sender's, nor above it.
    OtherDomain(String),
    /// The relay signs, by a key we cannot know the name of.
    ByHand,
    /// Nobody answered.
    NoAnswer,
}

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The relay's host.
    pub host: &'a str,
    /// The relay, if we know it.
    pub relay: Option<Relay>,
    /// The key, where we sign ourselves.
    pub own: Option<Own<'a>>,
}

/// A key of our own.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// Its name in DNS, below `_domainkey`.
    pub selector: &'a str,
    /// The domain that signs.
    pub domain: &'a str,
    /// Its public half; none = it cannot be read.
    pub key: Option<&'a Public>,
}

/// Looks everything up for the domain of a sender.
pub async fn look(names: &Names, domain: &str, signing: Signing<'_>) -> Vec<(Check, Found)> {
    let (spf, dkim, dmarc) = tokio::join!(names.spf(domain), dkim(names, domain, signing), names.dmarc(domain));
    vec![(Check::Spf, judge_spf(spf, domain, signing)), (Check::Dkim, dkim), (Check::Dmarc, judge_dmarc(dmarc, domain))]
}

fn judge_spf(spf: Result<Spf, NoAnswer>, domain: &str, signing: Signing<'_>) -> Found {
    let Ok(spf) = spf else { return Found::NoAnswer };
    let relay = signing.relay;
    let include = relay.and_then(|relay| relay.include);
    let Some(record) = spf.records.first() else {
        return match (relay, include) {
            (Some(relay), None) => Found::Fine(format!("{}: -", relay.name)),
            (_, Some(include)) => missing(domain, format!("v=spf1 include:{include} ~all")),
            (None, None) => missing(domain, format!("v=spf1 {} ~all", by_host(signing.host))),
        };
    };
    let everybody = record.split_whitespace().any(|term| matches!(term.to_ascii_lowercase().as_str(), "all" | "+all"));
    match include.filter(|name| !spf.included.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        _ if spf.records.len() > 1 => Found::Several,
        _ if everybody => Found::Everybody,
        _ if spf.lookups > LOOKUPS => Found::TooLong(spf.lookups),
        Some(include) => Found::NotIncluded(include),
        None => Found::Fine(record.clone()),
    }
}

/// A relay we do not know, as SPF names it.
fn by_host(host: &str) -> String {
    match host.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        Ok(ip) if ip.is_loopback() => "mx".to_owned(),
        Ok(ip) if ip.is_ipv4() => format!("ip4:{ip}"),
        Ok(ip) => format!("ip6:{ip}"),
        Err(_) if host == "localhost" => "mx".to_owned(),
        Err(_) => format!("a:{host}"),
    }
}

fn missing(at: &str, add: String) -> Found {
    Found::Missing { at: at.to_owned(), add }
}

fn judge_dmarc(answer: Answer, domain: &str) -> Found {
    match answer.as_deref() {
        Err(NoAnswer) => Found::NoAnswer,
        Ok([]) => missing(&format!("_dmarc.{domain}"), format!("v=DMARC1; p=none; rua=mailto:postmaster@{domain}")),
        Ok([one]) => Found::Fine(one.clone()),
        Ok(_) => Found::Several,
    }
}

async fn dkim(names: &Names, domain: &str, signing: Signing<'_>) -> Found {
    if let Some(Own { selector, domain: signed, key: ours }) = signing.own {
        let below = domain.eq_ignore_ascii_case(signed)
            || domain.to_ascii_lowercase().ends_with(&format!(".{}", signed.to_ascii_lowercase()));
        return if below {
            key(names, &format!("{selector}._domainkey.{signed}"), ours).await
        } else {
            Found::OtherDomain(signed.to_owned())
        };
    }
    let selectors = signing.relay.map_or(&[][..], |relay| relay.selectors);
    let mut last = Found::ByHand;
    for selector in selectors {
        match key(names, &format!("{selector}._domainkey.{domain}"), None).await {
            fine @ Found::Fine(_) => return fine,
            // The first name is the one to add.
            worse => last = if last == Found::ByHand { worse } else { last },
        }
    }
    last
}

/// The key that is published at `at`; `ours` is the one that has to be.
async fn key(names: &Names, at: &str, ours: Option<&Public>) -> Found {
    let Ok(found) = names.texts(at).await else { return Found::NoAnswer };
    let add = || ours.map(Public::record).unwrap_or_default();
    match found.iter().find_map(|text| published(text)) {
        Some("") => Found::Withdrawn(at.to_owned()),
        Some(key) if ours.is_some_and(|ours| !ours.is(key)) => Found::OtherKey { at: at.to_owned(), add: add() },
        Some(_) => Found::Fine(at.to_owned()),
        None => missing(at, add()),
    }
}

/// The `p=` of a record.
fn published(text: &str) -> Option<&str> {
    let mut tags = text.split(';').filter_map(|tag| tag.split_once('='));
    tags.find(|(name, _)| name.trim() == "p").map(|(_, key)| key.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relays_are_known_by_their_servers_and_not_by_what_looks_like_them() {
        let name = |host: &str| relay(host).map(|r| r.name);
        assert_eq!(name("SMTP-relay.gmail.com"), Some("Google Workspace"));
        assert_eq!(name("ours-example.mail.protection.outlook.com"), Some("Microsoft 365"));
        assert_eq!(name("email-smtp.ap-northeast-1.amazonaws.com"), Some("Amazon SES"));
        assert_eq!(name("smtp.gmail.com.evil.example"), None);
        assert_eq!(name("127.0.0.1"), None);
    }

    #[test]
    fn spf_is_judged_as_receivers_do() {
        let by = |host| Signing { host, relay: relay(host), own: None };
        let google = by("smtp.gmail.com");
        let spf = |records: &[&str], included: &[&str], lookups| {
            let owned = |all: &[&str]| all.iter().map(|t| (*t).to_owned()).collect();
            judge_spf(Ok(Spf { records: owned(records), included: owned(included), lookups }), "a.example", google)
        };
        let record = "v=spf1 include:_spf.google.com ~all";
        assert_eq!(spf(&[record], &["_spf.google.com"], 4), Found::Fine(record.to_owned()));
        assert_eq!(
            spf(&["v=spf1 include:b.example ~all"], &["b.example", "_SPF.google.com"], 3),
            Found::Fine("v=spf1 include:b.example ~all".to_owned())
        );
        assert_eq!(spf(&[], &[], 0), missing("a.example", record.to_owned()));
        assert_eq!(spf(&["v=spf1 mx ~all"], &[], 1), Found::NotIncluded("_spf.google.com"));
        assert_eq!(spf(&[record, "v=spf1 -all"], &["_spf.google.com"], 1), Found::Several);
        assert_eq!(spf(&["v=spf1 +all"], &[], 0), Found::Everybody);
        assert_eq!(spf(&[record], &["_spf.google.com"], 11), Found::TooLong(11));
        assert_eq!(judge_spf(Err(NoAnswer), "a.example", google), Found::NoAnswer);
        // SES writes from a domain of its own.
        let ses = by("email-smtp.us-east-1.amazonaws.com");
        assert!(matches!(judge_spf(Ok(Spf::default()), "a.example", ses), Found::Fine(_)));
        for (host, term) in
            [("192.0.2.1", "ip4:192.0.2.1"), ("mail.a.example", "a:mail.a.example"), ("127.0.0.1", "mx")]
        {
            let add = format!("v=spf1 {term} ~all");
            assert_eq!(judge_spf(Ok(Spf::default()), "a.example", by(host)), missing("a.example", add));
        }
    }
}
