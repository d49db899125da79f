//! A mailbox that was refused while it was written to: the same facts as when the mail had come back.

use super::{Did, Intake, bounces, facts};
use crate::{
    model::{
        instant::Instant,
        message::{Audience, ChannelKind, Planned},
    },
    source::mail::{Class, told},
    store::api::Result,
};

impl Intake {
    /// Records a refusal by the recipient's server (`rcpt 550 5.1.1 …`); `dead` = by its code the mailbox is dead.
    /// Answers whether a customer's mailbox is: suppressing it is the dispatcher's, together with the outcome. A
    /// colleague's is not suppressed, but the team is told.
    pub async fn refused(&self, planned: &Planned, said: &str, dead: bool, now: Instant) -> Result<bool> {
        let told = ["rcpt ", "dot "].iter().find_map(|phase| said.strip_prefix(phase));
        let (Some(told), ChannelKind::Email) = (told, planned.channel) else { return Ok(false) };
        let heard = told::refused(&planned.address, told);
        let does = match (planned.audience, heard.class) {
            (Audience::Team, Class::Policy) => Did::Told,
            (Audience::Team, _) if dead => Did::Told,
            (Audience::Team, _) => Did::Nothing,
            _ if dead => Did::Suppressed,
            (_, Class::Policy) => Did::Rests,
            _ => Did::Counted,
        };
        let about = facts::about(self.store.as_ref(), planned, now).await?;
        // A fact first: after a crash between them the mailbox refuses again, and the fact is known.
        if let Some(fact) = about.fact(does, &heard, "")
            && self.append(fact).await?
        {
            match does {
                Did::Suppressed => bounces::note(self.store.as_ref(), planned, now).await?,
                Did::Counted => drop(self.count(&about).await?),
                _ => {}
            }
        }
        Ok(does == Did::Suppressed)
    }
}
