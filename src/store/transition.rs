//! The state machine of the outbox, pure: which step is legal from which state.

use crate::model::message::OutboxState::{self, *};

/// What a dispatcher asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Begin handing over; `clear` = nothing changed since the claim.
    HandOver {
        /// Account, address, pauses and holds are as they were.
        clear: bool,
        /// Everything is held.
        hold: bool,
    },
    /// The channel accepted it.
    Sent,
    /// Nothing was accepted: wait and try again.
    Requeue,
    /// End in this state.
    End(OutboxState),
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go there; it took effect.
    To(OutboxState),
    /// Go back there; it did not take effect.
    Back(OutboxState),
    /// It is there already (the answer to the first asking was lost).
    Already,
    /// The claim is no longer the row's: nothing changes.
    Stale,
    /// Impossible: the row is frozen for a person to look at.
    Illegal,
}

/// Judges one step. `ours` = the asker's fence is the row's; `resend` = an earlier attempt may have arrived.
pub fn judge(state: OutboxState, ours: bool, resend: bool, ask: Ask) -> Verdict {
    if !ours {
        return Verdict::Stale;
    }
    match (state, ask) {
        (Claimed, Ask::HandOver { clear: true, hold: false }) => Verdict::To(HandingOver),
        (Claimed, Ask::HandOver { hold: true, .. }) => Verdict::Back(Held),
        (Claimed, Ask::HandOver { .. }) => Verdict::Back(Queued),
        (Claimed | HandingOver, Ask::Sent) => Verdict::To(Sent),
        (Claimed | HandingOver, Ask::Requeue) => Verdict::To(Queued),
        // "Skip" said about a resend cannot take back the attempt that may have arrived.
        (Claimed, Ask::End(Skipped)) if resend => Verdict::To(MaybeSent),
        (Claimed, Ask::End(Skipped)) => Verdict::To(Skipped),
        (Claimed | HandingOver, Ask::End(Failed)) => Verdict::To(Failed),
        (HandingOver, Ask::End(MaybeSent)) => Verdict::To(MaybeSent),
        (Claimed | HandingOver, Ask::End(Frozen)) => Verdict::To(Frozen),
        // The sender was given up too early and reports after all: the best evidence there is.
        (MaybeSent, Ask::Sent) => Verdict::To(Sent),
        (Sent, Ask::Sent) => Verdict::Already,
        (state, Ask::End(end)) if state == end => Verdict::Already,
        // What is final stays what it is, whatever anybody says later.
        (Sent | Failed | Skipped | MaybeSent | Frozen, _) => Verdict::Stale,
        _ => Verdict::Illegal,
    }
}

/// Whether a person (or evidence) may move a row so.
pub fn may_resolve(state: OutboxState, to: OutboxState) -> bool {
    matches!(state, MaybeSent | Frozen) && matches!(to, Sent | Skipped | Queued)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKS: [Ask; 9] = [
        Ask::HandOver { clear: true, hold: false },
        Ask::HandOver { clear: false, hold: false },
        Ask::HandOver { clear: true, hold: true },
        Ask::Sent,
        Ask::Requeue,
        Ask::End(Skipped),
        Ask::End(Failed),
        Ask::End(MaybeSent),
        Ask::End(Frozen),
    ];

    /// Every state and every step, as the design has them: `>` goes there and took effect, `<` goes back there and did
    /// not, `=` is there already, `-` changes nothing, `!` is impossible. The columns are `ASKS`; q h s v f = queued, held,
    /// sent, handing over, failed; k m z = skipped, maybe sent, frozen.
    const TABLE: [(OutboxState, &str); 9] = [
        (Queued, "! ! ! ! ! ! ! ! !"),
        (Claimed, ">v <q <h >s >q >k >f ! >z"),
        (HandingOver, "! ! ! >s >q ! >f >m >z"),
        (Held, "! ! ! ! ! ! ! ! !"),
        (Sent, "- - - = - - - - -"),
        (Skipped, "- - - - - = - - -"),
        (Failed, "- - - - - - = - -"),
        (MaybeSent, "- - - >s - - - = -"),
        (Frozen, "- - - - - - - - ="),
    ];

    fn written(verdict: Verdict) -> String {
        let letter = |state| match state {
            Queued => "q",
            Held => "h",
            Sent => "s",
            HandingOver => "v",
            Failed => "f",
            Skipped => "k",
            MaybeSent => "m",
            Frozen => "z",
            _ => "?",
        };
        match verdict {
            Verdict::To(state) => format!(">{}", letter(state)),
            Verdict::Back(state) => format!("<{}", letter(state)),
            Verdict::Already => "=".to_owned(),
            Verdict::Stale => "-".to_owned(),
            Verdict::Illegal => "!".to_owned(),
        }
    }

    #[test]
    fn every_step_from_every_state_goes_where_the_design_says() {
        assert_eq!(TABLE.len(), OutboxState::ALL.len());
        for (state, row) in TABLE {
            let found: Vec<String> = ASKS.iter().map(|ask| written(judge(state, true, false, *ask))).collect();
            assert_eq!(found.join(" "), row, "{state:?}");
            // A resend differs in one place: what is skipped may have arrived.
            let again: Vec<String> = ASKS.iter().map(|ask| written(judge(state, true, true, *ask))).collect();
            assert_eq!(again.join(" "), row.replace(">k", ">m"), "{state:?}, again");
        }
    }

    #[test]
    fn a_person_settles_only_what_is_unknown_or_frozen() {
        for state in OutboxState::ALL {
            for to in OutboxState::ALL {
                let fine = [MaybeSent, Frozen].contains(&state) && [Sent, Skipped, Queued].contains(&to);
                assert_eq!(may_resolve(state, to), fine, "{state:?} to {to:?}");
            }
        }
    }

    #[test]
    fn nothing_moves_without_the_claim() {
        for state in OutboxState::ALL {
            assert!(ASKS.iter().all(|ask| judge(state, false, false, *ask) == Verdict::Stale));
        }
    }

    #[test]
    fn a_final_row_never_moves() {
        for state in [Sent, Failed, Skipped] {
            for ask in ASKS {
                assert!(
                    matches!(judge(state, true, false, ask), Verdict::Stale | Verdict::Already),
                    "{state:?} {ask:?}"
                );
            }
        }
    }

    #[test]
    fn an_unknown_outcome_only_becomes_sent() {
        for ask in ASKS {
            let moves = matches!(judge(MaybeSent, true, false, ask), Verdict::To(_));
            assert_eq!(moves, ask == Ask::Sent, "{ask:?}");
        }
    }

    #[test]
    fn only_a_hand_over_can_be_ambiguous() {
        let ambiguous: Vec<_> = OutboxState::ALL
            .into_iter()
            .filter(|state| judge(*state, true, false, Ask::End(MaybeSent)) == Verdict::To(MaybeSent))
            .collect();
        assert_eq!(ambiguous, [HandingOver]);
    }

    #[test]
    fn what_was_handed_over_is_never_skipped() {
        assert_eq!(judge(HandingOver, true, false, Ask::End(Skipped)), Verdict::Illegal);
        assert_eq!(judge(Claimed, true, true, Ask::End(Skipped)), Verdict::To(MaybeSent));
    }

    #[test]
    fn a_queued_row_cannot_be_sent() {
        assert_eq!(judge(Queued, true, false, Ask::Sent), Verdict::Illegal);
    }
}
