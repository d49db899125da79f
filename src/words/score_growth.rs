//! Does readiness foretell who grows? Both languages side by side; what does not speak of churn is said in `score`.

use super::{
    count_of,
    effect::percent,
    pick,
    score::{Left, When, interval, on, quoted},
};
use crate::model::locale::Locale;

fn share(left: Left) -> String {
    if left.of == 0 { "–".to_owned() } else { percent(left.n as f64 / left.of as f64) }
}

/// It does, with the best and the worst band where both have somebody.
pub fn predicts(locale: Locale, when: When, bands: Option<[(&str, Left); 2]>, ci: [f64; 2]) -> String {
    let (on, days, ci) = (on(locale, when), when.days, interval(ci));
    match bands {
        Some([(ready, good), (not_yet, bad)]) => pick(
            locale,
            format!(
                "準備度は拡大を予測しています：{on}で「{ready}」だった顧客の{}が{days}日以内に月額を増やし、「{not_yet}」では{}でした（AUCの区間 {ci}）。",
                share(good),
                share(bad)
            ),
            format!(
                "Readiness predicts growth: of the customers in “{ready}” {on} {} paid more within {days}, in “{not_yet}” {} (AUC interval {ci}).",
                share(good),
                share(bad),
                days = count_of(days, "day")
            ),
        ),
        None => pick(
            locale,
            format!(
                "準備度は拡大を予測しています：{on}で準備度の高かった顧客ほど{days}日以内に月額を増やしました（AUCの区間 {ci}）。"
            ),
            format!(
                "Readiness predicts growth: the higher it was {on}, the more paid more within {days} (AUC interval {ci}).",
                days = count_of(days, "day")
            ),
        ),
    }
}

/// Its order foretells growth, its bands do not: of the best one no larger share grew than of the worst one.
pub fn ranks_only(
    locale: Locale,
    when: When,
    [(ready, good), (not_yet, bad)]: [(&str, Left); 2],
    ci: [f64; 2],
) -> String {
    let (on, days, ci) = (on(locale, when), when.days, interval(ci));
    let (good, bad) = (share(good), share(bad));
    pick(
        locale,
        format!(
            "準備度の順序は拡大を予測していますが（AUCの区間 {ci}）、区分は予測していません：{on}で「{ready}」だった顧客の{good}、「{not_yet}」の{bad}が{days}日以内に月額を増やしました。区分を頼りにする前に、model.yaml の expansion の bands を見直してください。"
        ),
        format!(
            "The order of readiness predicts growth (AUC interval {ci}), its bands do not: {on} of “{ready}” {good} paid more within {days}, of “{not_yet}” {bad}. Review `bands` of `expansion` in model.yaml before you rely on them.",
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
            "準備度は拡大を予測していません：AUCの区間 {ci} が 0.5（くじ引きと同じ）を含みます（{on}、{days}日以内の月額の増加）。"
        ),
        format!(
            "Readiness does not predict growth: its AUC interval {ci} contains 0.5, which is drawing lots ({on}, growth within {days}).",
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
            "準備度は逆を向いています：{on}で準備度の低かった顧客ほど{days}日以内に月額を増やしました（AUCの区間 {ci}、0.5 より下）。"
        ),
        format!(
            "Readiness points the wrong way: the lower it was {on}, the more paid more within {days} (AUC interval {ci}, below 0.5).",
            days = count_of(days, "day")
        ),
    )
}

/// Too few grew, or did not, to say anything.
pub fn not_enough(locale: Locale, when: When, grew: Left, fewest: u64) -> String {
    let (on, days, Left { n, of }) = (on(locale, when), when.days, grew);
    pick(
        locale,
        format!(
            "まだ判断できません：{on}の顧客{of}社のうち{days}日以内に月額を増やしたのは{n}社です（増えた顧客も増えなかった顧客も{fewest}社は必要）。"
        ),
        format!(
            "Too little to tell: {n} of {of} {on} paid more within {days} ({fewest} that did and {fewest} that did not are needed).",
            of = count_of(of, "customer"),
            days = count_of(days, "day")
        ),
    )
}

/// The figures over all bands.
pub fn figures(locale: Locale, grew: Left, auc: Option<f64>, lift: Option<f64>) -> String {
    let mut parts = vec![pick(
        locale,
        format!("{}社のうち{}社で月額が増加（{}）", grew.of, grew.n, share(grew)),
        format!("{} of {} customers paid more ({})", grew.n, grew.of, share(grew)),
    )];
    parts.extend(auc.map(|auc| format!("AUC {auc:.3}")));
    parts.extend(lift.map(|lift| {
        pick(
            locale,
            format!("準備度の高い1割で増えた割合は全体の{lift:.1}倍"),
            format!("in the readiest tenth {lift:.1} times as many as of all"),
        )
    }));
    pick(locale, format!("{}。", parts.join("、")), format!("{}.", parts.join("; ")))
}

