//! A mailbox that was refused while it was written to: the same facts as when the mail had come back.

use super::{Did, Intake, bounces, facts};
use crate::{
    model::{
        instant::Instant,
        message::{Audience, ChannelKind, Planned},
    },
    source::mail::{
        Class, Heard,
        told::{self, Stage},
    },
    store::api::Result,
};

impl Intake {
    /// Records a refusal by the recipient's server (`rcpt 550 5.1.1 …`); `dead` = by its code the mailbox is dead.
    /// Answers whether a customer's mailbox is: the dispatcher then suppresses it together with the outcome. A
    /// colleague's is not suppressed, but the team is told.
    pub async fn refused(&self, planned: &Planned, said: &str, dead: bool, now: Instant) -> Result<bool> {
        let stages = [("rcpt ", Stage::Recipient), ("dot ", Stage::Text)];
        let told = stages.iter().find_map(|(phase, stage)| Some((said.strip_prefix(phase)?, *stage)));
        let (Some((told, stage)), ChannelKind::Email, false) = (told, planned.channel, self.trying_out) else {
            return Ok(false);
        };
        let heard = told::refused(&planned.address, told, stage);
        let does = meant(planned.audience, &heard, dead, stage);
        let about = facts::about(self.store.as_ref(), planned, now).await?;
        if let Some(fact) = about.fact(does, &heard, "")
            && !self.seen(&fact).await?
        {
            // The fact last: after a crash between them nothing that it says is missing.
            self.change(does, &heard, &about).await?;
            if self.append(fact).await? {
                match does {
                    Did::Suppressed => bounces::note(self.store.as_ref(), planned, now).await?,
                    Did::Counted => drop(self.count(&about).await?),
                    _ => {}
                }
            }
        }
        Ok(does == Did::Suppressed)
    }
}

/// What a refusal leads to.
fn meant(audience: Audience, heard: &Heard, dead: bool, stage: Stage) -> Did {
    match (audience, heard.class) {
        (Audience::Team, Class::Policy) => Did::Told,
        (Audience::Team, _) if dead => Did::Told,
        (Audience::Team, _) => Did::Nothing,
        _ if dead => Did::Suppressed,
        (_, Class::Policy) => Did::Rests,
        _ if stage == Stage::Text && heard.is_vague() => Did::Noted,
        _ => Did::Counted,
    }
}
