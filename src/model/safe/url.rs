//! Addresses that we call because a configuration says so.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address that may be called: https, no login, port 443 or 80 or above 1023, no address of an inner
/// network; or plain http on this machine, where the configuration says so in as many words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeUrl {
    text: String,
    host: String,
    side: Side,
}

/// Which addresses a host may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The open internet, nothing else.
    Outside,
    /// This machine, nothing else.
    ThisMachine,
}

impl Side {
    /// Whether a connection to `ip` is allowed. IPv4 inside IPv6 counts as IPv4.
    pub fn allows(self, ip: IpAddr) -> bool {
        match self {
            Side::Outside => is_public(ip),
            Side::ThisMachine => ip.to_canonical().is_loopback(),
        }
    }
}

impl SafeUrl {
    /// Reads an address; the error says what to write instead.
    pub fn new(text: &str) -> Result<SafeUrl, String> {
        let wrong = |why: &str| format!("{why}; write an address such as https://hooks.example.com/cs");
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("this is no address"))?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(wrong("user and password do not belong into an address"));
        }
        if text.chars().any(|c| !c.is_ascii_graphic() || c == '\\') {
            return Err(wrong("an address has no spaces, backslashes or letters outside ASCII"));
        }
        let (host, port) = split(authority).ok_or_else(|| wrong("host or port cannot be read"))?;
        let side = if is_this_machine(&host) { Side::ThisMachine } else { Side::Outside };
        let fits = match (scheme, side) {
            ("https", Side::Outside) => port.is_none_or(|p| p == 443 || p == 80 || p > 1_023),
            ("http" | "https", Side::ThisMachine) => true,
            _ => return Err(wrong("only https leaves this machine")),
        };
        if !fits {
            return Err(wrong("this port is not for web servers"));
        }
        if looks_numeric(&host) && literal(&host).is_none() {
            return Err(wrong("an IP address has four numbers from 0 to 255"));
        }
        if let Some(ip) = literal(&host)
            && !side.allows(ip)
        {
            return Err(wrong("this address is inside a private network"));
        }
        Ok(SafeUrl { text: text.to_owned(), host, side })
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its host, IPv6 without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Where its host may lead.
    pub fn side(&self) -> Side {
        self.side
    }
}

fn split(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => authority.find(':').map_or((authority, ""), |at| authority.split_at(at)),
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => Some(port.parse().ok().filter(|p| *p > 0)?),
        None if rest.is_empty() => None,
        None => return None,
    };
    let plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:_".contains(&b));
    plain.then(|| (host.to_ascii_lowercase(), port))
}

/// What clients read as an IP address, in whatever spelling: `127.1`, `0x7f000001`, `2130706433`.
fn looks_numeric(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    !last.is_empty() && (last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x"))
}

/// An IP address written as such.
fn literal(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || literal(host).is_some_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether `ip` is an address of the open internet: not private, loopback, link-local, shared (CGNAT),
/// documentation, benchmark, multicast, reserved, nor a tunnel (6to4, Teredo, NAT64, SRv6) to such a one.
pub fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    const CLOSED: [(u32, u32); 15] = [
        (0x0000_0000, 8),  // this network
        (0x0a00_0000, 8),  // private
        (0x6440_0000, 10), // CGNAT
        (0x7f00_0000, 8),  // loopback
        (0xa9fe_0000, 16), // link-local, cloud metadata
        (0xac10_0000, 12), // private
        (0xc000_0000, 24), // IETF
        (0xc000_0200, 24), // documentation
        (0xc058_6300, 24), // 6to4 relays
        (0xc0a8_0000, 16), // private
        (0xc612_0000, 15), // benchmark
        (0xc633_6400, 24), // documentation
        (0xcb00_7100, 24), // documentation
        (0xe000_0000, 4),  // multicast
        (0xf000_0000, 4),  // class E, broadcast
    ];
    !CLOSED.iter().any(|(net, bits)| (ip.to_bits() ^ net) >> (32 - bits) == 0)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    const CLOSED: [(u128, u32); 4] = [
        (0x2001_0000 << 96, 23), // IETF: Teredo, ORCHID, benchmark …
        (0x2001_0db8 << 96, 32), // documentation
        (0x2002_0000 << 96, 16), // 6to4
        (0x3fff_0000 << 96, 20), // documentation
    ];
    // Only 2000::/3 is given out; ULA, link-local, NAT64, SRv6 and the rest lie outside it.
    ip.segments()[0] >> 13 == 1 && !CLOSED.iter().any(|(net, bits)| (ip.to_bits() ^ net) >> (128 - bits) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn inner_networks_are_closed_however_they_are_written() {
        for ip in [
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "100::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.32.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn only_plain_https_addresses_are_taken() {
        for good in [
            "https://hooks.example.com/cs?x=1",
            "https://example.com:8443",
            "https://1.1.1.1/",
            "http://127.0.0.1:9/x",
            "http://[::1]:9",
            "http://localhost/x",
        ] {
            assert!(SafeUrl::new(good).is_ok(), "{good}");
        }
        for bad in [
            "http://example.com",
            "ftp://example.com",
            "https://u:p@example.com",
            "https://user@example.com",
            "https://10.0.0.1/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
            "https://example.com:22/",
            "https:///x",
            "example.com",
            "https://a b",
            "https://exa\u{3000}mple.com",
            "https://example.com\\@evil.test",
            "https://[::1",
            "https://h:0",
            "https://127.1",
            "https://0x7f000001/",
            "https://2130706433",
            "https://0177.0.0.1",
            "https://1.1.1.1./",
            "https://h:99999",
        ] {
            assert!(SafeUrl::new(bad).is_err(), "{bad}");
        }
        assert_eq!(SafeUrl::new("https://[2606:4700::1111]:8443/a").unwrap().host(), "2606:4700::1111");
        assert_eq!(SafeUrl::new("http://localhost:1").unwrap().side(), Side::ThisMachine);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = SafeUrl::new(&text);
        }

        #[test]
        fn ipv4_inside_ipv6_is_judged_as_ipv4(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(is_public(IpAddr::V4(v4)), is_public(IpAddr::V6(v4.to_ipv6_mapped())));
        }
    }
}
