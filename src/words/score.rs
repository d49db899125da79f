//! Does the health score foretell churn? Both languages side by side.

use jiff::civil::Date;

use super::{count_of, effect::percent, pick};
use crate::model::locale::Locale;

/// So many of so many left.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// How many.
    pub n: u64,
    /// Of how many.
    pub of: u64,
}

impl Left {
    fn share(self) -> String {
        if self.of == 0 { "–".to_owned() } else { percent(self.n as f64 / self.of as f64) }
    }
}

/// When it was looked at: one day, or several.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct When {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// How many days.
    pub points: usize,
    /// Days within which leaving counts.
    pub days: i32,
}

pub(super) fn on(locale: Locale, when: When) -> String {
    let When { from, to, points, .. } = when;
    match points {
        1 => pick(locale, format!("{to} 時点"), format!("on {to}")),
        _ => pick(
            locale,
            format!("{from} から {to} までの{points}時点"),
            format!("on {points} days from {from} to {to}"),
        ),
    }
}

pub(super) fn interval([low, high]: [f64; 2]) -> String {
    format!("{low:.2}–{high:.2}")
}

/// It does, with the worst and the best band where both have somebody.
pub fn predicts(locale: Locale, when: When, bands: Option<[(&str, Left); 2]>, ci: [f64; 2]) -> String {
    let (on, days, ci) = (on(locale, when), when.days, interval(ci));
    match bands {
        Some([(worst, bad), (best, good)]) => pick(
            locale,
            format!(
                "スコアは解約を予測しています：{on}で「{worst}」だった顧客の{}が{days}日以内に解約し、「{best}」では{}でした（AUCの区間 {ci}）。",
                bad.share(),
                good.share()
            ),
            format!(
                "The score predicts churn: of the customers in “{worst}” {on} {} left within {days}, in “{best}” {} (AUC interval {ci}).",
                bad.share(),
                good.share(),
                days = count_of(days, "day")
            ),
        ),
        None => pick(
            locale,
            format!(
                "スコアは解約を予測しています：{on}でスコアの低かった顧客ほど{days}日以内に解約しました（AUCの区間 {ci}）。"
            ),
            format!(
                "The score predicts churn: the lower it was {on}, the more left within {days} (AUC interval {ci}).",
                days = count_of(days, "day")
            ),
        ),
    }
}

/// Its order foretells churn, its bands do not: the worst one lost no larger share than the best one.
pub fn ranks_only(locale: Locale, when: When, [(worst, bad), (best, good)]: [(&str, Left); 2], ci: [f64; 2]) -> String {
    let (on, days, ci) = (on(locale, when), when.days, interval(ci));
    let (bad, good) = (bad.share(), good.share());
    pick(
        locale,
        format!(
            "スコアの順序は解約を予測していますが（AUCの区間 {ci}）、区分は予測していません：{on}で「{worst}」だった顧客の{bad}、「{best}」の{good}が{days}日以内に解約しました。色分けを頼りにする前に、model.yaml の bands を見直してください。"
        ),
        format!(
            "The score's order predicts churn (AUC interval {ci}), its bands do not: {on} of “{worst}” {bad} left within {days}, of “{best}” {good}. Review `bands` in model.yaml before you rely on the colours.",
            days = count_of(days, "day")
        ),
    )
}

/// It does not: the interval contains 0.5.
pub fn does_not_predict(locale: Locale, when: When, ci: [f64; 2]) -> String {
    let (on, days, ci) = (on(locale, when), when.days, interval(ci));
    pick(
        locale,
        format!(
            "スコアは解約を予測していません：AUCの区間 {ci} が 0.5（くじ引きと同じ）を含みます（{on}、{days}日以内の解約）。"
        ),
        format!(
            "The score does not predict churn: its AUC interval {ci} contains 0.5, which is drawing lots ({on}, churn within {days}).",
            days = count_of(days, "day")
        ),
    )
}

/// It points the wrong way.
pub fn wrong_way(locale: Locale, when: When, ci: [f64; 2]) -> String {
    let (on, days, ci) = (on(locale, when), when.days, interval(ci));
    pick(
        locale,
        format!(
            "スコアは逆を向いています：{on}でスコアの高かった顧客ほど{days}日以内に解約しました（AUCの区間 {ci}、0.5 より下）。"
        ),
        format!(
            "The score points the wrong way: the higher it was {on}, the more left within {days} (AUC interval {ci}, below 0.5).",
            days = count_of(days, "day")
        ),
    )
}

