//! Digests come due by their cron; their rows become one fact on the workspace.

use std::collections::{BTreeMap, BTreeSet};

use super::shell::Shell;
use crate::{
    engine::{DIGEST_DUE, DIGEST_POST},
    insight::{
        answers,
        digest::{DigestData, Seen},
        kpi::moves::{self, Posts},
        product,
        ranking::{Loads, Ranking, Winners},
        results,
        topics::{self, Speaker, Speakers},
        view::AccountView,
        wins,
    },
    model::{
        fact::{Fact, FactBody, Incoming},
        ids::AccountId,
        instant::{DAY, Instant},
        run::Run,
        survey,
        value::{Props, Value},
        world::World,
    },
    rulebook::types::{Digest, DigestOf, Rulebook},
    store::api::Result,
};

/// Events or runs looked at: the newest.
const FACTS: usize = 20_000;
/// Posts whose KPIs are remembered.
const POSTS: usize = 11;

impl Shell {
    /// Posts every digest whose time has come since it was last looked at: once per cron time, also
    /// across restarts. Several missed times become one post.
    pub async fn post_digests(&self, now: Instant) -> Result<bool> {
        let rulebook = self.rulebook();
        let mut posted = false;
        for digest in &rulebook.model.digests {
            let cursor = format!("digest:{}", digest.name);
            let last = self.store.cursor(&cursor).await?;
            let Some(since) = last.as_deref().and_then(|t| t.parse().ok()).map(Instant) else {
                self.store.move_cursor(&cursor, last.as_deref(), &now.0.to_string()).await?;
                continue;
            };
            let Some(at) = last_firing(digest, &rulebook, since, now) else { continue };
            let (data, seen) = self.digest_and_seen(digest, now).await?;
            // The fact's identity is the cron time: a crash before the cursor moves posts nothing twice.
            self.store.append(facts(digest, &data, &self.world(), at, now)).await?;
            self.store.move_cursor(&cursor, last.as_deref(), &at.0.to_string()).await?;
            self.remember(digest, &data, seen.as_ref()).await?;
            posted = true;
        }
        Ok(posted)
    }

    /// Posts a digest outside its schedule.
    pub async fn post_digest_now(&self, digest: &Digest, now: Instant) -> Result<()> {
        let (data, seen) = self.digest_and_seen(digest, now).await?;
        self.store.append(facts(digest, &data, &self.world(), now, now)).await?;
        self.remember(digest, &data, seen.as_ref()).await
    }

    /// When the next digest comes due, or a row that nobody took is overdue.
    pub async fn next_digest(&self) -> Result<Option<Instant>> {
        let rulebook = self.rulebook();
        let mut next = None;
        for digest in &rulebook.model.digests {
            let last = self.store.cursor(&format!("digest:{}", digest.name)).await?;
            let since = last.as_deref().and_then(|t| t.parse().ok()).map(Instant);
            let at = since.and_then(|s| digest.cron.next_after(s, &rulebook.model.workspace.zone));
            next = [next, at, self.next_late(digest).await?].into_iter().flatten().min();
        }
        Ok(next)
    }

    /// The digest as it is now.
    pub async fn digest(&self, digest: &Digest, now: Instant) -> Result<DigestData> {
        Ok(self.digest_and_seen(digest, now).await?.0)
    }

    /// The digest, and what is to be remembered of it where it is posted.
    async fn digest_and_seen(&self, digest: &Digest, now: Instant) -> Result<(DigestData, Option<Seen>)> {
        let rulebook = self.rulebook();
        let from = digest.over.before(now, &rulebook.model.workspace.zone, rulebook.calendar(None));
        let days = (now.since(from) + DAY / 2) / DAY;
        let data = match &digest.of {
            DigestOf::Accounts => return self.accounts(digest, now).await,
            DigestOf::Wins => self.wins(digest, from, now).await?,
            DigestOf::Topics { event, by } => self.topics(digest, (event, by), from, now).await?,
            DigestOf::Product => self.wanted(digest, from, now).await?,
            DigestOf::Kpis => self.moves(digest, days, now).await?,
            DigestOf::Answers => self.answers(digest, from, now).await?,
            DigestOf::Today => self.today(digest, now).await?,
            DigestOf::Playbooks => self.results(digest, from, now).await?,
        };
        Ok((DigestData { days, kind: digest.of.clone(), ..data }, None))
    }

