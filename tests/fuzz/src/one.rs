//! What is tried with one input: every reader of bytes that somebody else wrote. None may panic, whatever comes.

use std::{collections::BTreeMap, io::Cursor};

use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde_json::Value;
use shirube::{
    app::{
        journal::Record,
        token::{Claims, Purpose, Tokens},
    },
    chat::{discord, slack},
    command, http,
    model::{diagnostic::Place, ids::AccountId, instant::Instant, money::Currency, safe::SafeUrl},
    rulebook::{
        expr::{Program, Want, schema::Schema},
        load::load,
        template, testfile,
    },
    source::{
        hook::{Request as Signed, Scheme, read_map},
        mail,
        provider::{Provider, Request, Topic},
        pull,
        system::{Cursor as Walk, System, Vendor},
        table, track,
    },
};

/// One reader: its name, and the folder of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// Every reader of foreign bytes but those of a line to a server (`imap`, `smtp`).
pub const TARGETS: &[Target] = &[
    ("yaml", yaml),
    ("cel", cel),
    ("template", templates),
    ("mail", read_mail),
    ("table", tables),
    ("track", tracking),
    ("webhook", webhooks),
    ("system", systems),
    ("slack", slack_forms),
    ("discord", discord_json),
    ("command", commands),
    ("token", tokens),
    ("journal", journal),
];

/// The reader of this name; the loader's where there is none.
pub fn target(name: &str) -> fn(&[u8]) {
    TARGETS.iter().find(|(own, _)| *own == name).map_or(yaml, |(_, read)| *read)
}

const NOW: Instant = Instant(1_767_571_200_000_000);

/// The files a text could be.
const AS: [&str; 5] =
    ["model.yaml", "playbooks/p.yaml", "content.yaml", "templates/a/b.ja.md", "templates/layouts/standard.mjml"];

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Loads `text` as every kind of file.
pub fn load_as_everything(text: &str) {
    for path in AS {
        let (rulebook, found) = load(&BTreeMap::from([(path.to_owned(), text.to_owned())]));
        assert!(rulebook.is_some() || !found.is_empty(), "refused without a word");
    }
    drop(testfile::parse("playbooks/p.test.yaml", text));
}

fn yaml(bytes: &[u8]) {
    let text = text(bytes);
    load_as_everything(&text);
    drop(read_map(&text, "maps/x.yaml"));
}

fn cel(bytes: &[u8]) {
    let text = text(bytes);
    if let Ok(program) = Program::compile(&text, &Place::default(), &Schema::default(), Want::Any) {
        drop((program.names(), program.source().len()));
    }
}

fn templates(bytes: &[u8]) {
    let text = text(bytes);
    let blocks = template::doc::parse(&text);
    drop((template::html::html(&blocks), template::plain::plain(&blocks), template::rich::slack_blocks(&blocks)));
    drop(template::layout::compile(&text, &Place::default()));
    let hidden = template::disguise::disguise(&text);
    drop(template::disguise::reveal(&hidden).into_owned());
}

/// Reads bytes as a mail that came in.
pub fn read_mail(bytes: &[u8]) {
    assert!(!mail::read(bytes).heard.is_empty(), "a mail says at least that it says nothing");
}

fn tables(bytes: &[u8]) {
    for kind in [table::Kind::Accounts, table::Kind::Contacts, table::Kind::Subscriptions, table::Kind::Events] {
        let options = table::Options::new(kind, NOW);
        let mut reader = Cursor::new(bytes);
        let Ok(found) = table::inspect(&mut reader, &options) else { continue };
        let Ok(mut rows) = table::rows(Cursor::new(bytes), &found, &options) else { continue };
        while let Ok(Some(row)) = rows.next() {
            if let Err(reject) = row {
                drop(reject.reason(options.locale));
            }
        }
    }
    drop(table::whole_text(bytes));
    if pull::is_list(bytes) {
        drop(pull::lines(bytes, std::io::sink()));
    }
    drop(pull::list_within(bytes, &["data".to_owned(), "items".to_owned()], std::io::sink()));
}

fn tracking_options() -> track::Options {
    track::Options {
        now: NOW,
        horizon: 400 * 86_400_000_000,
        zone: TimeZone::UTC,
        currency: Currency::JPY,
        account_attributes: BTreeMap::new(),
        contact_attributes: BTreeMap::new(),
    }
}

fn tracking(bytes: &[u8]) {
    let Some(body) = http::track::read_body(bytes, 1 << 20) else { return };
    let options = tracking_options();
    drop(track::key(&body).map(str::to_owned));
    let kinds = track::Kind::ALL.into_iter().map(|kind| track::Dialect::Segment(Some(kind)));
    for dialect in kinds.chain([track::Dialect::Segment(None), track::Dialect::PostHog]) {
        drop(track::read(dialect, &body, Some(NOW), &options));
    }
}

