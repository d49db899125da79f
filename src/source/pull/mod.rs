//! A sheet behind an address: fetched in bounded memory, and only when it has changed.
//!
//! Redirects are followed by hand, because Google answers a published sheet from another host; each address on the
//! way is judged like the first, and none may lead from the open internet to this machine or into a private network.

mod address;
mod lines;
mod query;

use std::{io::Write, sync::OnceLock, time::Duration};

use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use crate::{
    model::safe::{SafeUrl, Side},
    net::{self, guard},
    words::pulls::Fault,
};

pub use address::table_address;
pub use lines::{is_list, lines, list_within};
pub use query::{Query, rows};

/// All of a pull.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two pieces of it.
const PAUSE: Duration = Duration::from_secs(30);
/// Addresses on the way.
const HOPS: usize = 5;
/// Where people log in: who is sent there gets no data.
const LOGINS: [&str; 4] =
    ["accounts.google.com", "login.microsoftonline.com", "login.live.com", "login.salesforce.com"];

/// Why nothing was taken, without the address: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What it is.
    pub fault: Fault,
    /// A number or a name in it; empty where there is none.
    pub detail: String,
    /// The server asks to be left alone for so many seconds.
    #[serde(default)]
    pub pause: Option<u64>,
}

impl Trouble {
    /// One without a pause.
    pub fn new(fault: Fault, detail: impl Into<String>) -> Trouble {
        Trouble { fault, detail: detail.into(), pause: None }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::new(fault, "")
    }
}

/// By what an unchanged sheet is known again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub modified: Option<String>,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// The same as before.
    Unchanged,
    /// A body, written out, with its mark and the SHA-256 of its bytes.
    Body(Mark, String),
}

/// An address, and what it is asked with.
#[derive(Clone, Debug)]
pub struct Address {
    /// Where.
    pub url: SafeUrl,
    /// Headers: no other host on the way gets them.
    pub headers: Vec<(String, SecretString)>,
}

impl Address {
    fn dress(&self, at: &SafeUrl, mut request: RequestBuilder) -> RequestBuilder {
        let origin = |url: &SafeUrl| Url::parse(url.as_str()).ok().map(|url| url.origin());
        if origin(at) == origin(&self.url) {
            for (name, value) in &self.headers {
                request = request.header(name.as_str(), value.expose_secret());
            }
        }
        request
    }
}

/// Fetches. Its clients are made when they are needed: reading the certificates of the world takes its time.
#[derive(Clone, Debug, Default)]
pub struct Puller {
    outside: OnceLock<Client>,
    here: OnceLock<Client>,
}

impl Puller {
    fn client(&self, side: Side) -> Result<&Client, Trouble> {
        let kept = if side == Side::Outside { &self.outside } else { &self.here };
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let made = net::client(side).read_timeout(PAUSE).build();
        let made = made.map_err(|e| Trouble { detail: e.to_string(), ..Fault::Unreachable.into() })?;
        Ok(kept.get_or_init(|| made))
    }

    /// Fetches what is at `address`, at most `most` bytes of it, into `into`. Errors: nothing that `into` holds then is of
    /// any use.
    pub async fn fetch(
        &self,
        address: &Address,
        known: &Mark,
        most: u64,
        into: &mut (impl Write + Send),
    ) -> Result<Came, Trouble> {
        timeout(PATIENCE, self.follow(address, known, most, into)).await.unwrap_or(Err(Fault::Silent.into()))
    }

    async fn follow(
        &self,
        address: &Address,
        known: &Mark,
        most: u64,
        into: &mut (impl Write + Send),
    ) -> Result<Came, Trouble> {
        let mut at = address.url.clone();
        for _ in 0..=HOPS {
            let answer = self.ask(address, &at, known).await?;
            match answer.status() {
                // Of what was never fetched nothing can be as before.
                StatusCode::NOT_MODIFIED if *known != Mark::default() => return Ok(Came::Unchanged),
                status if status.is_redirection() => at = next(&at, &answer)?,
                status if status.is_success() => return body(answer, most, into).await,
                status => return Err(refused(status, &answer)),
            }
        }
        Err(Fault::Redirects.into())
    }

