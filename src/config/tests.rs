use super::*;
use crate::{model::locale::Locale, words::findings::sentence};

/// Looks references up in these variables; files are `FILE:NAME` among them.
fn load_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<Diagnostic>> {
    let all: BTreeMap<String, String> = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let env = |name: &str| all.get(name).cloned();
    let file = |path: &str| all.get(&format!("FILE:{path}")).cloned().ok_or_else(|| "there is no such file".to_owned());
    load(text, &all, &Lookup { env: &env, file: &file })
}

fn fails(text: &str) -> Vec<Diagnostic> {
    load_with(text, &[]).err().unwrap_or_else(|| panic!("accepted: {text}"))
}

/// `line:column message | help` of the only finding.
fn only(text: &str) -> String {
    let found = fails(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    format!("{}:{} {} | {}", found[0].place.line, found[0].place.column, found[0].message, found[0].help)
}

#[test]
fn nothing_configured_runs() {
    for text in ["", "# only a comment\n\n", "\u{feff}", "store:\nemail:\n"] {
        let config = load_with(text, &[]).expect("defaults");
        assert!(matches!(&config.store, Store::Sqlite(path) if path == "shirube.db"));
        assert!(matches!(&config.email.transport, Transport::File(path) if path == "outbox"));
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:8787");
        assert_eq!((config.slack.mode, config.discord.mode), (SlackMode::Off, DiscordMode::Off));
        assert_eq!(config.delivery.resend_wait.as_secs(), 660);
        assert!(config.permissions.is_empty(), "nobody may do anything unasked");
    }
}

const FULL: &str = "
store: {url: 'postgres://cs@db.example/cs'}
http: {listen: localhost:9000, public_listen: '0.0.0.0:443', public_url: https://cs.example.com/, write_keys: ['${env:WRITE_KEY}'], browser_keys: '${env:PAGE_KEY}', browser_origins: [https://App.example.com/]}
email:
  transport: smtp://mailer@smtp.example.com:587?tls=required
  password: ${env:SMTP_PASSWORD}
  from: サポート <support@our.example>
  senders: {billing: billing@our.example}
  dkim: {domain: our.example, selector: s1, key: '${file:dkim.pem}'}
  bounce: {address: bounce@our.example}
  max_connections: 12
  redirect_all_to: me@our.example
  idempotency_header: Resend-Idempotency-Key
slack: {mode: http, bot_token: '${env:BOT}', signing_secret: '${env:SIGN}', teams: [T1], users: {U2: operator}, channels: [C1]}
discord: {mode: off, application_id: 123456789012345678}
people: {kei: {email: kei@our.example, slack: U1}}
owners: {csm: {fallback: kei}}
permissions: {viewer: [kei, U3], admin: kei}
webhooks: {crm: {url: https://hooks.example.com/cs, secret: '${env:SIGN}'}}
sources: {stripe: {secret: '${env:SIGN}', token: '${env:SIGN}', api: 'https://api.example.com', account_key: crm_id, attributes: {industry: sector}}, sheet: {kind: csv, file: a.csv, fills: accounts, every: 1h}, crm: {url: '${env:SHEET}', fills: contacts, as: new, cron: '0 7 * * 1-5', map: maps/crm.yaml, max_mib: 20}, inbox: {folder: inbox, fills: events}, hubspot: {file: hubspot.csv, fills: accounts}}
delivery: {lease: 60s, phase_limits: {reply: 5m}}
retention: {events: 500d}
";

#[test]
fn every_key_is_read() {
    let pem = "k".repeat(80);
    let variables = [
        ("WRITE_KEY", "wk"),
        ("PAGE_KEY", "public"),
        ("SMTP_PASSWORD", "pw"),
        ("FILE:dkim.pem", pem.as_str()),
        ("BOT", "xoxb-1"),
        ("SIGN", "0123456789abcdef"),
        ("SHEET", "https://sheets.example/pub?output=csv&token=zzz"),
    ];
    let config = load_with(FULL, &variables).expect("full");
    let Transport::Smtp(smtp) = &config.email.transport else { panic!("smtp") };
    assert_eq!((smtp.tls, smtp.password.as_ref().map(Secret::expose)), (Tls::StartTls, Some("pw")));
    assert_eq!(config.email.from.name.as_deref(), Some("サポート"));
    assert_eq!(config.http.public_url.as_deref(), Some("https://cs.example.com"));
    assert_eq!(config.http.browser_origins, ["https://app.example.com"]);
    assert_eq!(config.http.browser_keys.iter().map(Secret::expose).collect::<Vec<_>>(), ["public"]);
    assert_eq!(config.discord.application_id.as_deref(), Some("123456789012345678"));
    let stripe = config.sources["stripe"].system.as_ref().expect("a system");
    assert_eq!((config.sources["stripe"].kind, stripe.attributes["industry"].as_str()), (SourceKind::Stripe, "sector"));
    assert_eq!(config.sources["hubspot"].kind, SourceKind::Csv, "a table, whatever it is called");
    let crm = config.sources["crm"].table.as_ref().expect("a table");
    assert_eq!(
        (config.sources["crm"].kind, crm.fills, crm.known, crm.max_mib),
        (SourceKind::Csv, "contacts", Some(false), 20)
    );
    assert!(
        crm.cron.is_some()
            && matches!(&config.sources["inbox"].table, Some(t) if matches!(t.place, TablePlace::Folder(_)))
    );
    assert_eq!(config.delivery.resend_wait.as_secs(), 360);
    assert_eq!(config.slack_level("U1"), Some(Level::Admin), "the higher of two levels");
    assert_eq!(config.slack_level("U2"), Some(Level::Operator));
    assert_eq!(config.slack_level("U3"), Some(Level::Viewer));
    assert_eq!((config.slack_level("U9"), config.discord_level("U2")), (None, None));
    let shown = format!("{config:?}");
    assert!(
        !shown.contains("0123456789abcdef")
            && !shown.contains("postgres://")
            && !shown.contains("xoxb")
            && !shown.contains("zzz")
    );
}

#[test]
fn a_table_says_where_it_is_and_what_it_fills() {
    let said = |text: &str| {
        let found = load_with(&format!("sources:\n  crm: {text}\n"), &[("SHEET", "http://10.0.0.7/secret-part")])
            .expect_err(text);
        found.iter().map(|d| format!("{} {}", d.message, d.help)).collect::<String>()
    };
    for (text, says) in [
        ("{kind: csv, fills: accounts}", "a table is somewhere"),
        ("{folder: inbox}", "fills: accounts"),
        ("{folder: inbox, file: a.csv, fills: accounts}", "one place"),
        ("{folder: inbox, fills: account}", "did you mean `accounts`"),
        ("{url: https://sheets.example/x, fills: accounts}", "a secret must not stand in the file"),
        ("{file: a.csv, fills: accounts, cron: '0 7'}", "cron"),
        ("{file: a.csv, fills: accounts, kind: stripe, secret: '${env:SHEET}'}", "are of tables"),
        ("{file: a.csv, fills: accounts, cron: '0 7 * * *', every: 1h}", "remove one"),
        ("{file: a.csv, fills: accounts, account_key: k}", "only kinds that have an API"),
        ("{database: '${env:SHEET}', fills: events}", "must be asked something"),
        ("{database: '${env:SHEET}', query: q.sql, fills: events}", "only PostgreSQL"),
        ("{kind: zendesk, token: '${env:SHEET}'}", "an address of its own"),
        ("{kind: hubspot, secret: '${env:SHEET}'}", "only say that there is news"),
        ("{kind: stripe, token: '${env:SHEET}', api: 'http://10.0.0.7'}", "cannot be called"),
    ] {
        assert!(said(text).contains(says), "{text}: {}", said(text));
    }
    let inner = said("{url: '${env:SHEET}', fills: accounts}");
    assert!(inner.contains("only https leaves this machine") && !inner.contains("secret-part"), "{inner}");
}

#[test]
fn an_unknown_key_is_named_with_the_nearest() {
    let found = only("email:\n  transprot: file:x\n");
    assert!(
        found.starts_with("2:3 ") && found.contains("`email.transprot`") && found.contains("`transport`"),
        "{found}"
    );
    assert!(only("emial: {}\n").contains("did you mean `email`"));
    assert!(only("people:\n  kei: {mail: x@y.example}\n").contains("did you mean `email`"));
}

#[test]
fn every_finding_is_reported_at_once() {
    let found = fails("store: {url: mysql://x}\nhttp: {listen: here}\nslack: {mode: soket}\n");
    let lines: Vec<u32> = found.iter().map(|f| f.place.line).collect();
    assert_eq!(lines, [1, 2, 3], "{found:#?}");
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let found = only("slack:\n  bot_token: xoxb-very-secret\n");
    assert!(found.starts_with("2:14 ") && found.contains("${env:SLACK_BOT_TOKEN}"), "{found}");
    for text in [
        "slack: {bot_token: xoxb-very-secret}",
        "store: {url: 'postgres://u:very-secret@h/db'}",
        "email: {transport: 'smtp://u:very-secret@h', from: a@b.example}",
        "http: {write_keys: [very-secret]}",
        "email: {bounce: {imap: 'imaps://u:very-secret@h'}}",
        "webhooks: {crm: {url: 'https://u:very-secret@h', secret: very-secret}}",
        "slack: {bot_token: \"very-secret\n  broken: [",
    ] {
        for finding in fails(text) {
            assert!(!format!("{finding:?}").contains("very-secret"), "{text}: {finding:?}");
        }
    }
}

#[test]
fn references_that_lead_nowhere_say_so() {
    assert!(only("slack: {bot_token: '${env:NOPE}'}").contains("NOPE is not set"));
    assert!(only("slack: {bot_token: '${file:nope.txt}'}").contains("nope.txt cannot be read"));
    assert!(only("slack: {bot_token: 'x${env:NOPE}'}").contains("whole value"));
    assert!(only("slack: {bot_token: '${vault:x}'}").contains("whole value"));
    let empty = load_with("slack: {bot_token: '${env:E}'}", &[("E", "")]).expect_err("empty");
    assert!(empty[0].message.contains("empty value"), "{empty:?}");
}

#[test]
fn a_short_signing_secret_is_no_start() {
    let found = load_with("slack: {signing_secret: '${env:S}'}", &[("S", "tooshort")]).expect_err("short");
    assert!(found[0].message.contains("8 bytes") && !found[0].message.contains("tooshort"), "{found:?}");
}

#[test]
fn modes_need_their_secrets() {
    assert_eq!(fails("slack: {mode: socket}").len(), 2);
    assert_eq!(fails("slack: {mode: http}").len(), 2);
    assert_eq!(fails("discord: {mode: http}").len(), 3);
    assert!(load_with("slack: {mode: off}", &[]).is_ok(), "an unquoted off is a word");
    let swapped = load_with("slack: {bot_token: '${env:A}'}", &[("A", "xapp-1")]).expect_err("swapped");
    assert!(swapped[0].message.contains("exchanged"));
}

#[test]
fn variables_replace_keys() {
    let variables = [
        ("SHIRUBE_STORE__URL", "postgres://u:pw@h/db"),
        ("SHIRUBE_HTTP__WRITE_KEYS", "one, two"),
        ("SHIRUBE_EMAIL__MAX_CONNECTIONS", "3"),
        ("SHIRUBE_SLACK__MODE", "off"),
        ("SHIRUBE_SLACK__BOT_TOKEN", ""),
        ("SHIRUBE_PEOPLE__KEI__EMAIL", "kei@our.example"),
        ("SHIRUBE_LANG", "ja"),
        ("PATH", "/bin"),
    ];
    let config = load_with("email: {max_connections: 5}\npeople: {Kei: {slack: U1}}\n", &variables).expect("overlay");
    assert!(matches!(config.store, Store::Postgres(_)));
    assert_eq!(config.http.write_keys.iter().map(Secret::expose).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(config.email.max_connections, 3);
    assert_eq!(config.people["Kei"].email.as_ref().map(|a| a.as_str()), Some("kei@our.example"));
}

#[test]
fn a_wrong_variable_is_named() {
    let found = load_with("", &[("SHIRUBE_EMIAL__FROM", "a@b.example")]).expect_err("unknown");
    assert_eq!(&*found[0].place.file, "SHIRUBE_EMIAL__FROM");
    assert!(found[0].help.contains("`email`"), "{found:?}");
    let found = load_with("store: {url: sqlite:x}", &[("SHIRUBE_STORE__URL__X", "1")]).expect_err("through a text");
    assert!(found[0].message.contains("names no key"));
    assert!(load_with("", &[("SHIRUBE_STORE__", "1")]).is_err());
    let found = load_with("", &[("SHIRUBE_CAPS__EMAIL", "9")]).expect_err("what decides is not configurable");
    assert!(found[0].message.contains("`caps`"));
}

#[test]
fn yaml_traps_are_errors_with_a_place() {
    for (text, line) in [
        ("store: {url: a}\nstore: {url: b}\n", 2),
        ("store:\n\turl: x\n", 2),
        ("a: &x {}\nb: *x\n", 1),
        ("- store\n", 1),
        ("store: 5\n", 1),
        ("http: {listen: [1]}\n", 1),
        ("email: {max_connections: 0}\n", 1),
        ("email: {max_connections: 1.5}\n", 1),
        ("email: {max_connections: yes}\n", 1),
        ("delivery: {lease: 2 business days}\n", 1),
        ("delivery: {resend_wait: 1s}\n", 1),
        ("owners: {csm: {fallback: kai}}\n", 1),
        ("permissions: {admin: [kai]}\n", 1),
        ("discord: {public_key: xyz}\n", 1),
        ("---\nstore: {}\n---\nhttp: {}\n", 3),
    ] {
        let found = fails(text);
        assert_eq!(found[0].place.line, line, "{text}: {found:#?}");
        assert!(!found[0].help.is_empty());
    }
}

#[test]
fn a_bomb_is_refused_quickly() {
    let deep = format!("a: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    let wide = format!("a: [{}]", "1,".repeat(20_000));
    for text in [deep, wide, "a: ".to_owned() + &"x".repeat(300_000)] {
        assert!(load_with(&text, &[]).is_err());
    }
}

#[test]
fn no_relay_without_a_sender() {
    assert!(only("email: {transport: 'smtp://127.0.0.1:25'}").contains("email.from"));
}

/// The schema names the keys that are read, and no others.
#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let keys = |at: &serde_json::Value| -> Vec<String> {
        at["properties"].as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default()
    };
    let lookup = Lookup { env: &|_| None, file: &|_| Err("none".into()) };
    let unknown = |text: &str| {
        let found = load(text, &BTreeMap::new(), &lookup).err().unwrap_or_default();
        found.into_iter().filter(|d| d.message.contains("unknown key")).collect::<Vec<_>>()
    };
    for top in keys(&schema) {
        for key in keys(&schema["properties"][&top]) {
            let found = unknown(&format!("{top}:\n  {key}: x\n"));
            assert!(found.is_empty(), "{top}.{key}: {found:?}");
        }
        assert!(!unknown(&format!("{top}x: {{}}\n")).is_empty(), "a wrong key is told from a right one");
    }
}

#[test]
fn a_servers_key_is_not_a_browsers_and_an_origin_has_no_path() {
    let text =
        "http: {write_keys: ['${env:KEY}'], browser_keys: ['${env:KEY}'], browser_origins: ['https://a.example/b']}";
    let findings = load_with(text, &[("KEY", "wk-1")]).expect_err("two faults");
    let said: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
    assert!(said.iter().any(|m| m.contains("http.browser_keys") && m.contains("everybody can read it")), "{said:?}");
    assert!(said.iter().any(|m| m.contains("http.browser_origins")), "{said:?}");
    assert!(!format!("{findings:?}").contains("wk-1"));
}

#[test]
fn channels_of_customers_are_ids_alone_or_with_the_account_s_key() {
    let text = "slack: {customer_channels: {C7: acme, G8: ''}}\ndiscord: {customer_channels: ['607', 608]}\n";
    let config = load_with(text, &[]).unwrap();
    let read = |found: &BTreeMap<String, Option<String>>| format!("{found:?}");
    assert_eq!(read(&config.slack.customer_channels), r#"{"C7": Some("acme"), "G8": None}"#);
    assert_eq!(read(&config.discord.customer_channels), r#"{"607": None, "608": None}"#);
    assert!(only("slack: {customer_channels: ['#acme']}\n").contains("`#acme` is no channel's id | write the id"));
    assert!(only("discord: {customer_channels: {acme: a}}\n").contains("developer mode"));
}

#[test]
fn a_token_that_is_not_set_is_one_finding() {
    for text in [
        "slack: {mode: http, bot_token: '${env:NONE}', signing_secret: '${env:SECRET}'}",
        "slack: {mode: socket, bot_token: '${env:SECRET}', app_token: '${env:NONE}'}",
        "slack: {mode: http, bot_token: '${env:SECRET}', signing_secret: '${env:NONE}'}",
        "discord: {mode: gateway, application_id: '1', token: '${env:NONE}'}",
        "discord: {mode: http, token: '${env:SECRET}', application_id: x, public_key: '${env:SECRET}'}",
    ] {
        let found = load_with(text, &[("SECRET", "0123456789abcdef0123456789abcdef")]).err().unwrap_or_default();
        let said: Vec<&String> = found.iter().map(|f| &f.message).collect();
        let wrong = if text.contains("application_id: x") { 2 } else { 1 };
        assert_eq!(said.len(), wrong, "{text}: {said:?}");
        assert!(!said.iter().any(|says| says.contains("missing")), "{text}: {said:?}");
    }
}

/// Half of a sentence stood there in English.
#[test]
fn what_is_wrong_is_said_in_japanese_to_its_end() {
    let mut left = std::collections::BTreeSet::new();
    let variables = [("SHEET", "http://10.0.0.7/x"), ("SECRET", "0123456789abcdef"), ("PG", "mysql://reader@db/app")];
    for text in [
        "email: {transport: 'smtp://u@h.example'}",
        "email: {transport: 'smtp:/x', from: nobody}",
        "email: {transport: 'smtp://h.example', password: '${env:SECRET}', from: a@b.example}",
        "email: {transport: 'smtp://u@h.example?tls=none', password: '${env:SECRET}', from: a@b.example}",
        "email: {oauth: {client_id: x}}",
        "email: {oauth: {token_url: 'http://h.example/x', client_id: x, client_secret: '${env:SECRET}'}}",
        "email: {dkim: {domain: b.example}, bounce: {imap: {server: 'a b', folder: ''}}}",
        "email: {bounce: {imap: {server: imap.b.example, user: a, password: '${env:SECRET}', tls: none}}}",
        "email: {bounce: {webhook: {ses: {api_url: x}, sendgrid: {}, mailgun: {secret: x}}}}",
        "slack: {mode: socket}",
        "slack: {mode: http, command: 'C S'}",
        "slack: {customer_channels: [general]}",
        "discord: {customer_channels: {general: acme}}",
        "discord: {mode: http}",
        "discord: {mode: gateway, application_id: x, public_key: y}",
        "sources: {a: {kind: stripe}, b: {kind: zendesk, secret: '${env:SECRET}'}, c: {kind: salesforce}}",
        "sources: {a: {kind: hubspot, secret: '${env:SECRET}'}, b: {kind: strip}, c: {kind: generic}}",
        "sources: {a: {kind: stripe, token: '${env:SECRET}', api: 'http://10.0.0.7'}}",
        "sources: {a: {kind: stripe, token: '${env:SECRET}', api: 'https://u@h.example'}}",
        "sources: {a: {file: a.csv, fills: accounts, account_key: k}, b: {kind: csv, fills: accounts}}",
        "sources: {a: {database: '${env:PG}', fills: events}, b: {database: '${env:PG}', query: q.sql, fills: events}}",
        "sources: {a: {url: '${env:SHEET}', fills: accounts}, b: {folder: x, file: y, fills: events}}",
        "webhooks: {crm: {}}",
        "owners: {csm: {}}",
    ] {
        for finding in load_with(&format!("{text}\n"), &variables).expect_err(text) {
            for english in [&finding.message, &finding.help] {
                let told = sentence(Locale::Ja, english);
                let prose: String = told.split('`').step_by(2).collect();
                let is_word = |word: &&str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
                let words: Vec<&str> = prose.split(' ').collect();
                if words.windows(3).any(|three| three.iter().all(is_word)) {
                    left.insert(format!("{english} → {told}"));
                }
            }
        }
    }
    assert!(left.is_empty(), "add to src/words/findings_ja/:\n{}", left.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_somebody_sees_is_everybody_or_what_is_listed() {
    let read =
        |sees: &str| load_with(&format!("people:\n  kei: {{{sees}}}\n"), &[]).unwrap().people["kei"].sees.clone();
    let list = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert_eq!((read("name: Kei"), read("sees: all"), read("sees: [own, all]")), (None, None, None));
    assert_eq!((read("sees: own"), read("sees: [own, large]")), (list(&["own"]), list(&["own", "large"])));
    assert_eq!(
        (read("sees: []"), read("sees:")),
        (list(&[]), None),
        "an empty list shows nobody, an empty key is none"
    );
}

#[test]
fn an_absence_names_a_day_and_a_colleague() {
    let read = |away: &str| {
        let text = format!("people:\n  kei: {{email: kei@us.example, away: {away}}}\n  mio: {{name: Mio}}\n");
        load_with(&text, &[])
    };
    let config = read("{until: 2026-12-05, deputy: mio}").unwrap();
    let until = crate::model::instant::day_number("2026-12-05".parse().unwrap());
    assert_eq!(config.people["kei"].away, Some(crate::model::world::Away { until, deputy: "mio".to_owned() }));
    for (away, part) in [
        ("{until: 2026-12-05, deputy: nobody}", "not among the people"),
        ("{until: 2026-12-05, deputy: kei}", "acts for themselves"),
        ("{until: tomorrow, deputy: mio}", "the last day"),
        ("{deputy: mio}", "until"),
        ("{until: 2026-12-05}", "deputy"),
    ] {
        let said = format!("{:?}", read(away).unwrap_err());
        assert!(said.contains(part), "{away}: {said}");
    }
}
