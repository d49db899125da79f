//! `email.transport`: a folder or a relay.

use super::{oauth::OAuth, secret::Secret, url};

/// How mail leaves.
#[derive(Clone, Debug)]
pub enum Transport {
    /// Written into this folder, relative to the project folder; nothing leaves.
    File(String),
    /// Handed to a relay.
    Smtp(Smtp),
}

impl Default for Transport {
    fn default() -> Transport {
        Transport::File("outbox".to_owned())
    }
}

/// One relay.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Host name or address (IPv6 in brackets).
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection of the line.
    pub tls: Tls,
    /// User name, when the relay wants a login.
    pub user: Option<String>,
    /// Password of `user`.
    pub password: Option<Secret>,
    /// A token instead of a password.
    pub oauth: Option<OAuth>,
}

impl Smtp {
    /// The transport without its password, as `smtp://user@host:port?tls=…`.
    pub fn url(&self) -> String {
        let login = self.user.as_ref().map(|user| format!("{}@", encoded(user))).unwrap_or_default();
        let tls = match self.tls {
            Tls::None => "none",
            Tls::StartTls => "starttls",
            Tls::Implicit => "implicit",
        };
        format!("smtp://{login}{}:{}?tls={tls}", self.host, self.port)
    }
}

/// Protection of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// None: this machine or a trusted network only.
    None,
    /// Plain first, then STARTTLS or nothing is sent.
    StartTls,
    /// From the first byte.
    Implicit,
}

const HELP: &str =
    "write `file:outbox` or `smtp://user@host:587?tls=starttls` (tls=none, starttls, required or implicit)";

/// Reads a transport. A password inside the text is accepted only if the text is not `literal`.
/// Errors never repeat the text.
pub fn parse(text: &str, literal: bool, password: Option<Secret>, oauth: Option<OAuth>) -> Result<Transport, String> {
    if let Some(folder) = text.strip_prefix("file:") {
        return if folder.is_empty() { Err(HELP.to_owned()) } else { Ok(Transport::File(folder.to_owned())) };
    }
    let (scheme, rest) = text.split_once("://").ok_or(HELP)?;
    if !matches!(scheme, "smtp" | "smtps") {
        return Err(HELP.to_owned());
    }
    let inside = url::password(text);
    if literal && inside.is_some() {
        return Err(
            "a password must not stand in the file: write `smtp://user@host:port` and `password: ${env:SMTP_PASSWORD}`"
                .to_owned(),
        );
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (login, authority) = place.rsplit_once('@').map_or((None, place), |(login, host)| (Some(login), host));
    let (host, port) = url::host_port(authority.trim_end_matches('/')).filter(|(host, _)| plain(host)).ok_or(HELP)?;
    let tls = tls(query, scheme == "smtps", host)?;
    let user = login.map(|login| decoded(login.split(':').next().unwrap_or(""))).transpose()?.filter(|u| !u.is_empty());
    let inside = inside.map(decoded).transpose()?.and_then(|text| Secret::new(text, 1).ok());
    let password = password.or(inside);
    // A token proves the user as a password does.
    let proved = password.is_some() || oauth.is_some();
    match (&user, proved) {
        (None, true) => return Err("there is a password or oauth but no user: write `smtp://user@host`".to_owned()),
        (Some(_), false) => {
            return Err(
                "the relay's user needs a password: write `password: ${env:SMTP_PASSWORD}` under email".to_owned()
            );
        }
        (Some(_), true) if tls == Tls::None && !url::is_local(host) => {
            return Err(
                "the password would cross the network unprotected: write tls=starttls or tls=implicit".to_owned()
            );
        }
        _ => {}
    }
    let port = port.unwrap_or(if tls == Tls::Implicit { 465 } else { 587 });
    Ok(Transport::Smtp(Smtp { host: host.to_owned(), port, tls, user, password, oauth }))
}

fn plain(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
}

fn tls(query: &str, implicit: bool, host: &str) -> Result<Tls, String> {
    let mut tls = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        tls = Some(match pair {
            "tls=none" => Tls::None,
            "tls=starttls" | "tls=required" => Tls::StartTls,
            "tls=implicit" => Tls::Implicit,
            _ => return Err(HELP.to_owned()),
        });
    }
    let default = if url::is_local(host) { Tls::None } else { Tls::StartTls };
    Ok(tls.unwrap_or(if implicit { Tls::Implicit } else { default }))
}

fn decoded(text: &str) -> Result<String, String> {
    let bad = "a `%` in user or password must be written %25";
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16).and_then(|d| u8::try_from(d).ok());
        out.push(match byte {
            b'%' => digit().zip(digit()).map(|(high, low)| high * 16 + low).ok_or(bad)?,
            _ => byte,
        });
    }
    String::from_utf8(out).map_err(|_| bad.to_owned())
}

fn encoded(text: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-._~+".contains(&b);
    text.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(text: &str, password: Option<&str>) -> Result<Smtp, String> {
        let password = password.map(|p| Secret::new(p.to_owned(), 1).expect("secret"));
        match parse(text, true, password, None)? {
            Transport::Smtp(smtp) => Ok(smtp),
            Transport::File(_) => Err("a folder".to_owned()),
        }
    }

    #[test]
    fn a_relay_is_read_with_its_defaults() {
        let relay = smtp("smtp://ann%40x.example@mail.example.com", Some("pw")).expect("relay");
        assert_eq!((relay.host.as_str(), relay.port, relay.tls), ("mail.example.com", 587, Tls::StartTls));
        assert_eq!(relay.user.as_deref(), Some("ann@x.example"));
        assert_eq!(relay.url(), "smtp://ann%40x.example@mail.example.com:587?tls=starttls");
        assert_eq!(smtp("smtp://127.0.0.1:2525", None).expect("local").tls, Tls::None);
        assert_eq!(smtp("smtp://[::1]:25", None).expect("v6").host, "[::1]");
        assert_eq!(smtp("smtp://h.example?tls=implicit", None).expect("implicit").port, 465);
        assert_eq!(smtp("smtp://h.example?tls=required", None).expect("required").tls, Tls::StartTls);
    }

    #[test]
    fn wrong_transports_are_explained_without_their_passwords() {
        let bad = [
            "mail.example.com",
            "file:",
            "http://h",
            "smtp://",
            "smtp://u:hunter2@h",
            "smtp://h?tls=ssl",
            "smtp://h:0",
            "smtp://h:99999",
            "smtp://u@h",
            "smtp://h:25/x y",
        ];
        for text in bad {
            let error = parse(text, true, None, None).err().unwrap_or_else(|| panic!("{text} was accepted"));
            assert!(!error.contains("hunter2"), "{text}: {error}");
        }
        assert!(smtp("smtp://h.example", Some("pw")).is_err(), "a password without a user");
        assert!(smtp("smtp://u@h.example?tls=none", Some("pw")).is_err(), "a password in the clear");
    }

    #[test]
    fn a_password_inside_is_fine_when_it_came_by_reference() {
        let Ok(Transport::Smtp(relay)) = parse("smtp://u:p%3Aw@h.example:25", false, None, None) else {
            panic!("refused")
        };
        assert_eq!(relay.password.expect("password").expose(), "p:w");
        assert_eq!(relay.host, "h.example");
    }
}
