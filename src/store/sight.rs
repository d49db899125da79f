//! The store as one person sees it who may not see every customer: what they do not see is not there.
//!
//! Every question of theirs goes through it, so that a reader need not know of the rule, and none can forget it. Orders
//! pass on as they are: whoever gives one has found its customer here first.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;

use super::api::*;
use crate::model::{
    contact::Contact,
    decision::LedgerEntry,
    fact::{Accepted, Fact, Incoming},
    ids::{AccountId, ContactId, MessageKey},
    instant::Instant,
    message::OutboxState,
    run::{Run, Task},
    snapshot::{ContactQuery, Snapshot},
    track::{Parked, Verdict},
    world::World,
};

/// Held messages counted at most.
const COUNTED: usize = 100_000;

/// A store with some of its customers.
pub struct Sight {
    whole: Arc<dyn Store>,
    /// Those who are seen, and the workspace.
    ids: Arc<BTreeSet<AccountId>>,
}

impl Sight {
    /// What `whole` holds of these customers, and of the workspace.
    pub fn new(whole: Arc<dyn Store>, mut ids: BTreeSet<AccountId>) -> Sight {
        ids.insert(AccountId::WORKSPACE);
        Sight { whole, ids: Arc::new(ids) }
    }

    fn sees(&self, account: AccountId) -> bool {
        self.ids.contains(&account)
    }

    fn seen(&self, ids: &[AccountId]) -> Vec<AccountId> {
        ids.iter().copied().filter(|id| self.sees(*id)).collect()
    }

    /// The next that are seen.
    fn after(&self, after: AccountId, limit: usize) -> Vec<AccountId> {
        self.ids.range(AccountId(after.0.saturating_add(1))..).copied().take(limit).collect()
    }

    /// Of those asked for (none: everybody) the ones that are seen.
    fn among(&self, of: Option<&BTreeSet<AccountId>>) -> BTreeSet<AccountId> {
        self.ids.iter().copied().filter(|id| of.is_none_or(|of| of.contains(id))).collect()
    }

    /// The first page after `after` on which anybody is seen: an empty page says that there is nobody left.
    async fn filled<T, F: Future<Output = Result<Vec<T>>>>(
        &self,
        mut after: AccountId,
        limit: usize,
        read: impl Fn(AccountId) -> F,
        whose: impl Fn(&T) -> AccountId,
    ) -> Result<Vec<T>> {
        loop {
            let mut page = read(after).await?;
            let Some(last) = page.last().map(&whose) else { return Ok(page) };
            let full = page.len() >= limit;
            page.retain(|one| self.sees(whose(one)));
            if !page.is_empty() || !full {
                return Ok(page);
            }
            after = last;
        }
    }
}

/// By number, as pages come.
fn in_order(mut page: Vec<Snapshot>) -> Vec<Snapshot> {
    page.sort_by_key(|snapshot| snapshot.account);
    page
}

#[async_trait]
impl Store for Sight {
    async fn append(&self, facts: Vec<Incoming>) -> Result<Vec<Accepted>> {
        self.whole.append(facts).await
    }

    async fn track(&self, request: Tracking) -> Result<Option<Vec<Verdict>>> {
        self.whole.track(request).await
    }

    async fn parked(&self) -> Result<Parked> {
        self.whole.parked().await
    }

    async fn placeable(&self, limit: usize) -> Result<Vec<String>> {
        self.whole.placeable(limit).await
    }

    async fn drop_parked(&self, before: Instant, most: usize) -> Result<usize> {
        self.whole.drop_parked(before, most).await
    }

    async fn system(&self, delivery: Delivery) -> Result<Option<Vec<Verdict>>> {
        self.whole.system(delivery).await
    }

    async fn system_waits(&self, source: &str) -> Result<(u64, Option<Instant>)> {
        self.whole.system_waits(source).await
    }

