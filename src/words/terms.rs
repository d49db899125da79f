//! What the machine's own words are called: KPIs, verdicts, reasons, results, events. One row a word, with
//! both languages, so that none can be forgotten; a word that is not here is shown as it is.

use super::{pick, reasons::REASONS};
use crate::model::locale::Locale;

/// Which list a word belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// A KPI.
    Kpi,
    /// How a KPI is counted.
    Method,
    /// What we did, counted.
    Kai,
    /// What moved the revenue.
    Movement,
    /// Where an account stands with a playbook.
    Verdict,
    /// Why something did not happen, or not yet.
    Reason,
    /// A kind of decision in the ledger.
    Ledger,
    /// What became of a message.
    Outcome,
    /// How a run ended.
    Result,
    /// An event's name.
    Event,
    /// What a person did.
    Act,
    /// A tier of the touch model.
    Touch,
}

/// The machine's word, Japanese, English.
pub(super) type Row = (&'static str, &'static str, &'static str);

const KPIS: &[Row] = &[
    ("logo_churn", "解約率", "Churn rate"),
    ("logo_churn_events", "解約率（全解約）", "Churn, all events"),
    ("logo_churn_daily", "解約率（日ごとの合計）", "Churn, daily sum"),
    ("logo_churn_incl_new", "解約率（新規の解約も含む）", "Churn, with new"),
    ("logo_churn_year", "解約率（年換算）", "Churn, as a year"),
    ("mrr_churn_gross", "MRR解約率（グロス）", "MRR churn, gross"),
    ("mrr_churn_net", "MRR解約率（ネット）", "MRR churn, net"),
    ("quick_ratio", "クイックレシオ", "Quick ratio"),
    ("quick_ratio_reactivated", "クイックレシオ（復帰を含む）", "Quick ratio, with back"),
    ("churn_loss_year", "解約による損失（年額）", "Lost to churn a year"),
    ("stickiness", "定着度（1日平均 ÷ 28日）", "Stickiness"),
    ("seat_utilisation", "席数の利用率", "Seats in use"),
    ("feature_first_use", "機能の初回利用率", "Feature used once"),
    ("feature_retention", "機能の継続利用率", "Feature kept in use"),
    ("retention", "継続率", "Retention"),
    ("onboarding_completion", "オンボーディング完了率", "Onboarding completed"),
    ("health_green_share", "良好な顧客", "Healthy accounts"),
    ("active_user_rate", "利用中の顧客", "Active accounts"),
    ("grr", "売上継続率 GRR", "Retention, GRR"),
    ("nrr", "売上継続率 NRR", "Retention, NRR"),
    ("nrr_movements", "NRR（増減から計算）", "NRR, by movements"),
    ("early_churn", "早期解約率", "Early churn"),
    ("renewal_rate", "更新率", "Renewal rate"),
    ("renewal_rate_mrr", "更新率（金額）", "Renewal by revenue"),
    ("days_to_setup", "初期設定までの日数", "Days to set-up"),
    ("ttfv_median_days", "初回価値まで TTFV", "Time to first value"),
    ("expansion_mrr", "増額MRR", "Expansion MRR"),
    ("arpa", "1社あたり月額", "Revenue per account"),
    ("ltv", "顧客生涯価値 LTV", "Lifetime value"),
    ("ltv_plain", "LTV（月の解約率のまま）", "Lifetime value, plain"),
    ("ltv_to_cac", "LTV ÷ CAC", "LTV ÷ CAC"),
    ("cac_payback_months", "CACの回収期間", "CAC paid back after"),
    ("nps", "NPS", "NPS"),
    ("nps_accounts", "NPS（顧客単位）", "NPS by account"),
    ("nps_change", "NPSの前期差", "NPS, change"),
    ("nps_response", "NPSの回答率", "NPS response rate"),
    ("csat", "顧客満足度（CSAT）", "CSAT"),
    ("csat_mean", "CSATの平均（5段階）", "CSAT, mean of 5"),
    ("csat_response", "CSATの回答率", "CSAT response rate"),
    ("ces", "CESの平均（7段階）", "CES, mean of 7"),
    ("ces_easy", "CES（5〜7の割合）", "CES, share of 5–7"),
    ("ces_net", "CES（差し引き）", "CES, net"),
    ("ces_response", "CESの回答率", "CES response rate"),
    ("tickets_per_account", "1社あたりの問い合わせ", "Tickets per account"),
    ("resolution_hours", "問い合わせの解決時間", "Hours to resolution"),
    ("csat_tickets", "問い合わせ対応のCSAT", "CSAT of tickets"),
    ("feature_adoption", "機能の利用率", "Feature adoption"),
    ("meeting_rate", "面談実施率", "Accounts we met"),
    ("upsell_rate", "アップセル率", "Upsell rate"),
    ("upsell_mrr_rate", "アップセル率（金額）", "Upsell by revenue"),
    ("cross_sell_rate", "クロスセル率", "Cross-sell rate"),
    ("cross_sell_mrr_rate", "クロスセル率（金額）", "Cross-sell, revenue"),
];

const METHODS: &[Row] = &[
    ("start_end", "期首に契約中だった顧客のうち（期首と期末の比較）", "of those with a contract at the start"),
    ("start_cohort_30d", "利用開始から30日目が期間内の顧客のうち", "of those whose 30th day lies in the period"),
    ("opened_by_active", "期末に契約中の顧客1社あたりの件数", "opened by accounts active at the end"),
    (
        "opened_in_period_kaplan_meier",
        "期間内の問い合わせの半数が解決するまで（未解決も経過時間まで数える）",
        "until half of those opened in the period were solved; open ones count as long as they are",
    ),
    (
        "start_end_compounded",
        "期間の解約率を1年に換算（1 −（1 − 解約率）の365日分の累乗。12倍ではありません）",
        "the period's churn compounded to 365 days, not times 12",
    ),
    (
        "incl_new",
        "期中のすべての解約（期中に始めた顧客も含む）÷ 期首の顧客数",
        "everybody who left in the period, new ones too ÷ those at the start",
    ),
    ("daily_sum", "1日ごとの解約率の合計", "the shares lost each day, added up"),
    (
        "movements_of_opening",
        "期中の減額と解約の合計 ÷ 期首の月額（増えてから減った分も数える）",
        "all falls of the period ÷ revenue at the start; up-then-down counts",
    ),
    (
        "movements_of_opening_less_won",
        "同上から増額と復帰を引いたもの（マイナスは増えた）",
        "the same less expansion and who came back; negative is growth",
    ),
    ("won_by_lost", "（新規＋増額）÷（減額＋解約）", "(new + expansion) ÷ (contraction + churn)"),
    (
        "won_and_back_by_lost",
        "（新規＋増額＋復帰）÷（減額＋解約）",
        "(new + expansion + reactivation) ÷ (contraction + churn)",
    ),
    (
        "opening_and_movements",
        "（期首＋増額−減額−解約）÷ 期首（期中に始めた顧客の増減も入る）",
        "(opening + expansion − contraction − churn) ÷ opening; also of who joined within",
    ),
    ("arpa_over_churn", "1社あたり月額 ÷ その月の解約率", "revenue per account ÷ churn of the month as it is"),
    ("ltv_times_margin_over_cac", "LTV × 粗利率 ÷ 顧客獲得費用", "LTV × gross margin ÷ cost of a new customer"),
    (
        "cac_over_arpa_times_margin",
        "顧客獲得費用 ÷（1社あたり月額 × 粗利率）",
        "cost of a new customer ÷ (revenue per account × gross margin)",
    ),
    ("lost_mrr_times_12", "解約した顧客の期首の月額 × 12", "what those who left paid a month at the start, times 12"),
    (
        "mean_day_of_28d",
        "28日間の1日あたりの利用社数 ÷ 28日間に一度でも利用した社数",
        "accounts with a login on a mean day ÷ on any day, of 28 days",
    ),
    (
        "active_30d_of_seats",
        "30日間に利用した人数の合計 ÷ 契約席数の合計",
        "people active in 30 days ÷ seats, both summed",
    ),
    ("accounts_ever_used", "現在の顧客のうち一度でも利用", "of present accounts: ever used it"),
    (
        "accounts_that_used_before",
        "その期間より前から利用していた顧客のうち今も利用",
        "of present accounts that used it before: still do",
    ),
    ("now", "現在の顧客のうち", "of present accounts"),
    ("accounts_login_7d", "現在の顧客のうち7日以内にログイン", "of present accounts: a login within 7 days"),
    (
        "events_excl_new",
        "期首に契約中だった顧客のうち期中に一度でも解約",
        "of those with a contract at the start: left at any time",
    ),
    (
        "within_90d_of_start",
        "90日目が期間内の顧客のうちそれまでに解約",
        "of those whose 90th day lies in the period: left by it",
    ),
    (
        "due_in_period_grace_30d",
        "期間内に満了した契約のうち30日以内に継続",
        "of contracts that ended in the period: went on within 30 days",
    ),
    (
        "mrr_due_in_period_grace_30d",
        "期間内に満了した契約の月額のうち継続した額",
        "of the revenue of contracts that ended in the period",
    ),
    (
        "cohort_at_opening",
        "期首の月額に対する、同じ顧客の期末の月額",
        "revenue at the end of those paying at the start",
    ),
    ("cohort_at_opening_min_per_account", "同上、増額は数えない", "the same, without what they added"),
    (
        "paying_at_opening",
        "期首に支払っていた顧客のうち、今の契約の月額が増えた（上位プラン・席数）",
        "of those paying at the start: pay more for what they had",
    ),
    (
        "months_pooled",
        "月あたり（各月の解約数と期首の顧客数をそれぞれ合計）",
        "a month: lost and opening summed over the months",
    ),
    ("rise_of_opening", "その増額 ÷ 期首の月額", "those rises ÷ revenue at the start"),
    (
        "further_contract",
        "期首に支払っていた顧客のうち、別の契約を追加した（関連サービス）",
        "of those paying at the start: a further contract beside it",
    ),
    ("further_contract_mrr", "追加した契約の月額 ÷ 期首の月額", "revenue of those contracts ÷ revenue at the start"),
    ("movements", "期中の増額の合計（期首の月額と並べて）", "all rises within the period, beside the opening revenue"),
    ("closing", "期末の月額の合計 ÷ 支払っている顧客数", "revenue at the end ÷ paying accounts"),
    (
        "arpa_over_monthly_churn",
        "ARPA ÷ 月あたりの解約率（解約が無ければ求められません）",
        "ARPA ÷ monthly churn (none while nobody leaves)",
    ),
    (
        "started_365d_aalen_johansen",
        "直近1年に始めた顧客の中央値（先に解約した顧客も分母に含む）",
        "median of who started within a year; who left first counts too",
    ),
    ("latest_per_contact", "期間内の最後の回答、1人1件", "the last answer of each contact in the period"),
    ("mean_of_accounts", "1社を1票とした、各社のNPSの平均", "mean of the accounts' own NPS, one vote each"),
    ("against_period_before", "同じ長さの直前の期間との差", "against the period of the same length before"),
    (
        "answered_of_asked",
        "期間内に送ったアンケートのうち期末までに回答",
        "of surveys asked in the period: answered by its end",
    ),
    ("mean_of_1_to_5", "1〜5の回答の平均、1人1件", "mean of answers from 1 to 5, the last of each contact"),
    ("mean_of_1_to_7", "1〜7の回答の平均、1人1件", "mean of answers from 1 to 7, the last of each contact"),
    ("five_to_seven_of_seven", "7段階で5〜7の回答", "answers of 5 to 7 of 7"),
    ("six_seven_less_one_to_three", "6・7の割合 − 1〜3の割合", "share of 6–7 less share of 1–3"),
    ("four_or_five_of_five", "5段階で4か5の回答", "answers of 4 or 5 of 5"),
    ("accounts_met", "現在の顧客のうち期間内に面談した", "of present accounts: met in the period"),
    (
        "accounts_with_one_use",
        "値の分かる顧客のうち1回以上利用",
        "of accounts whose use is known: used it at least once",
    ),
];

const KAIS: &[Row] = &[
    ("messages_sent", "送信", "messages sent"),
    ("tasks_done", "完了したタスク", "tasks done"),
    ("meetings_held", "面談", "meetings"),
    ("notes_written", "メモ", "notes"),
    ("replies", "返信", "replies"),
    ("survey_answers", "アンケート回答", "survey answers"),
];

const MOVEMENTS: &[Row] = &[
    ("opening", "期首", "at the start"),
    ("new", "新規", "new"),
    ("expansion", "増額", "expansion"),
    ("contraction", "減額", "contraction"),
    ("churn", "解約", "churn"),
    ("reactivation", "復活", "reactivation"),
    ("closing", "期末", "at the end"),
];

const VERDICTS: &[Row] = &[
    ("running", "実行中", "running"),
    ("waiting", "待機中", "waiting"),
    ("held", "保留中", "held"),
    ("capped", "送信数の上限で待機中", "held back by a cap"),
    ("held_out", "比較対照のため送らない", "held out for comparison"),
    ("exited", "離脱", "left"),
    ("sent", "実施済み", "done"),
    ("skipped", "見送り", "skipped"),
    ("not_matched", "条件に合わない", "conditions do not hold"),
    ("missing", "データがなく判断できない", "cannot be judged: data is missing"),
];

const LEDGER: &[Row] = &[
    ("start", "開始", "started"),
    ("not_started", "開始せず", "not started"),
    ("message", "メッセージ", "message"),
    ("skip", "見送り", "skipped"),
    ("hold", "保留", "held"),
    ("task", "タスク", "task"),
    ("wait", "待機", "waits"),
    ("exit", "離脱", "left"),
    ("goal", "目標達成", "goal"),
    ("end", "終了", "ended"),
    ("stop", "停止", "stopped"),
    ("ghost", "比較対照", "held out"),
    ("set", "属性の設定", "set"),
    ("event", "イベント", "event"),
    ("receipt", "結果", "receipt"),
    ("alert", "アラート", "alert"),
    ("escalate", "引き上げ", "escalated"),
    ("change", "編集の反映", "edit"),
    ("resume", "再開", "goes on"),
    ("merge", "統合", "merged"),
];

const OUTCOMES: &[Row] = &[
    ("sent", "送信", "sent"),
    ("skipped", "見送り", "skipped"),
    ("failed", "送信失敗", "failed"),
    ("maybe_sent", "送信結果が不明", "outcome unknown"),
    ("frozen", "凍結", "frozen"),
    ("bounced", "不達", "bounced"),
    ("complained", "迷惑メール報告", "complained"),
    ("opened", "開封", "opened"),
    ("clicked", "クリック", "clicked"),
    ("replied", "返信", "replied"),
    ("auto_replied", "自動返信", "answered automatically"),
];

const RESULTS: &[Row] = &[
    ("succeeded", "目標達成", "goal reached"),
    ("exited", "離脱", "left early"),
    ("moved", "日程変更", "moved to another date"),
    ("failed", "失敗", "failed"),
    ("completed", "完了", "completed"),
];

const EVENTS: &[Row] = &[
    ("login", "ログイン", "Login"),
    ("page", "ページの表示", "Page viewed"),
    ("screen", "画面の表示", "Screen viewed"),
    ("health.band_changed", "ヘルスの区分", "Health"),
    ("expansion.band_changed", "拡大の準備度", "Readiness to grow"),
    ("phase.entered", "フェーズ", "Phase"),
    ("milestone.reached", "マイルストーン達成", "Milestone reached"),
    ("playbook.ended", "プレイブック終了", "Playbook ended"),
    ("task.done", "タスク完了", "Task done"),
    ("task.overdue", "タスクの期限切れ", "Task overdue"),
    ("plan.task_done", "共同計画のタスク完了", "Task of the shared plan done"),
    ("account.changed", "顧客情報の変更", "Account changed"),
    ("contact.changed", "先方担当者の変更", "Contact changed"),
    ("message.sent", "送信", "Sent"),
    ("message.opened", "開封", "Opened"),
    ("message.clicked", "クリック", "Clicked"),
    ("message.auto_clicked", "自動クリック", "Automatic click"),
    ("message.replied", "返信", "Replied"),
    ("message.auto_replied", "自動返信", "Automatic reply"),
    ("message.bounced", "不達", "Bounced"),
    ("message.complained", "迷惑メール報告", "Complained"),
    ("ticket.opened", "問い合わせ", "Ticket opened"),
    ("ticket.closed", "問い合わせ解決", "Ticket closed"),
    ("ticket.replied", "問い合わせへの初回返信", "First reply to a ticket"),
    ("deal.won", "受注", "Deal won"),
    ("deal.lost", "失注", "Deal lost"),
    ("survey.asked", "アンケート送付", "Survey asked"),
    ("survey.responded", "アンケート回答", "Survey answered"),
    ("meeting.held", "面談", "Meeting"),
    ("note.added", "メモ", "Note"),
    ("invoice.sent", "請求", "Invoice sent"),
    ("invoice.paid", "入金", "Invoice paid"),
    ("invoice.failed", "支払い失敗", "Payment failed"),
    ("contract.started", "契約開始", "Contract started"),
    ("contract.renewed", "契約更新", "Contract renewed"),
    ("contract.cancelled", "解約の申し出", "Contract cancelled"),
    ("contract.upgraded", "アップグレード", "Upgraded"),
    ("contract.downgraded", "ダウングレード", "Downgraded"),
    ("contract.changed", "契約変更", "Contract changed"),
    ("contact.unsubscribed", "配信停止", "Unsubscribed"),
    ("contact.added", "先方担当者の追加", "Contact added"),
    ("contact.removed", "先方担当者の削除", "Contact gone"),
    ("alert.raised", "アラート", "Alert"),
    ("key_feature.used", "主要機能の利用", "Key feature used"),
    ("setup.step_done", "初期設定の完了", "Setup step done"),
    ("closing.finished", "月次決算の完了", "Monthly closing finished"),
    ("feature.started", "機能の使い始め", "Feature started"),
    ("feature.finished", "機能の設定完了", "Feature set up"),
    ("seminar.announced", "セミナーのお知らせ", "Seminar announced"),
    ("seminar.registered", "セミナーの申し込み", "Seminar: registered"),
    ("seminar.attended", "セミナーへの参加", "Seminar: attended"),
    ("incident.opened", "障害の発生", "Incident opened"),
    ("incident.resolved", "障害の復旧", "Incident resolved"),
    ("issue.resolved", "課題の解決", "Issue resolved"),
    ("newsletter.published", "メールマガジンの発行", "Newsletter published"),
    ("case.published", "事例の公開", "Success story published"),
    ("release.published", "新機能の公開", "Release published"),
    ("referral.received", "ご紹介", "Referral received"),
    ("sending.stopped", "送信の停止", "Sending stopped"),
    ("kpi.counted", "KPIの集計", "KPIs counted"),
    ("feed.stale", "データの更新が止まりました", "Feed is stale"),
    ("feed.recovered", "データの更新が戻りました", "Feed is back"),
];

const ACTS: &[Row] = &[
    ("snooze", "通知を止める", "Snoozed"),
    ("ack", "対応開始", "Taken on"),
    ("assign", "担当変更", "Assigned"),
    ("hand_over", "引き継ぎ", "Handed over"),
    ("note", "メモ", "Note"),
    ("open_task", "タスクを依頼", "Task opened"),
    ("task_done", "タスク完了", "Task done"),
    ("override", "区分を手で変更", "Band set by hand"),
    ("pause", "一時停止", "Paused"),
    ("resume", "再開", "Resumed"),
    ("enroll", "プレイブックに登録", "Enrolled"),
    ("unenroll", "プレイブックから外す", "Unenrolled"),
];

const TOUCHES: &[Row] =
    &[("high", "ハイタッチ", "high touch"), ("low", "ロータッチ", "low touch"), ("tech", "テックタッチ", "tech touch")];

/// What `word` is called; the word itself where this list does not have it.
pub fn term(locale: Locale, list: Term, word: &str) -> &str {
    let rows = match list {
        Term::Kpi => KPIS,
        Term::Method => METHODS,
        Term::Kai => KAIS,
        Term::Movement => MOVEMENTS,
        Term::Verdict => VERDICTS,
        Term::Reason => REASONS,
        Term::Ledger => LEDGER,
        Term::Outcome => OUTCOMES,
        Term::Result => RESULTS,
        Term::Event => EVENTS,
        Term::Act => ACTS,
        Term::Touch => TOUCHES,
    };
    let row = rows.iter().find(|(name, ..)| *name == word);
    row.map_or(word, |(_, ja, en)| pick(locale, *ja, *en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_nobody_listed_is_shown_as_it_is() {
        assert_eq!(term(Locale::Ja, Term::Verdict, "held"), "保留中");
        assert_eq!(term(Locale::En, Term::Reason, "missing:account.mrr"), "missing:account.mrr");
    }

    #[test]
    fn no_word_stands_in_a_list_twice() {
        for rows in
            [KPIS, METHODS, KAIS, MOVEMENTS, VERDICTS, REASONS, LEDGER, OUTCOMES, RESULTS, EVENTS, ACTS, TOUCHES]
        {
            let mut names: Vec<&str> = rows.iter().map(|row| row.0).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        }
    }
}
