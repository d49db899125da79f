//! What a comparison of two arms says, both languages side by side.

mod detail;
mod table;

use super::{count_of, pick};
use crate::model::locale::Locale;

pub use detail::{
    Rail, When, before_after, chance, crossed, gap, guard_name, guardrail, kept, labels, left_out, needs, proxy,
    proxy_verdict, reached, sizes,
};
pub use table::{
    all_header, all_note, all_title, alone, arms_header, file_title, mean_difference, no_arm, no_column, parts_header,
    parts_note, pooled, pooled_note, rows, together, unread, verdict_word,
};

/// A share as people read it: `6.0 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// `p = 0.0123`, `p < 0.0001`.
pub fn p_is(p: f64) -> String {
    if p < 0.0001 { "p < 0.0001".to_owned() } else { format!("p = {p:.4}") }
}

/// So many of so many, in percent; a dash of nobody.
fn share((events, n): (u64, u64)) -> String {
    if n == 0 { "–".to_owned() } else { percent(events as f64 / n as f64) }
}

/// What happened to an account within so many days.
#[derive(Clone, Copy, Debug)]
pub struct Within<'a> {
    /// `churn`, `goal`, `milestone` or `condition`.
    pub kind: &'a str,
    /// What the milestone is called.
    pub name: &'a str,
    /// Days.
    pub days: i32,
}

/// `left within 180 days`.
pub fn happened(locale: Locale, what: Within<'_>) -> String {
    let Within { kind, name, days } = what;
    match kind {
        "churn" => {
            pick(locale, format!("{days}日以内に解約"), format!("left within {days}", days = count_of(days, "day")))
        }
        "goal" => pick(
            locale,
            format!("{days}日以内に目標を達成"),
            format!("reached the goal within {days}", days = count_of(days, "day")),
        ),
        "milestone" => pick(
            locale,
            format!("{days}日以内に「{name}」に到達"),
            format!("reached “{name}” within {days}", days = count_of(days, "day")),
        ),
        _ => pick(
            locale,
            format!("{days}日以内に outcome の条件を達成"),
            format!("met the condition of its `outcome` within {days}", days = count_of(days, "day")),
        ),
    }
}

/// Over the demo of three playbooks.
pub fn demo_title(locale: Locale, customers: usize, days: i32, sent: u64) -> String {
    pick(
        locale,
        format!("3つのプレイブックの効果：{customers}社を{days}日間追い、半数には送らずに比べました（送信{sent}通）。"),
        format!(
            "Do these three playbooks work? {customers} over {days}; half of them were left out of each ({sent}).",
            customers = count_of(customers, "customer"),
            days = count_of(days, "day"),
            sent = count_of(sent, "mail")
        ),
    )
}

/// What the demo's customers were made to do: of a hundred without and with the message.
pub fn demo_planted(locale: Locale, without: f64, with: f64, leave: bool) -> String {
    let (ja, en) = if leave { ("解約", "leave") } else { ("行動", "do it") };
    pick(
        locale,
        format!(
            "答え合わせ：この見本の顧客は、送らなければ100社中{without:.0}社、送れば{with:.0}社が{ja}するように作ってあります。"
        ),
        format!(
            "The truth: of 100 of these made-up customers {without:.0} {en} without the mail and {with:.0} with it."
        ),
    )
}

/// How to look again.
pub fn demo_again(locale: Locale) -> &'static str {
    pick(
        locale,
        "もう一度見る：shirube --dir demo effect feature_guide（一覧は effect --all）",
        "Look again: shirube --dir demo effect feature_guide (all: effect --all)",
    )
}

