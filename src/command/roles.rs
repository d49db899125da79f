//! Who may ask or do what, where. Everything not listed is refused.

use serde::{Deserialize, Serialize};

use super::parse::{Command, PauseTarget};

/// What a person may do. Each role may do everything the one before it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Nothing at all.
    #[default]
    Nobody,
    /// Ask for what customers may know, in a channel of their own. Given by the channel, never by a list.
    Guest,
    /// Look.
    Viewer,
    /// Note, pause, snooze, assign, show an answer to the channel.
    Operator,
    /// Let held messages go.
    Admin,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Role; 5] = [Role::Nobody, Role::Guest, Role::Viewer, Role::Operator, Role::Admin];

    /// Reads `viewer`, `operator`, `admin`; anything else is nobody.
    pub fn parse(word: &str) -> Role {
        match word {
            "viewer" => Role::Viewer,
            "operator" => Role::Operator,
            "admin" => Role::Admin,
            _ => Role::Nobody,
        }
    }
}

/// Where a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Between the asker and shirube: a direct message, the terminal, a signed request.
    Direct,
    /// A channel that only the own team reads.
    Team,
    /// A channel that people of another company read or may soon read, or of which nobody knows who does.
    Outside,
    /// A channel that is not listed (`slack.channels`): nothing is answered there but how to ask.
    Unlisted,
}

impl Place {
    /// Every place.
    pub const ALL: [Place; 4] = [Place::Direct, Place::Team, Place::Outside, Place::Unlisted];

    /// Whether only the own team reads there.
    pub fn is_own(self) -> bool {
        matches!(self, Place::Direct | Place::Team)
    }
}

/// Whether `role` may give `command` in `place`, with the answer shown to everybody there if `share`.
pub fn may(role: Role, command: &Command, share: bool, place: Place) -> bool {
    if role == Role::Guest {
        // The account is the channel's, never one that a customer names.
        return place == Place::Outside && !share && matches!(command, Command::Ask { account: None, .. });
    }
    let enough = role >= least(command) && (!share || role >= Role::Operator);
    // Health, revenue and churn never where customers may read, not even for the asker's eyes only.
    // Articles for customers may be shown there; `ask` leaves the others out.
    let fitting = match place {
        Place::Direct | Place::Team => true,
        Place::Outside => harmless(command, share),
        Place::Unlisted => matches!(command, Command::Help { .. }) && !share,
    };
    role != Role::Nobody && enough && fitting
}

/// Whether customers may read the answer.
fn harmless(command: &Command, share: bool) -> bool {
    match command {
        Command::Help { .. } => !share,
        Command::Ask { hand_off, account, .. } => !hand_off && account.is_none(),
        _ => false,
    }
}

/// Whether `role` may press the buttons under a message in `place`.
pub fn may_click(role: Role, place: Place) -> bool {
    role >= Role::Operator && place.is_own()
}

