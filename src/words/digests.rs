//! What digests say about themselves, both languages side by side.

use super::{count_of, many, pick};
use crate::model::locale::Locale;

/// How a digest is ranked: by the day of the renewal.
pub fn by_renewal(locale: Locale) -> &'static str {
    pick(locale, "順位 = 更新日の近い順", "Ranked by the day of the renewal")
}

/// How a digest is ranked: by revenue.
pub fn by_revenue(locale: Locale) -> &'static str {
    pick(locale, "順位 = MRRの大きい順", "Ranked by MRR")
}

/// How a digest is ranked: by the days in the phase.
pub fn by_phase(locale: Locale) -> &'static str {
    pick(locale, "順位 = フェーズの日数が長い順", "Ranked by days in the phase")
}

/// Marks a row that was not there last time.
pub fn fresh(locale: Locale) -> &'static str {
    pick(locale, "【新】", "NEW ")
}

/// What changed since the last one.
pub fn changed(locale: Locale, day: &str, new: usize, gone: &[String], left: usize) -> String {
    let more = left.saturating_sub(gone.len());
    let names = gone.join(if locale == Locale::Ja { "、" } else { ", " });
    let others =
        if more > 0 { pick(locale, format!(" ほか{more}社"), format!(" and {more} more")) } else { String::new() };
    let (ja, en) = match left {
        0 => (String::new(), String::new()),
        _ => (format!("、外れた顧客 {left}社（{names}{others}）"), format!(", {left} gone ({names}{others})")),
    };
    pick(locale, format!("前回（{day}）から: 新しく{new}社{ja}"), format!("Since {day}: {new} new{en}"))
}

/// Nothing changed since the last one.
pub fn unchanged(locale: Locale, day: &str) -> String {
    pick(locale, format!("前回（{day}）から変わりはありません。"), format!("Nothing has changed since {day}."))
}

/// What moved a score within a week.
pub fn moved(locale: Locale, parts: &str) -> String {
    pick(locale, format!("7日間の変化: {parts}"), format!("in 7 days: {parts}"))
}

/// How many rows nobody has taken yet.
pub fn untaken(locale: Locale, count: usize) -> String {
    let s = many(count);
    pick(locale, format!("まだ誰も対応していない顧客 {count}社:"), format!("{count} account{s} nobody has taken yet:"))
}

/// The headline of what is told about rows that nobody took in time.
pub fn late(locale: Locale, name: &str, count: usize) -> String {
    let s = many(count);
    pick(
        locale,
        format!("{name}: まだ誰も対応していない顧客 {count}社"),
        format!("{name}: {count} account{s} nobody has taken"),
    )
}

/// Who was asked for those, since when and by when.
pub fn asked(locale: Locale, asked: &[String], since: &str, until: &str) -> String {
    pick(
        locale,
        format!(
            "{since} に {} へお知らせしましたが、期限の {until} までに対応した記録がありません。",
            asked.join("、")
        ),
        format!("Asked: {} ({since}). Nothing was done by {until}.", asked.join(", ")),
    )
}

/// What counts as taking a row.
pub fn late_footer(locale: Locale) -> &'static str {
    pick(
        locale,
        "ボタンを押す・メモを残す・タスクを終えると「対応した」と数えます。このお知らせは一度だけです。",
        "A button, a note or a finished task counts as taken. This is told once.",
    )
}

/// The headline of a digest of wins.
pub fn wins(locale: Locale, name: &str, day: &str, accounts: usize, days: i64) -> String {
    pick(
        locale,
        format!("{name}（{day}）: 直近{days}日に{accounts}社"),
        format!("{name} ({day}): {accounts} in the last {days}", days = count_of(days, "day")),
    )
}

/// Nothing went well yet.
pub fn no_wins(locale: Locale) -> &'static str {
    pick(locale, "この期間のうれしい知らせは、まだありません。", "No good news of a customer in this time yet.")
}

/// Healthy again.
pub fn recovered(locale: Locale) -> &'static str {
    pick(locale, "良好に戻りました", "healthy again")
}

/// A milestone.
pub fn milestone(locale: Locale, title: &str) -> String {
    pick(locale, format!("「{title}」を達成"), format!("reached: {title}"))
}