/// Too few left, or stayed, to say anything.
pub fn not_enough(locale: Locale, when: When, left: Left, fewest: u64) -> String {
    let (on, days, Left { n, of }) = (on(locale, when), when.days, left);
    if n >= fewest {
        let stayed = of - n;
        return pick(
            locale,
            format!(
                "まだ判断できません：{on}の顧客{of}社のうち、{days}日後も残っていたのは{stayed}社だけです（{fewest}社は必要）。"
            ),
            format!(
                "Too few stayed to tell: {stayed} of {of} {on} were still there {days} later ({fewest} are needed).",
                of = count_of(of, "customer"),
                days = count_of(days, "day")
            ),
        );
    }
    pick(
        locale,
        format!(
            "解約が少なく、まだ判断できません：{on}の顧客{of}社のうち{days}日以内の解約は{n}社です（{fewest}社は必要）。"
        ),
        format!(
            "Not enough churn to tell: {n} of {of} {on} left within {days} ({fewest} are needed).",
            of = count_of(of, "customer"),
            days = count_of(days, "day")
        ),
    )
}

/// Which rules were tested.
pub fn tested(locale: Locale, cards: &str, version: i64) -> String {
    pick(
        locale,
        format!(
            "いまのルール（第{version}版、スコアカード：{cards}）を、その時点までに分かっていたことだけで計算し直しました。"
        ),
        format!("Today's rules (version {version}, scorecard: {cards}) on what was known by then, and nothing later."),
    )
}

/// The figures over all bands.
pub fn figures(locale: Locale, left: Left, auc: Option<f64>, lift: Option<f64>) -> String {
    let mut parts = vec![pick(
        locale,
        format!("{}社のうち{}社が解約（{}）", left.of, left.n, left.share()),
        format!("{} of {} customers left ({})", left.n, left.of, left.share()),
    )];
    parts.extend(auc.map(|auc| format!("AUC {auc:.3}")));
    parts.extend(lift.map(|lift| {
        pick(
            locale,
            format!("スコアの低い1割の解約率は全体の{lift:.1}倍"),
            format!("churn in the worst tenth is {lift:.1} times that of all"),
        )
    }));
    pick(locale, format!("{}。", parts.join("、")), format!("{}.", parts.join("; ")))
}

/// Few accounts: another period may look different.
pub fn small(locale: Locale, left: Left) -> String {
    pick(
        locale,
        format!("顧客{}社・解約{}社という少ない数による結果です。別の期間では変わることがあります。", left.of, left.n),
        format!("This rests on few: {} customers, {} that left. Another period may look different.", left.of, left.n),
    )
}

/// Rows of one account are not independent.
pub fn several(locale: Locale, points: usize) -> String {
    pick(
        locale,
        format!(
            "同じ顧客を{points}時点まで繰り返し数えています。AUCの区間は顧客ごとにまとめて計算していますが、区分ごとの区間は実際より狭く出ます。"
        ),
        format!(
            "The same customers are counted on up to {points} days: the AUC interval takes each customer's days together, those of the bands are narrower than they should be."
        ),
    )
}

/// Columns: band, accounts, left, share, interval.
pub fn band_header(locale: Locale) -> [&'static str; 5] {
    pick(
        locale,
        ["区分", "顧客", "解約", "解約率", "95 %区間"],
        ["band", "customers", "left", "share", "95 % interval"],
    )
}

/// Whether churn rises from band to band.
pub fn trend(locale: Locale, z: f64, p: f64) -> String {
    let p = if p < 0.0001 { "p < 0.0001".to_owned() } else { format!("p = {p:.4}") };
    if p.starts_with("p =") && z.abs() < 1.96 {
        return pick(
            locale,
            format!("区分が悪いほど解約が増える、とは言えません（傾向検定 {p}）。"),
            format!("Churn does not clearly rise from band to band (trend test: {p})."),
        );
    }
    match z > 0.0 {
        true => pick(
            locale,
            format!("区分が悪いほど解約が多くなっています（傾向検定 {p}）。"),
            format!("Churn rises from band to band (trend test: {p})."),
        ),
        false => pick(
            locale,
            format!("区分が良いほど解約が多くなっています（傾向検定 {p}）。"),
            format!("Churn falls from band to band, the wrong way round (trend test: {p})."),
        ),
    }
}

/// Accounts of which too little was known for a band.
pub fn undetermined(locale: Locale, left: Left) -> String {
    pick(
        locale,
        format!("データ不足で区分のない顧客は{}社（うち解約{}社）。上の数字には入っていません。", left.of, left.n),
        format!("Too little was known of {} for a band ({} left): in no figure above.", left.of, left.n),
    )
}

