//! A relay behind TLS, from the first byte or after STARTTLS, that wants a login. Small and blocking: a
//! thread a connection.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// How the relay behaves.
#[derive(Clone, Copy, Debug)]
pub struct Ways {
    /// TLS from the first byte.
    pub implicit: bool,
    /// The certificate it shows: `relay` (right) or `other` (for another host).
    pub certificate: &'static str,
    /// The one login mechanism it offers.
    pub login: &'static str,
    /// The password it takes for `cs@example.com`.
    pub password: &'static str,
}

impl Ways {
    pub fn implicit() -> Ways {
        Ways { implicit: true, certificate: "relay", login: "PLAIN", password: "right" }
    }

    pub fn starttls() -> Ways {
        Ways { implicit: false, ..Ways::implicit() }
    }
}

/// What it has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub connections: usize,
    pub logins: usize,
    pub refused: usize,
    /// Bodies that arrived over TLS after a login.
    pub mails: Vec<String>,
    /// Commands that carried data over a plain line.
    pub plain: Vec<String>,
}

#[derive(Clone)]
pub struct Relay {
    pub at: SocketAddr,
    ways: Arc<Mutex<Ways>>,
    seen: Arc<Mutex<Seen>>,
}

impl Relay {
    pub fn start(ways: Ways) -> Relay {
        shirube::channel::tls::ready();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay =
            Relay { at: listener.local_addr().unwrap(), ways: Arc::new(Mutex::new(ways)), seen: Arc::default() };
        let mine = relay.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mine = mine.clone();
                mine.note(|seen| seen.connections += 1);
                std::thread::spawn(move || mine.serve(stream));
            }
        });
        relay
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    pub fn change(&self, change: impl FnOnce(&mut Ways)) {
        change(&mut self.ways.lock().unwrap());
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap());
    }

    fn serve(&self, stream: TcpStream) {
        let ways = *self.ways.lock().unwrap();
        stream.set_nodelay(true).unwrap();
        if ways.implicit {
            let mut talk = Talk::new(self.clone(), ways, protected(stream, ways), true);
            if talk.say("220 relay ESMTP") {
                talk.run();
            }
            return;
        }
        let mut talk = Talk::new(self.clone(), ways, stream.try_clone().unwrap(), false);
        if talk.say("220 relay ESMTP") && talk.run() {
            Talk::new(self.clone(), ways, protected(stream, ways), true).run();
        }
    }
}

fn protected(stream: TcpStream, ways: Ways) -> StreamOwned<ServerConnection, TcpStream> {
    let file = |end: &str| format!("tests/data/tls/{}.{end}", ways.certificate);
    let chain = CertificateDer::pem_slice_iter(&fs::read(file("pem")).unwrap()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(&fs::read(file("key")).unwrap()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream)
}

struct Talk<S: Read + Write> {
    relay: Relay,
    ways: Ways,
    line: BufReader<S>,
    secure: bool,
    known: bool,
}

impl<S: Read + Write> Talk<S> {
    fn new(relay: Relay, ways: Ways, stream: S, secure: bool) -> Talk<S> {
        Talk { relay, ways, line: BufReader::new(stream), secure, known: false }
    }

    /// Until the line ends; `true` = go on with TLS.
    fn run(&mut self) -> bool {
        while let Some(line) = self.hear() {
            let verb = line.split_whitespace().next().unwrap_or("").to_ascii_uppercase();
            if !self.secure && !["EHLO", "STARTTLS", "QUIT"].contains(&verb.as_str()) {
                self.relay.note(|seen| seen.plain.push(line.clone()));
            }
            let go_on = match verb.as_str() {
                "EHLO" if self.secure => {
                    self.say(&format!("250-relay\r\n250-8BITMIME\r\n250 AUTH {}", self.ways.login))
                }
                "EHLO" => self.say("250-relay\r\n250 STARTTLS"),
                "STARTTLS" => return self.say("220 go on"),
                "AUTH" => self.login(&line),
                "MAIL" | "RCPT" if self.known => self.say("250 2.0.0 ok"),
                "MAIL" | "RCPT" => self.say("530 5.7.0 log in first"),
                "DATA" => self.say("354 go on") && self.mail(),
                "RSET" | "NOOP" => self.say("250 2.0.0 ok"),
                _ => {
                    self.say("221 bye");
                    return false;
                }
            };
            if !go_on {
                return false;
            }
        }
        false
    }

    fn login(&mut self, line: &str) -> bool {
        let first = line.split_whitespace().nth(2).map(str::to_owned);
        let given = if self.ways.login == "XOAUTH2" {
            let said = decoded(&first.unwrap_or_default());
            let fields: Vec<&str> = said.split('\u{1}').collect();
            let field = |name: &str| fields.iter().find_map(|f| f.strip_prefix(name)).unwrap_or("").to_owned();
            vec![field("user="), field("auth=Bearer ")]
        } else if self.ways.login == "PLAIN" {
            decoded(&first.unwrap_or_default()).split('\0').skip(1).map(str::to_owned).collect::<Vec<_>>()
        } else {
            let user = match first {
                Some(user) => user,
                None => self.asked("VXNlcm5hbWU6"),
            };
            vec![decoded(&user), decoded(&self.asked("UGFzc3dvcmQ6"))]
        };
        self.known = given == ["cs@example.com", self.ways.password];
        let known = self.known;
        self.relay.note(|seen| if known { seen.logins += 1 } else { seen.refused += 1 });
        self.say(if self.known { "235 2.7.0 welcome" } else { "535 5.7.8 wrong user or password" })
    }

    fn asked(&mut self, what: &str) -> String {
        self.say(&format!("334 {what}"));
        self.hear().unwrap_or_default()
    }

    fn mail(&mut self) -> bool {
        let mut text = String::new();
        while let Some(line) = self.hear() {
            if line == "." {
                self.relay.note(|seen| seen.mails.push(text));
                return self.say("250 2.0.0 queued");
            }
            text.push_str(&line);
            text.push('\n');
        }
        false
    }

    fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        self.line.read_line(&mut line).ok().filter(|n| *n > 0)?;
        Some(line.trim_end().to_owned())
    }

    fn say(&mut self, text: &str) -> bool {
        let stream = self.line.get_mut();
        stream.write_all(format!("{text}\r\n").as_bytes()).and_then(|()| stream.flush()).is_ok()
    }
}

fn decoded(text: &str) -> String {
    String::from_utf8(STANDARD.decode(text).unwrap_or_default()).unwrap_or_default()
}
