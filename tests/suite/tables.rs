//! Whole tables through `source::table`, with what is known held in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
    path::{Path, PathBuf},
};

use shirube::{
    model::{
        fact::{FactBody, Incoming},
        instant::Instant,
        locale::Locale,
        value::{Props, Value},
    },
    rulebook::types::AttrType,
    source::table::{
        Draft, Kind, Known, Mapping, Options, Reject, Settled, SubscriptionRow, SubscriptionSpan, Warnings, inspect,
        preview, rows, settle,
    },
};

/// What earlier imports have left behind.
#[derive(Default)]
struct Memory {
    accounts: BTreeMap<String, Props>,
    contacts: BTreeMap<(String, String), Props>,
    subscriptions: BTreeMap<String, SubscriptionRow>,
    events: BTreeMap<String, Incoming>,
}

impl Known for Memory {
    fn merged(&self, _: &str) -> bool {
        false
    }

    fn same(&self, _: &str, _: &str) -> bool {
        false
    }

    fn took_in(&self, _: &str) -> bool {
        false
    }

    fn account(&self, key: &str) -> Option<&Props> {
        self.accounts.get(key)
    }
    fn contact(&self, account: &str, key: &str) -> Option<&Props> {
        self.contacts.get(&(account.into(), key.into()))
    }
    fn absorbed(&self, _account: &str, _key: &str) -> bool {
        false
    }
    fn subscription(&self, key: &str) -> Option<SubscriptionSpan> {
        let row = self.subscriptions.get(key)?;
        Some(SubscriptionSpan { account: row.account.clone(), start: row.start, end: row.end })
    }
    fn version(&self, _account: &str) -> String {
        String::new()
    }
}

/// The counts of one import.
#[derive(Debug, Default)]
struct Outcome {
    read: u64,
    inserted: u64,
    updated: u64,
    unchanged: u64,
    rejects: Vec<Reject>,
    warnings: Warnings,
    facts: Vec<Incoming>,
    text: String,
}

impl Memory {
    fn import(&mut self, bytes: &[u8], options: &Options) -> Outcome {
        let mut file = Cursor::new(bytes);
        let found = inspect(&mut file, options).unwrap();
        let mut source = rows(file, &found, options).unwrap();
        let mut out = Outcome { warnings: found.warnings.clone(), ..Outcome::default() };
        let mut first: Vec<Draft> = Vec::new();
        while let Some(row) = source.next().unwrap() {
            let settled = row.and_then(|draft| {
                first.extend((first.len() < 3).then(|| draft.clone()));
                settle(&draft, self, options, &mut out.warnings)
            });
            match settled {
                Ok(settled) => self.apply(settled, &mut out),
                Err(reject) => out.rejects.push(reject),
            }
        }
        out.read = source.read;
        out.warnings.merge(&source.warnings);
        out.text = preview(&found, &first, &out.rejects, out.warnings.list(), Locale::Ja).text(Locale::Ja, false);
        assert_eq!(out.read, out.inserted + out.updated + out.unchanged + out.rejects.len() as u64);
        out
    }

    fn apply(&mut self, settled: Settled, out: &mut Outcome) {
        let mut changed = false;
        if let Some(row) = settled.subscription {
            let old = self.subscriptions.insert(row.key.clone(), row.clone());
            match old {
                None => out.inserted += 1,
                Some(old) if old == row => out.unchanged += 1,
                Some(_) => out.updated += 1,
            }
            return;
        }
        for fact in settled.facts {
            changed |= self.fact(&fact);
            out.facts.push(fact);
        }
        match (changed, settled.new) {
            (false, _) => out.unchanged += 1,
            (true, true) => out.inserted += 1,
            (true, false) => out.updated += 1,
        }
    }

    fn fact(&mut self, fact: &Incoming) -> bool {
        let account = fact.account.clone().unwrap_or_default();
        match &fact.body {
            FactBody::AccountAttrs { attrs } => {
                let known = self.accounts.entry(account).or_default();
                known.extend(attrs.clone());
                true
            }
            FactBody::ContactAttrs { attrs } => {
                let known = self.contacts.entry((account, fact.contact.clone().unwrap_or_default())).or_default();
                known.extend(attrs.clone());
                true
            }
            FactBody::Consent { given } => {
                let known = self.contacts.entry((account, fact.contact.clone().unwrap_or_default())).or_default();
                known.insert("consent".into(), Value::text(if *given { "given" } else { "refused" }));
                true
            }
            _ => self.events.insert(fact.event_id.clone(), fact.clone()).is_none(),
        }
    }
}

fn options(kind: Kind) -> Options {
    Options::new(kind, Instant::parse("2026-04-01T10:00:00+09:00").unwrap())
}

