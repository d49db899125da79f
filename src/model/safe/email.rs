//! E-mail addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `local@domain` in ASCII, valid as an SMTP recipient and in a header, without controls.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Why a text is no address; never contains the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No `@`, or nothing on one of its sides.
    #[error("an address needs the form name@domain")]
    Form,
    /// A full-width `＠`, letter or dot.
    #[error(
        "the address contains full-width or other non-ASCII characters: write it in half-width letters (a domain in its xn-- form)"
    )]
    NotAscii,
    /// A blank, control, bracket or comma.
    #[error("the address contains a blank or a character that is not allowed")]
    Character,
    /// Dots at an end or side by side.
    #[error("the part before @ begins or ends with a dot, or has two dots in a row")]
    Dots,
    /// A label that is empty, too long, or begins or ends with a hyphen; no dot at all.
    #[error("the domain is not a full domain name such as example.com")]
    Domain,
    /// Over 64 characters before `@` or 254 in all.
    #[error("the address is too long")]
    Length,
}

impl EmailAddress {
    /// Trims blanks around it, lower-cases the domain, and checks the rest.
    pub fn parse(text: &str) -> Result<EmailAddress, AddressError> {
        let text = text.trim_matches([' ', '\u{3000}']);
        if !text.is_ascii() {
            return Err(AddressError::NotAscii);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Form)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Form);
        }
        if local.len() > 64 || text.len() > 254 {
            return Err(AddressError::Length);
        }
        check_local(local)?;
        check_domain(domain)?;
        Ok(EmailAddress(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Enough to recognise it in a log, not enough to write to it: `y***@acme.test`.
    pub fn masked(&self) -> String {
        let first = self.0.chars().next().unwrap_or('*');
        format!("{first}***@{}", self.domain())
    }
}

fn check_local(local: &str) -> Result<(), AddressError> {
    let atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    if !local.bytes().all(atext) {
        return Err(AddressError::Character);
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(AddressError::Dots);
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<(), AddressError> {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if domain.contains('.') && domain.split('.').all(label_fits) { Ok(()) } else { Err(AddressError::Domain) }
}

impl TryFrom<String> for EmailAddress {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        EmailAddress::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> String {
        address.0
    }
}

/// Masked, so that an address cannot slip into a log.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn good_addresses_pass_and_bad_ones_say_why() {
        assert_eq!(EmailAddress::parse(" Yui.Sato+cs@ACME.test ").unwrap().as_str(), "Yui.Sato+cs@acme.test");
        let cases = [
            ("yui", AddressError::Form),
            ("@acme.test", AddressError::Form),
            ("yui＠acme.test", AddressError::NotAscii),
            ("yui@acme.test\r\nRCPT TO:<x@y.test>", AddressError::Character),
            ("a b@acme.test", AddressError::Character),
            ("a@b@acme.test", AddressError::Character),
            ("a..b@docomo.test", AddressError::Dots),
            ("yui@acme", AddressError::Domain),
            ("yui@-acme.test", AddressError::Domain),
            ("yui@acme.test,x@y.test", AddressError::Character),
        ];
        for (text, why) in cases {
            assert_eq!(EmailAddress::parse(text), Err(why), "{text}");
        }
        assert_eq!(format!("{:?}", EmailAddress::parse("yui@acme.test").unwrap()), "EmailAddress(y***@acme.test)");
    }

    proptest! {
        #[test]
        fn whatever_passes_is_one_plain_recipient(s in "\\PC{0,20}@\\PC{0,20}") {
            if let Ok(address) = EmailAddress::parse(&s) {
                prop_assert!(address.as_str().bytes().all(|b| b.is_ascii_graphic() && !b"<>,;:()\"\\[] ".contains(&b)));
                prop_assert_eq!(address.as_str().matches('@').count(), 1);
            }
        }
    }
}
