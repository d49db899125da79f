//! An account's life in memory: what happens to it, decided moment by moment, live and again from its history.

use shirube::{
    model::{
        fact::{Fact, FactBody, OWN},
        ids::{AccountId, ContactId},
        instant::Instant,
        message::Planned,
        world::World,
    },
    rulebook::types::Rulebook,
    simulate::account::Account,
};

/// Something that happened to the account, known at once.
pub fn fact(at: Instant, id: String, contact: Option<i64>, body: FactBody) -> Fact {
    let (source, contact) = ("test".to_owned(), contact.map(ContactId));
    Fact { seq: 0, account: AccountId(1), contact, occurred_at: at, received_at: at, source, event_id: id, body }
}

/// The account after its history, decided moment by moment until `end`; each decision is made again by one that
/// remembers nothing of what was computed before.
pub fn lived(mut account: Account, rulebook: &Rulebook, end: Instant) -> (Account, Vec<Planned>) {
    let (world, mut planned) = (World::default(), Vec::new());
    while let Some(at) = account.due().filter(|at| *at <= end) {
        // A copy remembers nothing.
        let again = account.clone().decide(&world, rulebook, at).unwrap();
        let decision = account.step(&world, rulebook, at).unwrap();
        assert_eq!(decision, again, "the same input gave two answers");
        planned.extend(decision.messages);
    }
    (account, planned)
}

/// The same account from its recorded history alone.
pub fn replayed(live: &Account, rulebook: &Rulebook, end: Instant) -> (Account, Vec<Planned>) {
    let mut replay = Account::new(live.id, &live.key);
    replay.replays = true;
    let own = |f: &&Fact| f.source != OWN || matches!(f.body, FactBody::Receipt { .. });
    let mut facts: Vec<Fact> = live.history.iter().filter(own).cloned().collect();
    facts.sort_by_key(|f| (f.received_at, f.seq));
    facts.into_iter().for_each(|f| replay.record(f));
    let mut planned = Vec::new();
    while replay.due().is_some_and(|at| at <= end) {
        planned.extend(replay.step(&World::default(), rulebook, end).unwrap().messages);
    }
    (replay, planned)
}

/// A message as people see it.
pub fn told(m: &Planned) -> String {
    format!("{} {}/{} {} {}", m.ready_at, m.playbook, m.step, m.address, m.key.0)
}
