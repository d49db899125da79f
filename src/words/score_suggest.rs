//! Weights that history suggests, both languages side by side.

use super::{count_of, pick, score::quoted};
use crate::model::locale::Locale;

/// What was fitted, or judged: customers, of them left, moments.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Customers.
    pub customers: u64,
    /// Of them left.
    pub churned: u64,
    /// Days looked at.
    pub points: usize,
}

fn areas(now: Option<f64>, new: Option<f64>) -> String {
    let area = |a: Option<f64>| a.map_or_else(|| "–".to_owned(), |a| format!("{a:.2}"));
    format!("{} → {}", area(now), area(new))
}

fn between(diff: Option<[f64; 2]>) -> String {
    diff.map_or_else(String::new, |[low, high]| format!("{low:+.2} … {high:+.2}"))
}

/// The answer: `better`, `no_better`, `worse` or `not_tested`.
pub fn verdict(
    locale: Locale,
    grows: bool,
    verdict: &str,
    now: Option<f64>,
    new: Option<f64>,
    diff: Option<[f64; 2]>,
) -> String {
    let (areas, between) = (areas(now, new), between(diff));
    match verdict {
        "better" => pick(
            locale,
            format!("過去のデータからは別の重みを勧めます：後の期間で、順位付けが今より良くなりました（AUC {areas}、差の区間 {between}）。"),
            format!("History suggests other weights: on the later period they rank better than today's (AUC {areas}, interval of the difference {between})."),
        ),
        "no_better" => pick(
            locale,
            format!("今の重みのままで構いません：後の期間で、過去に合わせた重みの方が良いとは言えません（AUC {areas}、差の区間 {between}）。"),
            format!("Keep today's weights: on the later period those fitted to history are no better (AUC {areas}, interval of the difference {between})."),
        ),
        "worse" => pick(
            locale,
            format!("今の重みのままにしてください：後の期間で、過去に合わせた重みは今より悪くなりました（AUC {areas}、差の区間 {between}）。"),
            format!("Keep today's weights: on the later period those fitted to history are worse (AUC {areas}, interval of the difference {between})."),
        ),
        _ if grows => pick(
            locale,
            "過去に合わせた重みの案です。後の期間に月額の増えた顧客がなく、今より良いかどうかはまだ確かめられません。".into(),
            "Weights fitted to history; nobody paid more in the later period, so whether they are better cannot be told yet.".into(),
        ),
        _ => pick(
            locale,
            "過去に合わせた重みの案です。後の期間に解約がなく、今より良いかどうかはまだ確かめられません。".into(),
            "Weights fitted to history; nobody left in the later period, so whether they are better cannot be told yet.".into(),
        ),
    }
}

/// On what it rests.
pub fn rests_on(locale: Locale, grows: bool, card: &str, fitted: Rows, tested: Rows, days: i32) -> String {
    pick(
        locale,
        format!(
            "スコアカード「{card}」：前の期間の顧客{}社・{what}{}社（{}時点）に合わせ、後の期間の{}社・{}社（{}時点）で確かめました。{what}は{days}日以内。",
            fitted.customers,
            fitted.churned,
            fitted.points,
            tested.customers,
            tested.churned,
            tested.points,
            what = if grows { "増額" } else { "解約" }
        ),
        format!(
            "Scorecard “{card}”: fitted to {} customers, {} that {what} within {days} ({} days looked at), and judged on a later period: {} customers, {} that {what} ({} days).",
            fitted.customers,
            fitted.churned,
            fitted.points,
            tested.customers,
            tested.churned,
            tested.points,
            what = if grows { "paid more" } else { "left" },
            days = count_of(days, "day")
        ),
    )
}

/// Columns: component, today, suggested, why.
pub fn header(locale: Locale, weighted: bool) -> [&'static str; 4] {
    match weighted {
        true => pick(locale, ["構成要素", "今の重み", "案", "理由"], ["component", "weight now", "suggested", "why"]),
        false => pick(locale, ["構成要素", "今の満点", "案", "理由"], ["component", "best now", "suggested", "why"]),
    }
}

/// Why a component has its weight: `fitted`, `wrong_way`, `no_use` or `constant`.
pub fn why(locale: Locale, grows: bool, why: &str) -> &'static str {
    match why {
        "wrong_way" if grows => pick(locale, "逆向き：点が高いほど増額しない", "wrong way: more points, less growth"),
        "wrong_way" => pick(locale, "逆向き：点が高いほど解約", "wrong way: more points, more churn"),
        "no_use" => pick(locale, "予測に役立っていない", "no use: tells nothing"),
        "constant" => pick(locale, "全員同じ：そのまま", "same for all: as it is"),
        _ if grows => pick(locale, "過去の増額に合わせた", "fitted to history"),
        _ => pick(locale, "過去の解約に合わせた", "fitted to history"),
    }
}

/// Components whose sign is wrong.
pub fn wrong_way(locale: Locale, grows: bool, names: &[String]) -> String {
    let list = quoted(locale, names);
    if grows {
        return pick(
            locale,
            format!("注意：{list}は、点が高い顧客ほど増額しなかったので 0 にしました。点の向きを見直してください。"),
            format!(
                "Beware of {list}: customers with more points grew less, so it gets 0. Its points may be the wrong way round."
            ),
        );
    }
    pick(
        locale,
        format!(
            "注意：{list}は、点が高い顧客ほど解約していたので 0 にしました。向きの間違いか、別の事情（契約の大きさなど）の表れかもしれません。"
        ),
        format!(
            "Beware of {list}: customers with more points left sooner, so it gets 0. Either its points are the wrong way round, or it stands for something else (such as size)."
        ),
    )
}

