//! Touch tiers of a first import: everybody gets theirs at first sight.
//!
//! Shares of all accounts need all accounts. Without this the daily pass would place them after their first
//! decision, and "became tech touch" would start playbooks for customers of many years.

use std::collections::BTreeMap;

use crate::{
    app::{
        daily::{Ranked, cuts, ranked},
        shell::Shell,
    },
    model::{
        fact::FactBody,
        instant::Instant,
        snapshot::Snapshot,
        state::{AccountState, Attr},
    },
    rulebook::types::Touch,
    store::api::{Result, Staged},
};

/// Accounts read at once.
const PAGE: usize = 500;

impl Shell {
    /// The cuts that a staged import leads to, if there are none yet and the model asks for them.
    pub async fn first_cuts(&self, import: i64, now: Instant) -> Result<Option<Vec<(String, f64)>>> {
        let rulebook = self.rulebook();
        let Some(touch) = rulebook.model.touch.as_ref().filter(|t| !t.tiers.is_empty()) else { return Ok(None) };
        if !self.world().touch_cuts.is_empty() {
            return Ok(None);
        }
        let known = self.rank(touch, now).await?;
        let mut all: BTreeMap<String, Ranked> = known.into_iter().map(|r| (r.key.clone(), r)).collect();
        let mut after = String::new();
        loop {
            let page = self.store.staged(import, &after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            let found = page.iter().filter_map(|(key, items)| self.newcomer(key, items, touch, now));
            all.extend(found.map(|r| (r.key.clone(), r)));
        }
        let all: Vec<Ranked> = all.into_values().collect();
        Ok((!all.is_empty()).then(|| cuts(touch, all.iter())))
    }

    /// Places everybody by these cuts from now on.
    pub async fn set_first_cuts(&self, cuts: &[(String, f64)]) -> Result<()> {
        self.change_world(|world| world.touch_cuts = cuts.to_vec()).await
    }

    fn newcomer(&self, key: &str, items: &[Staged], touch: &Touch, now: Instant) -> Option<Ranked> {
        let mut state = AccountState { now, first_seen: now, ..AccountState::default() };
        for item in items {
            let Staged::Fact(fact) = item else { continue };
            let FactBody::AccountAttrs { attrs } = &fact.body else { continue };
            for (name, value) in attrs {
                let attr = Attr { value: value.clone(), as_of: fact.occurred_at, source: fact.source.clone() };
                state.attrs.insert(name.clone(), attr);
            }
        }
        if state.attrs.is_empty() {
            return None;
        }
        let snapshot = Snapshot { key: key.to_owned(), state, ..Snapshot::default() };
        ranked(&snapshot, touch, &self.world(), &self.rulebook(), now)
    }
}