/// The verdict in one sentence.
pub fn verdict(locale: Locale, title: &str, verdict: &str, mde: f64) -> String {
    let points = points(mde);
    match verdict {
        "helps" => pick(locale, format!("「{title}」は効果があります。"), format!("“{title}” helps.")),
        "harms" => pick(locale, format!("「{title}」は逆効果です。"), format!("“{title}” does harm.")),
        "no_effect_larger_than_mde" => pick(
            locale,
            format!("「{title}」に{points}ポイント以上の効果はありません。"),
            format!("“{title}” makes no difference of {points} points or more."),
        ),
        "invalid_srm" => pick(
            locale,
            format!("「{title}」の比較は成り立っていません。2つの群の件数が設計と合いません。"),
            format!("The comparison for “{title}” is broken: the two groups are not of the size they should be."),
        ),
        _ => pick(
            locale,
            format!("「{title}」に効果があるかどうかは、まだ分かりません。"),
            format!("It is too early to say whether “{title}” works."),
        ),
    }
}

/// The same of measures, whose differences have their own unit.
pub fn verdict_of_means(locale: Locale, title: &str, verdict: &str, mde: f64) -> String {
    match verdict {
        "no_effect_larger_than_mde" => pick(
            locale,
            format!("「{title}」に{mde}以上の効果はありません。"),
            format!("“{title}” makes no difference of {mde} or more."),
        ),
        other => self::verdict(locale, title, other, mde),
    }
}

/// What to do.
pub fn advice(locale: Locale, advice: &str) -> &'static str {
    match advice {
        "scale" => pick(
            locale,
            "すること：広げる。比較対照をやめ、対象を広げてください。",
            "What to do: scale it. Give it to those held out too, and widen whom it is for.",
        ),
        "stop" => pick(
            locale,
            "すること：止める。一時停止して、内容を見直してください。",
            "What to do: stop it. Pause it, and change it before it starts again.",
        ),
        "keep" => pick(
            locale,
            "すること：手間がかからないなら続け、そうでなければ別のプレイブックに力を移してください。",
            "What to do: keep it if it costs little, else put the effort where it may change more.",
        ),
        "soften" => pick(
            locale,
            "すること：上限を超えた項目（苦情・配信停止・宛先不明）の原因を直してから、対象を広げてください。",
            "What to do: first mend what crossed its limit (complaints, opt-outs, dead addresses); only then let it reach more people.",
        ),
        "renew" => pick(
            locale,
            "すること：決めた終わりまでに答えは出ませんでした。先行指標で測るか、期間か比較対照を増やして始め直してください。",
            "What to do: its declared end came without an answer. Measure by what shows sooner, or begin anew with more time or more held out.",
        ),
        "mend" => pick(
            locale,
            "すること：件数がずれた理由（削除、手動での登録、取り込み漏れ）を調べ、直してから測り直してください。",
            "What to do: find out why the groups differ (deleted accounts, starts by hand, a lost import), then measure anew.",
        ),
        _ => {
            pick(locale, "すること：このまま測り続けてください。", "What to do: leave it as it is and keep measuring.")
        }
    }
}

/// Both groups in one sentence.
pub fn counts(locale: Locale, what: &str, treated: (u64, u64), holdout: (u64, u64)) -> String {
    let (a, b) = (share(treated), share(holdout));
    pick(
        locale,
        format!(
            "実施した{}社のうち{}社（{a}）、比較対照{}社のうち{}社（{b}）が{what}。",
            treated.1, treated.0, holdout.1, holdout.0
        ),
        format!(
            "Of {} customers who got it, {} ({a}) {what}; of {} held out, {} ({b}).",
            treated.1, treated.0, holdout.1, holdout.0
        ),
    )
}

/// It has not run.
pub fn nobody_yet(locale: Locale) -> &'static str {
    pick(
        locale,
        "このプレイブックはまだ誰にも実施していません。始まってから、期間が終わった顧客を比べます。",
        "It has not run for anybody yet. Once it has, those whose time is over are compared.",
    )
}