/// The first line is every header, the rest the body.
fn webhooks(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (head, body) = bytes.split_at(end);
    let head = text(head);
    let secret = || vec![SecretString::from("0123456789abcdef0123456789abcdef")];
    let schemes = [
        Scheme::Standard,
        Scheme::Stripe,
        Scheme::Hubspot { address: "https://cs.example.com/webhooks/h".to_owned() },
        Scheme::Zendesk,
        Scheme::Intercom,
        Scheme::Plain { header: "x-sign".to_owned(), prefix: "sha256=".to_owned(), base64: false },
        Scheme::Plain { header: "x-sign".to_owned(), prefix: String::new(), base64: true },
    ];
    let header = |_: &str| Some(head.clone());
    for scheme in schemes {
        let request = Signed { header: &header, body, now: NOW };
        assert!(scheme.verify("0123456789abcdef", &request).is_err(), "nobody signed this");
    }
    // `Basic cs:PASSWORD`: whoever knows it may say anything.
    let known = |name: &str| if name == "authorization" { Some(KNOWN) } else { Some(head.as_str()) };
    let request = Request { header: &known, body, now: NOW };
    let password = vec![SecretString::from("0123456789abcdef")];
    for provider in [Provider::Postmark(password), Provider::Mailgun(secret()), Provider::Resend(secret())] {
        drop(provider.read(&request));
        let _ = provider.admits(&known);
    }
    if let Ok(topic) = Topic::new("arn:aws:sns:eu-west-1:123456789012:mail") {
        drop(topic.open(body, NOW));
    }
}

/// `cs:0123456789abcdef`.
const KNOWN: &str = "Basic Y3M6MDEyMzQ1Njc4OWFiY2RlZg==";

fn systems(bytes: &[u8]) {
    let Ok(body) = track::Json::parse(bytes) else { return };
    let options = tracking_options();
    let Ok(api) = SafeUrl::new("https://api.example.com") else { return };
    for vendor in [Vendor::Stripe, Vendor::Hubspot, Vendor::Salesforce, Vendor::Zendesk, Vendor::Intercom] {
        let system = System {
            vendor,
            name: "system".to_owned(),
            api: api.clone(),
            token: None,
            account_key: Some("key".to_owned()),
            attributes: BTreeMap::from([("plan".to_owned(), "plan".to_owned())]),
            user: None,
            customers: Vec::new(),
            colleagues: BTreeMap::new(),
            every: 60_000_000,
        };
        drop(system.hook(&body, &options));
        for part in ["", "customers", "subscriptions", "companies", "contacts", "tickets", "Account", "Contact"] {
            let walk = Walk { part: part.to_owned(), ..Walk::default() };
            if let Some(page) = system.read(&walk, &body, &options) {
                drop(system.ask(&page.next, &options));
            }
        }
    }
}

fn slack_forms(bytes: &[u8]) {
    let fields = slack::inbound::form(bytes);
    drop(slack::inbound::slash(&fields));
    let payload = fields.get("payload").and_then(|text| serde_json::from_str::<Value>(text).ok());
    let whole = serde_json::from_slice::<Value>(bytes).ok();
    for json in [payload, whole].into_iter().flatten() {
        drop(slack::inbound::texts(&json));
        drop((slack::inbound::press(&json), slack::inbound::typed(&json), slack::inbound::submitted(&json)));
        drop((slack::inbound::interaction(&json), slack::inbound::event(&json), slack::inbound::mention(&json)));
    }
    let head = text(bytes);
    let (time, signature) = head.split_once('\n').unwrap_or(("1767571200", &head));
    assert!(slack::sign::verify(&[], Some(signature), Some(time), bytes, NOW).is_err());
}

fn discord_json(bytes: &[u8]) {
    if let Ok(json) = serde_json::from_slice::<Value>(bytes) {
        drop(discord::inbound::read(&json));
    }
    discord::sign::fresh(Some(&text(bytes)), NOW);
}

fn commands(bytes: &[u8]) {
    let text = text(bytes);
    drop(command::parse::parse(&text));
    drop((command::parse::tagged(&text), command::parse::split(&text), command::parse::is_length(&text)));
    let _ = Instant::parse(&text);
}

/// Whatever is changed in a token, it is good for nothing.
fn tokens(bytes: &[u8]) {
    let Ok(tokens) = Tokens::new([(1, vec![7; 32])].into()) else { return };
    let text = text(bytes);
    let own = tokens.mint(Purpose::Unsub, &Claims { account: AccountId(1), contact: None, subject: "news".to_owned() });
    for purpose in Purpose::ALL {
        let read = tokens.read(purpose, &text);
        assert!(read.is_none() || purpose == Purpose::Unsub && text == own, "{purpose:?} took {text:?}");
    }
}

fn journal(bytes: &[u8]) {
    for line in text(bytes).lines() {
        // What is in a record comes from outside; with a checksum of ours it is read as it was written.
        let written = Record::Suppressed(line.to_owned(), line.to_owned(), true, NOW);
        for record in Record::parse(line).into_iter().chain([written]) {
            assert_eq!(Record::parse(record.line().trim_end_matches('\n')), Some(record), "{line}");
        }
    }
}
