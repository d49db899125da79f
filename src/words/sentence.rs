//! Sentences with values in them, both languages side by side.

use super::{count_of, many, pick};
use crate::model::{locale::Locale, value::Value};

/// No account of that name.
pub fn no_account(locale: Locale, typed: &str) -> String {
    pick(locale, format!("「{typed}」という顧客は見つかりません。"), format!("No account is called “{typed}”."))
}

/// What became of the rows of a file: read, new, changed, unchanged, rejected.
pub fn import_counts(locale: Locale, [read, new, changed, unchanged, rejected]: [u64; 5]) -> String {
    pick(
        locale,
        format!("{read}行: 新規{new}、変更{changed}、変更なし{unchanged}、取り込めない{rejected}"),
        format!("read {read}: {new} new, {changed} changed, {unchanged} unchanged, {rejected} rejected"),
    )
}

/// Where the rows are that could not be taken.
pub fn rejects_at(locale: Locale, path: &str) -> String {
    pick(
        locale,
        format!("取り込めない行は {path} にあります。直してそのまま取り込めます。"),
        format!("bad rows are in {path}; mend and import that file"),
    )
}

/// What an import starts, or would start.
pub fn would_start(locale: Locale, playbook: &str, count: usize, dry: bool) -> String {
    let (ja, en) = if dry { ("始まる見込み", "would start now") } else { ("始まりました", "started") };
    pick(locale, format!("{playbook}: {count}件{ja}"), format!("{playbook}: {count} {en}"))
}

/// An import that starts no playbook.
pub fn starts_nothing(locale: Locale, dry: bool) -> String {
    let (ja, en) = if dry {
        ("始まるプレイブックはありません。", "No playbook would start now.")
    } else {
        ("始まったプレイブックはありません。", "No playbook started.")
    };
    pick(locale, ja.to_owned(), en.to_owned())
}

/// Messages that wait to be sent.
pub fn messages_ready(locale: Locale, count: usize) -> String {
    let s = many(count);
    pick(
        locale,
        format!("送信待ちのメッセージ: {count}通（shirube outbox で確認できます）"),
        format!("{count} message{s} ready to be sent (see: shirube outbox)"),
    )
}

/// No person of that name.
pub fn no_person(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」という担当者はいません。選べるのは: {known}"),
        format!("Nobody is called “{typed}”. There are: {known}"),
    )
}

/// No playbook of that name.
pub fn no_playbook(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」というプレイブックはありません。選べるのは: {known}"),
        format!("No playbook is called “{typed}”. There are: {known}"),
    )
}

/// No such segment; `known` may be empty.
pub fn no_segment(locale: Locale, typed: &str, known: &str) -> String {
    if known.is_empty() {
        return pick(
            locale,
            format!("「{typed}」というセグメントはありません。model.yaml の segments: で決められます"),
            format!("No segment is called “{typed}”; `segments:` in model.yaml defines them"),
        );
    }
    pick(
        locale,
        format!("「{typed}」というセグメントはありません。選べるのは: {known}"),
        format!("No segment is called “{typed}”. There are: {known}"),
    )
}

/// A name that is both a playbook and an account.
pub fn ambiguous(locale: Locale, name: &str) -> String {
    pick(
        locale,
        format!("「{name}」はプレイブックにも顧客にもあります。playbook:{name} か account:{name} と書いてください。"),
        format!("“{name}” is a playbook and an account. Write playbook:{name} or account:{name}."),
    )
}

/// The headline of the list of accounts.
pub fn accounts_title(locale: Locale, shown: usize, total: usize) -> String {
    if shown == total {
        let s = many(total);
        return pick(locale, format!("顧客{total}社"), format!("{total} account{s}"));
    }
    pick(
        locale,
        format!("顧客{total}社のうち{shown}社"),
        format!("{shown} of {total}", total = count_of(total, "account")),
    )
}

/// The demo's headline.
pub fn demo_title(locale: Locale, days: i32, from: &str, to: &str) -> String {
    pick(
        locale,
        format!("shirube demo: {days}日間（{from} 〜 {to}）"),
        format!("shirube demo: {days}, {from} to {to}", days = count_of(days, "day")),
    )
}

