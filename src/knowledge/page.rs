//! The articles for customers as one page of plain HTML in each language: no script, nothing loaded from elsewhere.

use super::{
    Library,
    article::{Article, Section},
};
use crate::{
    model::{locale::Locale, safe::safe_url},
    rulebook::template::html::{escape, html},
    words::faq,
};

/// Whose page it is.
#[derive(Clone, Debug, Default)]
pub struct Owner {
    /// The company's name; empty = none.
    pub name: String,
    /// Its address on the web; empty = none.
    pub url: String,
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font-family:system-ui,'Hiragino Sans','Noto Sans JP',sans-serif;line-height:1.7;max-width:44rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}\
a{color:#0b57d0}a:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}\
.skip{position:absolute;left:-99rem}.skip:focus{position:static}\
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2.5rem;border-top:1px solid #767676;padding-top:1rem}h3{font-size:1.05rem}\
table{border-collapse:collapse}th,td{border:1px solid #767676;padding:.3rem .6rem;text-align:left;vertical-align:top}\
pre{overflow-x:auto}footer{margin-top:3rem;font-size:.9rem}\
@media (prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}a{color:#8ab4f8}}\
@media print{nav,.skip,.other{display:none}}";

/// The page of `locale`; `other`: the file name of the same page in the other language, if there is one.
pub fn page(library: &Library, locale: Locale, owner: &Owner, other: Option<&str>) -> String {
    let articles: Vec<&Article> = library.articles.iter().filter(|a| a.locale == locale && a.public).collect();
    let title = faq::page_title(locale, &owner.name);
    let entry =
        |(i, a): (usize, &&Article)| format!("<li><a href=\"#{}\">{}</a></li>\n", anchor(i, a), escape(&a.title));
    let list: String = articles.iter().enumerate().map(entry).collect();
    let body: String = articles.iter().enumerate().map(|(i, a)| article(i, a)).collect();
    format!(
        "<!doctype html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#answers\">{skip}</a>\n\
         <header>\n<h1>{title}</h1>\n{switch}</header>\n<nav aria-label=\"{contents}\">\n<ul>\n{list}</ul>\n</nav>\n\
         <main id=\"answers\">\n{body}</main>\n{footer}</body>\n</html>\n",
        code = locale.code(),
        title = escape(&title),
        skip = faq::skip(locale),
        contents = faq::contents(locale),
        switch = other.map(|file| switch(locale, file)).unwrap_or_default(),
        footer = footer(owner),
    )
}

fn switch(locale: Locale, file: &str) -> String {
    let other = if locale == Locale::Ja { Locale::En } else { Locale::Ja };
    let (code, label) = (other.code(), faq::this_language(other));
    format!("<p class=\"other\"><a href=\"{}\" hreflang=\"{code}\" lang=\"{code}\">{label}</a></p>\n", escape(file))
}

fn article(number: usize, article: &Article) -> String {
    let id = anchor(number, article);
    let sections: String = article.sections.iter().enumerate().map(|(i, s)| section(&id, i, s)).collect();
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n{sections}</section>\n",
        escape(&article.title)
    )
}

fn section(article: &str, number: usize, section: &Section) -> String {
    let heading = match section.heading.as_str() {
        "" => String::new(),
        text => format!("<h3 id=\"{article}-{number}\">{}</h3>\n", escape(text)),
    };
    heading + &html(&section.blocks)
}

/// The article's name where it can stand in an address, else its number.
fn anchor(number: usize, article: &Article) -> String {
    let plain = article.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if plain && !article.name.is_empty() { format!("q-{}", article.name) } else { format!("q{}", number + 1) }
}

fn footer(owner: &Owner) -> String {
    let name = escape(if owner.name.is_empty() { &owner.url } else { &owner.name });
    let text = match safe_url(&owner.url) {
        Some(url) => format!("<a href=\"{}\">{name}</a>", escape(&url)),
        None => name,
    };
    if text.is_empty() { String::new() } else { format!("<footer><p>{text}</p></footer>\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn library(files: &[(&str, &str)]) -> Library {
        Library::new(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn of(files: &[(&str, &str)], locale: Locale) -> String {
        let owner = Owner { name: "A & B".into(), url: "https://a.example/".into() };
        page(&library(files), locale, &owner, Some("en.html"))
    }

    #[test]
    fn a_page_has_its_language_its_contents_and_only_what_is_for_customers() {
        let files = [
            ("k/seats.ja.md", "---\nfor: customers\n---\n# 席数\n\n本文\n\n## 増やす\n\n- **ここ**から"),
            ("k/inside.ja.md", "# 社内用\n\nひみつ"),
            ("k/seats.en.md", "---\nfor: customers\n---\n# Seats\n\ntext"),
        ];
        let ja = of(&files, Locale::Ja);
        for part in [
            "<html lang=\"ja\">",
            "<a href=\"#q-seats\">席数</a>",
            "<h2 id=\"q-seats\">",
            "<h3 id=\"q-seats-1\">増やす</h3>",
            "<strong>ここ</strong>",
            "hreflang=\"en\"",
            "A &amp; B",
        ] {
            assert!(ja.contains(part), "{part}\n{ja}");
        }
        assert!(!ja.contains("ひみつ") && !ja.contains("社内用") && !ja.contains("Seats"), "{ja}");
    }

    proptest! {
        #[test]
        fn nothing_in_an_article_becomes_markup(text in "[<>\"'&a-z/=:\\n# ()\\[\\]-]{0,80}") {
            let title = format!("# {text} <script>alert(1)</script>\n\n<img src=x onerror=1> {text} [x](javascript:alert(1))");
            let page = of(&[("k/a.en.md", &format!("---\nfor: customers\n---\n{title}"))], Locale::En);
            prop_assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("href=\"javascript"), "{page}");
        }
    }
}