/// A customer's good word.
pub fn voice(locale: Locale, text: &str) -> String {
    match text {
        "" => pick(locale, "うれしい声".into(), "a good word".into()),
        text => pick(locale, format!("声「{text}」"), format!("said “{text}”")),
    }
}

/// The headline of a digest of playbooks or topics.
pub fn over(locale: Locale, name: &str, day: &str, days: i64) -> String {
    pick(
        locale,
        format!("{name}（{day}）: 直近{days}日"),
        format!("{name} ({day}): the last {days}", days = count_of(days, "day")),
    )
}

/// Columns of the results of playbooks.
pub fn results_header(locale: Locale) -> [&'static str; 6] {
    match locale {
        Locale::Ja => ["プレイブック", "開始", "目標達成", "離脱", "実行中", "送信"],
        Locale::En => ["playbook", "began", "goal", "left", "running", "sent"],
    }
}

/// What to do with wins.
pub fn wins_next(locale: Locale) -> &'static str {
    pick(
        locale,
        "次の一手：担当からお礼を伝え、事例やご紹介をお願いできるか伺う（候補の一覧は shirube export stories）。",
        "Next: thank them, and ask whether they would tell their story (candidates: shirube export stories).",
    )
}

/// What to do with the results of playbooks.
pub fn results_next(locale: Locale) -> &'static str {
    pick(
        locale,
        "次の一手：開始が多く目標達成が少ないものは、内容を見直す。効果の判定は /cs effect プレイブック",
        "Next: look at those that begin often and reach little. Whether one works: /cs effect PLAYBOOK",
    )
}

/// What to do with topics.
pub fn topics_next(locale: Locale) -> &'static str {
    pick(
        locale,
        "次の一手：上位の話題に担当と期限を決め、声を寄せたお客様に予定を返す。",
        "Next: give the first topics an owner and a date, and tell those who spoke what comes of it.",
    )
}

/// What to do with answers.
pub fn voices_next(locale: Locale) -> &'static str {
    pick(
        locale,
        "次の一手：低い点数の方から順に、担当が連絡して理由を伺う。",
        "Next: call the lowest first and ask why.",
    )
}

/// Playbooks in which nothing happened.
pub fn quiet_playbooks(locale: Locale, count: usize) -> String {
    pick(locale, format!("動きのなかったプレイブック: {count}件"), format!("{count} without any movement"))
}

/// What the counts of the results take in.
pub fn results_note(locale: Locale) -> &'static str {
    pick(
        locale,
        "目標達成には、期間の前に始まったものも含みます。",
        "Goals reached include runs that began before the period.",
    )
}

/// A held-out group is not told here.
pub fn held_out(locale: Locale, count: usize) -> String {
    pick(
        locale,
        format!("比較対照の{count}件（何も送らない顧客）は数に入れていません。件数だけでは効果は分かりません。"),
        format!("Not counted: {count} held out for comparison. Counts alone do not show what a playbook achieved."),
    )
}

/// No playbook did anything.
pub fn no_results(locale: Locale) -> &'static str {
    pick(locale, "この期間に動いたプレイブックはありません。", "No playbook did anything in this time.")
}

/// One topic.
pub fn topic(
    locale: Locale,
    rank: usize,
    name: &str,
    count: usize,
    before: usize,
    accounts: usize,
    mrr: &str,
) -> String {
    let money = if mrr.is_empty() { String::new() } else { format!(" · MRR {mrr}") };
    pick(
        locale,
        format!("{rank}. {name} — {count}件（前の期間は{before}件）· {accounts}社{money}"),
        format!("{rank}. {name} — {count} (before: {before}) · customers: {accounts}{money}"),
    )
}

/// One wish or stumbling point of the list for product.
pub fn want(locale: Locale, rank: usize, name: &str, accounts: usize, mrr: &str) -> String {
    let money = if mrr.is_empty() { String::new() } else { format!(" · MRR {mrr}") };
    let s = many(accounts);
    pick(
        locale,
        format!("{rank}. {name} — {accounts}社{money}"),
        format!("{rank}. {name} — {accounts} customer{s}{money}"),
    )
}

