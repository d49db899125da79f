//! Who a mail comes from and who gets the answer.

use std::collections::BTreeMap;

use lettre::{Address, message::Mailbox};

use crate::model::{
    locale::{Bilingual, Locale},
    safe::{AddressError, EmailAddress, HeaderSafe},
};

/// A name and an address, as configured; checked when they are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Display name, in the reader's language.
    pub name: Bilingual,
    /// E-mail address.
    pub email: String,
}

/// Everybody a mail can come from.
#[derive(Clone, Debug, Default)]
pub struct Senders {
    /// `email.from`: the address every mail leaves from unless a named sender says otherwise.
    pub default: Person,
    /// `email.senders` by name: shared mailboxes of our own domain.
    pub named: BTreeMap<String, Person>,
    /// `people` by key: what `csm:KEY` means. They never become the From address, because it must
    /// stay aligned with the DKIM domain; their name is shown and answers go to them.
    pub people: BTreeMap<String, Person>,
}

/// The resolved headers of one mail.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// From.
    pub from: Mailbox,
    /// Reply-To, when answers go to somebody else than From.
    pub reply_to: Option<Mailbox>,
}

impl Senders {
    /// From and Reply-To, with names in the reader's language, for a planned sender (`csm:KEY`, a named sender, or empty). An unknown name
    /// falls back to the default sender. Error: the default address is no address.
    pub fn origin(&self, sender: &str, locale: Locale) -> Result<Origin, String> {
        let key = sender.strip_prefix("csm:").unwrap_or(sender);
        if let Some(named) = self.named.get(sender) {
            return Ok(Origin { from: mailbox(named.name.get(locale), &named.email)?, reply_to: None });
        }
        let default = self.default.name.get(locale);
        let Some(person) = self.people.get(key) else {
            return Ok(Origin { from: mailbox(default, &self.default.email)?, reply_to: None });
        };
        let own = person.name.get(locale);
        let name = if own.trim().is_empty() { default } else { own };
        Ok(Origin { from: mailbox(name, &self.default.email)?, reply_to: mailbox(own, &person.email).ok() })
    }
}

/// A mailbox; the name is left out when nothing visible remains of it.
pub fn mailbox(name: &str, email: &str) -> Result<Mailbox, String> {
    let name = HeaderSafe::new(name).ok().map(String::from);
    Ok(Mailbox::new(name, address(email)?))
}

/// An address for the envelope. The error says what is wrong without repeating the address.
pub fn address(text: &str) -> Result<Address, String> {
    let checked = EmailAddress::parse(text).map_err(|e| e.to_string())?;
    checked.as_str().parse().map_err(|_| AddressError::Character.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, email: &str) -> Person {
        Person { name: name.into(), email: email.into() }
    }

    fn senders() -> Senders {
        Senders {
            default: person("Example", "hello@example.com"),
            named: [("billing".to_owned(), person("Billing", "billing@example.com"))].into(),
            people: [("kei".to_owned(), person("森 けい", "kei@example.com"))].into(),
        }
    }

    #[test]
    fn a_csm_lends_the_name_and_gets_the_answers_but_never_the_from_address() {
        let origin = senders().origin("csm:kei", Locale::Ja).unwrap();
        assert_eq!(origin.from.email.to_string(), "hello@example.com");
        assert_eq!(origin.from.name.as_deref(), Some("森 けい"));
        assert_eq!(origin.reply_to.unwrap().email.to_string(), "kei@example.com");
    }

    #[test]
    fn a_name_in_two_languages_is_the_readers() {
        let mut senders = senders();
        let name = Bilingual { ja: Some("森 けい".into()), en: Some("Kei Mori".into()) };
        senders.people.insert("kei".into(), Person { name, email: "kei@example.com".into() });
        let named = |locale| senders.origin("csm:kei", locale).unwrap().from.name;
        assert_eq!(named(Locale::En).as_deref(), Some("Kei Mori"));
        assert_eq!(named(Locale::Ja).as_deref(), Some("森 けい"));
    }

    #[test]
    fn unknown_senders_fall_back_to_the_default() {
        for sender in ["", "csm:gone", "nobody"] {
            let origin = senders().origin(sender, Locale::Ja).unwrap();
            assert_eq!(origin.from.email.to_string(), "hello@example.com");
            assert_eq!(origin.reply_to, None);
        }
        assert_eq!(senders().origin("billing", Locale::En).unwrap().from.email.to_string(), "billing@example.com");
    }

    #[test]
    fn odd_addresses_are_refused_without_repeating_them() {
        for bad in
            ["", "a", "a@b@c", "a b@example.com", "\"a\"@example.com", "a@example.com\r\nRCPT TO:<x@y>", "<a@b.c>"]
        {
            let error = address(bad).unwrap_err();
            assert!(!error.contains("example.com"), "{error}");
        }
        assert!(address("taro+tag@mail.example.co.jp").is_ok());
    }
}
