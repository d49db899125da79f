//! An assumption for a simulation: everybody goes on doing what they did lately.

use super::account::Account;
use crate::model::{
    fact::{Fact, FactBody, OWN},
    instant::{DAY, Instant},
};

/// Events that happen once: repeating them would renew, cancel or pay every month.
const ONCE: [&str; 5] = ["contract.", "subscription.", "invoice.", "milestone.", "message."];

/// Records what happened in the `days` before `now` again and again until `to`, each time `days` later: the
/// events of customers, not what shirube recorded itself, nor what happens once in a contract.
pub fn go_on(account: &mut Account, now: Instant, to: Instant, days: i64) {
    let since = now.plus(-days * DAY);
    let habits: Vec<Fact> = account
        .history
        .iter()
        .filter(|f| f.occurred_at > since && f.occurred_at <= now && is_habit(f))
        .cloned()
        .collect();
    let mut shift = days * DAY;
    while since.plus(shift) <= to {
        for (n, fact) in habits.iter().enumerate() {
            let at = fact.occurred_at.plus(shift);
            if at > to {
                continue;
            }
            let event_id = format!("habit:{shift}:{n}:{}", fact.event_id);
            account.record(Fact { occurred_at: at, received_at: at, event_id, ..fact.clone() });
        }
        shift += days * DAY;
    }
}

fn is_habit(fact: &Fact) -> bool {
    match &fact.body {
        FactBody::Event { name, .. } => fact.source != OWN && !ONCE.iter().any(|once| name.starts_with(once)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ids::AccountId, value::Props};

    fn event(name: &str, source: &str, at: i64) -> Fact {
        Fact {
            seq: 0,
            account: AccountId(1),
            contact: None,
            occurred_at: Instant(at),
            received_at: Instant(at),
            source: source.to_owned(),
            event_id: format!("{name}{at}"),
            body: FactBody::event(name, Props::new()),
        }
    }

    #[test]
    fn habits_come_again_and_what_happens_once_does_not() {
        let mut account = Account::new(AccountId(1), "a");
        account.history = vec![
            event("login", "csv:events", DAY),
            event("login", "csv:events", 9 * DAY),
            event("contract.cancelled", "csv:events", 9 * DAY),
            event("phase.entered", "shirube", 9 * DAY),
        ];
        go_on(&mut account, Instant(10 * DAY), Instant(25 * DAY), 7);
        let again: Vec<i64> = account.inbox.iter().map(|f| f.occurred_at.0 / DAY).collect();
        assert_eq!(again, [16, 23]);
    }
}
