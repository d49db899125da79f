//! Reasons as people read them: the machine writes `cap:onboarding/welcome`, people read which message won.

use super::{
    pick,
    terms::{Row, Term, term},
};
use crate::model::locale::Locale;

/// Every reason without a detail.
pub(super) const REASONS: &[Row] = &[
    // Why nothing starts.
    ("never_again", "一度だけのプレイブックです", "it runs once only"),
    ("already_running", "すでに実行中です", "it is running already"),
    ("cooling_down", "前回から間隔をあけています", "too soon after the last one"),
    ("often_enough", "決めた回数に達しました", "it ran as often as it may"),
    ("churned", "解約済みです", "the customer has left"),
    ("rollout", "展開の対象外です", "not in the rollout yet"),
    ("needs_approval", "承認を待っています", "waits for approval"),
    ("paused", "一時停止中です", "paused"),
    ("snoozed", "通知を止めています", "snoozed"),
    (
        "matched_before_it_went_live",
        "プレイブックの開始前、または顧客の取り込み前から条件に合っていました。一度外れて、また合えば始まります",
        "it held before the playbook went live or the customer came in; it starts once the condition has been false in between",
    ),
    (
        "ran_for_this",
        "この条件では実行済みです。一度外れて、また合えば始まります",
        "it ran for this already; it starts anew once the condition has been false in between",
    ),
    ("stable_for", "条件が続くのを待っています", "waiting whether it stays true"),
    ("missed", "その時刻を逃しました", "its time was missed"),
    // What started it.
    ("started_by_event", "イベントが届いたため", "an event came"),
    ("started_by_when", "条件が成り立ったため", "its condition became true"),
    ("started_by_date", "その日が来たため", "its date came"),
    ("started_by_cron", "予定の時刻になったため", "its time came"),
    ("started_by_manual", "手動で開始", "started by hand"),
    // What became of a step.
    ("ready", "送信の列に入りました", "queued"),
    ("opened", "作成", "opened"),
    ("done", "完了", "done"),
    ("digest", "送信の列に入りました", "queued"),
    ("held_out", "比較対照のため送りません", "held out for comparison"),
    ("if_false", "ステップの条件に合いません", "the step's condition does not hold"),
    ("past", "日付を過ぎています", "the date has passed"),
    ("date_past", "日付を過ぎています", "the date has passed"),
    ("same_person", "同じ人が対象です", "it would be the same person"),
    ("no_recipient", "宛先がいません", "nobody to send it to"),
    ("no_contact", "先方担当者がいません", "there is no contact"),
    ("no_address", "送り先のアドレスがありません", "the contact has no address there"),
    ("no_owner", "担当する人がいません", "nobody of ours has that role"),
    ("no_linked_channel", "お客様のチャンネルが登録されていません", "no channel of the customer is linked"),
    ("opted_out", "配信停止しています", "opted out"),
    ("no_consent", "配信の同意がありません", "no consent"),
    ("do_not_contact", "連絡不可です", "must not be contacted"),
    ("hold_at_most", "待てる期間を過ぎました", "held for too long"),
    ("off_scale", "点数が尺度の外です", "the score is not on its scale"),
    ("fact_without_contact", "誰のことか分からない記録でした", "it did not say whom it is about"),
    // What it waits for.
    ("window", "送信時間帯を待っています", "waits for the send window"),
    ("wait", "時間を待っています", "waits for its time"),
    ("wait_for", "イベントを待っています", "waits for something to happen"),
    ("missing_date", "待つ日付がまだありません", "the date it waits for is not known"),
    ("reply", "返信がありました", "the customer replied"),
    (
        "refused_by_policy",
        "受信側に拒否されたため、しばらく待っています",
        "the receiver refused our mail; waiting a while",
    ),
    (
        "too_many_complaints",
        "迷惑メール報告が多いため、この差出人の案内メールを止めています",
        "too many spam complaints; marketing of this sender is paused",
    ),
    (
        "too_many_dead_mailboxes",
        "宛先なしが多いため、このプレイブックのメールを止めています",
        "too many dead mailboxes; the mails of this playbook wait",
    ),
    ("suppressed_dead_address", "宛先のメールボックスがありません", "there is no such mailbox"),
    (
        "suppressed_erased",
        "本人のデータを消去したため、送りません",
        "the person was erased: nothing is mailed to this address",
    ),
    ("suppressed_soft_bounces", "不達が続いたため止めています", "stopped after repeated failures"),
    ("suppressed_complained", "迷惑メールの報告がありました", "reported as spam"),
    ("suppressed_unsubscribed", "配信停止しています", "opted out"),
    // How it ended.
    ("last step", "最後のステップまで完了", "after the last step"),
    ("goal", "目標を達成しました", "the goal is reached"),
    ("reached", "達成", "reached"),
    ("reached_after_the_last_step", "最後のステップの後に達成", "reached after the last step"),
    ("unenrolled", "手で外しました", "taken out by hand"),
    ("date in the past", "日付を過ぎています", "the date has passed"),
    ("account_merged", "別の顧客に統合されました", "the account was merged into another"),
    ("merged", "別の先方担当者に統合されました", "the contact was merged into another"),
    (
        "goes_on_here",
        "統合した顧客でも実行中でした。こちらの実行を続け、送信済みの人には送りません",
        "the merged account ran it too; this run goes on, without those it wrote to",
    ),
    ("contact_removed", "先方担当者がいなくなりました", "the contact is gone"),
    ("playbook_removed", "プレイブックがなくなりました", "the playbook is gone"),
    ("playbook_changed", "プレイブックが編集されました", "the playbook was edited"),
    ("version_not_kept", "開始時の版が残っていません", "the version it began with is not kept"),
    ("follow", "編集後の版に移りました", "moved to the edited version"),
    ("restart", "最初のステップからやり直します", "begins anew at the first step"),
    ("restarted", "最初のステップからやり直します", "begins anew at the first step"),
    ("too many steps in one turn", "一度に進むステップが多すぎます", "too many steps in one turn"),
    ("chain_too_deep", "イベントの連鎖が長すぎます", "the chain of events is too long"),
    ("loading", "読み込み中です", "being looked up"),
    ("too many rounds in one turn", "イベントの連鎖が終わりません", "a chain of events found no end"),
];