/// The demo's first part.
pub fn demo_sent(locale: Locale, sent: usize, accounts: usize, days: i32) -> String {
    pick(
        locale,
        format!("1. ステップメールと通知: {days}日間で{accounts}社に{sent}通"),
        format!(
            "1. Step e-mails and nudges: {sent} sent to {accounts} in {days}",
            accounts = count_of(accounts, "customer"),
            days = count_of(days, "day")
        ),
    )
}

/// Where the demo's messages lie.
pub fn demo_read(locale: Locale, path: &str) -> String {
    pick(locale, format!("中身はこちら: {path}"), format!("Read them: {path}"))
}

/// The demo's third part.
pub fn demo_digest(locale: Locale, posted: usize) -> String {
    pick(locale, format!("3. 月曜のダイジェスト（{posted}回配信）"), format!("3. Monday's digest ({posted} posted)"))
}

/// A KPI beside what it is good for.
pub fn kpi_kind(locale: Locale, leading: bool) -> String {
    match leading {
        true => pick(locale, "先行指標".into(), "leading".into()),
        false => pick(locale, "遅行指標".into(), "lagging".into()),
    }
}

/// A KPI about one feature.
pub fn kpi_of(locale: Locale, kpi: &str, feature: &str) -> String {
    pick(locale, format!("{kpi}（{feature}）"), format!("{kpi} ({feature})"))
}

/// A KPI's target.
pub fn kpi_target(locale: Locale, target: &str) -> String {
    pick(locale, format!("、目標 {target}"), format!(", target {target}"))
}

/// Somebody opted out of a topic, or back in.
pub fn subscribed(locale: Locale, topic: &str, on: bool) -> String {
    match on {
        true => pick(locale, format!("配信再開: {topic}"), format!("Subscribed again: {topic}")),
        false => pick(locale, format!("配信停止: {topic}"), format!("Unsubscribed: {topic}")),
    }
}

/// What a list leaves out.
pub fn and_more(locale: Locale, count: usize) -> String {
    pick(locale, format!("ほか{count}項目"), format!("{count} more"))
}

/// `2/6`, as points.
pub fn points(locale: Locale, points: &str, best: &str) -> String {
    pick(locale, format!("{points}/{best}点"), format!("{points}/{best}"))
}

/// How much of a score is known.
pub fn coverage(locale: Locale, share: f64) -> String {
    let percent = (share * 100.0).round();
    pick(locale, format!("（データ{percent}%）"), format!(" ({percent}% of the data)"))
}

/// An amount for each month.
pub fn a_month(locale: Locale, amount: &str) -> String {
    pick(locale, format!("月額{amount}"), format!("{amount} a month"))
}

/// The milestone that comes next.
pub fn open_step(locale: Locale, title: &str) -> String {
    pick(locale, format!("次は「{title}」"), format!("next: {title}"))
}

/// `2 of 4`.
pub fn of(locale: Locale, done: u32, total: u32) -> String {
    pick(locale, format!("{total}ステップ中{done}"), format!("{done} of {total}"))
}

/// `12 days`.
pub fn days(locale: Locale, days: f64) -> String {
    let s = if days == 1.0 { "" } else { "s" };
    pick(locale, format!("{days}日目"), format!("for {days} day{s}"))
}

/// A stale feed.
pub fn stale(locale: Locale, feed: &str) -> String {
    pick(
        locale,
        format!("データ「{feed}」が届いていないため、これを使うプレイブックを保留しています。"),
        format!("The feed “{feed}” is stale; what depends on it waits."),
    )
}

/// An alert: the score fell.
pub fn alert_drop(locale: Locale, by: &str, within: u16, since: &str) -> String {
    pick(
        locale,
        format!("スコアが{within}日以内に{by}点以上下がりました（{since}から）"),
        format!("The score fell by {by} or more within {within} (since {since})", within = count_of(within, "day")),
    )
}

/// An alert: the band changed to this.
pub fn alert_enters(locale: Locale, band: &str, since: &str) -> String {
    pick(locale, format!("区分が「{band}」になりました（{since}から）"), format!("Became “{band}” (since {since})"))
}

/// An alert: the band has not changed for too long.
pub fn alert_stays(locale: Locale, band: &str, length: &str, since: &str) -> String {
    pick(
        locale,
        format!("「{band}」のまま{length}以上たちました（{since}から）"),
        format!("“{band}” for {length} or longer (since {since})"),
    )
}

