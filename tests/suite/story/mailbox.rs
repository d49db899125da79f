//! A mailbox that is read over IMAP, and what `doctor` says of mail, on the built binary.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::{
    house::{House, until},
    returned::{YUI, key, made},
};
use crate::{
    fakes::web::{Answer, Web},
    names::FakeDns,
};

/// A mail server that holds one folder, behind TLS from the first byte.
#[derive(Clone)]
struct Server {
    at: SocketAddr,
    inner: Arc<Mutex<Folder>>,
}

#[derive(Default)]
struct Folder {
    validity: u32,
    mails: BTreeMap<u32, String>,
    moved: Vec<u32>,
    /// How often each mail was asked for.
    read: BTreeMap<u32, usize>,
    /// The line is lost at the answer to this one, once.
    lost_at: Option<u32>,
    /// This one is not handed out, once.
    refused_at: Option<u32>,
    /// Commands that change something.
    changes: Vec<String>,
}

impl Server {
    fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let inner = Arc::new(Mutex::new(Folder { validity: 7, ..Folder::default() }));
        let server = Server { at: listener.local_addr().unwrap(), inner };
        let own = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.talk(stream));
            }
        });
        server
    }

    fn folder(&self) -> std::sync::MutexGuard<'_, Folder> {
        self.inner.lock().unwrap()
    }

    fn arrives(&self, uid: u32, mail: &str) {
        self.folder().mails.insert(uid, mail.replace('\n', "\r\n"));
    }

    /// Ends with the line, whoever ends it.
    fn talk(&self, tcp: TcpStream) -> Option<()> {
        let tls = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls");
        let certificate = CertificateDer::from_pem_file(tls.join("relay.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(tls.join("relay.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut line = BufReader::new(StreamOwned::new(connection, tcp));
        say(&mut line, "* OK ready\r\n")?;
        let mut text = String::new();
        while line.read_line(&mut text).ok()? > 0 {
            let (tag, command) = text.trim_end().split_once(' ')?;
            let answer = match command.starts_with("AUTHENTICATE") {
                true => self.asked_for_token(&mut line, command)?,
                false => self.answer(command)?,
            };
            let refused = answer.starts_with("NO");
            let end = if refused { format!("{tag} {answer}") } else { format!("{answer}{tag} OK done\r\n") };
            say(&mut line, &end)?;
            text.clear();
        }
        None
    }

    /// XOAUTH2: a wrong token is answered by a challenge that says why, which the client answers with nothing.
    fn asked_for_token(&self, line: &mut (impl BufRead + HasInner), command: &str) -> Option<String> {
        assert_eq!(command, "AUTHENTICATE XOAUTH2");
        say(line, "+ \r\n")?;
        let mut said = String::new();
        line.read_line(&mut said).ok()?;
        let said = String::from_utf8(STANDARD.decode(said.trim_end()).ok()?).ok()?;
        if said == "user=cs@example.com\u{1}auth=Bearer granted\u{1}\u{1}" {
            return Some(String::new());
        }
        say(line, "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n")?;
        line.read_line(&mut String::new()).ok()?;
        Some("NO [AUTHENTICATIONFAILED] no\r\n".to_owned())
    }

    /// The untagged lines; none = the line is lost.
    fn answer(&self, command: &str) -> Option<String> {
        let mut folder = self.folder();
        let words: Vec<&str> = command.split(' ').collect();
        let folder_says =
            |f: &Folder| format!("* {} EXISTS\r\n* OK [UIDVALIDITY {}] ok\r\n", f.mails.len(), f.validity);
        Some(match (words[0], words.get(1).copied().unwrap_or_default()) {
            ("CAPABILITY", _) => "* CAPABILITY IMAP4rev1 MOVE\r\n".to_owned(),
            ("LOGIN", _) => String::new(),
            ("SELECT", _) => folder_says(&folder),
            ("UID", "SEARCH") => {
                let from: u32 = words.last()?.split(':').next()?.parse().unwrap_or(0);
                let last = folder.mails.keys().last().copied();
                let fits = |uid: &&u32| **uid >= from || Some(**uid) == last;
                let found: Vec<String> = folder.mails.keys().filter(fits).map(u32::to_string).collect();
                format!("* SEARCH {}\r\n", found.join(" "))
            }
            ("UID", "FETCH") => {
                let uid: u32 = words[2].parse().ok()?;
                if folder.lost_at == Some(uid) {
                    folder.lost_at = None;
                    return None;
                }
                if folder.refused_at == Some(uid) {
                    folder.refused_at = None;
                    return Some("NO [UNAVAILABLE] try again\r\n".to_owned());
                }
                *folder.read.entry(uid).or_default() += 1;
                assert!(command.contains("BODY.PEEK[]"), "{command}");
                let mail = &folder.mails[&uid];
                format!("* 1 FETCH (UID {uid} BODY[]<0> {{{}}}\r\n{mail})\r\n", mail.len())
            }
            ("UID", "MOVE") => {
                let uid: u32 = words[2].parse().ok()?;
                folder.mails.remove(&uid);
                folder.moved.push(uid);
                String::new()
            }
            ("LOGOUT", _) => "* BYE\r\n".to_owned(),
            _ => {
                folder.changes.push(command.to_owned());
                String::new()
            }
        })
    }
}

fn say(line: &mut impl HasInner, text: &str) -> Option<()> {
    line.inner().write_all(text.as_bytes()).ok()?;
    line.inner().flush().ok()
}

trait HasInner {
    fn inner(&mut self) -> &mut dyn Write;
}

impl<T: Write + std::io::Read> HasInner for BufReader<T> {
    fn inner(&mut self) -> &mut dyn Write {
        self.get_mut()
    }
}

/// Adds to `email:` of the configuration.
fn configure(house: &House, more: &str) {
    let config = fs::read_to_string(house.dir.join("shirube.yaml")).unwrap();
    fs::write(house.dir.join("shirube.yaml"), config.replacen("email: {", &format!("email: {{{more}"), 1)).unwrap();
}

fn imap(server: &Server, more: &str) -> String {
    let ca = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls/ca.pem");
    format!(
        "ca_file: \"{}\", bounce: {{imap: {{server: \"{}\", user: cs@example.com, password: \"${{env:IMAP}}\", every: 1s{more}}}}}, ",
        ca.display(),
        server.at
    )
}

fn timeline(house: &House) -> String {
    house.done(&["--lang", "ja", "timeline", "acme"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_read_from_where_it_was_left_and_nothing_in_it_changes() {
    let server = Server::start();
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("IMAP", "right".to_owned()));
    configure(&house, &imap(&server, ""));
    house.done(&["tick"]);
    let first = key(&house);
    server.arrives(3, "From: somebody@elsewhere.example\nSubject: hello\n\nhi\n");
    server.arrives(5, &made("away.eml", &first, YUI));
    server.arrives(8, &made("reply.eml", &first, YUI));
    // The line is lost on the way: what was read stays read, the rest comes next time.
    server.folder().lost_at = Some(8);
    house.done(&["tick"]);
    assert!(timeline(&house).contains("自動返信"));
    assert!(!house.done(&["--lang", "ja", "cs", "tasks"]).contains("返信"));
    house.done(&["tick"]);
    assert!(house.done(&["--lang", "ja", "cs", "tasks"]).contains("返信"));
    house.done(&["tick"]);
    assert_eq!(server.folder().read, BTreeMap::from([(3, 1), (5, 1), (8, 1)]), "each once");
    assert_eq!(server.folder().mails.len(), 3, "nothing is deleted");
    assert_eq!(server.folder().changes, Vec::<String>::new());
    // A folder that was made anew is read anew, and nothing happens twice.
    let before = timeline(&house);
    server.folder().validity = 8;
    house.done(&["tick"]);
    assert_eq!(server.folder().read[&5], 2);
    assert_eq!(timeline(&house), before);
    let said = String::from_utf8_lossy(&house.output(&["doctor"]).stdout).into_owned();
    assert!(said.lines().any(|l| l.contains("imap") && l.contains("INBOX") && l.starts_with("ok")), "{said}");
}

/// Microsoft 365 takes no passwords over IMAP any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_opened_by_token_where_passwords_are_not_taken() {
    let server = Server::start();
    let web = Web::start(|_| Answer::ok(serde_json::json!({"access_token": "granted", "expires_in": 3600}))).await;
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("IMAP", "the-app-secret".to_owned()));
    let oauth = format!(
        "oauth: {{token_url: \"{}\", client_id: app, client_secret: \"${{env:IMAP}}\", scope: mail}}",
        web.url("/token")
    );
    configure(&house, &imap(&server, "").replace("password: \"${env:IMAP}\"", &oauth));
    house.done(&["tick"]);
    server.arrives(5, &made("reply.eml", &key(&house), YUI));
    house.done(&["tick"]);
    assert!(house.done(&["--lang", "ja", "cs", "tasks"]).contains("返信"));
    let asked = String::from_utf8(web.calls("/token")[0].raw.clone()).unwrap();
    assert!(asked.contains("grant_type=client_credentials&client_id=app&client_secret=the-app-secret"), "{asked}");
    // Another token than the server's: said by doctor, without the token.
    web.script("/token", Answer::ok(serde_json::json!({"access_token": "another", "expires_in": 3600})));
    let said = String::from_utf8_lossy(&house.output(&["--lang", "en", "doctor"]).stdout).into_owned();
    let line = said.lines().find(|l| l.starts_with("mend imap")).unwrap_or_else(|| panic!("{said}"));
    assert!(!line.contains("another") && !line.contains("the-app-secret"), "{line}");
}

/// It counted as gone, and the reply was never read.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_the_server_refuses_to_hand_out_once_is_read_the_next_time() {
    let server = Server::start();
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("IMAP", "right".to_owned()));
    configure(&house, &imap(&server, ""));
    house.done(&["tick"]);
    server.arrives(5, &made("reply.eml", &key(&house), YUI));
    server.folder().refused_at = Some(5);
    house.done(&["tick"]);
    assert_eq!(server.folder().read, BTreeMap::new());
    house.done(&["tick"]);
    assert_eq!(server.folder().read, BTreeMap::from([(5, 1)]));
    assert!(house.done(&["--lang", "ja", "cs", "tasks"]).contains("返信"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_reads_the_mailbox_and_puts_aside_what_was_ours() {
    let server = Server::start();
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("IMAP", "right".to_owned()));
    configure(&house, &imap(&server, ", move_to: Shirube"));
    let daemon = house.start(&[]).await;
    until("the first mail", async || house.smtp.accepted().len() == 1).await;
    server.arrives(1, "From: somebody@elsewhere.example\nSubject: hello\n\nhi\n");
    server.arrives(2, &made("dsn-hard.eml", &key(&house), YUI));
    until("the daemon records it", async || timeline(&house).contains("不達")).await;
    until("it is put aside", async || server.folder().moved == [2]).await;
    assert_eq!(server.folder().mails.keys().copied().collect::<Vec<_>>(), [1]);
    daemon.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_whose_server_cannot_prove_itself_gets_no_password() {
    let server = Server::start();
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("IMAP", "right".to_owned()));
    let config = imap(&server, "");
    // Without the CA nobody vouches for it.
    configure(&house, &config[config.find("bounce").unwrap()..]);
    house.done(&["tick"]);
    let said = house.output(&["--lang", "en", "doctor"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.lines().any(|l| l.starts_with("mend imap") && l.contains("certificate")), "{said}");
    // Plain lines only on this machine.
    configure(&house, "");
    let path = house.dir.join("shirube.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(&format!("server: \"{}\"", server.at), "server: imap.example.com, tls: none"))
        .unwrap();
    let said = String::from_utf8_lossy(&house.output(&["tick"]).stderr).into_owned();
    assert!(said.contains("readable on the way"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_the_records_that_are_missing_and_takes_silence_for_no_fault() {
    let dns = FakeDns::start();
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    configure(&house, &format!("resolver: \"{}\", ", dns.at));
    dns.has("example.com", "v=spf1 ip4:192.0.2.1 -all");
    let lines = |lang: &str| {
        let output = house.output(&["--lang", lang, "doctor"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let said = lines("en");
    assert!(said.contains("ok   spf example.com v=spf1 ip4:192.0.2.1 -all"), "{said}");
    assert!(
        said.contains("mend dmarc example.com there is none; add to DNS: _dmarc.example.com TXT \"v=DMARC1; p=none"),
        "{said}"
    );
    assert!(lines("ja").contains("DNSに追加してください：_dmarc.example.com"), "{}", lines("ja"));
    dns.silent();
    let said = lines("en");
    assert!(said.contains("ok   dmarc example.com DNS does not answer; look up dmarc of example.com"), "{said}");
}
