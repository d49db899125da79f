//! `http:` — what listens where.

use std::net::{Ipv4Addr, SocketAddr};

use super::{reader::Section, secret::Secret, url};

/// HTTP settings.
#[derive(Clone, Debug)]
pub struct Http {
    /// The inner listener: API, health, metrics. Loopback unless configured.
    pub listen: SocketAddr,
    /// The listener for links, webhooks and chat platforms; none = they are served by `listen`.
    pub public_listen: Option<SocketAddr>,
    /// How the world reaches `public_listen`, without a trailing slash; links in messages begin with it.
    pub public_url: Option<String>,
    /// Keys with which events may be sent in.
    pub write_keys: Vec<Secret>,
    /// Keys for browsers, which everybody can read there: they may send events, but change no attributes.
    pub browser_keys: Vec<Secret>,
    /// Sites whose pages may send events, e.g. `https://app.example.com`; none = no page may.
    pub browser_origins: Vec<String>,
    /// Bearer tokens of the read API.
    pub api_tokens: Vec<Secret>,
}

impl Default for Http {
    fn default() -> Http {
        Http {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8787)),
            public_listen: None,
            public_url: None,
            write_keys: Vec::new(),
            browser_keys: Vec::new(),
            browser_origins: Vec::new(),
            api_tokens: Vec::new(),
        }
    }
}

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Http {
    let default = Http::default();
    let http = Http {
        listen: section.parsed("listen", url::listen).unwrap_or(default.listen),
        public_listen: section.parsed("public_listen", url::listen),
        public_url: section.parsed("public_url", url::web),
        write_keys: section.secrets("write_keys", 1),
        browser_keys: section.secrets("browser_keys", 1),
        browser_origins: origins(&mut section),
        api_tokens: section.secrets("api_tokens", super::secret::SIGNING_BYTES),
    };
    if http.public_listen == Some(http.listen) {
        section.error(&section.place, "public_listen", "is the same as http.listen", "give it another port");
    }
    let same = |key: &&Secret| http.write_keys.iter().any(|other| other.expose() == key.expose());
    if http.browser_keys.iter().any(|key| same(&key)) {
        let says = "holds a key of http.write_keys, which may change attributes: in a browser everybody can read it";
        section.error(&section.place, "browser_keys", says, "give browsers a key of their own");
    }
    section.finish();
    http
}

/// Origins as browsers name them: scheme, host and port, nothing behind.
fn origins(section: &mut Section<'_>) -> Vec<String> {
    let mut origins = Vec::new();
    for text in section.texts("browser_origins") {
        match url::web(&text.text).ok().filter(|url| url.matches('/').count() == 2) {
            Some(origin) => origins.push(origin.to_lowercase()),
            None => {
                let help = "write scheme and host as the browser names them, e.g. `https://app.example.com`";
                section.error(&text.place, "browser_origins", "this is not a site's origin", help);
            }
        }
    }
    origins
}
