//! `Store` for both engines: which lane each write takes, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use async_trait::async_trait;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;

use super::{
    SqlStore, alias, api::*, append, claim, company, day, db::Pool, dispatch, erase, file, links, load, places,
    present, query, reap, said, seen, shared, stage, system, track, watch, whole, workspace, writer::Lane,
};
use crate::model::{
    contact::Contact,
    decision::LedgerEntry,
    fact::{Accepted, Fact, Incoming},
    ids::{AccountId, ContactId, MessageKey, base32},
    instant::Instant,
    message::OutboxState,
    run::{Run, Task},
    snapshot::{ContactQuery, Snapshot},
    track::{Parked, Verdict},
    world::World,
};

/// Hashes addresses.
pub(super) type Hasher = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Writes in a lane: `write!(self, Lane, (captured values), |tx| async expression)`.
macro_rules! write {
    ($self:ident, $lane:expr, ($($name:ident = $value:expr),*), |$tx:ident| $work:expr) => {{
        let captured = Arc::new(($($value,)*));
        $self
            .write($lane, move |$tx| {
                let captured = captured.clone();
                Box::pin(async move {
                    let ($($name,)*) = &*captured;
                    $work.await
                })
            })
            .await
    }};
}

impl SqlStore {
    /// The address hash as a function that can go into the writer.
    pub(super) fn hasher(&self) -> Hasher {
        let secret = self.secret.clone();
        Arc::new(move |address| address_hash(&secret, address))
    }

    /// Removes what ended imports left behind, a little at a time.
    async fn tidy_stage(&self) -> Result<()> {
        while write!(self, Lane::Import, (), |tx| stage::tidy(tx))? > 0 {}
        Ok(())
    }
}

fn address_hash(secret: &str, address: &str) -> String {
    let folded: String = address.trim().nfkc().flat_map(char::to_lowercase).collect();
    // An HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(folded.as_bytes());
    base32(&mac.finalize().into_bytes()[..20])
}

#[async_trait]
impl Store for SqlStore {
    async fn append(&self, facts: Vec<Incoming>) -> Result<Vec<Accepted>> {
        let mut answers = Vec::with_capacity(facts.len());
        let lane = if facts.len() > append::CHUNK { Lane::Import } else { Lane::Inbox };
        for chunk in facts.chunks(append::CHUNK) {
            answers.extend(write!(self, lane, (chunk = chunk.to_vec()), |tx| append::append(tx, chunk))?);
        }
        Ok(answers)
    }

    async fn track(&self, request: Tracking) -> Result<Option<Vec<Verdict>>> {
        write!(self, Lane::Inbox, (request = request), |tx| track::take(tx, request))
    }

    async fn parked(&self) -> Result<Parked> {
        track::parked(&mut self.reading().await?).await
    }

    async fn placeable(&self, limit: usize) -> Result<Vec<String>> {
        track::placeable(&mut self.glance().await?, limit).await
    }

    async fn drop_parked(&self, before: Instant, most: usize) -> Result<usize> {
        write!(self, Lane::Import, (before = before, most = most), |tx| track::give_up(tx, *before, *most))
    }

    async fn system(&self, delivery: Delivery) -> Result<Option<Vec<Verdict>>> {
        write!(self, Lane::Inbox, (delivery = delivery), |tx| system::take(tx, delivery))
    }

    async fn system_waits(&self, source: &str) -> Result<(u64, Option<Instant>)> {
        system::waits(&mut self.reading().await?, source).await
    }

    async fn put_subscriptions(&self, rows: Vec<Subscription>) -> Result<(usize, usize, usize)> {
        let mut total = (0, 0, 0);
        for chunk in rows.chunks(append::CHUNK) {
            let part = write!(self, Lane::Import, (chunk = chunk.to_vec()), |tx| query::put_subscriptions(tx, chunk))?;
            total = (total.0 + part.0, total.1 + part.1, total.2 + part.2);
        }
        Ok(total)
    }

    async fn present(&self, ask: &Ask) -> Result<Answer> {
        present::present(&mut self.reading().await?, ask).await
    }

    async fn begin_import(&self, name: &str, now: Instant) -> Result<i64> {
        let id = write!(self, Lane::Import, (name = name.to_string(), now = now), |tx| stage::begin(tx, name, *now))?;
        self.tidy_stage().await.map(|()| id)
    }

    async fn stage(&self, import: i64, chunk: i64, items: Vec<Staged>, now: Instant) -> Result<bool> {
        let given = (import, chunk, items, now);
        write!(self, Lane::Import, (g = given), |tx| stage::add(tx, g.0, g.1, &g.2, g.3))
    }

