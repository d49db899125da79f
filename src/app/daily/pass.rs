//! Running the pass: once a local day, over the accounts of the store.

use super::{Ranked, Standing, alert_facts, cuts, dips, rank_facts, ranked, standing, tier_fact, watches};
use crate::{
    app::shell::Shell,
    model::{instant::Instant, snapshot::Snapshot},
    rulebook::types::Touch,
    store::api::Result,
};

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
        let (ranked, standings) = self.compared(touch, now).await?;
        let mut facts = Vec::new();
        if let Some(touch) = touch {
            if ranked.is_empty() {
                return Ok(false);
            }
            let cuts = cuts(touch, ranked.iter());
            self.change_world(|world| world.touch_cuts.clone_from(&cuts)).await?;
            facts.extend(ranked.iter().filter_map(|r| tier_fact(touch, &cuts, r, &today, now)));
        }
        let dips = dips(&rulebook, &standings);
        self.change_world(|world| world.dips.clone_from(&dips)).await?;
        let ranks = rank_facts(&rulebook, &standings, &today, now);
        let alerts = alert_facts(&rulebook, &standings, &dips, &today, now);
        facts.extend(ranks.into_iter().chain(alerts).map(|(_, fact)| fact));
        self.store.append(facts).await?;
        self.store.move_cursor(CURSOR, done.as_deref(), &today).await?;
        Ok(true)
    }

    /// Everybody's place in the ranking.
    pub(in crate::app) async fn rank(&self, touch: &Touch, now: Instant) -> Result<Vec<Ranked>> {
        let (world, rulebook) = (self.world(), self.rulebook());
        self.each(|s| ranked(&s, touch, &world, &rulebook, now)).await
    }

    /// Everybody's place in the ranking, and how they stand in what else is compared, read once.
    async fn compared(&self, touch: Option<&Touch>, now: Instant) -> Result<(Vec<Ranked>, Vec<Standing>)> {
        let (world, rulebook) = (self.world(), self.rulebook());
        let watched = watches(&rulebook);
        let one = |s: Snapshot| {
            let place = touch.and_then(|touch| ranked(&s, touch, &world, &rulebook, now));
            let standing = watched.then(|| standing(&s, &world, &rulebook, now)).flatten();
            Some((place, standing))
        };
        let all = self.each(one).await?;
        let (places, standings): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        Ok((places.into_iter().flatten().collect(), standings.into_iter().flatten().collect()))
    }
}