    /// Shows `see` every customer, and whether the digest's condition holds for it. Answers how many there are.
    pub(super) async fn customers(
        &self,
        digest: &Digest,
        now: Instant,
        mut see: impl FnMut(&AccountView, bool) + Send,
    ) -> Result<usize> {
        let mut customers = 0;
        let count = |view: AccountView, holds: bool| {
            if view.is_customer() {
                customers += 1;
                see(&view, holds);
            }
        };
        self.scan(Some(&digest.where_), now, count).await?;
        Ok(customers)
    }

    async fn accounts(&self, digest: &Digest, now: Instant) -> Result<(DigestData, Option<Seen>)> {
        let before = self.last_seen(digest).await?;
        let mut ranking = Ranking::new(&digest.name, digest.limit, digest.order, before.as_ref(), now)
            .up_to(now.day(&self.rulebook().model.workspace.zone));
        let mut loads = Loads::default();
        let customers = self
            .customers(digest, now, |view, holds| {
                loads.add(view);
                if holds {
                    ranking.add(view);
                }
            })
            .await?;
        let (data, seen) = ranking.finish(customers);
        let data = match (&before, &seen) {
            (Some(before), Some(seen)) => data.since(before, seen),
            _ => data,
        };
        Ok((DigestData { overloaded: self.overloaded(&loads), ..data }, seen))
    }

    /// Colleagues who look after more than they can, by their names.
    fn overloaded(&self, loads: &Loads) -> Vec<(String, usize, u32)> {
        let world = self.world();
        let named = |key: String| world.people.get(&key).cloned().unwrap_or(key);
        let over = loads.over(&world.capacity);
        over.into_iter().map(|(key, accounts, limit)| (named(key), accounts, limit)).collect()
    }

    async fn wins(&self, digest: &Digest, from: Instant, now: Instant) -> Result<DigestData> {
        let facts = self.store.happened(&wins::EVENTS, from, now.plus(1), FACTS).await?;
        let mut by_account: BTreeMap<AccountId, Vec<&Fact>> = BTreeMap::new();
        facts.iter().for_each(|fact| by_account.entry(fact.account).or_default().push(fact));
        let mut winners = Winners::new(&digest.name, digest.limit, from, now);
        let customers = self
            .customers(digest, now, |view, holds| {
                if holds {
                    let facts = by_account.get(&view.id).map_or(&[][..], Vec::as_slice);
                    winners.add(view, wins::of(view, facts, from));
                }
            })
            .await?;
        Ok(winners.finish(customers))
    }

    async fn topics(
        &self,
        digest: &Digest,
        (event, by): (&str, &str),
        from: Instant,
        now: Instant,
    ) -> Result<DigestData> {
        let earlier = from.plus(-now.since(from));
        let facts = self.store.happened(&[event], earlier, now.plus(1), FACTS).await?;
        let (speakers, customers) = self.speakers(digest, &facts, now).await?;
        let mut all = topics::rank(&facts, by, &speakers, from);
        let more = all.len().saturating_sub(digest.limit);
        all.truncate(digest.limit);
        let name = digest.name.clone();
        Ok(DigestData { name, as_of: now, customers, topics: all, more, ..DigestData::default() })
    }

    async fn wanted(&self, digest: &Digest, from: Instant, now: Instant) -> Result<DigestData> {
        let earlier = from.plus(-now.since(from));
        let facts = self.store.happened(&product::EVENTS, earlier, now.plus(1), FACTS).await?;
        let (speakers, customers) = self.speakers(digest, &facts, now).await?;
        let mut wants = product::rank(&facts, &digest.words, &speakers, from);
        let more = wants.len().saturating_sub(digest.limit);
        wants.truncate(digest.limit);
        Ok(DigestData { name: digest.name.clone(), as_of: now, customers, wants, more, ..DigestData::default() })
    }

