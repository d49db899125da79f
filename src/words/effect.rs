//! What a comparison of two arms says, both languages side by side.

use super::pick;
use crate::model::locale::Locale;

/// A share as people read it: `6.0 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
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
        "churn" => pick(locale, format!("{days}日以内に解約"), format!("left within {days} days")),
        "goal" => pick(locale, format!("{days}日以内に目標を達成"), format!("reached the goal within {days} days")),
        "milestone" => {
            pick(locale, format!("{days}日以内に「{name}」に到達"), format!("reached “{name}” within {days} days"))
        }
        _ => pick(
            locale,
            format!("{days}日以内に outcome の条件を満たした状態"),
            format!("met the condition of its `outcome` within {days} days"),
        ),
    }
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
            "すること：手間がかからないなら続け、そうでなければ別の施策に力を移してください。",
            "What to do: keep it if it costs little, else put the effort where it may change more.",
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
        "この施策はまだ誰にも実施していません。始まってから、期間が終わった顧客を比べます。",
        "It has not run for anybody yet. Once it has, those whose time is over are compared.",
    )
}

/// Nobody is held out: what became of those who got it, where anybody's time is over.
pub fn nobody_held_out(locale: Locale, what: &str, (events, n): (u64, u64)) -> String {
    if n == 0 {
        let said = pick(
            locale,
            "期間が終わった顧客はまだいません。比較対照もないので、終わっても施策の効果かどうかは分かりません。",
            "Nobody's time is over yet, and nobody is held out: even then nothing will say whether it was the playbook.",
        );
        return said.to_owned();
    }
    let share = share((events, n));
    pick(
        locale,
        format!(
            "実施した{n}社のうち{events}社が{what}（{share}）。比較対照がないので、施策の効果かどうかは分かりません。"
        ),
        format!(
            "{events} of {n} customers who got it {what} ({share}). Nobody is held out, so nothing says it was the playbook."
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
    let interval = if low * high > 0.0 {
        // Both ends on one side: the smaller one first.
        let (near, far) = (points(low.abs().min(high.abs())), if low > 0.0 { high } else { low });
        pick(locale, format!("{near}〜{}", said(far)), format!("{near} to {}", said(far)))
    } else {
        pick(locale, format!("{}〜{}", said(low), said(high)), format!("{} to {}", said(low), said(high)))
    };
    pick(
        locale,
        format!("差は{}（95％信頼区間：{interval}）。", said(diff)),
        format!("That is {} (95 % interval: {interval}).", said(diff)),
    )
}

/// The same for means.
pub fn mean_difference(locale: Locale, treated: (f64, u64), control: (f64, u64), diff: f64, ci: [f64; 2]) -> String {
    pick(
        locale,
        format!(
            "実施した{}件の平均は{:.3}、比較対照{}件の平均は{:.3}。差は{diff:+.3}（95％信頼区間：{:+.3} から {:+.3}）。",
            treated.1, treated.0, control.1, control.0, ci[0], ci[1]
        ),
        format!(
            "The mean of {} who got it is {:.3}, of {} held out {:.3}: a difference of {diff:+.3} (95 % interval: {:+.3} to {:+.3}).",
            treated.1, treated.0, control.1, control.0, ci[0], ci[1]
        ),
    )
}

/// Points less or more.
fn signed(locale: Locale, d: f64) -> String {
    let size = points(d.abs());
    let s = if size == "1" { "" } else { "s" };
    match d {
        d if d < 0.0 => pick(locale, format!("{size}ポイント減"), format!("{size} point{s} less")),
        d if d > 0.0 => pick(locale, format!("{size}ポイント増"), format!("{size} point{s} more")),
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

/// Both sides of a test from a file, in one sentence.
pub fn rows(locale: Locale, arm: &str, outcome: &str, treated: (u64, u64), control: (u64, u64)) -> String {
    let (a, b) = (share(treated), share(control));
    pick(
        locale,
        format!(
            "「{outcome}」は「{arm}」で{}件のうち{}件（{a}）、なしで{}件のうち{}件（{b}）。",
            treated.1, treated.0, control.1, control.0
        ),
        format!(
            "“{outcome}”: {} of {} with “{arm}” ({a}), {} of {} without ({b}).",
            treated.0, treated.1, control.0, control.1
        ),
    )
}

/// How many accounts and weeks it takes.
pub fn needs(locale: Locale, mde: f64, per_arm: u64, split: Option<(u64, u64)>, weeks: Option<u64>) -> String {
    let points = points(mde);
    let when = match weeks {
        Some(weeks) => pick(
            locale,
            format!("いまの増え方なら、あと約{weeks}週間です。"),
            format!("At the rate they come in that is about {weeks} weeks from now."),
        ),
        None => pick(locale, "いまは新しい対象がいません。".to_owned(), "At present nobody new comes in.".to_owned()),
    };
    let split = split.map_or_else(String::new, |(treated, holdout)| {
        pick(
            locale,
            format!("（いまの割合なら実施{treated}社、比較対照{holdout}社）"),
            format!(" (at the present split: {treated} with it, {holdout} held out)"),
        )
    });
    pick(
        locale,
        format!("{points}ポイントの差を見つけるには、各群に約{per_arm}社が必要です{split}。{when}"),
        format!(
            "To see a difference of {points} points it takes about {per_arm} customers in each group{split}. {when}"
        ),
    )
}

/// An outcome that shows sooner.
pub fn proxy(locale: Locale, counts: &str, per_arm: Option<u64>) -> String {
    let need = match per_arm {
        Some(n) => {
            pick(locale, format!("各群{n}社で判断できます。"), format!("It takes about {n} customers in each group."))
        }
        None => String::new(),
    };
    pick(locale, format!("先に見える目安：{counts}{need}"), format!("Seen sooner: {counts} {need}"))
}

/// What the proxy says.
pub fn proxy_verdict(locale: Locale, verdict: &str) -> &'static str {
    match verdict {
        "helps" => pick(locale, "目安では効果があります。", "By that it helps."),
        "harms" => pick(locale, "目安では逆効果です。", "By that it does harm."),
        "no_effect_larger_than_mde" => {
            pick(locale, "目安では大きな効果はありません。", "By that it makes no large difference.")
        }
        _ => pick(locale, "目安でもまだ分かりません。", "By that too it is too early to say."),
    }
}

/// Before and after, and that it proves nothing.
pub fn before_after(locale: Locale, days: i32, before: (u64, u64), after: (u64, u64)) -> String {
    let (a, b) = (share(before), share(after));
    pick(
        locale,
        format!(
            "前後の比較（因果ではありません）：開始前の{days}日間は全顧客{}社のうち{}社（{a}）、実施した{}社のうち{days}日以内は{}社（{b}）が解約。季節や顧客の違いでも同じ差が出ます。",
            before.1, before.0, after.1, after.0
        ),
        format!(
            "Before and after (not causal): in the {days} days before it began {} of all {} customers left ({a}); of {} who got it {} left within {days} days ({b}). A season or other customers can make the same difference.",
            before.0, before.1, after.1, after.0
        ),
    )
}

/// How sure: single look, all looks.
pub fn chance(locale: Locale, p: Option<(f64, &str)>, always: Option<f64>, over: bool) -> String {
    let number = |p: f64| if p < 0.0001 { "<0.0001".to_owned() } else { format!("{p:.4}") };
    let method = |m: &str| match m {
        "fisher_exact" => pick(locale, "フィッシャーの正確検定", "Fisher’s exact test"),
        "welch_t" => pick(locale, "ウェルチのt検定", "Welch’s t test"),
        _ => pick(locale, "合併したz検定", "pooled z test"),
    };
    let one = p.map_or_else(|| "–".to_owned(), |(p, m)| format!("p = {} ({})", number(p), method(m)));
    let all = match always {
        Some(p) => pick(
            locale,
            format!("何度見ても有効な p = {}", number(p)),
            format!("valid at every look: p = {}", number(p)),
        ),
        None => pick(
            locale,
            "何度見ても有効な p は出来事が25件に達してから".to_owned(),
            "a p that is valid at every look from 25 events on".to_owned(),
        ),
    };
    let end = if over { pick(locale, "、終了", ", at the end") } else { "" };
    let between = pick(locale, "、", "; ");
    format!("{one}{end}{between}{all}")
}

/// Whether the groups have the size they should have.
pub fn sizes(locale: Locale, p: f64, held_out: f64) -> String {
    let (share, fits) = (percent(held_out), p >= 0.001);
    match fits {
        true => pick(
            locale,
            format!("設計どおり（比較対照{share}、p = {p:.3}）"),
            format!("as designed ({share} held out, p = {p:.3})"),
        ),
        false => pick(
            locale,
            format!("設計と合わない（比較対照{share}のはず、p = {p:.1e}）"),
            format!("not as designed ({share} should be held out, p = {p:.1e})"),
        ),
    }
}

/// A guardrail with its counts and limit.
pub fn guardrail(locale: Locale, name: &str, (events, n): (u64, u64), limit: f64, crossed: bool) -> String {
    let named = match name {
        "complaints" => pick(locale, "迷惑メール報告", "complaints"),
        "bounces" => pick(locale, "戻ってきたメール", "returned mails"),
        _ => pick(locale, "配信停止", "opt-outs"),
    };
    let limit = percent(limit);
    let mark = if crossed { "⚠ " } else { "" };
    pick(
        locale,
        format!("{mark}{named} {events}/{n}（上限{limit}）"),
        format!("{mark}{named} {events}/{n} (limit {limit})"),
    )
}

/// Who was reached, and who was helped otherwise.
pub fn reached(locale: Locale, delivered: (u64, u64), by_hand: (u64, u64), held_by_hand: (u64, u64)) -> String {
    pick(
        locale,
        format!(
            "届いた {}/{}社、メモや面談で個別に対応 実施{}/{}社・比較対照{}/{}社",
            delivered.0, delivered.1, by_hand.0, by_hand.1, held_by_hand.0, held_by_hand.1
        ),
        format!(
            "reached {}/{}; seen to by hand (notes, meetings): {}/{} with it, {}/{} held out",
            delivered.0, delivered.1, by_hand.0, by_hand.1, held_by_hand.0, held_by_hand.1
        ),
    )
}

/// Days kept within the horizon.
pub fn kept(locale: Locale, diff: f64, [low, high]: [f64; 2], days: i32) -> String {
    pick(
        locale,
        format!("{days}日間のうち1社あたり{diff:+.1}日（95％信頼区間：{low:+.1} から {high:+.1}）"),
        format!("{diff:+.1} days of {days} an account (95 % interval: {low:+.1} to {high:+.1})"),
    )
}

/// Who is not in the comparison.
pub fn left_out(locale: Locale, young: u64, version: u64, design: u64, internal: u64) -> String {
    let parts = [
        (young, "まだ期間が終わっていない", "whose time is not over yet"),
        (version, "以前の版で始まった", "who got an earlier version"),
        (design, "以前の比較対照の割合で始まった", "who came under another holdout"),
        (internal, "社内のアカウント", "of our own"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, ja, en)| pick(locale, format!("{ja} {n}社"), format!("{n} {en}")))
        .collect();
    said.join(pick(locale, "、", ", "))
}

/// Labels: how sure, sizes, guardrails, reached, days kept, log-rank, left out.
pub fn labels(locale: Locale) -> [&'static str; 8] {
    pick(
        locale,
        [
            "偶然かどうか",
            "2つの群の件数",
            "守るべき線",
            "実施の中身",
            "継続した日数",
            "継続の差（ログランク）",
            "含まない顧客",
            "以前の利用で補正",
        ],
        [
            "By chance?",
            "Sizes",
            "Guardrails",
            "Reached",
            "Days kept",
            "Staying (log-rank)",
            "Not counted",
            "Adjusted for usage before",
        ],
    )
}

/// No such outcome.
pub fn no_outcome(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」では測れません。選べるのは: {known}"),
        format!("“{typed}” cannot be measured here. There are: {known}"),
    )
}

/// Several playbooks at once.
pub fn all_title(locale: Locale) -> &'static str {
    pick(locale, "施策の効果", "Effect of the playbooks")
}

/// Columns of the list of several.
pub fn all_header(locale: Locale) -> [&'static str; 6] {
    pick(
        locale,
        ["プレイブック", "判定", "実施", "比較対照", "差（95％信頼区間）", "p（補正後）"],
        ["Playbook", "Verdict", "With it", "Held out", "Difference (95 % interval)", "p (adjusted)"],
    )
}

/// A verdict in a table.
pub fn verdict_word(locale: Locale, verdict: &str) -> &'static str {
    match verdict {
        "helps" => pick(locale, "効果あり", "helps"),
        "harms" => pick(locale, "逆効果", "harms"),
        "no_effect_larger_than_mde" => pick(locale, "大きな効果なし", "no large effect"),
        "invalid_srm" => pick(locale, "比較不成立", "broken"),
        _ => pick(locale, "データ不足", "not enough data"),
    }
}

