//! Signed links: `base64url(v, purpose, kid, account, contact, subject, HMAC-SHA256 cut to 128 bits)`.
//!
//! A token names one purpose and is useless for every other one. Reading takes the same time and
//! gives the same answer whether a token is malformed, forged or signed with a retired key.

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::model::ids::{AccountId, ContactId};

const VERSION: u8 = 1;
const TAG: usize = 16;
/// Version, purpose, key id, account, contact.
const HEAD: usize = 3 + 8 + 8;
/// Longer subjects are refused when minting: no topic or key comes near it.
const MAX_SUBJECT: usize = 200;
const SECRET_BYTES: usize = 32;
const MIN_SECRET: usize = 16;

/// What a token is good for. Each is useless elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// One-click unsubscribe; subject = topic.
    Unsub,
    /// A counted link; subject = `MESSAGE_KEY/LINK_NUMBER`.
    Click,
    /// "This task is done"; subject = task identity.
    Done,
    /// A survey answer; subject = survey.
    Survey,
    /// A shared report; subject = report.
    Share,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 5] = [Purpose::Unsub, Purpose::Click, Purpose::Done, Purpose::Survey, Purpose::Share];

    fn code(self) -> u8 {
        match self {
            Purpose::Unsub => b'u',
            Purpose::Click => b'r',
            Purpose::Done => b'd',
            Purpose::Survey => b's',
            Purpose::Share => b'h',
        }
    }
}

/// What a valid token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose account.
    pub account: AccountId,
    /// The person, if it was given to one.
    pub contact: Option<ContactId>,
    /// Topic, message key, task, survey or report, by purpose.
    pub subject: String,
}

/// The signing keys: one current, older ones still read until they are removed.
#[derive(Clone)]
pub struct Tokens {
    current: u8,
    keys: BTreeMap<u8, Vec<u8>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens(current key {}, {} keys)", self.current, self.keys.len())
    }
}

/// Why signing keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Too short to sign with.
    #[error("a signing secret needs at least {MIN_SECRET} bytes; make one with `openssl rand -base64 32`")]
    TooShort,
    /// The file is not what this program writes.
    #[error(
        "{path}:{line}: expected `NUMBER BASE64`; restore the file from a backup, or remove it (links already mailed then stop working)"
    )]
    Malformed {
        /// The file.
        path: String,
        /// The line.
        line: usize,
    },
    /// The file cannot be read or written.
    #[error("the signing keys in {path} cannot be used: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
}

impl Tokens {
    /// Keys by id (0..=255), of which the highest signs. Errors: none given, or one under 16 bytes.
    pub fn new(keys: BTreeMap<u8, Vec<u8>>) -> Result<Tokens, KeyError> {
        if keys.values().any(|k| k.len() < MIN_SECRET) {
            return Err(KeyError::TooShort);
        }
        let current = keys.keys().next_back().copied().ok_or(KeyError::TooShort)?;
        Ok(Tokens { current, keys })
    }

    /// Reads the key file, or creates one with a fresh key that only its owner can read.
    pub fn load_or_create(path: &Path) -> Result<Tokens, KeyError> {
        match fs::read_to_string(path) {
            Ok(text) => Tokens::new(parse_keys(&text, path)?),
            Err(e) if e.kind() == io::ErrorKind::NotFound => create(path),
            Err(error) => Err(KeyError::Io { path: path.display().to_string(), error }),
        }
    }

    /// A token for `purpose`. A subject beyond 200 bytes gives a token nobody accepts.
    pub fn mint(&self, purpose: Purpose, claims: &Claims) -> String {
        let mut bytes = vec![VERSION, purpose.code(), self.current];
        bytes.extend(claims.account.0.to_be_bytes());
        bytes.extend(claims.contact.map_or(0, |c| c.0).to_be_bytes());
        bytes.extend(claims.subject.as_bytes());
        let tag = self.tag(self.current, &bytes);
        bytes.extend(tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What `token` says, if it was minted here for exactly this purpose.
    pub fn read(&self, purpose: Purpose, token: &str) -> Option<Claims> {
        // A malformed token is checked against a stand-in, so that it costs as much as a forged one.
        let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|b| plausible(b));
        let known = bytes.is_some();
        let bytes = bytes.unwrap_or_else(|| vec![0; HEAD + TAG]);
        let (body, tag) = bytes.split_at(bytes.len() - TAG);
        let signed = self.tag(body[2], body).ct_eq(tag);
        let fits = known && body[0] == VERSION && body[1] == purpose.code() && self.keys.contains_key(&body[2]);
        if bool::from(signed) && fits { claims(body) } else { None }
    }

    fn key(&self, kid: u8) -> &[u8] {
        self.keys.get(&kid).or_else(|| self.keys.get(&self.current)).map_or(&[], Vec::as_slice)
    }

    fn tag(&self, kid: u8, body: &[u8]) -> [u8; TAG] {
        let mut out = [0; TAG];
        out.copy_from_slice(&mac(self.key(kid), body)[..TAG]);
        out
    }
}

fn mac(key: &[u8], body: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so this cannot fail; all zeros is never equal to a real tag's use.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut m| {
        m.update(body);
        m.finalize().into_bytes().into()
    })
}