    /// Those of the digest's customers that `facts` speak of, and how many customers there are.
    async fn speakers(&self, digest: &Digest, facts: &[Fact], now: Instant) -> Result<(Speakers, usize)> {
        let spoke: BTreeSet<AccountId> = facts.iter().map(|fact| fact.account).collect();
        let mut speakers = Speakers::new();
        let customers = self
            .customers(digest, now, |view, holds| {
                if holds && spoke.contains(&view.id) {
                    speakers.insert(view.id, Speaker::of(view));
                }
            })
            .await?;
        Ok((speakers, customers))
    }

    async fn answers(&self, digest: &Digest, from: Instant, now: Instant) -> Result<DigestData> {
        let mut facts = self.store.happened(&[survey::RESPONDED], from, now.plus(1), FACTS).await?;
        let (speakers, customers) = self.speakers(digest, &facts, now).await?;
        let merged = speakers.iter().flat_map(|(id, speaker)| speaker.merged.iter().map(|(a, b)| ((*id, *a), *b)));
        answers::by_person(&mut facts, &merged.collect());
        let (surveys, mut voices) = answers::heard(&facts, &speakers);
        let more = voices.len().saturating_sub(digest.limit);
        voices.truncate(digest.limit);
        let name = digest.name.clone();
        Ok(DigestData { name, as_of: now, customers, surveys, voices, more, ..DigestData::default() })
    }

    /// KPIs of the last `days` local days up to yesterday, beside those of as many days before.
    async fn moves(&self, digest: &Digest, days: i64, now: Instant) -> Result<DigestData> {
        let today = now.day(&self.rulebook().model.workspace.zone);
        let days = i32::try_from(days).unwrap_or(i32::MAX).clamp(1, 3_660);
        let report = self.kpis(today - days, today, now).await?;
        let before = self.kpis(today - 2 * days, today - days, now).await?;
        let kpis = moves::moves(&report, &before, &self.posts(digest).await?);
        Ok(DigestData { name: digest.name.clone(), as_of: now, kpis, ..DigestData::default() })
    }

