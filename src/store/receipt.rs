//! Writing facts: history, inbox and due time together; and what became of messages, as facts.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    alias,
    api::Result,
    db::{Arg, Tx, args, to_json},
    sql,
};
use crate::model::{
    fact::{Fact, FactBody, OWN},
    ids::AccountId,
    instant::Instant,
    message::{OutboxState, Planned},
};

/// Writes facts (numbering them) to history and, when `pending`, to the inbox, and makes their accounts due.
pub async fn record(tx: &mut Tx, facts: &mut [Fact], pending: bool) -> Result<()> {
    if pending {
        redirect(tx, facts).await?;
    }
    let seqs = sql::draw(tx, "seq", facts.len()).await?;
    for (fact, seq) in facts.iter_mut().zip(seqs) {
        fact.seq = seq;
    }
    let history = facts.iter().map(history_row).collect::<Result<Vec<_>>>()?;
    let text = "INSERT INTO fact (account_id, seq, contact_id, occurred_at, received_at, source, event_id, event, body) \
                VALUES {rows}";
    tx.batch(text, 9, history).await?;
    if !pending {
        return Ok(());
    }
    let inbox = facts.iter().map(|f| args![f.account.0, f.received_at.0, f.seq, i64::from(blocking(f))]).collect();
    tx.batch("INSERT INTO inbox (account_id, received_at, seq, blocking) VALUES {rows}", 4, inbox).await?;
    touch(tx, facts).await
}

/// What is about an account that was merged is about the one that stays: receipts of messages that were on their way, and
/// facts of which another daemon had looked up the key before.
async fn redirect(tx: &mut Tx, facts: &mut [Fact]) -> Result<()> {
    let heirs = alias::heirs(tx, &facts.iter().map(|fact| fact.account.0).collect()).await?;
    let moved = facts.iter_mut().filter_map(|fact| heirs.get(&fact.account.0).map(|heir| (fact, *heir)));
    let locked: BTreeSet<i64> = moved
        .map(|(fact, heir)| {
            fact.account = AccountId(heir);
            heir
        })
        .collect();
    let text = "SELECT account_id FROM hot WHERE account_id IN {in} ORDER BY account_id {for_update}";
    tx.among(text, args![], locked.into_iter().map(Arg::from).collect()).await.map(|_| ())
}

/// Our own word that a message went out (or was skipped) holds back no other message.
fn blocking(fact: &Fact) -> bool {
    let harmless = matches!(&fact.body, FactBody::Receipt { outcome, .. } if outcome == "sent" || outcome == "skipped");
    !(fact.source == OWN && harmless)
}

fn history_row(fact: &Fact) -> Result<Vec<Arg>> {
    let event = match &fact.body {
        FactBody::Event { name, .. } => Some(name.clone()),
        // Metrics and KPIs count what became of messages by this name.
        FactBody::Receipt { outcome, .. } => Some(format!("message.{outcome}")),
        _ => None,
    };
    Ok(args![
        fact.account.0,
        fact.seq,
        fact.contact.map(|c| c.0),
        fact.occurred_at.0,
        fact.received_at.0,
        &fact.source,
        &fact.event_id,
        event,
        to_json(&fact.body)?
    ])
}

/// Makes the accounts due and raises their revision; what may revoke a message raises the gate too.
async fn touch(tx: &mut Tx, facts: &[Fact]) -> Result<()> {
    let mut accounts: BTreeMap<AccountId, (Instant, bool)> = BTreeMap::new();
    for fact in facts {
        let entry = accounts.entry(fact.account).or_insert((fact.received_at, false));
        *entry = (entry.0.min(fact.received_at), entry.1 || blocking(fact));
    }
    let rows = accounts.into_iter().map(|(id, (due, gate))| args![id.0, due.0, i64::from(gate)]).collect();
    let text = "WITH v(account_id, due, gate) AS (VALUES {rows}) UPDATE hot SET \
                due = CASE WHEN hot.due IS NULL OR hot.due > v.due THEN v.due ELSE hot.due END, \
                rev = hot.rev + 1, gate = hot.gate + v.gate FROM v WHERE hot.account_id = v.account_id";
    tx.batch(text, 3, rows).await.map(|_| ())
}

/// The fact that tells a run what became of its message.
pub fn receipt(planned: &Planned, state: OutboxState, detail: &str, now: Instant) -> Fact {
    Fact {
        seq: 0,
        account: planned.account,
        contact: planned.contact,
        occurred_at: now,
        received_at: now,
        source: OWN.into(),
        event_id: format!("{}:{}", planned.key.0, state.word()),
        body: FactBody::Receipt {
            key: planned.key.clone(),
            run: Some(planned.run.0.clone()),
            playbook: planned.playbook.clone(),
            step: planned.step.clone(),
            outcome: state.word().into(),
            detail: detail.into(),
        },
    }
}
