//! What follows from a look: the feed is fresh, or it is tried again later and the team is told, once.

use super::{
    Done, End, Feed, Place,
    standing::{self, Standing},
};
use crate::{
    app::shell::Shell,
    model::{
        fact::{FactBody, Incoming},
        instant::{DAY, HOUR, Instant, MINUTE, SECOND},
        value::{Props, Value},
    },
    source::pull::Trouble,
    store::api::Result,
    words::pulls,
};

/// What may pass by itself is told when it has failed so often in a row.
const PATIENCE: u32 = 3;
/// The longest wait of our own before it is tried again.
const LONGEST: i64 = 6 * HOUR;
/// The longest wait that a server may ask for.
const ASKED: i64 = 7 * DAY;

/// Every table counts as this feed, too: the one of `import`.
const TABLES: &str = "csv";

/// Writes down how a feed stands after a look, and tells whom it concerns. `next` is its next regular look.
pub(super) async fn outcome(
    shell: &Shell,
    feed: &Feed,
    mut standing: Standing,
    done: &[Done],
    next: Instant,
) -> Result<()> {
    let before = standing::read(shell.store.as_ref(), &feed.name).await?;
    match done {
        [Done { file: None, end: End::Failed(trouble), .. }] => failed(shell, &feed.name, standing, trouble).await,
        _ => {
            files(shell, feed, done, &before).await?;
            let arrived = matches!(feed.place, Place::Url(_) | Place::Query(_))
                || done.iter().any(|d| matches!(d.end, End::Taken(..)));
            let feeds: &[&str] = if arrived { &[&feed.name, TABLES] } else { &[] };
            good(shell, &feed.name, &mut standing, feeds, next).await?;
            // A folder in which nothing happens is not written about.
            let quiet = Standing { next: before.next, ..standing.clone() } == before;
            if quiet && feed.looked_at_every().is_some() {
                return Ok(());
            }
            standing::write(shell.store.as_ref(), &feed.name, &standing).await
        }
    }
}

/// Writes down that a feed could not be had; the team is told once.
pub(super) async fn failed(shell: &Shell, feed: &str, mut standing: Standing, trouble: &Trouble) -> Result<()> {
    let (store, now) = (shell.store.as_ref(), shell.clock.now());
    if standing.fails == 0 && !standing.told {
        standing.since = now;
    }
    standing.fails += 1;
    standing.trouble = Some(trouble.clone());
    standing.next = now.plus(pause(standing.fails, trouble.pause));
    // Since when it fails is kept first: by that the telling is known again after a crash.
    standing::write(store, feed, &standing).await?;
    if standing.told || !trouble.fault.stays() && standing.fails < PATIENCE {
        return Ok(());
    }
    let id = standing.since.0.to_string();
    store.append(vec![stale(shell, feed, &why(shell, trouble), &id)]).await?;
    standing.told = true;
    standing::write(store, feed, &standing).await
}

/// How long until it is tried again after so many failures; longer where the server asks for it.
fn pause(fails: u32, asked: Option<u64>) -> i64 {
    let own = (MINUTE << fails.saturating_sub(1).min(9)).min(LONGEST);
    let asked = asked.map_or(0, |seconds| i64::try_from(seconds).unwrap_or(ASKED).saturating_mul(SECOND));
    own.max(asked.min(ASKED))
}

/// Notes that a feed could be had, and what arrived of which feeds; that it is back is told.
pub(super) async fn good(
    shell: &Shell,
    feed: &str,
    standing: &mut Standing,
    arrived: &[&str],
    next: Instant,
) -> Result<()> {
    let now = shell.clock.now();
    // Where it was late as well, that it is back is said with the next turn.
    if standing.told && !shell.world().stale.contains(feed) {
        let id = format!("feed.recovered:{feed}:{}", standing.since.0);
        shell.store.append(vec![Incoming::own(id, FactBody::event("feed.recovered", about(feed)), now)]).await?;
    }
    (standing.fails, standing.trouble, standing.told, standing.next) = (0, None, false, next);
    if !arrived.is_empty() {
        standing.good = Some(now);
        shell
            .change_world(|world| {
                world.feeds.extend(arrived.iter().map(|feed| ((*feed).to_owned(), now)));
            })
            .await?;
    }
    Ok(())
}

/// Files that were not taken are told one by one, each content once; one that was mended, too.
async fn files(shell: &Shell, feed: &Feed, done: &[Done], before: &Standing) -> Result<()> {
    let (now, locale) = (shell.clock.now(), shell.rulebook().model.workspace.locale);
    for one in done {
        let Some(file) = &one.file else { continue };
        let was_bad = before.files.get(file).is_some_and(|seen| seen.trouble.is_some());
        let fact = match &one.end {
            End::Failed(trouble) => {
                let why = pulls::of_file(locale, file, &why(shell, trouble));
                stale(shell, &feed.name, &why, &format!("{file}:{}", now.0))
            }
            End::Taken(..) if was_bad => {
                let id = format!("feed.recovered:{}:{file}:{}", feed.name, now.0);
                Incoming::own(id, FactBody::event("feed.recovered", about(&feed.name)), now)
            }
            _ => continue,
        };
        shell.store.append(vec![fact]).await?;
    }
    Ok(())
}

fn why(shell: &Shell, trouble: &Trouble) -> String {
    pulls::fault(shell.rulebook().model.workspace.locale, trouble.fault, &trouble.detail)
}

fn about(feed: &str) -> Props {
    Props::from([("feed".to_owned(), Value::text(feed))])
}

fn stale(shell: &Shell, feed: &str, why: &str, id: &str) -> Incoming {
    let mut props = about(feed);
    props.insert("reason".to_owned(), Value::text("failed"));
    props.insert("why".to_owned(), Value::text(why));
    tracing::warn!(feed, why, "data could not be pulled");
    Incoming::own(format!("feed.stale:{feed}:failed:{id}"), FactBody::event("feed.stale", props), shell.clock.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_place_is_asked_less_and_less_often() {
        let waits: Vec<i64> = (1..=12).map(|n| pause(n, None) / MINUTE).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
        assert_eq!((pause(1, Some(600)), pause(1, Some(u64::MAX))), (10 * MINUTE, ASKED));
    }

    #[test]
    fn a_server_that_asked_for_a_day_was_asked_again_after_six_hours() {
        assert_eq!((pause(1, Some(86_400)), pause(12, Some(86_400))), (DAY, DAY));
    }
}
