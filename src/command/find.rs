//! Finding an account by key, name or domain, in any width and case, company forms ignored.

use unicode_normalization::UnicodeNormalization;

use super::{
    office::quoted,
    reply::{Press, Reply},
};
use crate::{
    app::shell::Shell,
    model::{diagnostic::edit_distance, ids::AccountId, locale::Locale},
    store::api::{AccountRow, Result},
    words::{Word, say, sentence},
};

/// Accounts read at once.
const PAGE: usize = 1_000;
/// Names offered when none fits.
const OFFERED: usize = 3;

/// What a name led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// This account.
    One(AccountRow),
    /// None; these are the nearest, best first.
    Nearest(Vec<AccountRow>),
}

/// Finds an account to tell about. An exact key wins, then a name or domain that is the same once normalised, then a
/// name that only one account begins with.
pub async fn find(shell: &Shell, typed: &str) -> Result<Found> {
    look(shell, typed, true).await
}

/// Finds an account to change: a name that merely begins so is offered, not taken.
pub async fn exact(shell: &Shell, typed: &str) -> Result<Found> {
    look(shell, typed, false).await
}

async fn look(shell: &Shell, typed: &str, beginnings: bool) -> Result<Found> {
    if let Some(row) = shell.store.account_by_key(typed.trim()).await? {
        return Ok(Found::One(row));
    }
    let rows = all(shell).await?;
    let wanted = normal(typed);
    let same: Vec<&AccountRow> = rows
        .iter()
        .filter(|r| normal(&r.name) == wanted || normal(&r.key) == wanted || domain(typed) == Some(&r.key))
        .collect();
    let begins: Vec<&AccountRow> =
        rows.iter().filter(|r| beginnings && !wanted.is_empty() && normal(&r.name).starts_with(&wanted)).collect();
    if let ([one], _) | ([], [one]) = (same.as_slice(), begins.as_slice()) {
        return Ok(Found::One((*one).clone()));
    }
    let far = |r: &AccountRow| distance(&wanted, &normal(&r.name), &normal(&r.key));
    let mut ranked: Vec<(usize, &AccountRow)> = rows.iter().filter_map(|r| Some((far(r)?, r))).collect();
    ranked.sort_by(|a, b| (a.0, &a.1.key).cmp(&(b.0, &b.1.key)));
    Ok(Found::Nearest(ranked.into_iter().take(OFFERED).map(|(_, r)| r.clone()).collect()))
}

/// `acme.test` → `acme`: the host's first label.
fn domain(typed: &str) -> Option<&str> {
    let host = typed.trim().rsplit('@').next()?;
    host.contains('.').then(|| host.split('.').next()).flatten()
}

/// At most `limit` names that continue `typed`.
pub async fn suggest(shell: &Shell, typed: &str, limit: usize) -> Result<Vec<String>> {
    let wanted = normal(typed);
    let rows = all(shell).await?;
    let hit = |r: &&AccountRow| normal(&r.name).contains(&wanted) || normal(&r.key).contains(&wanted);
    Ok(rows.iter().filter(hit).take(limit).map(|r| r.name.clone()).collect())
}

async fn all(shell: &Shell) -> Result<Vec<AccountRow>> {
    let (mut after, mut rows) = (AccountId::WORKSPACE, Vec::new());
    loop {
        let page = shell.store.accounts(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(rows) };
        after = last.id;
        rows.extend(page.into_iter().filter(|r| r.id != AccountId::WORKSPACE));
    }
}

/// How far a name or key is from what was typed; none where nobody can have meant it: nothing in common, or more than
/// one letter in three another.
fn distance(wanted: &str, name: &str, key: &str) -> Option<usize> {
    let letters = wanted.chars().count();
    let far = edit_distance(wanted, name).min(edit_distance(wanted, key));
    if letters > 0 && (name.contains(wanted) || key.contains(wanted)) {
        return Some(far);
    }
    (far <= (letters / 3).max(1) && far < letters).then_some(far + 2)
}

/// Width and case folded, company forms, spaces and punctuation left out.
pub fn normal(text: &str) -> String {
    let mut plain: String = text.nfkc().collect::<String>().to_lowercase();
    for form in
        ["株式会社", "有限会社", "合同会社", "(株)", "(有)", " inc.", " inc", " ltd.", " ltd", " llc", " co.", ", "]
    {
        plain = plain.replace(form, "");
    }
    plain.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The answer where no account fits: the nearest names as buttons that ask again. `again` is the command, with
/// `{}` where the account goes (at the end, where it has none).
pub fn unknown(locale: Locale, typed: &str, nearest: &[AccountRow], again: &str) -> Reply {
    let mut reply = Reply::refusal(locale, sentence::no_account(locale, typed));
    if nearest.is_empty() {
        return reply;
    }
    reply = reply.line(say(locale, Word::DidYouMean));
    for row in nearest {
        reply = reply.button(row.name.clone(), Press::Ask(ask_again(again, &row.key)));
    }
    reply
}

fn ask_again(command: &str, key: &str) -> String {
    let key = quoted(key);
    if command.contains("{}") { command.replace("{}", &key) } else { format!("{command} {key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggested_account_repeats_the_whole_command() {
        assert_eq!(ask_again("health", "acme"), "health acme");
        assert_eq!(ask_again("enroll {} onboarding", "acme"), "enroll acme onboarding");
        assert_eq!(ask_again("done {} call", "Acme Inc"), "done \"Acme Inc\" call");
    }

    /// `pause unknown-name` once offered three customers that have nothing to do with it.
    #[test]
    fn nobody_is_offered_strangers() {
        assert_eq!(distance("unknownname", "acme", "a1"), None);
        assert_eq!(distance("x", "y", "z"), None);
        assert_eq!(distance("", "acme", "a1"), None);
        assert_eq!(distance("acne", "acme", "a1"), Some(3));
        assert!(distance("acm", "acmeworks", "a1") < distance("acm", "bcm", "b1"));
    }

    #[test]
    fn company_forms_width_and_case_do_not_matter() {
        assert_eq!(normal("株式会社 アクメ"), normal("ｱｸﾒ（株）"));
        assert_eq!(normal("ＡＣＭＥ Inc."), normal("acme"));
        assert_eq!(domain("yui@acme.test"), Some("acme"));
    }
}
