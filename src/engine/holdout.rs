//! Who is held out, and which arm of a split an account takes: a hash decides, never chance.

use crate::{
    model::{message::Class, run::Arm},
    rulebook::{
        playbook::Playbook,
        types::{Holdout, Rulebook},
    },
};

/// Treated or ghost. Notices pass every holdout.
pub fn arm(rulebook: &Rulebook, playbook: &Playbook, account: &str) -> Arm {
    let held = |h: &Holdout| h.percent > 0.0 && share(&h.salt, account) < h.percent / 100.0;
    let global = !playbook.no_holdout && held(&rulebook.model.holdout);
    let own = playbook.holdout.as_ref().is_some_and(held);
    if playbook.class != Class::Notice && (global || own) { Arm::Holdout } else { Arm::Treated }
}

/// The share of accounts that a playbook leaves out, 0..1: what its own holdout and the global one hold together.
pub fn held_out(rulebook: &Rulebook, playbook: &Playbook) -> f64 {
    let global = Some(&rulebook.model.holdout).filter(|_| !playbook.no_holdout);
    let part = |h: Option<&Holdout>| h.map_or(0.0, |h| (h.percent / 100.0).clamp(0.0, 1.0));
    let (all, own) = (part(global), part(playbook.holdout.as_ref()));
    match (playbook.class, &playbook.holdout) {
        (Class::Notice, _) => 0.0,
        // The same draw: one holds the other.
        (_, Some(h)) if global.is_some_and(|g| g.salt == h.salt) => all.max(own),
        _ => 1.0 - (1.0 - all) * (1.0 - own),
    }
}

/// Whether an account is inside a playbook's rollout; growing the share never removes anyone.
pub(super) fn rolled_out(playbook: &Playbook, account: &str) -> bool {
    playbook.enroll.rollout >= 100.0
        || share(&format!("rollout:{}", playbook.name), account) < playbook.enroll.rollout / 100.0
}

/// The first step of the arm an account takes in a split.
pub(super) fn split(arms: &[(String, u32, Option<usize>)], account: &str, playbook: &str, step: &str) -> Option<usize> {
    let total: u32 = arms.iter().map(|a| a.1).sum();
    let mut left = share(&format!("split:{playbook}:{step}"), account) * f64::from(total);
    for (_, weight, first) in arms {
        if left < f64::from(*weight) {
            return *first;
        }
        left -= f64::from(*weight);
    }
    arms.last().and_then(|a| a.2)
}

/// A number in `[0, 1)` from a salt and an account: GrowthBook's hash version 2 over UTF-8 bytes,
/// `fnv1a32(decimal(fnv1a32(seed ‖ value))) mod 10000 ÷ 10000`. The seed ends in a separator, so that
/// "playbook-1" + "23" and "playbook-12" + "3" are different draws.
pub fn share(salt: &str, account: &str) -> f64 {
    hash_v2(&format!("{salt}\u{1f}"), account)
}

/// GrowthBook's hash version 2 without a separator, as its published vectors give it.
pub fn hash_v2(seed: &str, value: &str) -> f64 {
    let inner = fnv1a32(&[seed.as_bytes(), value.as_bytes()]);
    f64::from(fnv1a32(&[inner.to_string().as_bytes()]) % 10_000) / 10_000.0
}

fn fnv1a32(parts: &[&[u8]]) -> u32 {
    let bytes = parts.iter().flat_map(|p| p.iter());
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_hold() {
        let vectors = [
            ("seed", "a", 0.0505),
            ("seed", "b", 0.2696),
            ("foo", "ab", 0.2575),
            ("foo", "def", 0.2019),
            ("90850943850283058242805", "123", 0.7516),
            // UTF-8 bytes, as here; clients that hash UTF-16 units get 0.9221.
            ("seed", "株式会社みちしるべ", 0.3913),
        ];
        for (seed, value, expected) in vectors {
            assert_eq!(hash_v2(seed, value), expected, "{seed} {value}");
        }
    }

    #[test]
    fn two_playbooks_hold_out_independently() {
        let ids: Vec<String> = (0..20_000).map(|i| format!("account-{i}")).collect();
        let held = |salt: &str, id: &str| share(salt, id) < 0.1;
        let first: Vec<_> = ids.iter().filter(|id| held("one", id)).collect();
        let both = first.iter().filter(|id| held("two", id)).count();
        let ratio = both as f64 / first.len() as f64;
        assert!((0.07..0.13).contains(&ratio), "P(second | first) = {ratio}");
    }

    #[test]
    fn a_salt_cannot_flow_into_the_account() {
        assert_ne!(share("playbook-1", "23"), share("playbook-12", "3"));
    }
}