/// Where it was heard, since when, and how often in the period before.
pub fn want_heard(locale: Locale, heard: &str, since: &str, before: usize) -> String {
    pick(
        locale,
        format!("    {heard}（前の期間は{before}件）· {since} から"),
        format!("    {heard} (before: {before}) · since {since}"),
    )
}

/// How often it was heard in one place; the words of the layer below decide which.
pub fn heard(locale: Locale, source: &str, n: usize) -> String {
    let s = many(n);
    match source {
        "note" => pick(locale, format!("メモ{n}件"), format!("{n} note{s}")),
        "ticket" => pick(locale, format!("問い合わせ{n}件"), format!("{n} ticket{s}")),
        _ => pick(locale, format!("アンケート{n}件"), format!("{n} answer{s}")),
    }
}

/// Where something was said.
pub fn source(locale: Locale, source: &str) -> &'static str {
    match source {
        "note" => pick(locale, "メモ", "note"),
        "ticket" => pick(locale, "問い合わせ", "ticket"),
        _ => pick(locale, "アンケート", "survey"),
    }
}

/// Nobody said anything.
pub fn no_topics(locale: Locale) -> &'static str {
    pick(locale, "この期間の話題はありません。", "Nothing was said in this time.")
}

/// How topics are ranked.
pub fn by_customers(locale: Locale) -> &'static str {
    pick(locale, "順位 = 話題にした顧客の数", "Ranked by how many customers spoke of it")
}

/// How many KPIs got worse.
pub fn kpis_worse(locale: Locale, worse: usize) -> String {
    match worse {
        0 => pick(
            locale,
            "前の期間より明らかに悪化したKPIはありません。",
            "No KPI is clearly worse than in the period before.",
        )
        .to_owned(),
        n => pick(
            locale,
            format!("前の期間より明らかに悪化したKPI: {n}件"),
            format!("{n} KPI{} clearly worse than in the period before:", if n == 1 { " is" } else { "s are" }),
        ),
    }
}

/// Where a KPI went, in a word: `worse`, `down`, `same`, `better`.
pub fn way(locale: Locale, way: &str) -> &'static str {
    match way {
        "worse" => pick(locale, "⚠ 悪化", "⚠ worse"),
        "down" => pick(locale, "やや悪化", "slightly worse"),
        "better" => pick(locale, "改善", "better"),
        _ => pick(locale, "変わらず", "the same"),
    }
}

/// A KPI's figure now and before.
pub fn kpi(locale: Locale, name: &str, value: &str, before: Option<String>) -> String {
    match before {
        Some(before) => {
            pick(locale, format!("{name} {value}（前期間 {before}）"), format!("{name} {value} (before: {before})"))
        }
        None => format!("{name} {value}"),
    }
}

/// A KPI's target and whether it is reached.
pub fn kpi_target(locale: Locale, target: Option<String>, met: Option<bool>) -> String {
    let Some(target) = target else { return String::new() };
    let (ja, en) = match met {
        Some(true) => ("、達成", ", reached"),
        Some(false) => ("、未達", ", missed"),
        None => ("", ""),
    };
    pick(locale, format!("・目標 {target}{ja}"), format!(", target {target}{en}"))
}

/// Nothing to show yet.
pub fn no_kpis(locale: Locale) -> &'static str {
    pick(
        locale,
        "目標のあるKPIがまだありません。model.yaml の targets に書くと、ここに並びます。",
        "No KPI has a target yet: those named under targets in model.yaml stand here.",
    )
}

/// How the list is to be read.
pub fn kpis_footer(locale: Locale) -> &'static str {
    pick(
        locale,
        "⚠ = 偶然では説明できない悪化（95%区間の外）。数え方と行動との対応は /cs kpi",
        "⚠ = worse than chance explains (outside the 95 % interval). How each is counted, and our actions: /cs kpi",
    )
}

/// A post of a digest as a point of a chart: this one, or so many before it.
pub fn post(locale: Locale, before: usize) -> String {
    match before {
        0 => pick(locale, "今回", "now").to_owned(),
        n => pick(locale, format!("{n}回前"), format!("−{n}")),
    }
}

/// What the points of a chart are.
pub fn posts(locale: Locale) -> &'static str {
    pick(locale, "投稿", "post")
}