/// `reason` in words. `title` answers what people call a playbook.
///
/// Some reasons carry a detail after a colon: `cap:PLAYBOOK/STEP`, `hold_at_most:REASON`, `missing:NAME`,
/// `stale_feed:NAME` … A reason that is not known is shown as it is.
pub fn reason(locale: Locale, reason: &str, title: &dyn Fn(&str) -> String) -> String {
    let plain = |word: &'static str| term(locale, Term::Reason, word).to_owned();
    let Some((kind, detail)) = reason.split_once(':') else { return term(locale, Term::Reason, reason).to_owned() };
    let detail = detail.trim_start();
    match kind {
        "cap" => capped(locale, detail, title),
        "hold_at_most" if detail.is_empty() => plain("hold_at_most"),
        "hold_at_most" => beside(locale, &plain("hold_at_most"), &self::reason(locale, detail, title)),
        "paused" => beside(locale, &plain("paused"), detail),
        "stop" => detail.to_owned(),
        "exit" => pick(locale, format!("離脱の条件が成り立ちました：{detail}"), format!("an exit holds: {detail}")),
        "missing" => pick(locale, format!("{detail} の値がありません"), format!("no value for {detail}")),
        "unreadable" => {
            pick(locale, format!("{detail} の値を読めません"), format!("the value of {detail} cannot be read"))
        }
        "took_in" => pick(locale, format!("顧客「{detail}」を統合"), format!("took in the account {detail}")),
        "defined_anew" => pick(
            locale,
            format!("「{detail}」の定義が変わったため足し合わせません"),
            format!("{detail} was defined otherwise and is not added"),
        ),
        "stale_feed" => {
            pick(locale, format!("データ「{detail}」が届いていません"), format!("the feed “{detail}” is stale"))
        }
        "chain_too_deep" => pick(
            locale,
            format!("イベントの連鎖が長すぎます（{detail}）"),
            format!("the chain of events is too long ({detail})"),
        ),
        "suppressed" => suppressed(locale, detail),
        // What follows is the event's id or a number: of use to programs only.
        "event" => plain("started_by_event"),
        "when" => plain("started_by_when"),
        "date" => plain("started_by_date"),
        "cron" => plain("started_by_cron"),
        "manual" => plain("started_by_manual"),
        _ => reason.to_owned(),
    }
}

/// What, and in brackets why.
fn beside(locale: Locale, what: &str, why: &str) -> String {
    match why {
        "" => what.to_owned(),
        why => pick(locale, format!("{what}（{why}）"), format!("{what} ({why})")),
    }
}

fn suppressed(locale: Locale, why: &str) -> String {
    let word = format!("suppressed_{why}");
    let told = term(locale, Term::Reason, &word);
    if told == word { why.to_owned() } else { told.to_owned() }
}

fn capped(locale: Locale, winner: &str, title: &dyn Fn(&str) -> String) -> String {
    match winner.split('/').next().unwrap_or_default() {
        "" => pick(locale, "送信数の上限に達しました", "the frequency cap is reached").to_owned(),
        playbook => {
            let first = title(playbook);
            pick(
                locale,
                format!("送信数の上限（「{first}」を先に送信）"),
                format!("frequency cap: “{first}” came first"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ja(text: &str) -> String {
        reason(Locale::Ja, text, &|_| "更新のご案内".to_owned())
    }

    #[test]
    fn a_cap_names_the_message_that_won() {
        assert_eq!(ja("cap:renewal/first"), "送信数の上限（「更新のご案内」を先に送信）");
        assert_eq!(
            reason(Locale::En, "cap:renewal/first", &|_| "Renewal".to_owned()),
            "frequency cap: “Renewal” came first"
        );
        assert_eq!(
            ja("hold_at_most:cap:renewal/first"),
            "待てる期間を過ぎました（送信数の上限（「更新のご案内」を先に送信））"
        );
        assert_eq!(ja("cap:"), "送信数の上限に達しました");
    }

    #[test]
    fn what_was_missing_is_named_and_the_unknown_stays_as_it_is() {
        assert_eq!(ja("missing:account.mrr"), "account.mrr の値がありません");
        assert_eq!(ja("suppressed: dead_address"), "宛先のメールボックスがありません");
        assert_eq!(ja("suppressed: by hand"), "by hand");
        assert_eq!(ja("window"), "送信時間帯を待っています");
        assert_eq!(ja("event:cli:uep64pvb4u7swwqm"), "イベントが届いたため");
        assert_eq!(ja("when:3"), "条件が成り立ったため");
        assert_eq!(ja("Please wait: soon"), "Please wait: soon");
        assert_eq!(ja("stale_feed:csv"), "データ「csv」が届いていません");
        assert_eq!(ja("stop: not registered"), "not registered");
        assert_eq!(ja("paused: "), "一時停止中です");
    }
}