/// How the p values of several were adjusted.
pub fn all_note(locale: Locale) -> &'static str {
    pick(
        locale,
        "p は何度見ても有効な値を、施策の数に応じて補正したもの（Benjamini–Hochberg）。",
        "p is the one that is valid at every look, adjusted for the number of playbooks (Benjamini–Hochberg).",
    )
}

/// Everybody the global holdout leaves out against everybody else.
pub fn pooled(locale: Locale) -> &'static str {
    pick(locale, "全施策まとめて（全体の比較対照）", "All playbooks together (global holdout)")
}

/// Title of a test from a file.
pub fn file_title(locale: Locale, outcome: &str, control: &str, lower: bool) -> String {
    let (ja, en) =
        if lower { ("少ないほど良い", "lower is better") } else { ("多いほど良い", "higher is better") };
    pick(
        locale,
        format!("「{outcome}」（{ja}）：「{control}」との比較"),
        format!("“{outcome}” ({en}), compared with “{control}”"),
    )
}

/// All arms as one.
pub fn together(locale: Locale, compared: &str) -> String {
    pick(locale, format!("すべて合わせて：{compared}"), format!("All together: {compared}"))
}

/// Rows that could not be read.
pub fn unread(locale: Locale, rows: u64) -> String {
    pick(
        locale,
        format!("{rows}行は群か数値が読めないため含みません。"),
        format!("{rows} rows are left out: no arm or no number in them."),
    )
}