/// How early the worst band came.
pub fn lead(locale: Locale, median: Option<f64>, warned: u64, unwarned: u64, band: &str) -> String {
    let all = warned + unwarned;
    match median {
        Some(days) => pick(
            locale,
            format!("解約した{all}社のうち{warned}社は先に「{band}」になりました（中央値で解約の{days}日前）。"),
            format!(
                "Of {all} that left, {warned} were in “{band}” before (half of them {days} or more before).",
                days = count_of(days, "day")
            ),
        ),
        None => pick(
            locale,
            format!("解約した{all}社のうち、先に「{band}」になった顧客はいません。"),
            format!("Of {all} that left, none was in “{band}” before."),
        ),
    }
}

/// Columns: component, area, interval, accounts, verdict.
pub fn component_header(locale: Locale) -> [&'static str; 5] {
    pick(
        locale,
        ["構成要素", "AUC", "95 %区間", "顧客", "単独での予測"],
        ["component", "AUC", "95 % interval", "customers", "by itself"],
    )
}

/// What a component says by itself: `predicts`, `does_not_predict`, `wrong_way`, `not_enough_data` or `constant`.
pub fn component_verdict(locale: Locale, verdict: &str) -> &'static str {
    match verdict {
        "predicts" => pick(locale, "予測する", "predicts"),
        "does_not_predict" => pick(locale, "予測しない", "does not predict"),
        "wrong_way" => pick(locale, "逆向き", "wrong way"),
        "constant" => pick(locale, "全員同じ", "same for all"),
        _ => pick(locale, "判断できない", "too few to tell"),
    }
}

/// Heading over expected and seen churn.
pub fn calibration(locale: Locale) -> &'static str {
    pick(locale, "スコアと解約の割合", "What a score meant")
}

/// Columns: scores, accounts, left, share, expected.
pub fn calibration_header(locale: Locale) -> [&'static str; 5] {
    pick(locale, ["スコア", "顧客", "解約", "解約率", "見込み"], ["score", "customers", "left", "share", "expected"])
}

/// How well the risk by the score fits.
pub fn brier(locale: Locale, brier: f64, base: f64) -> String {
    pick(
        locale,
        format!(
            "見込みと結果のずれ（Brier）は {brier:.3}、全員に平均を当てた場合は {base:.3} です（小さいほど良い）。"
        ),
        format!(
            "Brier score of the expected share: {brier:.3}; of the mean for everybody: {base:.3} (less is better)."
        ),
    )
}

/// Who is in no figure.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// Our own test accounts.
    pub internal: u64,
    /// Left already.
    pub gone: u64,
    /// Not yet begun.
    pub not_yet: u64,
    /// Without any contract.
    pub no_contract: u64,
    /// Nothing known, or no scorecard.
    pub no_score: u64,
    /// On another scorecard.
    pub other: u64,
}

/// Who is in no figure, in a sentence; none where everybody is.
pub fn left_out(locale: Locale, out: Out) -> Option<String> {
    let all = [
        (out.gone, pick(locale, "すでに解約", "had left already")),
        (out.not_yet, pick(locale, "契約開始前", "had not begun")),
        (out.no_score, pick(locale, "まだ何も分からない", "nothing was known of yet")),
        (
            out.no_contract,
            pick(locale, "契約の記録なし", "have no contract (give `contract_start` or import subscriptions)"),
        ),
        (out.other, pick(locale, "別のスコアカード", "were on another scorecard")),
        (out.internal, pick(locale, "社内・テスト", "are our own")),
    ];
    let parts: Vec<String> = all
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| pick(locale, format!("{what} {n}社"), format!("{n} {what}")))
        .collect();
    (!parts.is_empty()).then(|| {
        pick(
            locale,
            format!("数に入れていない顧客：{}。", parts.join("、")),
            format!("Not counted: {}.", parts.join(", ")),
        )
    })
}

/// Nothing was recorded in the last days of the period.
pub fn silent(locale: Locale, last: Date) -> String {
    pick(locale, format!("{last} より後の記録はありません。"), format!("Nothing is recorded after {last}."))
}

/// What to do: the score works, but these components do not help.
pub fn next_works(locale: Locale, useless: &[String]) -> String {
    if useless.is_empty() {
        return pick(
            locale,
            "次にすること：「危険」の顧客から動いてください。どの構成要素も役に立っています。".into(),
            "What to do: work on the customers at risk first; every component helps.".into(),
        );
    }
    let list = quoted(locale, useless);
    pick(
        locale,
        format!(
            "次にすること：{list}は単独では予測に役立っていません。`shirube score suggest` で重みの案を見てください。"
        ),
        if useless.len() == 1 {
            format!(
                "What to do: {list} does not predict by itself. `shirube score suggest` shows what weights history would give."
            )
        } else {
            format!(
                "What to do: {list} do not predict by themselves. `shirube score suggest` shows what weights history would give."
            )
        },
    )
}