/// A LENGTH as people say it: `14d` is 14日 / 14 days, `36h` 36時間 / 36 hours; others as they are written.
pub fn length(locale: Locale, written: &str) -> String {
    let digits = written.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = written.split_at(digits);
    let (ja, en) = match unit.trim().trim_end_matches('s') {
        "d" | "calendar day" => ("日", "day"),
        "h" => ("時間", "hour"),
        "m" => ("分", "minute"),
        "business day" => ("営業日", "business day"),
        "business hour" => ("営業時間", "business hour"),
        _ => return written.to_owned(),
    };
    let plural = if number == "1" { "" } else { "s" };
    pick(locale, format!("{number}{ja}"), format!("{number} {en}{plural}"))
}

/// Months to a tenth.
pub fn months(locale: Locale, months: f64) -> String {
    let written = format!("{months:.1}");
    pick(
        locale,
        format!("{written}か月"),
        if written == "1.0" { "1 month".to_owned() } else { format!("{written} months") },
    )
}

/// One component of a score.
pub fn component(locale: Locale, name: &str, value: &Value, points: f64, max: f64) -> String {
    pick(locale, format!("「{name}」は{value}で{points}/{max}点"), format!("{name} is {value}: {points} of {max}"))
}

/// How many targets are reached, by weight.
pub fn targets_reached(locale: Locale, reached: u32, of: u32) -> String {
    let share = f64::from(reached) / f64::from(of.max(1)) * 100.0;
    pick(
        locale,
        format!(
            "目標の達成：重みの合計{of}のうち{reached}（{share:.0}%）。継続の指標は3、利用は2、ほかは1として数えます。"
        ),
        format!(
            "Targets reached: {reached} of {of} by weight ({share:.0}%). Staying weighs 3, use 2, everything else 1."
        ),
    )
}

/// A digest's headline.
pub fn digest_title(locale: Locale, name: &str, rows: usize, customers: usize, day: &str) -> String {
    pick(
        locale,
        format!("{name}（{day}）: {customers}社中{rows}社"),
        format!("{name} ({day}): {rows} of {customers}", customers = count_of(customers, "customer")),
    )
}

/// What a digest leaves out.
pub fn digest_more(locale: Locale, more: usize, snoozed: usize) -> String {
    pick(locale, format!("ほか{more}社、通知を止めている顧客 {snoozed}社"), format!("{more} more, {snoozed} snoozed"))
}

/// What to look at first.
pub fn suggestion(locale: Locale, component: &str) -> String {
    pick(locale, format!("まず「{component}」を確認"), format!("look at “{component}” first"))
}

/// Somebody is on it.
pub fn acked(locale: Locale, account: &str, who: &str) -> String {
    pick(locale, format!("{account}: {who} が対応中"), format!("{account}: {who} is on it"))
}

/// Somebody is on it, where the account stands beside it.
pub fn on_it(locale: Locale, who: &str) -> String {
    pick(locale, format!("{who} が対応中"), format!("{who} is on it"))
}

/// A snooze was recorded.
pub fn snoozed(locale: Locale, account: &str, until: &str) -> String {
    pick(
        locale,
        format!("{account} の通知を {until} まで止めました。"),
        format!("Nothing about {account} until {until}."),
    )
}

/// An account was assigned.
pub fn assigned(locale: Locale, account: &str, person: &str) -> String {
    pick(locale, format!("{account} の担当を {person} にしました。"), format!("{account} is now with {person}."))
}

/// A note was written.
pub fn noted(locale: Locale, account: &str) -> String {
    pick(locale, format!("{account} にメモを残しました。"), format!("Noted on {account}."))
}

/// A playbook or an account was paused or resumed.
pub fn paused(locale: Locale, name: &str, on: bool) -> String {
    match on {
        true => pick(locale, format!("{name} を一時停止しました。"), format!("{name} is paused.")),
        false => pick(locale, format!("{name} を再開しました。"), format!("{name} goes on.")),
    }
}

/// No mail is sent by a sender of that name.
pub fn no_sender(locale: Locale, name: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{name}」という差出人からのメールはありません。次のどれかを指定してください: {known}"),
        format!("No mail is sent by “{name}”; name one of: {known}"),
    )
}

