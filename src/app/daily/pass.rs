//! Running the pass: once a local day, over the accounts of the store.

use std::collections::BTreeMap;

use super::{Ranked, Standing, cuts, dips, rank_facts, ranked, standing, tier_fact, watches};
use crate::{app::shell::Shell, model::instant::Instant, rulebook::types::Touch, store::api::Result};

/// The day the last pass was for.
const CURSOR: &str = "daily";

impl Shell {
    /// Runs the pass once a local day (and at once while no cuts exist yet); answers whether it ran.
    pub async fn daily_pass(&self, now: Instant) -> Result<bool> {
        let rulebook = self.rulebook();
        let touch = rulebook.model.touch.as_ref().filter(|t| !t.tiers.is_empty());
        if touch.is_none() && !watches(&rulebook) {
            return Ok(false);
        }
        let today = now.date(&rulebook.model.workspace.zone).to_string();
        let done = self.store.cursor(CURSOR).await?;
        let first = touch.is_some() && self.world().touch_cuts.is_empty();
        if done.as_deref() >= Some(today.as_str()) && !first {
            return Ok(false);
        }
        let mut facts = Vec::new();
        if let Some(touch) = touch {
            let ranked = self.rank(touch, now).await?;
            if ranked.is_empty() {
                return Ok(false);
            }
            let cuts = cuts(touch, &ranked);
            self.change_world(|world| world.touch_cuts.clone_from(&cuts)).await?;
            facts.extend(ranked.iter().filter_map(|r| tier_fact(touch, &cuts, r, &today, now)));
        }
        if watches(&rulebook) {
            let standings = self.standings(now).await?;
            self.note_dips(dips(&rulebook, &standings)).await?;
            facts.extend(rank_facts(&rulebook, &standings, &today, now).into_iter().map(|(_, fact)| fact));
        }
        self.store.append(facts).await?;
        self.store.move_cursor(CURSOR, done.as_deref(), &today).await?;
        Ok(true)
    }

    /// Writes down how far everybody fell; where that is news every account looks at its alerts again.
    async fn note_dips(&self, dips: BTreeMap<String, f64>) -> Result<()> {
        if self.world().dips == dips {
            return Ok(());
        }
        self.change_world(|world| world.dips.clone_from(&dips)).await?;
        self.begin_sweep().await
    }

    async fn standings(&self, now: Instant) -> Result<Vec<Standing>> {
        let (world, rulebook) = (self.world(), self.rulebook());
        self.each(|s| standing(&s, &world, &rulebook, now)).await
    }

    pub(in crate::app) async fn rank(&self, touch: &Touch, now: Instant) -> Result<Vec<Ranked>> {
        let (world, rulebook) = (self.world(), self.rulebook());
        self.each(|s| ranked(&s, touch, &world, &rulebook, now)).await
    }
}
