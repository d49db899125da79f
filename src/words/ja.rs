//! 日本語の文言。

use super::Word;

pub(super) fn word(word: Word) -> &'static str {
    match word {
        Word::Movements => "MRRの動き",
        Word::Actions => "この期間の活動",
        Word::BandGreen => "良好",
        Word::BandReady => "ご提案の好機",
        Word::BandWarming => "もう少し",
        Word::BandNotYet => "まだ早い",
        Word::BandYellow => "注意",
        Word::BandRed => "危険",
        Word::BandUnknown => "不明",
        Word::Yes => "はい",
        Word::No => "いいえ",
        Word::Missing => "未取得",
        Word::MailReason => "このメールは、当社サービスのご利用に関するご案内としてお送りしています。",
        Word::Unsubscribe => "配信停止はこちら",
        Word::UnsubscribeTitle => "配信停止",
        Word::UnsubscribeButton => "配信を停止する",
        Word::UnsubscribeAsk => "このメールの配信を停止しますか。停止するには下のボタンを押してください。",
        Word::UnsubscribeDone => "配信を停止しました。今後このメールはお送りしません。",
        Word::ListSeparator => "、",
        Word::DidYouMean => "もしかして：",
        Word::AlertStuck => "このフェーズに長くとどまっています",
        Word::AlertFalling => "スコアが下がり、危険な状態です",
        Word::NothingLost => "スコアを下げている要素はありません",
        Word::Change7d => "7日間の変化",
        Word::Onboarding => "導入",
        Word::OnboardingDone => "完了",
        Word::OnboardingOpen => "実施中",
        Word::OnboardingNot => "未着手",
        Word::Phase => "フェーズ",
        Word::NextGoal => "次のゴール",
        Word::Owner => "担当",
        Word::Plan => "プラン",
        Word::LastLogin => "最終ログイン",
        Word::NextDate => "次の更新日",
        Word::Running => "実行中",
        Word::Freshness => "データ",
        Word::ButtonAck => "対応します",
        Word::ButtonSnooze => "通知を止める",
        Word::ButtonAssign => "担当を変える",
        Word::ButtonPlaybooks => "プレイブックを見る",
        Word::DigestQuiet => "該当する顧客はいません。",
        Word::DigestRanking => "順位 = リスク（失っているスコアの割合）× MRR",
        Word::Reasons => "理由",
        Word::Ledger => "これまでの判断",
        Word::Kpi => "指標",
        Word::Value => "値",
        Word::Count => "分子/分母",
        Word::Interval => "95%区間",
        Word::Target => "目標",
        Word::Method => "計算方法",
        Word::Playbook => "プレイブック",
        Word::Playbooks => "プレイブック",
        Word::Title => "内容",
        Word::Step => "ステップ",
        Word::MaybeSent => "送信結果が不明",
        Word::NewReds => "新たに危険になった顧客",
        Word::Trouble => "いま答えられません。少し待ってもう一度お試しください。",
        Word::TroubleTitle => "記録できませんでした",
        Word::TryAgain => "お手数ですが、しばらくしてからもう一度お試しください。",
        Word::WhoTakesIt => "誰が担当しますか。",
        Word::Account => "キー",
        Word::Name => "顧客名",
        Word::Band => "状態",
        Word::Score => "スコア",
        Word::Channel => "チャネル",
        Word::Messages => "件数",
        Word::Since => "予定日",
        Word::CheckedAgain => "送る前に、条件・配信停止・送信時間帯をもう一度確認します。",
        Word::Mrr => "MRR",
        Word::ImportInspecting => "ファイルを確認しています",
        Word::ImportReading => "行を読み込んでいます",
        Word::ImportApplying => "反映しています",
        Word::AccountChanged => "顧客情報",
        Word::ContactChanged => "先方担当者の情報",
        Word::ContactGone => "先方担当者がいなくなりました",
        Word::Everything => "すべて",
        Word::ConsentGiven => "配信に同意",
        Word::ConsentRefused => "配信を拒否",
        Word::TouchModel => "タッチモデル",
        Word::RiskTitle => "解約リスクの高い顧客",
        Word::ImportDry => "試しに読んだだけです。何も記録していません。",
        Word::ImportRefused => "取り込めない行があるため、何も記録していません（--strict）。",
    }
}

/// Marks of an organisation anywhere in a Japanese name.
const ORGANISATIONS: [&str; 18] = [
    "株式会社",
    "有限会社",
    "合同会社",
    "合名会社",
    "合資会社",
    "法人",
    "(株)",
    "（株）",
    "㈱",
    "(有)",
    "（有）",
    "㈲",
    "(同)",
    "（同）",
    "協同組合",
    "事務所",
    "御中",
    "銀行",
];

/// Marks of an organisation as the last word of a Latin name.
const SUFFIXES: [&str; 10] = ["inc", "ltd", "llc", "corp", "corporation", "gmbh", "co", "kk", "k.k", "limited"];

pub(super) fn honorific(name: &str) -> String {
    let name = name.trim();
    if ["様", "御中", "さん", "殿", "先生"].iter().any(|end| name.ends_with(end)) {
        return name.to_owned();
    }
    format!("{name} {}", if is_organisation(name) { "御中" } else { "様" })
}

fn is_organisation(name: &str) -> bool {
    let last = name.rsplit([' ', ',', '　']).next().unwrap_or("").trim_end_matches('.').to_ascii_lowercase();
    ORGANISATIONS.iter().any(|mark| name.contains(mark)) || (name.contains(' ') && SUFFIXES.contains(&last.as_str()))
}
