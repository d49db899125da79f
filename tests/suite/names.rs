//! SPF, DKIM and DMARC as `doctor` finds them, with a DNS server of our own.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Mutex},
};

use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, rdata::TXT},
    serialize::binary::{BinDecodable, BinEncodable},
};
use shirube::channel::email::{
    dkim::Dkim,
    names::Names,
    standing::{Check, Found, Own, Signing, look, relay},
};

/// Answers with texts by name; what it does not know does not exist, unless it is silent.
#[derive(Clone)]
pub struct FakeDns {
    pub at: SocketAddr,
    texts: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
    silent: Arc<Mutex<bool>>,
}

impl FakeDns {
    pub fn start() -> FakeDns {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let dns = FakeDns { at: socket.local_addr().unwrap(), texts: Arc::default(), silent: Arc::default() };
        let own = dns.clone();
        std::thread::spawn(move || own.serve(&socket));
        dns
    }

    pub fn has(&self, name: &str, text: &str) {
        self.texts.lock().unwrap().entry(name.to_owned()).or_default().push(text.to_owned());
    }

    pub fn forget(&self, name: &str) {
        self.texts.lock().unwrap().remove(name);
    }

    pub fn silent(&self) {
        *self.silent.lock().unwrap() = true;
    }

    fn serve(&self, socket: &UdpSocket) {
        let mut bytes = [0; 2_048];
        while let Ok((length, from)) = socket.recv_from(&mut bytes) {
            let Ok(asked) = Message::from_bytes(&bytes[..length]) else { continue };
            if !*self.silent.lock().unwrap() {
                let _ = socket.send_to(&self.answer(&asked).to_bytes().unwrap(), from);
            }
        }
    }

    fn answer(&self, asked: &Message) -> Message {
        let query = asked.queries[0].clone();
        let name = query.name().to_ascii().trim_end_matches('.').to_ascii_lowercase();
        let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
        let found = self.texts.lock().unwrap().get(&name).cloned();
        answer.metadata.response_code = if found.is_some() { ResponseCode::NoError } else { ResponseCode::NXDomain };
        for text in found.into_iter().flatten() {
            // Long texts come in pieces.
            let pieces = text.as_bytes().chunks(200).map(|c| String::from_utf8(c.to_vec()).unwrap()).collect();
            answer.add_answer(Record::from_rdata(query.name().clone(), 60, RData::TXT(TXT::new(pieces))));
        }
        answer.add_query(query);
        answer
    }
}

async fn found(dns: &FakeDns, host: &str, own: Option<Own<'_>>) -> Vec<Found> {
    let names = Names::new(Some(dns.at)).unwrap();
    let all = look(&names, "mail.ours.example", Signing { host, relay: relay(host), own }).await;
    assert_eq!(all.iter().map(|(check, _)| *check).collect::<Vec<_>>(), [Check::Spf, Check::Dkim, Check::Dmarc]);
    all.into_iter().map(|(_, found)| found).collect()
}

fn by(domain: &str) -> Own<'_> {
    Own { selector: "s1", domain, key: None }
}