/// What to do: the score does not work; these components do.
pub fn next_fails(locale: Locale, useful: &[String]) -> String {
    if useful.is_empty() {
        return pick(
            locale,
            "次にすること：この区分だけを理由に動かないでください。製品の使い方に近い指標（ログイン、主要機能）を測るか、`--as-of` で別の時期も試してください。".into(),
            "What to do: do not act on the bands alone. Measure what is closer to use (logins, the key feature), or test another day with `--as-of`.".into(),
        );
    }
    let list = quoted(locale, useful);
    pick(
        locale,
        format!("次にすること：単独で予測しているのは{list}です。`shirube score suggest` で重みの案を見てください。"),
        if useful.len() == 1 {
            format!("What to do: {list} predicts by itself: give it more weight (`shirube score suggest`).")
        } else {
            format!("What to do: {list} predict by themselves: give them more weight (`shirube score suggest`).")
        },
    )
}

/// What to do: some of it is upside down.
pub fn next_turn(locale: Locale, wrong: &[String]) -> String {
    let list = quoted(locale, wrong);
    pick(
        locale,
        if wrong.is_empty() {
            "次にすること：`points` の向き（多いほど良いか）を確認してください。".into()
        } else {
            format!("次にすること：{list}の `points` の向き（多いほど良いか）を確認してください。")
        },
        if wrong.is_empty() {
            "What to do: look which way round the `points` are (is more really better?).".into()
        } else {
            format!("What to do: look which way round the `points` of {list} are (is more really better?).")
        },
    )
}

/// What to do: wait, or look further.
pub fn next_wait(locale: Locale, days: i32) -> String {
    pick(
        locale,
        format!(
            "次にすること：解約がたまるのを待つか、期間を延ばして（`--churn-within {days}d`）、または時点を増やして（`--every 30d`）試してください。"
        ),
        format!(
            "What to do: wait, look further (`--churn-within {days}d`), or take more days together (`--every 30d`)."
        ),
    )
}

/// Names in quotation marks, one after the other.
pub(super) fn quoted(locale: Locale, names: &[String]) -> String {
    let quote = |name: &String| pick(locale, format!("「{name}」"), format!("“{name}”"));
    names.iter().map(quote).collect::<Vec<_>>().join(pick(locale, "", ", "))
}

/// The days after the moment are not over yet.
pub fn not_over(locale: Locale, days: i32, latest: Date) -> String {
    pick(
        locale,
        format!(
            "その日から{days}日がまだ過ぎていません。--as-of {latest} より前の日を指定するか、--churn-within を短くしてください"
        ),
        format!(
            "the {days} after it are not over yet: name {latest} or a day before it, or a shorter --churn-within",
            days = count_of(days, "day")
        ),
    )
}

/// Nothing is recorded that is old enough.
pub fn no_history(locale: Locale, days: i32) -> String {
    pick(
        locale,
        format!(
            "{days}日前より古い記録がありません。過去の契約とイベントを取り込むか（`shirube import`）、--churn-within を短くしてください"
        ),
        format!(
            "nothing recorded is older than {days}: import past contracts and events (`shirube import`), or give a shorter --churn-within",
            days = count_of(days, "day")
        ),
    )
}

/// The day asked for lies before everything the score is made of.
pub fn no_past(locale: Locale, first: Date) -> String {
    pick(
        locale,
        format!("スコアのもとになる記録は {first} からです。それより後の日を --as-of に指定してください"),
        format!("what the score is made of is recorded from {first} on: name a later day with --as-of"),
    )
}

/// No scorecard of that name.
pub fn no_scorecard(locale: Locale, typed: &str, known: &str) -> String {
    pick(
        locale,
        format!("「{typed}」というスコアカードはありません。選べるのは: {known}"),
        format!("no scorecard is called “{typed}”; there are: {known}"),
    )
}

/// The model has none.
pub fn no_health(locale: Locale) -> String {
    pick(
        locale,
        "model.yaml に health がありません。スコアカードを書いてから試してください".into(),
        "model.yaml has no `health`: write a scorecard first".into(),
    )
}

/// Not a number of days.
pub fn no_days(locale: Locale, typed: &str) -> String {
    pick(
        locale,
        format!("「{typed}」は日数として読めません。90d のように、1d から 3650d の間で書いてください"),
        format!("`{typed}` is no number of days: write 90d, from 1d to 3650d"),
    )
}
