//! The roll of all accounts: what lists ask of everybody, kept in memory, so that a list costs what stands on it and not
//! what does not.
//!
//! A line holds how an account was read last, and after how many decisions. A list first asks the store how many
//! decisions each account has had, reads those again that were decided since, picks from the roll, and then reads the
//! picked ones as they are at this moment. An account that belongs on a list by the time of day alone, without a
//! decision, is missing until it is decided or the local day ends: every line is read again each day and with each
//! rulebook.

use std::{collections::BTreeSet, sync::Arc};

use tokio::task::JoinHandle;

use super::shell::Shell;
use crate::{
    engine::{ROLES, explain},
    insight::view::AccountView,
    model::{
        ids::AccountId,
        instant::Instant,
        snapshot::Snapshot,
        world::{OWN, World},
    },
    rulebook::types::Rulebook,
    store::api::{Result, Store, StoreError},
};

/// Accounts read at once.
const PAGE: usize = 500;
/// Counts of decisions asked for at once.
const MARKS: usize = 10_000;
/// Segments that have a place in a line; who is in one beyond them is found by reading everybody.
const SEGMENTS: usize = 64;

/// Whom a list is about; always customers.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// In a band of health.
    Band(&'a str),
    /// In a band of readiness to grow.
    Ready(&'a str),
    /// In a segment.
    Segment(&'a str),
    /// Longer in their phase than the model allows.
    Stuck,
    /// With a renewal up to this local day, also long before it.
    RenewalUpTo(i32),
    /// Looked after by this colleague; `true`: also those that nobody looks after.
    Csm(&'a str, bool),
}

/// Every account as it was read last.
#[derive(Default)]
pub(super) struct Roll {
    /// The local day on which the lines were read.
    day: i32,
    /// The rulebook by which.
    rulebook: String,
    /// The roles in which accounts have owners.
    roles: Vec<String>,
    /// By number.
    lines: Vec<Line>,
}

struct Line {
    id: AccountId,
    /// Decisions the account had had.
    decided: i64,
    customer: bool,
    stuck: bool,
    band: Option<Arc<str>>,
    ready: Option<Arc<str>>,
    csm: Option<Arc<str>>,
    /// Who looks after it, in the order of the roll's roles.
    owners: Vec<Option<Arc<str>>>,
    renewal: Option<i32>,
    /// One bit for each of the model's first segments.
    segments: u64,
}

impl Shell {
    /// Shows those customers to `see`, in the order of their numbers, as they are at `now`; answers how many customers
    /// there are in all.
    pub async fn pick(&self, which: Which<'_>, now: Instant, mut see: impl FnMut(AccountView) + Send) -> Result<usize> {
        let (world, rulebook) = (self.world(), self.rulebook());
        let (customers, ids) = {
            let mut roll = self.roll().lock().await;
            self.call(&mut roll, &rulebook, now).await?;
            let seen = |id: &AccountId| self.seen.as_ref().is_none_or(|(ids, _)| ids.contains(id));
            let customers = roll.lines.iter().filter(|line| line.customer && seen(&line.id)).count();
            (customers, roll.ids(which, &rulebook).into_iter().filter(seen).collect::<Vec<_>>())
        };
        let look = |snapshot: Snapshot| {
            let read = explain::read(&snapshot, &world, &rulebook, now, None);
            let view = super::views::view(snapshot, read);
            if view.is_customer() && fits(&view, which) {
                see(view);
            }
        };
        each_of(&self.store, &ids, look).await?;
        Ok(customers)
    }

    /// This house as a colleague sees it (`people.X.sees`): with every customer, or with those they may see alone.
    pub async fn seen_by(&self, person: &str, now: Instant) -> Result<Option<Shell>> {
        let (world, rulebook) = (self.world(), self.rulebook());
        let Some(sees) = world.sees.get(person) else { return Ok(None) };
        let mine: BTreeSet<&str> = match sees.iter().any(|word| word == OWN) {
            true => {
                world.acts_for(person, now.day(&rulebook.model.workspace.zone)).into_iter().chain([person]).collect()
            }
            false => BTreeSet::new(),
        };
        let place = |name: &String| rulebook.model.segments.iter().position(|s| s.name == *name);
        let places: Vec<usize> = sees.iter().filter_map(place).collect();
        let mut ids: BTreeSet<AccountId> = {
            let mut roll = self.roll().lock().await;
            self.call(&mut roll, &rulebook, now).await?;
            let bits = places.iter().filter(|at| **at < SEGMENTS).fold(0, |bits, at| bits | 1 << at);
            let instead: Vec<Option<&str>> =
                roll.roles.iter().map(|role| world.fallbacks.get(role).map(String::as_str)).collect();
            let owns = |line: &Line| {
                let owners = line.owners.iter().zip(&instead).filter_map(|(own, instead)| own.as_deref().or(*instead));
                owners.into_iter().any(|owner| mine.contains(owner))
            };
            roll.lines.iter().filter(|line| line.segments & bits != 0 || owns(line)).map(|line| line.id).collect()
        };
        // Beyond what a line holds.
        for at in places.into_iter().filter(|at| *at >= SEGMENTS) {
            let name = format!("segment.{}", rulebook.model.segments[at].name);
            let see =
                |view: AccountView, _| ids.extend(Some(view.id).filter(|_| view.value(&name).as_bool() == Some(true)));
            self.scan(None, now, see).await?;
        }
        Ok(Some(self.with(ids)))
    }

    /// The same as a list.
    pub async fn picked(&self, which: Which<'_>, now: Instant) -> Result<(Vec<AccountView>, usize)> {
        let mut views = Vec::new();
        let customers = self.pick(which, now, |view| views.push(view)).await?;
        Ok((views, customers))
    }

    /// Brings the roll up to `now`.
    async fn call(&self, roll: &mut Roll, rulebook: &Rulebook, now: Instant) -> Result<()> {
        let (world, today) = (self.world(), now.day(&rulebook.model.workspace.zone));
        let roles = roles(&world);
        if roll.day != today || roll.rulebook != rulebook.hash || roll.roles != roles {
            *roll = Roll { day: today, rulebook: rulebook.hash.clone(), roles, lines: Vec::new() };
        }
        let marks = self.marks().await?;
        let known = |id: AccountId| roll.lines.binary_search_by_key(&id, |line| line.id).ok();
        let same = |(id, decided): &&(AccountId, i64)| known(*id).is_some_and(|at| roll.lines[at].decided == *decided);
        let (kept, stale): (Vec<_>, Vec<_>) = marks.iter().partition(same);
        if stale.is_empty() && kept.len() == roll.lines.len() {
            return Ok(());
        }
        let stale: Vec<AccountId> = stale.into_iter().map(|(id, _)| id).collect();
        let (roles, mut fresh) = (&roll.roles, Vec::with_capacity(stale.len()));
        let look = |snapshot: Snapshot| {
            let read = explain::read(&snapshot, &world, rulebook, now, None);
            fresh.push(line(&super::views::view(snapshot, read), rulebook, roles));
        };
        each_of(self.whole(), &stale, look).await?;
        let gone = |line: &Line| {
            stale.binary_search(&line.id).is_ok() || marks.binary_search_by_key(&line.id, |m| m.0).is_err()
        };
        roll.lines.retain(|line| !gone(line));
        // A decision that came in between is read again the next time.
        fresh.iter_mut().for_each(|line| {
            line.decided = marks.binary_search_by_key(&line.id, |m| m.0).map_or(0, |at| marks[at].1);
        });
        roll.lines.append(&mut fresh);
        roll.lines.sort_unstable_by_key(|line| line.id);
        Ok(())
    }

    /// How many decisions each account has had, by number.
    async fn marks(&self) -> Result<Vec<(AccountId, i64)>> {
        let (mut after, mut all) = (AccountId::WORKSPACE, Vec::new());
        loop {
            let page = self.whole().decisions(after, MARKS).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.0;
            all.extend(page);
        }
    }
}

/// Shows these accounts to `see`; a page is read while the one before it is looked at.
async fn each_of(store: &Arc<dyn Store>, ids: &[AccountId], mut see: impl FnMut(Snapshot) + Send) -> Result<()> {
    let mut pages = ids.chunks(PAGE);
    let mut next = pages.next().map(|page| page_of(store, page));
    while let Some(reading) = next {
        let page = reading.await.map_err(|gone| StoreError::Unreachable(gone.to_string()))??;
        next = pages.next().map(|page| page_of(store, page));
        page.into_iter().for_each(&mut see);
    }
    Ok(())
}

fn page_of(store: &Arc<dyn Store>, ids: &[AccountId]) -> JoinHandle<Result<Vec<Snapshot>>> {
    let (store, ids) = (Arc::clone(store), ids.to_vec());
    tokio::spawn(async move { store.snapshots(&ids).await })
}

/// The roles in which accounts have owners.
fn roles(world: &World) -> Vec<String> {
    let named = world.fallbacks.keys().map(String::as_str);
    ROLES.into_iter().chain(named).collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

impl Roll {
    fn ids(&self, which: Which<'_>, rulebook: &Rulebook) -> Vec<AccountId> {
        let segments = &rulebook.model.segments;
        let place = |name: &str| segments.iter().position(|s| s.name == name);
        let bit = match which {
            // A place beyond the line, or no segment at all: reading decides.
            Which::Segment(name) => place(name).filter(|at| *at < SEGMENTS).map_or(u64::MAX, |at| 1 << at),
            _ => 0,
        };
        let on = |line: &&Line| match which {
            Which::Band(name) => line.band.as_deref() == Some(name),
            Which::Ready(name) => line.ready.as_deref() == Some(name),
            Which::Segment(_) => bit == u64::MAX || line.segments & bit != 0,
            Which::Stuck => line.stuck,
            Which::RenewalUpTo(day) => line.renewal.is_some_and(|on| on <= day),
            Which::Csm(key, nobody) => line.csm.as_deref().map_or(nobody, |csm| csm == key),
        };
        self.lines.iter().filter(|line| line.customer).filter(on).map(|line| line.id).collect()
    }
}

fn line(view: &AccountView, rulebook: &Rulebook, roles: &[String]) -> Line {
    let shared = |text: Option<&str>| text.map(Arc::from);
    let names = rulebook.model.segments.iter().take(SEGMENTS).map(|segment| format!("segment.{}", segment.name));
    let inside = |(at, name): (usize, String)| u64::from(view.value(&name).as_bool() == Some(true)) << at;
    Line {
        id: view.id,
        decided: 0,
        customer: view.is_customer(),
        stuck: view.value("stuck").as_bool() == Some(true),
        band: shared(Some(view.band())),
        ready: shared(view.readiness_band()),
        csm: shared(view.text("account.csm")),
        owners: roles.iter().map(|role| shared(view.state.attr_text(role))).collect(),
        renewal: view.day("account.renewal_date"),
        segments: names.enumerate().map(inside).sum(),
    }
}

/// Whether the account belongs on the list as it is now.
fn fits(view: &AccountView, which: Which<'_>) -> bool {
    match which {
        Which::Band(name) => view.band() == name,
        Which::Ready(name) => view.readiness_band() == Some(name),
        Which::Segment(name) => view.value(&format!("segment.{name}")).as_bool() == Some(true),
        Which::Stuck => view.value("stuck").as_bool() == Some(true),
        Which::RenewalUpTo(day) => view.day("account.renewal_date").is_some_and(|on| on <= day),
        Which::Csm(key, nobody) => view.text("account.csm").map_or(nobody, |csm| csm == key),
    }
}
