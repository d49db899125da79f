//! Billing, CRM and help desk: what vendors document becomes facts, whatever way and in whatever order it comes.

mod crm;
mod database;
mod desk;
mod stripe;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value as Json;
use shirube::{
    app::{
        pull::{Done, End, Pulls},
        reload::{go_live, read_project},
        shell::Shell,
    },
    clock::{Clock, VirtualClock},
    model::{
        fact::FactBody,
        ids::AccountId,
        instant::{DAY, Instant},
        safe::SafeUrl,
        snapshot::ContactQuery,
    },
    rulebook::load,
    source::{
        system::{System, Vendor},
        track::Json as Shape,
    },
    store::{Mode, api::Store, open},
};

const MODEL: &str = r#"
success: [{name: s, says: {ja: a, en: a}, when: "metric.paid_90d >= 1", by: 30d}]
attributes: {account: {industry: text}}
metrics: {paid_90d: {count: invoice.paid, over: 90d}}
workspace: {timezone: Asia/Tokyo, locale: en}
"#;

/// A project with a store, and a clock that only we move.
pub struct House {
    _folder: tempfile::TempDir,
    pub shell: Arc<Shell>,
    pub clock: Arc<VirtualClock>,
}

pub fn now() -> Instant {
    Instant::parse("2027-03-01T12:00:00Z").unwrap()
}

impl House {
    pub async fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model.yaml"), MODEL).unwrap();
        let url = format!("sqlite:{}", folder.path().join("s.db").display());
        let store = open(&url, Mode::Tool).await.unwrap();
        let files = read_project(folder.path()).unwrap();
        let (rulebook, found) = load::load(&files);
        let rulebook = rulebook.unwrap_or_else(|| panic!("{found:#?}"));
        let clock = Arc::new(VirtualClock::at(now()));
        let rulebook = go_live(store.as_ref(), rulebook, &files, now()).await.unwrap();
        let shell = Arc::new(Shell::new(store, Arc::clone(&clock) as Arc<dyn Clock>, rulebook).await.unwrap());
        House { _folder: folder, shell, clock }
    }

    pub fn store(&self) -> &dyn Store {
        self.shell.store.as_ref()
    }

    pub async fn turn(&self) {
        self.shell.turn(self.clock.now()).await.unwrap();
    }

    /// A payload of a webhook that was proved.
    pub async fn hear(&self, system: &System, payload: &Json) {
        let payload = Shape::parse(payload.to_string().as_bytes()).unwrap();
        self.shell.hear_system(system, &payload, 4_000 * DAY, None, self.clock.now()).await.unwrap().unwrap();
    }

    /// Asks one system; answers how many things it told.
    pub async fn pull(&self, pulls: &Pulls) -> Result<u64, String> {
        let Done { end, .. } = pulls.system(&self.shell, &pulls.systems[0]).await.unwrap();
        match end {
            End::Told(things, _) => Ok(things),
            other => Err(format!("{other:?}")),
        }
    }

    /// All that is known, without what depends on when it arrived: attributes with their time and source, contacts,
    /// subscriptions, events.
    pub async fn state(&self) -> BTreeMap<String, String> {
        self.turn().await;
        let mut state = BTreeMap::new();
        for whole in self.store().whole(AccountId(0), 100, true).await.unwrap() {
            let key = whole.snapshot.key.clone();
            for (name, attr) in &whole.snapshot.state.attrs {
                let said = format!("{} {} {}", attr.value, attr.as_of.0, attr.source);
                if attr.source != "contracts" {
                    state.insert(format!("{key} .{name}"), said);
                }
            }
            let query = ContactQuery::first(Vec::new(), 1_000);
            for contact in self.store().contacts(whole.snapshot.account, &query).await.unwrap() {
                state.insert(format!("{key} @{}", contact.key), format!("{:?}", contact.attrs));
            }
            for fact in &whole.history {
                if let FactBody::Event { name, props } = &fact.body
                    && !["shirube", "contracts"].contains(&fact.source.as_str())
                {
                    let said = format!("{name} {props:?}");
                    state.insert(format!("{key} !{} {}", fact.occurred_at.0, fact.event_id), said);
                }
            }
        }
        for row in self.store().subscriptions().await.unwrap() {
            state.insert(format!("subscription {}", row.key), format!("{row:?}"));
        }
        state
    }
}

pub fn system(vendor: Vendor, name: &str, url: &str, token: &str) -> System {
    System {
        name: name.to_owned(),
        vendor,
        api: SafeUrl::new(url).unwrap(),
        token: Some(token.to_owned().into()),
        account_key: None,
        attributes: BTreeMap::from([("industry".to_owned(), "industry".to_owned())]),
        user: None,
        customers: Vec::new(),
        colleagues: BTreeMap::from([("kei@our.example".to_owned(), "kei".to_owned())]),
        every: 600_000_000,
    }
}
