//! Who may come in at all: allow-lists of teams, people and channels. Default deny.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    command::{
        desk::Asker,
        roles::{Place, Role},
    },
    model::locale::Locale,
};

/// The allow-lists of one chat. Ids only: names differ between workspaces and change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Slack teams or Discord guilds.
    pub teams: BTreeSet<String>,
    /// People and what they may do; `*` = everybody of a listed team.
    pub users: BTreeMap<String, Role>,
    /// Channels in which questions are answered; direct messages always are. `*` = every channel of our own.
    pub channels: BTreeSet<String>,
    /// The language where the platform does not say.
    pub locale: Locale,
}

impl Access {
    /// What `user` of `team` may do. Somebody of another team may do nothing, whatever the list of people says.
    pub fn role(&self, team: &str, user: &str) -> Role {
        if team.is_empty() || user.is_empty() || !self.teams.contains(team) {
            return Role::Nobody;
        }
        self.users.get(user).or_else(|| self.users.get("*")).copied().unwrap_or_default()
    }

    /// Whether questions may be asked in `channel` (which still must be one of our own).
    pub fn lists(&self, channel: &str) -> bool {
        self.channels.contains(channel) || self.channels.contains("*")
    }

    /// The asker as the desk sees them.
    pub fn asker(&self, platform: &str, team: &str, user: &str, place: Place, locale: Option<Locale>) -> Asker {
        Asker {
            who: format!("{platform}:{user}"),
            role: self.role(team, user),
            place,
            locale: locale.unwrap_or(self.locale),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_comes_in_who_is_not_listed() {
        let mut access = Access { teams: ["T1".to_owned()].into(), ..Access::default() };
        assert_eq!(access.role("T1", "U1"), Role::Nobody);
        access.users.insert("U1".into(), Role::Admin);
        assert_eq!(access.role("T1", "U1"), Role::Admin);
        assert_eq!(access.role("T2", "U1"), Role::Nobody);
        assert_eq!(access.role("", "U1"), Role::Nobody);
        access.users.insert("*".into(), Role::Viewer);
        assert_eq!(access.role("T1", "U9"), Role::Viewer);
        assert_eq!(access.role("T2", "U9"), Role::Nobody);
        assert!(!access.lists("C1"));
    }
}
