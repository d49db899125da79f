//! What dispatchers report, applied in order inside one group commit.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::{DEAD, Dispatch, OutboxRow, Result},
    commit,
    db::{Arg, Tx, args},
    outbox::{self, Attempt, Stored, body_sum},
    places, receipt,
    transition::{Ask, Verdict, judge},
    workspace,
};
use crate::model::{
    decision::LedgerEntry,
    fact::Fact,
    instant::{Instant, MINUTE},
    message::{Delivery, OutboxState},
    value::Value,
    world::World,
};

/// How long after an unknown outcome a resend waits where nobody said otherwise, in microseconds: the longest final
/// reply and a little more, so that the first sender has surely finished.
pub const RESEND_WAIT: i64 = 11 * MINUTE;

/// One row as it is to be, with what it leaves behind.
pub struct Change {
    /// The row.
    pub stored: Stored,
    /// Where it stands among the ready ones; none = nowhere any more.
    pub stage: Option<i64>,
    /// The line of the attempt log.
    pub phase: &'static str,
    /// Write the rendered bytes too.
    pub body: bool,
    /// Tell the account.
    pub receipt: bool,
    /// Keeps its place under frequency caps although it waits: it was tried and will be tried again.
    pub keeps_place: bool,
}

impl Change {
    /// To `state`, with everything that follows from it.
    pub fn to(mut stored: Stored, state: OutboxState, detail: &str, now: Instant) -> Change {
        let receipt =
            matches!(state, OutboxState::Sent | OutboxState::Skipped | OutboxState::Failed | OutboxState::MaybeSent);
        let again = state == OutboxState::MaybeSent
            && stored.row.planned.delivery == Delivery::AtLeastOnce
            && stored.row.state == OutboxState::HandingOver;
        let stage = match state {
            OutboxState::Queued => Some(0),
            OutboxState::Claimed | OutboxState::HandingOver => Some(1),
            OutboxState::Held => Some(2),
            OutboxState::MaybeSent if again => Some(3),
            _ => None,
        };
        if again {
            stored.row.not_before = now.plus(RESEND_WAIT);
        }
        if matches!(state, OutboxState::Queued | OutboxState::Held) {
            stored.row.fence = 0;
        }
        stored.row.state = state;
        stored.row.detail = detail.to_string();
        stored.row.at = now;
        Change { stored, stage, phase: state.word(), body: false, receipt, keeps_place: false }
    }

    /// What goes again by itself goes so long after the unknown outcome.
    pub fn again_after(mut self, wait: i64) -> Change {
        if self.stage == Some(3) {
            self.stored.row.not_before = self.stored.row.at.plus(wait);
        }
        self
    }

    /// Set aside for a person to look at.
    pub fn freeze(stored: Stored, why: &str) -> Change {
        let at = stored.row.at;
        Change::to(stored, OutboxState::Frozen, why, at)
    }
}

/// Applies steps in order; answers one by one whether each took effect.
pub async fn dispatch(tx: &mut Tx, now: Instant, steps: &[Dispatch], resend_wait: i64) -> Result<Vec<bool>> {
    let keys: BTreeSet<(i64, String)> = steps.iter().map(id).collect();
    let accounts: BTreeSet<i64> = keys.iter().map(|(account, _)| *account).collect();
    // Always in this order: account, then outbox, then address; so no two daemons wait for each other.
    let gates = gates(tx, &accounts).await?;
    let rows = outbox::by_keys(tx, &keys).await?;
    let hashes = rows.values().map(|stored| stored.address_hash.clone()).collect();
    let addresses = address_revs(tx, &hashes).await?;
    let (hold, world) = (hold(tx).await?, workspace::world(tx).await?);
    let mut desk = Desk {
        now,
        resend_wait,
        gates,
        addresses,
        hold,
        world,
        rows,
        changes: Vec::new(),
        dead: Vec::new(),
        ledger: Vec::new(),
    };
    let answers = steps.iter().map(|step| desk.apply(step)).collect();
    let (changes, dead) = (std::mem::take(&mut desk.changes), std::mem::take(&mut desk.dead));
    write(tx, changes, now).await?;
    commit::append_ledger(tx, &desk.ledger).await?;
    for address in dead {
        workspace::suppress(tx, &address, DEAD, "dead_address", true, now).await?;
    }
    Ok(answers)
}

fn id(step: &Dispatch) -> (i64, String) {
    match step {
        Dispatch::HandOver { key, account, .. }
        | Dispatch::Sent { key, account, .. }
        | Dispatch::Requeue { key, account, .. }
        | Dispatch::End { key, account, .. } => (account.0, key.0.clone()),
    }
}

/// What decides about the steps of one call.
struct Desk {
    now: Instant,
    resend_wait: i64,
    gates: BTreeMap<i64, i64>,
    addresses: BTreeMap<String, i64>,
    hold: Option<String>,
    world: World,
    rows: BTreeMap<(i64, String), Stored>,
    changes: Vec<Change>,
    dead: Vec<String>,
    ledger: Vec<(i64, LedgerEntry)>,
}