/// Everything was paused or resumed.
pub fn paused_all(locale: Locale, on: bool, messages: usize) -> String {
    match on {
        true => pick(
            locale,
            format!("すべての送信を止めました。待機中の{messages}件を保留しています。"),
            format!("Everything is stopped. {messages} waiting message(s) are held."),
        ),
        false => pick(
            locale,
            format!("送信を再開しました。保留していた{messages}件は、送る前にもう一度確認されます。"),
            format!("Sending goes on. {messages} held message(s) are checked once more before they leave."),
        ),
    }
}

/// What a person is asked when a customer replied to a playbook's message.
pub fn reply_task(locale: Locale, playbook: &str) -> String {
    pick(
        locale,
        format!("「{playbook}」に返信がありました。返信を読み、続けるなら完了に、止めるなら登録を解除してください"),
        format!("A customer replied to “{playbook}”: read it, then complete this task to go on, or unenroll to stop"),
    )
}

/// What a person is asked when a date became known too late for its playbook.
pub fn date_past_task(locale: Locale, playbook: &str, day: jiff::civil::Date) -> String {
    pick(
        locale,
        format!("「{playbook}」は始まりませんでした。{day} が分かったのが遅すぎました。個別に対応してください"),
        format!("“{playbook}” did not start: {day} became known too late; see to it in person"),
    )
}

/// What a person is asked when a run was stopped because it would have gone on for ever.
pub fn failed_task(locale: Locale, playbook: &str) -> String {
    pick(
        locale,
        format!("「{playbook}」を止めました。プレイブックが互いに始め合っています。定義を直してください"),
        format!("“{playbook}” was stopped: playbooks start each other without end; mend them"),
    )
}

/// What a person is asked when a notice (contract, payment) waits for longer than others may.
pub fn notice_task(locale: Locale, playbook: &str) -> String {
    pick(
        locale,
        format!("「{playbook}」の通知を送れずにいます。宛先や停止中でないかを確かめてください"),
        format!("The notice of “{playbook}” cannot go out: see whether somebody can get it and nothing is paused"),
    )
}

/// Sending has stopped somewhere until it is mended.
pub fn stopped(locale: Locale, what: &str, reason: &str) -> String {
    pick(
        locale,
        format!("⚠ {what} の送信が止まっています: {reason}（再試行を続けます。失われるものはありません）"),
        format!("⚠ {what} does not send: {reason} (it is tried again; nothing is lost)"),
    )
}

/// What `resume` would let go.
pub fn would_go(locale: Locale, messages: usize, late: usize) -> String {
    let late_ja =
        if late > 0 { format!("（ほか{late}件は期限切れのため送りません）") } else { String::new() };
    let late_en = if late > 0 { format!(" ({late} more came too late and will be skipped)") } else { String::new() };
    pick(
        locale,
        format!("再開すると{messages}件を送ります{late_ja}。まだ何も送っていません。"),
        format!("{messages} message(s) would go{late_en}. Nothing has been sent yet."),
    )
}

/// The button that lets them.
pub fn let_go(locale: Locale, messages: usize) -> String {
    pick(locale, format!("{messages}件の送信を再開する"), format!("Let {messages} go"))
}

/// The headline of an explanation.
pub fn explain_title(locale: Locale, account: &str) -> String {
    pick(locale, format!("{account}: なぜそうなったか"), format!("{account}: why, and why not"))
}

/// When a goal was reached.
pub fn goal_reached(locale: Locale, at: &str) -> String {
    pick(locale, format!("目標達成: {at}"), format!("goal reached {at}"))
}

/// Why the band is lower than the score alone would make it.
pub fn band_held(locale: Locale) -> &'static str {
    pick(locale, "区分を下げている理由", "Band held down by")
}

/// Further figures that are not in the table.
pub fn further_kpis(locale: Locale, names: &str) -> String {
    pick(
        locale,
        format!("ほかに計算済み：{names}。`shirube kpi --all` で見られます。"),
        format!("Also counted: {names} (`shirube kpi --all` shows them)."),
    )
}

