//! Surveys as customers read them: the scale in a mail, and the page behind it. Both languages side by side.

use super::{many, pick};
use crate::model::{locale::Locale, survey::Kind};

/// What the lowest and what the highest number mean.
pub fn ends(locale: Locale, kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Nps => pick(locale, ("まったく勧めない", "とても勧めたい"), ("not at all likely", "extremely likely")),
        Kind::Csat => pick(locale, ("とても不満", "とても満足"), ("very dissatisfied", "very satisfied")),
        Kind::Ces => pick(locale, ("まったくそう思わない", "強くそう思う"), ("strongly disagree", "strongly agree")),
    }
}

/// A number with its meaning, under the scale.
pub fn named(locale: Locale, score: u8, meaning: &str) -> String {
    pick(locale, format!("{score}：{meaning}"), format!("{score} = {meaning}"))
}

/// A number of the scale as it is read aloud.
pub fn aloud(locale: Locale, kind: Kind, score: u8) -> String {
    let (low, high) = kind.ends();
    pick(locale, format!("{score}（{low}〜{high}のうち）"), format!("{score} on a scale of {low} to {high}"))
}

/// The one link to the page, where numbers would be too many.
pub fn open(locale: Locale, kind: Kind) -> String {
    let (low, high) = kind.ends();
    pick(locale, format!("{low}〜{high}で答える"), format!("Answer from {low} to {high}"))
}

/// The question on the page; `company` may be empty.
pub fn question(locale: Locale, kind: Kind, company: &str) -> String {
    let named = match company.trim() {
        "" => pick(locale, "私たちのサービス", "our service"),
        name => name,
    };
    match (kind, locale) {
        (Kind::Nps, Locale::Ja) => format!("{named}を、同じ立場のご友人や同僚にどのくらい勧めたいですか。"),
        (Kind::Nps, Locale::En) => format!("How likely are you to recommend {named} to a friend or colleague?"),
        (Kind::Csat, Locale::Ja) => format!("{named}の対応に、どのくらいご満足いただけましたか。"),
        (Kind::Csat, Locale::En) => format!("How satisfied are you with {named}?"),
        (Kind::Ces, Locale::Ja) => format!("「{named}では、やりたいことが簡単にできた」に、どのくらい同意されますか。"),
        (Kind::Ces, Locale::En) => {
            format!("How much do you agree? “With {named} it was easy to do what I wanted to do.”")
        }
    }
}

/// Title of the page.
pub fn title(locale: Locale) -> &'static str {
    pick(locale, "アンケート", "Survey")
}

/// Over the box for a comment.
pub fn comment(locale: Locale) -> &'static str {
    pick(
        locale,
        "その数字を選ばれた理由を、よろしければお聞かせください。",
        "If you like, tell us why you chose this number.",
    )
}

/// The button.
pub fn button(locale: Locale) -> &'static str {
    pick(locale, "回答を送る", "Send my answer")
}

/// A POST without a number.
pub fn choose(locale: Locale) -> &'static str {
    pick(locale, "数字を一つお選びください。", "Please choose a number.")
}

/// Heading after the answer.
pub fn thanks(locale: Locale) -> &'static str {
    pick(locale, "ご回答ありがとうございます", "Thank you for your answer")
}

/// What was recorded.
pub fn recorded(locale: Locale, score: u8) -> String {
    pick(
        locale,
        format!("{score} と承りました。選び直す場合は、メールの数字をもう一度お選びください。"),
        format!("We noted {score}. To change it, choose a number in the mail again."),
    )
}

/// Heading of the page behind a link that is no good (any more).
pub fn closed_title(locale: Locale) -> &'static str {
    pick(locale, "このリンクからは回答できません", "This link takes no answers")
}

/// What to do then.
pub fn closed(locale: Locale) -> &'static str {
    pick(
        locale,
        "受付期間が終わったか、リンクが途中で切れている可能性があります。お手数ですが、メールにそのままご返信ください。",
        "The survey may be over, or the link may be cut off. Just reply to the mail instead: a person reads it.",
    )
}

/// A score that lies outside its scale, told to whoever records it.
pub fn off_scale(locale: Locale, kind: Kind) -> String {
    let (word, (low, high)) = (kind.word(), kind.ends());
    pick(
        locale,
        format!("{word} の score は {low} から {high} までの整数です。例：kind={word} score={high}"),
        format!("the score of {word} is a whole number from {low} to {high}, e.g. kind={word} score={high}"),
    )
}

/// Which figures rest on fewer than 30 answers.
pub fn few(locale: Locale, names: &str) -> String {
    pick(
        locale,
        format!("回答が30件未満のため参考値です：{names}"),
        format!("fewer than 30 answers, so no more than a hint: {names}"),
    )
}

/// What a kind of survey came to; `score` as the digest of answers counts it.
pub fn summary(locale: Locale, kind: Kind, score: f64, answers: u64) -> String {
    let figure = match kind {
        Kind::Nps => format!("NPS {score:.0}"),
        Kind::Csat => {
            let share = score * 100.0;
            pick(locale, format!("CSAT {share:.0}%（5段階の4と5）"), format!("CSAT {share:.0}% (4 and 5 of 5)"))
        }
        Kind::Ces => pick(locale, format!("CES 平均{score:.1}（7段階）"), format!("CES {score:.1} of 7 (mean)")),
    };
    let s = many(answers as usize);
    pick(locale, format!("{figure} · 回答 {answers}件"), format!("{figure} · {answers} answer{s}"))
}

/// A number with what was written beside it.
pub fn voice(locale: Locale, kind: Kind, score: u8, name: &str, comment: &str) -> String {
    let at = format!("{} {score}/{}", kind.word().to_uppercase(), kind.ends().1);
    pick(locale, format!("{at} · {name}「{comment}」"), format!("{at} · {name}: “{comment}”"))
}

/// No answers in this time.
pub fn none(locale: Locale) -> &'static str {
    pick(locale, "この期間の回答はありません。", "No answers to surveys in this time.")
}

/// How a digest of answers is ordered.
pub fn lowest_first(locale: Locale) -> &'static str {
    pick(locale, "順序 = 点数の低い順", "The lowest numbers first")
}
