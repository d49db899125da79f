//! One SMTP conversation, phase by phase, each with its own limit.
//!
//! lettre's `send()` hides the phases; here the hand-over is committed between the 354 and the body.

use std::{future::Future, time::Duration};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::net::oauth::{NoToken, Tokens};

use super::{
    outcome::{Phase, Trouble},
    settings::{SmtpSettings, Tls},
};

/// A phase and what went wrong in it.
pub type Failure = (Phase, Trouble);

/// The envelope of one mail.
pub struct Way {
    /// Whom the relay returns it to.
    pub from: Address,
    /// Where it goes.
    pub to: Address,
}

/// An open connection, greeted, protected and logged in.
pub struct Session {
    line: AsyncSmtpConnection,
    /// Messages carried so far.
    pub used: u32,
    /// When it was put aside.
    pub idle_since: tokio::time::Instant,
}

impl Session {
    /// Connects, protects the line and logs in.
    pub async fn open(settings: &SmtpSettings) -> Result<Session, Failure> {
        let hello = settings.hello.clone().map_or_else(ClientId::default, ClientId::Domain);
        let mut line = connect(settings, &hello).await?;
        if settings.tls == Tls::StartTls {
            let parameters = parameters(settings).map_err(|t| (Phase::StartTls, t))?;
            if !line.can_starttls() {
                let why = "the relay offers no STARTTLS; use `?tls=implicit`, or `?tls=none` on a trusted network";
                return Err((Phase::StartTls, Trouble::Own(why.to_owned())));
            }
            within(settings.limits.command, Phase::StartTls, line.starttls(parameters, &hello)).await?;
        }
        login(settings, &mut line).await?;
        Ok(Session { line, used: 0, idle_since: tokio::time::Instant::now() })
    }

    /// MAIL, RCPT, DATA up to the 354. After this only [`Session::body`], or dropping the line.
    pub async fn begin(&mut self, settings: &SmtpSettings, way: &Way, body: &[u8]) -> Result<(), Failure> {
        let (limit, to) = (settings.limits.command, &way.to);
        let options = self.mail_options(to, body)?;
        let mail = Mail::new(Some(way.from.clone()), options);
        within(limit, Phase::Mail, self.line.command(mail)).await?;
        within(limit, Phase::Rcpt, self.line.command(Rcpt::new(to.clone(), Vec::new()))).await?;
        let go = within(settings.limits.data, Phase::Data, self.line.command(Data)).await?;
        if go.has_code(354) { Ok(()) } else { Err((Phase::Data, odd(&go))) }
    }

    /// The body and the reply after its final dot: the only phase whose outcome can stay unknown.
    pub async fn body(&mut self, limit: Duration, body: &[u8]) -> Result<String, Failure> {
        // lettre ends every body with its own line break before the dot.
        let body = body.strip_suffix(b"\r\n").unwrap_or(body);
        let reply = within(limit, Phase::Body, self.line.message(body)).await?;
        self.used += 1;
        let code = u16::from(reply.code());
        if !(200..300).contains(&code) {
            return Err((Phase::Body, odd(&reply)));
        }
        let said: Vec<&str> = reply.message().collect();
        Ok(crate::channel::email::text::reply(&format!("{code} {}", said.join(" "))))
    }

    /// Clears a refused transaction; `false` = the line is of no more use.
    pub async fn reset(&mut self, limit: Duration) -> bool {
        within(limit, Phase::Mail, self.line.command(Rset)).await.is_ok()
    }

    /// Says goodbye; never waits long.
    pub async fn quit(mut self) {
        let _ = timeout(Duration::from_secs(2), self.line.quit()).await;
    }