    async fn staged(&self, import: i64, after: &str, limit: usize) -> Result<Vec<(String, Vec<Staged>)>> {
        stage::read(&mut self.reading().await?, import, after, limit as i64).await
    }

    async fn flip_import(&self, import: i64, now: Instant) -> Result<bool> {
        write!(self, Lane::Import, (import = import, now = now), |tx| stage::flip(tx, *import, *now))
    }

    async fn end_import(&self, import: i64) -> Result<()> {
        write!(self, Lane::Import, (import = import), |tx| stage::end(tx, *import))?;
        self.tidy_stage().await
    }

    async fn apply_import(&self) -> Result<Option<usize>> {
        if !stage::waiting(&mut self.glance().await?).await? {
            return Ok(None);
        }
        write!(self, Lane::Import, (limit = append::CHUNK as i64), |tx| stage::apply(tx, *limit))
    }

    async fn evaluate(&self, now: Instant, limit: usize, decide: &Decide<'_>) -> Result<Evaluated> {
        self.evaluate_due(now, limit, decide).await
    }

    async fn earliest_due(&self) -> Result<Option<Instant>> {
        query::earliest_due(&mut self.glance().await?).await
    }

    async fn sweep(&self, rulebook: i64, after: AccountId, at: Instant, limit: usize) -> Result<Option<AccountId>> {
        write!(self, Lane::Import, (r = rulebook, a = after, t = at, n = limit), |tx| query::sweep(tx, *r, *a, *t, *n))
    }

    async fn page(&self, after: AccountId, limit: usize) -> Result<Vec<Snapshot>> {
        query::page(&mut self.reading().await?, &self.recent, after, limit).await
    }

    async fn rows(&self, after: AccountId, limit: usize) -> Result<Vec<StateRow>> {
        query::rows(&mut self.reading().await?, after, limit).await
    }

    async fn whole(&self, after: AccountId, limit: usize, history: bool) -> Result<Vec<Whole>> {
        whole::whole(&mut self.reading().await?, &self.recent, after, limit, history).await
    }

    async fn claim(&self, now: Instant, channels: &[&str], limit: usize, lease_until: Instant) -> Result<Vec<Claimed>> {
        let channels = channels.iter().map(|channel| (*channel).to_string()).collect();
        let recent = self.recent.clone();
        let request = claim::Request { now, channels, limit, lease_until, owner: self.epoch, recent };
        write!(self, Lane::HandOver, (request = request), |tx| claim::claim(tx, request))
    }

    async fn dispatch(&self, now: Instant, steps: Vec<Dispatch>) -> Result<Vec<bool>> {
        let wait = self.resend_wait.load(Ordering::Relaxed);
        let work = (now, steps, wait);
        write!(self, Lane::HandOver, (w = work), |tx| dispatch::dispatch(tx, w.0, &w.1, w.2))
    }

    async fn renew(&self, fences: &[i64], until: Instant, now: Instant) -> Result<()> {
        let given = (fences.to_vec(), self.epoch, until, now);
        write!(self, Lane::HandOver, (g = given), |tx| reap::renew(tx, &g.0, g.1, g.2, g.3))
    }

    fn resend_after(&self, wait: i64) {
        self.resend_wait.store(wait, Ordering::Relaxed);
    }

    async fn reap(&self, now: Instant) -> Result<(usize, usize)> {
        let wait = self.resend_wait.load(Ordering::Relaxed);
        write!(self, Lane::HandOver, (now = now, epoch = self.epoch, w = wait), |tx| reap::reap(tx, *now, *epoch, *w))
    }

    async fn earliest_ready(&self) -> Result<Option<Instant>> {
        query::earliest_ready(&mut self.glance().await?).await
    }

    async fn hold_all(&self, hold: bool, why: &str, now: Instant) -> Result<usize> {
        write!(self, Lane::HandOver, (h = hold, why = why.to_string(), t = now), |tx| reap::hold_all(tx, *h, why, *t))
    }