/// Nobody is held out: what became of those who got it, where anybody's time is over.
pub fn nobody_held_out(locale: Locale, what: &str, (events, n): (u64, u64)) -> String {
    if n == 0 {
        let said = pick(
            locale,
            "期間が終わった顧客はまだいません。比較対照もないので、終わってもプレイブックの効果かどうかは分かりません。",
            "Nobody's time is over yet, and nobody is held out: even then nothing will say whether it was the playbook.",
        );
        return said.to_owned();
    }
    let share = share((events, n));
    pick(
        locale,
        format!(
            "実施した{n}社のうち{events}社が{what}（{share}）。比較対照がないので、プレイブックの効果かどうかは分かりません。"
        ),
        format!(
            "{events} of {n} who got it {what} ({share}). Nobody is held out, so nothing says it was the playbook.",
            n = count_of(n, "customer")
        ),
    )
}

/// What to do where nobody is held out.
pub fn hold_out(locale: Locale) -> &'static str {
    pick(
        locale,
        "すること：比較対照を置く。プレイブックに holdout: {percent: 10, salt: 名前} を書くと測れます。",
        "What to do: hold some out. Write `holdout: {percent: 10, salt: NAME}` into the playbook to measure it.",
    )
}

/// The difference with its interval.
pub fn difference(locale: Locale, diff: f64, [low, high]: [f64; 2]) -> String {
    let said = |d: f64| signed(locale, d);
    let interval = match locale {
        Locale::Ja => format!("{}〜{}", said(low).trim_end_matches("ポイント"), said(high)),
        // Both ends on one side: the smaller one first.
        Locale::En if low * high > 0.0 => {
            let (near, far) = (points(low.abs().min(high.abs())), if low > 0.0 { high } else { low });
            format!("{near} to {}", said(far))
        }
        Locale::En => format!("{} to {}", said(low), said(high)),
    };
    pick(
        locale,
        format!("差は{}（95％信頼区間：{interval}）。", said(diff)),
        format!("That is {} (95 % interval: {interval}).", said(diff)),
    )
}

/// Points less or more.
fn signed(locale: Locale, d: f64) -> String {
    let size = points(d.abs());
    let s = if size == "1" { "" } else { "s" };
    match d {
        // Two groups are compared, not two moments: nothing rises or falls.
        d if d < 0.0 => pick(locale, format!("−{size}ポイント"), format!("{size} point{s} less")),
        d if d > 0.0 => pick(locale, format!("+{size}ポイント"), format!("{size} point{s} more")),
        _ => pick(locale, "0ポイント".to_owned(), "0 points".to_owned()),
    }
}

/// A share in points: one decimal, two below one.
fn points(share: f64) -> String {
    let points = share * 100.0;
    match points {
        p if p >= 0.995 && (p - p.round()).abs() < 1e-9 => format!("{p:.0}"),
        p if p >= 0.995 => format!("{p:.1}"),
        p => format!("{p:.2}"),
    }
}

/// Sentences one after the other.
pub fn sentences(locale: Locale, all: &[&str]) -> String {
    let said: Vec<&str> = all.iter().copied().filter(|text| !text.is_empty()).collect();
    said.join(pick(locale, "", " "))
}

/// No such outcome.
pub fn no_outcome(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」では測れません。選べるのは: {known}"),
        format!("“{typed}” cannot be measured here. There are: {known}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_said_from_its_near_end_or_from_less_to_more() {
        let en = |d, ci| difference(Locale::En, d, ci);
        assert_eq!(en(0.0766, [0.06995, 0.0832]), "That is 7.7 points more (95 % interval: 7.0 to 8.3 points more).");
        assert_eq!(en(-0.05, [-0.09, -0.002]), "That is 5 points less (95 % interval: 0.20 to 9 points less).");
        assert_eq!(
            en(-0.01, [-0.03, 0.005]),
            "That is 1 point less (95 % interval: 3 points less to 0.50 points more)."
        );
        assert_eq!(
            difference(Locale::Ja, -0.0558, [-0.1148, 0.0008]),
            "差は−5.6ポイント（95％信頼区間：−11.5〜+0.08ポイント）。"
        );
    }
}
