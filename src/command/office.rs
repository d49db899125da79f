//! The desk's other side: every command and every click, answered from the live state.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    act, approval, ask, away, complete,
    desk::{Asker, Click, Desk},
    effect,
    enroll::{self, Order},
    explain, find,
    find::Found,
    form::{self, Sheet},
    hand_over, health, home, kpi, kpi_by, lists,
    parse::{Command, PauseTarget},
    pausing, portfolio,
    reply::{Form, Press, Reply, Target},
    report, resuming,
    roles::Role,
    runs,
    spec::Completes,
    tasks, today,
};
use crate::{
    app::shell::Shell,
    model::{instant::Instant, locale::Locale, message::Action},
    store::api::{AccountRow, Result},
    words::{Word, refusal, reports, say},
};

/// Answers from a shell.
pub struct Office(pub Arc<Shell>);

#[async_trait]
impl Desk for Office {
    async fn answer(&self, who: &Asker, command: Command) -> Reply {
        let asked = async { self.seen_by(who).await?.reply(who, command).await };
        asked.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a question could not be answered");
            act::trouble(who.locale)
        })
    }

    async fn click(&self, who: &Asker, click: Click) -> Reply {
        let asked = async { self.seen_by(who).await?.pressed(who, click).await };
        asked.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a click could not be recorded");
            act::trouble(who.locale)
        })
    }

    async fn form(&self, who: &Asker, form: Form, target: &Target) -> Option<Sheet> {
        let own = self.seen_by(who).await.ok()?;
        let Ok(Found::One(row)) = find::find(&own.0, &target.account).await else { return None };
        Some(form::sheet(form, row.name, &self.0.world(), who.locale))
    }

    async fn home(&self, who: &Asker) -> Reply {
        let asked = async { home::home(&self.seen_by(who).await?.0, who, self.0.clock.now()).await };
        asked.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a page could not be made");
            act::trouble(who.locale)
        })
    }

    async fn complete(&self, who: &Asker, what: Completes, typed: &str) -> Vec<(String, String)> {
        complete::complete(&self.0, who.locale, what, typed)
    }

    async fn suggest(&self, who: &Asker, typed: &str) -> Vec<String> {
        let asked = async { find::suggest(&self.seen_by(who).await?.0, typed, 25).await };
        asked.await.unwrap_or_default()
    }
}

/// A key as one word of a command, in quotes where it would be read as several: in those that it does not hold itself.
pub fn quoted(key: &str) -> String {
    if !key.contains(char::is_whitespace) && !key.starts_with(['"', '“', '「']) {
        return key.to_owned();
    }
    let (open, close) =
        [('"', '"'), ('“', '”')].into_iter().find(|(_, end)| !key.contains(*end)).unwrap_or(('「', '」'));
    format!("{open}{key}{close}")
}

impl Office {
    /// The office as this asker sees it: who may not see every customer (`people.X.sees`) asks one that has no others. The
    /// one place where the rule stands; everything that is answered goes through it.
    async fn seen_by(&self, who: &Asker) -> Result<Office> {
        let own = match who.role {
            // A customer names no account: theirs is the channel's.
            Role::Guest => None,
            _ => self.0.seen_by(&act::key_of(&self.0, who), self.0.clock.now()).await?,
        };
        Ok(Office(own.map_or_else(|| Arc::clone(&self.0), Arc::new)))
    }