    async fn outbox(
        &self,
        state: Option<OutboxState>,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>> {
        query::outbox_rows(&mut self.reading().await?, state, account, limit).await
    }

    async fn outbox_row(&self, key: &MessageKey) -> Result<Option<(OutboxRow, Vec<(u32, String, String, Instant)>)>> {
        query::outbox_row(&mut self.reading().await?, key).await
    }

    async fn resolve(&self, key: &MessageKey, to: OutboxState, who: &str, now: Instant) -> Result<bool> {
        let given = (key.clone(), to, who.to_string(), now);
        write!(self, Lane::Chat, (g = given), |tx| reap::resolve(tx, &g.0, g.1, &g.2, g.3))
    }

    async fn restore_rows(&self, rows: Vec<(MessageKey, AccountId, OutboxState, String)>) -> Result<usize> {
        let mut count = 0;
        for chunk in rows.chunks(append::CHUNK) {
            count += write!(self, Lane::HandOver, (chunk = chunk.to_vec()), |tx| reap::restore(tx, chunk))?;
        }
        Ok(count)
    }

    async fn tidy_outbox(&self, before: Instant, now: Instant) -> Result<usize> {
        write!(self, Lane::Import, (before = before, now = now), |tx| places::tidy(tx, *before, *now))
    }

    async fn forget_seen(&self, before: Instant, most: usize) -> Result<usize> {
        write!(self, Lane::Import, (before = before, most = most), |tx| seen::forget(tx, *before, *most))
    }

    fn address_hash(&self, address: &str) -> String {
        address_hash(&self.secret, address)
    }

    async fn suppressed(&self, address: &str, topic: &str) -> Result<Option<String>> {
        workspace::suppressed(&mut self.glance().await?, address, topic).await
    }

    async fn suppression(&self, address: &str, topic: &str) -> Result<Option<String>> {
        workspace::suppression(&mut self.reading().await?, address, topic).await
    }

    async fn suppress(&self, address: &str, topic: &str, reason: &str, on: bool, now: Instant) -> Result<()> {
        let given = (address.to_string(), topic.to_string(), reason.to_string());
        write!(self, Lane::Chat, (g = given, on = on, now = now), |tx| workspace::suppress(
            tx, &g.0, &g.1, &g.2, *on, *now
        ))
    }

    async fn account_by_key(&self, key: &str) -> Result<Option<AccountRow>> {
        query::account_by_key(&mut self.glance().await?, key).await
    }

    async fn accounts(&self, after: AccountId, limit: usize) -> Result<Vec<AccountRow>> {
        query::accounts(&mut self.glance().await?, after, limit).await
    }

    async fn holdings(&self, account: AccountId, into: Option<AccountId>) -> Result<Holdings> {
        alias::holdings(&mut self.reading().await?, account, into).await
    }

    async fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<AccountRow>> {
        day::named(&mut self.reading().await?, ids).await
    }

    async fn page_in_band(&self, band: &str, after: AccountId, limit: usize) -> Result<Vec<Snapshot>> {
        day::in_band(&mut self.reading().await?, &self.recent, band, after, limit).await
    }

    async fn decisions(&self, after: AccountId, limit: usize) -> Result<Vec<(AccountId, i64)>> {
        day::decisions(&mut self.glance().await?, after, limit).await
    }

    async fn snapshots(&self, accounts: &[AccountId]) -> Result<Vec<Snapshot>> {
        let ids: Vec<i64> = accounts.iter().map(|id| id.0).collect();
        let found = load::load(&mut self.reading().await?, &self.recent, &ids, None).await?;
        Ok(found.into_iter().map(|loaded| loaded.snapshot).collect())
    }

    async fn day(&self, days: [Instant; 3], now: Instant, of: Option<&BTreeSet<AccountId>>) -> Result<Day> {
        day::day(&mut self.reading().await?, days, now, of).await
    }

    async fn snapshot(&self, account: AccountId) -> Result<Option<Snapshot>> {
        let found = load::load(&mut self.reading().await?, &self.recent, &[account.0], None).await?;
        Ok(found.into_iter().next().map(|loaded| loaded.snapshot))
    }

    async fn snapshot_with(&self, account: AccountId, contacts: &[ContactId]) -> Result<Option<Snapshot>> {
        let people = contacts.iter().map(|id| (account.0, id.0)).collect();
        let found = load::load_with(&mut self.reading().await?, &self.recent, &[account.0], None, people).await?;
        Ok(found.into_iter().next().map(|loaded| loaded.snapshot))
    }

    async fn contacts(&self, account: AccountId, query: &ContactQuery) -> Result<Vec<Contact>> {
        load::matching(&mut self.reading().await?, account, query).await
    }

    async fn contact(&self, account: AccountId, contact: ContactId) -> Result<Option<Contact>> {
        query::contact(&mut self.glance().await?, account, contact).await
    }

    async fn ledger(&self, account: AccountId, playbook: Option<&str>, limit: usize) -> Result<Vec<LedgerEntry>> {
        query::ledger(&mut self.glance().await?, account, playbook, limit).await
    }

    async fn timeline(&self, account: AccountId, limit: usize) -> Result<Vec<Fact>> {
        query::timeline(&mut self.glance().await?, account, limit).await
    }

    async fn answers(&self, account: AccountId, contact: ContactId, since: Instant, limit: usize) -> Result<Vec<Fact>> {
        said::answers(&mut self.reading().await?, (account, contact), since, limit).await
    }

    async fn announced(&self, names: &[&str], after: i64, limit: usize) -> Result<(Vec<Fact>, i64)> {
        query::announced(&mut self.glance().await?, names, after, limit).await
    }

    async fn runs(&self, account: Option<AccountId>, playbook: Option<&str>, limit: usize) -> Result<Vec<Run>> {
        query::runs(&mut self.glance().await?, account, playbook, limit).await
    }

    async fn runs_of(&self, playbook: &str, limit: usize) -> Result<Vec<(AccountId, Run)>> {
        query::runs_of(&mut self.glance().await?, playbook, limit).await
    }

    async fn open_tasks(&self, owner: Option<&str>) -> Result<Vec<(AccountId, Task)>> {
        query::open_tasks(&mut self.glance().await?, owner).await
    }

    async fn said(&self, from: Instant, to: Instant, of: Option<&BTreeSet<AccountId>>) -> Result<Said> {
        said::said(&mut self.reading().await?, from, to, of).await
    }

    async fn marketing_sent(&self, sender: &str, from: Instant, most: u64) -> Result<u64> {
        said::marketing(&mut self.reading().await?, sender, from, most).await
    }

    async fn mails_sent(&self, playbook: &str, from: Instant, most: u64) -> Result<u64> {
        said::of_playbook(&mut self.reading().await?, playbook, from, most).await
    }

    async fn happened(&self, names: &[&str], from: Instant, to: Instant, limit: usize) -> Result<Vec<Fact>> {
        said::happened(&mut self.glance().await?, names, from, to, limit).await
    }

    async fn subscriptions(&self) -> Result<Vec<Subscription>> {
        query::subscriptions(&mut self.glance().await?).await
    }

    async fn world(&self) -> Result<World> {
        workspace::world(&mut self.glance().await?).await
    }

    async fn put_world(&self, expected: i64, world: &World) -> Result<bool> {
        write!(self, Lane::Chat, (v = expected, w = world.clone()), |tx| workspace::put_world(tx, *v, w))
    }

    async fn put_rulebook(&self, hash: &str, content: &str, at: Instant) -> Result<i64> {
        let given = (hash.to_string(), content.to_string());
        write!(self, Lane::Chat, (g = given, at = at), |tx| workspace::put_rulebook(tx, &g.0, &g.1, *at))
    }

    async fn rulebooks(&self, limit: usize) -> Result<Vec<(i64, String, Instant, String)>> {
        workspace::rulebooks(&mut self.reading().await?, limit).await
    }

    async fn open_versions(&self) -> Result<Vec<(String, String)>> {
        query::open_versions(&mut self.glance().await?).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<String>> {
        workspace::bookmark(&mut self.glance().await?, name).await
    }

    async fn lease(&self, name: &str, until: Instant, now: Instant) -> Result<bool> {
        let given = (name.to_string(), self.epoch, until, now);
        write!(self, Lane::Inbox, (g = given), |tx| workspace::lease(tx, &g.0, g.1, g.2, g.3))
    }

    async fn release(&self, name: &str) -> Result<()> {
        let given = (name.to_string(), self.epoch);
        write!(self, Lane::Inbox, (g = given), |tx| workspace::release(tx, &g.0, g.1))
    }

    async fn move_cursor(&self, name: &str, expected: Option<&str>, to: &str) -> Result<bool> {
        let given = (name.to_string(), expected.map(str::to_string), to.to_string());
        write!(self, Lane::Import, (g = given), |tx| workspace::move_bookmark(tx, &g.0, g.1.as_deref(), &g.2))
    }

    async fn remember(&self, signature: &str, until: Instant, now: Instant) -> Result<bool> {
        let signature = signature.to_string();
        write!(self, Lane::Chat, (s = signature, u = until, n = now), |tx| workspace::remember(tx, s, *u, *n))
    }

    async fn remember_with(&self, proof: &str, came: &str, until: Instant, now: Instant) -> Result<bool> {
        let given = (proof.to_string(), came.to_string());
        write!(self, Lane::Chat, (g = given, u = until, n = now), |tx| workspace::remember_with(tx, &g.0, &g.1, *u, *n))
    }

    async fn audit(&self, entry: AuditEntry) -> Result<()> {
        write!(self, Lane::Chat, (entry = entry), |tx| workspace::audit(tx, entry))
    }

    async fn audit_verify(&self) -> Result<AuditChain> {
        workspace::audit_verify(&mut self.reading().await?).await
    }

    async fn audit_log(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        workspace::audit_log(&mut self.reading().await?, limit).await
    }

    async fn share(&self, about: SharedPage, page: String) -> Result<()> {
        write!(self, Lane::Chat, (about = about, page = page), |tx| shared::keep(tx, about, page))
    }

    async fn shared(&self, id: &str, now: Instant) -> Result<Option<String>> {
        shared::read(&mut self.glance().await?, id, now).await
    }

    async fn shares(&self, now: Instant) -> Result<Vec<SharedPage>> {
        shared::list(&mut self.glance().await?, now).await
    }

    async fn unshare(&self, id: &str, who: &str, now: Instant) -> Result<bool> {
        let given = (id.to_string(), who.to_string());
        write!(self, Lane::Chat, (g = given, now = now), |tx| shared::revoke(tx, &g.0, &g.1, *now))
    }

    async fn keep_links(
        &self,
        (account, key): (AccountId, &MessageKey),
        contact: ContactId,
        urls: Vec<String>,
    ) -> Result<Vec<i64>> {
        let place = (account, key.clone(), contact);
        write!(self, Lane::HandOver, (p = place, urls = urls), |tx| links::keep(tx, (p.0, &p.1), p.2, urls))
    }

    async fn links(&self, account: AccountId, key: &MessageKey) -> Result<Vec<Link>> {
        links::of(&mut self.glance().await?, account, key).await
    }

    async fn visit(&self, account: AccountId, key: &MessageKey, number: i64, now: Instant) -> Result<Option<String>> {
        let place = (account, key.clone(), number);
        write!(self, Lane::Chat, (p = place, now = now), |tx| links::visit(tx, (p.0, &p.1, p.2), *now))
    }

    async fn visits(&self, until: Instant, limit: usize) -> Result<Vec<Link>> {
        links::waiting(&mut self.glance().await?, until, limit).await
    }

    async fn judged(&self, link: &Link, visit: Visit) -> Result<()> {
        write!(self, Lane::Chat, (link = link.clone(), visit = visit), |tx| links::judged(tx, link, *visit))
    }

    async fn wall_high(&self, now: Instant) -> Result<Option<Instant>> {
        write!(self, Lane::Import, (now = now), |tx| workspace::wall_high(tx, *now))
    }

    async fn backup(&self, to: &Path) -> Result<()> {
        match &self.read {
            Pool::Lite(_) => file::write_copy(&self.read, to).await,
            Pool::Pg(_) => Err(StoreError::Engine("a PostgreSQL store is backed up with pg_dump".to_owned())),
        }
    }

    async fn people(&self, typed: &str) -> Result<Vec<Person>> {
        erase::find(&mut self.reading().await?, typed).await
    }

    async fn company(&self, key: &str) -> Result<Option<Company>> {
        erase::company(&mut self.reading().await?, key).await
    }

    async fn visitor(&self, typed: &str) -> Result<Option<Visitor>> {
        erase::visitor(&mut self.reading().await?, typed).await
    }

    async fn erased_before(&self, who: &BTreeMap<String, Instant>) -> Result<Vec<Subject>> {
        erase::recognise(&mut self.reading().await?, &self.hasher(), who).await
    }

    async fn erase(&self, whom: &Subject, who: &str, rehearse: bool, now: Instant) -> Result<Erased> {
        let mut tx = self.write.begin(true).await?;
        let done = erase::erase(&mut tx, &self.hasher(), whom, now, who).await?;
        if rehearse {
            // Dropped, nothing of it was ever written.
            return Ok(done);
        }
        tx.commit().await?;
        if let Pool::Lite(_) = &self.write {
            // Nothing of it stays in free pages or in the log.
            let mut all = self.write.glance().await?;
            all.script("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await?;
            all.script("VACUUM".to_owned()).await?;
            all.script("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await?;
        }
        Ok(done)
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    fn epoch(&self) -> i64 {
        self.epoch
    }

    async fn watched(&self, now: Instant) -> Result<Watched> {
        watch::watched(&mut self.reading().await?, now).await
    }

    async fn join(&self) -> Result<()> {
        let (epoch, token) = (self.epoch, self.token.clone());
        write!(self, Lane::HandOver, (e = epoch, t = token), |tx| company::join(tx, *e, t))
    }

    async fn others(&self) -> Result<bool> {
        company::others(&mut self.glance().await?, &self.token).await
    }

    async fn ping(&self) -> Result<()> {
        query::ping(&mut self.glance().await?).await
    }
}