/// No such column.
pub fn no_column(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」という列はありません。あるのは: {known}"),
        format!("no column is called “{typed}”; there are: {known}"),
    )
}

/// No such arm.
pub fn no_arm(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」という群はないか、比べる相手がありません。あるのは: {known}"),
        format!("no arm is called “{typed}”, or there is nothing to compare it with; there are: {known}"),
    )
}

/// Columns of the arms of a file.
pub fn arms_header(locale: Locale, share: bool) -> [&'static str; 6] {
    let [_, verdict, with, held, _, p] = all_header(locale);
    let diff = match share {
        true => pick(locale, "差（ポイント）", "Difference (points)"),
        false => pick(locale, "差", "Difference"),
    };
    [pick(locale, "群", "Arm"), verdict, with, held, diff, p]
}

/// Why a playbook was paused, for readers of either language: an event's text has no language.
pub fn crossed(name: &str, events: u64, n: u64, limit: f64) -> String {
    let (ja, en) = match name {
        "complaints" => ("迷惑メール報告", "spam complaints"),
        "bounces" => ("戻ってきたメール", "returned mails"),
        _ => ("配信停止", "opt-outs"),
    };
    format!("{ja} / {en}: {events} / {n} (> {})", percent(limit))
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
            "差は5.6ポイント減（95％信頼区間：11.5ポイント減〜0.08ポイント増）。"
        );
    }
}
