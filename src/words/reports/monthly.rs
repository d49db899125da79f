//! The month's report.

use super::{count_of, pick};
use crate::model::locale::Locale;

/// Its title.
pub fn title(locale: Locale, month: &str) -> String {
    pick(locale, format!("月次レポート：{month}"), format!("Monthly report, {month}"))
}

/// The answer in one line: churn, then revenue at the end and how it moved.
pub fn one_line(locale: Locale, churn: Option<(&str, &str)>, mrr: Option<(&str, &str)>) -> String {
    let churn = churn.map(|(now, aim)| {
        let aim = if aim.is_empty() {
            String::new()
        } else {
            pick(locale, format!("（目標{aim}）"), format!(" (target {aim})"))
        };
        pick(locale, format!("解約率は{now}{aim}でした。"), format!("{now} of customers left{aim}."))
    });
    let mrr = mrr.map(|(closing, moved)| {
        pick(
            locale,
            format!("月末のMRRは{closing}、前月末から{moved}です。"),
            format!("Monthly revenue ended at {closing}, {moved} since the month before."),
        )
    });
    super::super::effect::sentences(locale, &[&churn.unwrap_or_default(), &mrr.unwrap_or_default()])
}

/// Headings: figures, revenue, who stays, health, playbooks, credit, reasons.
pub fn headings(locale: Locale) -> [&'static str; 7] {
    pick(
        locale,
        ["指標", "MRRの動き", "定着", "ヘルス", "プレイブックの実績", "CSが関わった増額", "解約の理由"],
        [
            "Figures",
            "What moved monthly revenue",
            "Who stays",
            "Health",
            "What playbooks did",
            "Expansion after CS",
            "Why customers left",
        ],
    )
}

/// Columns: figure, this period, the one before, change, target.
pub fn figure_columns(locale: Locale, quarter: bool) -> [&'static str; 5] {
    let (now, before) = if quarter { ("今期", "前期") } else { ("今月", "前月") };
    pick(locale, ["指標", now, before, "差", "目標"], ["Figure", "Now", "Before", "Change", "Target"])
}

/// Churn of several months is told a month.
pub fn churn_a_month(locale: Locale) -> &'static str {
    pick(
        locale,
        "解約率は1か月あたりです（3か月の解約数と期首の顧客数をそれぞれ合計して計算）。",
        "Churn is told a month: customers lost and customers at the opening, each summed over the three months.",
    )
}

/// A target with whether it is reached.
pub fn target(locale: Locale, target: &str, reached: bool) -> String {
    match reached {
        true => pick(locale, format!("{target} 達成"), format!("{target} reached")),
        false => pick(locale, format!("{target} 未達"), format!("{target} missed")),
    }
}

/// So many points of percent more or less.
pub fn points(locale: Locale, change: f64) -> String {
    pick(locale, format!("{change:+.1}pt"), format!("{change:+.1} pt"))
}

/// What is said to be usual: no target.
pub fn reference(locale: Locale, kpi: &str, value: &str) -> String {
    pick(
        locale,
        format!(
            "参考：{kpi}は月{value}未満がよく挙げられる目安です。業種や規模で異なるため、判断は自社の目標で行います。"
        ),
        format!(
            "Reference only: {kpi} below {value} a month is a common rule of thumb. It differs by business; judge by your own target."
        ),
    )
}

/// The movements make the closing, or they do not.
pub fn balanced(locale: Locale, balanced: bool) -> &'static str {
    match balanced {
        true => {
            pick(locale, "期首と動きの合計は、期末と一致しています。", "Opening and movements add up to the closing.")
        }
        false => pick(
            locale,
            "期首と動きの合計が期末と一致していません。契約の一覧を確認してください。",
            "Opening and movements do not add up to the closing: look at the contracts.",
        ),
    }
}

/// Over the table of cohorts, with its columns: started, customers, then ages.
pub fn cohorts(locale: Locale) -> (&'static str, [&'static str; 2], &'static str) {
    pick(
        locale,
        (
            "契約を始めた月ごとに、その後の月末に契約が残っている顧客の割合です（0＝開始月の月末）。戻ってきた顧客も数えます。解約の記録が始まる前の月は空欄です。",
            ["開始月", "社数"],
            "全体",
        ),
        (
            "Of those who started in a month: the share with a contract at the end of that month (0) and of later ones. Who came back counts again. Months before losses were on record are empty.",
            ["Started", "Customers"],
            "All",
        ),
    )
}

/// Nobody started within the year.
pub fn no_cohorts(locale: Locale) -> &'static str {
    pick(locale, "この1年に契約を始めた顧客はいません。", "No customer started within the last year.")
}

/// Titles of the charts: waterfall, cohorts, health.
pub fn charts(locale: Locale) -> [&'static str; 3] {
    pick(
        locale,
        ["期首から期末までのMRR", "契約開始月ごとの定着（濃いほど残っている）", "月末のヘルス（社数）"],
        [
            "Monthly revenue from opening to closing",
            "Who stays, by month of the start (darker: more)",
            "Health at the end of each month (customers)",
        ],
    )
}