/// The headline of KPIs side by side.
pub fn kpi_by_title(locale: Locale, by: &str, from: &str, to: &str) -> String {
    pick(
        locale,
        format!("KPI（{by}別）{from} 〜 {to}（この日は含まない）"),
        format!("KPIs by {by}, {from} to {to} (exclusive)"),
    )
}

/// The heading of a KPI with the target of the role.
pub fn with_target(locale: Locale, kpi: &str, target: &str) -> String {
    pick(locale, format!("{kpi}（目標 {target}）"), format!("{kpi} (target {target})"))
}

/// Under KPIs by a role that has targets of its own.
pub fn own_targets(locale: Locale, role: &str) -> String {
    pick(
        locale,
        format!("目標は役割 {role} のものです（role_targets）。✓ は達成です。"),
        format!("Targets are those of the role {role} (role_targets); ✓ = reached."),
    )
}

/// KPIs cannot be split by this.
pub fn no_split(locale: Locale, by: &str, known: &str) -> String {
    pick(
        locale,
        format!(
            "「{by}」では分けられません。month、quarter、cohort、segment か、顧客の項目を指定してください：{known}"
        ),
        format!("KPIs cannot be split by `{by}`: use month, quarter, cohort, segment, or an attribute: {known}"),
    )
}

/// Under KPIs of several groups.
pub fn kpi_by_note(locale: Locale, more: usize) -> String {
    let more = match more {
        0 => String::new(),
        n => pick(locale, format!("ほかに{n}区分あります（--json）。"), format!(" {n} more groups: --json.")),
    };
    pick(
        locale,
        format!("（ ）内は分子/分母です。少ない社数の差は偶然でも出ます。区間は --json にあります。{more}"),
        format!("In brackets: of how many. Few customers differ by chance alone; intervals: --json.{more}"),
    )
}

/// Under figures of a period that begins before losses are on record.
pub fn partly_recorded(locale: Locale, day: &str) -> String {
    pick(
        locale,
        format!(
            "{day}より前に離れた顧客の記録がありません。この期間の解約率・継続率・売上継続率は、実際より良く見えます。"
        ),
        format!(
            "Who left before {day} is not on record: churn, retention and revenue kept look better here than they were."
        ),
    )
}

/// The headline of the KPIs; `to` is the day after the last one.
pub fn kpi_title(locale: Locale, from: &str, to: &str) -> String {
    pick(locale, format!("KPI {from} 〜 {to}（この日は含まない）"), format!("KPIs {from} to {to} (exclusive)"))
}

/// Contracts in other currencies.
pub fn other_currency(locale: Locale, contracts: usize) -> String {
    pick(
        locale,
        format!("ほかの通貨の契約{contracts}件の金額は含みません。"),
        format!(
            "The revenue of {contracts} in another currency is left out.",
            contracts = count_of(contracts, "contract")
        ),
    )
}

/// KPIs for which the data is missing.
pub fn not_counted(locale: Locale, names: &str) -> String {
    pick(locale, format!("データがまだ無いもの: {names}"), format!("No data yet: {names}"))
}

/// A task was completed.
pub fn task_done(locale: Locale, account: &str, task: &str) -> String {
    pick(locale, format!("{account}: 「{task}」を完了にしました。"), format!("{account}: done: {task}"))
}

/// A playbook may begin.
pub fn approved(locale: Locale, playbook: &str) -> String {
    pick(
        locale,
        format!("{playbook} を承認しました。待っていた顧客から始まります。"),
        format!("{playbook} is approved; what waited for it begins."),
    )
}

/// A playbook that asks for no approval.
pub fn no_approval(locale: Locale, playbook: &str) -> String {
    pick(locale, format!("{playbook} は承認を必要としません。"), format!("{playbook} needs no approval."))
}

/// Playbooks that wait for approval.
pub fn awaiting_approval(locale: Locale, playbook: &str) -> String {
    pick(locale, format!("{playbook} は承認待ちです"), format!("{playbook} waits for approval"))
}

/// The headline of the task list.
pub fn tasks_title(locale: Locale, open: usize) -> String {
    pick(locale, format!("未完了のタスク: {open}件"), format!("{open} open task{}", many(open)))
}

/// The headline of today.
pub fn today_title(locale: Locale, day: &str) -> String {
    pick(locale, format!("今日（{day}）"), format!("Today ({day})"))
}