impl Desk {
    fn apply(&mut self, step: &Dispatch) -> bool {
        let id = id(step);
        let Some(stored) = self.rows.get(&id).cloned() else { return false };
        if stored.damaged {
            self.change(id, Change::freeze(stored, "its checksum does not fit"));
            return false;
        }
        let (ask, fence) = self.ask(step, &stored);
        let resend = stored.row.resend_of.is_some();
        match judge(stored.row.state, fence == stored.row.fence && fence != 0, resend, ask) {
            Verdict::To(state) => self.take(id, stored, state, step),
            Verdict::Back(state) => {
                self.change(id, Change::to(stored, state, "something changed after the claim", self.now));
                false
            }
            Verdict::Already => true,
            Verdict::Stale => false,
            Verdict::Illegal => {
                let why = format!("from {} came an impossible step", stored.row.state.word());
                self.change(id, Change::to(stored, OutboxState::Frozen, &why, self.now));
                false
            }
        }
    }

    fn ask(&self, step: &Dispatch, stored: &Stored) -> (Ask, i64) {
        match step {
            Dispatch::HandOver { fence, .. } => (self.hand_over(stored), *fence),
            Dispatch::Sent { fence, .. } => (Ask::Sent, *fence),
            Dispatch::Requeue { fence, .. } => (Ask::Requeue, *fence),
            Dispatch::End { fence, state, .. } => (Ask::End(*state), *fence),
        }
    }

    fn hand_over(&self, stored: &Stored) -> Ask {
        let row = &stored.row;
        let clear = self.gates.get(&row.planned.account.0) == Some(&row.account_rev)
            && self.addresses.get(&stored.address_hash).copied().unwrap_or_default() == row.address_rev
            && !self.world.paused(&row.planned.playbook, self.now);
        Ask::HandOver { clear, hold: self.hold.is_some() }
    }

    fn take(&mut self, id: (i64, String), mut stored: Stored, state: OutboxState, step: &Dispatch) -> bool {
        let before = stored.row.state;
        let mut detail = String::new();
        let mut body_is_new = false;
        match step {
            Dispatch::HandOver { body, .. } => {
                body_is_new = stored.row.body.is_none();
                stored.row.body.get_or_insert_with(|| body.clone());
                stored.row.attempts += 1;
            }
            Dispatch::Sent { detail: said, .. } => detail = said.clone(),
            Dispatch::Requeue { not_before, detail: said, counted, .. } => {
                stored.row.not_before = *not_before;
                stored.row.attempts = tries(stored.row.attempts, before, *counted);
                detail = said.clone();
            }
            Dispatch::End { detail: said, suppress, .. } => {
                detail = said.clone();
                if *suppress {
                    self.dead.push(stored.address_hash.clone());
                }
            }
        }
        let held_by_cap = detail.starts_with("cap:") && detail != stored.row.detail;
        let mut change = Change::to(stored, state, &detail, self.now).again_after(self.resend_wait);
        change.body = body_is_new;
        change.keeps_place = matches!(step, Dispatch::Requeue { counted: true, .. });
        if held_by_cap {
            self.ledger.push((change.stored.row.planned.account.0, held_line(&change.stored.row, self.now)));
        }
        self.change(id, change);
        true
    }

    fn change(&mut self, id: (i64, String), change: Change) {
        self.rows.insert(id, change.stored.clone());
        self.changes.push(change);
    }
}

/// The line that says which other message took the place, and when it is free again.
fn held_line(row: &OutboxRow, now: Instant) -> LedgerEntry {
    let p = &row.planned;
    LedgerEntry {
        at: now,
        kind: "hold".to_owned(),
        playbook: p.playbook.clone(),
        step: p.step.clone(),
        contact: p.contact,
        channel: p.channel.word().to_owned(),
        reason: row.detail.clone(),
        values: [("until".to_owned(), Value::Instant(row.not_before))].into(),
    }
}

/// A hand-over has counted already; a refusal before it counts only if the recipient's server was reached.
fn tries(attempts: u32, before: OutboxState, counted: bool) -> u32 {
    match (before, counted) {
        (OutboxState::HandingOver, false) => attempts.saturating_sub(1),
        (OutboxState::HandingOver, true) => attempts,
        (_, counted) => attempts + u32::from(counted),
    }
}