    /// What KPIs were when this digest was posted, oldest post first.
    async fn posts(&self, digest: &Digest) -> Result<Posts> {
        let stored = self.store.cursor(&seen_cursor(digest)).await?;
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    async fn today(&self, digest: &Digest, now: Instant) -> Result<DigestData> {
        let customers = self.customers(digest, now, |_, _| {}).await?;
        Ok(DigestData { name: digest.name.clone(), as_of: now, customers, ..DigestData::default() })
    }

    /// Also of those that have left: what was done for them was done.
    async fn results(&self, digest: &Digest, from: Instant, now: Instant) -> Result<DigestData> {
        let (mut ours, mut customers) = (BTreeSet::new(), 0);
        let see = |view: AccountView, holds: bool| {
            customers += usize::from(view.is_customer());
            ours.extend(Some(view.id).filter(|_| holds && !view.is_internal()));
        };
        self.scan(Some(&digest.where_), now, see).await?;
        let (mut playbooks, sent) = (Vec::new(), self.sent(from, now.plus(1)).await?);
        for playbook in &self.rulebook().playbooks {
            let runs = self.store.runs_of(&playbook.name, FACTS).await?;
            let runs: Vec<Run> = runs.into_iter().filter(|(id, _)| ours.contains(id)).map(|(_, run)| run).collect();
            let sent = sent.of(&playbook.name, |id| ours.contains(id));
            playbooks.push(results::of(&playbook.name, &runs, sent, (from, now.plus(1))));
        }
        Ok(DigestData { name: digest.name.clone(), as_of: now, customers, playbooks, ..DigestData::default() })
    }

    async fn last_seen(&self, digest: &Digest) -> Result<Option<Seen>> {
        let stored = self.store.cursor(&seen_cursor(digest)).await?;
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Keeps what the next one is compared with: who was in a digest of accounts (nothing where they are too many), and
    /// figures of KPIs.
    async fn remember(&self, digest: &Digest, data: &DigestData, seen: Option<&Seen>) -> Result<()> {
        self.ask_for(digest, data, seen).await?;
        let text = match digest.of {
            DigestOf::Accounts => seen.map(|seen| serde_json::to_string(seen).unwrap_or_default()).unwrap_or_default(),
            DigestOf::Kpis => {
                let posts = moves::remembered(self.posts(digest).await?, &data.kpis, POSTS);
                serde_json::to_string(&posts).unwrap_or_default()
            }
            _ => return Ok(()),
        };
        let cursor = seen_cursor(digest);
        let last = self.store.cursor(&cursor).await?;
        self.store.move_cursor(&cursor, last.as_deref(), &text).await?;
        Ok(())
    }
}

fn seen_cursor(digest: &Digest) -> String {
    format!("digest-seen:{}", digest.name)
}

/// The latest firing in `(since, now]`.
fn last_firing(digest: &Digest, rulebook: &Rulebook, since: Instant, now: Instant) -> Option<Instant> {
    let zone = &rulebook.model.workspace.zone;
    let mut last = None;
    let mut at = since;
    // A year of hourly digests; beyond that the rest follows in the next turn.
    for _ in 0..9_000 {
        match digest.cron.next_after(at, zone).filter(|next| *next <= now) {
            Some(next) => (at, last) = (next, Some(next)),
            None => break,
        }
    }
    last
}

/// One fact; of everybody's day one for each colleague (`people`).
fn facts(digest: &Digest, data: &DigestData, world: &World, at: Instant, now: Instant) -> Vec<Incoming> {
    let each = digest.addresses().filter(|(_, address)| *address == PEOPLE && digest.of == DigestOf::Today);
    let mut all = Vec::new();
    let mut rest = digest.clone();
    for (channel, _) in each {
        for key in on_platform(world, channel) {
            let mut one = Digest { slack: None, discord: None, email: None, ..digest.clone() };
            *address_of(&mut one, channel) = Some(format!("@{key}"));
            let mut fact = fact(&one, data, at, now, DIGEST_POST);
            fact.event_id = format!("{}:{channel}:{key}", fact.event_id);
            all.push(fact);
        }
        *address_of(&mut rest, channel) = None;
    }
    if rest.addresses().next().is_some() {
        all.push(fact(&rest, data, at, now, DIGEST_POST));
    }
    all
}

/// Everybody who is known on a platform.
const PEOPLE: &str = "people";

fn on_platform<'w>(world: &'w World, channel: &str) -> BTreeSet<&'w String> {
    let on = |(handle, _): &(&String, &String)| handle.split_once(':').is_some_and(|(platform, _)| platform == channel);
    world.handles.iter().filter(on).map(|(_, key)| key).collect()
}

pub(super) fn address_of<'d>(digest: &'d mut Digest, channel: &str) -> &'d mut Option<String> {
    match channel {
        "slack" => &mut digest.slack,
        "discord" => &mut digest.discord,
        _ => &mut digest.email,
    }
}

/// The fact by which the workspace posts `data`; `step` tells its messages apart.
pub(super) fn fact(digest: &Digest, data: &DigestData, at: Instant, now: Instant, step: &str) -> Incoming {
    let mut props = Props::from([
        ("digest".to_owned(), Value::text(&digest.name)),
        ("data".to_owned(), Value::text(serde_json::to_string(data).unwrap_or_default())),
    ]);
    if step != DIGEST_POST {
        props.insert("step".to_owned(), Value::text(step));
    }
    for (channel, address) in digest.addresses() {
        props.insert(channel.to_owned(), Value::text(address));
    }
    Incoming::own(format!("digest:{}:{}", digest.name, at.0), FactBody::event(DIGEST_DUE, props), now)
}