/// The least role that may give `command`.
pub fn least(command: &Command) -> Role {
    match command {
        Command::Help { .. }
        | Command::Health { .. }
        | Command::Risk { .. }
        | Command::Explain { .. }
        | Command::WhyNot { .. }
        | Command::Playbooks { .. }
        | Command::Kpi { .. }
        | Command::Effect { .. }
        | Command::Today
        | Command::Tasks { .. }
        | Command::Renewals { .. }
        | Command::Stuck
        | Command::Ask { hand_off: false, .. }
        | Command::Timeline { .. } => Role::Viewer,
        Command::Note { .. }
        | Command::Ask { .. }
        | Command::Pause { .. }
        | Command::StopAll { .. }
        | Command::Snooze { .. }
        | Command::Assign { .. }
        | Command::HandOver { .. }
        | Command::Enroll { .. }
        | Command::Done { .. }
        | Command::Away { .. }
        | Command::Back { .. }
        | Command::Approve { .. }
        | Command::Unenroll { .. }
        | Command::Override { .. } => Role::Operator,
        // Stopping is a brake, anybody trusted may pull it; letting everything go again is a send.
        Command::Resume { target: PauseTarget::All, .. } => Role::Admin,
        Command::Resume { .. } => Role::Operator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{
        parse::parse,
        spec::{SPECS, find},
    };

    /// Every command with the roles that may give it: Viewer, Operator, Admin.
    const TABLE: [(&str, [bool; 3]); 31] = [
        ("help", [true, true, true]),
        ("health acme", [true, true, true]),
        ("risk", [true, true, true]),
        ("explain acme", [true, true, true]),
        ("why-not acme renewal", [true, true, true]),
        ("playbooks", [true, true, true]),
        ("kpi", [true, true, true]),
        ("effect onboarding", [true, true, true]),
        ("today", [true, true, true]),
        ("tasks", [true, true, true]),
        ("timeline acme", [true, true, true]),
        ("renewals 30d", [true, true, true]),
        ("stuck", [true, true, true]),
        ("ask how many seats", [true, true, true]),
        ("ask --hand-off how many seats", [false, true, true]),
        ("enroll acme renewal", [false, true, true]),
        ("unenroll acme renewal", [false, true, true]),
        ("override acme red 7d quiet", [false, true, true]),
        ("note acme called", [false, true, true]),
        ("pause renewal", [false, true, true]),
        ("pause all", [false, true, true]),
        ("resume renewal", [false, true, true]),
        ("resume all", [false, false, true]),
        ("stop-all", [false, true, true]),
        ("snooze acme", [false, true, true]),
        ("assign acme kei", [false, true, true]),
        ("assign --all-of kei mio", [false, true, true]),
        ("done acme call", [false, true, true]),
        ("away until 2026-12-05 deputy mio", [false, true, true]),
        ("back", [false, true, true]),
        ("approve renewal", [false, true, true]),
    ];

    #[test]
    fn the_table_holds_for_every_role_command_and_place() {
        for (text, allowed) in TABLE {
            let command = parse(text).unwrap().command;
            for place in Place::ALL {
                for share in [false, true] {
                    for (i, role) in Role::ALL.into_iter().enumerate() {
                        let help = text == "help" && !share;
                        let fitting = match place {
                            Place::Outside => help || text == "ask how many seats",
                            Place::Unlisted => help,
                            _ => true,
                        };
                        let sharing = !share || role >= Role::Operator;
                        let guest = place == Place::Outside && !share && text.starts_with("ask ");
                        let expected = match i {
                            0 => false,
                            1 => guest,
                            _ => allowed[i - 2] && fitting && sharing,
                        };
                        assert_eq!(may(role, &command, share, place), expected, "{role:?} {text} {place:?} {share}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_table_covers_every_command_and_the_help_agrees_with_it() {
        for spec in SPECS {
            let rows = TABLE.iter().filter(|(text, _)| text.split(' ').next() == Some(spec.name));
            let least = rows.map(|(text, _)| least(&parse(text).unwrap().command)).min();
            assert_eq!(least, Some(spec.role), "{}", spec.name);
            assert_eq!(find(spec.name).map(|s| s.name), Some(spec.name));
        }
    }

    #[test]
    fn only_operators_press_buttons_and_never_where_customers_read() {
        for role in Role::ALL {
            for place in Place::ALL {
                let own = [Place::Direct, Place::Team].contains(&place);
                assert_eq!(may_click(role, place), role >= Role::Operator && own);
            }
        }
        assert_eq!([Role::parse("root"), Role::parse("guest")], [Role::Nobody; 2], "no list makes a guest");
    }

    #[test]
    fn a_guest_names_no_account() {
        for text in ["ask --for acme how many seats", "ask --hand-off --for acme how many seats"] {
            assert!(!may(Role::Guest, &parse(text).unwrap().command, false, Place::Outside), "{text}");
        }
    }
}
