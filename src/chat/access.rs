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
    /// People and Discord's roles, and what they may do; `*` = everybody of a listed team.
    pub users: BTreeMap<String, Role>,
    /// Channels in which questions are answered; direct messages always are. `*` = every channel of our own.
    pub channels: BTreeSet<String>,
    /// Channels in which customers ask, with the key of their account where it is known. Never one of our own,
    /// whatever the other lists say.
    pub customers: BTreeMap<String, Option<String>>,
    /// The language where the platform does not say.
    pub locale: Locale,
}

/// Somebody, as the platform tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller<'a> {
    /// Their team or guild; empty in Discord's direct messages.
    pub team: &'a str,
    /// Their id.
    pub user: &'a str,
    /// The ids of their roles in that guild.
    pub roles: &'a [String],
}

impl Access {
    /// What `caller` may do in `channel`. Somebody of another team may do nothing, whatever the list of people says;
    /// in a channel of customers whoever is not listed by id or role is a guest.
    pub fn role(&self, caller: Caller<'_>, channel: &str) -> Role {
        if caller.team.is_empty() || caller.user.is_empty() {
            return Role::Nobody;
        }
        let named = if self.teams.contains(caller.team) { self.named(caller) } else { None };
        if self.customers.contains_key(channel) {
            // Customers are of our guild or workspace too, where they are guests of it: `*` does not mean them.
            return named.unwrap_or(Role::Guest);
        }
        let everybody = self.users.get("*").filter(|_| self.teams.contains(caller.team));
        named.or(everybody.copied()).unwrap_or_default()
    }

    /// The highest of what the person and their roles are listed with.
    pub fn named(&self, caller: Caller<'_>) -> Option<Role> {
        let ids = caller.roles.iter().map(String::as_str).chain([caller.user]);
        ids.filter(|id| *id != "*").filter_map(|id| self.users.get(id)).max().copied()
    }

    /// Whether questions may be asked in `channel` (which still must be one of our own).
    pub fn lists(&self, channel: &str) -> bool {
        self.channels.contains(channel) || self.channels.contains("*")
    }

    /// The asker as the desk sees them.
    pub fn asker(&self, at: (&str, &str), caller: Caller<'_>, place: Place, locale: Option<Locale>) -> Asker {
        let (platform, channel) = at;
        Asker {
            who: format!("{platform}:{}", caller.user),
            role: self.role(caller, channel),
            place: if self.customers.contains_key(channel) { Place::Outside } else { place },
            locale: locale.unwrap_or(self.locale),
            account: self.customers.get(channel).cloned().flatten(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller<'a>(team: &'a str, user: &'a str) -> Caller<'a> {
        Caller { team, user, roles: &[] }
    }

    #[test]
    fn nobody_comes_in_who_is_not_listed() {
        let mut access = Access { teams: ["T1".to_owned()].into(), ..Access::default() };
        assert_eq!(access.role(caller("T1", "U1"), "C1"), Role::Nobody);
        access.users.insert("U1".into(), Role::Admin);
        assert_eq!(access.role(caller("T1", "U1"), "C1"), Role::Admin);
        assert_eq!(access.role(caller("T2", "U1"), "C1"), Role::Nobody);
        assert_eq!(access.role(caller("", "U1"), "C1"), Role::Nobody);
        access.users.insert("*".into(), Role::Viewer);
        assert_eq!(access.role(caller("T1", "U9"), "C1"), Role::Viewer);
        assert_eq!(access.role(caller("T2", "U9"), "C1"), Role::Nobody);
        assert_eq!(access.role(caller("T1", "*"), "C1"), Role::Viewer);
        assert!(!access.lists("C1"));
    }

    #[test]
    fn everybody_of_a_team_is_a_guest_where_customers_ask_and_the_place_is_theirs() {
        let mut access = Access { teams: ["T1".to_owned()].into(), ..Access::default() };
        access.users = [("*".to_owned(), Role::Admin), ("U1".to_owned(), Role::Operator)].into();
        access.channels = ["*".to_owned(), "C7".to_owned()].into();
        access.customers = [("C7".to_owned(), Some("acme".to_owned()))].into();
        let ask = |team, user| access.asker(("slack", "C7"), caller(team, user), Place::Team, None);
        for (team, user, role) in [
            ("T1", "U1", Role::Operator),
            ("T1", "U9", Role::Guest),
            ("T2", "U1", Role::Guest),
            ("T2", "U9", Role::Guest),
            ("", "U9", Role::Nobody),
        ] {
            let who = ask(team, user);
            assert_eq!((who.role, who.place), (role, Place::Outside), "{team} {user}");
            assert_eq!(who.account.as_deref(), Some("acme"));
        }
        let own = access.asker(("slack", "C1"), caller("T1", "U9"), Place::Team, None);
        assert_eq!((own.role, own.place, own.account), (Role::Admin, Place::Team, None));
    }

    #[test]
    fn a_listed_role_counts_like_a_listed_person_and_the_higher_one_holds() {
        let mut access = Access { teams: ["500".to_owned()].into(), ..Access::default() };
        access.users = [("900".to_owned(), Role::Operator), ("77".to_owned(), Role::Viewer)].into();
        let roles = ["1".to_owned(), "900".to_owned()];
        let of = |team, user, roles| access.role(Caller { team, user, roles }, "600");
        assert_eq!(of("500", "5", &roles), Role::Operator);
        assert_eq!(of("500", "77", &roles), Role::Operator);
        assert_eq!(of("500", "77", &roles[..1]), Role::Viewer);
        assert_eq!(of("501", "5", &roles), Role::Nobody, "roles of another guild are none of ours");
    }
}
