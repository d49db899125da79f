//! Playbooks and people that continue what is being typed.

use super::{find::normal, spec::Completes};
use crate::{app::shell::Shell, model::locale::Locale, rulebook::titles::Titled};

/// Values with their labels, those that begin so first.
pub fn complete(shell: &Shell, locale: Locale, what: Completes, typed: &str) -> Vec<(String, String)> {
    let (rulebook, world) = (shell.rulebook(), shell.world());
    let playbooks = || {
        let titled = |name: &str| rulebook.title(Titled::Playbook, name, locale).to_owned();
        rulebook.playbooks.iter().map(move |p| (p.name.clone(), titled(&p.name)))
    };
    let all: Vec<(String, String)> = match what {
        Completes::Playbook => playbooks().collect(),
        Completes::Target => playbooks().chain([("all".to_owned(), "all".to_owned())]).collect(),
        Completes::Person => world.everybody(locale).map(|(key, name)| (key.to_owned(), name.to_owned())).collect(),
        Completes::Account => Vec::new(),
    };
    continued(all, typed)
}

/// Those whose key or name holds what is typed; the label names both where they differ.
fn continued(all: Vec<(String, String)>, typed: &str) -> Vec<(String, String)> {
    let wanted = normal(typed);
    let rank = |(key, name): &(String, String)| {
        let both = [normal(key), normal(name)];
        match wanted.is_empty() || both.iter().any(|text| text.starts_with(&wanted)) {
            true => Some(0),
            false => both.iter().any(|text| text.contains(&wanted)).then_some(1),
        }
    };
    let mut found: Vec<(i32, (String, String))> = all.into_iter().filter_map(|one| Some((rank(&one)?, one))).collect();
    found.sort();
    let label = |(key, name): (String, String)| match key == name {
        true => (key, name),
        false => (key.clone(), format!("{name} ({key})")),
    };
    found.into_iter().map(|(_, one)| label(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_or_a_name_is_continued_and_those_that_begin_so_come_first() {
        let all = [("renewal", "更新のご案内"), ("early_renewal", "早めの更新"), ("all", "all"), ("kei", "Ｋei 山田")];
        let found = |typed: &str| {
            let all = all.map(|(key, name)| (key.to_owned(), name.to_owned())).into();
            continued(all, typed).into_iter().map(|(key, _)| key).collect::<Vec<_>>()
        };
        assert_eq!(found("rene"), ["renewal", "early_renewal"]);
        assert_eq!(found("更新"), ["renewal", "early_renewal"]);
        assert_eq!(found("KEI"), ["kei"]);
        assert_eq!(found("").len(), 4);
        assert!(found("x").is_empty());
        assert_eq!(continued(vec![("all".into(), "all".into())], "a"), [("all".to_owned(), "all".to_owned())]);
    }
}