    async fn put_subscriptions(&self, rows: Vec<Subscription>) -> Result<(usize, usize, usize)> {
        self.whole.put_subscriptions(rows).await
    }

    async fn present(&self, ask: &Ask) -> Result<Answer> {
        self.whole.present(ask).await
    }

    async fn begin_import(&self, name: &str, now: Instant) -> Result<i64> {
        self.whole.begin_import(name, now).await
    }

    async fn stage(&self, import: i64, chunk: i64, items: Vec<Staged>, now: Instant) -> Result<bool> {
        self.whole.stage(import, chunk, items, now).await
    }

    async fn staged(&self, import: i64, after: &str, limit: usize) -> Result<Vec<(String, Vec<Staged>)>> {
        self.whole.staged(import, after, limit).await
    }

    async fn flip_import(&self, import: i64, now: Instant) -> Result<bool> {
        self.whole.flip_import(import, now).await
    }

    async fn end_import(&self, import: i64) -> Result<()> {
        self.whole.end_import(import).await
    }

    async fn apply_import(&self) -> Result<Option<usize>> {
        self.whole.apply_import().await
    }

    async fn evaluate(&self, now: Instant, limit: usize, decide: &Decide<'_>) -> Result<Evaluated> {
        self.whole.evaluate(now, limit, decide).await
    }

    async fn earliest_due(&self) -> Result<Option<Instant>> {
        self.whole.earliest_due().await
    }

    async fn sweep(&self, rulebook: i64, after: AccountId, at: Instant, limit: usize) -> Result<Option<AccountId>> {
        self.whole.sweep(rulebook, after, at, limit).await
    }

    async fn page(&self, after: AccountId, limit: usize) -> Result<Vec<Snapshot>> {
        self.whole.snapshots(&self.after(after, limit)).await.map(in_order)
    }

    async fn rows(&self, after: AccountId, limit: usize) -> Result<Vec<StateRow>> {
        self.filled(after, limit, |after| self.whole.rows(after, limit), |row| row.account).await
    }

    async fn whole(&self, after: AccountId, limit: usize, history: bool) -> Result<Vec<Whole>> {
        let one = |after| self.whole.whole(after, limit, history);
        self.filled(after, limit, one, |whole| whole.snapshot.account).await
    }

    async fn claim(&self, now: Instant, channels: &[&str], limit: usize, lease_until: Instant) -> Result<Vec<Claimed>> {
        self.whole.claim(now, channels, limit, lease_until).await
    }

    async fn dispatch(&self, now: Instant, steps: Vec<Dispatch>) -> Result<Vec<bool>> {
        self.whole.dispatch(now, steps).await
    }

    async fn renew(&self, fences: &[i64], until: Instant, now: Instant) -> Result<()> {
        self.whole.renew(fences, until, now).await
    }

    async fn reap(&self, now: Instant) -> Result<(usize, usize)> {
        self.whole.reap(now).await
    }

    fn resend_after(&self, wait: i64) {
        self.whole.resend_after(wait)
    }

    async fn earliest_ready(&self) -> Result<Option<Instant>> {
        self.whole.earliest_ready().await
    }

    async fn hold_all(&self, hold: bool, why: &str, now: Instant) -> Result<usize> {
        let held = async || self.whole.outbox(Some(OutboxState::Held), None, COUNTED).await;
        let own = |rows: Vec<OutboxRow>| rows.iter().filter(|row| self.sees(row.planned.account)).count();
        let before = own(held().await?);
        self.whole.hold_all(hold, why, now).await?;
        Ok(own(held().await?).abs_diff(before))
    }

