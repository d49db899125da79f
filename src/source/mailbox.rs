//! A mailbox that is read over IMAP. Nothing in it is deleted, and nothing is marked as read.

use std::{fmt, sync::Arc, time::Duration};

use async_imap::{Authenticator, Client, Session};
use futures_util::TryStreamExt;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use super::mail::MOST;
use crate::net::oauth::{NoToken, Tokens, bearer};

/// So long a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of a mailbox that was never read before, the newest mails.
const NEWEST: usize = 500;

/// Where the mailbox is.
#[derive(Clone)]
pub struct Settings {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS protects the line.
    pub tls: bool,
    /// Certificates (PEM) that may vouch for the server beside the system's.
    pub ca: Option<Vec<u8>>,
    /// The login.
    pub user: String,
    /// What it is proved by.
    pub proof: Proof,
    /// The folder.
    pub folder: String,
    /// Where mail goes that was ours; none = it stays.
    pub move_to: Option<String>,
}

/// What a login is proved by.
#[derive(Clone)]
pub enum Proof {
    /// A password.
    Password(SecretString),
    /// A token (XOAUTH2).
    Tokens(Tokens),
}

/// Says the token once; a server that asks again wants to tell why it refuses.
struct Bearer(Option<String>);

impl Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        self.0.take().unwrap_or_default()
    }
}

/// Why the mailbox cannot be read just now; for logs it has to be freed of addresses.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// No connection, or it was lost.
    #[error("the mailbox's server cannot be reached: {0}")]
    Line(String),
    /// The server refused something.
    #[error("the mailbox's server refused: {0}")]
    Refused(String),
    /// Too long without an answer.
    #[error("the mailbox's server does not answer")]
    Silent,
}

impl From<async_imap::error::Error> for Trouble {
    fn from(error: async_imap::error::Error) -> Trouble {
        use async_imap::error::Error;
        match error {
            Error::No(said) | Error::Bad(said) => Trouble::Refused(said),
            other => Trouble::Line(other.to_string()),
        }
    }
}

/// A line to a server, whatever protects it.
trait Line: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Line for T {}

/// A mailbox that is open.
pub struct Mailbox {
    session: Session<Box<dyn Line>>,
    /// Numbers of mails are good as long as this stays the same.
    pub validity: u32,
    moves: bool,
}

impl Settings {
    /// Connects, logs in and opens the folder.
    pub async fn open(&self) -> Result<Mailbox, Trouble> {
        timeout(PATIENCE, self.opened()).await.unwrap_or(Err(Trouble::Silent))
    }

    async fn opened(&self) -> Result<Mailbox, Trouble> {
        let mut client = Client::new(self.line().await?);
        let greeting = client.read_response().await.map_err(|e| Trouble::Line(e.to_string()))?;
        greeting.ok_or_else(|| Trouble::Line("it closed without a greeting".to_owned()))?;
        let mut session = self.proved(client).await?;
        let moves = session.capabilities().await?.has_str("MOVE");
        let folder = session.select(&self.folder).await?;
        Ok(Mailbox { session, validity: folder.uid_validity.unwrap_or(0), moves })
    }

    async fn proved(&self, client: Client<Box<dyn Line>>) -> Result<Session<Box<dyn Line>>, Trouble> {
        let tokens = match &self.proof {
            Proof::Password(password) => {
                let login = client.login(&self.user, password.expose_secret()).await;
                return login.map_err(|(error, _)| Trouble::from(error));
            }
            Proof::Tokens(tokens) => tokens,
        };
        let token = tokens.token().await.map_err(|why| match why {
            NoToken::Later(_) => Trouble::Line(why.to_string()),
            NoToken::Refused(_) => Trouble::Refused(why.to_string()),
        })?;
        match client.authenticate("XOAUTH2", Bearer(Some(bearer(&self.user, &token)))).await {
            Ok(session) => Ok(session),
            Err((error, _)) => {
                tokens.forget().await;
                Err(Trouble::from(error))
            }
        }
    }

    async fn line(&self) -> Result<Box<dyn Line>, Trouble> {
        let fail = |e: std::io::Error| Trouble::Line(e.to_string());
        let host = self.host.trim_matches(['[', ']']);
        let tcp = TcpStream::connect((host, self.port)).await.map_err(fail)?;
        if !self.tls {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|e| Trouble::Line(e.to_string()))?;
        let connector = tokio_rustls::TlsConnector::from(Arc::new(self.trusted()?));
        Ok(Box::new(connector.connect(name, tcp).await.map_err(fail)?))
    }

    /// Whom we believe: those the system does, and the CA of the configuration.
    fn trusted(&self) -> Result<ClientConfig, Trouble> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let own = self.ca.as_deref().unwrap_or_default();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(own).filter_map(Result::ok));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|e| Trouble::Line(e.to_string()))?;
        Ok(config.with_root_certificates(roots).with_no_client_auth())
    }
}

impl Mailbox {
    /// The numbers of the mails after `last`, oldest first; where nothing was read before, the newest.
    pub async fn after(&mut self, last: Option<u32>) -> Result<Vec<u32>, Trouble> {
        let query = last.map_or_else(|| "ALL".to_owned(), |last| format!("UID {}:*", last.saturating_add(1)));
        let found = timeout(PATIENCE, self.session.uid_search(query)).await.map_err(|_| Trouble::Silent)??;
        // `*` is the last mail, be it before the first number or not.
        let mut found: Vec<u32> = found.into_iter().filter(|uid| last.is_none_or(|last| *uid > last)).collect();
        found.sort_unstable();
        if last.is_none() {
            found.drain(..found.len().saturating_sub(NEWEST));
        }
        Ok(found)
    }

    /// As much of a mail as is read; none if it has gone meanwhile. Errors: also where the server does not hand out
    /// what is there.
    pub async fn mail(&mut self, uid: u32) -> Result<Option<Vec<u8>>, Trouble> {
        timeout(PATIENCE, self.fetched(uid)).await.unwrap_or(Err(Trouble::Silent))
    }

    async fn fetched(&mut self, uid: u32) -> Result<Option<Vec<u8>>, Trouble> {
        let query = format!("(UID BODY.PEEK[]<0.{MOST}>)");
        let all: Vec<_> = self.session.uid_fetch(uid.to_string(), query).await?.try_collect().await?;
        let mail = all.iter().find(|mail| mail.uid == Some(uid)).and_then(|mail| mail.body()).map(<[u8]>::to_vec);
        // A refusal looks like a mail that has gone: the client drops what ends the answer.
        if mail.is_none() && self.session.uid_search(format!("UID {uid}")).await?.contains(&uid) {
            return Err(Trouble::Refused("a mail that is there was not handed out".to_owned()));
        }
        Ok(mail)
    }

    /// Puts a mail into another folder; `false` where the server cannot do that.
    pub async fn put(&mut self, uid: u32, folder: &str) -> Result<bool, Trouble> {
        if !self.moves {
            return Ok(false);
        }
        timeout(PATIENCE, self.session.uid_mv(uid.to_string(), folder)).await.map_err(|_| Trouble::Silent)??;
        Ok(true)
    }

    /// Says goodbye; whoever does not answer is left.
    pub async fn close(mut self) {
        let _ = timeout(Duration::from_secs(5), self.session.logout()).await;
    }
}