    async fn reply(&self, who: &Asker, command: Command) -> Result<Reply> {
        let (shell, now, locale) = (&self.0, self.0.clock.now(), who.locale);
        if shell.is_partial() && pausing::reaches_everybody(shell, &command) {
            return Ok(Reply::refusal(locale, refusal::beyond_sight(locale)));
        }
        match command {
            Command::Health { account } => {
                let row = match find::find(shell, &account).await? {
                    Found::One(row) => row,
                    Found::Nearest(near) => return Ok(find::unknown(locale, &account, &near, "health")),
                };
                self.health(&row, who).await
            }
            Command::Risk { segment } => lists::risk(shell, segment.as_deref(), now, locale).await,
            Command::Explain { account, playbook } => self.explain(who, &account, playbook.as_deref()).await,
            Command::WhyNot { account, playbook } => self.explain(who, &account, Some(&playbook)).await,
            Command::Playbooks { account: None } => lists::playbooks(shell, locale).await,
            Command::Playbooks { account: Some(name) } => match find::find(shell, &name).await? {
                Found::One(row) => lists::playbooks_of(shell, &row, locale).await,
                Found::Nearest(near) => Ok(find::unknown(locale, &name, &near, "playbooks")),
            },
            Command::Kpi { month, by: None } => Ok(match kpi::month(shell, month.as_deref(), now, locale).await? {
                Ok(report) => kpi::reply(&report, &shell.rulebook(), kpi::Show::Most, locale),
                Err(why) => Reply::new(locale, why),
            }),
            Command::Kpi { month, by: Some(by) } if by == "cohort" => {
                cohorts(shell, month.as_deref(), now, locale).await
            }
            Command::Kpi { month, by: Some(by) } => {
                Ok(match kpi_by::sides(shell, &by, month.as_deref(), now, locale).await? {
                    Ok(found) => kpi_by::reply(&found, &shell.rulebook(), locale),
                    Err(why) => Reply::new(locale, why),
                })
            }
            Command::Effect { playbook, outcome } => {
                effect::effect(shell, who, &playbook, outcome.as_deref(), now).await
            }
            Command::Today => today::today(shell, who, now).await,
            Command::Tasks { whose } => tasks::tasks(shell, who, whose.as_deref(), now).await,
            Command::Renewals { length } => portfolio::renewals(shell, length.as_deref(), now, locale).await,
            Command::Stuck => portfolio::stuck(shell, now, locale).await,
            Command::Timeline { account } => match find::find(shell, &account).await? {
                Found::One(row) => lists::timeline(shell, &row, locale).await,
                Found::Nearest(near) => Ok(find::unknown(locale, &account, &near, "timeline")),
            },
            Command::Ask { question, account, hand_off } => {
                ask::ask(shell, who, &question, account.as_deref(), hand_off).await
            }
            Command::Note { account, text, tags, positive } => {
                act::note(shell, who, &account, text, tags, positive).await
            }
            Command::Pause { target, length, reason } => {
                pausing::pause(shell, who, &target, length.as_deref(), &reason, true).await
            }
            Command::Resume { target, sure } => {
                let seen = if sure { None } else { resuming::seen(shell, who, &target).await? };
                match seen {
                    Some(waiting) => Ok(waiting),
                    None => pausing::pause(shell, who, &target, None, "", false).await,
                }
            }
            Command::StopAll { reason } => pausing::pause(shell, who, &PauseTarget::All, None, &reason, true).await,
            Command::Snooze { account, length } => {
                act::snooze(shell, who, &account, "account", length.as_deref()).await
            }
            Command::Assign { account, person } => act::assign(shell, who, &account, "account", &person).await,
            Command::HandOver { from, to, role, sure } => {
                let order = hand_over::Order { from: &from, to: &to, role: role.as_deref(), sure };
                hand_over::hand_over(shell, who, &order).await
            }
            Command::Away { person, until, deputy } => away::away(shell, who, person.as_deref(), &until, &deputy).await,
            Command::Back { person } => away::back(shell, who, person.as_deref()).await,
            Command::Done { account, task } => runs::done(shell, who, &account, &task).await,
            Command::Approve { playbook, sure } => approval::approve(shell, who, &playbook, sure).await,
            Command::Enroll { account, playbook, contact, sure } => {
                let order = if sure { Order::Start } else { Order::Preview };
                enroll::enroll(shell, who, &account, &playbook, contact.as_deref(), order).await
            }
            Command::Unenroll { account, playbook, contact } => {
                enroll::enroll(shell, who, &account, &playbook, contact.as_deref(), Order::End).await
            }
            Command::Override { account, band, length, reason } => {
                enroll::set_band(shell, who, &account, &band, length.as_deref(), &reason).await
            }
            Command::Help { topic } => Ok(super::spec::help(locale, who.role, topic.as_deref())),
        }
    }

    async fn health(&self, row: &AccountRow, who: &Asker) -> Result<Reply> {
        let now = self.0.clock.now();
        let Some(view) = self.0.view(row.id, now).await? else { return Ok(act::trouble(who.locale)) };
        let card = health::health(&view, &self.0, now, who.locale);
        Ok(health::reply(&card, &self.0.rulebook(), who.locale))
    }

    async fn explain(&self, who: &Asker, account: &str, playbook: Option<&str>) -> Result<Reply> {
        let rulebook = self.0.rulebook();
        // A last word that is no playbook belongs to the name.
        let (account, playbook) = match playbook {
            Some(word) if rulebook.playbook(word).is_none() => (format!("{account} {word}"), None),
            other => (account.to_owned(), other),
        };
        match find::find(&self.0, &account).await? {
            Found::One(row) => {
                let why = explain::why(&self.0, &row, playbook, self.0.clock.now()).await?;
                Ok(explain::reply(&why, &self.0, who.locale))
            }
            Found::Nearest(near) => Ok(find::unknown(who.locale, &account, &near, "explain")),
        }
    }

    async fn pressed(&self, who: &Asker, click: Click) -> Result<Reply> {
        let shell = &self.0;
        let account = match click.target.number() {
            Some(id) => shell.store.snapshot(id).await?.map(|s| s.key).unwrap_or_default(),
            None => click.target.account.clone(),
        };
        match click.action {
            Action::Ack => act::ack(shell, who, &account, &click.target.what).await,
            Action::Snooze => act::snooze(shell, who, &account, &click.target.what, None).await,
            Action::Assign => {
                let mut reply = Reply::new(who.locale, say(who.locale, Word::WhoTakesIt));
                for (key, name) in shell.world().everybody(who.locale) {
                    reply = reply.button(name, Press::Ask(format!("assign {} {key}", quoted(&account))));
                }
                Ok(reply.in_place())
            }
        }
    }
}

/// Who stays, by the month customers started in, up to the month asked for.
async fn cohorts(shell: &Shell, month: Option<&str>, now: Instant, locale: Locale) -> Result<Reply> {
    let today = now.date(&shell.rulebook().model.workspace.zone);
    let Some((_, last)) = kpi::period(month, today) else {
        return Ok(Reply::new(locale, refusal::no_month(locale, month.unwrap_or_default())));
    };
    let (table, _) = shell.cohorts(last.first_of_month(), now).await?;
    let [_, _, stays, ..] = reports::monthly::headings(locale);
    Ok(report::monthly::cohorts(Reply::new(locale, stays), &table, locale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::parse::split;

    #[test]
    fn a_quoted_key_is_read_back_as_one_word() {
        for key in ["acme", "Acme Inc", "a \"b\" c", "\"x", "「一 二」", "“a” b", "5\" disk"] {
            assert_eq!(split(&format!("done {} t", quoted(key))), ["done", key, "t"], "{key}");
        }
    }
}
