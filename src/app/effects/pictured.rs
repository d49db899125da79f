//! One playbook with what its page draws: the curves of both arms, and the way through its steps.

use serde::Serialize;

use super::{Ask, Found, MOST_RUNS, NoOutcome, found, joined::Joined, outcome, since};
use crate::{
    app::shell::Shell,
    insight::effect::{
        curves::Curves,
        funnel::{Reaches, Row, funnel},
    },
    model::{instant::Instant, run::Run},
    rulebook::playbook::{Body, Playbook, Step},
    store::api::Result,
};

/// What is known of one playbook, and what is drawn of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pictured {
    /// The comparison.
    #[serde(flatten)]
    pub found: Found,
    /// Both arms day by day.
    pub curves: Curves,
    /// Those it ran for, step by step.
    pub funnel: Vec<Row>,
}

impl Shell {
    /// The effect of a playbook at `now` with its curves and its funnel, of the same customers.
    pub async fn effect_pictured(
        &self,
        playbook: &Playbook,
        ask: Ask<'_>,
        now: Instant,
    ) -> Result<std::result::Result<Pictured, NoOutcome>> {
        let rulebook = self.rulebook();
        let Some(measured) = outcome::measured(&rulebook, playbook, ask, now) else {
            return Ok(Err(NoOutcome(outcome::outcomes(&rulebook, playbook))));
        };
        let runs = self.store.runs_of(&playbook.name, MOST_RUNS).await?;
        let ground = self.ground(since(&runs, now), now).await?;
        let joined = Joined::of(&ground, &rulebook, playbook, runs.clone(), ask.pool);
        let (curves, way) = (joined.curves(&measured), way(playbook, joined.runs()));
        Ok(Ok(Pictured {
            found: found(&ground, &rulebook, playbook, runs, (&measured, ask)).alone(),
            curves,
            funnel: way,
        }))
    }
}

fn way<'r>(playbook: &Playbook, customers: impl Iterator<Item = &'r [Run]>) -> Vec<Row> {
    let reaches = |step: &'_ Step| match step.body {
        Body::Message(_) => Some(true),
        Body::Task(_) => Some(false),
        _ => None,
    };
    let steps = playbook.steps.iter().filter_map(|step| Some(Reaches { id: &step.id, message: reaches(step)? }));
    funnel(&steps.collect::<Vec<_>>(), playbook.goal.is_some(), customers)
}
