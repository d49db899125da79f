//! What a verdict rests on.

use super::{percent, points, sentences, share};
use crate::{
    model::locale::Locale,
    words::{count_of, pick},
};

/// When so many will have been followed to the end.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// In so many weeks, at the rate they come in.
    Weeks(u64),
    /// They have been already.
    Now,
    /// Nobody new comes in.
    Never,
    /// Before the declared end, at which the answer comes.
    AtEnd,
    /// Only after the declared end.
    TooLate,
    /// It is over.
    Over,
}

/// Weeks that nobody waits for.
const YEARS: u64 = 520;

/// How many accounts and weeks it takes to find a difference of `change`; `(treated, held out)` at the present split.
pub fn needs(locale: Locale, change: f64, per_arm: u64, split: Option<(u64, u64)>, when: When) -> String {
    let points = points(change);
    let when = match when {
        When::Weeks(weeks) if weeks > YEARS => pick(
            locale,
            "いまの増え方では10年以上かかります。先行指標で測ってください。".to_owned(),
            "At the rate they come in that takes more than ten years: measure by what shows sooner.".to_owned(),
        ),
        When::Weeks(weeks) => pick(
            locale,
            format!("いまの増え方なら、あと約{weeks}週間です。"),
            format!(
                "At the rate they come in that is about {weeks} week{} from now.",
                if weeks == 1 { "" } else { "s" }
            ),
        ),
        When::Now => pick(
            locale,
            "その数はもう集まっています。差があるとしても、それより小さそうです。".to_owned(),
            "So many have been followed already: if there is a difference, it is probably smaller.".to_owned(),
        ),
        When::Never => {
            pick(locale, "いまは新しい対象がいません。".to_owned(), "At present nobody new comes in.".to_owned())
        }
        When::AtEnd => pick(
            locale,
            "決めた終わりの日（until）までに集まる見込みです。判定はその日に出ます。".to_owned(),
            "So many will have been followed by the declared end, and the answer comes on that day.".to_owned(),
        ),
        When::TooLate => pick(
            locale,
            "決めた終わりの日（until）までには集まりません。先行指標で測るか、終わりの日を延ばした試験を新しく始めてください。".to_owned(),
            "So many will not have been followed by the declared end: measure by what shows sooner, or begin anew with a later `until`.".to_owned(),
        ),
        When::Over => String::new(),
    };
    let split = split.map_or_else(String::new, |(treated, holdout)| {
        pick(
            locale,
            format!("（いまの割合なら実施{treated}社、比較対照{holdout}社）"),
            format!(" (at the present split: {treated} with it, {holdout} held out)"),
        )
    });
    let said = pick(
        locale,
        format!("{points}ポイントの差を見つけるには、各群に約{per_arm}社が必要です{split}。"),
        format!(
            "To see a difference of {points} points it takes about {per_arm} in each group{split}.",
            per_arm = count_of(per_arm, "customer")
        ),
    );
    sentences(locale, &[&said, &when])
}

/// An outcome that shows sooner.
pub fn proxy(locale: Locale, counts: &str, per_arm: Option<u64>) -> String {
    let need = match per_arm {
        Some(n) => pick(
            locale,
            format!("各群{n}社で判断できます。"),
            format!("It takes about {n} in each group.", n = count_of(n, "customer")),
        ),
        None => String::new(),
    };
    pick(locale, format!("先行指標：{counts}{need}"), format!("Seen sooner: {counts} {need}"))
}

