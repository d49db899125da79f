//! What the desk says about the day, tasks, renewals and standstill, both languages side by side.

use super::{count_of, many, pick};
use crate::model::{locale::Locale, safe::shorten};

/// Characters of a customer's name on a button that says more.
const NAMED: usize = 30;

/// The headline of `renewals`.
pub fn renewals(locale: Locale, count: usize, from: &str, to: &str) -> String {
    pick(
        locale,
        format!("{from} 〜 {to} に更新を迎える顧客: {count}社"),
        format!("{count} renewal{} from {from} to {to}", many(count)),
    )
}

/// How much is at stake.
pub fn at_stake(locale: Locale, amounts: &str, red: usize) -> String {
    pick(
        locale,
        format!("月額の合計 {amounts}。うち危険な顧客は{red}社です。"),
        format!("Together {amounts} a month; {red} of them at risk."),
    )
}

/// Customers whose renewal date lies behind.
pub fn overdue_renewals(locale: Locale, count: usize) -> String {
    pick(
        locale,
        format!("更新日を過ぎたままの顧客: {count}社（更新されたなら更新日を、解約なら状態を直してください）"),
        format!("{count} past their renewal date: mend the date if they renewed, the status if they left"),
    )
}

/// Columns of `renewals`.
pub fn renewal_header(locale: Locale) -> [&'static str; 6] {
    match locale {
        Locale::Ja => ["更新日", "あと", "顧客名", "状態", "MRR", "担当"],
        Locale::En => ["renewal", "in", "name", "health", "MRR", "owner"],
    }
}

/// So many days.
pub fn days(locale: Locale, days: i64) -> String {
    pick(locale, format!("{days}日"), format!("{days} d"))
}

/// The headline of `stuck`.
pub fn stuck(locale: Locale, count: usize) -> String {
    pick(locale, format!("同じフェーズに長くとどまっている顧客: {count}社"), format!("{count} stuck in a phase"))
}

/// Columns of `stuck`.
pub fn stuck_header(locale: Locale) -> [&'static str; 6] {
    match locale {
        Locale::Ja => ["顧客名", "フェーズ", "日数", "次のステップ", "MRR", "担当"],
        Locale::En => ["name", "phase", "days", "next step", "MRR", "owner"],
    }
}

/// Nobody is on such a list.
pub fn nobody(locale: Locale) -> &'static str {
    pick(locale, "該当する顧客はいません。", "No account is on this list.")
}

/// What a list leaves out.
pub fn more_accounts(locale: Locale, count: usize) -> String {
    pick(locale, format!("ほか{count}社"), format!("{count} more"))
}

/// What a list of tasks leaves out.
pub fn more_tasks(locale: Locale, count: usize) -> String {
    pick(locale, format!("ほか{count}件"), format!("{count} more"))
}

/// What a list of events leaves out.
pub fn earlier(locale: Locale, count: usize) -> String {
    pick(locale, format!("これより前に{count}件以上あります"), format!("{count} or more before these"))
}

/// Heading and label: what went out yesterday.
pub fn sent_yesterday(locale: Locale) -> &'static str {
    pick(locale, "昨日送ったもの", "Sent yesterday")
}

/// Heading and label: what goes out today.
pub fn going_today(locale: Locale) -> &'static str {
    pick(locale, "今日送るもの", "Going out today")
}

/// Label: what waits for a person's word.
pub fn held(locale: Locale) -> &'static str {
    pick(locale, "保留中（resume を待つ）", "Held until resume")
}

/// Heading and label: tasks of the asker.
pub fn my_tasks(locale: Locale) -> &'static str {
    pick(locale, "自分のタスク", "My tasks")
}

/// Heading and label: tasks of everybody.
pub fn all_tasks(locale: Locale) -> &'static str {
    pick(locale, "みんなのタスク", "Everybody's tasks")
}

/// How many, and how many of them are overdue.
pub fn tasks(locale: Locale, open: usize, overdue: usize) -> String {
    match overdue {
        0 => pick(locale, format!("{open}件"), format!("{open}")),
        _ => pick(locale, format!("{open}件（期限超過{overdue}件）"), format!("{open}, {overdue} overdue")),
    }
}

/// Columns of what went out, or goes out.
pub fn sends_header(locale: Locale) -> [&'static str; 3] {
    match locale {
        Locale::Ja => ["内容", "チャネル", "件数"],
        Locale::En => ["what", "channel", "messages"],
    }
}

/// A channel as people call it; `planned`: what a wait lets go today.
pub fn channel(locale: Locale, word: &str) -> &str {
    match word {
        "email" => pick(locale, "メール", "e-mail"),
        "webhook" => pick(locale, "Webhook", "webhook"),
        "slack" => "Slack",
        "discord" => "Discord",
        "planned" => pick(locale, "予定", "planned"),
        other => other,
    }
}

