//! KPIs beside the actions that are to move them, as sentences.

use super::pick;
use crate::model::locale::Locale;

/// The heading of the list.
pub fn heading(locale: Locale) -> &'static str {
    pick(locale, "KPIとそのための行動（KAI）", "KPIs and what we do for them")
}

/// A figure with its target: `Onboarding completed 62.5% (target 80.0%, missed)`.
pub fn figure(locale: Locale, kpi: &str, value: &str, target: Option<&str>, met: Option<bool>) -> String {
    let Some(target) = target else {
        return pick(locale, format!("{kpi} {value}（目標なし）"), format!("{kpi} {value} (no target)"));
    };
    let state = match met {
        Some(true) => pick(locale, "、達成", ", reached"),
        Some(false) => pick(locale, "、未達", ", missed"),
        None => "",
    };
    pick(locale, format!("{kpi} {value}（目標 {target}{state}）"), format!("{kpi} {value} (target {target}{state})"))
}

/// An action with its count: `meetings 2 of 4`.
pub fn action(locale: Locale, kai: &str, count: u64, wanted: &str) -> String {
    pick(locale, format!("{kai} {count}/{wanted}回"), format!("{kai} {count} of {wanted}"))
}

/// Actions and target are reached.
pub fn works(locale: Locale) -> &'static str {
    pick(
        locale,
        "行動も結果も目標どおりです。このまま続けましょう。",
        "Enough is done and the target is reached: go on.",
    )
}

/// The actions are enough, the target is missed.
pub fn quality(locale: Locale) -> &'static str {
    pick(
        locale,
        "行動は足りていますが、目標に届いていません。回数ではなく中身（相手、時期、伝え方）を見直しましょう。",
        "Enough is done and the target is missed: change what is done (to whom, when, in which words), not how often.",
    )
}

/// Too little was done; `short` are the actions that lack.
pub fn do_more(locale: Locale, short: &str) -> String {
    pick(
        locale,
        format!("行動がまだ足りません（{short}）。中身を疑う前に、まず予定どおり行いましょう。"),
        format!("Not enough is done yet ({short}): first do what was planned, then judge whether it works."),
    )
}

/// The target is reached without the actions.
pub fn other_cause(locale: Locale, short: &str) -> String {
    pick(
        locale,
        format!("行動が予定より少ない（{short}）まま、目標に届いています。この行動が効くのか、確かめましょう。"),
        format!(
            "The target is reached although less is done than planned ({short}): find out whether this action matters."
        ),
    )
}

/// There is no figure, or no target.
pub fn unknown(locale: Locale, has_target: bool) -> &'static str {
    match has_target {
        true => pick(locale, "数値がまだないため、判断できません。", "There is no figure yet, so nothing can be said."),
        false => pick(
            locale,
            "目標がないため、判断できません。model.yaml の `targets` に書いてください。",
            "Without a target nothing can be said: write one into `targets` in model.yaml.",
        ),
    }
}
