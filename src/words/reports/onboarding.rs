//! The onboarding report.

use super::{count_of, pick};
use crate::model::locale::Locale;

/// Its title.
pub fn title(locale: Locale, from: &str, last: &str) -> String {
    pick(locale, format!("オンボーディング報告：{from}〜{last}"), format!("Onboarding report, {from} to {last}"))
}

/// Nobody started.
pub fn nobody(locale: Locale) -> &'static str {
    pick(locale, "この1年に契約を始めた顧客がまだいません。", "No customer has started within the last year.")
}

/// The answer in one line: how many are done in time, and where most leave.
pub fn one_line(locale: Locale, completion: Option<(&str, Option<&str>)>, drop: Option<(&str, u64)>) -> String {
    let done = completion.map(|(now, target)| match target {
        Some(target) => pick(
            locale,
            format!("導入を30日以内に終えた顧客は{now}です（目標{target}）。"),
            format!("{now} of customers complete onboarding within 30 days (target {target})."),
        ),
        None => pick(
            locale,
            format!("導入を30日以内に終えた顧客は{now}です。"),
            format!("{now} of customers complete onboarding within 30 days."),
        ),
    });
    let drop = drop.map(|(phase, left)| {
        let s = if left == 1 { "" } else { "s" };
        pick(
            locale,
            format!("解約がいちばん多いのは{phase}です（{left}社）。"),
            format!("Most of those who left did so in “{phase}” ({left} customer{s})."),
        )
    });
    let both = [done.unwrap_or_default(), drop.unwrap_or_default()];
    super::super::effect::sentences(locale, &[&both[0], &both[1]])
}

/// Of whom the report speaks.
pub fn cohort(locale: Locale, started: u64, heard_late: u64) -> String {
    let s = if started == 1 { "" } else { "s" };
    let late = match heard_late {
        0 => String::new(),
        n => pick(
            locale,
            format!("ほかに{n}社が契約を始めましたが、最初の1週間の記録がないため含みません。"),
            format!(" {n} more started, but nothing is on record of their first week: they are left out."),
        ),
    };
    pick(
        locale,
        format!("対象：この期間に契約を始め、最初から記録のある{started}社。{late}"),
        format!(
            "Whom it is about: {started} customer{s} who started in this time and were on record from the start.{late}"
        ),
    )
}

/// Headings: funnel, completion, milestones, steps, stay or leave, how to read it.
pub fn headings(locale: Locale) -> [&'static str; 5] {
    pick(
        locale,
        [
            "どのフェーズで進み、どこで離れるか",
            "マイルストーンに着くまで",
            "導入の完了",
            "導入が終わった顧客と終わらなかった顧客",
            "ステップごとの反応",
        ],
        [
            "Where customers move on, and where they leave",
            "How long milestones take",
            "Onboarding completed",
            "Customers onboarded in time, and the others",
            "What followed each message",
        ],
    )
}

/// Columns: phase, reached, moved on, still in it, left, median days.
pub fn phase_columns(locale: Locale) -> [&'static str; 6] {
    pick(
        locale,
        ["フェーズ", "到達", "次へ", "在籍中", "解約", "日数（中央値）"],
        ["Phase", "Reached", "Moved on", "In it", "Left", "Days (median)"],
    )
}

/// Days with what the model expects: `24 (expected 30)`.
pub fn days(locale: Locale, days: &str, expected: Option<i32>) -> String {
    match expected {
        Some(expected) => pick(locale, format!("{days}（目安{expected}）"), format!("{days} (expected {expected})")),
        None => days.to_owned(),
    }
}

/// Over the written stumbling points.
pub fn stumbles(locale: Locale) -> &'static str {
    pick(locale, "つまずきやすい点（カスタマージャーニーより）", "Where customers stumble (from the journey)")
}

/// What the phase says beside what was counted: who left, who is stuck.
pub fn stumble(locale: Locale, phase: &str, written: &str, left: u64, share: &str, stuck: u64) -> String {
    let en_stuck = if stuck > 0 { format!(", {stuck} stuck in it now") } else { String::new() };
    let ja_stuck = if stuck > 0 { format!("、停滞中{stuck}社") } else { String::new() };
    pick(
        locale,
        format!("{phase}：{written}（解約{left}社・{share}{ja_stuck}）"),
        format!("{phase}: {written} ({left} left, {share}{en_stuck})"),
    )
}

/// Columns: milestone, reached, left before, still open, mean of those there, median with interval, three of four.
pub fn milestone_columns(locale: Locale) -> [&'static str; 7] {
    pick(
        locale,
        ["マイルストーン", "到達", "未達解約", "途中", "平均", "中央値（日）", "75％"],
        ["Milestone", "Reached", "Left before", "Open", "Mean", "Median days", "75 %"],
    )
}