fn missing(at: &str, add: &str) -> Found {
    Found::Missing { at: at.to_owned(), add: add.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_relay_is_told_the_record_that_is_missing() {
    let dns = FakeDns::start();
    let spf = |include: &str| missing("mail.ours.example", &format!("v=spf1 include:{include} ~all"));
    let dmarc = missing("_dmarc.mail.ours.example", "v=DMARC1; p=none; rua=mailto:postmaster@mail.ours.example");
    let key = |selector: &str| missing(&format!("{selector}._domainkey.mail.ours.example"), "");
    let google = found(&dns, "smtp-relay.gmail.com", None).await;
    assert_eq!(google, [spf("_spf.google.com"), key("google"), dmarc.clone()]);
    let microsoft = found(&dns, "smtp.office365.com", None).await;
    assert_eq!(microsoft, [spf("spf.protection.outlook.com"), key("selector1"), dmarc.clone()]);
    let ses = found(&dns, "email-smtp.ap-northeast-1.amazonaws.com", None).await;
    assert_eq!(ses, [Found::Fine("Amazon SES: -".to_owned()), Found::ByHand, dmarc]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_found_behind_includes_aliases_and_the_domain_above() {
    let dns = FakeDns::start();
    dns.has("mail.ours.example", "google-site-verification=x");
    dns.has("mail.ours.example", "v=spf1 include:_spf.ours.example -all");
    dns.has("_spf.ours.example", "v=spf1 include:_spf.google.com ip4:192.0.2.1 ?all");
    let long = format!("v=DKIM1; k=rsa; p={}", "A".repeat(392));
    dns.has("google._domainkey.mail.ours.example", &long);
    dns.has("_dmarc.ours.example", "v=DMARC1; p=quarantine");
    let all = found(&dns, "smtp.gmail.com", None).await;
    assert_eq!(
        all,
        [
            Found::Fine("v=spf1 include:_spf.ours.example -all".to_owned()),
            Found::Fine("google._domainkey.mail.ours.example".to_owned()),
            Found::Fine("v=DMARC1; p=quarantine".to_owned())
        ]
    );
    // Signed by ourselves: the key of our selector, for a domain that is the sender's or above it.
    dns.has("s1._domainkey.ours.example", "v=DKIM1; p=");
    let own = found(&dns, "127.0.0.1", Some(by("ours.example"))).await;
    assert_eq!(own[1], Found::Withdrawn("s1._domainkey.ours.example".to_owned()));
    let other = found(&dns, "127.0.0.1", Some(by("theirs.example"))).await;
    assert_eq!(other[1], Found::OtherDomain("theirs.example".to_owned()));
    // Two records are none.
    dns.has("mail.ours.example", "v=spf1 mx -all");
    dns.has("_dmarc.ours.example", "v=DMARC1; p=none");
    let all = found(&dns, "smtp.gmail.com", None).await;
    assert_eq!((&all[0], &all[2]), (&Found::Several, &Found::Several));
    // A record that includes itself ends.
    dns.forget("mail.ours.example");
    dns.has("mail.ours.example", "v=spf1 include:mail.ours.example +all");
    assert_eq!(found(&dns, "smtp.gmail.com", None).await[0], Found::Everybody);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_not_taken_for_nothing() {
    let dns = FakeDns::start();
    dns.silent();
    assert_eq!(found(&dns, "smtp.gmail.com", None).await, [Found::NoAnswer, Found::NoAnswer, Found::NoAnswer]);
}

/// A key was made anew and DNS still had the old one: everything was signed, and nobody could verify it.
#[tokio::test(flavor = "multi_thread")]
async fn a_published_key_that_is_not_the_one_we_sign_with_is_told_with_the_record_that_belongs_there() {
    // The seed and its public key are the first test vector of RFC 8032; the RSA pair was made by OpenSSL.
    let seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    let rsa = include_str!("../data/dkim/rsa.pem");
    let (framed, bare) = (include_str!("../data/dkim/rsa.spki").trim(), include_str!("../data/dkim/rsa.pkcs1").trim());
    let ed25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let at = "s1._domainkey.ours.example".to_owned();
    for (private_key, record, others) in [
        (seed, ed25519.to_owned(), vec![]),
        (
            rsa,
            format!("v=DKIM1; k=rsa; p={framed}"),
            vec![format!("v=DKIM1; p={bare}"), format!("p={}", spaced(framed))],
        ),
    ] {
        let dns = FakeDns::start();
        let key = Dkim { selector: "s1", domain: "ours.example", private_key }.public().unwrap();
        let own = Own { key: Some(&key), ..by("ours.example") };
        assert_eq!(found(&dns, "127.0.0.1", Some(own)).await[1], missing(&at, &record));
        dns.has(&at, "v=DKIM1; k=rsa; p=AAAA");
        let add = record.clone();
        assert_eq!(found(&dns, "127.0.0.1", Some(own)).await[1], Found::OtherKey { at: at.clone(), add });
        for right in [vec![record], others].concat() {
            dns.forget(&at);
            dns.has(&at, &right);
            assert_eq!(found(&dns, "127.0.0.1", Some(own)).await[1], Found::Fine(at.clone()), "{right}");
        }
    }
}

fn spaced(key: &str) -> String {
    key.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>().join(" ")
}
