//! The little of URLs that a configuration needs.

use std::net::{IpAddr, SocketAddr};

/// The password inside `scheme://user:password@host…`, if there is one.
pub fn password(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (login, _) = authority.rsplit_once('@')?;
    login.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

/// Whether `host` is this machine.
pub fn is_local(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An `https://` address without a login; `http://` only on this machine. Trailing slashes are dropped.
pub fn web(text: &str) -> Result<String, String> {
    let help = "write an address such as `https://hooks.example.com/cs`, without user and password; plain http only to 127.0.0.1";
    let (scheme, rest) = text.split_once("://").ok_or(help)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = host_of(authority).filter(|host| !host.is_empty()).ok_or(help)?;
    let clean = !text.chars().any(|c| c.is_whitespace() || c.is_control()) && !authority.contains('@');
    let safe = scheme == "https" || scheme == "http" && is_local(host);
    if clean && safe { Ok(text.trim_end_matches('/').to_owned()) } else { Err(help.to_owned()) }
}

/// `127.0.0.1:8787`, `[::1]:8787`, `localhost:8787` or `0.0.0.0:80`.
pub fn listen(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    numeric.parse().map_err(|_| "write an address and a port, as in `127.0.0.1:8787`".to_owned())
}

/// Host and port of an authority without login.
pub fn host_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let host = host_of(authority)?;
    let rest = authority.get(host.len()..)?;
    match rest.strip_prefix(':') {
        None => rest.is_empty().then_some((host, None)),
        Some(port) => port.parse().ok().filter(|port| *port > 0).map(|port| (host, Some(port))),
    }
}

fn host_of(authority: &str) -> Option<&str> {
    if authority.starts_with('[') {
        return authority.find(']').and_then(|end| authority.get(..=end));
    }
    authority.split(':').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_found_where_they_hide() {
        assert_eq!(password("postgres://u:p%40@h/db"), Some("p%40"));
        assert_eq!(password("smtp://u:p@w@h:25?tls=none"), Some("p@w"));
        for none in ["postgres://u@h/db", "postgres://h/db?x=a:b@c", "sqlite:a:b@c", "smtp://u:@h"] {
            assert_eq!(password(none), None, "{none}");
        }
    }

    #[test]
    fn web_addresses_are_https_or_local() {
        assert_eq!(web("https://cs.example.com/"), Ok("https://cs.example.com".to_owned()));
        assert!(
            web("http://127.0.0.1:9/api").is_ok() && web("http://[::1]:9").is_ok() && web("http://localhost").is_ok()
        );
        for bad in [
            "cs.example.com",
            "http://cs.example.com",
            "https://u:p@h",
            "https://",
            "ftp://h",
            "https://h/a b",
            "http://127.0.0.1.evil.example",
        ] {
            assert!(web(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn listeners_need_a_port() {
        assert!(listen("127.0.0.1:8787").is_ok() && listen("localhost:1").is_ok() && listen("[::1]:8787").is_ok());
        assert!(listen("8787").is_err() && listen("127.0.0.1").is_err() && listen("example.com:80").is_err());
    }
}
