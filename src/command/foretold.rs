//! What a playbook started by hand would do: played on a copy of the customer, before anything is changed.

use super::{
    office::quoted,
    reply::{Part, Press, Reply, Table},
};
use crate::{
    app::shell::Shell,
    model::{
        fact::{Act, Fact, FactBody},
        ids::{AccountId, ContactId},
        instant::{DAY, Instant},
        locale::Locale,
        message::{Audience, Planned},
        run::{Arm, Run},
        shared::Shared,
    },
    rulebook::titles::Titled,
    simulate::account::Account,
    store::api::{AccountRow, Result},
    words::{
        outlook as say,
        terms::{Term, term},
    },
};

/// How far it is played.
const AHEAD: i64 = 30 * DAY;
/// Messages shown.
const ROWS: usize = 8;

/// The answer before a playbook is started: who gets what and when, or why nothing would begin, and the button that
/// starts it. `contact`: only this person's.
pub async fn start(
    shell: &Shell,
    row: &AccountRow,
    contact: Option<(ContactId, &str)>,
    playbook: &str,
    locale: Locale,
) -> Result<Reply> {
    let (now, rulebook) = (shell.clock.now(), shell.rulebook());
    let title = rulebook.title(Titled::Playbook, playbook, locale);
    let Some(account) = played(shell, row, contact.map(|c| c.0), playbook, now).await? else {
        return Ok(super::act::trouble(locale));
    };
    // In a playbook for contacts one order begins a run for each of them.
    let ordered =
        |run: &&Shared<Run>| run.playbook == playbook && run.started >= now && run.cause.starts_with("manual:");
    let runs: Vec<&Shared<Run>> = account.runs.iter().chain(&account.ended).filter(ordered).collect();
    if runs.is_empty() {
        let mut known = account.runs.iter().chain(&account.ended);
        if known.any(|run| run.playbook == playbook && run.arm == Arm::Holdout) {
            return Ok(Reply::refusal(locale, say::is_held_out(locale, &row.name, title)));
        }
        let refused = account
            .ledger
            .iter()
            .find(|line| line.playbook == playbook && line.kind == "not_started" && line.at <= now);
        let why = refused.map(|line| term(locale, Term::Reason, &line.reason)).unwrap_or_default();
        return Ok(Reply::refusal(locale, say::would_not_start(locale, &row.name, title, why)));
    }
    let sure = match contact {
        Some((_, key)) => format!("enroll {} {playbook} --contact {} --yes", quoted(&row.key), quoted(key)),
        None => format!("enroll {} {playbook} --yes", quoted(&row.key)),
    };
    let go = |mut reply: Reply| {
        reply.footer = say::nothing_started_yet(locale).to_owned();
        reply.button(say::start_it(locale), Press::Ask(sure.clone()))
    };
    if runs.iter().all(|run| run.arm == Arm::Holdout) {
        return Ok(go(Reply::new(locale, say::would_be_held_out(locale, &row.name, title))));
    }
    let reply = Reply::new(locale, say::would_start(locale, &row.name, title));
    let messages: Vec<&Planned> =
        account.sent.iter().filter(|planned| runs.iter().any(|run| run.id == planned.run)).collect();
    let reply = match messages.is_empty() {
        true => reply.line(say::no_message_ahead(locale, AHEAD / DAY).to_owned()),
        false => reply.with(Part::Table(table(&messages, &account, shell, locale))),
    };
    let more = messages.len().saturating_sub(ROWS);
    let reply = if more > 0 { reply.line(say::more_messages(locale, more)) } else { reply };
    Ok(go(reply))
}

/// A copy of the customer on which the order was given and time went by, as if nobody did anything meanwhile.
async fn played(
    shell: &Shell,
    row: &AccountRow,
    contact: Option<ContactId>,
    playbook: &str,
    now: Instant,
) -> Result<Option<Account>> {
    let whole = shell.store.whole(AccountId(row.id.0 - 1), 1, false).await?;
    let Some(mut account) = whole.into_iter().find(|w| w.snapshot.account == row.id).map(Account::from) else {
        return Ok(None);
    };
    account.record(Fact {
        account: row.id,
        contact,
        occurred_at: now,
        received_at: now,
        source: "preview".to_owned(),
        event_id: format!("preview:{playbook}"),
        body: FactBody::Command(Act::Enroll { playbook: playbook.to_owned() }),
        seq: 0,
    });
    let done = account.advance(&shell.world(), &shell.rulebook(), now.plus(AHEAD));
    Ok(done.is_ok().then_some(account))
}

fn table(messages: &[&Planned], account: &Account, shell: &Shell, locale: Locale) -> Table {
    let (rulebook, zone) = (shell.rulebook(), account.zone(&shell.rulebook()));
    let to = |planned: &Planned| {
        let person = planned.contact.and_then(|id| account.contacts.get(&id));
        match person.filter(|_| planned.audience == Audience::Customer) {
            Some(person) => person.text("name").unwrap_or(&person.key).to_owned(),
            None => planned.address.clone(),
        }
    };
    let row = |planned: &&Planned| {
        let step = rulebook.step_title(&planned.playbook, &planned.step, locale).to_owned();
        vec![planned.ready_at.short(&zone), step, to(planned), planned.channel.word().to_owned()]
    };
    let header = say::coming_header(locale).map(str::to_owned);
    Table { header: header.into(), rows: messages.iter().take(ROWS).map(row).collect() }
}
