//! `demo --effects`: one playbook that helps, one that does nothing, one that harms, and what `effect` says of each. Half of
//! 800 customers are left out of each; the others get its mail and answer to it as `world` has it.

mod world;

use std::{path::Path, sync::Arc};

use serde_json::json;

use self::world::{CUSTOMERS, DAYS, PLANTED};
use super::{days::Span, replay};
use crate::{
    app::effects::{Ask, Found},
    chat::text,
    cli::{
        Cli, Exit, Failure,
        assemble::{self, Running},
        desk, init, preset,
        project::Project,
    },
    clock::{Clock, VirtualClock},
    command::effect as answer,
    model::{
        fact::Incoming,
        instant::{Instant, date_of},
        message::OutboxState,
        reply::Reply,
    },
    store::{api::Mode, open},
    words::{effect as say, refusal},
};

/// Files of this world, besides those of the kit that are no playbooks and no model.
const FILES: [(&str, &str); 10] = [
    ("model.yaml", include_str!("kit/model.yaml")),
    ("playbooks/feature_guide.yaml", include_str!("kit/playbooks/feature_guide.yaml")),
    ("playbooks/monthly_letter.yaml", include_str!("kit/playbooks/monthly_letter.yaml")),
    ("playbooks/early_offer.yaml", include_str!("kit/playbooks/early_offer.yaml")),
    ("templates/effects/guide.ja.md", include_str!("kit/templates/guide.ja.md")),
    ("templates/effects/guide.en.md", include_str!("kit/templates/guide.en.md")),
    ("templates/effects/letter.ja.md", include_str!("kit/templates/letter.ja.md")),
    ("templates/effects/letter.en.md", include_str!("kit/templates/letter.en.md")),
    ("templates/effects/offer.ja.md", include_str!("kit/templates/offer.ja.md")),
    ("templates/effects/offer.en.md", include_str!("kit/templates/offer.en.md")),
];
/// Where the declared end stands in the playbooks.
const UNTIL: &str = "UNTIL";
/// Hours at which a day is looked at: what came in overnight, then the open window, then what the mails led to.
const HOURS: [i64; 3] = [9, 11, 18];

/// Builds the folder, replays, and prints what `effect` says.
pub async fn run(cli: &Cli, folder: &Path) -> Result<Exit, Failure> {
    let end = cli.clock()?.now();
    init::write(folder, &files(end))?;
    init::ignore(folder)?;
    let clock = Arc::new(VirtualClock::at(end));
    let project = Project::open(folder)?;
    let path = match &project.config.store {
        crate::config::Store::Sqlite(path) => project.path(path),
        crate::config::Store::Postgres(_) => return Err(Failure::usage(refusal::demo_on_sqlite(cli.locale()))),
    };
    let store = open(&format!("sqlite:{}", path.display()), Mode::Rehearsal).await?;
    let zone = project.rulebook()?.0.model.workspace.zone;
    let span = Span { first: end.day(&zone) - DAYS, zone, locale: cli.locale() };
    clock.set(span.at(0, 0, 0));
    let running = assemble::running_on(project, store, Mode::Rehearsal, Arc::clone(&clock) as Arc<dyn Clock>)
        .await?
        .rendering_here()?;
    let sent = replayed(&running, &clock, &span).await?;
    clock.set(end);
    running.shell.turn(end).await?;
    print(cli, &running, sent, end).await?;
    Ok(Exit::Done)
}

fn files(end: Instant) -> Vec<(String, String)> {
    let kept = |path: &str| !path.starts_with("playbooks/") && path != "model.yaml" && !path.starts_with("knowledge/");
    let rest = preset::files(&[]).into_iter().filter(|(path, _)| kept(path) && !path.starts_with("templates/"));
    let layouts = preset::files(&[]).into_iter().filter(|(path, _)| path.starts_with("templates/layouts/"));
    // The end is declared: yesterday, so that it has come.
    let until = date_of(end.day(&jiff::tz::TimeZone::get("Asia/Tokyo").unwrap_or(jiff::tz::TimeZone::UTC))).to_string();
    let own = FILES.iter().map(|(path, text)| ((*path).to_owned(), text.replace(UNTIL, &until)));
    init::stamped(rest.chain(layouts).chain(own).collect(), end)
}

/// Day by day: what customers do anyway, what they are sent, and what they do because of it. Answers how many mails left.
async fn replayed(running: &Running, clock: &VirtualClock, span: &Span) -> Result<u64, Failure> {
    let (dispatcher, _, _) = running.dispatcher().await?;
    replay::feed(running, &world::arrivals(span)).await?;
    let mut open = world::anyway(span);
    let (mut seen, mut sent) = (std::collections::BTreeSet::new(), 0);
    for day in 0..DAYS {
        for hour in HOURS {
            let at = span.at(day, hour, 0);
            let (now, later): (Vec<Incoming>, Vec<Incoming>) = open.into_iter().partition(|f| f.received_at <= at);
            open = later;
            replay::feed(running, &sorted(now)).await?;
            clock.set(at);
            running.shell.turn(at).await?;
            sent += dispatcher.dispatch_once().await.map_err(|e| Failure::refused(e.to_string()))?.sent;
        }
        for row in running.shell.store.outbox(Some(OutboxState::Sent), None, CUSTOMERS * PLANTED.len()).await? {
            if seen.insert(row.planned.key.0.clone())
                && let Some(account) = running.shell.store.accounts_of(&[row.planned.account]).await?.first()
            {
                open.extend(world::answer(&account.key, &row.planned.playbook, day, span));
            }
        }
    }
    Ok(sent)
}

fn sorted(mut facts: Vec<Incoming>) -> Vec<Incoming> {
    facts.sort_by_key(|fact| fact.received_at);
    facts
}

/// Each playbook as `shirube effect` says it, under what was planted.
async fn print(cli: &Cli, running: &Running, sent: u64, end: Instant) -> Result<(), Failure> {
    let (locale, rulebook) = (cli.locale(), running.shell.rulebook());
    let mut all: Vec<Found> = Vec::new();
    for planted in &PLANTED {
        let found = answer::find(&running.shell, planted.playbook, Ask::default(), end, locale).await?;
        all.push(found.map_err(Failure::refused)?);
    }
    if cli.json {
        desk::json(&json!({"accounts": CUSTOMERS, "messages": sent, "playbooks": all}));
        return Ok(());
    }
    anstream::println!("{}", text::render(&Reply::new(locale, say::demo_title(locale, CUSTOMERS, DAYS, sent))));
    for (planted, found) in PLANTED.iter().zip(&all) {
        let then = planted.anyway as f64 + (100 - planted.anyway) as f64 * planted.message as f64 / 100.0;
        let truth = say::demo_planted(locale, planted.anyway as f64, then, planted.act.is_none());
        anstream::println!("{}", text::render(&answer::reply(found, &rulebook, locale).line(truth)));
    }
    anstream::println!("{}", say::demo_again(locale));
    Ok(())
}
