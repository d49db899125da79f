//! States as they were written last, kept in memory: what nobody else has written since is not read and parsed again.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::model::state::AccountState;

/// How much is kept, in bytes of the written form; in memory it is about three times as much.
const BUDGET: usize = 4 << 20;

/// The states decided last. Each is told from an older or newer one of its account by how many decisions were
/// written for it, which every daemon and tool counts in the same row: a state that somebody else has written since
/// is not found here.
#[derive(Default)]
pub struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    states: HashMap<i64, One>,
    /// Accounts in the order in which they were kept, each with its ticket; only the newest ticket counts.
    order: VecDeque<(i64, u64)>,
    tickets: u64,
    size: usize,
}

struct One {
    decided: i64,
    ticket: u64,
    /// Bytes of the written form.
    size: usize,
    state: AccountState,
}

impl Recent {
    /// The state of an account after so many decisions, with the size of its written form; none where that is not
    /// kept.
    pub fn get(&self, account: i64, decided: i64) -> Option<(AccountState, usize)> {
        let kept = self.kept();
        let one = kept.states.get(&account).filter(|one| one.decided == decided)?;
        Some((one.state.clone(), one.size))
    }

    /// Keeps a state that is durable now; the longest kept make room.
    pub fn put(&self, account: i64, decided: i64, state: AccountState, size: usize) {
        let mut kept = self.kept();
        kept.tickets += 1;
        let ticket = kept.tickets;
        let before = kept.states.insert(account, One { decided, ticket, size, state });
        kept.size = kept.size + size - before.map_or(0, |one| one.size);
        kept.order.push_back((account, ticket));
        kept.make_room();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn make_room(&mut self) {
        while self.size > BUDGET
            && let Some((account, ticket)) = self.order.pop_front()
        {
            if self.states.get(&account).is_some_and(|one| one.ticket == ticket) {
                self.size -= self.states.remove(&account).map_or(0, |one| one.size);
            }
        }
        // Old tickets of accounts that are decided again and again would pile up.
        if self.order.len() > 2 * self.states.len() + 64 {
            let order = mem::take(&mut self.order);
            let newest = |(account, ticket): &(i64, u64)| self.states.get(account).is_some_and(|o| o.ticket == *ticket);
            self.order = order.into_iter().filter(newest).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> AccountState {
        AccountState { shared: name.into(), ..AccountState::default() }
    }

    #[test]
    fn a_state_that_was_written_again_elsewhere_is_not_found() {
        let recent = Recent::default();
        recent.put(1, 7, named("seventh"), 10);
        assert_eq!(recent.get(1, 7), Some((named("seventh"), 10)));
        assert_eq!(recent.get(1, 8), None, "somebody else decided it since");
        recent.put(1, 9, named("ninth"), 12);
        assert_eq!((recent.get(1, 7), recent.get(1, 9)), (None, Some((named("ninth"), 12))));
    }

    #[test]
    fn the_longest_kept_make_room_and_the_memory_stays_bounded() {
        let recent = Recent::default();
        for n in 0..10_000 {
            recent.put(n % 100, n, named(""), BUDGET / 50);
        }
        let kept = recent.kept();
        assert_eq!(kept.states.len(), 50);
        assert!(kept.states.keys().all(|account| *account >= 50), "the newest fifty are left");
        assert!(kept.size <= BUDGET && kept.order.len() <= 2 * 50 + 64);
    }

    #[test]
    fn an_account_decided_again_and_again_keeps_one_place() {
        let recent = Recent::default();
        (0..10_000).for_each(|n| recent.put(1, n, named(""), 100));
        let kept = recent.kept();
        assert_eq!((kept.states.len(), kept.size), (1, 100));
        assert!(kept.order.len() <= 2 + 64);
    }
}