    /// What lettre's own `send()` adds: SMTPUTF8 and BODY=8BITMIME where they are needed.
    fn mail_options(&self, to: &Address, body: &[u8]) -> Result<Vec<MailParameter>, Failure> {
        let mut options = Vec::new();
        let info = self.line.server_info();
        if !to.to_string().is_ascii() {
            if !info.supports_feature(Extension::SmtpUtfEight) {
                let why = "the relay cannot write to addresses outside ASCII (no SMTPUTF8)";
                return Err((Phase::Rcpt, Trouble::Reply(553, why.to_owned())));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !body.is_ascii() && info.supports_feature(Extension::EightBitMime) {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(options)
    }
}

async fn connect(settings: &SmtpSettings, hello: &ClientId) -> Result<AsyncSmtpConnection, Failure> {
    let implicit = match settings.tls {
        Tls::Implicit => Some(parameters(settings).map_err(|t| (Phase::Connect, t))?),
        Tls::None | Tls::StartTls => None,
    };
    let limits = settings.limits;
    let place = (settings.host.as_str(), settings.port);
    let open = AsyncSmtpConnection::connect_tokio1(place, Some(limits.connect), hello, implicit, None);
    within(limits.connect + limits.command, Phase::Connect, open).await
}

async fn login(settings: &SmtpSettings, line: &mut AsyncSmtpConnection) -> Result<(), Failure> {
    let Some(user) = settings.user.as_ref().filter(|_| settings.password.is_some() || settings.tokens.is_some()) else {
        return Ok(());
    };
    if !line.is_encrypted() && !settings.is_local() {
        let why = "a password is not sent over a plain line; use `?tls=starttls` or `smtps://`";
        return Err((Phase::Auth, Trouble::Own(why.to_owned())));
    }
    if let Some(tokens) = &settings.tokens {
        return by_token(settings, line, user, tokens).await;
    }
    let password = settings.password.as_ref().map(|p| p.expose_secret().to_owned()).unwrap_or_default();
    let mechanisms = [Mechanism::Plain, Mechanism::Login];
    let credentials = Credentials::new(user.clone(), password);
    within(settings.limits.command, Phase::Auth, line.auth(&mechanisms, &credentials)).await.map(|_| ())
}

/// A token that was good may be taken back before its end: only a new one that is refused says that something is wrong.
async fn by_token(
    settings: &SmtpSettings,
    line: &mut AsyncSmtpConnection,
    user: &str,
    tokens: &Tokens,
) -> Result<(), Failure> {
    let token = tokens.token().await.map_err(|why| match why {
        NoToken::Later(_) => (Phase::Auth, Trouble::Line(why.to_string())),
        NoToken::Refused(_) => (Phase::Auth, Trouble::Own(why.to_string())),
    })?;
    let credentials = Credentials::new(user.to_owned(), token.text.expose_secret().to_owned());
    let asked = line.auth(&[Mechanism::Xoauth2], &credentials);
    let Err(refused) = within(settings.limits.command, Phase::Auth, asked).await else { return Ok(()) };
    tokens.forget().await;
    if token.fresh { Err(refused) } else { Err((Phase::Auth, Trouble::Line("the token has ended early".to_owned()))) }
}

fn parameters(settings: &SmtpSettings) -> Result<TlsParameters, Trouble> {
    let trouble = |e: Error| Trouble::Own(format!("TLS cannot be set up: {e}; check email.ca_file"));
    let mut builder = TlsParameters::builder(settings.host.trim_matches(['[', ']']).to_owned());
    if let Some(pem) = &settings.ca {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(trouble)?);
    }
    builder.build_rustls().map_err(trouble)
}

async fn within<T>(limit: Duration, phase: Phase, work: impl Future<Output = Result<T, Error>>) -> Result<T, Failure> {
    match timeout(limit, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err((phase, Trouble::from_lettre(&error))),
        Err(_) => Err((phase, Trouble::Line(format!("no answer within {} s", limit.as_secs())))),
    }
}

/// A positive reply that makes no sense here: not a refusal, not an acceptance.
fn odd(reply: &Response) -> Trouble {
    Trouble::Line(format!("unexpected reply {}", u16::from(reply.code())))
}