const SHEET: &str = "会社名,担当者,メール,氏名,プラン,契約日,月額（円）,席数,導入状況,社内,謎\r\n\
    株式会社アクメ,佐藤,yui@acme.test,鈴木結衣,スタンダード,令和8年4月1日,\"¥120,000\",１２席,未着手,,x\r\n\
    有限会社ベータ,田中,b@beta.test,,ライト,2024/10/1,\"30,000円\",3,完了,はい,\r\n\
    ガンマ商会,田中,,,ライト,2024年13月1日,30000,3,実施中,,\r\n";

#[test]
fn a_sheet_saved_by_japanese_excel_is_taken_row_by_row() {
    let (sjis, _, broken) = encoding_rs::SHIFT_JIS.encode(SHEET);
    assert!(!broken);
    let mut memory = Memory::default();
    let out = memory.import(&sjis, &options(Kind::Accounts));
    assert_eq!((out.read, out.inserted), (3, 2));
    assert_eq!((out.rejects[0].line, out.rejects[0].code), (4, "bad_date"));
    let acme = &memory.accounts["株式会社アクメ"];
    assert_eq!(acme["csm"], Value::text("佐藤"));
    assert_eq!(acme["seats"], Value::Num(12.0));
    assert_eq!(acme["mrr"].to_string(), "¥120,000");
    assert_eq!(acme["contract_start"].to_string(), "2026-04-01");
    assert_eq!(acme["onboarding"], Value::text("not_started"));
    assert_eq!(memory.accounts["有限会社ベータ"]["internal"], Value::Bool(true));
    let yui = &memory.contacts[&("株式会社アクメ".to_owned(), "yui@acme.test".to_owned())];
    assert_eq!(yui["name"], Value::text("鈴木結衣"));
    for kind in ["ambiguous_header", "unknown_column", "key_from_name"] {
        assert_eq!(out.warnings.count(kind), 1, "{kind}");
    }
    let widest = out.text.lines().map(unicode_width::UnicodeWidthStr::width).max();
    assert!(widest <= Some(80), "{}", out.text);
    assert!(out.text.contains("CP932") && out.text.contains("account.csm"), "{}", out.text);
}

#[test]
fn next_weeks_sheet_becomes_its_changes_only() {
    let mut memory = Memory::default();
    memory.import(SHEET.as_bytes(), &options(Kind::Accounts));
    let again = memory.import(SHEET.as_bytes(), &options(Kind::Accounts));
    assert_eq!((again.inserted, again.updated, again.unchanged, again.facts.len()), (0, 0, 2, 0));
    let next = SHEET.replace("未着手", "完了").replace("b@beta.test", "");
    let out = memory.import(next.as_bytes(), &options(Kind::Accounts));
    assert_eq!((out.updated, out.unchanged, out.facts.len()), (1, 1, 1));
    let FactBody::AccountAttrs { attrs } = &out.facts[0].body else { panic!("{:?}", out.facts) };
    assert_eq!(attrs, &Props::from([("onboarding".to_owned(), Value::text("done"))]));
}

#[test]
fn consent_and_no_contact_flags_arrive_as_facts() {
    let sheet = "account_id,email,name,role,配信同意,連絡不可,opt_out\na,x@a.test,X,管理者,同意,,\na,y@a.test,Y,user,拒否,はい,yes\n";
    let mut memory = Memory::default();
    let out = memory.import(sheet.as_bytes(), &options(Kind::Contacts));
    assert_eq!((out.inserted, out.rejects.len()), (2, 0), "{:?}", out.rejects);
    assert_eq!(memory.contacts[&("a".into(), "x@a.test".into())]["role"], Value::text("admin"));
    assert_eq!(memory.contacts[&("a".into(), "y@a.test".into())]["do_not_contact"], Value::Bool(true));
    let kinds =
        |f: &Incoming| matches!(f.body, FactBody::Consent { .. } | FactBody::Subscription { subscribed: false, .. });
    assert_eq!(out.facts.iter().filter(|f| kinds(f)).count(), 3);
}

#[test]
fn equal_events_without_ids_are_as_many_events_and_stay_so() {
    let log = "{\"account\":\"a\",\"event\":\"login\",\"at\":\"2026-03-01T00:00:00Z\"}\n".repeat(3);
    let mut memory = Memory::default();
    assert_eq!(memory.import(log.as_bytes(), &options(Kind::Events)).inserted, 3);
    assert_eq!(memory.import(log.as_bytes(), &options(Kind::Events)).unchanged, 3);
}

#[test]
fn a_column_of_small_days_is_read_and_reported() {
    let sheet = "key,contract_start\na,03/04/2026\nb,05/06/2026\n";
    let mut memory = Memory::default();
    let out = memory.import(sheet.as_bytes(), &options(Kind::Accounts));
    assert_eq!(out.warnings.count("ambiguous_date"), 1);
    assert_eq!(memory.accounts["a"]["contract_start"].to_string(), "2026-03-04");
}