/// What the proxy says.
pub fn proxy_verdict(locale: Locale, verdict: &str) -> &'static str {
    match verdict {
        "helps" => pick(locale, "先行指標では効果があります。", "By that it helps."),
        "harms" => pick(locale, "先行指標では逆効果です。", "By that it does harm."),
        "no_effect_larger_than_mde" => {
            pick(locale, "先行指標では大きな効果はありません。", "By that it makes no large difference.")
        }
        _ => pick(locale, "先行指標でもまだ分かりません。", "By that too it is too early to say."),
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

/// How sure: single look with Boschloo's p where counts are small, all looks.
pub fn chance(
    locale: Locale,
    p: Option<(f64, &str)>,
    boschloo: Option<f64>,
    always: Option<f64>,
    over: bool,
) -> String {
    let number = super::p_is;
    let method = |m: &str| match m {
        "fisher_exact" => pick(locale, "フィッシャーの正確検定", "Fisher’s exact test"),
        "welch_t" => pick(locale, "ウェルチのt検定", "Welch’s t test"),
        _ => pick(locale, "z検定（分散をプール）", "pooled z test"),
    };
    let other = match (p, boschloo) {
        (Some((_, "fisher_exact")), Some(p)) => pick(
            locale,
            format!("、ボシュローの正確検定では{}", number(p)),
            format!("; by Boschloo’s exact test {}", number(p)),
        ),
        _ => String::new(),
    };
    let one = p.map_or_else(|| "–".to_owned(), |(p, m)| format!("{} ({}{other})", number(p), method(m)));
    let all = match always {
        Some(p) => {
            pick(locale, format!("何度見ても有効な {}", number(p)), format!("valid at every look: {}", number(p)))
        }
        None => pick(
            locale,
            "何度見ても有効な p はイベントが25件に達してから".to_owned(),
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

/// What a guardrail is called.
pub fn guard_name(locale: Locale, name: &str) -> &'static str {
    match name {
        "complaints" => pick(locale, "迷惑メール報告", "complaints"),
        "bounces" => pick(locale, "戻ってきたメール", "returned mails"),
        "tickets" => pick(locale, "問い合わせをした顧客", "customers who opened a ticket"),
        _ => pick(locale, "配信停止", "opt-outs"),
    }
}

/// A guardrail, as people read it.
#[derive(Clone, Copy, Debug)]
pub struct Rail {
    /// Its name.
    pub name: &'static str,
    /// How many of how many.
    pub counts: (u64, u64),
    /// The same of those held out, where it is held against them.
    pub holdout: Option<(u64, u64)>,
    /// The difference of both shares with its interval.
    pub difference: Option<(f64, [f64; 2])>,
    /// The share that must not be exceeded.
    pub limit: Option<f64>,
    /// Whether it is.
    pub crossed: bool,
}

/// A guardrail with its counts and limit, and against those held out.
pub fn guardrail(locale: Locale, rail: Rail) -> String {
    let named = guard_name(locale, rail.name);
    let (events, n) = rail.counts;
    let mark = if rail.crossed { "⚠ " } else { "" };
    let held =
        rail.holdout.map(|(events, n)| pick(locale, format!("比較対照{events}/{n}"), format!("held out {events}/{n}")));
    let apart = rail.difference.map(|(diff, ci)| gap(diff, ci));
    let apart = apart.map(|gap| pick(locale, format!("差{gap}ポイント"), format!("difference {gap} points")));
    let limit =
        rail.limit.map(|limit| pick(locale, format!("上限{}", percent(limit)), format!("limit {}", percent(limit))));
    let none = || pick(locale, "比較対照がないので判定しない", "not judged: nobody is held out").to_owned();
    let parts: Vec<String> = [held, apart, limit.or_else(|| Some(none()))].into_iter().flatten().collect();
    let inside = parts.join(pick(locale, "、", ", "));
    pick(locale, format!("{mark}{named} {events}/{n}（{inside}）"), format!("{mark}{named} {events}/{n} ({inside})"))
}

/// A difference of shares in points with its interval.
pub fn gap(diff: f64, [low, high]: [f64; 2]) -> String {
    format!("{:+.1} [{:+.1}, {:+.1}]", diff * 100.0, low * 100.0, high * 100.0)
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

/// Who is not in the comparison, and how many; nobody is not said.
pub fn left_out(locale: Locale, parts: &[(&str, u64)]) -> String {
    let one = |(why, n): &(&str, u64)| {
        let (ja, en) = match *why {
            "too_young" => ("まだ期間が終わっていない", "whose time is not over yet"),
            "gone" => ("始まったときには解約していた", "who had left before it began"),
            "other_version" => ("以前の版で始まった", "who got an earlier version"),
            "other_design" => ("いまと違う比較対照の決め方で始まった", "who came under another holdout"),
            "internal" => ("社内のアカウント", "of our own"),
            _ => ("削除された", "deleted since"),
        };
        pick(locale, format!("{ja} {n}社"), format!("{n} {en}"))
    };
    let said: Vec<String> = parts.iter().filter(|(_, n)| *n > 0).map(one).collect();
    said.join(pick(locale, "、", ", "))
}

/// Labels: how sure, sizes, guardrails, reached, days kept, log-rank, left out.
pub fn labels(locale: Locale) -> [&'static str; 8] {
    pick(
        locale,
        [
            "偶然かどうか",
            "2つの群の件数",
            "ガードレール",
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

/// Why a playbook was paused, for readers of either language: an event's text has no language.
pub fn crossed(name: &str, events: u64, n: u64, limit: f64) -> String {
    let (ja, en) = match name {
        "complaints" => ("迷惑メール報告", "spam complaints"),
        "bounces" => ("戻ってきたメール", "returned mails"),
        "tickets" => ("問い合わせをした顧客", "customers who opened a ticket"),
        _ => ("配信停止", "opt-outs"),
    };
    format!("{ja} / {en}: {events} / {n} (> {})", percent(limit))
}
