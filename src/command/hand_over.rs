//! `assign --all-of FROM TO [ROLE]`: everything of one colleague goes to another.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    act,
    desk::Asker,
    reply::{Part, Press, Reply, Table},
};
use crate::{
    app::shell::Shell,
    engine::ROLES,
    model::{fact::Act, ids::AccountId, world::World},
    store::api::Result,
    words::{hand_over as say, outlook, sentence},
};

/// Customers shown.
const ROWS: usize = 20;

/// What is ordered.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who gives it up: a key of `people:`, or of somebody who is no longer there.
    pub from: &'a str,
    /// Who gets it: a key of `people:`.
    pub to: &'a str,
    /// Only this role; none = every role and every open task.
    pub role: Option<&'a str>,
    /// What would move was seen.
    pub sure: bool,
}

/// What one customer has of theirs.
#[derive(Clone, Debug, Default)]
struct Share {
    /// Key and name; none = tasks about no customer.
    account: Option<(String, String)>,
    roles: Vec<String>,
    tasks: usize,
}

/// Shows what would move; with `sure` it moves, tasks that are open along with it.
pub async fn hand_over(shell: &Shell, who: &Asker, order: &Order<'_>) -> Result<Reply> {
    let (world, locale) = (shell.world(), who.locale);
    if let Some(refusal) = refused(&world, who, order) {
        return Ok(refusal);
    }
    let (shares, load) = shares(shell, order, &known(&world)).await?;
    let name = |key: &str| world.called(key, locale).to_owned();
    let (from, to) = (name(order.from), name(order.to));
    if shares.is_empty() {
        return Ok(Reply::refusal(locale, say::nothing_to_hand_over(locale, &from)));
    }
    let customers = shares.values().filter(|share| share.account.is_some()).count();
    let tasks = shares.values().map(|share| share.tasks).sum();
    if order.sure {
        let keys = shares.values().map(|share| share.account.as_ref().map(|(key, _)| key.clone())).collect();
        let (from_key, to_key, role) = (order.from.to_owned(), order.to.to_owned(), order.role.map(str::to_owned));
        act::record_for(shell, who, keys, &Act::HandOver { from: from_key, to: to_key, role }).await?;
        act::audit(shell, who, "hand over", &format!("{} → {}", order.from, order.to)).await?;
        return Ok(Reply::new(locale, say::handed_over(locale, (&from, &to), customers, tasks)));
    }
    let reply = Reply::new(locale, say::would_hand_over(locale, (&from, &to), customers, tasks));
    let row = |share: &Share| {
        let name = share.account.as_ref().map_or_else(|| say::no_customer(locale).to_owned(), |(_, name)| name.clone());
        vec![name, share.roles.join(", "), share.tasks.to_string()]
    };
    let rows = shares.values().take(ROWS).map(row).collect();
    let mut reply = reply.with(Part::Table(Table { header: say::header(locale).map(str::to_owned).into(), rows }));
    if shares.len() > ROWS {
        reply = reply.line(say::more_customers(locale, shares.len() - ROWS));
    }
    if let Some(most) = world.capacity.get(order.to).filter(|most| load > **most as usize) {
        reply = reply.line(outlook::overloaded_line(locale, &to, load, *most));
    }
    let role = order.role.map(|role| format!(" {role}")).unwrap_or_default();
    let sure = format!("assign --all-of {} {}{role} --yes", order.from, order.to);
    let mut reply = reply.button(say::hand_it_over(locale), Press::Ask(sure));
    reply.footer = say::nothing_handed_over_yet(locale).to_owned();
    Ok(reply)
}

fn refused(world: &World, who: &Asker, order: &Order<'_>) -> Option<Reply> {
    let locale = who.locale;
    let says = if !world.people.contains_key(order.to) {
        let names: Vec<&str> = world.people.keys().map(String::as_str).collect();
        sentence::no_person(locale, order.to, &names.join(", "))
    } else if order.from == order.to {
        say::same_person(locale, order.to)
    } else {
        let roles = known(world);
        let role = order.role.filter(|role| !roles.contains(*role))?;
        say::no_role(locale, role, &roles.into_iter().collect::<Vec<_>>().join(", "))
    };
    Some(Reply::refusal(locale, says))
}

/// The roles that colleagues have for customers.
fn known(world: &World) -> BTreeSet<&str> {
    ROLES.into_iter().chain(world.fallbacks.keys().map(String::as_str)).collect()
}

/// What moves, by customer; and how many customers the one who gets it would look after.
async fn shares(
    shell: &Shell,
    order: &Order<'_>,
    roles: &BTreeSet<&str>,
) -> Result<(BTreeMap<AccountId, Share>, usize)> {
    let wanted: Vec<&str> = roles.iter().copied().filter(|role| order.role.is_none_or(|only| only == *role)).collect();
    let (mut shares, mut load): (BTreeMap<AccountId, Share>, usize) = (BTreeMap::new(), 0);
    let see = |view: crate::insight::view::AccountView, _| {
        let held = wanted.iter().filter(|role| view.state.attr_text(role) == Some(order.from));
        let held: Vec<String> = held.map(|role| (*role).to_owned()).collect();
        let moves = held.iter().any(|role| role == "csm");
        load += usize::from(view.is_customer() && (moves || view.state.attr_text("csm") == Some(order.to)));
        if !held.is_empty() {
            let account = Some((view.key.clone(), view.name().to_owned()));
            shares.insert(view.id, Share { account, roles: held, tasks: 0 });
        }
    };
    shell.scan(None, shell.clock.now(), see).await?;
    for (id, _) in shell.store.open_tasks(Some(order.from)).await? {
        if !shares.contains_key(&id) && order.role.is_none() {
            let row = shell.store.accounts_of(&[id]).await?.into_iter().next();
            let account = row.filter(|_| id != AccountId::WORKSPACE).map(|row| (row.key, row.name));
            shares.insert(id, Share { account, ..Share::default() });
        }
        if let Some(share) = shares.get_mut(&id) {
            share.tasks += 1;
        }
    }
    Ok((shares, load))
}
