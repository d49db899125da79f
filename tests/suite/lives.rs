//! An account's life in memory: what happens to it, decided moment by moment, live and again from its history.

use std::collections::BTreeMap;

use shirube::{
    model::{
        fact::{Fact, FactBody, OWN},
        ids::{AccountId, ContactId},
        instant::Instant,
        message::Planned,
        value::{Props, Value},
        world::World,
    },
    rulebook::{load::load, types::Rulebook},
    simulate::account::Account,
};

/// Something that happened to the account, known at once.
pub fn fact(at: Instant, id: impl Into<String>, contact: Option<i64>, body: FactBody) -> Fact {
    let (source, event_id, contact) = ("test".to_owned(), id.into(), contact.map(ContactId));
    Fact { seq: 0, account: AccountId(1), contact, occurred_at: at, received_at: at, source, event_id, body }
}

/// Properties by name.
pub fn props<const N: usize>(pairs: [(&str, Value); N]) -> Props {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The same of texts.
pub fn texts<const N: usize>(pairs: [(&str, &str); N]) -> Props {
    props(pairs.map(|(name, value)| (name, Value::text(value))))
}

/// The rulebook of these files, live since a moment; they must be right.
pub fn book(files: &BTreeMap<String, String>, number: i64, live_since: Instant) -> Rulebook {
    let (rulebook, findings) = load(files);
    Rulebook { number, live_since, ..rulebook.unwrap_or_else(|| panic!("{findings:#?}")) }
}

/// A model and one playbook, whose mails are `t/hello`.
pub fn with_mail(model: &str, playbook: (&str, &str)) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([
        ("model.yaml".to_owned(), model.to_owned()),
        (format!("playbooks/{}.yaml", playbook.0), playbook.1.to_owned()),
    ]);
    for locale in ["ja", "en"] {
        let text = "---\nsubject: x\ntopic: t\n---\nx\n";
        files.insert(format!("templates/t/hello.{locale}.md"), text.to_owned());
    }
    let layout = include_str!("../data/language-constructs/templates/layouts/standard.mjml");
    files.insert("templates/layouts/standard.mjml".to_owned(), layout.to_owned());
    files
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
