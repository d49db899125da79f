//! What is said about readiness to grow, both languages side by side.

use super::pick;
use crate::model::locale::Locale;

/// Label of the line on an account's card.
pub fn label(locale: Locale) -> &'static str {
    pick(locale, "拡大の準備度", "Readiness to grow")
}

/// Why the band is lower than the points alone would make it.
pub fn held(locale: Locale, because: &str) -> String {
    pick(locale, format!("。いまは控える理由: {because}"), format!("; held back: {because}"))
}

/// The title of the list of a band.
pub fn title(locale: Locale, band: &str) -> String {
    pick(locale, format!("拡大の準備度が「{band}」の顧客"), format!("Readiness to grow: {band}"))
}

/// The model has no such score.
pub fn no_scorecard(locale: Locale) -> &'static str {
    pick(
        locale,
        "model.yaml に `expansion:` がありません。`health:` と同じようにスコアカードを書くと、拡大の準備度が分かります",
        "model.yaml has no `expansion:`; write a scorecard there, as for `health:`, to see who is ready to grow",
    )
}

/// How a list is ranked: by readiness and revenue.
pub fn ranking(locale: Locale) -> &'static str {
    pick(locale, "順位 = 準備度（得点の割合）× MRR", "Ranked by readiness (share of the points) × MRR")
}
