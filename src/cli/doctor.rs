//! `doctor`: every channel, credential, clock and permission; says how to mend.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Cli, Exit, Failure, assemble, desk, doctor_mail, doctor_slack, pull, tracking};
use crate::{
    app::dispatch::{alarm, hold},
    config::{SlackMode, Transport},
    insight::{ranking::Loads, view::AccountView},
    model::{instant::Instant, locale::Locale},
    rulebook::types::{Metric, Rulebook},
    words::{bracketed, findings, outlook, told},
};

/// One check: the contract of `doctor --json`.
#[derive(Debug, Serialize)]
struct Line {
    check: String,
    ok: bool,
    detail: String,
    mend: String,
}

fn line(check: &str, result: Result<String, String>) -> Line {
    let (ok, detail, mend) = match result {
        Ok(detail) => (true, detail, String::new()),
        Err(mend) => (false, String::new(), mend),
    };
    Line { check: check.to_owned(), ok, detail, mend }
}

/// Checks everything that can be checked from here.
pub async fn run(cli: &Cli) -> Result<Exit, Failure> {
    let (running, locale) = (desk::open(cli).await?, cli.locale());
    let config = &running.project.config;
    let zone = running.shell.rulebook().model.workspace.zone.clone();
    let day = |at: Instant| at.rfc3339(&zone);
    let mut lines = vec![
        line("rulebook", Ok(told::playbooks(locale, running.shell.rulebook().playbooks.len()))),
        line(
            "store",
            running
                .shell
                .store
                .ping()
                .await
                .map(|()| told::store_answers(locale).to_owned())
                .map_err(|e| e.to_string()),
        ),
    ];
    for (kind, channel) in assemble::channels(&running.project, &running.shell.clock)? {
        let said = |text: String| findings::sentence(locale, &text);
        lines.push(line(kind.word(), channel.doctor().await.map(said).map_err(said)));
    }
    lines.extend(doctor_slack::checks(&running, locale).await.into_iter().map(|(check, said)| line(check, said)));
    let mail = doctor_mail::mailbox(&running).await?.into_iter().chain(doctor_mail::domains(config, locale).await);
    lines.extend(mail.map(|told| line(&told.check, told.said)));
    lines.extend(tracking::doctor(&running, locale).await?.into_iter().map(|(check, said)| line(&check, said)));
    lines.extend(pull::checks(&running, locale).await?.into_iter().map(|(check, said)| line(&check, said)));
    for alarm in alarm::read(running.shell.store.as_ref()).await? {
        let mend = told::waits_since(locale, &day(alarm.since), &alarm.reason, &day(alarm.until));
        lines.push(line(&alarm.name, Err(mend)));
    }
    for (name, why) in hold::paused(&running.shell.world(), running.shell.clock.now()) {
        lines.push(line(name, Err(told::stopped(locale, name, why))));
    }
    if config.http.public_url.is_none() && !matches!(config.email.transport, Transport::File(_)) {
        lines.push(line("public_url", Err(told::no_public_url(locale).to_owned())));
    }
    if config.slack.mode != SlackMode::Off && config.slack.teams.is_empty() {
        lines.push(line("slack.teams", Err(told::no_slack_team(locale).to_owned())));
    }
    if config.company.name.is_empty() || config.company.address.is_empty() {
        lines.push(line("company", Err(told::no_company(locale).to_owned())));
    }
    let views = running.shell.views(None, running.shell.clock.now()).await?;
    lines.extend(owners(&running, &views, locale));
    lines.extend(silent(&running.shell.rulebook(), &views, locale));
    let bad = lines.iter().any(|l| !l.ok);
    if cli.json {
        desk::json(&lines);
    } else {
        for l in &lines {
            anstream::println!("{} {:<12} {}{}", told::verdict(locale, l.ok), l.check, l.detail, l.mend);
        }
    }
    Ok(if bad { Exit::Finding } else { Exit::Done })
}

/// A line for every colleague with a `capacity`: how many customers they look after.
fn owners(running: &assemble::Running, views: &[AccountView], locale: Locale) -> Vec<Line> {
    let people = &running.project.config.people;
    let capacity = people.iter().filter_map(|(key, person)| Some((key.clone(), person.capacity?))).collect();
    let mut loads = Loads::default();
    views.iter().filter(|v| v.is_customer()).for_each(|view| loads.add(view));
    loads
        .of(&capacity)
        .into_iter()
        .map(|(key, n, limit)| line(&format!("owner {key}"), load(n, limit, locale)))
        .collect()
}

/// Once there are customers: the events that metrics count and that never arrived for anybody. No fault by itself: a
/// column of the sheet may stand in, or nobody did that yet.
fn silent(rulebook: &Rulebook, views: &[AccountView], locale: Locale) -> Option<Line> {
    if views.is_empty() {
        return None;
    }
    let seen = |name: &str| views.iter().any(|v| v.state.metrics.get(name).is_some_and(|m| m.seen));
    let mut lost: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for metric in rulebook.model.metrics.iter().filter(|m| !m.per_contact && !seen(&m.name)) {
        if let Some(event) = metric.kind.event().filter(|event| *event != "*") {
            lost.entry(event).or_default().push(&metric.name);
        }
    }
    // An event that another metric did count has arrived.
    let counted = |m: &&Metric| !m.per_contact && seen(&m.name);
    let arrived: Vec<&str> = rulebook.model.metrics.iter().filter(counted).filter_map(|m| m.kind.event()).collect();
    lost.retain(|event, _| !arrived.contains(event));
    let named: Vec<String> =
        lost.iter().map(|(event, by)| format!("{event}{}", bracketed(locale, &by.join(", ")))).collect();
    Some(line("events", Ok(outlook::never_arrived(locale, &named))))
}

fn load(accounts: usize, capacity: u32, locale: Locale) -> Result<String, String> {
    match accounts > capacity as usize {
        true => Err(outlook::overloaded(locale, accounts, capacity)),
        false => Ok(outlook::looks_after(locale, accounts, capacity)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_told_only_above_their_capacity() {
        assert_eq!(load(40, 40, Locale::En), Ok("40 of 40 accounts".to_owned()));
        assert!(load(41, 40, Locale::En).unwrap_err().starts_with("41 accounts, 40 are manageable"));
    }
}
