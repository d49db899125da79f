//! `ask` and the FAQ page in words, both languages side by side.

use super::{many, pick};
use crate::model::locale::Locale;

/// Where an answer stands: the article's title, and its file for colleagues.
pub fn source(locale: Locale, title: &str, path: Option<&str>) -> String {
    match path {
        Some(path) => pick(locale, format!("出典: {title}（{path}）"), format!("Source: {title} ({path})")),
        None => pick(locale, format!("出典: {title}"), format!("Source: {title}")),
    }
}

/// Nothing answers it.
pub fn no_answer(locale: Locale, question: &str) -> String {
    pick(
        locale,
        format!("「{question}」に答えられる記事は見つかりませんでした。"),
        format!("No article answers “{question}”."),
    )
}

/// How much was looked through.
pub fn looked(locale: Locale, articles: usize) -> String {
    let s = many(articles);
    pick(
        locale,
        format!("knowledge/ の記事{articles}本を探しました。推測ではお答えしません。"),
        format!("I looked through {articles} article{s} in knowledge/ and do not guess."),
    )
}

/// What to do where nothing answers in the language's articles: none is there.
pub fn empty(locale: Locale) -> &'static str {
    pick(
        locale,
        "knowledge/ に記事がまだありません。NAME.ja.md や NAME.en.md を置くと、ここで答えられます。",
        "There are no articles in knowledge/ yet: put NAME.ja.md or NAME.en.md there.",
    )
}

/// The button that gives the question to a person.
pub fn hand_off(locale: Locale) -> &'static str {
    pick(locale, "担当者に引き継ぐ", "Hand over to a person")
}

/// What the person is asked.
pub fn task(locale: Locale, question: &str) -> String {
    pick(locale, format!("質問に答える: {question}"), format!("Answer: {question}"))
}

/// The question was given to a person.
pub fn handed(locale: Locale, person: &str, due: &str) -> String {
    pick(
        locale,
        format!("{person} のタスクにしました（期限 {due}）。"),
        format!("It is a task of {person} now (due {due})."),
    )
}

/// A customer asked for something that is no question.
pub fn only_questions(locale: Locale) -> &'static str {
    pick(
        locale,
        "ここではご質問にお答えします。「ask」に続けてご質問を書いてください（例: ask 席数を増やすには）。",
        "Questions are answered here. Write “ask” and your question, e.g. ask how do I add seats.",
    )
}

/// Nothing answers a customer's question: what they can do.
pub fn ask_a_person(locale: Locale) -> &'static str {
    pick(
        locale,
        "推測ではお答えしません。下のボタンで担当者におつなぎします。",
        "We do not guess. The button below passes your question to a person.",
    )
}

/// So many questions of a customer wait for a person that no further one is passed on.
pub fn many_wait(locale: Locale) -> &'static str {
    pick(
        locale,
        "担当者がいただいたご質問に順にお答えしています。お急ぎの内容は、先のご質問への返信に書き添えてください。",
        "Our team is still answering your earlier questions. If this one is urgent, please add it to one of those.",
    )
}

/// A customer's question was passed to a person.
pub fn passed_on(locale: Locale) -> &'static str {
    pick(
        locale,
        "ご質問を担当者に引き継ぎました。ご連絡いたしますので、少々お待ちください。",
        "Your question is with a person of our team now, who will get back to you.",
    )
}

/// Tasks that belong to no customer.
pub fn team(locale: Locale) -> &'static str {
    pick(locale, "社内", "Team")
}

/// The page's title.
pub fn page_title(locale: Locale, company: &str) -> String {
    match company {
        "" => pick(locale, "よくあるご質問".into(), "Questions and answers".into()),
        name => pick(locale, format!("よくあるご質問 | {name}"), format!("Questions and answers | {name}")),
    }
}

/// The link over everything, for keyboards and screen readers.
pub fn skip(locale: Locale) -> &'static str {
    pick(locale, "回答へ移動", "Skip to the answers")
}

/// What the list of links is.
pub fn contents(locale: Locale) -> &'static str {
    pick(locale, "目次", "Contents")
}

/// A language's own name.
pub fn this_language(locale: Locale) -> &'static str {
    pick(locale, "日本語", "English")
}

/// A page was written.
pub fn page_written(locale: Locale, path: &str, articles: usize) -> String {
    let s = many(articles);
    pick(locale, format!("{path}: 記事{articles}本"), format!("{path}: {articles} article{s}"))
}

/// An article that customers do not read.
pub fn left_out(locale: Locale, path: &str) -> String {
    pick(
        locale,
        format!("{path} は社内用です（公開するには先頭に for: customers と書きます）"),
        format!("{path} is for the team (to publish it, say for: customers at its top)"),
    )
}

/// An article that is there in one language only.
pub fn one_language(locale: Locale, path: &str) -> String {
    pick(locale, format!("{path} にはもう一方の言語がありません"), format!("{path} has no other language yet"))
}

/// No article may be published.
pub fn nothing_public(locale: Locale) -> String {
    pick(
        locale,
        "公開できる記事がありません。knowledge/NAME.ja.md の先頭に次の3行を書いてください: ---、for: customers、---"
            .into(),
        "there is nothing to publish: begin knowledge/NAME.en.md with the three lines ---, for: customers, ---".into(),
    )
}
