//! English wording.

use super::Word;

pub(super) fn word(word: Word) -> &'static str {
    match word {
        Word::BandGreen => "healthy",
        Word::BandYellow => "watch",
        Word::BandRed => "at risk",
        Word::BandUnknown => "unknown",
        Word::Yes => "yes",
        Word::No => "no",
        Word::Missing => "not known",
        Word::MailReason => "You receive this message because you use our service.",
        Word::Unsubscribe => "Unsubscribe",
        Word::UnsubscribeTitle => "Unsubscribe",
        Word::UnsubscribeButton => "Stop these mails",
        Word::UnsubscribeAsk => "Do you no longer want to receive these mails? Press the button to unsubscribe.",
        Word::UnsubscribeDone => "Done. You will not receive these mails any more.",
        Word::ListSeparator => ", ",
    }
}