    async fn ask(&self, address: &Address, at: &SafeUrl, known: &Mark) -> Result<Response, Trouble> {
        // The client reads addresses by its own rules: where the two differ, one of them is fooled.
        let read = Url::parse(at.as_str()).ok();
        if read.as_ref().and_then(|u| u.host_str()).map(|h| h.trim_matches(['[', ']'])) != Some(at.host()) {
            return Err(Fault::Redirects.into());
        }
        let client = self.client(at.side())?;
        let request = client.get(at.as_str()).header(header::ACCEPT, "text/csv, application/json, */*;q=0.5");
        let mut request = address.dress(at, request);
        if let Some(etag) = &known.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(modified) = &known.modified {
            request = request.header(header::IF_MODIFIED_SINCE, modified);
        }
        request.send().await.map_err(|error| no_answer(&error))
    }
}

/// The next address; it may not lead anywhere the first could not.
fn next(at: &SafeUrl, answer: &Response) -> Result<SafeUrl, Trouble> {
    let location = answer.headers().get(header::LOCATION).and_then(|v| v.to_str().ok()).ok_or(Fault::Redirects)?;
    let joined = Url::parse(at.as_str()).and_then(|from| from.join(location)).map_err(|_| Fault::Redirects)?;
    if joined.host_str().is_some_and(|host| LOGINS.contains(&host)) || looks_like_login(joined.path()) {
        return Err(Fault::Login.into());
    }
    let next = SafeUrl::new(joined.as_str()).map_err(|_| Fault::Redirects)?;
    if next.side() == at.side() { Ok(next) } else { Err(Fault::Inside.into()) }
}

fn looks_like_login(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.split('/').any(|part| {
        let name = part.split('.').next().unwrap_or_default();
        matches!(name, "login" | "signin" | "sign-in" | "sign_in" | "servicelogin" | "sso")
    })
}

fn refused(status: StatusCode, answer: &Response) -> Trouble {
    let fault = match status.as_u16() {
        401 | 403 => Fault::Forbidden,
        404 | 410 => Fault::Missing,
        _ => Fault::Status,
    };
    let header = |name| answer.headers().get(name).and_then(|v| v.to_str().ok());
    let pause = header(header::RETRY_AFTER).and_then(|text| asked_to_wait(text, header(header::DATE)));
    Trouble { pause, ..Trouble::new(fault, status.as_u16().to_string()) }
}

/// `Retry-After` in seconds: it is a number of them, or a date, which counts from the server's own `Date`.
pub fn asked_to_wait(text: &str, date: Option<&str>) -> Option<u64> {
    let moment = |text: &str| jiff::fmt::rfc2822::parse(text.trim()).ok().map(|at| at.timestamp().as_second());
    text.trim().parse().ok().or_else(|| u64::try_from(moment(text)?.saturating_sub(moment(date?)?)).ok())
}

fn no_answer(error: &reqwest::Error) -> Trouble {
    if guard::is_closed(error) {
        return Fault::Inside.into();
    }
    if error.is_timeout() { Fault::Silent.into() } else { Fault::Unreachable.into() }
}

/// Writes the body out, piece by piece.
async fn body(mut answer: Response, most: u64, into: &mut (impl Write + Send)) -> Result<Came, Trouble> {
    let header = |name| answer.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let mark = Mark { etag: header(header::ETAG), modified: header(header::LAST_MODIFIED) };
    let kind = header(header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    if kind.starts_with("text/html") || kind.starts_with("application/xhtml") {
        return Err(Fault::Login.into());
    }
    let too_large = || Trouble::new(Fault::TooLarge, (most >> 20).to_string());
    if answer.content_length().is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let (mut hash, mut size, mut start) = (Sha256::new(), 0, Vec::new());
    loop {
        let piece = match answer.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(error) if error.is_timeout() => return Err(Fault::Silent.into()),
            Err(_) => return Err(Fault::Broken.into()),
        };
        size += piece.len() as u64;
        if size > most {
            return Err(too_large());
        }
        if start.len() < LOOKED {
            start.extend_from_slice(&piece[..piece.len().min(LOOKED)]);
        }
        hash.update(&piece);
        into.write_all(&piece).map_err(|e| Trouble::new(Fault::Unreadable, e.to_string()))?;
    }
    if is_page(&start) {
        return Err(Fault::Login.into());
    }
    Ok(Came::Body(mark, hex(&hash.finalize())))
}