#[test]
fn every_bad_row_is_named_and_no_good_one_is_lost() {
    let sheet = b"key,seats,status\na,1,active\nb,x,active\nc,1\nd,1,active,9\ne,1,\0\nf,2,weird\n\"g,1,active\nh,3,\xE8\xA7\xA3\xE7\xB4\x84\n";
    let mut memory = Memory::default();
    let out = memory.import(sheet, &options(Kind::Accounts));
    let codes: Vec<(u64, &str)> = out.rejects.iter().map(|r| (r.line, r.code)).collect();
    let expected = [
        (3, "bad_number"),
        (4, "ragged"),
        (5, "ragged"),
        (6, "control_character"),
        (7, "unknown_word"),
        (8, "quote_not_closed"),
    ];
    assert_eq!(codes, expected);
    assert_eq!(memory.accounts.keys().collect::<Vec<_>>(), ["a", "h"]);
    assert_eq!(memory.accounts["h"]["status"], Value::text("churned"));
}

fn test_data() -> Option<PathBuf> {
    let folder = std::env::var_os("TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: TEST_DATA names no folder");
    }
    folder
}

fn mapped(kind: Kind, name: &str) -> Options {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/examples/ravenstack/{name}.yaml"));
    let mut options = Options::new(kind, Instant::parse("2025-01-01T00:00:00Z").unwrap());
    options.mapping = Mapping::parse(&std::fs::read_to_string(&path).unwrap(), name).unwrap();
    for text in ["industry", "country", "referral_source"] {
        options.account_attributes.insert(text.into(), AttrType::Text);
    }
    for flag in ["is_trial", "churn_flag"] {
        options.account_attributes.insert(flag.into(), AttrType::Bool);
    }
    options
}

fn ravenstack(memory: &mut Memory, folder: &Path) -> Vec<Outcome> {
    let files = [
        (Kind::Accounts, "accounts", "ravenstack_accounts.csv"),
        (Kind::Subscriptions, "subscriptions", "ravenstack_subscriptions.csv"),
        (Kind::Events, "usage", "ravenstack_feature_usage.csv"),
        (Kind::Events, "tickets", "ravenstack_support_tickets.csv"),
    ];
    let import = |(kind, map, file): (Kind, &str, &str)| {
        memory.import(&std::fs::read(folder.join(file)).unwrap(), &mapped(kind, map))
    };
    files.into_iter().map(import).collect()
}

#[test]
fn ravenstack_arrives_whole_with_its_known_faults() {
    let Some(data) = test_data() else { return };
    let mut memory = Memory::default();
    let out = ravenstack(&mut memory, &data.join("ravenstack"));
    assert_eq!(out.iter().map(|o| o.inserted).collect::<Vec<_>>(), [500, 5_000, 25_000, 2_000]);
    assert!(out.iter().all(|o| o.rejects.is_empty()));
    let usage = &out[2].warnings;
    let counts = ["duplicate_id", "before_subscription_start", "after_subscription_end"].map(|k| usage.count(k));
    assert_eq!(counts, [21, 19_142, 290]);
    assert_eq!(out[3].warnings.count("before_account_start"), 1_077);
    assert_eq!(memory.events.len(), 25_000 + 4_000);
    let again = ravenstack(&mut memory, &data.join("ravenstack"));
    assert_eq!(again.iter().map(|o| o.unchanged).collect::<Vec<_>>(), [500, 5_000, 25_000, 2_000]);
}

#[test]
fn a_spreadsheets_resave_of_ravenstack_is_the_same_state() {
    let Some(data) = test_data() else { return };
    let (mut plain, mut resaved) = (Memory::default(), Memory::default());
    ravenstack(&mut plain, &data.join("ravenstack"));
    ravenstack(&mut resaved, &data.join("ravenstack-excel-resaved"));
    assert_eq!(plain.accounts, resaved.accounts);
    assert_eq!(plain.subscriptions, resaved.subscriptions);
    let ids = |m: &Memory| m.events.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(ids(&plain), ids(&resaved));
    assert!(plain.events == resaved.events);
}

#[test]
fn the_same_text_is_read_from_every_japanese_encoding() {
    let Some(data) = test_data() else { return };
    let bytes = std::fs::read(data.join("japan/syukujitsu.csv")).unwrap();
    let mut options = options(Kind::Events);
    let map = "announcement: true\nevent: holiday\ncolumns: {国民の祝日・休日月日: at, 国民の祝日・休日名称: title}\n";
    options.mapping = Mapping::parse(map, "holidays.yaml").unwrap();
    let out = Memory::default().import(&bytes, &options);
    assert_eq!((out.inserted, out.rejects.len()), (1_067, 0));
    assert!(out.text.contains("CP932"), "{}", out.text);
}
