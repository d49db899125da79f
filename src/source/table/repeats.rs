//! Which ids come more than once in a file of any length, in bounded memory.

use std::collections::HashSet;

/// Ids remembered one by one (8 bytes each); of more, only marks are kept.
const EXACT: usize = 2_000_000;
/// Marks: 2^28 bits are 32 MiB.
const MARKS: u64 = 1 << 28;

/// Collects hashes of ids.
#[derive(Default)]
pub(super) struct Repeats {
    exact: Vec<u64>,
    marks: Vec<u64>,
    found: HashSet<u64>,
}

impl Repeats {
    /// Takes the next id.
    pub(super) fn see(&mut self, id: u64) {
        if self.marks.is_empty() && self.exact.len() < EXACT {
            self.exact.push(id);
            return;
        }
        if self.marks.is_empty() {
            self.marks = vec![0; (MARKS / 64) as usize];
            for id in std::mem::take(&mut self.exact) {
                self.mark(id);
            }
        }
        self.mark(id);
    }

    /// Two ids may share a mark: then one that comes once counts as repeated, which costs a little memory
    /// later and changes nothing. One that comes twice is never missed.
    fn mark(&mut self, id: u64) {
        let place = id % MARKS;
        let Some(word) = self.marks.get_mut((place / 64) as usize) else { return };
        let bit = 1 << (place % 64);
        if *word & bit != 0 {
            self.found.insert(id);
        }
        *word |= bit;
    }

    /// Every id that came more than once (and, of very many, a few that did not).
    pub(super) fn found(mut self) -> HashSet<u64> {
        self.exact.sort_unstable();
        self.found.extend(self.exact.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]));
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_ids_are_told_apart_exactly() {
        let mut repeats = Repeats::default();
        [1, 2, 3, 2, 1, 2].into_iter().for_each(|id| repeats.see(id));
        assert_eq!(repeats.found(), HashSet::from([1, 2]));
    }

    #[test]
    fn of_many_ids_no_repeated_one_is_missed() {
        let spread = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut repeats = Repeats::default();
        let many = EXACT as u64 + 200_000;
        (0..many).chain([5, EXACT as u64 + 7]).for_each(|n| repeats.see(spread(n)));
        let found = repeats.found();
        assert!(found.contains(&spread(5)) && found.contains(&spread(EXACT as u64 + 7)));
        assert!(found.len() < 20_000, "{}", found.len());
    }
}