/// The health of customers at the end of the month.
pub fn health(locale: Locale, [green, yellow, red, unknown]: [u64; 4]) -> String {
    pick(
        locale,
        format!("月末時点：良好{green}社、注意{yellow}社、危険{red}社、不明{unknown}社。"),
        format!("At the end of the month: {green} healthy, {yellow} to watch, {red} at risk, {unknown} unknown."),
    )
}

/// Over the tables of playbooks: by tag, by segment.
pub fn groups(locale: Locale) -> [&'static str; 2] {
    pick(
        locale,
        ["目的（タグ）別：", "セグメント別（今のセグメント）："],
        ["By purpose (tag):", "By segment (as customers are today):"],
    )
}

/// Columns: tag or segment, playbooks, started, reached, messages, verdict.
pub fn group_columns(locale: Locale) -> [&'static str; 6] {
    pick(
        locale,
        ["区分", "プレイブック", "開始", "目標達成", "送信", "効果の判定"],
        ["Group", "Playbooks", "Started", "Goals", "Messages", "Verdicts"],
    )
}

/// What "reached" does not say.
pub fn groups_note(locale: Locale) -> &'static str {
    pick(
        locale,
        "目標達成は、プレイブックがなくても起きたものを含みます。効果の判定は、送らなかった顧客との比較によります。",
        "Goals include those that would have been reached anyway. Verdicts rest on a comparison with customers left out.",
    )
}

/// No playbook did anything.
pub fn no_groups(locale: Locale) -> &'static str {
    pick(locale, "この月に動いたプレイブックはありません。", "No playbook did anything this month.")
}

/// What grew and what of it is credited, with the rule.
pub fn credit(locale: Locale, days: i32, all: (&str, u64), credited: (&str, u64)) -> String {
    let s = |n: u64| if n == 1 { "" } else { "s" };
    pick(
        locale,
        format!(
            "増額は月{}（{}社）、うちCSが関わったものは月{}（{}社）です。数え方：増額の前{days}日以内に、面談、担当タスクの完了、プレイブックの目標達成のいずれかがあった顧客。関わりを示すもので、原因の証明ではありません。",
            all.0, all.1, credited.0, credited.1
        ),
        format!(
            "Customers added {} a month ({} customer{}); {} of it ({} customer{}) came after customer success. The rule: a meeting, a task done or a playbook's goal within the {days} before. It shows involvement, not cause.",
            all.0,
            all.1,
            s(all.1),
            credited.0,
            credited.1,
            s(credited.1),
            days = count_of(days, "day")
        ),
    )
}

/// Nobody pays more.
pub fn no_expansion(locale: Locale) -> &'static str {
    pick(locale, "この期間に月額が増えた顧客はいません。", "No customer pays more than before.")
}

/// Figures that speak of the present.
pub fn momentary(locale: Locale, names: &str) -> String {
    pick(
        locale,
        format!("{names}は、このレポートを作った時点の値です。"),
        format!("As things stand when this report is made: {names}."),
    )
}

/// Columns: reason, customers, monthly revenue.
pub fn reason_columns(locale: Locale) -> [&'static str; 3] {
    pick(locale, ["理由", "社数", "失った月額"], ["Reason", "Customers", "Lost a month"])
}

/// A customer's own words about a reason.
pub fn quote(locale: Locale, reason: &str, quote: &str) -> String {
    pick(locale, format!("{reason}：「{quote}」"), format!("{reason}: “{quote}”"))
}

/// Who left without a reason on record.
pub fn no_reason(locale: Locale, customers: u64) -> String {
    let s = if customers == 1 { "" } else { "s" };
    pick(
        locale,
        format!("理由の記録がない解約：{customers}社。"),
        format!("No reason on record: {customers} customer{s}."),
    )
}

/// Nobody left.
pub fn nobody_left(locale: Locale) -> &'static str {
    pick(locale, "この月に解約した顧客はいません。", "No customer left this month.")
}

/// What the kit's tags are called; others as they are written.
pub fn tag(locale: Locale, name: &str) -> String {
    const TAGS: &[(&str, &str, &str)] = &[
        ("early_detection", "兆しの早期発見", "Early detection"),
        ("follow_up", "フォロー", "Follow-up"),
        ("usage", "活用", "Usage"),
        ("first_value", "最初の成果", "First value"),
        ("content", "情報提供", "Content"),
        ("churn", "解約", "Churn"),
        ("voice", "お客様の声", "Customer's voice"),
        ("meetings", "面談", "Meetings"),
        ("handover", "引き継ぎ", "Handover"),
        ("renewal", "更新", "Renewal"),
        ("upsell", "拡大", "Expansion"),
        ("survey", "アンケート", "Surveys"),
        ("value", "成果の報告", "Value report"),
        ("seminars", "セミナー", "Seminars"),
        ("referral", "紹介", "Referrals"),
        ("payment", "お支払い", "Payment"),
        ("onboarding_meetings", "導入期の面談", "Onboarding meetings"),
        ("incident", "障害", "Incidents"),
    ];
    let known = TAGS.iter().find(|(tag, ..)| *tag == name);
    known.map_or_else(|| name.replace('_', " "), |(_, ja, en)| pick(locale, *ja, *en).to_owned())
}