/// Heading over the lines for `model.yaml`.
pub fn diff(locale: Locale) -> &'static str {
    pick(locale, "model.yaml に書くなら", "In model.yaml")
}

/// Nothing was applied.
pub fn not_applied(locale: Locale, better: bool) -> String {
    match better {
        true => pick(
            locale,
            "何も変更していません。次にすること：納得できる行だけ model.yaml に書き、`shirube plan` で区分の変わる顧客を見てから反映してください。".into(),
            "Nothing was changed. What to do: write the lines that make sense to you into model.yaml, and let `shirube plan` show whom they move before they go live.".into(),
        ),
        false => pick(
            locale,
            "何も変更していません。次にすること：重みより、役に立たない構成要素を別の指標に替えてみてください（`shirube score backtest` に単独の成績があります）。".into(),
            "Nothing was changed. What to do: rather than the weights, replace components that do not help (`shirube score backtest` shows each by itself).".into(),
        ),
    }
}

/// Playbooks act on the score: who was saved looks like a false alarm.
pub fn treated(locale: Locale, grows: bool, playbooks: &[String], held_out: u64) -> String {
    let list = quoted(locale, playbooks);
    if grows {
        return pick(
            locale,
            format!(
                "スコアを見て動くプレイブックがあります（{list}）。提案を受けて増額した顧客は、スコアが当たったように見えます。比較対照の顧客は増額{held_out}社で、それだけで合わせるには足りません。"
            ),
            format!(
                "Playbooks act on the score ({list}): whoever paid more because of their proposal makes the score look right. Those held out are too few to fit to alone ({held_out} paid more)."
            ),
        );
    }
    pick(
        locale,
        format!(
            "スコアを見て動くプレイブックがあります（{list}）。救えた顧客は「赤だったのに解約しなかった」と数えられ、良い指標ほど悪く見えます。比較対照の顧客は解約{held_out}社で、それだけで合わせるには足りません。"
        ),
        format!(
            "Playbooks act on the score ({list}): whoever they saved looks like a false alarm, so what works best looks worse than it is. Those held out are too few to fit to alone ({held_out} left)."
        ),
    )
}

/// Only those held out were used.
pub fn held_out(locale: Locale, grows: bool, playbooks: &[String]) -> String {
    let list = quoted(locale, playbooks);
    if grows {
        return pick(
            locale,
            format!(
                "スコアを見て動くプレイブック（{list}）の提案で増額した顧客が混ざらないよう、比較対照の顧客だけを使いました。"
            ),
            format!(
                "Only customers held out from the playbooks that act on the score ({list}) were used, so that nobody grew because the score said so."
            ),
        );
    }
    pick(
        locale,
        format!(
            "スコアを見て動くプレイブック（{list}）で救えた顧客が誤報に見えないよう、比較対照の顧客だけを使いました。"
        ),
        format!(
            "Only customers held out from the playbooks that act on the score ({list}) were used, so that nobody they saved looks like a false alarm."
        ),
    )
}

/// Too few left for so many weights.
pub fn too_few(locale: Locale, grows: bool, have: u64, need: u64, weights: usize, per: u64) -> String {
    if grows {
        return pick(
            locale,
            format!(
                "重みを合わせるには増額した顧客が足りません：重み{weights}個には{need}社（1個につき{per}社）必要ですが、前の期間では{have}社です。待つか、--within を延ばすか、構成要素を減らしてください。"
            ),
            format!(
                "too little growth to fit weights: {weights} of them need {need} ({per} each), and in the earlier period there are {have}. Wait, give a longer --within, or use fewer components."
            ),
        );
    }
    pick(
        locale,
        format!(
            "重みを合わせるには解約が足りません：重み{weights}個には{need}社（1個につき{per}社）必要ですが、前の期間では{have}社です。待つか、--churn-within を延ばすか、構成要素を減らしてください。"
        ),
        format!(
            "too little churn to fit weights: {weights} of them need {need} ({per} each), and in the earlier period there are {have}. Wait, give a longer --churn-within, or use fewer components."
        ),
    )
}

/// No two periods.
pub fn too_short(locale: Locale, days: i32) -> String {
    pick(
        locale,
        format!(
            "重みを合わせる期間と確かめる期間が取れません：契約と利用の記録が、少なくとも{days}日の3倍は必要です。過去のデータを取り込むか、--churn-within を短くしてください。"
        ),
        format!(
            "there is no room for a period to fit to and a later one to judge on: about three times {days} of contracts and use are needed. Import the past, or give a shorter --churn-within.",
            days = count_of(days, "day")
        ),
    )
}

/// No component differs between customers.
pub fn nothing_varies(locale: Locale) -> String {
    pick(
        locale,
        "どの構成要素も全員同じ点です。`points` の境目を、顧客が分かれる値に変えてください。".into(),
        "every component gives all customers the same points: move the bounds of `points` to where customers differ."
            .into(),
    )
}

/// Of every component more points meant more churn.
pub fn nothing_helps(locale: Locale, grows: bool) -> String {
    if grows {
        return pick(
            locale,
            "どの構成要素も、点が高い顧客ほど増額していませんでした。重みでは直りません。指標か `points` の向きを見直してください。".into(),
            "of every component more points meant less growth: weights cannot mend that. Look at the measures, or which way round the `points` are.".into(),
        );
    }
    pick(
        locale,
        "どの構成要素も、点が高い顧客ほど解約していました。重みでは直りません。指標か `points` の向きを見直してください。".into(),
        "of every component more points meant more churn: weights cannot mend that. Look at the measures, or which way round the `points` are.".into(),
    )
}
