//! How ready customers are to grow: the line on an account's card, and `expansion [BAND]`, those nearest to it first.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::{
    health::{Component, component, number},
    reply::Reply,
};
use crate::{
    app::{roll::Which, shell::Shell},
    insight::{ranking::Ranking, view::AccountView},
    model::{instant::Instant, locale::Locale, score::ScoreKind},
    rulebook::{
        titles::Titled,
        types::{BandCap, Order, Rulebook},
    },
    store::api::Result,
    words::{Word, band, bracketed, expansion as words, say, sentence},
};

/// Rows of the list.
const ROWS: usize = 20;

/// How ready an account is to grow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Readiness {
    /// Which scorecard judged it.
    pub scorecard: String,
    /// The score; none where nothing is known.
    pub score: Option<f64>,
    /// The best possible score.
    pub best: f64,
    /// `ready`, `warming`, `not_yet`, `unknown`.
    pub band: String,
    /// Share of the score that is known, 0..1.
    pub coverage: f64,
    /// Against the end of the local day a week ago.
    pub change_7d: Option<f64>,
    /// The parts of the score; they sum to it.
    pub components: Vec<Component>,
    /// Why the band is lower than the score alone would make it.
    pub held_because: Option<String>,
}

/// What the model's `expansion:` says of it; none where that has no scorecard for it, or it left.
pub fn readiness(view: &AccountView, rulebook: &Rulebook, zone: &TimeZone, locale: Locale) -> Option<Readiness> {
    let found = view.state.expansion.as_ref()?;
    let card = rulebook.model.expansion.iter().find(|card| card.name == found.scorecard);
    let cap = card.and_then(|card| card.caps.get(found.held_by?));
    Some(Readiness {
        scorecard: found.scorecard.clone(),
        score: found.score,
        best: found.components.iter().map(|c| c.max).sum(),
        band: found.band.clone(),
        coverage: found.coverage,
        change_7d: view.number("expansion.change_7d"),
        components: found.components.iter().map(|c| component(c, zone)).collect(),
        held_because: cap.map(|cap| because(cap, locale)),
    })
}

/// Why a cap keeps a band down: in its own words, else its condition.
pub fn because(cap: &BandCap, locale: Locale) -> String {
    match cap.because.get(locale) {
        "" => cap.when.source().to_owned(),
        because => because.to_owned(),
    }
}

/// Band, points and every component: what speaks for it, and what does not yet.
pub fn line(ready: &Readiness, rulebook: &Rulebook, locale: Locale) -> String {
    let word = band(locale, &ready.band);
    let head = match ready.score.filter(|_| ready.band != "unknown") {
        Some(score) => format!("{word} {}", sentence::points(locale, &number(score), &number(ready.best))),
        None => format!("{word}{}", sentence::coverage(locale, ready.coverage)),
    };
    let part = |c: &Component| {
        let title = rulebook.title(Titled::Component, &c.name, locale);
        if c.missing {
            format!("{title} {}", say(locale, Word::Missing))
        } else {
            format!("{title} {}", sentence::points(locale, &number(c.points), &number(c.max)))
        }
    };
    let parts: Vec<String> = ready.components.iter().map(part).collect();
    let parts = bracketed(locale, &parts.join(say(locale, Word::ListSeparator)));
    let held = ready.held_because.as_ref().map(|because| words::held(locale, because)).unwrap_or_default();
    format!("{head}{parts}{held}")
}

/// Whether `word` names a band of readiness rather than a segment of the model.
pub fn is_band(word: &str, rulebook: &Rulebook) -> bool {
    ScoreKind::Expansion.bands().contains(&word) && rulebook.model.segments.iter().all(|s| s.name != word)
}

/// `expansion [BAND]`: customers in a band of readiness, by readiness × MRR.
pub async fn list(shell: &Shell, wanted: &str, now: Instant, locale: Locale) -> Result<Reply> {
    let rulebook = shell.rulebook();
    if rulebook.model.expansion.is_empty() {
        return Ok(Reply::refusal(locale, words::no_scorecard(locale).to_owned()));
    }
    let mut ranking = Ranking::new(ScoreKind::Expansion.word(), ROWS, Order::Expansion, None, now);
    let customers = shell.pick(Which::Ready(wanted), now, |view| ranking.add(&view)).await?;
    let data = ranking.finish(customers).0;
    Ok(super::digest::titled(&data, &words::title(locale, band(locale, wanted)), &rulebook, locale))
}