/// Writes changed rows, their places among the ready ones, the attempt log and the receipts.
pub async fn write(tx: &mut Tx, changes: Vec<Change>, now: Instant) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut last: BTreeMap<(i64, String), &Change> = BTreeMap::new();
    for change in &changes {
        last.insert(place(change), change);
    }
    readiness(tx, &last).await?;
    let rows = last.values().map(|change| state_row(change)).collect();
    let text = "WITH v(account_id, key, state, detail, not_before, attempts, fence, at, resend_of) AS (VALUES {rows}) \
                UPDATE outbox SET state = v.state, detail = v.detail, not_before = v.not_before, attempts = v.attempts, \
                fence = v.fence, at = v.at, resend_of = v.resend_of \
                FROM v WHERE outbox.account_id = v.account_id AND outbox.key = v.key";
    tx.batch(text, 9, rows).await?;
    bodies(tx, &changes).await?;
    let gives = |change: &&&Change| {
        let state = change.stored.row.state;
        let over =
            matches!(state, OutboxState::Skipped | OutboxState::Failed | OutboxState::Held | OutboxState::Frozen);
        over || state == OutboxState::Queued && !change.keeps_place
    };
    let gone: Vec<&Stored> = last.values().filter(gives).map(|change| &change.stored).collect();
    places::give_back(tx, &gone).await?;
    let log = changes.iter().map(attempt).collect();
    outbox::log(tx, log, now).await?;
    let told = changes.iter().filter(|change| change.receipt);
    let mut facts: Vec<Fact> =
        told.map(|c| receipt::receipt(&c.stored.row.planned, c.stored.row.state, &c.stored.row.detail, now)).collect();
    receipt::record(tx, &mut facts, true).await
}

fn place(change: &Change) -> (i64, String) {
    let planned = &change.stored.row.planned;
    (planned.account.0, planned.key.0.clone())
}

fn attempt(change: &Change) -> Attempt {
    let (row, (account, key)) = (&change.stored.row, place(change));
    Attempt { account, key, attempt: row.attempts, fence: row.fence, phase: change.phase, detail: row.detail.clone() }
}

fn state_row(change: &Change) -> Vec<Arg> {
    let (row, (account, key)) = (&change.stored.row, place(change));
    args![
        account,
        key,
        row.state.word(),
        &row.detail,
        row.not_before.0,
        i64::from(row.attempts),
        row.fence,
        row.at.0,
        row.resend_of.map(i64::from)
    ]
}

async fn readiness(tx: &mut Tx, last: &BTreeMap<(i64, String), &Change>) -> Result<()> {
    let gone = last.iter().filter(|(_, change)| change.stage.is_none()).map(|(id, _)| id.clone()).collect();
    outbox::unready(tx, &gone).await?;
    let mut rows = Vec::new();
    for ((account, key), change) in last {
        if let Some(stage) = change.stage {
            let (row, planned) = (&change.stored.row, &change.stored.row.planned);
            rows.push(args![
                *account,
                key,
                stage,
                row.not_before.0,
                planned.channel.word(),
                -i64::from(planned.priority),
                &planned.run.0,
                &change.stored.address_hash,
                change.stored.ord
            ]);
        }
    }
    let text = "INSERT INTO ready (account_id, key, stage, not_before, lane, rank, run, address_hash, ord) VALUES {rows} \
                ON CONFLICT (account_id, key) DO UPDATE SET stage = excluded.stage, not_before = excluded.not_before";
    tx.batch(text, 9, rows).await.map(|_| ())
}

async fn bodies(tx: &mut Tx, changes: &[Change]) -> Result<()> {
    let mut rows = Vec::new();
    for change in changes.iter().filter(|change| change.body) {
        let (body, (account, key)) = (change.stored.row.body.clone(), place(change));
        let sum = body.as_deref().map(body_sum).unwrap_or_default();
        rows.push(args![account, key, body, sum]);
    }
    let text = "WITH v(account_id, key, body, body_sum) AS (VALUES {rows}) UPDATE outbox SET body = v.body, \
                body_sum = v.body_sum FROM v WHERE outbox.account_id = v.account_id AND outbox.key = v.key";
    tx.batch(text, 4, rows).await.map(|_| ())
}

/// The gates of accounts, locked until the commit (PostgreSQL).
pub async fn gates(tx: &mut Tx, accounts: &BTreeSet<i64>) -> Result<BTreeMap<i64, i64>> {
    let list = accounts.iter().map(|id| (*id).into()).collect();
    let text = "SELECT account_id, gate FROM hot WHERE account_id IN {in} ORDER BY account_id {for_update}";
    let found = tx.among(text, args![], list).await?;
    found.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

/// The revisions of addresses, locked against a suppression until the commit (PostgreSQL).
pub async fn address_revs(tx: &mut Tx, hashes: &BTreeSet<String>) -> Result<BTreeMap<String, i64>> {
    let list = hashes.iter().map(Into::into).collect();
    let text = "SELECT hmac, rev FROM address WHERE hmac IN {in} ORDER BY hmac {for_share}";
    let found = tx.among(text, args![], list).await?;
    found.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// Why everything is held, if it is.
pub async fn hold(tx: &mut Tx) -> Result<Option<String>> {
    let why = tx.one("SELECT value FROM meta WHERE name = 'hold' {for_share}", args![]).await?.text(0)?;
    Ok(Some(why).filter(|why| !why.is_empty()))
}