    async fn outbox(
        &self,
        state: Option<OutboxState>,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>> {
        if account.is_some_and(|id| !self.sees(id)) {
            return Ok(Vec::new());
        }
        let mut all = self.whole.outbox(state, account, limit).await?;
        all.retain(|row| account.is_some() || self.sees(row.planned.account));
        Ok(all)
    }

    async fn outbox_row(&self, key: &MessageKey) -> Result<Option<(OutboxRow, Vec<(u32, String, String, Instant)>)>> {
        Ok(self.whole.outbox_row(key).await?.filter(|(row, _)| self.sees(row.planned.account)))
    }

    async fn resolve(&self, key: &MessageKey, to: OutboxState, who: &str, now: Instant) -> Result<bool> {
        self.whole.resolve(key, to, who, now).await
    }

    async fn restore_rows(&self, rows: Vec<(MessageKey, AccountId, OutboxState, String)>) -> Result<usize> {
        self.whole.restore_rows(rows).await
    }

    async fn tidy_outbox(&self, before: Instant, now: Instant) -> Result<usize> {
        self.whole.tidy_outbox(before, now).await
    }

    async fn forget_seen(&self, before: Instant, most: usize) -> Result<usize> {
        self.whole.forget_seen(before, most).await
    }

    fn address_hash(&self, address: &str) -> String {
        self.whole.address_hash(address)
    }

    async fn suppressed(&self, address: &str, topic: &str) -> Result<Option<String>> {
        self.whole.suppressed(address, topic).await
    }

    async fn suppression(&self, address: &str, topic: &str) -> Result<Option<String>> {
        self.whole.suppression(address, topic).await
    }

    async fn suppress(&self, address: &str, topic: &str, reason: &str, on: bool, now: Instant) -> Result<()> {
        self.whole.suppress(address, topic, reason, on, now).await
    }

    async fn account_by_key(&self, key: &str) -> Result<Option<AccountRow>> {
        Ok(self.whole.account_by_key(key).await?.filter(|row| self.sees(row.id)))
    }

    async fn holdings(&self, account: AccountId, into: Option<AccountId>) -> Result<Holdings> {
        match self.sees(account) && into.is_none_or(|id| self.sees(id)) {
            true => self.whole.holdings(account, into).await,
            false => Ok(Holdings::default()),
        }
    }

    async fn accounts(&self, after: AccountId, limit: usize) -> Result<Vec<AccountRow>> {
        self.filled(after, limit, |after| self.whole.accounts(after, limit), |row| row.id).await
    }

    async fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<AccountRow>> {
        self.whole.accounts_of(&self.seen(ids)).await
    }

    async fn page_in_band(&self, band: &str, after: AccountId, limit: usize) -> Result<Vec<Snapshot>> {
        self.filled(after, limit, |after| self.whole.page_in_band(band, after, limit), |s| s.account).await
    }

    async fn decisions(&self, after: AccountId, limit: usize) -> Result<Vec<(AccountId, i64)>> {
        self.filled(after, limit, |after| self.whole.decisions(after, limit), |one| one.0).await
    }

    async fn snapshots(&self, accounts: &[AccountId]) -> Result<Vec<Snapshot>> {
        self.whole.snapshots(&self.seen(accounts)).await
    }

    async fn day(&self, days: [Instant; 3], now: Instant, of: Option<&BTreeSet<AccountId>>) -> Result<Day> {
        let ids = Some(self.among(of));
        self.whole.day(days, now, ids.as_ref()).await
    }

    async fn snapshot(&self, account: AccountId) -> Result<Option<Snapshot>> {
        if self.sees(account) { self.whole.snapshot(account).await } else { Ok(None) }
    }

    async fn snapshot_with(&self, account: AccountId, contacts: &[ContactId]) -> Result<Option<Snapshot>> {
        if self.sees(account) { self.whole.snapshot_with(account, contacts).await } else { Ok(None) }
    }

    async fn contacts(&self, account: AccountId, query: &ContactQuery) -> Result<Vec<Contact>> {
        if self.sees(account) { self.whole.contacts(account, query).await } else { Ok(Vec::new()) }
    }

    async fn contact(&self, account: AccountId, contact: ContactId) -> Result<Option<Contact>> {
        if self.sees(account) { self.whole.contact(account, contact).await } else { Ok(None) }
    }

    async fn ledger(&self, account: AccountId, playbook: Option<&str>, limit: usize) -> Result<Vec<LedgerEntry>> {
        if self.sees(account) { self.whole.ledger(account, playbook, limit).await } else { Ok(Vec::new()) }
    }

    async fn timeline(&self, account: AccountId, limit: usize) -> Result<Vec<Fact>> {
        if self.sees(account) { self.whole.timeline(account, limit).await } else { Ok(Vec::new()) }
    }

    async fn answers(&self, account: AccountId, contact: ContactId, since: Instant, limit: usize) -> Result<Vec<Fact>> {
        if self.sees(account) { self.whole.answers(account, contact, since, limit).await } else { Ok(Vec::new()) }
    }

    async fn announced(&self, names: &[&str], after: i64, limit: usize) -> Result<(Vec<Fact>, i64)> {
        self.whole.announced(names, after, limit).await
    }

    async fn runs(&self, account: Option<AccountId>, playbook: Option<&str>, limit: usize) -> Result<Vec<Run>> {
        match account {
            Some(id) if self.sees(id) => self.whole.runs(account, playbook, limit).await,
            Some(_) => Ok(Vec::new()),
            None => {
                Ok(self.runs_of(playbook.unwrap_or_default(), limit).await?.into_iter().map(|(_, run)| run).collect())
            }
        }
    }

    async fn runs_of(&self, playbook: &str, limit: usize) -> Result<Vec<(AccountId, Run)>> {
        let mut all = self.whole.runs_of(playbook, limit).await?;
        all.retain(|(account, _)| self.sees(*account));
        Ok(all)
    }

    async fn open_tasks(&self, owner: Option<&str>) -> Result<Vec<(AccountId, Task)>> {
        let mut all = self.whole.open_tasks(owner).await?;
        all.retain(|(account, _)| self.sees(*account));
        Ok(all)
    }

    async fn said(&self, from: Instant, to: Instant, of: Option<&BTreeSet<AccountId>>) -> Result<Said> {
        let ids = Some(self.among(of));
        self.whole.said(from, to, ids.as_ref()).await
    }

    async fn marketing_sent(&self, sender: &str, from: Instant, most: u64) -> Result<u64> {
        self.whole.marketing_sent(sender, from, most).await
    }

    async fn mails_sent(&self, playbook: &str, from: Instant, most: u64) -> Result<u64> {
        self.whole.mails_sent(playbook, from, most).await
    }

    async fn happened(&self, names: &[&str], from: Instant, to: Instant, limit: usize) -> Result<Vec<Fact>> {
        let mut all = self.whole.happened(names, from, to, limit).await?;
        all.retain(|fact| self.sees(fact.account));
        Ok(all)
    }

    async fn subscriptions(&self) -> Result<Vec<Subscription>> {
        let mut all = self.whole.subscriptions().await?;
        all.retain(|row| self.sees(row.account));
        Ok(all)
    }

    async fn world(&self) -> Result<World> {
        self.whole.world().await
    }

    async fn put_world(&self, expected: i64, world: &World) -> Result<bool> {
        self.whole.put_world(expected, world).await
    }

    async fn put_rulebook(&self, hash: &str, content: &str, at: Instant) -> Result<i64> {
        self.whole.put_rulebook(hash, content, at).await
    }

    async fn rulebooks(&self, limit: usize) -> Result<Vec<(i64, String, Instant, String)>> {
        self.whole.rulebooks(limit).await
    }

    async fn open_versions(&self) -> Result<Vec<(String, String)>> {
        self.whole.open_versions().await
    }

    async fn cursor(&self, name: &str) -> Result<Option<String>> {
        self.whole.cursor(name).await
    }

    async fn move_cursor(&self, name: &str, expected: Option<&str>, to: &str) -> Result<bool> {
        self.whole.move_cursor(name, expected, to).await
    }

    async fn lease(&self, name: &str, until: Instant, now: Instant) -> Result<bool> {
        self.whole.lease(name, until, now).await
    }

    async fn release(&self, name: &str) -> Result<()> {
        self.whole.release(name).await
    }

    async fn remember(&self, signature: &str, until: Instant, now: Instant) -> Result<bool> {
        self.whole.remember(signature, until, now).await
    }

    async fn remember_with(&self, proof: &str, came: &str, until: Instant, now: Instant) -> Result<bool> {
        self.whole.remember_with(proof, came, until, now).await
    }

    async fn audit(&self, entry: AuditEntry) -> Result<()> {
        self.whole.audit(entry).await
    }

    async fn audit_log(&self, _limit: usize) -> Result<Vec<AuditEntry>> {
        Ok(Vec::new())
    }

    async fn audit_verify(&self) -> Result<AuditChain> {
        self.whole.audit_verify().await
    }

    async fn share(&self, about: SharedPage, page: String) -> Result<()> {
        self.whole.share(about, page).await
    }

    async fn shared(&self, id: &str, now: Instant) -> Result<Option<String>> {
        self.whole.shared(id, now).await
    }

    async fn shares(&self, _now: Instant) -> Result<Vec<SharedPage>> {
        Ok(Vec::new())
    }

    async fn unshare(&self, id: &str, who: &str, now: Instant) -> Result<bool> {
        self.whole.unshare(id, who, now).await
    }

    async fn keep_links(
        &self,
        message: (AccountId, &MessageKey),
        contact: ContactId,
        urls: Vec<String>,
    ) -> Result<Vec<i64>> {
        self.whole.keep_links(message, contact, urls).await
    }

    async fn links(&self, account: AccountId, key: &MessageKey) -> Result<Vec<Link>> {
        if self.sees(account) { self.whole.links(account, key).await } else { Ok(Vec::new()) }
    }

    async fn visit(&self, account: AccountId, key: &MessageKey, number: i64, now: Instant) -> Result<Option<String>> {
        self.whole.visit(account, key, number, now).await
    }

    async fn visits(&self, until: Instant, limit: usize) -> Result<Vec<Link>> {
        let mut all = self.whole.visits(until, limit).await?;
        all.retain(|link| self.sees(link.account));
        Ok(all)
    }

    async fn judged(&self, link: &Link, visit: Visit) -> Result<()> {
        self.whole.judged(link, visit).await
    }

    async fn wall_high(&self, now: Instant) -> Result<Option<Instant>> {
        self.whole.wall_high(now).await
    }

    fn epoch(&self) -> i64 {
        self.whole.epoch()
    }

    async fn watched(&self, now: Instant) -> Result<Watched> {
        self.whole.watched(now).await
    }

    async fn join(&self) -> Result<()> {
        self.whole.join().await
    }

    async fn others(&self) -> Result<bool> {
        self.whole.others().await
    }

    async fn backup(&self, to: &Path) -> Result<()> {
        self.whole.backup(to).await
    }

    async fn people(&self, typed: &str) -> Result<Vec<Person>> {
        let mut all = self.whole.people(typed).await?;
        all.retain(|person| self.sees(person.account));
        Ok(all)
    }

    async fn erased_before(&self, who: &BTreeMap<String, Instant>) -> Result<Vec<Subject>> {
        self.whole.erased_before(who).await
    }

    async fn company(&self, key: &str) -> Result<Option<Company>> {
        Ok(self.whole.company(key).await?.filter(|company| self.sees(company.account)))
    }

    async fn visitor(&self, _typed: &str) -> Result<Option<Visitor>> {
        Ok(None)
    }

    async fn erase(&self, whom: &Subject, who: &str, rehearse: bool, now: Instant) -> Result<Erased> {
        self.whole.erase(whom, who, rehearse, now).await
    }

    async fn close(&self) {
        self.whole.close().await
    }

    async fn ping(&self) -> Result<()> {
        self.whole.ping().await
    }
}