/// So much of a body is looked at.
const LOOKED: usize = 1_024;

/// Whether what was sent as data is a web page.
fn is_page(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    text.starts_with("<!doctype html") || text.starts_with("<html")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of what can be read. Errors: it cannot.
pub fn hash(mut reader: impl std::io::Read) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = [0; 16 << 10];
    loop {
        match reader.read(&mut piece)? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(&piece[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_to_wait_is_a_number_or_a_date() {
        let date = Some("Tue, 10 Nov 2026 12:00:00 GMT");
        assert_eq!(asked_to_wait(" 120 ", None), Some(120));
        assert_eq!(asked_to_wait("Tue, 10 Nov 2026 12:02:30 GMT", date), Some(150));
        assert_eq!(asked_to_wait("Tue, 10 Nov 2026 11:00:00 GMT", date), None, "over already");
        assert_eq!((asked_to_wait("soon", date), asked_to_wait("Tue, 10 Nov 2026 12:02:30 GMT", None)), (None, None));
    }

    #[test]
    fn pages_are_told_from_tables() {
        for page in ["<!DOCTYPE html><html>", "\u{feff}\n <HTML lang=ja>", "<!doctype HTML>"] {
            assert!(is_page(page.as_bytes()), "{page}");
        }
        for table in ["key,name\n", "<key>,name\n", "{\"html\": 1}", ""] {
            assert!(!is_page(table.as_bytes()), "{table}");
        }
        assert!(
            looks_like_login("/v3/signin/identifier")
                && looks_like_login("/ServiceLogin")
                && looks_like_login("/login.php")
        );
        assert!(!looks_like_login("/logins.csv") && !looks_like_login("/exports/blogin"));
    }

    #[test]
    fn nothing_on_the_way_leads_from_the_open_internet_inside() {
        let sent = |to: &str| {
            let answer = axum::http::Response::builder().status(302).header("location", to).body("").unwrap();
            let at = SafeUrl::new("https://sheets.example/pub?output=csv").unwrap();
            next(&at, &Response::from(answer)).map(|url| url.as_str().to_owned()).map_err(|trouble| trouble.fault)
        };
        assert_eq!(sent("https://doc-1.other.example/x").as_deref(), Ok("https://doc-1.other.example/x"));
        assert_eq!(sent("/y?z=1").as_deref(), Ok("https://sheets.example/y?z=1"));
        for inside in ["http://127.0.0.1:8787/x", "https://localhost/x", "//127.0.0.1/x", "https://[::1]/"] {
            assert_eq!(sent(inside), Err(Fault::Inside), "{inside}");
        }
        for closed in [
            "http://sheets.example/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest",
            "file:///x",
            "https://u:p@x.example/",
        ] {
            assert_eq!(sent(closed), Err(Fault::Redirects), "{closed}");
        }
        for login in
            ["https://accounts.google.com/v3/signin", "/login?next=/pub", "https://sheets.example/ServiceLogin"]
        {
            assert_eq!(sent(login), Err(Fault::Login), "{login}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_called() {
        let puller = Puller::default();
        let url = SafeUrl::new("https://localhost.localdomain/x.csv").unwrap();
        let found = puller.fetch(&Address { url, headers: Vec::new() }, &Mark::default(), 10, &mut Vec::new()).await;
        // Where the name is unknown it is not called either.
        assert!(matches!(found.unwrap_err().fault, Fault::Inside | Fault::Unreachable));
    }
}