fn plausible(bytes: &[u8]) -> bool {
    (HEAD + TAG..=HEAD + TAG + MAX_SUBJECT).contains(&bytes.len())
}

fn claims(body: &[u8]) -> Option<Claims> {
    let number = |at: usize| body.get(at..at + 8)?.try_into().ok().map(i64::from_be_bytes);
    let contact = number(11)?;
    Some(Claims {
        account: AccountId(number(3)?),
        contact: (contact != 0).then_some(ContactId(contact)),
        subject: String::from_utf8(body.get(HEAD..)?.to_vec()).ok()?,
    })
}

fn parse_keys(text: &str, path: &Path) -> Result<BTreeMap<u8, Vec<u8>>, KeyError> {
    let lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    lines
        .map(|(i, line)| {
            let parsed = line.split_once(' ').and_then(|(kid, key)| {
                let key = base64::engine::general_purpose::STANDARD.decode(key.trim()).ok()?;
                Some((kid.parse().ok()?, key))
            });
            parsed.ok_or_else(|| KeyError::Malformed { path: path.display().to_string(), line: i + 1 })
        })
        .collect()
}

fn create(path: &Path) -> Result<Tokens, KeyError> {
    let fail = |error: io::Error| KeyError::Io { path: path.display().to_string(), error };
    let mut key = vec![0u8; SECRET_BYTES];
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(&mut key).map_err(|_| fail(io::Error::other("no randomness from the system")))?;
    let line = format!(
        "# Signs the links in mails. Keep it secret, keep it in your backups.\n1 {}\n",
        base64::engine::general_purpose::STANDARD.encode(&key)
    );
    write_private(path, &line).map_err(fail)?;
    Tokens::new(BTreeMap::from([(1, key)]))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(keys: &[(u8, u8)]) -> Tokens {
        Tokens::new(keys.iter().map(|(id, fill)| (*id, vec![*fill; 32])).collect()).unwrap()
    }

    fn anna() -> Claims {
        Claims { account: AccountId(7), contact: Some(ContactId(42)), subject: "onboarding".into() }
    }

    /// Computed with Python's `hmac`: SHA-256 keyed with 32 × 0x01 over 01 'u' 01, 7 and 42 as
    /// big-endian 64-bit numbers, "onboarding"; the first 16 bytes of the tag.
    #[test]
    fn a_token_is_what_the_format_says() {
        let token = tokens(&[(1, 1)]).mint(Purpose::Unsub, &anna());
        assert_eq!(token, "AXUBAAAAAAAAAAcAAAAAAAAAKm9uYm9hcmRpbmeAYAXsWa3xDP4roheCMl_R");
        assert_eq!(tokens(&[(1, 1)]).read(Purpose::Unsub, &token), Some(anna()));
    }

    #[test]
    fn a_token_is_useless_for_every_other_purpose() {
        let keys = tokens(&[(1, 1)]);
        for made in Purpose::ALL {
            let token = keys.mint(made, &anna());
            for used in Purpose::ALL {
                assert_eq!(keys.read(used, &token).is_some(), made == used);
            }
        }
    }

    #[test]
    fn an_old_key_reads_until_it_is_removed() {
        let old = tokens(&[(1, 1)]).mint(Purpose::Unsub, &anna());
        assert!(tokens(&[(1, 1), (2, 2)]).read(Purpose::Unsub, &old).is_some());
        assert!(tokens(&[(2, 2)]).read(Purpose::Unsub, &old).is_none());
        assert!(tokens(&[(1, 9)]).read(Purpose::Unsub, &old).is_none());
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Tokens::new(BTreeMap::from([(1, vec![1; 15])])).is_err());
        assert!(Tokens::new(BTreeMap::new()).is_err());
    }

    #[test]
    fn the_key_file_is_made_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("links.key");
        let token = Tokens::load_or_create(&path).unwrap().mint(Purpose::Done, &anna());
        assert_eq!(Tokens::load_or_create(&path).unwrap().read(Purpose::Done, &token), Some(anna()));
        fs::write(&path, "x y\n").unwrap();
        assert!(Tokens::load_or_create(&path).unwrap_err().to_string().contains("links.key:1"));
    }

    proptest! {
        #[test]
        fn no_text_is_accepted_by_chance(text in ".{0,120}") {
            prop_assert!(tokens(&[(1, 1)]).read(Purpose::Unsub, &text).is_none());
        }

        #[test]
        fn one_changed_bit_is_refused(at in 0usize..400, topic in "[a-z/]{0,30}") {
            let keys = tokens(&[(1, 1)]);
            let token = keys.mint(Purpose::Unsub, &Claims { subject: topic, ..anna() });
            let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
            let at = at % (bytes.len() * 8);
            bytes[at / 8] ^= 1 << (at % 8);
            prop_assert!(keys.read(Purpose::Unsub, &URL_SAFE_NO_PAD.encode(bytes)).is_none());
        }
    }
}