/// Few accounts: another period may look different.
pub fn small(locale: Locale, grew: Left) -> String {
    pick(
        locale,
        format!(
            "顧客{}社・月額の増加{}社という少ない数による結果です。別の期間では変わることがあります。",
            grew.of, grew.n
        ),
        format!("This rests on few: {} customers, {} that grew. Another period may look different.", grew.of, grew.n),
    )
}

/// Columns: band, accounts, grew, share, interval.
pub fn band_header(locale: Locale) -> [&'static str; 5] {
    pick(
        locale,
        ["区分", "顧客", "月額増", "割合", "95 %区間"],
        ["band", "customers", "grew", "share", "95 % interval"],
    )
}

/// Whether growth rises from band to band.
pub fn trend(locale: Locale, z: f64, p: f64) -> String {
    let p = if p < 0.0001 { "p < 0.0001".to_owned() } else { format!("p = {p:.4}") };
    if p.starts_with("p =") && z.abs() < 1.96 {
        return pick(
            locale,
            format!("区分が上がるほど月額が増える、とは言えません（傾向検定 {p}）。"),
            format!("Growth does not clearly rise from band to band (trend test: {p})."),
        );
    }
    match z > 0.0 {
        true => pick(
            locale,
            format!("区分が上がるほど月額の増加が多くなっています（傾向検定 {p}）。"),
            format!("Growth rises from band to band (trend test: {p})."),
        ),
        false => pick(
            locale,
            format!("区分が下がるほど月額の増加が多くなっています（傾向検定 {p}）。"),
            format!("Growth falls from band to band, the wrong way round (trend test: {p})."),
        ),
    }
}

/// Accounts of which too little was known for a band.
pub fn undetermined(locale: Locale, grew: Left) -> String {
    pick(
        locale,
        format!(
            "データ不足で区分のない顧客は{}社（うち月額の増加{}社）。上の数字には入っていません。",
            grew.of, grew.n
        ),
        format!("Too little was known of {} for a band ({} grew): in no figure above.", grew.of, grew.n),
    )
}

/// How early `ready` came.
pub fn lead(locale: Locale, median: Option<f64>, told: u64, untold: u64, band: &str) -> String {
    let all = told + untold;
    match median {
        Some(days) => pick(
            locale,
            format!("月額が増えた{all}社のうち{told}社は先に「{band}」になりました（中央値で{days}日前）。"),
            format!(
                "Of {all} that grew, {told} were in “{band}” before (half of them {days} or more before).",
                days = count_of(days, "day")
            ),
        ),
        None => pick(
            locale,
            format!("月額が増えた{all}社のうち、先に「{band}」になった顧客はいません。"),
            format!("Of {all} that grew, none was in “{band}” before."),
        ),
    }
}

/// What to do: it works, but these components do not help.
pub fn next_works(locale: Locale, useless: &[String]) -> String {
    if useless.is_empty() {
        return pick(
            locale,
            "次にすること：`/cs expansion` の上から順に相談してください。".into(),
            "What to do: talk to those on top of `/cs expansion` first.".into(),
        );
    }
    let list = quoted(locale, useless);
    pick(
        locale,
        format!(
            "次にすること：{list}は単独では予測に役立っていません。model.yaml の expansion で点数を減らしてください。"
        ),
        format!("What to do: give fewer points for {list} in `expansion` of model.yaml: no help by itself."),
    )
}

/// What to do: it does not work; these components do.
pub fn next_fails(locale: Locale, useful: &[String]) -> String {
    if useful.is_empty() {
        return pick(
            locale,
            "次にすること：この区分だけを理由に提案しないでください。席の利用や主要機能など、拡大した顧客に共通していたことを測ってください。".into(),
            "What to do: make no offers on the bands alone. Measure what those that grew had in common (seats in use, the key feature).".into(),
        );
    }
    let list = quoted(locale, useful);
    pick(
        locale,
        format!("次にすること：単独で予測しているのは{list}です。model.yaml の expansion で点数を増やしてください。"),
        format!("What to do: give more points for {list} in `expansion` of model.yaml: it predicts by itself."),
    )
}

/// What to do: wait, or look further.
pub fn next_wait(locale: Locale, days: i32) -> String {
    pick(
        locale,
        format!(
            "次にすること：月額の増加がたまるのを待つか、期間を延ばして（`--within {days}d`）、または時点を増やして（`--every 30d`）試してください。"
        ),
        format!("What to do: wait, look further (`--within {days}d`), or take more days together (`--every 30d`)."),
    )
}