/// One task: what, for whom, whose, until when.
pub fn task(locale: Locale, text: &str, account: &str, owner: &str, due: Option<&str>, overdue: bool) -> String {
    let mark = if overdue { "⚠ " } else { "" };
    let (ja, en) = due.map_or((String::new(), String::new()), |day| (format!("、期限 {day}"), format!(", due {day}")));
    pick(locale, format!("{mark}{account}: {text}（@{owner}{ja}）"), format!("{mark}{account}: {text} (@{owner}{en})"))
}

/// What to do, behind the type of the task.
pub fn of_type(locale: Locale, kind: &str, text: &str) -> String {
    pick(locale, format!("【{kind}】{text}"), format!("[{kind}] {text}"))
}

/// The button that completes a task: whose it is, then what; `customer` is empty for a task of the team. The name is cut,
/// so that some of the task can be read on a button of 75 characters.
pub fn done(locale: Locale, customer: &str, text: &str) -> String {
    match customer {
        "" => pick(locale, format!("完了: {text}"), format!("Done: {text}")),
        name => {
            let name = shorten(name, NAMED);
            pick(locale, format!("完了: {name} – {text}"), format!("Done: {name} – {text}"))
        }
    }
}

/// Nobody is called so whose tasks are asked for.
pub fn tasks_of(locale: Locale, person: &str, open: usize) -> String {
    pick(locale, format!("{person} の未完了のタスク: {open}件"), format!("{open} open task{} of {person}", many(open)))
}

/// Nothing runs for an account.
pub fn nothing_runs(locale: Locale) -> &'static str {
    pick(locale, "実行中のプレイブックはありません。", "No playbook is running.")
}

/// Columns of what runs for an account.
pub fn runs_header(locale: Locale) -> [&'static str; 4] {
    match locale {
        Locale::Ja => ["プレイブック", "ステップ", "状態", "次の予定"],
        Locale::En => ["playbook", "step", "state", "until"],
    }
}

/// Heading over what ended.
pub fn ended(locale: Locale) -> &'static str {
    pick(locale, "終わったプレイブック（新しい順）", "Ended, newest first")
}

/// An alert in a few words: became this band.
pub fn became(locale: Locale, band: &str) -> String {
    pick(locale, format!("「{band}」になった"), format!("became “{band}”"))
}

/// An alert in a few words: has been this band for so long.
pub fn stays(locale: Locale, band: &str, length: &str) -> String {
    pick(locale, format!("「{band}」が{length}以上"), format!("“{band}” for {length}"))
}

/// An alert in a few words: fell by so much.
pub fn fell(locale: Locale, points: &str, days: u16) -> String {
    pick(
        locale,
        format!("{days}日で{points}点以上低下"),
        format!("fell {points} in {days}", days = count_of(days, "day")),
    )
}

/// When a dated playbook begins.
pub fn begins_on(locale: Locale, day: &str, date: &str) -> String {
    pick(locale, format!("{day} に始まります（もとの日付は {date}）"), format!("begins on {day} (its date is {date})"))
}

/// When a dated playbook would have begun.
pub fn day_is_over(locale: Locale, day: &str, date: &str) -> String {
    pick(
        locale,
        format!("始まる日（{day}）は過ぎています（もとの日付は {date}）"),
        format!("its day, {day}, is over (its date is {date})"),
    )
}

/// The date a playbook counts from is not known.
pub fn no_date(locale: Locale) -> &'static str {
    pick(locale, "もとになる日付がありません", "the date it counts from is not known")
}

/// A playbook that begins with an event.
pub fn begins_by_event(locale: Locale, event: &str) -> String {
    pick(locale, format!("イベント「{event}」が届くと始まります"), format!("begins when this happens: {event}"))
}

/// A playbook that begins by its schedule.
pub fn begins_by_schedule(locale: Locale, cron: &str) -> String {
    pick(locale, format!("予定（{cron}）の時刻に始まります"), format!("begins by its schedule ({cron})"))
}

/// A playbook that begins by hand.
pub fn begins_by_hand(locale: Locale) -> &'static str {
    pick(locale, "手動（enroll）でだけ始まります", "begins by hand only (enroll)")
}

/// Not a length of time.
pub fn no_length(locale: Locale, text: &str) -> String {
    pick(
        locale,
        format!("「{text}」は期間として読めません。14d、2w、36h のように書いてください。"),
        format!("“{text}” is no length of time: write 14d, 2w or 36h."),
    )
}

/// In place of a playbook's title: what is said of a customer counts for all of them.
pub fn every_playbook(locale: Locale) -> &'static str {
    pick(locale, "すべてのプレイブック", "every playbook")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_names_the_customer_and_leaves_room_for_the_task() {
        assert_eq!(done(Locale::En, "Acme", "call"), "Done: Acme – call");
        assert_eq!(done(Locale::Ja, "", "質問に答える"), "完了: 質問に答える");
        let long = done(Locale::Ja, &"株式会社アクメ".repeat(20), "更新のご相談をする");
        assert!(long.chars().take(75).collect::<String>().ends_with("… – 更新のご相談をする"), "{long}");
    }
}
