//! What happened in the demo, in the order of the three uses, under the two first KPIs.

use std::collections::BTreeMap;

use serde_json::json;

use super::{DAYS, days::Span, replay::Told};
use crate::{
    chat::text,
    cli::{Cli, assemble::Running, desk, exit::Failure},
    command::{digest, health, kpi},
    insight::rate::Rate,
    model::{instant::Instant, message::OutboxState},
    store::api::OutboxRow,
};

/// Prints the summary, or the contract's JSON.
pub async fn print(cli: &Cli, running: &Running, told: &Told, span: &Span, end: Instant) -> Result<(), Failure> {
    let shell = &running.shell;
    let rows = shell.store.outbox(None, None, 100_000).await?;
    let sent: Vec<&OutboxRow> = rows.iter().filter(|r| r.state == OutboxState::Sent).collect();
    let mut by_playbook: BTreeMap<&str, u64> = BTreeMap::new();
    sent.iter().for_each(|r| *by_playbook.entry(r.planned.playbook.as_str()).or_default() += 1);
    let accounts = shell.views(None, end).await?.len();
    let digests = sent.iter().filter(|r| r.planned.playbook.starts_with("digest:")).count();
    if cli.json {
        desk::json(
            &json!({"accounts": accounts, "messages": sent.len(), "by_playbook": by_playbook, "digests": digests, "facts": told.facts}),
        );
        return Ok(());
    }
    two_kpis(running, span, end).await?;
    anstream::println!(
        "1. Step e-mails and nudges: {} sent to {accounts} customers in {DAYS} days\n",
        sent.len() - digests
    );
    for (playbook, count) in by_playbook.iter().filter(|(name, _)| !name.starts_with("digest:")) {
        let why =
            shell.rulebook().playbook(playbook).map(|p| p.purpose.get(cli.locale()).to_owned()).unwrap_or_default();
        anstream::println!("   {count:>5}  {playbook:<20} {why}");
    }
    let mails = running.project.path("outbox");
    anstream::println!("\n   Read them: {}\n\n2. /cs health acme\n", mails.display());
    if let Some(acme) = shell.store.account_by_key("acme").await?
        && let Some(view) = shell.view(acme.id, end).await?
    {
        let card = health::health(&view, shell, end, cli.locale());
        anstream::println!("{}", text::render(&health::reply(&card, cli.locale())));
    }
    anstream::println!("\n3. Monday's digest ({digests} posted)\n");
    let rulebook = shell.rulebook();
    if let Some(first) = rulebook.model.digests.first() {
        let data = shell.digest(first, end).await?;
        anstream::println!("{}", text::render(&digest::reply(&data, cli.locale(), &span.zone)));
    }
    Ok(())
}

/// Churn (lagging) and onboarding completion (leading), over the sixty days.
async fn two_kpis(running: &Running, span: &Span, end: Instant) -> Result<(), Failure> {
    let report = kpi::between(&running.shell, span.first, end.day(&span.zone) + 1, end).await?;
    anstream::println!("shirube demo: {DAYS} days, {} to {}\n", report.period[0], report.period[1]);
    for (name, kind) in [("logo_churn", "lagging"), ("onboarding_completion", "leading")] {
        if let Some(rate) = report.kpis.get(name) {
            anstream::println!("   {name:<22} {:<8} {}", kind, line(rate));
        }
    }
    anstream::println!("");
    Ok(())
}

fn line(rate: &Rate) -> String {
    let percent = |p: f64| format!("{:.1}%", p * 100.0);
    let value = rate.value.map_or_else(|| "–".to_owned(), percent);
    let ci = rate.ci95.map(|[lo, hi]| format!(" (95% {}–{})", percent(lo), percent(hi))).unwrap_or_default();
    let target = rate.target.map(|t| format!(", target {}", percent(t))).unwrap_or_default();
    format!("{value} = {}/{}{ci}{target}, {}", rate.numerator, rate.denominator, rate.method)
}
