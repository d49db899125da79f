//! The five questions of `init --guided`, and the scope sheet.

use super::pick;
use crate::model::locale::Locale;

/// The file of the scope sheet.
pub const SCOPE_FILE: &str = "scope.md";

/// What a team answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// What success is, in the customer's words.
    pub success: String,
    /// Targets in per cent: churn a month, onboarding completed.
    pub targets: [f64; 2],
    /// From which monthly amount on an account is a large one.
    pub large: f64,
    /// The tier to begin with: `tech`, `low` or `high`.
    pub tier: String,
    /// Who owns customers: name and address.
    pub owner: [String; 2],
    /// The channel of the team.
    pub channel: String,
    /// The first playbook.
    pub playbook: String,
}

/// Why an answer cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No share.
    Share,
    /// No amount.
    Amount,
    /// No e-mail address.
    Address,
    /// None of these words.
    Word(String),
    /// No number up to this, and no name.
    Number(usize),
}

/// What to answer instead.
pub fn wrong(locale: Locale, given: &str, wrong: &Wrong) -> String {
    match (locale, wrong) {
        (Locale::Ja, Wrong::Share) => {
            format!("「{given}」は割合として読めません。0 から 100 までの数を書いてください。")
        }
        (Locale::En, Wrong::Share) => format!("`{given}` is no share: write a number from 0 to 100."),
        (Locale::Ja, Wrong::Amount) => format!("「{given}」は金額として読めません。50000 のように数を書いてください。"),
        (Locale::En, Wrong::Amount) => format!("`{given}` is no amount: write a number, e.g. 50000."),
        (Locale::Ja, Wrong::Address) => {
            format!("「{given}」はメールアドレスとして読めません。name@example.com の形で書いてください。")
        }
        (Locale::En, Wrong::Address) => format!("`{given}` is no e-mail address: write it as name@example.com."),
        (Locale::Ja, Wrong::Word(words)) => format!("「{given}」は選べません。{words} のどれかを書いてください。"),
        (Locale::En, Wrong::Word(words)) => format!("`{given}` cannot be chosen: write one of {words}."),
        (Locale::Ja, Wrong::Number(most)) => {
            format!("「{given}」は選べません。1 から {most} までの番号か名前を書いてください。")
        }
        (Locale::En, Wrong::Number(most)) => {
            format!("`{given}` cannot be chosen: write a number from 1 to {most}, or a name.")
        }
    }
}

/// Said before the first question.
pub fn opening(locale: Locale) -> &'static str {
    pick(
        locale,
        "5つの質問に答えると、ルールブックと範囲シート（scope.md）を作ります。[ ] は何も書かなかったときの答えです。後からいつでも変えられます。",
        "Five questions, then the rulebook and a one-page scope sheet (scope.md) are written. [ ] is the answer if you write nothing. Everything can be changed later.",
    )
}

/// Question 1.
pub fn success(locale: Locale) -> &'static str {
    pick(
        locale,
        "1. お客様にとっての成功は何ですか。お客様の言葉で一文で書いてください。",
        "1. What is success for a customer? One sentence, in their words.",
    )
}

/// Its suggestion.
pub fn success_usual(locale: Locale) -> &'static str {
    pick(locale, "月次決算を30分以内に終えられる", "The monthly closing takes under 30 minutes")
}

/// Question 2, first half.
pub fn churn(locale: Locale) -> &'static str {
    pick(locale, "2. 目標の月次解約率は何%以下ですか。", "2. What churn a month (%) do you aim to stay below?")
}

/// Question 2, second half.
pub fn onboarding(locale: Locale) -> &'static str {
    pick(
        locale,
        "   オンボーディングを30日以内に終える顧客は何%を目指しますか。",
        "   What share of customers (%) should complete onboarding within 30 days?",
    )
}

/// Question 3, first half: the segment.
pub fn large(locale: Locale) -> &'static str {
    pick(
        locale,
        "3. 月額いくらを超えるお客様を「大口」としますか（危険になったら優先して知らせます）。",
        "3. Above which monthly amount is a customer a large one (told first when at risk)?",
    )
}

/// Question 3, second half.
pub fn tier(locale: Locale) -> &'static str {
    pick(
        locale,
        "   どの層から始めますか。tech = 自動、low = 半自動、high = 個別対応",
        "   Which tier first? tech = automated, low = partly, high = in person",
    )
}

/// Question 4, first third.
pub fn owner(locale: Locale) -> &'static str {
    pick(locale, "4. 顧客を担当するのは誰ですか（名前）。", "4. Who looks after customers (name)?")
}

/// Question 4, second third.
pub fn address(locale: Locale) -> &'static str {
    pick(locale, "   そのメールアドレス。", "   Their e-mail address.")
}

/// Question 4, last third.
pub fn channel(locale: Locale) -> &'static str {
    pick(locale, "   チームに知らせる Slack チャンネル。", "   The Slack channel of the team.")
}

/// Question 5.
pub fn playbook(locale: Locale) -> &'static str {
    pick(locale, "5. 最初に動かすプレイブックはどれですか（番号か名前）。", "5. Which playbook first (number or name)?")
}

/// The one-page scope sheet.
pub fn scope(locale: Locale, a: &Answers) -> String {
    let ([churn, onboarding], [owner, _]) = (a.targets, &a.owner);
    let Answers { success, large, tier, channel, playbook, .. } = a;
    match locale {
        Locale::Ja => format!(
            "# カスタマーサクセスの範囲（1枚）\n\n\
             | 項目 | 決めたこと |\n|---|---|\n\
             | お客様の成功 | {success} |\n\
             | 目標 | 月次解約率 {churn}% 以下（遅行指標）、オンボーディング完了率 {onboarding}%（先行指標） |\n\
             | 大口の顧客 | 月額 {large} 超（セグメント at_risk） |\n\
             | 最初の対象 | {tier} タッチの顧客 |\n\
             | 担当 | {owner}（連絡先 {channel}） |\n\
             | 最初のプレイブック | {playbook}（ほかは later/ にあります） |\n\n\
             ## 最初の30日でしないこと\n\n\
             - ほかの層の顧客への自動配信\n- 2つ目のプレイブック。最初のプレイブックの結果を1か月見てから足す\n- 指標を増やすこと\n\n\
             ## 次の一手\n\n\
             1. `shirube check` で書き間違いがないか確かめる\n\
             2. `shirube import accounts 顧客一覧.csv --dry-run` で読み取り方と、始まる件数を確かめる\n\
             3. 取り込んだら `outbox/` のメールを読む。設定するまで、お客様には何も届かない\n"
        ),
        Locale::En => format!(
            "# Scope of customer success, on one page\n\n\
             | what | decided |\n|---|---|\n\
             | success of a customer | {success} |\n\
             | targets | churn below {churn}% a month (lagging), onboarding completed {onboarding}% (leading) |\n\
             | large customers | above {large} a month (segment at_risk) |\n\
             | first | customers in {tier} touch |\n\
             | owner | {owner} (tell them in {channel}) |\n\
             | first playbook | {playbook} (the others wait in later/) |\n\n\
             ## Not in the first 30 days\n\n\
             - automation for the other tiers\n- a second playbook before the first has run for a month\n- more metrics\n\n\
             ## Next\n\n\
             1. `shirube check` finds mistakes\n\
             2. `shirube import accounts customers.csv --dry-run` shows how the sheet is read and what would start\n\
             3. After the import read the mails in `outbox/`: nothing reaches a customer until you say so\n"
        ),
    }
}
