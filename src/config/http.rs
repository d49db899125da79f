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
        api_tokens: section.secrets("api_tokens", super::secret::SIGNING_BYTES),
    };
    if http.public_listen == Some(http.listen) {
        section.error(&section.place, "public_listen", "is the same as http.listen", "give it another port");
    }
    section.finish();
    http
}
