//! Fresh stores, and small facts, decisions and messages to put into them.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use shirube::{
    model::{
        decision::{Decision, Outcome},
        fact::{FactBody, Incoming},
        ids::{AccountId, MessageKey, RunId},
        instant::{Instant, SECOND},
        message::{ChannelKind, Planned},
        snapshot::Snapshot,
        value::{Props, Value},
    },
    store::{self, Mode, Store, api::StoreError},
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

/// 2026-01-05T00:00:00Z.
pub const T0: Instant = Instant(1_767_571_200 * SECOND);

/// `seconds` after `T0`.
pub fn at(seconds: i64) -> Instant {
    T0.plus(seconds * SECOND)
}

/// One database with an open daemon on it.
pub struct Fixture {
    /// How to open it again.
    pub url: String,
    /// The daemon's store.
    pub store: Arc<dyn Store>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    /// A new SQLite file.
    pub async fn sqlite() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("shirube.db").display());
        let store = store::open(&url, Mode::Daemon).await.unwrap();
        Fixture { url, store, _folder: Some(folder) }
    }

    /// A new PostgreSQL database, where `SHIRUBE_TEST_PG` names a cluster.
    pub async fn postgres() -> Option<Fixture> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(admin) = std::env::var("SHIRUBE_TEST_PG") else {
            println!("skipped: SHIRUBE_TEST_PG names no PostgreSQL");
            return None;
        };
        let name = format!("shirube_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut connection = sqlx::PgConnection::connect(&admin).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        let url = format!("{}/{name}", admin.rsplit_once('/').unwrap().0);
        let store = store::open(&url, Mode::Daemon).await.unwrap();
        Some(Fixture { url, store, _folder: None })
    }

    /// Runs SQL on the database behind the store's back.
    pub async fn script(&self, text: &str) {
        let text = AssertSqlSafe(text.to_string());
        if self.url.starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
        } else {
            let options = SqliteConnectOptions::new().filename(self.url.trim_start_matches("sqlite:"));
            sqlx::raw_sql(text).execute(&mut options.connect().await.unwrap()).await.unwrap();
        }
    }

    /// The same database after the daemon died.
    pub async fn restarted(self) -> Fixture {
        let Fixture { url, store, _folder } = self;
        drop(store);
        // The old writer lets go of the file when its task has ended, which a busy machine may put off.
        for _ in 0..100_000 {
            match store::open(&url, Mode::Daemon).await {
                Err(StoreError::Held(_)) => tokio::task::yield_now().await,
                store => return Fixture { url, store: store.unwrap(), _folder },
            }
        }
        panic!("the store is never let go of")
    }
}

/// A login of `account` with its own event id.
pub fn login(account: &str, id: &str, when: Instant) -> Incoming {
    fact(account, None, id, when, FactBody::event("login", Props::new()))
}

/// Any fact.
pub fn fact(account: &str, contact: Option<&str>, id: &str, when: Instant, body: FactBody) -> Incoming {
    Incoming {
        account: Some(account.into()),
        contact: contact.map(Into::into),
        occurred_at: when,
        received_at: when,
        source: "test".into(),
        event_id: id.into(),
        body,
    }
}

/// Attributes of the account.
pub fn named(account: &str, name: &str, id: &str) -> Incoming {
    let attrs = Props::from([("name".to_string(), Value::text(name))]);
    fact(account, None, id, T0, FactBody::AccountAttrs { attrs })
}

/// A contact with a role.
pub fn person(account: &str, contact: &str, id: &str) -> Incoming {
    let attrs = Props::from([("role".to_string(), Value::text("admin"))]);
    fact(account, Some(contact), id, T0, FactBody::ContactAttrs { attrs })
}

/// A decision that folds everything and plans nothing.
pub fn settled(snapshot: &Snapshot) -> Decision {
    Decision {
        account: snapshot.account,
        rev: snapshot.rev,
        state: snapshot.state.clone(),
        runs: Vec::new(),
        tasks: Vec::new(),
        contacts: Vec::new(),
        removed: Vec::new(),
        contact_days: Vec::new(),
        messages: Vec::new(),
        cancelled: Vec::new(),
        late: Vec::new(),
        events: Vec::new(),
        ledger: Vec::new(),
        folded: snapshot.inbox.last().map(|fact| fact.seq),
        next_due: None,
        handover: None,
        turns: 1,
    }
}

/// `settled`, as a decide function.
pub fn settle(snapshot: &Snapshot) -> Outcome {
    Outcome::Done(Box::new(settled(snapshot)))
}

/// A message of `account`: run `r`, one step per key.
pub fn message(account: AccountId, key: &str, address: &str) -> Planned {
    Planned {
        run: RunId("r".into()),
        playbook: "onboarding".into(),
        playbook_hash: "h".into(),
        step: format!("step-{key}"),
        template: "onboarding/welcome".into(),
        topic: "onboarding".into(),
        ready_at: at(10),
        ..Planned::bare(MessageKey(key.into()), account, ChannelKind::Email, address)
    }
}

/// Puts messages into the outbox by deciding the account `acme` once; answers its number.
pub async fn plan(store: &dyn Store, make: impl Fn(AccountId) -> Vec<Planned> + Send + Sync) -> AccountId {
    plan_with(store, "plan", make, Vec::new()).await
}

/// The same with an event id of its own and messages to cancel.
pub async fn plan_with(
    store: &dyn Store,
    id: &str,
    make: impl Fn(AccountId) -> Vec<Planned> + Send + Sync,
    cancelled: Vec<(String, String)>,
) -> AccountId {
    store.append(vec![login("acme", id, T0)]).await.unwrap();
    let decide = |snapshot: &Snapshot| {
        let mut decision = settled(snapshot);
        decision.messages = make(snapshot.account);
        decision.cancelled = cancelled.clone();
        Outcome::Done(Box::new(decision))
    };
    store.evaluate(at(5), 10, &decide).await.unwrap();
    store.account_by_key("acme").await.unwrap().unwrap().id
}
