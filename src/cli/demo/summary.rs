//! What happened in the demo, in the order of the three uses, under the two first KPIs.

use std::collections::BTreeMap;

use serde_json::json;

use super::{DAYS, days::Span, replay::Told};
use crate::{
    chat::text,
    cli::{Cli, assemble::Running, desk, exit::Failure},
    command::{digest, health},
    engine::DIGEST_POST,
    insight::{digest::DigestData, rate::Rate},
    model::{instant::Instant, locale::Locale, message::OutboxState},
    rulebook::titles::Titled,
    store::api::OutboxRow,
    words::{
        bracketed, sentence,
        terms::{Term, term},
    },
};

/// Prints the summary, or the contract's JSON.
pub async fn print(cli: &Cli, running: &Running, told: &Told, span: &Span, end: Instant) -> Result<(), Failure> {
    let shell = &running.shell;
    let rows = shell.store.outbox(None, None, 100_000).await?;
    let sent: Vec<&OutboxRow> = rows.iter().filter(|r| r.state == OutboxState::Sent).collect();
    let mut by_playbook: BTreeMap<&str, u64> = BTreeMap::new();
    sent.iter().for_each(|r| *by_playbook.entry(r.planned.playbook.as_str()).or_default() += 1);
    let accounts = shell.views(None, end).await?.len();
    let of_digests = |r: &&&OutboxRow| r.planned.playbook.starts_with("digest:");
    let team = sent.iter().filter(of_digests).count();
    let digests = sent.iter().filter(of_digests).filter(|r| r.planned.step == DIGEST_POST).count();
    if cli.json {
        desk::json(
            &json!({"accounts": accounts, "messages": sent.len(), "by_playbook": by_playbook, "digests": digests, "facts": told.facts}),
        );
        return Ok(());
    }
    let locale = cli.locale();
    two_kpis(running, span, end, locale).await?;
    anstream::println!("{}\n", sentence::demo_sent(locale, sent.len() - team, accounts, DAYS));
    for (playbook, count) in by_playbook.iter().filter(|(name, _)| !name.starts_with("digest:")) {
        let rulebook = shell.rulebook();
        let title = rulebook.title(Titled::Playbook, playbook, locale);
        let why = rulebook.playbook(playbook).map(|p| p.purpose.get(locale)).unwrap_or_default();
        anstream::println!("   {count:>5}  {title}");
        if !why.is_empty() {
            anstream::println!("          {why}");
        }
    }
    let mails = running.project.path("outbox");
    let read = sentence::demo_read(locale, &mails.display().to_string());
    anstream::println!("\n   {read}\n\n2. /cs health acme\n");
    if let Some(acme) = shell.store.account_by_key("acme").await?
        && let Some(view) = shell.view(acme.id, end).await?
    {
        let card = health::health(&view, shell, end, locale);
        anstream::println!("{}", text::render(&health::reply(&card, &shell.rulebook(), locale)));
    }
    anstream::println!("\n{}\n", sentence::demo_digest(locale, digests));
    let rulebook = shell.rulebook();
    if let Some(first) = rulebook.model.digests.first() {
        // As it was posted last: compared with the week before, not with itself.
        let posted = match last_posted(&sent, &first.name) {
            Some(posted) => posted,
            None => shell.digest(first, end).await?,
        };
        anstream::println!("{}", text::render(&digest::reply(&posted, &rulebook, locale)));
    }
    Ok(())
}

/// What a digest said the last time it was posted.
fn last_posted(sent: &[&OutboxRow], name: &str) -> Option<DigestData> {
    let playbook = format!("digest:{name}");
    let own = sent.iter().filter(|row| row.planned.playbook == playbook && row.planned.step == DIGEST_POST);
    let data = own.filter_map(|row| serde_json::from_str(row.planned.vars.get("data")?.as_text()?).ok());
    data.max_by_key(|data: &DigestData| data.as_of)
}

/// Churn (lagging) and onboarding completion (leading), over the sixty days.
async fn two_kpis(running: &Running, span: &Span, end: Instant, locale: Locale) -> Result<(), Failure> {
    let report = running.shell.kpis(span.first, end.day(&span.zone) + 1, end).await?;
    anstream::println!("{}\n", sentence::demo_title(locale, DAYS, &report.period[0], &report.period[1]));
    for (name, leading) in [("logo_churn", false), ("onboarding_completion", true)] {
        if let Some(rate) = report.kpis.get(name) {
            let kind = sentence::kpi_kind(locale, leading);
            anstream::println!(
                "   {}{}: {}",
                term(locale, Term::Kpi, name),
                bracketed(locale, &kind),
                line(rate, locale)
            );
            anstream::println!("      {}", term(locale, Term::Method, rate.method));
        }
    }
    anstream::println!("");
    Ok(())
}

fn line(rate: &Rate, locale: Locale) -> String {
    let percent = |p: f64| format!("{:.1}%", p * 100.0);
    let value = rate.value.map_or_else(|| "–".to_owned(), percent);
    let ends = rate.ci95.and_then(|[lo, hi]| lo.zip(hi));
    let ci = ends.map(|(lo, hi)| format!(" (95% {}–{})", percent(lo), percent(hi))).unwrap_or_default();
    let target = rate.target.map(|t| sentence::kpi_target(locale, &percent(t))).unwrap_or_default();
    format!("{value} = {}/{}{ci}{target}", rate.numerator, rate.denominator)
}