/// What the median is, and why no mean.
pub fn milestone_note(locale: Locale) -> &'static str {
    pick(
        locale,
        "「平均」は到達した顧客だけの日数で、実際より短く見えます。中央値（95％信頼区間）と、4社に3社が到達するまでの日数は、途中の顧客も含めたカプラン・マイヤー法によります。",
        "“Mean” counts only those who got there, and so looks too short. The median with its 95 % interval, and the days by which three of four are there, count those still on the way, too (Kaplan–Meier).",
    )
}

/// Onboarding done in time, of those whose 30th day is over.
pub fn completion(
    locale: Locale,
    share: &str,
    (done, all): (i64, u64),
    interval: &str,
    target: Option<&str>,
) -> String {
    let aim = target.map_or_else(String::new, |target| {
        pick(locale, format!("目標は{target}です。"), format!(" The target is {target}."))
    });
    pick(
        locale,
        format!(
            "30日目を過ぎた{all}社のうち{done}社（{share}、95％信頼区間：{interval}）が30日以内に導入を終えました。{aim}"
        ),
        format!(
            "{done} of the {all} whose 30th day is over completed onboarding by it ({share}; 95 % interval: {interval}).{aim}",
            all = count_of(all, "customer")
        ),
    )
}

/// Nobody's 30th day is over yet, or the journey names no milestone.
pub fn no_completion(locale: Locale) -> &'static str {
    pick(
        locale,
        "30日目を過ぎた顧客がまだいないか、導入を終えたとみなすマイルストーンが決まっていません。",
        "Nobody's 30th day is over yet, or no milestone says when onboarding is complete.",
    )
}

/// Neither group has anybody old enough.
pub fn no_comparison(locale: Locale) -> &'static str {
    pick(
        locale,
        "契約から180日を過ぎた顧客がどちらの側にもそろっていないため、まだ比べられません。",
        "Not enough customers are past their 180th day to compare the two.",
    )
}

/// Over the comparison: no proof.
pub fn not_causal(locale: Locale) -> &'static str {
    pick(locale, "因果関係ではありません：", "Not causal:")
}

/// Columns: playbook and step, sent, clicked, milestone within days.
pub fn step_columns(locale: Locale, days: i32) -> [String; 4] {
    pick(
        locale,
        ["ステップ".to_owned(), "送信".to_owned(), "クリック".to_owned(), format!("{days}日以内に到達")],
        [
            "Step".to_owned(),
            "Sent".to_owned(),
            "Clicked".to_owned(),
            format!("Reached within {days}", days = count_of(days, "day")),
        ],
    )
}

/// What a step worked towards.
pub fn step_reached(locale: Locale, milestone: &str, (reached, followed): (u64, u64)) -> String {
    pick(locale, format!("{milestone} {reached}/{followed}社"), format!("{milestone} {reached}/{followed}"))
}

/// What the table of steps does not say.
pub fn step_note(locale: Locale, clicks: bool) -> String {
    let told = if clicks {
        ""
    } else {
        pick(
            locale,
            "クリックは、`email.track_links` を有効にするか、メール配信サービスから通知を受けると表示されます。",
            " Clicks appear once `email.track_links` is on, or the mail service reports them.",
        )
    };
    pick(
        locale,
        format!(
            "分母は、送信時に未到達で、その後の日数が過ぎた顧客です。メールがなくても到達した顧客を含むため、効果の証明ではありません。{told}"
        ),
        format!(
            "Counted are customers who had not reached it before and whose days are over. Some would have reached it without the message: this is no proof of its effect.{told}"
        ),
    )
}

/// No message was sent.
pub fn no_steps(locale: Locale) -> &'static str {
    pick(
        locale,
        "導入期のプレイブックから顧客に送ったメールはまだありません。",
        "No playbook of this phase has written to a customer yet.",
    )
}

/// Both groups of the curves, with how many customers.
pub fn groups(locale: Locale, done: u64, late: u64) -> [String; 2] {
    pick(
        locale,
        [format!("30日で完了（{done}社）"), format!("未完了（{late}社）")],
        [format!("Done in 30 days ({done})"), format!("Not done ({late})")],
    )
}

/// Titles of the charts: funnel, completion by month, who stays.
pub fn charts(locale: Locale) -> [&'static str; 3] {
    pick(
        locale,
        [
            "契約からの進み方（社数）",
            "契約開始月ごとの導入完了率（点線は目標）",
            "契約が続いている割合（契約からの日数）。因果関係ではありません",
        ],
        [
            "The way from the contract (customers)",
            "Onboarding completed, by month of the start (dashed: target)",
            "Share still with us by days from the contract. Not causal",
        ],
    )
}
