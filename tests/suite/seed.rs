//! A store with queued mails in it, without a rulebook. Shared by the tests and by `torture`.

use shirube::{
    model::{
        contact::Contact,
        decision::{Decision, Outcome},
        fact::{FactBody, Incoming},
        ids::{MessageKey, RunId, stable_hash},
        instant::Instant,
        message::{ChannelKind, Planned},
        shared::Shared,
        snapshot::Snapshot,
        value::Value,
    },
    store::api::{Result, Store},
};

/// Makes `count` accounts with one contact each and queues one mail to each of them, ready at `now`.
pub async fn queue(
    store: &dyn Store,
    count: usize,
    now: Instant,
    change: &(dyn Fn(&mut Planned) + Send + Sync),
) -> Result<usize> {
    let facts = (0..count).flat_map(|n| facts(n, now)).collect();
    store.append(facts).await?;
    let decide = |snapshot: &Snapshot| Outcome::Done(Box::new(decision(snapshot, now, change)));
    let mut planned = 0;
    loop {
        let done = store.evaluate(now, 256, &decide).await?;
        if done.accounts == 0 {
            return Ok(planned);
        }
        planned += done.messages;
    }
}

fn facts(n: usize, now: Instant) -> [Incoming; 2] {
    let fact = |contact: Option<String>, body| Incoming {
        account: Some(format!("account{n}")),
        occurred_at: now,
        received_at: now,
        source: "seed".into(),
        event_id: format!("{n}:{}", contact.is_some()),
        contact,
        body,
    };
    let email = ("email".to_owned(), Value::Text(format!("user{n}@example.com").into()));
    [
        fact(None, FactBody::AccountAttrs { attrs: Default::default() }),
        fact(Some(format!("contact{n}")), FactBody::ContactAttrs { attrs: [email].into() }),
    ]
}

/// Folds nothing but the contacts; plans one mail when an account has facts for the first time.
pub fn decision(snapshot: &Snapshot, now: Instant, change: &(dyn Fn(&mut Planned) + Send + Sync)) -> Decision {
    let contacts: Vec<Shared<Contact>> = snapshot.contacts.values().cloned().map(|c| with_email(c, snapshot)).collect();
    let mut state = snapshot.state.clone();
    let first = state.first_seen == Instant(0);
    (state.now, state.first_seen) = (now, now);
    let messages = contacts.iter().filter(|_| first).map(|c| mail(snapshot, c, now, change)).collect();
    Decision {
        account: snapshot.account,
        rev: snapshot.rev,
        state,
        runs: Vec::new(),
        tasks: Vec::new(),
        contacts,
        removed: Vec::new(),
        contact_days: Vec::new(),
        messages,
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

fn with_email(mut contact: Shared<Contact>, snapshot: &Snapshot) -> Shared<Contact> {
    let id = contact.id;
    for fact in snapshot.inbox.iter().filter(|f| f.contact == Some(id)) {
        if let FactBody::ContactAttrs { attrs } = &fact.body {
            contact.attrs.extend(attrs.clone());
        }
    }
    contact
}

fn mail(
    snapshot: &Snapshot,
    contact: &Contact,
    now: Instant,
    change: &(dyn Fn(&mut Planned) + Send + Sync),
) -> Planned {
    let key = stable_hash(&["seed", &snapshot.key, &contact.key]);
    let address = contact.email().unwrap_or_default();
    let mut planned = Planned {
        run: RunId(key.clone()),
        playbook: "onboarding".into(),
        playbook_hash: "h".into(),
        step: "welcome".into(),
        contact: Some(contact.id),
        template: "onboarding/welcome".into(),
        topic: "onboarding".into(),
        ready_at: now,
        ..Planned::bare(MessageKey(key), snapshot.account, ChannelKind::Email, address)
    };
    change(&mut planned);
    planned
}
