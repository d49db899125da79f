//! The two scores of an account: how well it does, and how ready it is to grow.

use serde::Serialize;

/// Which score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreKind {
    /// `health:`: frozen once the account left, settable by hand.
    #[default]
    Health,
    /// `expansion:`: there is none once the account left.
    Expansion,
}

impl ScoreKind {
    /// Both; an account's health is settled first, because the other may read it.
    pub const ALL: [ScoreKind; 2] = [ScoreKind::Health, ScoreKind::Expansion];

    /// Its section of `model.yaml`, and how the names of its values begin.
    pub fn word(self) -> &'static str {
        match self {
            ScoreKind::Health => "health",
            ScoreKind::Expansion => "expansion",
        }
    }

    /// The event recorded when its band changes.
    pub fn event(self) -> &'static str {
        match self {
            ScoreKind::Health => "health.band_changed",
            ScoreKind::Expansion => "expansion.band_changed",
        }
    }

    /// Its bands, best first; `unknown` is beside them.
    pub fn bands(self) -> [&'static str; 3] {
        match self {
            ScoreKind::Health => ["green", "yellow", "red"],
            ScoreKind::Expansion => ["ready", "warming", "not_yet"],
        }
    }

    /// Where lists of both keep it.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// What conditions read of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// `score`.
    Score,
    /// `band`.
    Band,
    /// `previous_band`.
    PreviousBand,
    /// `change_7d`.
    Change7d,
    /// `coverage`, 0..1.
    Coverage,
}

impl Reading {
    /// All of them.
    pub const ALL: [Reading; 5] =
        [Reading::Score, Reading::Band, Reading::PreviousBand, Reading::Change7d, Reading::Coverage];

    /// Its name after the dot.
    pub fn word(self) -> &'static str {
        match self {
            Reading::Score => "score",
            Reading::Band => "band",
            Reading::PreviousBand => "previous_band",
            Reading::Change7d => "change_7d",
            Reading::Coverage => "coverage",
        }
    }
}
